import { binOf } from '@pegbar/stats';
import { describe, expect, it } from 'vitest';
import { rankSegments } from './release-segments.ts';
import { releasesOf } from './releases.ts';

const cell = (mine: number, tenant: string, hardware_class: string, ms: number, n: number) => ({
  mine,
  tenant,
  region: 'eu-west',
  hardware_class,
  size: '',
  bin: binOf('float', ms),
  n: String(n),
});
/** A spread of latencies round a level. */
const side = (mine: number, tenant: string, hardware: string, level: number) =>
  [0.7, 0.8, 0.9, 1, 1.1, 1.3].map((share) => cell(mine, tenant, hardware, level * share, 60));

describe('where a version is slower', () => {
  it('is the segment with the largest sure harm, and no part of one that is named', () => {
    const rows = [
      ...side(0, 'kumo', 'L40S', 4_000),
      ...side(1, 'kumo', 'L40S', 8_000),
      ...side(0, 'kumo', 'H100', 3_000),
      ...side(1, 'kumo', 'H100', 3_000),
      ...side(0, 'aozora', 'H100', 3_000),
      ...side(1, 'aozora', 'H100', 3_000),
    ];
    const [worst, ...others] = rankSegments(rows);
    expect(worst?.segment).toMatchObject({ hardware_class: 'L40S' });
    expect(worst?.difference.low).toBeGreaterThan(3_000);
    for (const one of others) expect(one.segment.hardware_class).not.toBe('L40S');
    expect(others.find((one) => one.segment.hardware_class === 'H100')?.difference.low).toBeLessThanOrEqual(
      0,
    );
  });
  it('says nothing of a handful of requests', () => {
    expect(
      rankSegments([cell(0, 'a', 'x', 100, 5), cell(1, 'a', 'x', 900, 5), cell(1, 'b', 'x', 900, 5)]),
    ).toEqual([]);
  });
});

describe('deployments as releases', () => {
  const row = (tenant: string, status: string, timestamp: string, more = {}) => ({
    tenant,
    status,
    timestamp,
    id: 'v7',
    kind: 'model',
    version: 'v7',
    ...more,
  });
  it('are told once for all tenants, with their end', () => {
    const [found, ...others] = releasesOf([
      row('b', 'rolled_back', '2026-10-02T00:00:00Z'),
      row('b', 'start', '2026-10-01T00:00:05Z'),
      row('a', 'start', '2026-10-01T00:00:00Z', { previous: 'v6' }),
    ]);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ version: 'v7', previous: 'v6', tenants: ['a', 'b'], rolled_back: true });
    expect(found!.ended_ms).toBe(Date.parse('2026-10-02T00:00:00Z'));
  });
  it('are two where a version comes back', () => {
    const found = releasesOf([
      row('a', 'start', '2026-10-03T00:00:00Z'),
      row('a', 'end', '2026-10-02T00:00:00Z'),
      row('a', 'start', '2026-10-01T00:00:00Z'),
    ]);
    expect(found.map((one) => one.ended_ms !== null)).toEqual([false, true]);
  });
});
