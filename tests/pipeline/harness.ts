/** The main line without its doors: intake, spool, loader, store and rollups over a real engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '../../packages/pegbar/src/base/clock.ts';
import { createCounters } from '../../packages/pegbar/src/base/counters.ts';
import { silentLog as log } from '../../packages/pegbar/src/base/log.ts';
import { createEventIntake, createIntake } from '../../packages/pegbar/src/ingest/index.ts';
import { createPrivacy } from '../../packages/pegbar/src/privacy/index.ts';
import { createDeriver } from '../../packages/pegbar/src/requests/index.ts';
import { createRollupKeeper } from '../../packages/pegbar/src/rollups/index.ts';
import { openSpool } from '../../packages/pegbar/src/spool/index.ts';
import { openState } from '../../packages/pegbar/src/state/index.ts';
import { createLoader, segmentStore } from '../../packages/pegbar/src/store/index.ts';
import { startTestStore } from '../../packages/pegbar/src/store/testing.ts';

export async function startPipeline() {
  const dir = mkdtempSync(join(tmpdir(), 'pegbar-pipeline-'));
  const test = await startTestStore();
  const { store } = test;
  const counters = createCounters();
  const state = await openState({ path: ':memory:', clock });
  if (!state.ok) throw new Error(state.error.message);
  const spool = await openSpool({ dir: join(dir, 'spool'), clock, counters, log });
  const intake = createIntake({
    spool,
    clock,
    counters,
    log,
    maxBacklogBytes: 1e9,
    diskFree: () => Number.POSITIVE_INFINITY,
    minFreeBytes: 0,
  });
  await spool.ids((window, ids, time) => intake.dedup.restore(window, ids, time));
  const privacy = createPrivacy({
    secretOf: () => Buffer.alloc(32, 7),
    policyOf: () => ({ prompts: 'keep', redact: { patterns: [], keys: [] } }),
    optedOut: () => false,
    counters,
  });
  const events = createEventIntake({
    intake,
    clock,
    counters,
    protectorOf: (tenant) => privacy.forTenant(tenant),
    gpuPrice: () => 0,
    knownImports: async () => new Set(),
  });
  const keeper = await createRollupKeeper({ state: state.value, store, clock, counters, log });
  const deriver = createDeriver({
    store,
    log,
    touch: (buckets) => keeper.touch(buckets),
    clock,
  });
  const loader = createLoader({ spool, store: segmentStore(store), listener: deriver, clock, counters, log });
  loader.start();

  return {
    store,
    spool,
    intake,
    events,
    keeper,
    privacy,
    counters,
    async flush() {
      await intake.roll();
      await loader.drained();
      await keeper.settle();
    },
    async rows<T>(sql: string): Promise<T[]> {
      const answer = await store.rows<T>(sql);
      if (!answer.ok) throw new Error(answer.error.message);
      return answer.value;
    },
    async stop() {
      await keeper.stop();
      await loader.stop();
      await spool.close();
      await test.stop();
      await state.value.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
