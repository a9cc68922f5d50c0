/** Times as the pages write them: `14:09` today, `14 Oct 15:42` else; RFC 3339 in titles. */

export type Zone = 'utc' | 'local';

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

export function partsOf(ms: number, zone: Zone): Parts {
  const date = new Date(ms);
  return zone === 'utc'
    ? {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth(),
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
        second: date.getUTCSeconds(),
        ms: date.getUTCMilliseconds(),
      }
    : {
        year: date.getFullYear(),
        month: date.getMonth(),
        day: date.getDate(),
        hour: date.getHours(),
        minute: date.getMinutes(),
        second: date.getSeconds(),
        ms: date.getMilliseconds(),
      };
}

/** Minutes east of Greenwich at that moment. */
export const offsetMs = (ms: number, zone: Zone): number =>
  zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset() * 60_000;

export const clock = (ms: number, zone: Zone): string => {
  const { hour, minute } = partsOf(ms, zone);
  return `${two(hour)}:${two(minute)}`;
};

/** `15:38:24.81`, for logs and events within a trace. */
export const clockFine = (ms: number, zone: Zone): string => {
  const { second, ms: rest } = partsOf(ms, zone);
  return `${clock(ms, zone)}:${two(second)}.${String(rest).padStart(3, '0')}`;
};

/** `15 Oct`. */
export const dayOf = (ms: number, zone: Zone): string => {
  const { day, month } = partsOf(ms, zone);
  return `${day} ${MONTHS[month]}`;
};

/** `14:09` on the day of `now`, `14 Oct 15:42` in its year, `3 March 2023` else. */
export function formatTime(ms: number, now_ms: number, zone: Zone): string {
  const [then, today] = [partsOf(ms, zone), partsOf(now_ms, zone)];
  if (then.year === today.year && then.month === today.month && then.day === today.day)
    return clock(ms, zone);
  if (then.year === today.year) return `${dayOf(ms, zone)} ${clock(ms, zone)}`;
  return `${dayOf(ms, zone)} ${then.year}`;
}

/** `UTC`, `UTC+9`, `UTC−3:30`: what clocks of a zone are called at that moment. */
function zoneName(ms: number, zone: Zone): string {
  const minutes = Math.round(offsetMs(ms, zone) / 60_000);
  if (minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${two(rest)}`}`;
}
const onOneDay = (one: Parts, other: Parts): boolean =>
  one.year === other.year && one.month === other.month && one.day === other.day;

/** `14 Oct 15:42 – 15:42 UTC`: a day that is not named is that of `now`, or of the start. */
export function formatSpan(from_ms: number, to_ms: number, now_ms: number, zone: Zone): string {
  const [from, to] = [partsOf(from_ms, zone), partsOf(to_ms, zone)];
  const [before, after] = [zoneName(from_ms, zone), zoneName(to_ms, zone)];
  // Clocks were put forward or back within it.
  const name = before === after ? after : `${before}, then ${after}`;
  const today = partsOf(now_ms, zone);
  if (to_ms - from_ms > 7 * 86_400_000) {
    const year = from.year === to.year ? '' : ` ${from.year}`;
    return `${dayOf(from_ms, zone)}${year} – ${dayOf(to_ms, zone)}${to.year === today.year ? '' : ` ${to.year}`}`;
  }
  const start = onOneDay(from, today) ? clock(from_ms, zone) : formatTimeOfYear(from_ms, today, zone);
  const near = onOneDay(to, from) || (onOneDay(to, today) && now_ms - to_ms < NOW_MS);
  const end = near ? clock(to_ms, zone) : formatTimeOfYear(to_ms, today, zone);
  return `${start} – ${end} ${name}`;
}

/** What ends so near to now ends now: its day needs no name. */
const NOW_MS = 60_000;
const formatTimeOfYear = (ms: number, today: Parts, zone: Zone): string => {
  const { year } = partsOf(ms, zone);
  return `${dayOf(ms, zone)}${year === today.year ? '' : ` ${year}`} ${clock(ms, zone)}`;
};

/** `4 s ago`, for live pictures only; past an hour the time itself. */
export function formatAgo(ms: number, now_ms: number, zone: Zone): string {
  const seconds = Math.max(0, Math.round((now_ms - ms) / 1000));
  if (seconds < 100) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min ago`;
  return formatTime(ms, now_ms, zone);
}

export const iso = (ms: number): string => new Date(ms).toISOString();
