import type { Stratum } from './strata.ts';

/** Hours of a week; hour 0 is Monday 00:00 to 01:00 UTC. */
export const HOURS_OF_WEEK = 168;

/** Rows of the reference that a cell of time needs before the current side is compared with it alone. */
export const MATCH_LEAST = 20;

/** Coarser and coarser cells of the week: the hour, a quarter of the weekday, of a workday or weekend day, all. */
const LEVELS: readonly ((hour: number) => string)[] = [
  (hour) => `h${hour}`,
  (hour) => `q${Math.floor(hour / 6)}`,
  (hour) => `${hour < 120 ? 'workday' : 'weekend'} ${Math.floor((hour % 24) / 6)}`,
  (hour) => `d${Math.floor(hour / 24)}`,
  () => 'all',
];

/** Hour of the week of an instant in epoch milliseconds. */
export function hourOfWeek(timestamp: number): number {
  // 1970-01-01 was a Thursday.
  const hours = Math.floor(timestamp / 3_600_000) + 72;
  return ((hours % HOURS_OF_WEEK) + HOURS_OF_WEEK) % HOURS_OF_WEEK;
}

/**
 * Strata of one segment in which every current hour of the week meets the same hours of the reference: the finest cell
 * of time in which the reference has enough rows. Samples by hour of the week; `rows` counts, `blend` adds up.
 */
export function matchHours<S>(
  segment: string,
  reference: ReadonlyMap<number, S>,
  current: ReadonlyMap<number, S>,
  rows: (sample: S) => number,
  blend: (samples: readonly S[]) => S,
): Stratum<S>[] {
  const available = new Map<string, number>();
  const members = new Map<string, number[]>();
  for (const [hour, sample] of reference) {
    for (const [level, name] of LEVELS.entries()) {
      const key = `${level} ${name(hour)}`;
      available.set(key, (available.get(key) ?? 0) + rows(sample));
      const list = members.get(key);
      if (list) list.push(hour);
      else members.set(key, [hour]);
    }
  }
  const matched = new Map<string, number[]>();
  for (const hour of current.keys()) {
    const keys = LEVELS.map((name, level) => `${level} ${name(hour)}`);
    const key = keys.find((one) => (available.get(one) ?? 0) >= MATCH_LEAST) ?? keys.at(-1)!;
    const list = matched.get(key);
    if (list) list.push(hour);
    else matched.set(key, [hour]);
  }
  return [...matched].map(([key, hours]) => ({
    segment,
    reference: blend((members.get(key) ?? []).map((hour) => reference.get(hour)!)),
    current: blend(hours.map((hour) => current.get(hour)!)),
  }));
}
