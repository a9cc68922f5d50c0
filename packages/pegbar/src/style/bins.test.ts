import { expect, it } from 'vitest';
import { addBins, quantileOf, shareAbove } from './bins.ts';

/** A hundred values 0.2000, 0.2025, … in bins of 0.005. */
const VALUES = Array.from({ length: 100 }, (_, at) => 0.2 + at * 0.0025);
const BINS = addBins(
  new Map(),
  VALUES.map((value) => [Math.floor(value / 0.005 + 1e-9), 1] as const),
);

it('reads quantiles to half a bin', () => {
  for (const q of [0.05, 0.5, 0.95])
    expect(Math.abs(quantileOf(BINS, q)! - VALUES[Math.round(q * 99)]!)).toBeLessThan(0.004);
  expect(quantileOf(new Map(), 0.5)).toBeNull();
});

it('says which share lies above a limit', () => {
  expect(shareAbove(BINS, 0.4)).toBeCloseTo(0.2, 2);
  expect(shareAbove(BINS, 0)).toBe(1);
  expect(shareAbove(BINS, 9)).toBe(0);
  expect(shareAbove(new Map(), 0.1)).toBe(0);
});
