import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { fail, ok } from '../base/result.ts';
import { createContentKeeper } from './content-keeper.ts';
import { LATE_LOOKS, WANTED_DAYS } from './content-queries.ts';

/** The engine refuses a question whose parameters, which stand in its address, take more. */
const URI_BYTES = 1024 * 1024;
const TENANTS = 1_000;

type Options = { params?: Record<string, unknown> };

/** A store of tenants with a prompt in each hour of a day, none of them counted. */
function storeOf() {
  const counted = new Set<string>();
  const seen = new Set<string>();
  const asked: number[] = [];
  let late: string[] = [];
  const tenants = Array.from({ length: TENANTS }, () => randomUUID());
  const hours = Array.from({ length: 24 }, (_, hour) => 1_790_640_000 + hour * 3_600);
  const answer = <T>(value: T, { params = {} }: Options = {}) => {
    const bytes = new URLSearchParams(
      Object.entries(params).map(([name, of]): [string, string] => [name, JSON.stringify(of)]),
    ).toString().length;
    asked.push(bytes);
    return bytes < URI_BYTES
      ? ok(value)
      : fail({ kind: 'rejected' as const, code: null, type: 'ENGINE_ERROR', message: 'URI too long' });
  };
  const keyOf = (tenant: string, hour: number): string => `${tenant} ${hour}`;
  return {
    tenants,
    seen,
    asked,
    hours,
    tellLate: (keys: string[]) => {
      late = keys;
    },
    store: {
      async rows(sql: string, options: Options) {
        if (sql === LATE_LOOKS)
          return answer(
            late.map((hour) => ({ hour })),
            options,
          );
        if (sql !== WANTED_DAYS) throw new Error(`not expected: ${sql}`);
        const again = new Set(options.params!.late as string[]);
        const days = tenants.flatMap((tenant) => {
          const due = hours.filter((hour) => {
            const key = keyOf(tenant, hour);
            return !counted.has(key) || again.has(key);
          });
          const of = due.map((hour) => [hour, 1, 1, 0]);
          return due.length === 0 ? [] : [{ tenant, day: '2026-09-29', hours: due, again: 0, of }];
        });
        return answer(days, options);
      },
      async native(_: string, options: Options) {
        const given = answer(Buffer.alloc(0), options);
        for (const key of given.ok ? (options.params!.wanted as string[]) : []) {
          counted.add(key);
          seen.add(key);
        }
        return given;
      },
      insertNative: async () => ok(null),
      command: async (_: string, options: Options) => answer(null, options),
    },
  };
}

const keeperOf = (store: unknown) =>
  createContentKeeper({
    store: store as Parameters<typeof createContentKeeper>[0]['store'],
    clock: systemClock,
    onCounted: () => undefined,
  });

describe('the keeper of content', () => {
  it('counts a day of very many tenants in questions that the engine takes', async () => {
    const { store, seen, asked } = storeOf();
    await keeperOf(store).settle([], new AbortController().signal);
    expect(seen.size).toBe(TENANTS * 24);
    expect(Math.max(...asked)).toBeLessThan(URI_BYTES);
  });

  it('counts again very many hours whose pictures were looked at late, beside others that are gone', async () => {
    const { store, tenants, hours, tellLate, seen } = storeOf();
    const keeper = keeperOf(store);
    await keeper.settle([], new AbortController().signal);
    seen.clear();
    const hoursOf = (tenant: string): string[] => hours.map((hour) => `${tenant} ${hour}`);
    const gone = Array.from({ length: 300 }, () => hoursOf(randomUUID())).flat();
    const some = tenants.slice(0, 300).flatMap(hoursOf);
    tellLate([...gone, ...some]);
    // A turn ends by the clock; what it leaves is the next one's.
    for (let turn = 0; turn < 10; turn++) await keeper.catchUp([]);
    expect([...seen].sort()).toEqual(some.sort());
  });
});
