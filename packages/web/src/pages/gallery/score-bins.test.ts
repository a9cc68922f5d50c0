import { describe, expect, it } from 'vitest';
import { BARS_MOST, spreadOf } from './score-bins.ts';

const bin = (from: number, n: number) => ({ from, to: from + 0.25, n });

describe('the bars of a score', () => {
  it('stand side by side, with nothing where no picture is', () => {
    expect(spreadOf([bin(5, 2), bin(5.25, 3), bin(6, 1)])).toEqual({
      from: 5,
      width: 0.25,
      heights: [2, 3, 0, 0, 1],
    });
    expect(spreadOf([])).toBeNull();
  });

  it('are bounded where one score lies far out, and still hold every picture', () => {
    const spread = spreadOf([bin(5, 2), bin(5.25, 3), bin(1e6, 1)])!;
    expect(spread.heights.length).toBeLessThanOrEqual(BARS_MOST);
    expect(spread.heights.reduce((sum, n) => sum + n, 0)).toBe(6);
    expect(spread.heights.at(-1)).toBe(1);
    expect(spread.from + spread.width * spread.heights.length).toBeGreaterThanOrEqual(1e6);
  });
});
