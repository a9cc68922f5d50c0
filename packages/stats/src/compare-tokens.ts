import { newShareTest } from './category-test.ts';
import { type Bucket, clusterTest, designEffectOf } from './clusters.ts';
import { combineCauchy, type WeightedP } from './combine.ts';
import { normalUpper } from './distributions.ts';
import { JEFFREYS, psi, psiTerm } from './divergence.ts';
import { type CompareOptions, type Component, type Evidence, LEAST_EFFECT } from './evidence.ts';
import { CONTRIBUTORS, type Contributor, contributorsOf } from './explain.ts';
import { psiAtMost } from './psi-test.ts';
import { hypergeometricTwoSided } from './rank.ts';
import { shareComponent } from './share-test.ts';

/**
 * Tokens of one side as document frequencies: in how many documents (prompts, or sessions where these are the unit)
 * each token stands, however often it stands in one.
 */
export interface TokenSample {
  readonly documents: number;
  readonly frequencies: ReadonlyMap<string, number>;
  /** Documents without text. */
  readonly missing: number;
  /** The same, dealt into buckets by document or session; without them tokens are taken to be independent. */
  readonly buckets?: readonly TokenBucket[];
}

export interface TokenBucket {
  readonly documents: number;
  readonly frequencies: ReadonlyMap<string, number>;
}

export interface TokenEvidence extends Evidence {
  /** Tokens that stand for themselves; all others are OTHER (known to the reference) or NEW. */
  readonly vocabulary: readonly string[];
}

/** Tokens that get a cell of their own. */
export const TOKENS_MOST = 500;
/** A token must be expected in this many documents of the smaller side to stand for itself. */
const EXPECTED_DOCUMENTS = 3;
const NEW_MOST = 20;

const WEIGHT = { common: 0.6, single: 0.4, missing: 0.1 } as const;

/**
 * Compares two samples of tokens. Detection: a test of the vector of document shares that knows how tokens go together
 * (`clusterTest`), and the single token that changed most. Size: debiased PSI over token shares, top tokens + OTHER +
 * NEW; its noise is measured between buckets, not assumed.
 */
export function compareTokens(
  reference: TokenSample,
  current: TokenSample,
  options: CompareOptions = {},
): TokenEvidence {
  const { leastEffect = LEAST_EFFECT, designEffect = { reference: 1, current: 1 } } = options;
  const sizes = {
    nReference: reference.documents / designEffect.reference,
    nCurrent: current.documents / designEffect.current,
  };
  const vocabulary = vocabularyOf(reference, current);
  const r = cellsOf(reference, vocabulary, reference.frequencies);
  const c = cellsOf(current, vocabulary, reference.frequencies);
  const isBoth = reference.documents > 0 && current.documents > 0;
  const buckets = {
    reference: bucketsOf(reference, vocabulary, reference.frequencies),
    current: bucketsOf(current, vocabulary, reference.frequencies),
  };
  const common = isBoth ? clusterTest(buckets.reference, buckets.current) : undefined;
  const raw = isBoth ? psi(r, c, JEFFREYS) : 0;
  const noise = isBoth ? noiseOfTokens(r, c, buckets) : 0;
  const single = isBoth ? singleToken(r, c, sizes, buckets) : 1;
  const debiased = Math.max(0, raw - noise);
  const tests: WeightedP[] = [{ p: single, weight: WEIGHT.single }];
  if (common) tests.push({ p: common.p, weight: WEIGHT.common });
  const components: Component[] = [{ name: 'value', p: combineCauchy(tests), effect: debiased }];
  if (isBoth) components.push(newTokens(reference, current));
  if (reference.missing + current.missing > 0) {
    const missing = shareComponent(
      'missing',
      { marked: reference.missing, total: reference.documents + reference.missing },
      { marked: current.missing, total: current.documents + current.missing },
      designEffect,
    );
    components.push(missing);
    tests.push({ p: missing.p, weight: WEIGHT.missing });
  }
  const cells = Math.max(2, r.length);
  return {
    nReference: reference.documents,
    nCurrent: current.documents,
    sizes,
    rows: {
      reference: reference.documents + reference.missing,
      current: current.documents + current.missing,
    },
    p: combineCauchy(tests),
    components,
    psi: raw,
    psiDebiased: debiased,
    // The PSI's noise is that of `cells` cells with this mean: as many observations as make it so.
    pLeast:
      noise > 0
        ? psiAtMost(raw, leastEffect, cells, (2 * (cells - 1)) / noise, (2 * (cells - 1)) / noise)
        : 1,
    cells: CELLS_OF_POWER,
    missing: missingOf(reference, current),
    newCategories: newNames(reference, current),
    within: undefined,
    mix: undefined,
    vocabulary,
  };
}

/** For "how many documents": topics move together, so a vocabulary has about as many degrees of freedom as this. */
const CELLS_OF_POWER = 20;

/** Tokens that contribute most; shares are of documents. */
export function explainTokens(
  reference: TokenSample,
  current: TokenSample,
  most = CONTRIBUTORS,
): Contributor[] {
  const vocabulary = vocabularyOf(reference, current);
  const r = cellsOf(reference, vocabulary, reference.frequencies).subarray(0, vocabulary.length);
  const c = cellsOf(current, vocabulary, reference.frequencies).subarray(0, vocabulary.length);
  const sizes = { nReference: sum(r), nCurrent: sum(c) };
  return contributorsOf(vocabulary, r, c, sizes, most).map((one) => ({
    ...one,
    shareReference: (reference.frequencies.get(one.name) ?? 0) / Math.max(1, reference.documents),
    shareCurrent: (current.frequencies.get(one.name) ?? 0) / Math.max(1, current.documents),
  }));
}

/** Tokens of both sides by frequency: chosen from the pooled sample, so that the choice favours neither side. */
function vocabularyOf(reference: TokenSample, current: TokenSample): string[] {
  const total = reference.documents + current.documents;
  const smaller = Math.min(reference.documents, current.documents) / Math.max(1, total);
  const pooled = new Map(reference.frequencies);
  for (const [token, count] of current.frequencies) pooled.set(token, (pooled.get(token) ?? 0) + count);
  return [...pooled]
    .filter(([, count]) => count * smaller >= EXPECTED_DOCUMENTS)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, TOKENS_MOST)
    .map(([token]) => token);
}

/** One cell per token, then OTHER and NEW. */
function cellsOf(
  { frequencies }: { frequencies: ReadonlyMap<string, number> },
  vocabulary: readonly string[],
  known: ReadonlyMap<string, number>,
): Float64Array {
  const cells = new Float64Array(vocabulary.length + 2);
  let inside = 0;
  let fresh = 0;
  let all = 0;
  const named = new Set(vocabulary);
  for (const [token, count] of frequencies) {
    all += count;
    if (named.has(token)) inside += count;
    else if (!known.has(token)) fresh += count;
  }
  for (const [at, token] of vocabulary.entries()) cells[at] = frequencies.get(token) ?? 0;
  cells[vocabulary.length] = all - inside - fresh;
  cells[vocabulary.length + 1] = fresh;
  return cells;
}

function bucketsOf(
  sample: TokenSample,
  vocabulary: readonly string[],
  known: ReadonlyMap<string, number>,
): Bucket[] {
  // OTHER and NEW count tokens, not documents, and NEW is rare by choice: they are tested apart.
  return (sample.buckets ?? []).map((bucket) => ({
    n: bucket.documents,
    counts: cellsOf(bucket, vocabulary, known).subarray(0, vocabulary.length),
  }));
}

/** Expected PSI without change: Σ var(share) / share over cells, from the spread between buckets of either side. */
function noiseOfTokens(
  r: Float64Array,
  c: Float64Array,
  buckets: { reference: readonly Bucket[]; current: readonly Bucket[] },
): number {
  const cells = r.filter((count, i) => count + c[i]! > 0).length;
  const sides = [
    { tokens: sum(r), effect: tokenEffect(buckets.reference) },
    { tokens: sum(c), effect: tokenEffect(buckets.current) },
  ];
  return sides.reduce((noise, { tokens, effect }) => noise + ((cells - 1) * effect) / tokens, 0);
}

/** Design effect of token shares: tokens are the units, documents the clusters. */
function tokenEffect(buckets: readonly Bucket[]): number {
  return designEffectOf(buckets.map(({ counts }) => ({ n: sum(counts), counts }))) ?? 1;
}

/** The token whose share of documents changed most; Bonferroni over the vocabulary. */
function singleToken(
  r: Float64Array,
  c: Float64Array,
  sizes: { nReference: number; nCurrent: number },
  buckets: { reference: readonly Bucket[]; current: readonly Bucket[] },
): number {
  const { nReference: n, nCurrent: m } = sizes;
  const count = r.length - 2;
  if (count === 0) return 1;
  // Where sessions are the unit, the documents of a token's own bucket spread tell what they are worth.
  let least = 1;
  const hasBuckets = Math.min(buckets.reference.length, buckets.current.length) > 0;
  for (let cell = 0; cell < count; cell++) {
    const t = r[cell]! + c[cell]!;
    const share = t / (n + m);
    const effect = hasBuckets
      ? Math.max(1, cellEffect(buckets.reference, cell), cellEffect(buckets.current, cell))
      : 1;
    const z =
      Math.abs(r[cell]! / n - c[cell]! / m) /
      Math.sqrt(share * Math.max(1e-12, 1 - share) * (1 / n + 1 / m) * effect);
    if (z < 2) continue;
    const exact = hypergeometricTwoSided(
      Math.round(c[cell]! / effect),
      Math.round((n + m) / effect),
      Math.round(t / effect),
      Math.round(m / effect),
    );
    least = Math.min(least, Math.max(2 * normalUpper(z), exact));
  }
  return Math.min(1, least * count);
}

function cellEffect(buckets: readonly Bucket[], cell: number): number {
  return designEffectOf(buckets.map(({ n, counts }) => ({ n, counts: [counts[cell]!] }))) ?? 1;
}

/** What tokens carry that the reference never saw, beyond those that a sample of its size must miss. */
function newTokens(reference: TokenSample, current: TokenSample): Component {
  const names = [...new Set([...reference.frequencies.keys(), ...current.frequencies.keys()])];
  const r = Float64Array.from(names, (name) => reference.frequencies.get(name) ?? 0);
  const c = Float64Array.from(names, (name) => current.frequencies.get(name) ?? 0);
  const { p, expected, observed } = newShareTest(r, c);
  const n = sum(r);
  const m = sum(c);
  const was = Math.max(expected / m, JEFFREYS / n);
  const is = observed / m;
  return {
    name: 'new',
    p,
    effect: is > was ? psiTerm(was, is) + psiTerm(1 - was, Math.max(1 - is, JEFFREYS / m)) : 0,
  };
}

function newNames(reference: TokenSample, current: TokenSample): string[] {
  if (reference.documents === 0) return [];
  return [...current.frequencies]
    .filter(([token, count]) => count > 0 && !((reference.frequencies.get(token) ?? 0) > 0))
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, NEW_MOST)
    .map(([token]) => token);
}

function missingOf(reference: TokenSample, current: TokenSample): Evidence['missing'] {
  const share = ({ documents, missing }: TokenSample): number => missing / Math.max(1, documents + missing);
  return { reference: share(reference), current: share(current), change: share(current) - share(reference) };
}

const sum = (counts: Float64Array | ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  return total;
};
