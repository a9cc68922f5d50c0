/**
 * Kinds of a field. Each kind says once what it takes from the wire (`wire`, a zod schema, from which JSON Schema,
 * OpenAPI and docs come) and how it is read (`read`, which accepts the flexible forms and returns the one form
 * that the rest of Pegbar works with).
 *
 * Reading is written by hand and not left to zod: measured on the reference event it is several times faster
 * (5 µs against 13 µs for the zod parse alone, before any
 * normalisation), and one pass both reads what is known and keeps what is not.
 * `parse.test.ts` holds the two together: what one takes the other takes.
 *
 * `read` returns `undefined` for "not said" (null and empty text), a value, or a `Problem`.
 */
import { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import {
  MAX_COUNT,
  MAX_DURATION_MS,
  MAX_ID_LENGTH,
  MAX_NAME_LENGTH,
  MAX_SEED,
  MAX_TIMESTAMP_MS,
  MIN_TIMESTAMP_MS,
} from './limits.ts';
import { jsonText, type Overflow } from './overflow.ts';

/** Why a value was not taken. `path` grows on the way up to the record. */
export class Problem {
  readonly code: ErrorCode;
  readonly message: string;
  path = '';
  constructor(code: ErrorCode, message: string) {
    this.code = code;
    this.message = message;
  }
  under(key: string): this {
    this.path = this.path === '' ? key : `${key}.${this.path}`;
    return this;
  }
}

/** In what form a field is sent; docs and Python types go by it. */
export type Form =
  | 'text'
  | 'hex16'
  | 'hex32'
  | 'enum'
  | 'number'
  | 'integer'
  | 'score'
  | 'boolean'
  | 'seed'
  | 'time'
  | 'list'
  | 'count_or_list'
  | 'vector'
  | 'loras'
  | 'resolution'
  | 'object';

/** A kind of field: what it is read into (`T`), what senders send (`W`), how it is read, what it is for. */
export interface Kind<T, W = T> {
  readonly form: Form;
  readonly wire: z.ZodType;
  readonly read: (value: unknown, overflow: Overflow) => T | undefined | Problem;
  readonly doc: string;
  /** Unit of a number: `ms`, `usd`, `MB`, `0..1`, …; empty for text. */
  readonly unit: string;
  /** The words of an `enum`. */
  readonly values?: readonly string[];
  /** The fields of an `object`. */
  readonly members?: Members;
  /** The member of an `object` that a plain text stands for. */
  readonly short?: string;
  /** Carries `W` for the compiler; never set. */
  readonly sent?: W;
}
export type AnyKind = Kind<unknown, unknown>;
export type Members = Record<string, AnyKind>;
type Required_ = { readonly required: true };

/** The type that a set of members is read into. */
export type Read<M extends Members> = Pretty<
  { -readonly [K in keyof M as M[K] extends Required_ ? K : never]: ReadKind<M[K]> } & {
    -readonly [K in keyof M as M[K] extends Required_ ? never : K]?: ReadKind<M[K]>;
  }
>;
/** The type of what senders send for a set of members. */
export type Sent<M extends Members> = Pretty<
  { -readonly [K in keyof M as M[K] extends Required_ ? K : never]: SentKind<M[K]> } & {
    -readonly [K in keyof M as M[K] extends Required_ ? never : K]?: SentKind<M[K]> | null;
  }
>;
type SentKind<K> = K extends Kind<infer _T, infer W> ? W : never;
type ReadKind<K> = K extends Kind<infer T, infer _W> ? T : never;
type Pretty<T> = { [K in keyof T]: T[K] } & {};

export const required = <T, W>(kind: Kind<T, W>): Kind<T, W> & Required_ => ({ ...kind, required: true });
export const isRequired = (kind: AnyKind): boolean => 'required' in kind;

/** The value as a person would want to see it in a message: short, and with its type visible. */
export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : jsonText(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

export const wrong = (value: unknown, expected: string): Problem =>
  new Problem('invalid_record', `${shown(value)} is not ${expected}`);

export const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

/** Free text up to `max` characters; numbers and booleans are taken as their text (`gpu_id: 0`). */
export function text(doc: string, max = MAX_NAME_LENGTH): Kind<string> {
  return {
    form: 'text',
    doc,
    unit: '',
    wire: z.union([z.string().max(max), z.number(), z.boolean()]),
    read(value) {
      if (typeof value === 'string') {
        if (value.length <= max) return value === '' ? undefined : value;
        return new Problem('too_large', `text of ${value.length} characters; at most ${max} are taken`);
      }
      if (value === undefined || value === null) return undefined;
      if (typeof value === 'number' || typeof value === 'boolean') return String(value);
      return wrong(value, 'text');
    },
  };
}

export const id = (doc: string): Kind<string> => text(doc, MAX_ID_LENGTH);

/** An id of a tracer: `digits` hexadecimal digits in either case, with or without dashes, not all zero. */
export function hexId(doc: string, digits: 16 | 32): Kind<string> {
  const lower = new RegExp(`^[0-9a-f]{${digits}}$`);
  const zero = '0'.repeat(digits);
  return {
    form: digits === 32 ? 'hex32' : 'hex16',
    doc,
    unit: '',
    wire: z.string().regex(/^[0-9a-fA-F-]*$/),
    read(value) {
      if (isBlank(value)) return undefined;
      if (typeof value === 'string') {
        const hex = lower.test(value) ? value : value.replaceAll('-', '').toLowerCase();
        if (lower.test(hex) && hex !== zero) return hex;
      }
      return new Problem(
        'invalid_id',
        `${shown(value)} is not ${digits} hexadecimal digits (not all zero); send the tracer's id or leave it out`,
      );
    },
  };
}

export function oneOf<const V extends readonly string[]>(doc: string, values: V): Kind<V[number]> {
  const known = new Set<string>(values);
  return {
    form: 'enum',
    values,
    doc,
    unit: '',
    wire: z.enum(values),
    read(value) {
      if (typeof value === 'string' && known.has(value)) return value as V[number];
      if (isBlank(value)) return undefined;
      return wrong(value, `one of ${values.join(', ')}`);
    },
  };
}

interface NumberRange {
  min?: number;
  max?: number;
  int?: boolean;
  unit?: string;
  /** What to do about a value outside the range. */
  cure?: string;
}

/** A finite number; numeric text is taken too, because shells and spreadsheets send it. */
export function number(doc: string, range: NumberRange = {}): Kind<number> {
  const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE, int = false, unit = '', cure } = range;
  const bounds =
    range.min !== undefined && range.max !== undefined
      ? ` from ${min} to ${max}`
      : range.min !== undefined
        ? ` of at least ${min}`
        : '';
  const expected = `${int ? 'a whole number' : 'a number'}${bounds}${cure === undefined ? '' : `; ${cure}`}`;
  let wire = int ? z.int() : z.number();
  if (range.min !== undefined) wire = wire.min(min);
  if (range.max !== undefined) wire = wire.max(max);
  return {
    form: int ? 'integer' : 'number',
    doc,
    unit,
    wire,
    read(value) {
      if (isBlank(value)) return undefined;
      const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof read !== 'number' || !(read >= min && read <= max)) return wrong(value, expected);
      if (int && !Number.isInteger(read)) return wrong(value, expected);
      return read;
    },
  };
}

/** A number, or yes and no as 1 and 0. */
export function scoreValue(doc: string): Kind<number, number | boolean> {
  const plain = number(doc);
  return {
    ...plain,
    form: 'score',
    wire: z.union([z.number(), z.boolean()]),
    read: (value, overflow) => (typeof value === 'boolean' ? Number(value) : plain.read(value, overflow)),
  };
}

export const count = (doc: string): Kind<number> => number(doc, { min: 0, max: MAX_COUNT, int: true });
export const amount = (doc: string, unit: string): Kind<number> => number(doc, { min: 0, unit });
export const duration = (doc: string): Kind<number> =>
  number(doc, { min: 0, max: MAX_DURATION_MS, unit: 'ms', cure: 'send milliseconds' });
export const share = (doc: string): Kind<number> =>
  number(doc, { min: 0, max: 1, unit: '0..1', cure: 'divide a percentage by 100' });

/** Yes or no; 0, 1 and the words true and false are taken too. */
export function flag(doc: string): Kind<boolean> {
  return {
    form: 'boolean',
    doc,
    unit: '',
    wire: z.union([z.boolean(), z.literal([0, 1, 'true', 'false'])]),
    read(value) {
      if (typeof value === 'boolean') return value;
      if (isBlank(value)) return undefined;
      if (value === 1 || value === 'true') return true;
      if (value === 0 || value === 'false') return false;
      return wrong(value, 'true or false; send a probability as a score record');
    },
  };
}

const DIGITS = /^\d{1,20}$/;

/** A seed as decimal text. Numbers above 2^53 have lost digits before they reach us: senders should send text. */
export function seed(doc: string): Kind<string, string | number> {
  const cure = 'a whole number from 0 to 2^64-1; send seeds above 2^53 as text';
  return {
    form: 'seed',
    doc,
    unit: '',
    wire: z.union([
      z.number().min(0).refine(Number.isInteger).meta({ type: 'integer' }),
      z.string().regex(DIGITS),
    ]),
    read(value) {
      if (isBlank(value)) return undefined;
      if (typeof value === 'number') {
        if (!Number.isInteger(value) || value < 0 || value >= 2 ** 64) return wrong(value, cure);
        return value <= Number.MAX_SAFE_INTEGER ? String(value) : String(BigInt(value));
      }
      if (typeof value !== 'string' || !DIGITS.test(value)) return wrong(value, cure);
      const digits = value.length > 1 && value[0] === '0' ? value.replace(/^0+(?=\d)/, '') : value;
      if (digits.length === MAX_SEED.length && digits > MAX_SEED) return wrong(value, cure);
      return digits;
    },
  };
}

/** A point in time: whole epoch milliseconds, and the nanoseconds beyond them that RFC 3339 may carry. */
export interface Instant {
  ms: number;
  /** 0 to 999,999. */
  ns: number;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9})\d*)?(Z|z|[+-]\d{2}:?\d{2})?$/;

/** Every month has so many; `Date.parse` takes the 31st of February for the 3rd of March. */
const DAYS_OF_EVERY_MONTH = 28;
const isDay = (day: string): boolean =>
  Number(day.slice(8)) <= DAYS_OF_EVERY_MONTH ||
  new Date(`${day}T00:00:00Z`).getUTCDate() === Number(day.slice(8));

/** RFC 3339 (without an offset it is UTC) or epoch milliseconds as number or digits; undefined if it is neither. */
export function readInstant(value: unknown): Instant | undefined {
  if (typeof value === 'number') {
    const ms = Math.floor(value);
    return Number.isFinite(value) ? { ms, ns: Math.round((value - ms) * 1e3) * 1e3 } : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const parts = RFC3339.exec(value);
  if (parts === null) return /^-?\d{1,16}(\.\d+)?$/.test(value) ? readInstant(Number(value)) : undefined;
  const offset = parts[4];
  const zone = offset === undefined || offset === 'z' ? 'Z' : offset;
  if (!isDay(parts[1]!)) return undefined;
  const seconds = Date.parse(
    `${parts[1]}T${parts[2]}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`,
  );
  if (Number.isNaN(seconds)) return undefined;
  const fraction = Number((parts[3] ?? '').padEnd(9, '0'));
  const inMs = Math.floor(fraction / 1e6);
  return { ms: seconds + inMs, ns: fraction - inMs * 1e6 };
}

export function instant(doc: string): Kind<Instant, string | number> {
  return {
    form: 'time',
    doc,
    unit: '',
    wire: z.union([
      z
        .string()
        .refine((value) => readInstant(value) !== undefined)
        .meta({ format: 'date-time' }),
      z.number(),
    ]),
    read(value) {
      if (isBlank(value)) return undefined;
      const read = readInstant(value);
      if (read === undefined) return wrong(value, 'a time; send RFC 3339 or epoch milliseconds');
      if (read.ms < MIN_TIMESTAMP_MS || read.ms > MAX_TIMESTAMP_MS) {
        return new Problem(
          'timestamp_out_of_range',
          `${shown(value)} is not between 1980 and 2200; send RFC 3339 or epoch milliseconds`,
        );
      }
      return read;
    },
  };
}
