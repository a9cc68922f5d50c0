import { describe, expect, it } from 'vitest';
import { randomOf, weighted } from './random.ts';

const DRAWS = 40_000;
const mean = (draw: () => number): number => {
  let sum = 0;
  for (let i = 0; i < DRAWS; i++) sum += draw();
  return sum / DRAWS;
};

describe('random streams', () => {
  it('the same words give the same stream, other words another', () => {
    expect(randomOf('a', 1).hex(4)).toBe(randomOf('a', 1).hex(4));
    expect(randomOf('a', 1).hex(4)).not.toBe(randomOf('a', 2).hex(4));
    expect(randomOf('a', '12').hex(4)).not.toBe(randomOf('a1', '2').hex(4));
  });

  it('draws have the means they promise', () => {
    const random = randomOf('means');
    expect(mean(() => random.next())).toBeCloseTo(0.5, 1);
    expect(mean(() => random.normal())).toBeCloseTo(0, 1);
    expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1);
    expect(mean(() => random.poisson(0.3))).toBeCloseTo(0.3, 1);
    expect(Math.abs(mean(() => random.poisson(80)) - 80)).toBeLessThan(0.4);
    expect(Math.abs(mean(() => random.exponential(4)) - 4)).toBeLessThan(0.15);
  });

  it('seeds span 64 bits and are decimal', () => {
    const random = randomOf('seeds');
    const seeds = Array.from({ length: 200 }, () => BigInt(random.seed64()));
    expect(seeds.every((seed) => seed >= 0n && seed < 1n << 64n)).toBe(true);
    expect(seeds.some((seed) => seed > BigInt(Number.MAX_SAFE_INTEGER))).toBe(true);
  });

  it('a weighted choice keeps its weights and never picks a zero', () => {
    const choice = weighted([
      ['often', 3],
      ['never', 0],
      ['seldom', 1],
    ] as const);
    const random = randomOf('choice');
    const counts: Record<string, number> = {};
    for (let i = 0; i < DRAWS; i++) {
      const picked = choice.pick(random);
      counts[picked] = (counts[picked] ?? 0) + 1;
    }
    expect(counts.never).toBeUndefined();
    expect(counts.often! / DRAWS).toBeCloseTo(0.75, 1);
  });
});
