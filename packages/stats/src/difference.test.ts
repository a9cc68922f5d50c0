import { describe, expect, it } from 'vitest';
import {
  bootstrapDifference,
  differenceOfQuantiles,
  differenceOfRatios,
  differenceOfShares,
  wilson,
} from './difference.ts';
import { histogramOfValues } from './histogram.ts';
import { seededRandom } from './random.ts';

describe('intervals of shares', () => {
  it('are the figures of Newcombe (1998), table II', () => {
    // 56/70 against 48/80: 0.0524 to 0.3339 by method 10.
    const found = differenceOfShares({ hits: 48, tries: 80 }, { hits: 56, tries: 70 })!;
    expect(found.value).toBeCloseTo(0.2, 10);
    expect(found.low).toBeCloseTo(0.0524, 4);
    expect(found.high).toBeCloseTo(0.3339, 4);
    // 0/10 against 10/10: does not collapse.
    const whole = differenceOfShares({ hits: 0, tries: 10 }, { hits: 10, tries: 10 })!;
    expect(whole.low).toBeCloseTo(0.6075, 3);
    expect(whole.high).toBeCloseTo(1, 10);
  });
  it('are the score interval of Wilson, and everything where nothing was tried', () => {
    expect(wilson(81, 263)[0]).toBeCloseTo(0.2553, 4);
    expect(wilson(81, 263)[1]).toBeCloseTo(0.3662, 4);
    expect(wilson(0, 0)).toEqual([0, 1]);
    expect(differenceOfShares({ hits: 0, tries: 0 }, { hits: 1, tries: 2 })).toBeUndefined();
  });
});

const REPEATS = 200;
/** How often the interval of the difference of two samples of the same distribution holds zero. */
function coverage(interval: (random: () => number) => { low: number; high: number }): number {
  const random = seededRandom(7);
  let held = 0;
  for (let i = 0; i < REPEATS; i++) {
    const { low, high } = interval(random);
    if (low <= 0 && high >= 0) held++;
  }
  return held / REPEATS;
}
const latencies = (random: () => number, n: number, scale = 1) =>
  histogramOfValues(
    Array.from({ length: n }, () => scale * Math.exp(1 + 0.4 * (random() + random() + random() - 1.5))),
  );

describe('intervals of means and quantiles', () => {
  it('hold the truth as often as they say, and find what is there', () => {
    const options = (random: () => number) => ({ random, replicates: 200 });
    const mean = coverage(
      (random) =>
        bootstrapDifference(latencies(random, 300), latencies(random, 200), 'mean', options(random))!,
    );
    const p95 = coverage(
      (random) =>
        bootstrapDifference(
          latencies(random, 300),
          latencies(random, 400),
          { quantile: 0.95 },
          options(random),
        )!,
    );
    const ranks = coverage(
      (random) => differenceOfQuantiles(latencies(random, 300), latencies(random, 400), 0.95)!,
    );
    for (const share of [mean, p95, ranks]) expect(share).toBeGreaterThanOrEqual(0.9);
    const random = seededRandom(3);
    const slower = bootstrapDifference(
      latencies(random, 500),
      latencies(random, 500, 1.45),
      { quantile: 0.95 },
      { random },
    )!;
    expect(slower.low).toBeGreaterThan(0);
    expect(slower.low).toBeLessThan(slower.value);
    expect(slower.high).toBeGreaterThan(slower.value);
  });
  it('say nothing of an empty side', () => {
    const empty = { values: [], counts: [] };
    const some = histogramOfValues([1, 2]);
    expect(bootstrapDifference(empty, some, 'mean', { random: seededRandom(1) })).toBeUndefined();
    expect(differenceOfQuantiles(some, empty, 0.5)).toBeUndefined();
  });
});

describe('ratios of sums', () => {
  it('are resampled by the hour, which keeps what hangs together', () => {
    const random = seededRandom(5);
    const hours = (level: number) =>
      Array.from({ length: 24 }, () => ({ a: level * (90 + 20 * random()), b: 100 }));
    const same = differenceOfRatios(hours(1), hours(1), { random })!;
    expect(same.low).toBeLessThan(0);
    expect(same.high).toBeGreaterThan(0);
    const dearer = differenceOfRatios(hours(1), hours(1.3), { random })!;
    expect(dearer.low).toBeGreaterThan(0.2);
    expect(differenceOfRatios([{ a: 1, b: 1 }], hours(1), { random })).toBeUndefined();
  });
});
