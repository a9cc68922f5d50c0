import { expect, test } from 'vitest';
import { Backlog, patienceOf } from './backlog.ts';

function backlog(most: number) {
  const dropped: string[] = [];
  const own = new Backlog<string>({
    most,
    weigh: (text) => text.length,
    onDrop: (text) => dropped.push(text),
  });
  return { own, dropped };
}

test('the oldest leave when the limit is reached, and the newest always has a place', () => {
  const { own, dropped } = backlog(6);
  for (const text of ['aa', 'bb', 'cc', 'dd']) own.put(text);
  expect(dropped).toEqual(['aa']);
  own.put('longer than all');
  expect(own.take(10)).toEqual(['longer than all']);
});

test('what is being sent is not pushed out, and leaves once it is settled', () => {
  const { own, dropped } = backlog(4);
  own.put('aa');
  own.put('bb');
  expect(own.take(1)).toEqual(['aa']);
  own.put('cc');
  expect(dropped).toEqual(['bb']);
  own.settle();
  expect(own.take(9)).toEqual(['cc']);
  own.release();
  own.dropAll();
  expect([own.size, dropped]).toEqual([0, ['bb', 'cc']]);
});

test('patience doubles from half a second to a minute', () => {
  expect([0, 1, 2, 20].map((failures) => patienceOf(failures, 0))).toEqual([500, 1_000, 2_000, 30_000]);
  expect(patienceOf(20, 1)).toBe(60_000);
});
