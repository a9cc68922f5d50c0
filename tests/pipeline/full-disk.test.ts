/** The engine on a full disk: what it cannot answer is an error, never an answer without rows. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../packages/pegbar/src/base/clock.ts';
import { createCounters } from '../../packages/pegbar/src/base/counters.ts';
import { silentLog as log } from '../../packages/pegbar/src/base/log.ts';
import { type SmallDisk, smallDisk } from '../../packages/pegbar/src/spool/testkit.ts';
import { childLauncher } from '../../packages/pegbar/src/store/engine/child.ts';
import { createSupervisor, type Supervisor } from '../../packages/pegbar/src/store/engine/supervisor.ts';
import { engineMissing, TEST_TUNING } from '../../packages/pegbar/src/store/engine/testing.ts';
import { createStore, type Store } from '../../packages/pegbar/src/store/index.ts';

const disk: SmallDisk | null = engineMissing() ? null : smallDisk(192 * 1024 * 1024);
const missing = engineMissing() ?? (disk ? null : 'a small disk cannot be mounted here (needs root)');
if (missing) console.warn(`skipped: ${missing}`);

describe.skipIf(missing)('questions to an engine whose disk is full', () => {
  let supervisor: Supervisor;
  let store: Store;
  beforeAll(async () => {
    supervisor = createSupervisor(
      childLauncher({ dir: join(disk!.dir, 'engine'), tuning: TEST_TUNING, clock, log }),
      { clock, log, counters: createCounters() },
    );
    await supervisor.start();
    store = createStore(supervisor, { clock });
    const made = await store.command('CREATE DATABASE IF NOT EXISTS pegbar ENGINE = Atomic', {
      unbound: true,
    });
    if (!made.ok) throw new Error(made.error.message);
    disk!.fill();
  });
  afterAll(async () => {
    disk?.free();
    await store?.close();
    await supervisor?.stop();
    disk?.remove();
  });

  /** Some 100 MB, more than the engine holds in memory. */
  const LARGE = 7_000_000;
  const question = (rows: number): string => `SELECT number, toString(number) AS text FROM numbers(${rows})`;

  it('are answered where the answer is small', async () => {
    const answer = await store.rows<{ number: string }>(question(20_000));
    expect(answer.ok && answer.value.length).toBe(20_000);
  });

  it('fail, and may be asked again, where the answer is too large to be held', async () => {
    for (const ask of [() => store.rows(question(LARGE)), () => store.native(question(LARGE))]) {
      const answer = await ask();
      expect(answer).toMatchObject({ ok: false, error: { kind: 'retryable', type: 'NOT_ENOUGH_SPACE' } });
    }
  });

  it('are answered again when there is room', async () => {
    disk!.free();
    const answer = await store.native(question(LARGE));
    expect(answer.ok && answer.value.length).toBeGreaterThan(100_000_000);
  });
});
