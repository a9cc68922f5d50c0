import { randomUUID } from 'node:crypto';
import { type Store, StoreFailure } from '../store/index.ts';
import { foldSpans, WANTED } from './fold.ts';
import { lotsOf } from './lots.ts';

/**
 * Folds some requests anew from all their stored rows and replaces what the store holds of them. Used where it
 * is not known whether a segment was folded already (after a crash), and after an erasure.
 */
export async function refoldRequests(store: Store, tenant: string, ids: readonly string[]): Promise<void> {
  for (const lot of lotsOf(ids)) await refold(store, tenant, lot);
}

async function refold(store: Store, tenant: string, ids: readonly string[]): Promise<void> {
  const traces = ids.filter((id) => /^[0-9a-f]{32}$/.test(id));
  const rows = await store.native(
    `SELECT ${[...WANTED].join(', ')} FROM spans
     WHERE tenant = {tenant:String} AND (
       request_id IN {ids:Array(String)}
       OR (request_id = '' AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16)))
       OR (request_id = '' AND trace_id IN (
         SELECT trace_id FROM spans
         WHERE tenant = {tenant:String} AND request_id IN {ids:Array(String)} AND trace_id != toFixedString('', 16))))`,
    { params: { tenant, ids, traces } },
  );
  if (!rows.ok) throw new StoreFailure(rows.error);
  const { requests, traceIds } = foldSpans([rows.value], 0n);
  // What was folded under the id of the trace goes with it.
  const replaced = [...new Set([...ids, ...traceIds()])];
  for (const lot of lotsOf(replaced)) await remove(store, tenant, lot);
  if (requests.rows === 0) return;
  // The same rows may come again after they were deleted: the engine must not take them for a repetition.
  const inserted = await store.insertNative('requests', requests.encode(), { token: randomUUID() });
  if (!inserted.ok) throw new StoreFailure(inserted.error);
}

async function remove(store: Store, tenant: string, ids: readonly string[]): Promise<void> {
  const removed = await store.command(
    'DELETE FROM requests WHERE tenant = {tenant:String} AND request_id IN {ids:Array(String)}',
    { params: { tenant, ids }, settings: { lightweight_deletes_sync: 2 } },
  );
  if (!removed.ok) throw new StoreFailure(removed.error);
}
