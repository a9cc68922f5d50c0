import { expect, test } from 'vitest';
import { paced } from './paced.ts';

function* work(log: string[], n: number): Generator<undefined, string> {
  for (let step = 0; step < n; step++) {
    log.push(`step ${step}`);
    yield;
  }
  return 'done';
}

test('work that takes long lets others run between its steps, and gives its result', async () => {
  const log: string[] = [];
  let now = 0;
  const clock = {
    monotonic: () => (now += 1),
    sleep: async (): Promise<void> => void log.push('others'),
  };
  expect(await paced(work(log, 20), clock)).toBe('done');
  const turns = log
    .join(',')
    .split('others')
    .map((turn) => turn.match(/step/g)?.length ?? 0);
  expect(turns.length).toBeGreaterThan(2);
  expect(Math.max(...turns)).toBeLessThanOrEqual(5);
  expect(log.filter((one) => one.startsWith('step'))).toHaveLength(20);
});

test('work that is done at once is not interrupted', async () => {
  const clock = { monotonic: () => 0, sleep: () => Promise.reject(new Error('no')) };
  expect(await paced(work([], 1000), clock)).toBe('done');
});
