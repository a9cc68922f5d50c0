import type { Stratum } from './strata.ts';

/** Hours of a week; hour 0 is Monday 00:00 to 01:00 UTC. */
export const HOURS_OF_WEEK = 168;

/** Rows of the reference that a cell of time needs before the current side is compared with it alone. */
export const MATCH_LEAST = 20;

const WORKDAY_HOURS = 120;
const QUARTER_HOURS = 6;
const QUARTERS_OF_DAY = 4;

const quarterOfDay = (hour: number): number => Math.floor((hour % 24) / QUARTER_HOURS);
const isWeekend = (hour: number): boolean => hour >= WORKDAY_HOURS;

/** Finer and finer cells of the week, each inside the one before it: the number of its cell, by hour of the week. */
const LEVELS: readonly Uint8Array[] = (
  [
    () => 0,
    (hour) => (isWeekend(hour) ? 1 : 0),
    (hour) => (isWeekend(hour) ? QUARTERS_OF_DAY : 0) + quarterOfDay(hour),
    (hour) => Math.floor(hour / QUARTER_HOURS),
    (hour) => hour,
  ] satisfies ((hour: number) => number)[]
).map((cellOf) => Uint8Array.from({ length: HOURS_OF_WEEK }, (_, hour) => cellOf(hour)));
const QUARTER_LEVEL = 2;
/** Few rows may lie this far apart by chance; a Sunday against a week lies farther. */
const APART_MOST = 0.35;

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
  const before = rowsByHour(reference, rows);
  // Where each hour has enough of its own, every cell that holds it has: down to the hours, which is what nearly all do.
  let isEach = current.size > 0;
  for (const hour of current.keys()) isEach &&= (before.get(hour) ?? 0) >= MATCH_LEAST;
  if (isEach) {
    for (const [hour, sample] of current)
      strata.push({ segment, reference: blend([reference.get(hour)!]), current: blend([sample]) });
    return strata;
  }
  const after = rowsByHour(current, rows);
  const divide = (from: number, hours: readonly number[], is: readonly number[]): void => {
    // One hour has no parts: as long as there are enough rows, less and less of the reference goes with it.
    const { level, was } =
      is.length === 1 ? narrowed(from, hours, is[0]!, before) : { level: from, was: hours };
    const cells = is.length === 1 ? undefined : LEVELS[level + 1];
    if (cells) {
      const had = groupBy(was, cells);
      const has = groupBy(is, cells);
      let isEnough = true;
      for (const cell of has.keys()) isEnough &&= totalOf(had.get(cell) ?? [], before) >= MATCH_LEAST;
      if (isEnough) {
        for (const [cell, hours] of has) divide(level + 1, had.get(cell) ?? [], hours);
        return;
      }
    }
    const isAlike = level >= QUARTER_LEVEL || apart(was, before, is, after) <= APART_MOST;
    strata.push({
      segment,
      // Other hours are no reference: then nothing matches, and that is said.
      reference: blend(isAlike ? was.map((hour) => reference.get(hour)!) : []),
      current: blend(is.map((hour) => current.get(hour)!)),
    });
  };
  divide(0, [...reference.keys()], [...current.keys()]);
  return strata;
}

function narrowed(
  from: number,
  hours: readonly number[],
  hour: number,
  rows: Rows,
): { level: number; was: readonly number[] } {
  let [level, was] = [from, hours];
  for (let cells = LEVELS[level + 1]; cells; cells = LEVELS[level + 1]) {
    const cell = cells[hour];
    const part = was.filter((one) => cells[one] === cell);
    if (totalOf(part, rows) < MATCH_LEAST) break;
    level++;
    was = part;
  }
  return { level, was };
}

/** Rows of each hour of the week. */
type Rows = ReadonlyMap<number, number>;

function rowsByHour<S>(hours: ReadonlyMap<number, S>, rows: (sample: S) => number): Rows {
  const out = new Map<number, number>();
  for (const [hour, sample] of hours) out.set(hour, rows(sample));
  return out;
}

function totalOf(hours: readonly number[], rows: Rows): number {
  let sum = 0;
  for (const hour of hours) sum += rows.get(hour)!;
  return sum;
}

/** Total variation distance of where the rows of the two sides lie, by quarters of workdays and weekends. */
function apart(was: readonly number[], before: Rows, is: readonly number[], after: Rows): number {
  const cells = LEVELS[QUARTER_LEVEL]!;
  const had = groupBy(was, cells);
  const has = groupBy(is, cells);
  const all = { was: totalOf(was, before) || 1, is: totalOf(is, after) || 1 };
  let distance = 0;
  for (const cell of new Set([...had.keys(), ...has.keys()]))
    distance +=
      Math.abs(
        totalOf(had.get(cell) ?? [], before) / all.was - totalOf(has.get(cell) ?? [], after) / all.is,
      ) / 2;
  return distance;
}

function groupBy(hours: readonly number[], cells: Uint8Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const hour of hours) {
    const cell = cells[hour]!;
    const group = groups.get(cell);
    if (group) group.push(hour);
    else groups.set(cell, [hour]);
  }
  return groups;
}
