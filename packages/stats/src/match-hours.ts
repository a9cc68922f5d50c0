import type { Stratum } from './strata.ts';

/** Hours of a week; hour 0 is Monday 00:00 to 01:00 UTC. */
export const HOURS_OF_WEEK = 168;

/** Rows of the reference that a cell of time needs before the current side is compared with it alone. */
export const MATCH_LEAST = 20;

/** Finer and finer cells of the week, each inside the one before it. */
const LEVELS: readonly ((hour: number) => string)[] = [
  () => 'all',
  (hour) => (hour < WORKDAY_HOURS ? 'workday' : 'weekend'),
  (hour) => `${hour < WORKDAY_HOURS ? 'workday' : 'weekend'} ${Math.floor((hour % 24) / QUARTER_HOURS)}`,
  (hour) => `quarter ${Math.floor(hour / QUARTER_HOURS)}`,
  (hour) => `hour ${hour}`,
];
const QUARTER_LEVEL = 2;
/** Few rows may lie this far apart by chance; a Sunday against a week lies farther. */
const APART_MOST = 0.35;
const WORKDAY_HOURS = 120;
const QUARTER_HOURS = 6;

/** Hour of the week of an instant in epoch milliseconds. */
export function hourOfWeek(timestamp: number): number {
  // 1970-01-01 was a Thursday.
  const hours = Math.floor(timestamp / 3_600_000) + 72;
  return ((hours % HOURS_OF_WEEK) + HOURS_OF_WEEK) % HOURS_OF_WEEK;
}

/**
 * Strata of one segment in which current hours of the week meet the same hours of the reference. A cell of time is
 * divided as long as every part that the current side has rows in has enough rows of the reference, so that no row
 * counts in two strata. Samples by hour of the week; `rows` counts, `blend` adds up.
 */
export function matchHours<S>(
  segment: string,
  reference: ReadonlyMap<number, S>,
  current: ReadonlyMap<number, S>,
  rows: (sample: S) => number,
  blend: (samples: readonly S[]) => S,
): Stratum<S>[] {
  const strata: Stratum<S>[] = [];
  const total = (hours: readonly number[]): number =>
    hours.reduce((sum, hour) => sum + rows(reference.get(hour)!), 0);
  const divide = (level: number, was: readonly number[], is: readonly number[]): void => {
    const name = LEVELS[level + 1];
    if (name) {
      const before = groupBy(was, name);
      const parts = [...groupBy(is, name)].map(([key, hours]) => ({ was: before.get(key) ?? [], is: hours }));
      if (parts.every((part) => total(part.was) >= MATCH_LEAST)) {
        for (const part of parts) divide(level + 1, part.was, part.is);
        return;
      }
    }
    const isAlike = level >= QUARTER_LEVEL || apart(was, is) <= APART_MOST;
    strata.push({
      segment,
      // Other hours are no reference: then nothing matches, and that is said.
      reference: blend(isAlike ? was.map((hour) => reference.get(hour)!) : []),
      current: blend(is.map((hour) => current.get(hour)!)),
    });
  };
  /** Total variation distance of where the rows of the two sides lie, by quarters of workdays and weekends. */
  const apart = (was: readonly number[], is: readonly number[]): number => {
    const name = LEVELS[QUARTER_LEVEL]!;
    const before = groupBy(was, name);
    const after = groupBy(is, name);
    const all = { was: total(was), is: is.reduce((sum, hour) => sum + rows(current.get(hour)!), 0) };
    let distance = 0;
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      const here = (after.get(key) ?? []).reduce((sum, hour) => sum + rows(current.get(hour)!), 0);
      distance += Math.abs(total(before.get(key) ?? []) / (all.was || 1) - here / (all.is || 1)) / 2;
    }
    return distance;
  };
  divide(0, [...reference.keys()], [...current.keys()]);
  return strata;
}

function groupBy(hours: readonly number[], name: (hour: number) => string): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const hour of hours) {
    const group = groups.get(name(hour));
    if (group) group.push(hour);
    else groups.set(name(hour), [hour]);
  }
  return groups;
}
