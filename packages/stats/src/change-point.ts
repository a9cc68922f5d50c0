/**
 * When a series began to differ. The detectors want values that are comparable over the week: `deseasonalise` turns a
 * series into z-scores against the same phase of earlier periods.
 */

export interface DetectorOptions {
  /** Drift that is tolerated, in standard deviations (0.5: half of the smallest shift worth finding, 1σ). */
  readonly slack?: number;
  /** Decision bound, in standard deviations (5: a false alarm every 465 values in either direction). */
  readonly bound?: number;
}

export interface ChangePoint {
  /** Index of the first value after the change. */
  readonly at: number;
  /** Index of the value at which it was certain. */
  readonly foundAt: number;
  readonly direction: 'up' | 'down';
  /** Mean after the change less the mean before it, in the series' unit. */
  readonly size: number;
}

/** Run length of about 465 on standard normal values (Siegmund's approximation; Montgomery, SQC, table 9.3). */
const SLACK = 0.5;
const BOUND = 5;

/**
 * Two-sided CUSUM (Page 1954, Biometrika 41:100): the first time a cumulated excess over `slack` passes `bound`. The
 * change is dated where that sum last left zero. Values that are not finite are passed over.
 */
export function cusum(series: ArrayLike<number>, options: DetectorOptions = {}): ChangePoint | undefined {
  const { slack = SLACK, bound = BOUND } = options;
  const sums = { up: 0, down: 0 };
  const starts = { up: 0, down: 0 };
  for (let i = 0; i < series.length; i++) {
    const value = series[i]!;
    if (!Number.isFinite(value)) continue;
    for (const direction of ['up', 'down'] as const) {
      const next = Math.max(0, sums[direction] + (direction === 'up' ? value : -value) - slack);
      if (sums[direction] === 0) starts[direction] = i;
      sums[direction] = next;
      if (next > bound) return found(series, starts[direction], i, direction);
    }
  }
  return undefined;
}

/**
 * Two-sided Page–Hinkley test (Hinkley 1971, Biometrika 58:509; Mouss et al. 2004): as CUSUM, but against the running
 * mean, for series whose level is not known. `slack` and `bound` in units of the series: feed z-scores.
 */
export function pageHinkley(
  series: ArrayLike<number>,
  options: DetectorOptions = {},
): ChangePoint | undefined {
  const { slack = SLACK, bound = BOUND } = options;
  let count = 0;
  let mean = 0;
  const sums = { up: 0, down: 0 };
  const starts = { up: 0, down: 0 };
  for (let i = 0; i < series.length; i++) {
    const value = series[i]!;
    if (!Number.isFinite(value)) continue;
    const centred = value - mean;
    count++;
    mean += centred / count;
    if (count === 1) continue;
    for (const direction of ['up', 'down'] as const) {
      const next = Math.max(0, sums[direction] + (direction === 'up' ? centred : -centred) - slack);
      if (sums[direction] === 0) starts[direction] = i;
      sums[direction] = next;
      if (next > bound) return found(series, starts[direction], i, direction);
    }
  }
  return undefined;
}

function found(
  series: ArrayLike<number>,
  start: number,
  foundAt: number,
  direction: 'up' | 'down',
): ChangePoint {
  const at = bestSplit(series, start, foundAt);
  return { at, foundAt, direction, size: meanOf(series, at, foundAt + 1) - meanOf(series, 0, at) };
}

/** The split near the sum's start that parts the means best (least squares): one noisy value does not misdate. */
function bestSplit(series: ArrayLike<number>, start: number, foundAt: number): number {
  let best = Math.max(1, start);
  let most = -1;
  for (let at = Math.max(1, start - 3); at <= Math.min(foundAt, start + 3); at++) {
    const n = at;
    const m = foundAt + 1 - at;
    const between = ((meanOf(series, at, foundAt + 1) - meanOf(series, 0, at)) ** 2 * n * m) / (n + m);
    if (between > most) {
      most = between;
      best = at;
    }
  }
  return best;
}

function meanOf(series: ArrayLike<number>, from: number, to: number): number {
  let sum = 0;
  let count = 0;
  for (let i = from; i < to; i++) {
    if (!Number.isFinite(series[i]!)) continue;
    sum += series[i]!;
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/**
 * z-scores of a series with a period (24 or 168 hours): each value less the median of its phase among the first
 * `baseline` values, over the robust spread of what is left there (1.4826 MAD). Phases that the baseline lacks take
 * its median. Gaps (NaN) stay gaps.
 */
export function deseasonalise(series: ArrayLike<number>, period: number, baseline: number): Float64Array {
  const length = Math.min(baseline, series.length);
  const all = medianOf(Array.from({ length }, (_, i) => series[i]!));
  const phases = Array.from({ length: period }, (_, phase) => {
    const values: number[] = [];
    for (let i = phase; i < length; i += period) if (Number.isFinite(series[i]!)) values.push(series[i]!);
    return values.length > 0 ? medianOf(values) : all;
  });
  const rest = Array.from({ length }, (_, i) => Math.abs(series[i]! - phases[i % period]!));
  // With few periods the phase medians follow their own values closely; k/(k − 1) gives the lost spread back.
  const periods = Math.max(2, Math.floor(length / period));
  const spread = 1.4826 * medianOf(rest) * Math.sqrt(periods / (periods - 1));
  const mean = rest.filter(Number.isFinite).reduce((sum, one) => sum + one, 0) / Math.max(1, rest.length);
  const scale = spread > 0 ? spread : mean > 0 ? mean * 1.2533 : 1;
  return Float64Array.from(series, (value, i) => (value - phases[i % period]!) / scale);
}

function medianOf(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return 0;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
