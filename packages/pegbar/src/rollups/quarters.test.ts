/** Sums by quarter and references over a real engine: whatever was counted anew, they equal the plain sum of the hours. */
import { tableOf } from '@pegbar/contract';
import { seededRandom } from '@pegbar/stats';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { BlockBuilder } from '../native/index.ts';
import { openState, type State } from '../state/index.ts';
import type { Store } from '../store/index.ts';
import { engineMissing, startTestStore, type TestStore } from '../store/testing.ts';
import { type RollupRow, Tally } from './builder.ts';
import { createQuarters, QUARTER_MS } from './quarters.ts';
import { HOUR_MS } from './swap.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const DAY_MS = 24 * HOUR_MS;
const NOW = Math.floor(Date.now() / DAY_MS) * DAY_MS + 13 * HOUR_MS;
const KEY = 'tenant, metric, stage, dim, value';

describe.skipIf(missing)('sums by quarter of a day', () => {
  let test: TestStore;
  let store: Store;
  let state: State;
  let now = NOW;
  const clock: Clock = { ...systemClock, now: () => now };

  beforeAll(async () => {
    test = await startTestStore();
    store = test.store;
  });
  afterAll(() => test?.stop());
  beforeEach(async () => {
    now = NOW;
    for (const table of ['roll_hours', 'roll_quarters', 'roll_references'])
      await run(`TRUNCATE TABLE ${table}`);
    const opened = await openState({ path: ':memory:', clock });
    if (!opened.ok) throw new Error(opened.error.message);
    state = opened.value;
  });

  async function run(sql: string): Promise<void> {
    const done = await store.command(sql);
    if (!done.ok) throw new Error(done.error.message);
  }
  const insert = async (rows: readonly RollupRow[]): Promise<void> => {
    const block = new BlockBuilder(tableOf('roll_hours'));
    for (const { tally, t_ms, ...key } of rows) {
      const codes = [...(tally.bins?.codes() ?? [])];
      const counts = codes.map((code) => tally.bins!.get(code)!);
      block.append({ ...key, t: t_ms / 1000, n: tally.n, sum: tally.micro, bins: codes, counts });
    }
    const done = await store.insertNative('roll_hours', block.encode());
    if (!done.ok) throw new Error(done.error.message);
  };

  /** Hours of some tenants and metrics, of random length and content. */
  function drawn(random: () => number, hours: readonly number[]): RollupRow[] {
    const rows: RollupRow[] = [];
    for (const t_ms of hours)
      for (const tenant of ['a', 'b'])
        for (const metric of ['latency_ms', 'succeeded', 'face_ok', 'stage_ms'] as const) {
          if (random() < 0.3) continue;
          const tally = new Tally(metric);
          const n = Math.floor(random() * 20) + 1;
          for (let i = 0; i < n; i++)
            tally.add(
              metric === 'latency_ms'
                ? Math.exp(random() * 8)
                : metric === 'succeeded'
                  ? 1
                  : Math.round(random()),
            );
          const isStage = metric === 'stage_ms';
          const dim = random() < 0.5 || isStage ? 'workload' : 'region';
          rows.push({
            tenant,
            metric,
            stage: isStage ? 'generate' : '',
            dim,
            value: `v${Math.floor(random() * 3)}`,
            t_ms,
            tally,
          });
        }
    return rows;
  }

  /** Rows that one side has and the other has not, of the quarters that are over. */
  async function differences(): Promise<{ quarters: number; references: number }> {
    const over = Math.floor(now / QUARTER_MS) * QUARTER_MS;
    const plain = (weeks: readonly number[], until: number, from = 0): string =>
      `SELECT ${KEY}, toUnixTimestamp(q) AS q, sum(n), sum(sum), sumMap(bins, counts) FROM (
         SELECT ${KEY}, n, sum, bins, CAST(counts, 'Array(UInt64)') AS counts,
           arrayJoin(arrayMap(w -> toStartOfInterval(t, INTERVAL 6 HOUR) + toIntervalDay(7 * w), [${weeks.join()}])) AS q
         FROM roll_hours WHERE t < fromUnixTimestamp(${over / 1000}))
       WHERE q < fromUnixTimestamp(${until / 1000}) AND q >= fromUnixTimestamp(${from / 1000}) GROUP BY ${KEY}, q`;
    const kept = (table: string, until: number, from = 0): string =>
      `SELECT ${KEY}, toUnixTimestamp(t) AS q, sum(n), sum(sum), sumMap(bins, CAST(counts, 'Array(UInt64)')) FROM ${table}
       WHERE t < fromUnixTimestamp(${until / 1000}) AND t >= fromUnixTimestamp(${from / 1000}) GROUP BY ${KEY}, q`;
    const count = async (one: string, other: string): Promise<number> => {
      const answer = await store.rows<{ n: string }>(
        `SELECT (SELECT count() FROM (${one} EXCEPT ${other})) + (SELECT count() FROM (${other} EXCEPT ${one})) AS n`,
      );
      if (!answer.ok) throw new Error(answer.error.message);
      return Number(answer.value[0]!.n);
    };
    const soon = Math.floor(now / DAY_MS) * DAY_MS + 2 * DAY_MS;
    return {
      quarters: await count(plain([0], over), kept('roll_quarters', over)),
      references: await count(
        plain([1, 2, 3, 4], soon, now - 20 * DAY_MS),
        kept('roll_references', soon, now - 20 * DAY_MS),
      ),
    };
  }

  const settle = async (quarters: Awaited<ReturnType<typeof createQuarters>>): Promise<void> => {
    while ((await quarters.step()) > 0);
  };
  const NONE = { quarters: 0, references: 0 };

  it('equal the plain sum of the hours, after late hours, an erasure and a crash too', async () => {
    const random = seededRandom(5);
    const all = Array.from({ length: 34 * 24 }, (_, at) => NOW - 34 * DAY_MS + at * HOUR_MS).map(
      (at) => Math.floor(at / HOUR_MS) * HOUR_MS,
    );
    const some = all.filter(() => random() < 0.15);
    await insert(drawn(random, some));
    let quarters = await createQuarters({ state, store, clock });
    await quarters.touch(some);
    await settle(quarters);
    expect(await differences()).toEqual(NONE);

    for (let round = 0; round < 2; round++) {
      const late = all.filter(() => random() < 0.02);
      await insert(drawn(random, late));
      await quarters.touch(late);
      // The process ends here: a new one finds the marks.
      if (round % 2 === 0) quarters = await createQuarters({ state, store, clock });
      await settle(quarters);
      expect(await differences()).toEqual(NONE);
    }

    await run("ALTER TABLE roll_hours DELETE WHERE tenant = 'b' SETTINGS mutations_sync = 1");
    await quarters.touch(all);
    await settle(quarters);
    expect(await differences()).toEqual(NONE);

    now += 2 * DAY_MS;
    await settle(quarters);
    expect(await differences()).toEqual(NONE);
  }, 240_000);

  it('are made of what was stored before there were any', async () => {
    const random = seededRandom(6);
    const hours = Array.from({ length: 60 }, (_, at) => NOW - (NOW % HOUR_MS) - (at + 1) * 5 * HOUR_MS);
    await insert(drawn(random, hours));
    await settle(await createQuarters({ state, store, clock }));
    expect(await differences()).toEqual(NONE);
  });
});
