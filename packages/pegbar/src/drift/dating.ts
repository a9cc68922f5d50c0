/** When a series began to differ: CUSUM over its hours, free of the rhythm of the day. */
import { HOUR_MS, type Hours, isNumeric, meansByHour, type Series } from './series.ts';
import type { Window } from './windows.ts';

const HOURS_OF_DAY = 24;
/** z of an hour is cut here: one broken hour is no change. */
const Z_MOST = 6;
const SLACK = 0.5;

export interface DatedChange {
  /** Start of the hour in which it began. */
  readonly at_ms: number;
  /** End of the last hour before it that was seen: where nothing was, it may have begun in between. */
  readonly after_ms: number;
  readonly direction: 'up' | 'down';
}

/**
 * The change that is in force at the end of the window: the sum of excesses over the slack (Page 1954) is followed to
 * the end, and dated where it last left zero, and no later than half a day after that where the step is most likely. z of an hour
 * takes its own number of observations. `direction` first, then the other: a tail that grows moves the mean, and may leave
 * the median by which `direction` is known or move it the other way. Null where nothing is in force.
 */
export function dateChange(
  { sampling }: Pick<Series, 'sampling'>,
  parts: readonly Hours[],
  reference: (at_ms: number) => boolean,
  all: Window,
  direction: 'up' | 'down',
  designEffect: number,
): DatedChange | null {
  const length = Math.round((all.to_ms - all.from_ms) / HOUR_MS);
  const means = meansByHour(sampling, parts);
  const cells = Array.from(
    { length },
    (_, at) => means.get(all.from_ms + at * HOUR_MS) ?? { mean: Number.NaN, n: 0, squares: 0 },
  );
  const isReference = (at: number): boolean => reference(all.from_ms + at * HOUR_MS);
  const phases = Array.from({ length: HOURS_OF_DAY }, () => ({ sum: 0, n: 0 }));
  const total = { sum: 0, n: 0, squares: 0 };
  for (const [at, { mean, n, squares }] of cells.entries()) {
    if (!(n > 0) || !isReference(at)) continue;
    const phase = phases[at % HOURS_OF_DAY]!;
    phase.sum += mean * n;
    phase.n += n;
    total.sum += mean * n;
    total.squares += squares;
    total.n += n;
  }
  if (!(total.n > 1)) return null;
  const overall = total.sum / total.n;
  const spread = Math.max(
    total.squares / total.n - overall * overall,
    leastSpread(sampling, overall, total.n),
  );
  const z = Float64Array.from(cells, ({ mean, n }, at) => {
    if (!(n > 0)) return Number.NaN;
    const phase = phases[at % HOURS_OF_DAY]!;
    // A phase with few observations leans on all hours.
    const expected = (phase.sum + overall * PRIOR) / (phase.n + PRIOR);
    const value = (mean - expected) / Math.sqrt((spread * designEffect) / n);
    return Math.max(-Z_MOST, Math.min(Z_MOST, value));
  });
  return lastRise(z, direction, all.from_ms) ?? lastRise(z, direction === 'up' ? 'down' : 'up', all.from_ms);
}

/**
 * What never varied before varies at least so much: a share that was always 0 or 1 as Jeffreys' estimate of it (half an
 * observation), a number as one that is not told from it by 0.1 %.
 */
function leastSpread(sampling: Series['sampling'], overall: number, n: number): number {
  if (isNumeric(sampling)) return Math.max((overall * NUMBER_LEAST) ** 2, Number.EPSILON);
  const share = 0.5 / (n + 1);
  return share * (1 - share);
}
const NUMBER_LEAST = 1e-3;

/** Observations that the mean of all hours counts for in that of an hour of the day. */
const PRIOR = 10;

function lastRise(z: Float64Array, direction: 'up' | 'down', from_ms: number): DatedChange | null {
  let sum = 0;
  let start = -1;
  for (let at = 0; at < z.length; at++) {
    if (!Number.isFinite(z[at]!)) continue;
    sum = Math.max(0, sum + (direction === 'up' ? z[at]! : -z[at]!) - SLACK);
    if (sum === 0) start = -1;
    else if (start < 0) start = at;
  }
  if (start < 0) return null;
  const at = start + stepAfter(z, start, direction);
  const seen = z.subarray(0, at).findLastIndex(Number.isFinite);
  const told = (hour: number): number => from_ms + hour * HOUR_MS;
  return { at_ms: told(at), after_ms: told(seen < 0 ? at : seen + 1), direction };
}

/** The sum may have left zero by chance some hours before the change that keeps it there. */
const EARLY_HOURS = 12;
/** Of splits that are as likely to this difference of log likelihoods the earliest is told: few changes come at once. */
const AS_LIKELY = 3;

/**
 * Hours from `start` to where the step most likely is: the split whose later part exceeds what is expected most, in
 * standard errors (generalised likelihood ratio; Lorden 1971, Ann. Math. Stat. 42:1897).
 */
function stepAfter(z: Float64Array, start: number, direction: 'up' | 'down'): number {
  const likely: { after: number; ratio: number }[] = [];
  let [sum, n] = [0, 0];
  for (let at = z.length - 1; at >= start; at--) {
    if (!Number.isFinite(z[at]!)) continue;
    sum += direction === 'up' ? z[at]! : -z[at]!;
    n++;
    if (at - start <= EARLY_HOURS)
      likely.push({ after: at - start, ratio: (Math.max(0, sum) ** 2 / n) * HALF });
  }
  const most = Math.max(...likely.map(({ ratio }) => ratio));
  return likely.findLast(({ ratio }) => ratio >= most - AS_LIKELY)?.after ?? 0;
}
const HALF = 0.5;
