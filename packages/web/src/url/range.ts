/**
 * Ranges as people write them: relative ones stay relative in the address, so that a link sent tomorrow shows
 * tomorrow's last six hours.
 */
export interface Range {
  /** `now`, `now-6h`, or an instant in RFC 3339. */
  readonly from: string;
  readonly to: string;
}

export interface Window {
  readonly from_ms: number;
  readonly to_ms: number;
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
const UNIT_WORDS: Readonly<Record<string, string>> = { s: 's', m: 'min', h: 'h', d: 'd', w: 'w' };
/** Longer than any retention: a year and a bit. */
const LONGEST_MS = 1_000 * DAY;

const RELATIVE = /^now(?:-(\d{1,6})([smhdw]))?$/;
const LENGTH = /^(\d{1,6})\s*(s|sec|m|min|h|hour|hours|d|day|days|w|week|weeks)$/i;

/** Epoch milliseconds of one end, or null where it is not a time. */
export function instantOf(text: string, now_ms: number): number | null {
  const relative = RELATIVE.exec(text);
  if (relative) return now_ms - (relative[1] ? Number(relative[1]) * UNITS[relative[2]!]! : 0);
  const ms = /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(ms) ? ms : null;
}

export const isRelative = (text: string): boolean => RELATIVE.test(text);

/** The window that a range means now; null where it means none. */
export function windowOf({ from, to }: Range, now_ms: number): Window | null {
  const [from_ms, to_ms] = [instantOf(from, now_ms), instantOf(to, now_ms)];
  if (from_ms === null || to_ms === null || to_ms <= from_ms || to_ms - from_ms > LONGEST_MS) return null;
  return { from_ms, to_ms };
}

/** What somebody typed: `2h`, `4 d`, `now-6h`, or two instants with `to` or `–` between. Null where it is neither. */
export function readRange(typed: string, now_ms: number): Range | null {
  const text = typed.trim();
  const length = LENGTH.exec(text);
  if (length) return checked({ from: `now-${length[1]}${length[2]![0]!.toLowerCase()}`, to: 'now' }, now_ms);
  if (RELATIVE.test(text) && text !== 'now') return checked({ from: text, to: 'now' }, now_ms);
  const [from, to, more] = text.split(/\s+to\s+|\s+[–—]\s+|\s+-\s+/i);
  if (from === undefined || more !== undefined) return null;
  const start = instantOf(utc(from), now_ms);
  const end = to === undefined ? now_ms : instantOf(utc(to), now_ms);
  if (start === null || end === null) return null;
  return checked(
    { from: new Date(start).toISOString(), to: to === undefined ? 'now' : new Date(end).toISOString() },
    now_ms,
  );
}

/** A time without a zone is UTC here, as everything shown is. */
const utc = (text: string): string =>
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?$/.test(text.trim())
    ? `${text.trim().replace(' ', 'T')}Z`
    : text.trim();

const checked = (range: Range, now_ms: number): Range | null => (windowOf(range, now_ms) ? range : null);

/** `Last 6 h`, or null for a range between two instants. */
export function lastOf({ from, to }: Range): string | null {
  const relative = RELATIVE.exec(from);
  if (to !== 'now' || !relative?.[1]) return null;
  return `Last ${relative[1]} ${UNIT_WORDS[relative[2]!]}`;
}

/** Steps that a clock has, from a minute to a day: of what is counted and of what is named on an axis. */
export const CLOCK_STEPS: readonly number[] = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
];
const STEPS: readonly number[] = [10 * SECOND, 30 * SECOND, ...CLOCK_STEPS, 7 * DAY];
/** Points of a line that a chart of this width can tell apart and the store can count at once. */
const POINTS_MOST = 100;

/** The step of charts over a window: 5 min over 6 h, a quarter over a day, 2 h over a week. */
export function stepOf({ from_ms, to_ms }: Window, points = POINTS_MOST): number {
  const wanted = (to_ms - from_ms) / points;
  return STEPS.find((step) => step >= wanted) ?? STEPS.at(-1)!;
}

/** The least of the usual steps that is at least so long. */
export const stepAtLeast = (ms: number): number => STEPS.find((step) => step >= ms) ?? STEPS.at(-1)!;

/** The window with its start on a step, so that the first point is a whole one. */
export const aligned = ({ from_ms, to_ms }: Window, step_ms: number): Window => ({
  from_ms: Math.floor(from_ms / step_ms) * step_ms,
  to_ms,
});
