import { describe, expect, it } from 'vitest';
import { ok } from '../base/result.ts';
import type { ScopedStore } from '../store/index.ts';
import { listRequests } from './requests.ts';

const HOUR_MS = 3_600_000;

/** How many stretches are read where nothing is found. */
async function stretchesRead(atOnce: boolean): Promise<[number, number][]> {
  const read: [number, number][] = [];
  const scoped = {
    rows: (_: string, { params }: { params: { from: number; to: number } }) => {
      read.push([params.from / HOUR_MS, params.to / HOUR_MS]);
      return Promise.resolve(ok([]));
    },
  } as unknown as ScopedStore;
  const found = await listRequests(
    { store: { scoped: () => scoped } } as unknown as Parameters<typeof listRequests>[0],
    { scope: { tenant: null } },
    {
      from_ms: 0,
      to_ms: 100 * HOUR_MS,
      conditions: [{ field: 'outcome', op: '=', values: ['failed'] }],
      limit: 6,
      atOnce,
    },
  );
  expect(found.ok).toBe(true);
  return read;
}

describe('a page of a list', () => {
  it('is looked for in longer and longer stretches from the newest back', async () => {
    expect(await stretchesRead(false)).toEqual([
      [94, 100],
      [52, 94],
      [0, 52],
    ]);
  });

  it('is looked for at once where the caller goes by stretches himself', async () => {
    expect(await stretchesRead(true)).toEqual([[0, 100]]);
  });
});
