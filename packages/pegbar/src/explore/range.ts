/** Stretches of time and places in lists, as callers write them. */
import { MAX_TIMESTAMP_MS, readInstant } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { type ExploreError, refused } from './failure.ts';

export interface TimeRange {
  from_ms: number;
  to_ms: number;
}

/** `from` and `to` as RFC 3339 or epoch milliseconds; without them the last `fallback_ms` until now. */
export function readRange(
  asked: { from?: string | undefined; to?: string | undefined },
  now_ms: number,
  fallback_ms: number,
): Result<TimeRange, ExploreError> {
  const to_ms = timeOr(asked.to, now_ms);
  if (to_ms === undefined) return wrongTime('to');
  const from_ms = timeOr(asked.from, Math.max(0, to_ms - fallback_ms));
  if (from_ms === undefined) return wrongTime('from');
  if (from_ms >= to_ms) return refused('invalid_request', 'from is not before to', { field: 'from' });
  return ok({ from_ms, to_ms });
}

function timeOr(text: string | undefined, fallback_ms: number): number | undefined {
  return text === undefined || text === '' ? fallback_ms : readTime(text);
}

/** RFC 3339 or epoch milliseconds as epoch milliseconds; undefined for what is no time. */
export function readTime(text: string): number | undefined {
  const ms = readInstant(text)?.ms;
  return ms !== undefined && ms >= 0 && ms <= MAX_TIMESTAMP_MS ? ms : undefined;
}

const wrongTime = (field: string) =>
  refused('invalid_request', `${field} is not a time`, {
    field,
    hint: 'Write RFC 3339 such as 2026-03-01T12:00:00Z, or epoch milliseconds.',
  });

export const PAGE_MOST = 1_000;
const PAGE_USUAL = 100;

/** Items of one page, 1 to 1,000. */
export function readLimit(text: string | undefined): Result<number, ExploreError> {
  if (text === undefined || text === '') return ok(PAGE_USUAL);
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_MOST) return ok(limit);
  return refused('invalid_request', `limit is not a whole number from 1 to ${PAGE_MOST}`, { field: 'limit' });
}

const CURSOR_LENGTH_MOST = 2_048;

/** A place in a list, opaque to the caller. */
export const writeCursor = (place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** The place that a cursor stands for; undefined without one. */
export function readCursor(
  text: string | undefined,
  shape: readonly ('string' | 'number')[],
): Result<(string | number)[] | undefined, ExploreError> {
  if (text === undefined || text === '') return ok(undefined);
  try {
    if (text.length > CURSOR_LENGTH_MOST) throw new Error('too long');
    const place: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const fits =
      Array.isArray(place) &&
      place.length === shape.length &&
      place.every((part, index) => typeof part === shape[index]);
    if (fits && /^\d{1,19}$/.test(String((place as unknown[])[0]))) return ok(place as (string | number)[]);
  } catch {
    // Said below, whatever was wrong with it.
  }
  return refused('invalid_request', 'cursor is not one that this server gave', {
    field: 'cursor',
    hint: 'Send the next_cursor of the page before, unchanged, with the same filters.',
  });
}
