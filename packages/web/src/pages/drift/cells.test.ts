import { describe, expect, it } from 'vitest';
import { curveOf } from './cells.ts';

const cells = (from: number, width: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({
    name: '',
    from: from + at * width,
    to: from + (at + 1) * width,
  }));

describe('curve of a distribution', () => {
  it('leaves figures between whole numbers as they are', () => {
    const distribution = { cells: cells(0, 0.1, 3), reference: [0.2, 0.5, 0.3], current: [0.1, 0.4, 0.5] };
    expect(curveOf(distribution, '')).toEqual(distribution);
  });

  it('shows counts by the whole number, without teeth where a cell holds none', () => {
    // 1, 2 and 3 in cells of two thirds: the second and the fourth hold no whole number.
    const found = curveOf(
      { cells: cells(1, 0.7, 4), reference: [0.2, 0.3, 0.5, 0], current: [0.4, 0.3, 0.3, 0] },
      'tokens',
    );
    expect(found.cells.map(({ from }) => from)).toEqual([1, 1.7, 2.4]);
    expect(found.reference.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1);
  });

  it('has nothing to draw of nothing', () => {
    expect(curveOf({ cells: [], reference: [], current: [] }, 'tokens').cells).toEqual([]);
  });
});
