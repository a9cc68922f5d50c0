/**
 * Stages of open hours that were counted already.
 *
 * Stages are the many, and while an hour is open rows only come on top. Each row carries the number of its segment,
 * which the store has whole or not at all, and segments are loaded in ascending order. So what was counted of a tenant up to a segment
 * holds as long as the store says the same of it: as many rows, and the same sum over the hashes of their segments. Then
 * rows of younger segments alone are read. Where it says something else (an erasure, a dead letter that was sent
 * again) the tenant's hour is counted from the beginning.
 *
 * Nobody has to tell this memory anything, and nothing is lost with it. A closed hour is counted without it.
 */
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import { ok, type Result } from '../base/result.ts';
import type { Store, StoreError } from '../store/index.ts';
import { RollupBuilder } from './builder.ts';
import { countBlocks, countStageRows, type FactRange, SLICE_ROWS, STEP } from './facts.ts';
import type { Counting } from './group.ts';
import { SEEN_STAGES, STAGES_ABOVE } from './queries.ts';

interface Kept {
  builder: RollupBuilder;
  /** Newest segment that is counted. */
  upto: number;
  rows: number;
  /** Sum over the hashes of the rows' segments. */
  print: string;
}

interface Seen {
  tenant: string;
  /** Of the rows up to the segment that is counted. */
  old_rows: string;
  old_print: string;
  rows: string;
  print: string;
  newest: string;
}

/** Combinations that are kept, at a kilobyte or two each; beyond it hours are counted from the beginning. */
const KEPT_COMBINATIONS = 50_000;

export interface OpenStages {
  /** Counts the stages of one hour into the builder. */
  count(range: FactRange, builder: RollupBuilder): Promise<Result<null, StoreError>>;
  /** Lets go of an hour. */
  forget(hour_ms: number): void;
}

export function createOpenStages(store: Pick<Store, 'rows' | 'native'>, clock: Clock): OpenStages {
  const hours = new Map<number, Map<string, Kept>>();

  async function count(range: FactRange, builder: RollupBuilder): Promise<Result<null, StoreError>> {
    const kept = hours.get(range.from_ms) ?? new Map<string, Kept>();
    const asked = await store.rows<Seen>(SEEN_STAGES, {
      params: { ...bounds(range), ...marks(range.tenants, kept) },
    });
    if (!asked.ok) return asked;
    const holding = new Map(asked.value.map((seen) => [seen.tenant, stillTrue(kept.get(seen.tenant), seen)]));
    const read = await readAbove(range, asked.value, holding);
    // A count that ended midway is worth nothing.
    for (const tenant of range.tenants) kept.delete(tenant);
    if (!read.ok) return read;
    for (const { tenant, rows, print, newest } of asked.value) {
      const counted = read.value.get(tenant) ?? new RollupBuilder();
      builder.include(counted);
      if (counted.observations('stages') === Number(rows))
        kept.set(tenant, { builder: counted, upto: Number(newest), rows: Number(rows), print });
    }
    hours.set(range.from_ms, kept);
    if (size() > KEPT_COMBINATIONS) hours.clear();
    return ok(null);
  }

  /** Counts by tenant, with the rows that are not in them yet. */
  async function readAbove(
    range: FactRange,
    seen: readonly Seen[],
    holding: ReadonlyMap<string, Kept | undefined>,
  ): Promise<Result<Map<string, RollupBuilder>, StoreError>> {
    const counts = new Map<string, RollupBuilder>();
    for (const { tenant } of seen) counts.set(tenant, holding.get(tenant)?.builder ?? new RollupBuilder());
    const fresh = seen.reduce((sum, one) => sum + Number(one.rows) - (holding.get(one.tenant)?.rows ?? 0), 0);
    if (fresh === 0) return ok(counts);
    const into: Counting = {
      combinationsOf(tenant, hour_ms) {
        const own = counts.get(tenant) ?? new RollupBuilder();
        counts.set(tenant, own);
        return own.combinationsOf(tenant, hour_ms);
      },
    };
    const newest = Math.max(...seen.map((one) => Number(one.newest)));
    const slices = Math.ceil(fresh / SLICE_ROWS);
    for (let slice = 0; slice < slices; slice++) {
      const params = { ...bounds(range), ...marks(range.tenants, holding), newest, slices, slice };
      const answer = await store.native(STAGES_ABOVE, { params, settings: STEP });
      if (!answer.ok) return answer;
      await paced(countBlocks(answer.value, into, countStageRows), clock);
    }
    return ok(counts);
  }

  function size(): number {
    let combinations = 0;
    for (const kept of hours.values()) for (const { builder } of kept.values()) combinations += builder.size;
    return combinations;
  }

  return { count, forget: (hour_ms) => void hours.delete(hour_ms) };
}

const bounds = ({ tenants, from_ms, to_ms }: FactRange) => ({ tenants, from: from_ms, to: to_ms });

/** Up to which segment each tenant is counted. */
function marks(tenants: readonly string[], kept: ReadonlyMap<string, Kept | undefined>) {
  const known = tenants.filter((tenant) => kept.get(tenant) !== undefined);
  // No tenant has an empty name; the engine wants one entry at least.
  return { known: ['', ...known], upto: [0, ...known.map((tenant) => kept.get(tenant)!.upto)] };
}

const stillTrue = (kept: Kept | undefined, seen: Seen): Kept | undefined =>
  kept && kept.rows === Number(seen.old_rows) && kept.print === seen.old_print ? kept : undefined;
