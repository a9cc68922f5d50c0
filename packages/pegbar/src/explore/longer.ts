/** Where so little happens that a line would be mostly gaps or chance, its points are made longer: rare is not missing. */
import type { TimeRange } from './range.ts';

type Points = readonly { readonly value: number | null; readonly n: number }[];
/** The step that the points of an answer should have; null where the one they have will do, or none would. */
export type Longer = (series: readonly { readonly points: Points }[]) => number | null;

/** A line with fewer of its points than this is made of longer ones. */
const KNOWN_LEAST = 0.7;
/** Fewer points than this are no line. */
const POINTS_LEAST = 12;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Lengths that people think in. */
const STEPS_MS: readonly number[] = [
  30_000,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
];

/**
 * Makes points longer until most of them are known and rest on `least` observations on average; never so long that a
 * range has fewer than twelve.
 */
export const longerUntil =
  (least: number, { from_ms, to_ms }: TimeRange, step_ms: number): Longer =>
  (series) => {
    const columns = series.map((one) => one.points).filter((points) => points.some(isSeen));
    if (columns.length === 0) return null;
    const first = Math.min(...columns.map((points) => points.findIndex(isSeen)));
    const since = columns.map((points) => points.slice(first));
    const known = knownOf(since);
    const enough = least === 0 ? 1 : Math.min(1, Math.max(...since.map(meanOf)) / least);
    const share = known >= KNOWN_LEAST ? enough : Math.min(known, enough);
    if (share >= 1 || !(share > 0)) return null;
    const wanted = Math.min(step_ms / share, (to_ms - from_ms) / POINTS_LEAST);
    if (wanted <= step_ms) return null;
    return STEPS_MS.find((step) => step >= wanted && step % step_ms === 0) ?? null;
  };

/** Where the longest points that there can be would begin: what is counted from here on adds up to whole ones. */
export function sinceOf({ from_ms, to_ms }: TimeRange, step_ms: number): number {
  const wanted = (to_ms - from_ms) / POINTS_LEAST;
  const longest = STEPS_MS.find((step) => step >= wanted && step % step_ms === 0) ?? step_ms;
  return Math.floor(from_ms / longest) * longest;
}

/** A rate of nothing is 0 and rests on nothing. */
const isSeen = ({ value, n }: Points[number]): boolean => value !== null && n > 0;

/** The share of points that have a value; the lines that most happens on count most. */
function knownOf(columns: readonly Points[]): number {
  const weights = columns.map((points) => points.reduce((sum, { n }) => sum + n, 0) || 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const known = columns.map((points) => points.filter(({ value }) => value !== null).length / points.length);
  return known.reduce((sum, share, at) => sum + (share * weights[at]!) / total, 0);
}

const meanOf = (points: Points): number => points.reduce((sum, { n }) => sum + n, 0) / (points.length || 1);
