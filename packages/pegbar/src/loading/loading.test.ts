import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { tableOf } from '@pegbar/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog as log } from '../base/log.ts';
import { BlockBuilder } from '../native/index.ts';
import { BLOCK_FRAME, openSpool, type Spool } from '../spool/index.ts';
import { openState, type State } from '../state/index.ts';
import type { Store } from '../store/index.ts';
import { engineMissing, startTestStore, type TestStore } from '../store/testing.ts';
import { type Loading, startLoading } from './loading.ts';
import { startThread } from './thread.ts';

const missing = engineMissing();

describe.skipIf(missing !== null)(`loading${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'pegbar-loading-'));
  const counters = createCounters();
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  let test: TestStore;
  let store: Store;
  let state: State;
  let spool: Spool;
  let loading: Loading;
  let kill = (_reason: string): void => undefined;

  beforeAll(async () => {
    test = await startTestStore();
    store = test.store;
    const opened = await openState({ path: ':memory:', clock });
    if (!opened.ok) throw new Error(opened.error.message);
    state = opened.value;
    spool = await openSpool({ dir, clock, counters, log });
    let threads = 0;
    loading = startLoading({
      spool,
      spoolDir: dir,
      state,
      supervisor: test.supervisor,
      clock,
      counters,
      log,
      logLevel: 'silent',
      spawn(setup) {
        if (threads++ > 0) return startThread(setup);
        // The first one hears nothing and dies when it is told to.
        const { port1 } = new MessageChannel();
        const ended = new Promise<string>((resolve) => {
          kill = resolve;
        });
        return { port: port1, ended, terminate: async () => port1.close() };
      },
    });
    loading.start();
  });

  afterAll(async () => {
    await loading?.stop();
    await spool?.close();
    await state?.close();
    await test?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function send(request_id: string): Promise<void> {
    await spool.commit(({ seg, day }) => {
      const block = new BlockBuilder(tableOf('spans'));
      block.append({
        tenant: 't',
        timestamp: BigInt(hour) * 1_000_000n,
        request_id,
        pipeline_stage: 'generate',
        part: day * 86_400_000,
        seg: BigInt(seg),
      });
      return [{ kind: BLOCK_FRAME, name: 'spans', rows: 1, parts: block.encode() }];
    });
    await spool.roll();
  }

  const stored = async (): Promise<number> => {
    const answer = await store.rows<{ n: string }>('SELECT count() AS n FROM spans');
    if (!answer.ok) throw new Error(answer.error.message);
    return Number(answer.value[0]!.n);
  };

  it('goes on with another thread when one has died, and loses nothing of what was asked of it', async () => {
    await send('r1');
    const settled = loading.keeper.settle();
    kill('a bug');
    await loading.loader.drained();
    await settled;
    expect(await stored()).toBe(1);
    expect(loading.loader.loaded()).toBe(1);
    expect(counters.total('pegbar_loading_restarts_total')).toBe(1);
  });

  it('hands over the hours that are counted and not stored', async () => {
    await loading.keeper.settle();
    const rows = loading.keeper.unstored().get(`t|${hour / 1000}`)?.() ?? [];
    const stages = rows.find(
      (row) => row.metric === 'stages' && row.dim === 'all' && row.stage === 'generate',
    );
    expect(stages).toMatchObject({ tenant: 't', t_ms: hour, tally: { n: 1 } });
  });

  it('rests while work is done in its turn', async () => {
    await loading.loader.inTurn(async () => {
      await send('r2');
      await clock.sleep(300);
      expect(await stored()).toBe(1);
    });
    await loading.loader.drained();
    expect(await stored()).toBe(2);
  });

  it('carries work in turn out one after the other', async () => {
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await clock.sleep(30);
      order.push(`${name} ends`);
    };
    await Promise.all([loading.loader.inTurn(work('a')), loading.loader.inTurn(work('b'))]);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });
});
