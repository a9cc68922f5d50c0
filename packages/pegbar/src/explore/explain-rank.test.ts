import { expect, test } from 'vitest';
import { type AttributeCounts, rankAttributes, type ValueCount } from './explain-rank.ts';

const counts = (...values: [string, number, number][]): AttributeCounts => {
  const list: ValueCount[] = values.map(([value, selection, rest]) => ({ value, selection, rest }));
  const sum = (side: 'selection' | 'rest') => list.reduce((all, one) => all + one[side], 0);
  return { values: list, told: { selection: sum('selection'), rest: sum('rest') }, distinct: list.length };
};

test('an attribute that only bad rows carry is found: absence is a value', () => {
  const ranked = rankAttributes(
    { selection: 1_000, rest: 9_000 },
    new Map([
      ['lora', counts(['fx-7', 700, 0])],
      ['node', counts(['a', 500, 4_500], ['b', 500, 4_500])],
    ]),
  );
  expect(ranked.map((one) => one.attribute)).toEqual(['lora', 'node']);
  expect(ranked[0]).toMatchObject({ culprit: { value: 'fx-7' }, difference: 0.7, tvd: 0.7 });
  expect(ranked[0]!.lcb).toBeGreaterThan(0.6);
  expect(ranked[0]!.values).toContainEqual({ value: '', selection: 300, rest: 9_000 });
  expect(ranked[1]!.lcb).toBe(0);
});

test('a great difference among few rows ranks below a smaller one that is certain', () => {
  const ranked = rankAttributes(
    { selection: 2_000, rest: 20_000 },
    new Map([
      ['certain', counts(['x', 1_000, 4_000], ['y', 1_000, 16_000])],
      ['rare', counts(['x', 3, 0], ['y', 1_997, 20_000])],
    ]),
  );
  expect(ranked.map((one) => [one.attribute, one.lcb > 0])).toEqual([
    ['certain', true],
    ['rare', false],
  ]);
});

test('what the selection lacks counts as much, and the culprit is what it has instead', () => {
  const [first] = rankAttributes(
    { selection: 500, rest: 500 },
    new Map([['cache', counts(['hit', 50, 450], ['miss', 450, 50])]]),
  );
  expect(first).toMatchObject({ culprit: { value: 'miss' }, difference: 0.8 });
});

test('names are no causes: an attribute with a value per row is left out', () => {
  const values = Array.from({ length: 100 }, (_, at): [string, number, number] => [
    `id-${at}`,
    at < 10 ? 1 : 0,
    at < 10 ? 0 : 1,
  ]);
  expect(rankAttributes({ selection: 10, rest: 90 }, new Map([['id', counts(...values)]]))).toEqual([]);
});

test('rare values that were not listed are not taken for absence', () => {
  const counted = {
    values: [{ value: 'a', selection: 10, rest: 10 }],
    told: { selection: 100, rest: 100 },
    distinct: 50,
  };
  const [only] = rankAttributes({ selection: 100, rest: 100 }, new Map([['k', counted]]));
  expect(only!.values).toHaveLength(1);
});

test('without a selection or without a rest there is nothing to compare', () => {
  expect(rankAttributes({ selection: 0, rest: 9 }, new Map([['k', counts(['a', 0, 9])]]))).toEqual([]);
});
