/**
 * Two sets of documents by what stands in them, where all that is kept is counts: in how many documents and in how many
 * clusters (sessions) each cell (token, tag, language) stands, sums of squares over clusters, and the reference by days.
 */
import { newShareTest } from './category-test.ts';
import type { Bucket } from './clusters.ts';
import { combineCauchy, type WeightedP } from './combine.ts';
import { JEFFREYS, kullbackLeibler, psi, psiTerm } from './divergence.ts';
import { type CompareOptions, type Component, type Evidence, LEAST_EFFECT } from './evidence.ts';
import { CONTRIBUTORS, type Contributor, contributorsOf } from './explain.ts';
import { incompleteGamma } from './gamma.ts';
import { psiAtMost } from './psi-test.ts';
import { shareComponent } from './share-test.ts';

/** Sums over the documents of one side. Lists run over the same cells on both sides. */
export interface DocumentSide {
  readonly documents: number;
  /** Documents in which a cell stands. */
  readonly counts: ArrayLike<number>;
  /** Clusters in which it stands, and clusters that there are. */
  readonly clusters: ArrayLike<number>;
  readonly allClusters: number;
  /** Σ over clusters of x², and of x·n: x documents of the cluster with the cell, n documents of it. */
  readonly squares: ArrayLike<number>;
  readonly crosses: ArrayLike<number>;
  /** Σ over clusters of n². */
  readonly clusterSquares: number;
}

export interface DocumentsQuestion {
  readonly names: readonly string[];
  readonly reference: DocumentSide;
  readonly current: DocumentSide;
  /** The reference by day, in order of time; a day without documents is null. */
  readonly days: readonly (Bucket | null)[];
}

export interface DocumentEvidence extends Evidence {
  /** Kullback–Leibler divergence of the current side from the reference, nats, over the cells of the PSI; and debiased. */
  readonly kl: number;
  readonly klDebiased: number;
  readonly contributors: readonly Contributor[];
}

/** Cells that stand for themselves; the others are one. */
const CELLS_MOST = 500;
/** A cell must be expected in so many independent documents of the smaller side. */
const EXPECTED_DOCUMENTS = 3;
const NEW_MOST = 20;
const WEIGHT = { vector: 0.5, single: 0.35, fresh: 0.15 } as const;
/** Topics move together: a vocabulary has about as many degrees of freedom as this. */
const CELLS_OF_POWER = 20;
/** Names of the cells that hold all others, and documents without any. */
const REST: readonly string[] = ['(other)', '(none)'];

/**
 * Detection: a test of the vector of document shares against the spread between neighbouring days, and the single cell
 * that changed most. Size: debiased PSI over shares of occurrences. New cells are a component of their own. The current
 * side is taken to vary as the reference does: a window of an hour has no days of its own.
 */
export function compareDocuments(
  question: DocumentsQuestion,
  { leastEffect = LEAST_EFFECT }: CompareOptions = {},
): DocumentEvidence {
  const { names, reference, current } = question;
  const [n, m] = [reference.documents, current.documents];
  if (!(n > 0 && m > 0)) return nothing(n, m);
  const pairs = neighbours(question.days);
  const effects = Float64Array.from(names, (_, cell) => effectOf(cell, question, pairs));
  const chosen = choose(question, effects);
  const p = Float64Array.from(chosen, (cell) => reference.counts[cell]! / n);
  const q = Float64Array.from(chosen, (cell) => current.counts[cell]! / m);
  const [r, c] = [occurrences(reference, chosen), occurrences(current, chosen)];
  const noise = noiseOfCells(r, c, p, q, chosen, effects);
  const raw = psi(r, c, JEFFREYS);
  const debiased = Math.max(0, raw - noise);
  const single = singleCell(question, wide(question, effects), effects);
  const vector = vectorTest(p, q, chosen, pairs, { n, m }, effects);
  const fresh = newCells(question);
  const tests: WeightedP[] = [
    { p: single.p, weight: WEIGHT.single },
    { p: fresh.component.p, weight: WEIGHT.fresh },
  ];
  if (vector !== undefined) tests.push({ p: vector, weight: WEIGHT.vector });
  const value: Component = { name: 'value', p: combineCauchy(tests), effect: debiased };
  const worth = meanEffect(p, q, chosen, effects);
  const kl = kullbackLeibler(c, r, JEFFREYS);
  const cells = Math.max(2, r.filter((count, at) => count + c[at]! > 0).length);
  return {
    nReference: n,
    nCurrent: m,
    rows: { reference: n, current: m },
    sizes: { nReference: n / worth, nCurrent: m / worth },
    p: combineCauchy(tests),
    components: [value, { name: 'token', ...single }, fresh.component],
    psi: raw,
    psiDebiased: debiased,
    kl,
    klDebiased: Math.max(0, kl - noise / 2),
    pLeast:
      noise > 0
        ? psiAtMost(raw, leastEffect, cells, (2 * (cells - 1)) / noise, (2 * (cells - 1)) / noise)
        : 1,
    cells: Math.min(CELLS_OF_POWER, cells),
    missing: { reference: 0, current: 0, change: 0 },
    newCategories: fresh.names,
    within: undefined,
    mix: undefined,
    contributors: explained(question, effects),
  };
}

function nothing(n: number, m: number): DocumentEvidence {
  return {
    nReference: n,
    nCurrent: m,
    rows: { reference: n, current: m },
    sizes: { nReference: n, nCurrent: m },
    p: 1,
    components: [],
    psi: 0,
    psiDebiased: 0,
    kl: 0,
    klDebiased: 0,
    pLeast: 1,
    cells: 2,
    missing: { reference: 0, current: 0, change: 0 },
    newCategories: [],
    within: undefined,
    mix: undefined,
    contributors: [],
  };
}

interface Pair {
  readonly before: Bucket;
  readonly after: Bucket;
  /** 1/n + 1/n of the two. */
  readonly f: number;
}

function neighbours(days: readonly (Bucket | null)[]): Pair[] {
  const out: Pair[] = [];
  for (let at = 1; at < days.length; at++) {
    const [before, after] = [days[at - 1], days[at]];
    if (before && after && before.n > 0 && after.n > 0)
      out.push({ before, after, f: 1 / before.n + 1 / after.n });
  }
  return out;
}

/** Fewer pairs of days say too little about how days vary. */
const PAIRS_LEAST = 7;
/** Share of the pairs that is looked at, smallest first: a step between two days is no noise. */
const KEPT = 0.8;
/** Mean of χ²₁ below its 80 % quantile: P(χ²₃ ≤ 1.642) / 0.8. */
const MEAN_OF_KEPT = 0.44;
/** Squared differences of a cell that a day holds less often than this are far from χ². */
const KEPT_FROM = 5;

/**
 * Design effect of a cell's share: the larger of what clusters explain (ratio estimator over clusters, Rao & Scott 1984,
 * Ann. Stat. 12:46) and what neighbouring days show (von Neumann 1941, Ann. Math. Stat. 12:367, trimmed). At least 1.
 */
function effectOf(cell: number, { reference, current }: DocumentsQuestion, pairs: readonly Pair[]): number {
  const [n, m] = [reference.documents, current.documents];
  const share = (reference.counts[cell]! + current.counts[cell]!) / (n + m);
  const spread = share * (1 - share);
  if (!(spread > 0)) return 1;
  const [squares, crosses, clusters] = [
    reference.squares[cell]! + current.squares[cell]!,
    reference.crosses[cell]! + current.crosses[cell]!,
    reference.clusterSquares + current.clusterSquares,
  ];
  const ofClusters = (squares - 2 * share * crosses + share * share * clusters) / ((n + m) * spread);
  if (pairs.length < PAIRS_LEAST) return Math.max(1, ofClusters);
  const own = reference.counts[cell]! / n;
  const ownSpread = own * (1 - own);
  if (!(ownSpread > 0)) return Math.max(1, ofClusters);
  const squared = pairs.map(({ before, after, f }) => {
    const step = after.counts[cell]! / after.n - before.counts[cell]! / before.n;
    return (step * step) / (ownSpread * f);
  });
  const daily = (own * n) / (pairs.length + 1);
  return Math.max(1, ofClusters, daily >= KEPT_FROM ? trimmed(squared) : meanOf(squared));
}

function trimmed(values: number[]): number {
  const kept = values.sort((a, b) => a - b).slice(0, Math.ceil(values.length * KEPT));
  return meanOf(kept) / MEAN_OF_KEPT;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / values.length;

/** Cells of both sides by frequency, chosen from the pooled sample so that the choice favours neither. */
function choose({ names, reference, current }: DocumentsQuestion, effects: Float64Array): number[] {
  const pooled = Float64Array.from(names, (_, cell) => reference.counts[cell]! + current.counts[cell]!);
  const smaller =
    Math.min(reference.documents, current.documents) / (reference.documents + current.documents);
  return Array.from(names, (_, cell) => cell)
    .filter((cell) => pooled[cell]! * smaller >= EXPECTED_DOCUMENTS * effects[cell]!)
    .sort((a, b) => pooled[b]! - pooled[a]! || a - b)
    .slice(0, CELLS_MOST);
}

/**
 * Cells that are looked at one by one: their test is exact whatever is expected of them, and is chosen for by what both
 * sides have together, so that a word that nearly nobody used is seen when many do.
 */
const wide = ({ names, reference, current }: DocumentsQuestion, effects: Float64Array): number[] =>
  Array.from(names, (_, cell) => cell).filter(
    (cell) => reference.counts[cell]! + current.counts[cell]! >= EXPECTED_DOCUMENTS * effects[cell]!,
  );

/** Occurrences of the chosen cells, of all others together, and documents that have none. */
function occurrences({ counts, documents }: DocumentSide, chosen: readonly number[]): Float64Array {
  const out = new Float64Array(chosen.length + 2);
  let rest = 0;
  for (let cell = 0; cell < counts.length; cell++) rest += counts[cell]!;
  out[chosen.length + 1] = Math.max(0, documents - rest);
  for (const [at, cell] of chosen.entries()) {
    out[at] = counts[cell]!;
    rest -= counts[cell]!;
  }
  out[chosen.length] = rest;
  return out;
}

const sum = (values: ArrayLike<number>): number => {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += values[at]!;
  return total;
};

/** Expected PSI without change: Σ (1 − share) · effect · (1/occurrences + 1/occurrences). */
function noiseOfCells(
  r: Float64Array,
  c: Float64Array,
  p: Float64Array,
  q: Float64Array,
  chosen: readonly number[],
  effects: Float64Array,
): number {
  const f = 1 / Math.max(1, sum(r)) + 1 / Math.max(1, sum(c));
  let noise = 0;
  for (const [at, cell] of chosen.entries()) noise += (1 - (p[at]! + q[at]!) / 2) * effects[cell]!;
  for (const rest of [chosen.length, chosen.length + 1])
    if (r[rest]! + c[rest]! > 0) noise += meanEffect(p, q, chosen, effects);
  return noise * f;
}

/** Weighted by 1 − share, as the first-order correction has it. */
function meanEffect(
  p: Float64Array,
  q: Float64Array,
  chosen: readonly number[],
  effects: Float64Array,
): number {
  let [found, weights] = [0, 0];
  for (const [at, cell] of chosen.entries()) {
    const weight = 1 - (p[at]! + q[at]!) / 2;
    found += effects[cell]! * weight;
    weights += weight;
  }
  return weights > 0 ? Math.max(1, found / weights) : 1;
}

/**
 * T = Σ (p̂ − q̂)² / pooled share is under no change a weighted sum of χ²₁ with the eigenvalues of the covariance of
 * the difference. Its first two moments come from differences of neighbouring days, scaled to the two sides (products
 * of pairs without a day in common are free of bias), and give a scaled χ² (second-order correction of Rao & Scott
 * 1984; Satterthwaite 1946). Undefined with too few days.
 */
function vectorTest(
  p: Float64Array,
  q: Float64Array,
  chosen: readonly number[],
  pairs: readonly Pair[],
  { n, m }: { n: number; m: number },
  effects: Float64Array,
): number | undefined {
  if (pairs.length < PAIRS_LEAST || chosen.length === 0) return undefined;
  const pooled = Float64Array.from(p, (share, at) => (share * n + q[at]! * m) / (n + m));
  const norm = Float64Array.from(pooled, (share) => (share > 0 ? 1 / Math.sqrt(share) : 0));
  let statistic = 0;
  for (let at = 0; at < p.length; at++) statistic += ((p[at]! - q[at]!) * norm[at]!) ** 2;
  const rows = pairs.map(({ before, after, f }) =>
    Float64Array.from(
      chosen,
      (cell, at) =>
        ((after.counts[cell]! / after.n - before.counts[cell]! / before.n) * norm[at]!) / Math.sqrt(f),
    ),
  );
  let [trace, square, products] = [0, 0, 0];
  for (let i = 0; i < rows.length; i++) {
    trace += dot(rows[i]!, rows[i]!) / rows.length;
    for (let j = 0; j < i - 1; j++) {
      square += dot(rows[i]!, rows[j]!) ** 2;
      products++;
    }
  }
  if (!(trace > 0)) return statistic > 0 ? undefined : 1;
  // What clusters explain is the least that there can be: quiet days may have been luck.
  let least = 0;
  for (const [at, cell] of chosen.entries())
    least += effects[cell]! * pooled[at]! * (1 - pooled[at]!) * norm[at]! ** 2;
  const df = Math.min(
    chosen.length,
    Math.max(1, (trace * trace) / Math.max(square / Math.max(1, products), 1e-12)),
  );
  const expected = Math.max(trace, least) * (1 / n + 1 / m);
  return incompleteGamma(df / 2, (statistic / expected) * (df / 2))[1];
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let at = 0; at < a.length; at++) total += a[at]! * b[at]!;
  return total;
}

/** Differences below two standard errors need no exact test. */
const SCREEN = 4;

/**
 * The cell whose share of documents changed most; Bonferroni over all that are looked at. Its effect is the debiased PSI over
 * documents with and without it: a word that a tenth of the prompts gains matters however long prompts are.
 */
function singleCell(
  { reference, current }: DocumentsQuestion,
  chosen: readonly number[],
  effects: Float64Array,
): { p: number; effect: number } {
  const [n, m] = [reference.documents, current.documents];
  const best = { p: 1, effect: 0 };
  for (const cell of chosen) {
    const [r, c] = [reference.counts[cell]!, current.counts[cell]!];
    const share = (r + c) / (n + m);
    const spread = share * Math.max(1e-12, 1 - share) * (1 / n + 1 / m) * effects[cell]!;
    if ((r / n - c / m) ** 2 < SCREEN * spread) continue;
    const worth = { reference: effects[cell]!, current: effects[cell]! };
    const found = shareComponent('token', { marked: r, total: n }, { marked: c, total: m }, worth);
    const p = Math.min(1, found.p * chosen.length);
    if (p < best.p || (p === best.p && found.effect > best.effect)) {
      best.p = p;
      best.effect = found.effect;
    }
  }
  return best;
}

/** What cells carry that the reference never saw, beyond those that a sample of its size must miss. */
function newCells({ names, reference, current }: DocumentsQuestion): {
  component: Component;
  names: string[];
} {
  const [n, m] = [sum(reference.counts), sum(current.counts)];
  if (!(n > 0 && m > 0)) return { component: { name: 'new', p: 1, effect: 0 }, names: [] };
  const { expected, observed } = newShareTest(reference.counts, current.counts);
  // A session full of new words is one piece of evidence: for p a cell counts once per cluster that has it.
  const share = current.allClusters / (reference.allClusters + current.allClusters);
  const { p } = newShareTest(reference.clusters, current.clusters, 1, 1, share);
  const was = Math.max(expected / m, JEFFREYS / n);
  const is = observed / m;
  const effect = is > was ? psiTerm(was, is) + psiTerm(1 - was, Math.max(1 - is, JEFFREYS / m)) : 0;
  const fresh = Array.from(names, (name, cell) => ({ name, cell }))
    .filter(({ cell }) => current.counts[cell]! > 0 && reference.counts[cell]! === 0)
    .sort((a, b) => current.counts[b.cell]! - current.counts[a.cell]! || (a.name < b.name ? -1 : 1));
  return { component: { name: 'new', p, effect }, names: fresh.slice(0, NEW_MOST).map(({ name }) => name) };
}

/**
 * Cells that contribute most to the PSI; shares are of documents. Also those that only one side has: for a test they are
 * too few to stand for themselves, but they are what somebody wants to know.
 */
function explained({ names, reference, current }: DocumentsQuestion, effects: Float64Array): Contributor[] {
  const [n, m] = [reference.documents, current.documents];
  const told = Array.from(names, (_, cell) => cell).filter(
    (cell) =>
      Math.max(current.counts[cell]!, (reference.counts[cell]! * m) / n) >=
      EXPECTED_DOCUMENTS * effects[cell]!,
  );
  const [r, c] = [occurrences(reference, told), occurrences(current, told)];
  const worth = told.length > 0 ? Math.max(...told.map((cell) => effects[cell]!)) : 1;
  const labels = [...told.map((cell) => names[cell]!), ...REST];
  const sizes = { nReference: sum(r) / worth, nCurrent: sum(c) / worth };
  const at = new Map(told.map((cell) => [names[cell]!, cell]));
  return contributorsOf(labels, r, c, sizes, CONTRIBUTORS + REST.length)
    .filter(({ name }) => !REST.includes(name))
    .slice(0, CONTRIBUTORS)
    .map((one) => {
      const cell = at.get(one.name)!;
      return {
        ...one,
        shareReference: reference.counts[cell]! / n,
        shareCurrent: current.counts[cell]! / m,
      };
    });
}
