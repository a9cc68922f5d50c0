import { describe, expect, it } from 'vitest';
import type { KpiTable } from '../../api/index.ts';
import { changeOf, costHeadline, costRows, priceWords, releaseHeadline } from './figures.ts';

const table = (values: Readonly<Record<string, Readonly<Record<string, number>>>>): KpiTable => ({
  source: 'rollup',
  step_ms: 1000,
  times: [0],
  series: Object.entries(values).flatMap(([metric, by]) =>
    Object.entries(by).map(([name, value]) => ({
      metric: metric as never,
      key: name === '*' ? {} : { model_version: name },
      values: [value],
      ns: [100],
    })),
  ),
});

describe('figures of cost', () => {
  const now = table({
    cost_usd: { v6: 1, v7: 3 },
    images: { v6: 1000, v7: 1500, ghost: 0 },
    cost_per_1k_images_usd: { v6: 1, v7: 2 },
  });
  it('lists the dearest first, with its share, without what neither cost nor made anything', () => {
    const rows = costRows({ now, before: undefined }, { now, before: undefined }, 'model_version');
    expect(rows.map(({ name, share }) => [name, share])).toEqual([
      ['v7', 0.75],
      ['v6', 0.25],
    ]);
  });
  it('has a release that costs more than the one before it as its headline', () => {
    const rows = costRows({ now, before: undefined }, { now, before: undefined }, 'model_version');
    const row = { tenant: 'a', timestamp: '', id: 'd', kind: 'model', status: 'start' } as const;
    expect(releaseHeadline(rows, [{ ...row, version: 'v7', previous: 'v6' }])?.title).toBe(
      'Images of v7 cost 100 % more than those of v6',
    );
    expect(releaseHeadline(rows, [{ ...row, version: 'v6', previous: 'v7' }])).toBeUndefined();
  });
  it('says what a thousand images cost, and nothing where nothing was paid', () => {
    const total = table({
      cost_usd: { '*': 30 },
      images: { '*': 11_623 },
      cost_per_1k_images_usd: { '*': 2.58 },
    });
    expect(costHeadline({ now: total, before: undefined }, 'before')?.title).toBe('1,000 images cost $2.58');
    expect(costHeadline({ now: table({}), before: undefined }, 'before')).toBeUndefined();
  });
  it('calls a difference that is too small to pay for the same', () => {
    expect(priceWords(2.01, 2, 'yesterday')).toBe(', as yesterday');
    expect(priceWords(1, 2, 'yesterday')).toBe(', 50 % less than yesterday');
    expect(changeOf(1, 0)).toBeNull();
  });
});
