/** The newest rows of a list, without reading all of a long stretch of time for one page. */
import { ok, type Result } from '../base/result.ts';
import type { CallOptions, ScopedStore } from '../store/index.ts';
import type { Asking } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import type { TimeRange } from './range.ts';

const HOUR_MS = 3_600_000;
/** New rows are asked for most: short stretches are read before longer ones, so that old partitions rest. */
const WIDENING_MS = [6 * HOUR_MS, 48 * HOUR_MS, 14 * 24 * HOUR_MS, Number.POSITIVE_INFINITY];

export interface NewestQuestion extends TimeRange {
  /** Takes `from`, `to` and `limit`; answers newest first. */
  sql: string;
  params: Record<string, unknown>;
  /** Rows wanted. */
  count: number;
}

/** Up to `count` rows of [from, to), newest first. */
export async function newestRows<T>(
  scoped: ScopedStore,
  asking: Asking,
  { sql, params, count, from_ms, to_ms }: NewestQuestion,
): Promise<Result<T[], ExploreError>> {
  const rows: T[] = [];
  let end = to_ms;
  for (const width of WIDENING_MS) {
    const from = Math.max(from_ms, to_ms - width);
    if (from >= end) continue;
    const bound = { ...params, from, to: end, limit: count - rows.length };
    const found = await scoped.rows<T>(sql, { params: bound, ...signalOf(asking) });
    if (!found.ok) return fromStore(found.error);
    for (const row of found.value) rows.push(row);
    if (rows.length >= count || from <= from_ms) break;
    end = from;
  }
  return ok(rows);
}

export const signalOf = ({ signal }: Asking): Pick<CallOptions, 'signal'> => (signal ? { signal } : {});

/** Milliseconds after which nothing of a page that follows this place can be. */
export const endAfter = (place_ns: string, to_ms: number): number =>
  Math.min(to_ms, Number(BigInt(place_ns) / 1_000_000n) + 1);
