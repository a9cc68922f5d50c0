import { describe, expect, it } from 'vitest';
import { planOf, sentenceOf } from './plan.ts';
import type { Series } from './types.ts';

const line = (name: string, more: Partial<Series> = {}): Series => ({
  name,
  values: [1, 2, null],
  colour: 'series-1',
  ...more,
});
const plan = (...series: Series[]) =>
  planOf({ label: 'Figures', times: [0, 60_000, 120_000], step_ms: 60_000, series }, new Set(), 150);

describe('the baseline of a chart', () => {
  it('is dashed for each line that has one, and counts in the scale', () => {
    const { ghosts, scale } = plan(line('p95', { ghost: [3, 90, null] }), line('p50'));
    expect(ghosts.map(({ line: { series }, values }) => [series.name, values])).toEqual([
      ['p95', [3, 90, null]],
    ]);
    expect(scale.max).toBeGreaterThanOrEqual(90);
  });

  it('is drawn where few lines are shown, and left to the table where it would be a tangle', () => {
    const quiet = { earlier: [5, 5, 5] };
    expect(plan(line('used', quiet), line('free', quiet)).ghosts).toHaveLength(2);
    expect(plan(line('a', quiet), line('b', quiet), line('c', quiet)).ghosts).toEqual([]);
  });

  it('of stacked bars is their sum, and unknown where nothing of then is known', () => {
    const { ghosts } = plan(
      line('timeouts', { bars: true, earlier: [1, null, null] }),
      line('OOM', { bars: true, earlier: [2, 4, null] }),
    );
    expect(ghosts.map(({ values }) => values)).toEqual([[3, 4, null]]);
  });

  it('of parts of a whole stands beside them as figures, and lies over no bar', () => {
    const part = (name: string, before: number, now: number) =>
      line(name, { bars: true, earlier: [before, before, before], sides: { before, now } });
    const whole = plan(part('blue', 60, 50), part('grey', 40, 50));
    expect(whole.ghosts).toEqual([]);
    expect(sentenceOf('Palette', whole)).toBe('Palette: blue 50, was 60; grey 50, was 40');
  });
});
