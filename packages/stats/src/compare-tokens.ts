import { newShareTest } from './category-test.ts';
import { type Bucket, clusterTest, designEffectOf } from './clusters.ts';
import { combineCauchy, type WeightedP } from './combine.ts';
import { JEFFREYS, psi, psiTerm } from './divergence.ts';
import { type CompareOptions, type Component, type Evidence, LEAST_EFFECT } from './evidence.ts';
import { CONTRIBUTORS, type Contributor, contributorsOf } from './explain.ts';
import { psiAtMost } from './psi-test.ts';
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
  /** Tokens that stand for themselves; all others are OTHER. */
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
 * (`clusterTest`), and the single token that changed most. Size: debiased PSI over token shares, top tokens + OTHER; its
 * noise is measured between buckets, not assumed. What NEW tokens carry is a component of its own.
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
  const r = cellsOf(reference, vocabulary);
  const c = cellsOf(current, vocabulary);
  const isBoth = reference.documents > 0 && current.documents > 0 && sum(r) > 0 && sum(c) > 0;
  const buckets = {
    reference: bucketsOf(reference, vocabulary),
    current: bucketsOf(current, vocabulary),
  };
  const common = isBoth ? clusterTest(buckets.reference, buckets.current) : undefined;
  const raw = isBoth ? psi(r, c, JEFFREYS) : 0;
  const noise = isBoth ? noiseOfTokens(r, c, buckets) : 0;
  const single = isBoth
    ? singleToken(
        r,
        c,
        { nReference: reference.documents, nCurrent: current.documents },
        buckets,
        designEffect,
      )
    : { p: 1, effect: 0 };
  const debiased = Math.max(0, raw - noise);
  const tests: WeightedP[] = [{ p: single.p, weight: WEIGHT.single }];
  if (common) tests.push({ p: common.p, weight: WEIGHT.common });
  const components: Component[] = [{ name: 'value', p: combineCauchy(tests), effect: debiased }];
  if (isBoth) components.push({ name: 'token', ...single }, newTokens(reference, current));
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
  const r = cellsOf(reference, vocabulary).subarray(0, vocabulary.length);
  const c = cellsOf(current, vocabulary).subarray(0, vocabulary.length);
  const sizes = { nReference: sum(r), nCurrent: sum(c) };
  return contributorsOf(vocabulary, r, c, sizes, most).map((one) => ({
    ...one,
    shareReference: (reference.frequencies.get(one.name) ?? 0) / Math.max(1, reference.documents),
    shareCurrent: (current.frequencies.get(one.name) ?? 0) / Math.max(1, current.documents),
  }));
}

/**
 * Tokens of both sides by frequency: chosen from the pooled sample, so that the choice favours neither side. Where rows
 * are clustered, a token must be in as many more documents as these are worth less.
 */
function vocabularyOf(reference: TokenSample, current: TokenSample): string[] {
  const total = reference.documents + current.documents;
  const smaller = Math.min(reference.documents, current.documents) / Math.max(1, total);
  const pooled = new Map(reference.frequencies);
  for (const [token, count] of current.frequencies) pooled.set(token, (pooled.get(token) ?? 0) + count);
  const sorted = [...pooled].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, TOKENS_MOST);
  const atLeast = (documents: number): string[] =>
    sorted.filter(([, count]) => count * smaller >= documents).map(([token]) => token);
  const first = atLeast(EXPECTED_DOCUMENTS);
  const worth = Math.max(tokenEffect(bucketsOf(reference, first)), tokenEffect(bucketsOf(current, first)));
  return worth > WORTH_NOTED ? atLeast(EXPECTED_DOCUMENTS * worth) : first;
}

/** Design effects below are what chance makes of independent rows. */
const WORTH_NOTED = 1.5;

/**
 * One cell per token, then all others. What is new is a component of its own: a cell that is empty in the reference by
 * choice would look like drift where there is none.
 */
function cellsOf(
  { frequencies }: { frequencies: ReadonlyMap<string, number> },
  vocabulary: readonly string[],
): Float64Array {
  const cells = new Float64Array(vocabulary.length + 1);
  let rest = 0;
  for (const count of frequencies.values()) rest += count;
  for (const [at, token] of vocabulary.entries()) {
    cells[at] = frequencies.get(token) ?? 0;
    rest -= cells[at]!;
  }
  cells[vocabulary.length] = rest;
  return cells;
}

function bucketsOf(sample: TokenSample, vocabulary: readonly string[]): Bucket[] {
  // OTHER counts tokens, not documents.
  return (sample.buckets ?? []).map((bucket) => ({
    n: bucket.documents,
    counts: cellsOf(bucket, vocabulary).subarray(0, vocabulary.length),
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

/**
 * The token whose share of documents changed most; Bonferroni over the vocabulary. Its effect is the debiased PSI over
 * documents with and without it: a word that a tenth of the prompts gains matters however long prompts are.
 */
function singleToken(
  r: Float64Array,
  c: Float64Array,
  { nReference: n, nCurrent: m }: { nReference: number; nCurrent: number },
  buckets: { reference: readonly Bucket[]; current: readonly Bucket[] },
  designEffect: { reference: number; current: number },
): { p: number; effect: number } {
  const count = r.length - 1;
  const best = { p: 1, effect: 0 };
  for (let cell = 0; cell < count; cell++) {
    const share = (r[cell]! + c[cell]!) / (n + m);
    const spread = share * Math.max(1e-12, 1 - share) * (1 / n + 1 / m);
    if ((r[cell]! / n - c[cell]! / m) ** 2 < 4 * spread) continue;
    // Where sessions are the unit, the spread between buckets tells what a token's documents are worth.
    const worth = Math.max(1, cellEffect(buckets.reference, cell), cellEffect(buckets.current, cell));
    const { reference, current } = designEffect;
    const found = shareComponent(
      'token',
      { marked: Math.min(r[cell]!, n), total: n },
      { marked: Math.min(c[cell]!, m), total: m },
      { reference: Math.max(worth, reference), current: Math.max(worth, current) },
    );
    const p = Math.min(1, found.p * count);
    if (p < best.p || (p === best.p && found.effect > best.effect)) {
      best.p = p;
      best.effect = found.effect;
    }
  }
  return best;
}

function cellEffect(buckets: readonly Bucket[], cell: number): number {
  return designEffectOf(buckets.map(({ n, counts }) => ({ n, counts: [counts[cell]!] }))) ?? 1;
}

/** What tokens carry that the reference never saw, beyond those that a sample of its size must miss. */
function newTokens(reference: TokenSample, current: TokenSample): Component {
  const names = [...new Set([...reference.frequencies.keys(), ...current.frequencies.keys()])];
  const r = Float64Array.from(names, (name) => reference.frequencies.get(name) ?? 0);
  const c = Float64Array.from(names, (name) => current.frequencies.get(name) ?? 0);
  const { expected, observed } = newShareTest(r, c);
  // A session full of new words is one piece of evidence: for p a token counts once per bucket that has it.
  const q = current.documents / (reference.documents + current.documents);
  const { p } =
    reference.buckets && current.buckets
      ? newShareTest(presence(reference.buckets, names), presence(current.buckets, names), 1, 1, q)
      : newShareTest(r, c);
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

const presence = (buckets: readonly TokenBucket[], names: readonly string[]): Float64Array =>
  Float64Array.from(names, (name) => buckets.filter(({ frequencies }) => frequencies.has(name)).length);

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
