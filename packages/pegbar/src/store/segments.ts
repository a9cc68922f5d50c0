import type { Store } from './client.ts';
import { StoreFailure } from './errors.ts';
import type { SegmentStore } from './load.ts';

/** One INSERT makes one block and so one part, whatever the number of blocks that are sent. */
const ONE_PART = {
  max_insert_threads: 1,
  max_insert_block_size: 10_000_000,
  min_insert_block_size_rows: 10_000_000,
  min_insert_block_size_bytes: 2_000_000_000,
};

/** Segments over the store's client. */
export function segmentStore(store: Store): SegmentStore {
  return {
    async insertNative(table, blocks, token) {
      const result = await store.insertNative(table, blocks, { token, settings: ONE_PART });
      if (result.ok) return { kind: 'stored' };
      const { kind, type, message } = result.error;
      // What is broken in the store is mended there; only what the content is to blame for is put aside.
      return { kind: kind === 'rejected' ? 'refused' : 'retry', message: `${type}: ${message}` };
    },
    async countSegment(table, seg) {
      const rows = await store.rows<{ n: string }>(
        `SELECT count() AS n FROM ${table} WHERE seg = {seg:UInt64}`,
        {
          params: { seg },
        },
      );
      if (!rows.ok) throw new StoreFailure(rows.error);
      return Number(rows.value[0]?.n ?? 0);
    },
    async deleteSegment(table, seg) {
      const done = await store.command(`ALTER TABLE ${table} DELETE WHERE seg = {seg:UInt64}`, {
        params: { seg },
        settings: { mutations_sync: 2 },
      });
      if (!done.ok) throw new StoreFailure(done.error);
    },
  };
}
