import { expect, test } from 'vitest';
import { longerUntil } from './longer.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY_LONG = { from_ms: 0, to_ms: 24 * HOUR };
const series = (points: readonly (readonly [value: number | null, n: number])[]) => [
  { points: points.map(([value, n]) => ({ value, n })) },
];
const every = (n: number, length = 96) => series(Array.from({ length }, () => [1, n] as const));

test('points that rest on enough stay as they are', () => {
  expect(longerUntil(10, DAY_LONG, 15 * MINUTE)(every(10))).toBeNull();
});

test('points of a third of what they should rest on are made four times as long', () => {
  expect(longerUntil(10, DAY_LONG, 15 * MINUTE)(every(3))).toBe(HOUR);
});

test('a line of mostly gaps is made of longer points although nothing else is asked', () => {
  const mostlyGaps = series(Array.from({ length: 96 }, (_, at) => (at % 4 === 0 ? [1, 9] : [null, 0])));
  expect(longerUntil(0, DAY_LONG, 15 * MINUTE)(mostlyGaps)).toBe(HOUR);
});

test('what began in the middle of the range is no gap before', () => {
  const begun = series(Array.from({ length: 96 }, (_, at) => (at < 80 ? [null, 0] : [1, 12])));
  expect(longerUntil(10, DAY_LONG, 15 * MINUTE)(begun)).toBeNull();
});

test('a range keeps about a dozen points, and nothing at all is left alone', () => {
  expect(longerUntil(1_000, DAY_LONG, 15 * MINUTE)(every(1))).toBe(2 * HOUR);
  expect(longerUntil(10, DAY_LONG, 15 * MINUTE)(series([[null, 0]]))).toBeNull();
  expect(longerUntil(10, DAY_LONG, 15 * MINUTE)(series([[0, 0]]))).toBeNull();
});

test('longer points are whole numbers of the shorter ones, so that they can be added up', () => {
  expect(longerUntil(10, DAY_LONG, 2 * HOUR)(every(7, 12))).toBeNull();
  expect(longerUntil(10, { from_ms: 0, to_ms: 28 * 24 * HOUR }, 2 * HOUR)(every(7))).toBe(6 * HOUR);
});
