/**
 * Retention: what has outlived the promise of its tenant goes, and under disk pressure the oldest days go.
 *
 * Idempotent: each run looks at what lies in the store and removes what should not; a run that is killed
 * leaves the rest to the next. A whole partition is dropped when no tenant needs it, rows within one are
 * deleted only where tenants differ. Every row that goes is counted with its reason in
 * `pegbar_retention_rows_total{table,reason}`.
 */
import { RAW_TABLES, TABLES, type Table, tableOf } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import type { Result } from '../base/result.ts';
import type { Store } from './client.ts';
import { DURABILITY_SETTINGS } from './engine/index.ts';
import { type StoreError, StoreFailure } from './errors.ts';
import { lifetime, partitionEnd, type RetentionPolicy, removals } from './retention-plan.ts';
import { TOTAL_TENANT } from './scope.ts';

/** Bytes of the data directory and of the disk under it. */
export interface DiskUsage {
  used_bytes: number;
  free_bytes: number;
  /** Most that the data directory may take, or null. */
  limit_bytes: number | null;
  /** Ingest refuses below this much free space. */
  min_free_bytes: number;
}

export interface RetentionOptions {
  store: Store;
  policyOf: (tenant: string) => RetentionPolicy | Promise<RetentionPolicy>;
  diskUsage: () => Promise<DiskUsage>;
  clock: Clock;
  counters: Counters;
  log: Log;
}

export interface Retention {
  /** Removes everything that is due. Rows removed, by reason. Runs one after the other. */
  run(): Promise<Record<string, number>>;
  /** Drops the oldest days while the disk is over its watermark. Bytes dropped. */
  relieveDisk(): Promise<number>;
  /** Runs hourly and looks at the disk every minute, until the returned function is called. */
  start(): () => void;
}

const RUN_EVERY_MS = 3_600_000;
const DISK_EVERY_MS = 60_000;
/** Nothing may be kept for less than an hour (config), so younger partitions need no look. */
const YOUNGEST_MS = 3_600_000;
/** Dropping starts before ingest has to refuse: the engine keeps dropped parts for some minutes. */
const FREE_FACTOR = 1.5;
const LIMIT_SHARE = 0.9;
/** Space of a dropped partition comes back when its parts are deleted; until then it counts as free. */
const COMES_BACK_MS = (DURABILITY_SETTINGS.old_parts_lifetime + 120) * 1000;
/** Dropping a partition of less does not help, and would cost facts such as deployments. */
const MIN_VICTIM_BYTES = 1024 * 1024;
/** A DELETE rewrites a day of spans. */
const MUTATION_TIMEOUT_MS = 3_600_000;

interface Partition {
  table: Table;
  id: string;
  partition: string;
  rows: number;
  bytes: number;
  /** Changes whenever a part of the partition does. */
  state: string;
  end: number;
}

const PARTITIONS = `SELECT table, partition_id AS id, any(partition) AS day, toFloat64(sum(rows)) AS rows,
  toFloat64(sum(bytes_on_disk)) AS bytes, toString(sum(sipHash64(name))) AS state
FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table, partition_id`;

export function createRetention(options: RetentionOptions): Retention {
  const { store, clock, counters, log } = options;
  /** Partitions in which nothing was due, with the state and the policies that this was found for. */
  const settled = new Map<string, string>();
  const comingBack: { bytes: number; at: number }[] = [];
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  }

  async function partitions(tables: readonly Table[]): Promise<Partition[]> {
    interface Row {
      table: string;
      id: string;
      day: string;
      rows: number;
      bytes: number;
      state: string;
    }
    const known = new Set(tables.map((table) => table.name));
    const rows = must(await store.rows<Row>(PARTITIONS, { lane: 'admin' }));
    return rows
      .filter((row) => known.has(row.table))
      .map((row) => {
        const table = tableOf(row.table);
        const partition = row.day.replace(/[()']/g, '');
        return { ...row, table, partition, end: partitionEnd(table.partitionBy, partition) };
      })
      .sort((a, b) => a.end - b.end);
  }

  async function sweep(partition: Partition, removed: Record<string, number>): Promise<void> {
    const { table } = partition;
    const age_ms = clock.now() - partition.end;
    if (age_ms < YOUNGEST_MS) return;
    const policies = await policiesIn(partition);
    const lifetimes = [...policies.values()].map((policy) => lifetime(table, policy));
    if (lifetimes.every((ms) => age_ms >= ms)) {
      await drop(partition);
      account(partition.table.name, 'expired', partition.rows, removed);
      return;
    }
    for (const removal of removals(table, partition.partition, age_ms, policies)) {
      const key = `${table.name}/${partition.id}/${removal.reason}`;
      const found = `${partition.state} ${removal.where}`;
      if (settled.get(key) === found) continue;
      const rows = await countWhere(partition, removal.where);
      if (rows > 0) {
        await remove(partition, removal.where);
        account(table.name, removal.reason, rows, removed);
      } else {
        settled.set(key, found);
      }
    }
  }

  async function policiesIn({ table, id }: Partition): Promise<Map<string, RetentionPolicy>> {
    const sql = `SELECT DISTINCT tenant FROM ${table.name} WHERE _partition_id = {id:String}`;
    const rows = must(await store.rows<{ tenant: string }>(sql, { params: { id }, lane: 'admin' }));
    const policies = new Map<string, RetentionPolicy>();
    for (const { tenant } of rows) policies.set(tenant, await options.policyOf(tenant));
    // The sums over all tenants stay as long as a row of any of them.
    if (policies.size > 1) policies.delete(TOTAL_TENANT);
    return policies;
  }

  async function countWhere({ table, id }: Partition, where: string): Promise<number> {
    const sql = `SELECT toFloat64(count()) AS n FROM ${table.name} WHERE _partition_id = {id:String} AND (${where})`;
    const call = { params: { id }, lane: 'admin', timeout_ms: MUTATION_TIMEOUT_MS } as const;
    return must(await store.rows<{ n: number }>(sql, call))[0]?.n ?? 0;
  }

  async function remove({ table, id }: Partition, where: string): Promise<void> {
    must(
      await store.command(
        `ALTER TABLE ${table.name} DELETE IN PARTITION ID '${partitionId(id)}' WHERE ${where}`,
        {
          settings: { mutations_sync: 2 },
          timeout_ms: MUTATION_TIMEOUT_MS,
        },
      ),
    );
  }

  async function drop({ table, id }: Partition): Promise<void> {
    must(await store.command(`ALTER TABLE ${table.name} DROP PARTITION ID '${partitionId(id)}'`));
  }

  function account(table: string, reason: string, rows: number, removed: Record<string, number>): void {
    counters.add('pegbar_retention_rows_total', { table, reason }, rows);
    removed[reason] = (removed[reason] ?? 0) + rows;
  }

  async function runOnce(): Promise<Record<string, number>> {
    const removed: Record<string, number> = {};
    const all = await partitions(TABLES.filter(({ retention }) => retention !== 'none'));
    const ids = new Set(all.map(({ table, id }) => `${table.name}/${id}`));
    for (const key of settled.keys()) if (!ids.has(key.slice(0, key.lastIndexOf('/')))) settled.delete(key);
    // Events of spans ask the spans which traces are worth keeping: they go first.
    all.sort((a, b) => Number(a.table.name === 'spans') - Number(b.table.name === 'spans') || a.end - b.end);
    for (const partition of all) {
      try {
        await sweep(partition, removed);
      } catch (error) {
        counters.add('pegbar_retention_failures_total', { table: partition.table.name });
        log.warn(
          { table: partition.table.name, partition: partition.partition, error: String(error) },
          'retention could not clear a partition; the next run tries again',
        );
      }
    }
    if (Object.keys(removed).length) log.info(removed, 'retention removed rows');
    return removed;
  }

  /** Bytes that should be free and are not, what comes back by itself not counted. */
  async function deficit(): Promise<number> {
    const disk = await options.diskUsage();
    const now = clock.monotonic();
    while (comingBack[0] && now - comingBack[0].at > COMES_BACK_MS) comingBack.shift();
    const pending = comingBack.reduce((sum, one) => sum + one.bytes, 0);
    const overLimit = disk.limit_bytes === null ? 0 : disk.used_bytes - disk.limit_bytes * LIMIT_SHARE;
    const belowFree = disk.min_free_bytes * FREE_FACTOR - disk.free_bytes;
    return Math.max(overLimit, belowFree) - pending;
  }

  async function relieve(): Promise<number> {
    const missing = await deficit();
    if (missing <= 0) return 0;
    let dropped = 0;
    // Never the running day: it is being written, and dropping it would free what was just promised.
    const today = clock.now();
    for (const victim of await partitions(RAW_TABLES)) {
      if (dropped >= missing) break;
      if (victim.bytes < MIN_VICTIM_BYTES || victim.end > today) continue;
      log.warn(
        { table: victim.table.name, day: victim.partition, rows: victim.rows, bytes: victim.bytes },
        'the disk is nearly full: the oldest day of a table is dropped before its retention',
      );
      await drop(victim);
      comingBack.push({ bytes: victim.bytes, at: clock.monotonic() });
      counters.add('pegbar_retention_rows_total', { table: victim.table.name, reason: 'disk' }, victim.rows);
      dropped += victim.bytes;
    }
    if (dropped < missing) {
      log.warn(
        { missing_bytes: Math.round(missing - dropped) },
        'the disk is nearly full, and nothing old is left',
      );
    }
    return dropped;
  }

  const retention: Retention = {
    run: () => inTurn(runOnce),
    relieveDisk: () => inTurn(relieve),
    start() {
      const report = (error: unknown): void => log.warn({ error: String(error) }, 'retention failed');
      const stopRuns = clock.every(RUN_EVERY_MS, () => void retention.run().catch(report));
      const stopDisk = clock.every(DISK_EVERY_MS, () => void retention.relieveDisk().catch(report));
      return () => {
        stopRuns();
        stopDisk();
      };
    },
  };
  return retention;
}

function must<T>(result: Result<T, StoreError>): T {
  if (!result.ok) throw new StoreFailure(result.error);
  return result.value;
}

/** Ids come from the engine; this guards against a bug. */
function partitionId(id: string): string {
  if (!/^[0-9A-Za-z-]+$/.test(id)) throw new Error(`not a partition id: ${id}`);
  return id;
}
