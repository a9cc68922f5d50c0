/** Over a real engine: what an erasure leaves nothing of has no words left either. */
import { tableOf } from '@pegbar/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { BlockBuilder } from '../native/index.ts';
import type { Store } from '../store/index.ts';
import { engineMissing, startTestStore, type TestStore } from '../store/testing.ts';
import { createContentKeeper } from './content-keeper.ts';
import { HOUR_MS } from './swap.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

describe.skipIf(missing)('content of hours that were erased', () => {
  let test: TestStore;
  let store: Store;

  beforeAll(async () => {
    test = await startTestStore();
    store = test.store;
  });
  afterAll(() => test?.stop());

  async function insert(name: 'content_hours' | 'roll_hours', rows: Record<string, unknown>[]) {
    const block = new BlockBuilder(tableOf(name));
    for (const row of rows) block.append(row);
    const done = await store.insertNative(name, block.encode());
    if (!done.ok) throw new Error(done.error.message);
  }
  /** Words that are left, as `tenant days back`. */
  async function words(): Promise<string[]> {
    const found = await store.rows<{ tenant: string; t: number | string }>(
      "SELECT tenant, toUnixTimestamp(t) AS t FROM content_hours WHERE kind = 'token'",
    );
    if (!found.ok) throw new Error(found.error.message);
    return found.value.map(({ tenant, t }) => `${tenant} ${(NOW - Number(t) * 1000) / DAY_MS}`).sort();
  }

  it('goes, however long ago; what still stands in the rollups stays', async () => {
    const counted = Date.now() - DAY_MS;
    const hour = (tenant: string, days: number) => ({ tenant, t: (NOW - days * DAY_MS) / 1000 });
    const hours = [hour('erased', 2), hour('erased', 60), hour('kept', 2), hour('kept', 60)];
    await insert(
      'content_hours',
      hours.flatMap((key) => [
        { ...key, counted, kind: 'hour', counts: [2, 0, 0] },
        { ...key, counted, kind: 'token', dim: 'all', names: ['name'], documents: [2], counts: [2] },
      ]),
    );
    await insert(
      'roll_hours',
      hours.slice(2).map((key) => ({ ...key, metric: 'prompt_words', dim: 'all', n: 2 })),
    );
    const keeper = createContentKeeper({ store, clock: systemClock, onCounted: () => undefined });
    await keeper.settle([], new AbortController().signal);
    await expect.poll(words).toEqual(['kept 2', 'kept 60']);
  });
});
