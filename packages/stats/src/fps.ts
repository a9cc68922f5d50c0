/**
 * Frame rates from the times at which frames were shown. What each figure means stands in docs/fps.md; times and
 * durations are milliseconds, rates are frames per second, quantiles are nearest-rank.
 */

/** Frames whose mean is the pace that a stall is held against: that of webrtc-stats' `freezeCount`. */
const PACE_FRAMES = 30;
const STALL_TIMES = 3;
const STALL_OVER_MS = 150;

/** Frames per second; NaN where no time has passed. */
export const fpsOf = (frames: number, seconds: number): number =>
  seconds > 0 ? frames / seconds : Number.NaN;

/** From each shown frame to the next. `at_ms` ascends. */
export function intervalsOf(at_ms: readonly number[]): number[] {
  return at_ms.slice(1).map((at, before) => at - at_ms[before]!);
}

/** The least value that a share `q` (0 to 1) of the values does not exceed; NaN of none. */
export function nearestRank(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)]!;
}

export interface Intervals {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Percentiles over frames, not over time: four stalls of half a second can hide above p99. */
export function intervalFigures(intervals_ms: readonly number[]): Intervals {
  const at = (q: number): number => nearestRank(intervals_ms, q);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** Frames of each whole second from `from_ms`; a frame on the boundary belongs to the second that begins there. */
export function framesBySecond(at_ms: readonly number[], from_ms: number, seconds: number): number[] {
  const counts = new Array<number>(seconds).fill(0);
  for (const at of at_ms) {
    const second = Math.floor((at - from_ms) / 1000);
    if (second >= 0 && second < seconds) counts[second]!++;
  }
  return counts;
}

/**
 * The rate that a share of the playing seconds meets or exceeds: with 0.99 the p1 of the rate per second, which is
 * what "99 % of the time at least" means and what "p99 FPS" does not say.
 */
export const fpsMetBy = (per_second: readonly number[], share: number): number =>
  nearestRank(
    per_second.map((fps) => -fps),
    share,
  ) * -1;

/** Seconds, of those given, that reach an objective; the share of good seconds of an SLO. */
export function shareAtLeast(per_second: readonly number[], fps: number): number {
  if (per_second.length === 0) return Number.NaN;
  return per_second.filter((one) => one >= fps).length / per_second.length;
}

/**
 * The rate in the slowest `share` of the *time* (0.01: the 1 % low, time-weighted): the longest intervals are taken
 * until they fill that share of the time, and the last of them is the answer. Unlike the mean of the slowest 1 % of
 * frames it cannot overlook a few long stalls.
 */
export function slowestShareFps(intervals_ms: readonly number[], share: number): number {
  const total = intervals_ms.reduce((sum, each) => sum + each, 0);
  if (!(total > 0)) return Number.NaN;
  let filled = 0;
  for (const each of [...intervals_ms].sort((a, b) => b - a)) {
    filled += each;
    if (filled >= share * total) return 1000 / each;
  }
  return Number.NaN;
}

/** An interval this long is a stall, for frames that come `pace_ms` apart. */
export const stallAfterMs = (pace_ms: number): number =>
  Math.max(STALL_TIMES * pace_ms, pace_ms + STALL_OVER_MS);

/** Intervals that are stalls against the mean of the 30 before; the first ones against `pace_ms`, where it is known. */
export function countStalls(intervals_ms: readonly number[], pace_ms?: number): number {
  let stalls = 0;
  for (let at = 0; at < intervals_ms.length; at++) {
    const before = intervals_ms.slice(Math.max(0, at - PACE_FRAMES), at);
    const pace = before.length === 0 ? pace_ms : before.reduce((sum, each) => sum + each, 0) / before.length;
    if (pace !== undefined && intervals_ms[at]! >= stallAfterMs(pace)) stalls++;
  }
  return stalls;
}

export interface Repeats {
  /** Frames that show something new. */
  fresh: number;
  /** Repeats that the drawing means: on twos every drawing stands for two frames. */
  held: number;
  /** Repeats beyond that. */
  duplicated: number;
}

/**
 * Tells held from duplicated frames by what each shows. `hold` is the longest run of equal frames that is meant: 1
 * where every frame is new, 2 and 3 for animation on twos and threes.
 */
export function countRepeats(pictures: readonly (number | string)[], hold: number): Repeats {
  const repeats: Repeats = { fresh: 0, held: 0, duplicated: 0 };
  let run = 0;
  pictures.forEach((picture, at) => {
    run = at > 0 && picture === pictures[at - 1] ? run + 1 : 1;
    if (run === 1) repeats.fresh++;
    else if (run <= hold) repeats.held++;
    else repeats.duplicated++;
  });
  return repeats;
}

/** Frames of the clip that were jumped over, by the number of each frame shown. A step back is a seek or a loop. */
export function countSkipped(numbers: readonly number[]): number {
  let skipped = 0;
  for (let at = 1; at < numbers.length; at++) skipped += Math.max(0, numbers[at]! - numbers[at - 1]! - 1);
  return skipped;
}

/** The part of the frames that should have been seen and were not: dropped / (delivered + dropped). */
export const droppedRatio = (delivered: number, dropped: number): number =>
  delivered + dropped > 0 ? dropped / (delivered + dropped) : Number.NaN;

/** How far the delivered rate falls short of the produced one, as a part of it; negative where it is above. */
export const fpsDeviation = (produced: number, delivered: number): number =>
  produced > 0 ? (produced - delivered) / produced : Number.NaN;

/** Frames that a factor of interpolation makes of `n`: between each two neighbours `factor` − 1 new ones. */
export const interpolatedFrames = (n: number, factor: number): number => (n > 0 ? factor * (n - 1) + 1 : 0);
