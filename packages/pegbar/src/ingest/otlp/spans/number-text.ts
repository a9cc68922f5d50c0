/** Numbers as text in the map of free attributes, and texts that are numbers. */
import type { Bytes } from '../../../native/index.ts';
import { appendString } from './text.ts';

const WORD = 0x1_0000_0000;

/** A signed 64-bit number, exact where it is a safe integer. */
export function numberOf(lo: number, hi: number): number {
  return hi * WORD + (lo >>> 0);
}

/** Decimal text of a signed 64-bit number, exact. */
export function decimalOf(lo: number, hi: number): string {
  const value = numberOf(lo, hi);
  if (Number.isSafeInteger(value)) return String(value);
  return ((BigInt(hi) << 32n) | BigInt(lo >>> 0)).toString();
}

/** Appends the decimal text of a signed 64-bit number as one Native string. */
export function appendInt(out: Bytes, lo: number, hi: number): void {
  if (hi !== 0 || lo < 0) {
    appendString(out, decimalOf(lo, hi));
    return;
  }
  out.ensure(12);
  const bytes = out.bytes;
  const start = out.length + 1;
  const end = start + digitsOf(lo);
  let rest = lo;
  for (let at = end - 1; at >= start; at--) {
    const tens = (rest / 10) | 0;
    bytes[at] = 48 + rest - tens * 10;
    rest = tens;
  }
  bytes[out.length] = end - start;
  out.length = end;
}

/**
 * Appends a number of at most four decimals, and says whether it was one. With at most 13 digits, far from a double's
 * 15, the decimal that divides back to the number is the only one so short: the text that JavaScript writes too.
 */
function appendDecimal(out: Bytes, value: number): boolean {
  if (!(value >= 0.001 && value < 1e9)) return false;
  const scaled = Math.round(value * 10_000);
  if (scaled / 10_000 !== value) return false;
  const whole = Math.floor(scaled / 10_000);
  let rest = scaled - whole * 10_000;
  out.ensure(20);
  const before = out.length;
  appendInt(out, whole, 0);
  const { bytes } = out;
  bytes[out.length++] = 46;
  for (let unit = 1000; rest > 0; unit /= 10) {
    const digit = (rest / unit) | 0;
    bytes[out.length++] = 48 + digit;
    rest -= digit * unit;
  }
  bytes[before] = out.length - before - 1;
  return true;
}

function digitsOf(value: number): number {
  if (value < 100_000) {
    if (value < 100) return value < 10 ? 1 : 2;
    return value < 1000 ? 3 : value < 10_000 ? 4 : 5;
  }
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7;
  return value < 100_000_000 ? 8 : value < 1_000_000_000 ? 9 : 10;
}

/** Appends the shortest text of a double as JavaScript writes it. */
export function appendDouble(out: Bytes, value: number): void {
  if (value === (value | 0) && value >= 0 && !Object.is(value, -0)) appendInt(out, value, 0);
  else if (!appendDecimal(out, value)) appendString(out, String(value));
}

const PLAIN_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number that a text plainly is; NaN otherwise. Surrounding blanks are allowed, hex and words are not. */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  return PLAIN_NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
}

/** A decimal text of an unsigned 64-bit number, or undefined. */
export function parseUnsigned64(text: string): bigint | undefined {
  if (!/^\s*\d{1,20}\s*$/.test(text)) return undefined;
  const value = BigInt(text.trim());
  return value <= 0xffff_ffff_ffff_ffffn ? value : undefined;
}
