/** What a sweep reads beside the sums by quarter, over a real engine: days of some cells, hours of what has no sum. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { openState, type State } from '../state/index.ts';
import type { Store } from '../store/index.ts';
import { engineMissing, startTestStore, type TestStore } from '../store/testing.ts';
import { createQuarterReader, type QuarterReader } from './quarter-reader.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const DAY_S = 86_400;
const START_S = 1_760_000_000 - (1_760_000_000 % DAY_S);
const EVERYBODY = { tenant: null };

describe.skipIf(missing)('the reader of a sweep', () => {
  let test: TestStore;
  let store: Store;
  let state: State;
  let reader: QuarterReader;

  beforeAll(async () => {
    test = await startTestStore();
    store = test.store;
    const opened = await openState({ path: ':memory:', clock: systemClock });
    if (!opened.ok) throw new Error(opened.error.message);
    state = opened.value;
    reader = createQuarterReader({ store, state, keeper: { unstored: () => new Map() } });
    for (const [table, step] of [
      ['roll_days', DAY_S],
      ['roll_hours', 3_600],
    ] as const) {
      const done = await store.command(`
        INSERT INTO ${table} (tenant, metric, stage, dim, value, t, n, sum, bins, counts)
        SELECT tenant, metric, stage, dim, 'v', toDateTime(${START_S} + ${step} * number, 'UTC'),
          10 * who + number, 1000000 * (10 * who + number), [], []
        FROM (SELECT arrayJoin([('', 3), ('a', 1), ('b', 2)]) AS one, one.1 AS tenant, one.2 AS who,
          arrayJoin(['images', 'nsfw']) AS metric, arrayJoin(['', 'upscale']) AS stage, arrayJoin(['workload', 'region', 'hardware_class']) AS dim, number FROM numbers(3))`);
      if (!done.ok) throw new Error(done.error.message);
    }
  });
  afterAll(async () => {
    await state?.close();
    await test?.stop();
  });

  const cell = (tenant: string, dim = 'workload', stage = '') => ({
    tenant,
    metric: 'images' as const,
    stage,
    dim,
  });
  async function daysOf(scope: { tenant: string | null }, cells: ReturnType<typeof cell>[]) {
    const rows: string[] = [];
    const stretch = { from_ms: START_S * 1000, to_ms: (START_S + 2 * DAY_S) * 1000 };
    const read = await reader.days({ scope, cells }, stretch, (row) => {
      const { tenant, metric, stage, dim, starts, n, micro } = row;
      const days = Array.from(
        starts,
        (at, i) => `${(at - START_S) / DAY_S}:${n[i]}:${micro[i]! / 1e6}`,
      ).sort();
      rows.push(`${tenant}/${metric}/${stage}/${dim} ${days.join(' ')}`);
    });
    expect(read.ok).toBe(true);
    return rows.sort();
  }

  it('reads the days of the cells that it is asked for, and no others', async () => {
    expect(await daysOf(EVERYBODY, [cell('a'), cell('b', 'region', 'upscale')])).toEqual([
      'a/images//workload 0:10:10 1:11:11',
      'b/images/upscale/region 0:20:20 1:21:21',
    ]);
    expect(await daysOf(EVERYBODY, [])).toEqual([]);
  });

  it('reads all tenants together from their sum, for whoever may see all', async () => {
    expect(await daysOf(EVERYBODY, [cell('')])).toEqual(['/images//workload 0:30:30 1:31:31']);
    expect(await daysOf({ tenant: 'a' }, [cell(''), cell('a'), cell('b')])).toEqual([
      'a/images//workload 0:10:10 1:11:11',
    ]);
  });

  it('reads hours of each tenant that may be seen, without the sum of all', async () => {
    const hoursOf = async (scope: { tenant: string | null }) => {
      const rows: string[] = [];
      const stretches = [0, 2].map((at) => ({
        from_ms: (START_S + at * 3_600) * 1000,
        to_ms: (START_S + (at + 1) * 3_600) * 1000,
      }));
      const read = await reader.hours({ scope, metrics: ['nsfw'] }, stretches, (block) => {
        for (let row = 0; row < block.rows; row++) {
          const text = ({ keys, texts }: { keys: ArrayLike<number>; texts: readonly string[] }): string =>
            texts[keys[row]!]!;
          if (text(block.stage) === '' && text(block.dim) === 'region')
            rows.push(
              `${text(block.tenant)} ${text(block.metric)} ${(block.starts[row]! - START_S) / 3_600}: ${block.n[row]}`,
            );
        }
      });
      expect(read.ok).toBe(true);
      return rows.sort();
    };
    expect(await hoursOf({ tenant: 'b' })).toEqual(['b nsfw 0: 20', 'b nsfw 2: 22']);
    expect(await hoursOf(EVERYBODY)).toEqual([
      'a nsfw 0: 10',
      'a nsfw 2: 12',
      'b nsfw 0: 20',
      'b nsfw 2: 22',
    ]);
  });
});
