/**
 * What changed: KPIs of segments hour by hour against the same hours before, tested, with a least effect. Pure.
 *
 * A KPI of an hour is `a / b`: failures of requests, requests slower than before's p95 of requests, a sum of scores of
 * scores. Every stretch of hours is tried against the hours that it is matched with; the noise is that of the hours
 * before (quasi-likelihood: an hour that varies more than its counts explain makes all of them less certain), and
 * never less than that of the counts themselves. A day on which nothing happened says nothing.
 */
import type { KpiName } from '@pegbar/contract';

/** One hour of one series: see above. */
export interface Cell {
  readonly a: number;
  readonly b: number;
}

export interface Candidate {
  readonly metric: KpiName;
  readonly segment: Readonly<Record<string, string>>;
  /** Of a release: the version that it is compared with. */
  readonly against?: string;
  /** Hours of the window, and the hours that they are matched with. */
  readonly now: readonly Cell[];
  readonly before: readonly Cell[];
  /** `a` counts some of `b`: its variance cannot be less than that of a share. */
  readonly counted: boolean;
  /** The KPI itself over hours `from` to `to`, as people read it. */
  readonly value: Value;
  /** The same of all that is beside the segment: where that stayed as it was, it is the segment that changed. */
  readonly rest?: Value;
}
type Value = (side: 'now' | 'before', from: number, to: number) => number | null;

export interface Change {
  readonly candidate: Candidate;
  /** Hours of the window: from the first to before the last. */
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly before: number;
  /** Observations of the stretch. */
  readonly n: number;
  /** In standard errors; positive = higher than before. */
  readonly z: number;
}

/** Five sigma: of some 300 stretches of some 500 series a day, chance makes one such in a month. */
const CERTAIN = 5;
/** Fewer observations than this say nothing yet. */
const OBSERVED_LEAST = 30;
/** That something changed is sure by then: so many tell when. */
const DATED_LEAST = 10;
/** Fewer hours than this do not tell how much hours vary. */
const HOURS_LEAST = 4;

/**
 * Differences smaller than this are not worth anybody's morning: a share of before, and an amount. In the order in
 * which findings are told.
 */
const LEAST: Partial<Record<KpiName, { share?: number; amount?: number }>> = {
  availability: { amount: 0.005 },
  oom_rate: { amount: 0.005 },
  timeout_rate: { amount: 0.005 },
  delivered_fps: { share: 0.05 },
  produced_fps: { share: 0.05 },
  dropped_frame_ratio: { amount: 0.01 },
  latency_p95_ms: { share: 0.1, amount: 100 },
  queue_wait_p95_ms: { share: 0.3, amount: 2_000 },
  cost_per_1k_images_usd: { share: 0.05 },
  acceptance_rate: { amount: 0.03 },
  nsfw_rate: { share: 0.3, amount: 0.005 },
  policy_block_rate: { share: 0.3, amount: 0.005 },
  aesthetic_mean: { share: 0.03 },
  style_distance_mean: { share: 0.05 },
  face_ok_rate: { amount: 0.03 },
  cache_hit_ratio: { amount: 0.05 },
  model_load_p95_ms: { share: 0.3, amount: 1_000 },
};
export const WATCHED = Object.keys(LEAST) as KpiName[];

/** KPIs that move together tell one story; the first of a family that is told tells it. */
const FAMILIES: readonly (readonly KpiName[])[] = [
  ['delivered_fps', 'dropped_frame_ratio'],
  ['latency_p95_ms', 'queue_wait_p95_ms'],
  ['availability', 'oom_rate', 'timeout_rate'],
  ['nsfw_rate', 'policy_block_rate'],
  ['cache_hit_ratio', 'model_load_p95_ms'],
];
const familyOf = (metric: KpiName): string =>
  FAMILIES.find((family) => family.includes(metric))?.[0] ?? metric;

/** The stretch in which a series differs most from before; null where none differs enough. */
export function changeOf(candidate: Candidate): Change | null {
  const { now, before } = candidate;
  const [an, bn, ab, bb] = [sums(now, 'a'), sums(now, 'b'), sums(before, 'a'), sums(before, 'b')];
  const noise = noiseOf(before);
  if (noise === null) return null;
  let best: { from: number; to: number; z: number } | null = null;
  for (let from = 0; from < now.length; from++)
    for (let to = from + 1; to <= now.length; to++) {
      const [B1, B0] = [bn[to]! - bn[from]!, bb[to]! - bb[from]!];
      if (B1 < OBSERVED_LEAST || B0 < OBSERVED_LEAST) continue;
      const [A1, A0] = [an[to]! - an[from]!, ab[to]! - ab[from]!];
      const pooled = (A1 + A0) / (B1 + B0);
      const spread = Math.max(noise, candidate.counted ? pooled * (1 - pooled) : 0);
      if (!(spread > 0)) continue;
      const z = (A1 / B1 - A0 / B0) / Math.sqrt(spread * (1 / B1 + 1 / B0));
      if (best === null || Math.abs(z) > Math.abs(best.z)) best = { from, to, z };
    }
  if (best === null || Math.abs(best.z) < CERTAIN) return null;
  best = { ...best, ...trimmed(now, { ...best, from: begun(candidate, best) }) };
  const [value, then] = [
    candidate.value('now', best.from, best.to),
    candidate.value('before', best.from, best.to),
  ];
  if (value === null || then === null || !worthTelling(candidate.metric, value, then)) return null;
  const n = Math.round(bn[best.to]! - bn[best.from]!);
  return { candidate, ...best, now: value, before: then, n };
}

/**
 * The hour with which a stretch really begins. The surest stretch may begin early where few hours of now stand beside
 * many of before: those few cost it nothing. So the hours before its beginning are held against what was before, those
 * from it on against their own mean, and the beginning lies where both fit best.
 */
function begun({ now, before }: Candidate, { from, to }: { from: number; to: number }): number {
  const rateOf = (cells: readonly Cell[]): number =>
    cells.reduce((sum, cell) => sum + cell.a, 0) / cells.reduce((sum, cell) => sum + cell.b, 0);
  const misfit = (cells: readonly Cell[], rate: number): number =>
    cells.reduce((sum, { a, b }) => sum + (b > 0 ? b * (a / b - rate) ** 2 : 0), 0);
  const observed = (cells: readonly Cell[]): number => cells.reduce((sum, cell) => sum + cell.b, 0);
  const then = rateOf(before.slice(from, to));
  let best = { at: from, misfit: Number.POSITIVE_INFINITY };
  for (let at = from; at < to; at++) {
    const rest = now.slice(at, to);
    if (observed(rest) < DATED_LEAST || observed(before.slice(at, to)) < DATED_LEAST) break;
    const size = misfit(now.slice(from, at), then) + misfit(rest, rateOf(rest));
    if (size < best.misfit) best = { at, misfit: size };
  }
  return best.at;
}

/** Hours without an observation are no part of a stretch; too few of them after it do not end it. */
function trimmed(now: readonly Cell[], { from, to }: { from: number; to: number }) {
  const first = now.findIndex((cell, at) => at >= from && cell.b > 0);
  const after = now.slice(to).reduce((sum, cell) => sum + cell.b, 0);
  const goesOn = after < OBSERVED_LEAST;
  return { from: Math.max(from, first), to: goesOn ? now.length : to };
}

const sums = (cells: readonly Cell[], of: 'a' | 'b'): number[] => {
  const out = [0];
  for (const cell of cells) out.push(out.at(-1)! + cell[of]);
  return out;
};

/** Variance of one observation, as the hours before show it; null where they are too few. */
function noiseOf(before: readonly Cell[]): number | null {
  const known = before.filter((cell) => cell.b > 0);
  if (known.length < HOURS_LEAST) return null;
  const [a, b] = [known.reduce((sum, cell) => sum + cell.a, 0), known.reduce((sum, cell) => sum + cell.b, 0)];
  const rate = a / b;
  const squares = known.reduce((sum, cell) => sum + (cell.a - rate * cell.b) ** 2, 0);
  return (squares / b) * (known.length / (known.length - 1));
}

function worthTelling(metric: KpiName, now: number, before: number): boolean {
  const least = LEAST[metric];
  if (!least) return false;
  const size = Math.abs(now - before);
  if (least.amount !== undefined && size < least.amount) return false;
  return least.share === undefined || (before !== 0 && size / Math.abs(before) >= least.share);
}

export interface Finding {
  readonly change: Change;
  /** What else a release changed, the surest first. */
  readonly also: readonly Change[];
}

/** Every change once, in the segment that tells it best; releases tell all they did in one. */
export function findChanges(candidates: readonly Candidate[]): Finding[] {
  const changes = candidates.map(changeOf).filter((change) => change !== null);
  const told: { change: Change; also: Change[] }[] = [];
  for (const change of changes.filter(isRelease).sort(byRank)) {
    const own = told.find((one) => sameSegment(one.change, change));
    if (!own) told.push({ change, also: [] });
    else if (![own.change, ...own.also].some((one) => sameFamily(one, change))) own.also.push(change);
  }
  for (const change of changes.filter((one) => !isRelease(one)).sort(byPlace)) {
    const known = told.some(
      (one) =>
        [one.change, ...one.also].some((each) => sameFamily(each, change)) && meets(one.change, change),
    );
    if (!known) told.push({ change, also: [] });
  }
  return told.sort((x, y) => rankOf(x.change) - rankOf(y.change) || certainty(y) - certainty(x));
}

const certainty = ({ change }: Finding): number => Math.abs(change.z);
/** In the order in which people ask. */
const rankOf = ({ candidate }: Change): number => WATCHED.indexOf(candidate.metric);
const byRank = (x: Change, y: Change): number => rankOf(x) - rankOf(y);

/** What is of a part alone is told of the part; what is everywhere, of the whole. Then the surest. */
function byPlace(x: Change, y: Change): number {
  return placeOf(x) - placeOf(y) || Math.abs(y.z) - Math.abs(x.z);
}
/** The rest moved less than this share as far: it is the segment that changed. */
const RESTS = 1 / 3;
function placeOf({ candidate, from, to, now, before }: Change): number {
  if (!candidate.rest) return 1;
  const [rest, then] = [candidate.rest('now', from, to), candidate.rest('before', from, to)];
  if (rest === null || then === null) return 2;
  return (rest - then) / (now - before) < RESTS ? 0 : 2;
}

const isRelease = (change: Change): boolean => change.candidate.against !== undefined;
const sameFamily = (one: Change, other: Change): boolean =>
  familyOf(one.candidate.metric) === familyOf(other.candidate.metric);
const sameSegment = (one: Change, other: Change): boolean =>
  JSON.stringify(one.candidate.segment) === JSON.stringify(other.candidate.segment);

/** They overlap in time, and no dimension of their segments tells them apart. */
function meets(one: Change, other: Change): boolean {
  const shared = Math.min(one.to, other.to) - Math.max(one.from, other.from);
  if (shared <= 0) return false;
  const [s, t] = [one.candidate.segment, other.candidate.segment];
  return Object.keys(s).every((name) => t[name] === undefined || t[name] === s[name]);
}
