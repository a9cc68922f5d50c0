/** Over a real engine: whatever happens to an open hour, it is counted as if it were counted from the beginning. */
import { tableOf } from '@pegbar/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../base/clock.ts';
import { BlockBuilder } from '../native/index.ts';
import type { Store } from '../store/index.ts';
import { engineMissing, startTestStore, type TestStore } from '../store/testing.ts';
import { RollupBuilder, type RollupRow } from './builder.ts';
import { countFacts } from './facts.ts';
import { createOpenStages } from './open-stages.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const HOUR_MS = 3_600_000;
const FROM = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const TENANTS = ['a', "b'\\", 'c'];

describe.skipIf(missing)('stages of an open hour', () => {
  let test: TestStore;
  let store: Store;
  let seg = 2 ** 52;
  let serial = 0;
  let state = 7;
  /** Answers that were read, in rows of stages. */
  let read = 0;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };

  beforeAll(async () => {
    test = await startTestStore();
    const real = test.store;
    store = {
      ...real,
      native: async (sql, options) => {
        const answer = await real.native(sql, options);
        if (answer.ok && /AS stage/.test(sql)) read += answer.value.length;
        return answer;
      },
    };
  });
  afterAll(() => test?.stop());

  async function load(rows: number, number = ++seg): Promise<void> {
    const spans = new BlockBuilder(tableOf('spans'));
    for (let row = 0; row < rows; row++)
      spans.append({
        tenant: TENANTS[random(TENANTS.length)],
        // A quarter of them counts in the hour after.
        timestamp: BigInt(FROM + random((HOUR_MS * 4) / 3)) * 1_000_000n,
        duration_ns: BigInt(1 + random(1e9)),
        request_id: `r${random(1000)}`,
        pipeline_stage: ['generate', 'upscale', undefined][random(3)],
        model_version: ['v1', 'v2'][random(2)],
        region: ['eu', undefined][random(2)],
        error_code: random(9) === 0 ? 'oom' : undefined,
        aesthetic: random(4) === 0 ? random(10) : undefined,
        part: FROM,
        seg: BigInt(number),
      });
    const done = await store.insertNative('spans', spans.encode(), { token: `t${++serial}` });
    if (!done.ok) throw new Error(done.error.message);
  }

  async function erase(where: string): Promise<void> {
    const done = await store.command(`ALTER TABLE spans DELETE WHERE ${where}`, {
      settings: { mutations_sync: 2 },
    });
    if (!done.ok) throw new Error(done.error.message);
  }

  const told = (rows: readonly RollupRow[]): string[] =>
    rows
      .map(({ tenant, metric, stage, dim, value, t_ms, tally }) => {
        const bins = tally.bins ? [...tally.bins].sort(([a], [b]) => a - b) : [];
        return JSON.stringify([tenant, t_ms, metric, stage, dim, value, tally.n, tally.micro, bins]);
      })
      .sort();

  const range = (tenants = TENANTS) => ({ tenants, from_ms: FROM, to_ms: FROM + HOUR_MS });

  async function fromTheBeginning(tenants = TENANTS): Promise<string[]> {
    const counted = await countFacts(store, clock, range(tenants));
    if (!counted.ok) throw new Error(counted.error.message);
    return told(counted.value.rows());
  }

  it('are counted as if from the beginning after new rows, erasures and segments that come late', async () => {
    const open = createOpenStages(store, clock);
    for (let step = 0; step < 40; step++) {
      const what = step < 2 ? 0 : random(10);
      if (what < 5) await load(1 + random(300));
      else if (what === 5) await load(20, seg - 1 - random(3));
      else if (what === 6) await erase(`request_id = 'r${random(1000)}' OR cityHash64(request_id) % 50 = 0`);
      else if (what === 7) await erase(`seg = ${seg}`);
      else if (what === 8) await erase(`tenant = '${TENANTS[0]}' AND timestamp < now64(9)`);
      // Rounds count the tenants that changed, and some of them now and then.
      const tenants = random(3) === 0 ? TENANTS.slice(0, 1 + random(3)) : TENANTS;
      const builder = new RollupBuilder();
      const counted = await open.count(range(tenants), builder);
      expect(counted.ok).toBe(true);
      expect(told(builder.rows()), `step ${step}, ${what}`).toEqual(await fromTheBeginning(tenants));
    }
  });

  it('are read once: what was counted is not read again', async () => {
    const open = createOpenStages(store, clock);
    const bytes = async (): Promise<number> => {
      read = 0;
      const counted = await open.count(range(), new RollupBuilder());
      expect(counted.ok).toBe(true);
      return read;
    };
    await load(20_000);
    const first = await bytes();
    await load(200);
    const second = await bytes();
    expect(first).toBeGreaterThan(200_000);
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThan(first / 20);
    expect(await bytes()).toBe(0);
    open.forget(FROM);
    expect(await bytes()).toBeGreaterThan(first);
  });
});
