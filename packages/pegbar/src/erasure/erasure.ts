/**
 * Erasure: every row of a user goes, in every table, and with it the user's requests whole — their spans, pictures,
 * scores, feedback, logs — because a request of one person is about that person.
 *
 * First everything acknowledged is loaded, so that nothing of the user waits in the spool. The hours whose raw rows
 * are still there are counted anew; the figures of older hours are sums without names and stay. A run that breaks off
 * is listed as not done and can be asked for again: deleting twice ends the same.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Bucket } from '../rollups/index.ts';
import type { State } from '../state/index.ts';
import { type CallOptions, type Store, StoreFailure, type TenantScope } from '../store/index.ts';
import * as SQL from './queries.ts';

export interface Erased {
  /** Rows deleted, by table. */
  deleted: Record<string, number>;
  requests: number;
  /** Hours whose figures were counted anew. */
  hours: number;
}

export interface Erasures {
  /** `user_hash`: 16 hexadecimal digits. Rejects where the store fails; what is deleted by then stays deleted. */
  erase(tenant: string, user_hash: string): Promise<Erased>;
  list(scope: TenantScope): Promise<Record<string, unknown>[]>;
}

export interface ErasureDeps {
  state: State;
  store: Pick<Store, 'rows' | 'command'>;
  keeper: { touch(buckets: Iterable<Bucket>): Promise<void> };
  /** Runs work while the loader rests: what is folded meanwhile would count rows that are being deleted. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Loads and counts everything acknowledged. */
  flush(): Promise<void>;
  clock: Clock;
  log: Log;
  /** Deletes the files of pictures. */
  deletePictures?(tenant: string, imageIds: readonly string[]): Promise<void>;
}

/** Ids of one statement: some 40 bytes each in the text of a query. */
const IDS_PER_STATEMENT = 2_000;
/** A mutation rewrites the parts that hold a row of the user. */
const DELETE_TIMEOUT_MS = 300_000;

export function createErasures(deps: ErasureDeps): Erasures {
  const { state, store, keeper, clock, log } = deps;

  async function rows<T>(sql: string, params: Record<string, unknown>): Promise<T[]> {
    const found = await store.rows<T>(sql, { params, lane: 'admin', timeout_ms: DELETE_TIMEOUT_MS });
    if (!found.ok) throw new StoreFailure(found.error);
    return found.value;
  }

  async function remove(table: string, where: string, params: Record<string, unknown>): Promise<number> {
    const counted = await rows<{ n: string }>(SQL.countRows(table, where), params);
    const n = Number(counted[0]?.n ?? 0);
    if (n === 0) return 0;
    const options: CallOptions = { params, settings: { mutations_sync: 2 }, timeout_ms: DELETE_TIMEOUT_MS };
    const done = await store.command(SQL.deleteRows(table, where), options);
    if (!done.ok) throw new StoreFailure(done.error);
    return n;
  }

  async function eraseRows(tenant: string, user: string): Promise<Erased> {
    const deleted: Record<string, number> = {};
    const add = (table: string, n: number): void => {
      if (n > 0) deleted[table] = (deleted[table] ?? 0) + n;
    };
    const owner = { tenant, user };
    const [subjects] = await rows<{ requests: string[]; traces: string[] }>(SQL.SUBJECTS, owner);
    const { requests = [], traces = [] } = subjects ?? {};
    const hours = new Set<number>();
    const pictures = new Set<string>();
    for (const lot of lots(requests, traces)) {
      for (const { hour } of await rows<{ hour: number }>(SQL.HOURS, { ...owner, ...lot }))
        hours.add(Number(hour));
      for (const { image_id } of await rows<{ image_id: string }>(SQL.PICTURES, { ...owner, ...lot }))
        pictures.add(image_id);
    }
    const buckets = [...hours].map((hour) => ({ tenant, hour_ms: hour * SQL.HOUR_S * 1_000 }));
    // Before anything goes: a crash in between leaves hours that are counted anew, not wrong ones.
    await keeper.touch(buckets);
    for (const lot of lots(requests, traces, [...pictures]))
      for (const [table, columns] of SQL.ABOUT)
        add(
          table,
          await remove(table, columns.map((column) => SQL.MATCH[column]).join(' OR '), { tenant, ...lot }),
        );
    for (const table of SQL.BY_USER) add(table, await remove(table, 'user_hash = {user:UInt64}', owner));
    await deps.deletePictures?.(tenant, [...pictures]);
    await keeper.touch(buckets);
    return { deleted, requests: requests.length, hours: hours.size };
  }

  return {
    async erase(tenant, user_hash) {
      const requested_at = clock.now();
      const key = [tenant, user_hash, requested_at];
      await state.run(SQL.INSERT_ERASURE, key);
      await deps.flush();
      const erased = await deps.inTurn(() => eraseRows(tenant, BigInt(`0x${user_hash}`).toString()));
      await deps.flush();
      await state.run(SQL.ERASURE_DONE, [clock.now(), ...key]);
      log.info({ tenant, ...erased }, 'a user was erased');
      return erased;
    },
    async list({ tenant }) {
      const found = await state.all<{
        tenant: string;
        user_hash: string;
        requested_at: number;
        done_at: number | null;
      }>(SQL.LIST_ERASURES);
      const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
      return found
        .filter((row) => tenant === null || row.tenant === tenant)
        .map((row) => ({ ...row, requested_at: time(row.requested_at), done_at: time(row.done_at) }));
    },
  };
}

/** Lists of ids in lots of bounded size; one empty lot where there are none, so that each step runs. */
function* lots(
  requests: readonly string[],
  traces: readonly string[],
  images: readonly string[] = [],
): Iterable<{ requests: readonly string[]; traces: readonly string[]; images: readonly string[] }> {
  const most = Math.max(requests.length, traces.length, images.length, 1);
  for (let at = 0; at < most; at += IDS_PER_STATEMENT) {
    const end = at + IDS_PER_STATEMENT;
    yield { requests: requests.slice(at, end), traces: traces.slice(at, end), images: images.slice(at, end) };
  }
}
