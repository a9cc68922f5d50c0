import { isCalendarDay } from '../base/calendar.ts';

/** What a field of a file says: nothing, a number (perhaps infinite), or text. */
export type Field = undefined | number | string;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
/** `007` is a name that happens to be written in digits. */
const PADDED = /^[+-]?0\d/;

/** Reads a field: empty, null and NaN are missing, `inf` is infinite; truth values and texts are names. */
export function fieldOf(raw: unknown): Field {
  switch (typeof raw) {
    case 'number':
      return Number.isNaN(raw) ? undefined : raw;
    case 'bigint':
      return Number(raw);
    case 'boolean':
      return String(raw);
    case 'string':
      return textField(raw);
    default:
      if (raw === null || raw === undefined) return undefined;
      return raw instanceof Date ? raw.toISOString() : JSON.stringify(raw, plainly);
  }
}

function textField(raw: string): Field {
  const text = raw.trim();
  if (text === '' || /^nan$/i.test(text)) return undefined;
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return NUMBER.test(text) && !PADDED.test(text) ? Number(text) : text;
}

const plainly = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? Number(value) : value;

/** Each unit of an epoch ends where the next begins: the year 5138 of the one is March 1973 of the other. */
const SECONDS_MOST = 1e11;
const EPOCH_UNITS = [
  { most: SECONDS_MOST, ms: 1_000 },
  { most: SECONDS_MOST * 1e3, ms: 1 },
  { most: SECONDS_MOST * 1e6, ms: 1e-3 },
  { most: SECONDS_MOST * 1e9, ms: 1e-6 },
] as const;
/** Other orders, `01.04.2026`, would be read as another day without a word. */
const TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?) ?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** Epoch milliseconds of a field of the time column; undefined where it is none. A time without a zone is UTC. */
export function timeOf(raw: unknown): number | undefined {
  if (raw instanceof Date) return Number.isNaN(raw.getTime()) ? undefined : raw.getTime();
  const field = fieldOf(raw);
  if (typeof field === 'number') {
    if (field < 0) return undefined;
    const unit = EPOCH_UNITS.find(({ most }) => field < most);
    return unit && field * unit.ms;
  }
  if (field === undefined) return undefined;
  const [, day, clock = '00:00', zone = 'Z'] = TIME.exec(field) ?? [];
  if (day === undefined || !isCalendarDay(day)) return undefined;
  const offset = /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone.toUpperCase().replace('UTC', 'Z');
  const time = Date.parse(`${day}T${clock.replace(',', '.')}${offset}`);
  return Number.isNaN(time) ? undefined : time;
}

/** Words of a field of tokens: separated by commas where there are any (booru tags), else by white space. */
export function tokensOf(raw: unknown): Set<string> {
  if (Array.isArray(raw)) return new Set(raw.map((one) => String(one).trim()).filter((one) => one !== ''));
  const text = typeof raw === 'string' ? raw : raw === null || raw === undefined ? '' : String(raw);
  const parts = text.includes(',') ? text.split(',') : text.split(/\s+/);
  return new Set(parts.map((part) => part.trim().toLowerCase()).filter((part) => part !== ''));
}
