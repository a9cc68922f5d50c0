import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createWanted, FIRST_OF_DAY } from './wanted.ts';

const hashOf = (tenant: string, text: string): string =>
  createHash('sha256').update(`${tenant}|${text}`).digest('hex').slice(0, 16);
const pictures = (count: number, model_version = 'v7', from = 0) =>
  Array.from({ length: count }, (_, at) => ({ image_id: `i${from + at}`, model_version, always: false }));

function made() {
  let now = 1.8e12;
  return { wanted: createWanted({ clock: { now: () => now }, hashOf }), later: (ms: number) => (now += ms) };
}

test('the first of each tenant, model and day are wanted, then the share', () => {
  const { wanted, later } = made();
  const drawn = wanted('a', 0.1, pictures(10_000));
  expect(drawn.slice(0, FIRST_OF_DAY)).toEqual(pictures(FIRST_OF_DAY).map((one) => one.image_id));
  // Three standard deviations of a draw of one in ten.
  expect(Math.abs(drawn.length - FIRST_OF_DAY - 998)).toBeLessThan(90);
  expect(wanted('a', 0.1, pictures(10_000))).toEqual(drawn);
  expect(wanted('a', 0.0001, pictures(30, 'rare')).length).toBeGreaterThanOrEqual(FIRST_OF_DAY);
  expect(wanted('b', 0.0001, pictures(30)).length).toBeGreaterThanOrEqual(FIRST_OF_DAY);
  expect(wanted('a', 0.0001, pictures(30, 'v7', 50_000))).toEqual([]);
  later(86_400_000);
  expect(wanted('a', 0.0001, pictures(30, 'v7', 50_000)).length).toBeGreaterThanOrEqual(FIRST_OF_DAY);
});

test('what failed or was flagged is always wanted, and all or nothing where the share says so', () => {
  const { wanted } = made();
  const flagged = { image_id: 'x', model_version: '', always: true };
  expect(wanted('a', 0, [...pictures(50), flagged])).toEqual(['x']);
  expect(wanted('a', 1, pictures(500))).toHaveLength(500);
});
