import { expect, it } from 'vitest';
import { startChore } from './chore.ts';

/** Time passes by what is slept and by what each round takes. */
function chore(rounds: readonly (number | 'fails')[]) {
  let now = 0;
  const [waits, errors]: [number[], unknown[]] = [[], []];
  const all = new Promise<() => void>((resolve) => {
    let round = 0;
    const stop = startChore({
      clock: {
        monotonic: () => now,
        sleep: async (ms: number) => {
          waits.push(ms);
          now += ms;
          if (round === rounds.length) resolve(stop);
          if (round === rounds.length) await new Promise(() => undefined);
        },
      },
      look: async () => {
        const took = rounds[round]!;
        round += 1;
        if (took === 'fails') throw new Error('the engine is away');
        now += took;
      },
      failed: (error) => errors.push(error),
      least_wait_ms: 100,
      share: 10,
    });
  });
  return { all, waits, errors };
}

it('waits at least so long, and longer after a round that took long', async () => {
  const { all, waits } = chore([1, 50, 2]);
  (await all)();
  expect(waits).toEqual([100, 500, 100]);
});

it('tells what a round throws and goes on', async () => {
  const { all, waits, errors } = chore(['fails', 1]);
  (await all)();
  expect(errors.map(String)).toEqual(['Error: the engine is away']);
  expect(waits).toEqual([100, 100]);
});
