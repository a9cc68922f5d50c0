import { expect, it } from 'vitest';
import { chipsOf } from './filter-chips.tsx';

it('tells the two ends of a stretch in one chip that takes both away', () => {
  const filters = ['tenant=a', 'style_distance>=0.2', 'workload=single_image', 'style_distance<0.5'];
  expect(chipsOf(filters)).toEqual([
    { of: ['tenant=a'], name: 'tenant', value: 'a' },
    { of: ['style_distance>=0.2', 'style_distance<0.5'], name: 'style distance', value: '0.2 – 0.5' },
    { of: ['workload=single_image'], name: 'workload', value: 'single image' },
  ]);
});

it('leaves alone what has one end, or three', () => {
  expect(chipsOf(['latency_ms>=5000']).map(({ value }) => value)).toEqual(['≥ 5.00 s']);
  expect(chipsOf(['steps>=1', 'steps>=2', 'steps<9']).map(({ value }) => value)).toEqual([
    '≥ 1',
    '≥ 2',
    '< 9',
  ]);
});
