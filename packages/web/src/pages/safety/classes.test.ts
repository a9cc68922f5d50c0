import { describe, expect, it } from 'vitest';
import type { KpiTable } from '../../api/index.ts';
import { risesOf, safetyWords } from './classes.ts';

const table = (rates: Readonly<Record<string, readonly [value: number, n: number]>>): KpiTable => ({
  source: 'rollup',
  step_ms: 1,
  times: [0],
  series: Object.entries(rates).map(([name, [value, n]]) => ({
    metric: 'nsfw_rate',
    key: name === '*' ? {} : { tenant: name },
    values: [value],
    ns: [n],
  })),
});

describe('what is moderated', () => {
  const before = table({ kumo: [0.01, 5_000], few: [0.01, 20], noisy: [0.01, 200] });
  const now = table({ kumo: [0.03, 5_000], few: [0.5, 10], noisy: [0.015, 200] });
  it('is told to rise where chance does not explain it, and not where pictures are few', () => {
    expect(risesOf({ now, before }, 'tenant').map(({ name }) => name)).toEqual(['kumo']);
  });
  it('has the rise as its headline, with what was before', () => {
    const totals = { now: table({ '*': [0.02, 10_000] }), before: undefined };
    expect(safetyWords(totals, risesOf({ now, before }, 'tenant'), 'the week before')).toEqual({
      title: 'NSFW rate of kumo rose to 3.0 %',
      sentence:
        '1.0 % the week before, 3.0 times that now. 200 of 10,000 pictures checked are flagged (2.0 %).',
    });
    expect(safetyWords(totals, [], '').title).toBe('No moderated class is clearly rising');
    expect(safetyWords({ now: undefined, before: undefined }, [], '').title).toBe('Safety');
  });
  it('does not take unchecked pictures for harmless ones', () => {
    const { series, ...rest } = table({ '*': [0, 26] });
    const blocks = series.map((one) => ({ ...one, metric: 'policy_block_rate' as const }));
    expect(safetyWords({ now: { ...rest, series: blocks }, before: undefined }, [], '')).toEqual({
      title: 'No picture was checked',
      sentence: '0 requests were blocked (0 %).',
    });
  });
});
