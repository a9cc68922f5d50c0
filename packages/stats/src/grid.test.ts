import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, type Grid, quantileOf, valueOfBin } from './index.ts';

/** Half a bin, at 32 bins per octave. */
const SHARE = 1 / 64;
const positive = fc.double({ min: 1e-30, max: 1e30, noNaN: true });

function countsOf(grid: Grid, values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) {
    const bin = binOf(grid, value);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return counts;
}

/** ClickHouse's quantileExactLow over the values themselves. */
function exactLow(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  if (q === 0.5) return sorted[n % 2 === 0 ? n / 2 - 1 : (n - 1) / 2]!;
  return sorted[q < 1 ? Math.floor(q * n) : n - 1]!;
}

describe('the float grid', () => {
  it('stands for every positive value within half a bin, 1.6 %', () => {
    fc.assert(
      fc.property(positive, (value) => {
        const told = valueOfBin('float', binOf('float', value));
        expect(Math.abs(told - value)).toBeLessThanOrEqual(SHARE * value);
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps the order of values', () => {
    fc.assert(
      fc.property(positive, positive, (a, b) => {
        expect(Math.sign(binOf('float', a) - binOf('float', b)) * Math.sign(a - b)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('has a code for every number there is', () => {
    for (const value of [0, -0, -5, Number.NaN, Number.NEGATIVE_INFINITY])
      expect(binOf('float', value)).toBe(0);
    for (const value of [Number.MIN_VALUE, 1, 2 ** 31, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
      const code = binOf('float', value);
      expect(Number.isInteger(code)).toBe(true);
      expect(code).toBeGreaterThanOrEqual(0);
      expect(code).toBeLessThanOrEqual(8160);
    }
    expect(valueOfBin('float', 0)).toBe(0);
  });

  it('gives the middle of a bin that code again', () => {
    for (let code = 1; code < 8160; code++) expect(binOf('float', valueOfBin('float', code))).toBe(code);
  });

  it('has the codes that are stored: never to be changed', () => {
    expect([1, 1000, 24, 60_000, 0.001].map((value) => binOf('float', value))).toEqual([
      4064, 4382, 4208, 4570, 3744,
    ]);
  });
});

describe('the linear grids', () => {
  it.each<[Grid, number, number, number]>([
    ['unit', 0, 1, 1 / 1000],
    ['ten', 1, 10, 1 / 100],
  ])(
    '%s stands for values from %d to %d within half a step, and counts others at its ends',
    (grid, low, high, half) => {
      fc.assert(
        fc.property(fc.double({ min: low, max: high, noNaN: true }), (value) => {
          expect(Math.abs(valueOfBin(grid, binOf(grid, value)) - value)).toBeLessThanOrEqual(half + 1e-12);
        }),
      );
      for (const value of [low - 1, Number.NEGATIVE_INFINITY, Number.NaN]) expect(binOf(grid, value)).toBe(0);
      for (const value of [high + 1, Number.POSITIVE_INFINITY])
        expect(valueOfBin(grid, binOf(grid, value))).toBe(high);
    },
  );
});

describe('quantiles of counts', () => {
  it('lie in the bin of the exact low quantile of the values', () => {
    fc.assert(
      fc.property(
        fc.array(positive, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(0, 0.25, 0.5, 0.9, 0.95, 0.99, 1),
        (values, q) => {
          const told = quantileOf('float', countsOf('float', values), q)!;
          expect(binOf('float', told)).toBe(binOf('float', exactLow(values, q)));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('are not told of nothing', () => {
    expect(quantileOf('float', new Map(), 0.5)).toBeUndefined();
  });
});
