import { describe, expect, it } from 'vitest';
import { baselineOf, compareWords } from './compare.ts';
import { contextOnly, filterParts, readContext, searchText, writeContext } from './context.ts';
import { DAY, HOUR, lastOf, MINUTE, readRange, stepOf, windowOf } from './range.ts';

const NOW = Date.parse('2026-10-14T15:42:00Z');
const HOME = { range: { from: 'now-24h', to: 'now' }, compare: 'day' } as const;

describe('ranges', () => {
  it('read what people type', () => {
    expect(readRange('2h', NOW)).toEqual({ from: 'now-2h', to: 'now' });
    expect(readRange(' 4 d ', NOW)).toEqual({ from: 'now-4d', to: 'now' });
    expect(readRange('now-15m', NOW)).toEqual({ from: 'now-15m', to: 'now' });
    expect(readRange('2026-10-01 12:00 to 2026-10-02 12:00', NOW)).toEqual({
      from: '2026-10-01T12:00:00.000Z',
      to: '2026-10-02T12:00:00.000Z',
    });
    for (const wrong of ['', 'soon', '0h', '9999999w', '2026-10-02 to 2026-10-01', '1h to 2h to 3h'])
      expect(readRange(wrong, NOW)).toBeNull();
  });

  it('stay relative in words and windows', () => {
    expect(lastOf({ from: 'now-6h', to: 'now' })).toBe('Last 6 h');
    expect(lastOf({ from: '2026-10-01T00:00:00Z', to: 'now' })).toBeNull();
    expect(windowOf({ from: 'now-6h', to: 'now' }, NOW)).toEqual({ from_ms: NOW - 6 * HOUR, to_ms: NOW });
  });

  it('get a step that a chart can tell apart', () => {
    expect(stepOf({ from_ms: NOW - 6 * HOUR, to_ms: NOW })).toBe(5 * MINUTE);
    expect(stepOf({ from_ms: NOW - DAY, to_ms: NOW })).toBe(15 * MINUTE);
    expect(stepOf({ from_ms: NOW - 28 * DAY, to_ms: NOW })).toBe(12 * HOUR);
  });
});

describe('the context in the address', () => {
  it('writes what differs from the page, and reads it back', () => {
    const search = writeContext(
      new URLSearchParams('open=image:i1'),
      { range: { from: 'now-2h', to: 'now' }, compare: 'week', filters: ['region=ap-tokyo'], live: true },
      HOME,
    );
    expect(searchText(search)).toBe(
      '?open=image:i1&from=now-2h&compare=week&filter=region%3Dap-tokyo&live=on',
    );
    expect(readContext(search, HOME, NOW)).toMatchObject({
      range: { from: 'now-2h', to: 'now' },
      compare: 'week',
      filters: ['region=ap-tokyo'],
      live: true,
      zone: 'utc',
    });
    expect(searchText(writeContext(search, { ...HOME, filters: [], live: false }, HOME))).toBe(
      '?open=image:i1',
    );
  });

  it('goes along to another page without what belongs to this one', () => {
    expect(
      contextOnly(new URLSearchParams('from=now-2h&open=image:i1&filter=a%3D1&filter=b%3D2')).toString(),
    ).toBe('from=now-2h&filter=a%3D1&filter=b%3D2');
  });

  it('falls back to the page where it means nothing', () => {
    const context = readContext(new URLSearchParams('from=yesterday&compare=never'), HOME, NOW);
    expect([context.range, context.compare]).toEqual([HOME.range, 'day']);
  });

  it('shows conditions in their parts', () => {
    expect(filterParts('region=ap-tokyo')).toEqual({ field: 'region', op: '=', value: 'ap-tokyo' });
    expect(filterParts('model_version in v6,v7')).toEqual({
      field: 'model_version',
      op: 'in',
      value: 'v6,v7',
    });
    expect(filterParts('nonsense')).toBeNull();
  });
});

describe('baselines', () => {
  it('lie a whole number of steps before', () => {
    const window = { from_ms: NOW - 6 * HOUR, to_ms: NOW };
    expect(baselineOf('previous', window, 5 * MINUTE)?.shift_ms).toBe(6 * HOUR);
    expect(baselineOf('week', window, 5 * MINUTE)?.window.to_ms).toBe(NOW - 7 * DAY);
    expect(baselineOf('release:v6', window, 5 * MINUTE)).toEqual({ window, shift_ms: 0, release: 'v6' });
    expect(baselineOf('off', window, 5 * MINUTE)).toBeNull();
    expect(compareWords('previous', 'Last 6 h')).toBe('previous 6 h');
  });
});
