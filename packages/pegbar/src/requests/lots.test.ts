import { expect, test } from 'vitest';
import { lotsOf } from './lots.ts';

const FIELD_LIMIT = 128 * 1024;

test('every id is in one lot, in order', () => {
  const ids = Array.from({ length: 10_000 }, (_, i) => `request-${i}`);
  expect([...lotsOf(ids)].flat()).toEqual(ids);
  expect([...lotsOf([])]).toEqual([]);
});

test('a lot fits into a parameter however long its ids are and even if all of them must be escaped', () => {
  const ids = Array.from({ length: 300 }, (_, i) => "'".repeat(i % 2 === 0 ? 8_192 : 32));
  for (const lot of lotsOf(ids)) {
    const escaped = `[${lot.map((id) => `'${id.replaceAll("'", "\\'")}'`).join(',')}]`;
    expect(escaped.length).toBeLessThan(FIELD_LIMIT);
  }
});
