import { isObject, type Loose, type LooseObject } from '../loose-json.ts';

/** Members of a generator's JSON, read as what they should be; anything else is "not said". */

export function textOf(value: Loose | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}

export function numberOf(value: Loose | undefined): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const number = value === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** A text that is short in every good file; expressions with two repeats are only put to such. */
export const shortOf = (value: Loose | undefined): string => (textOf(value) ?? '').slice(0, SHORT_MOST);
const SHORT_MOST = 600;

const SEED_MOST = 2n ** 64n - 1n;

/** Decimal digits of an unsigned 64-bit seed; -1 and its like mean "random" and say nothing. */
export function seedOf(value: Loose | undefined): string | undefined {
  const text = textOf(value)?.trim();
  if (text === undefined || !/^\d{1,20}$/.test(text) || BigInt(text) > SEED_MOST) return undefined;
  return String(BigInt(text));
}

export const objectOf = (value: Loose | undefined): LooseObject => (isObject(value) ? value : {});
export const listOf = (value: Loose | undefined): Loose[] => (Array.isArray(value) ? value : []);
