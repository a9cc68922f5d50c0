import { describe, expect, it } from 'vitest';
import { differenceWords, formatKpi, kpiFigure } from './kpi.ts';
import { formatBytes, formatCount, formatDuration, formatMoney, formatPercent, signed } from './numbers.ts';
import { formatAgo, formatSpan, formatTime } from './time.ts';

describe('figures', () => {
  it.each([
    [formatCount(1204), '1,204'],
    [formatCount(182_400), '182K'],
    [formatCount(12_400_000), '12.4 M'],
    [formatCount(999_700), '1.00 M'],
    [formatCount(999_900_000), '1.00 G'],
    [formatCount(4_200_000_000_000), '4.20 T'],
    [formatCount(-9.3), '−9.30'],
    [formatCount(null), '–'],
    [formatDuration(38), '38 ms'],
    [formatDuration(4821), '4.82 s'],
    [formatDuration(5_580_000), '1 h 33 min'],
    [formatDuration(999.7), '1.00 s'],
    [formatPercent(0.9941), '99.41 %'],
    [formatPercent(0.718), '71.8 %'],
    [formatPercent(0.024), '2.4 %'],
    [formatPercent(1), '100 %'],
    [formatMoney(4.12), '$4.12'],
    [formatMoney(0.0041), '$0.0041'],
    [formatMoney(1.2e9), '$1.20 bn'],
    [formatBytes(12_400_000), '12.4 MB'],
    [signed(-9.3, (value) => value.toFixed(1)), '−9.3'],
    [signed(0.01, (value) => value.toFixed(1)), '0.0'],
  ])('%s is %s', (told, expected) => expect(told).toBe(expected));
});

describe('KPIs', () => {
  it('carry the unit of the contract', () => {
    expect(formatKpi('latency_p95_ms', 6400)).toBe('6.40 s');
    expect(kpiFigure('availability', 0.9941)).toEqual({ figure: '99.41', unit: '%' });
    expect(kpiFigure('delivered_fps', 25.58)).toEqual({ figure: '25.6', unit: 'FPS' });
    expect(kpiFigure('cost_per_1k_images_usd', 4.12)).toEqual({ figure: '$4.12', unit: '' });
  });

  it('differ in words, and are the same when they are', () => {
    expect(differenceWords('latency_p95_ms', 4900, 4500, 'yesterday')).toBe('400 ms slower');
    expect(differenceWords('availability', 0.9941, 0.9943, 'yesterday')).toBe('0.02 points less');
    expect(differenceWords('cost_per_1k_images_usd', 4.12, 4.38, 'yesterday')).toBe('6 % cheaper');
    expect(differenceWords('requests', 106, 100, 'yesterday')).toBe('6 % more than yesterday');
    expect(differenceWords('requests', 400, 100, 'v6')).toBe('4.0 times v6');
    expect(differenceWords('acceptance_rate', 0.718, 0.718, 'yesterday')).toBe('as yesterday');
    expect(differenceWords('requests', null, 1, 'yesterday')).toBe('no data');
    expect(differenceWords('requests', 3, null, 'before')).toBe('nothing before to compare');
    expect(differenceWords('requests', 3, 0, 'the 6 h before')).toBe('none in the 6 h before');
  });
});

const HOUR = 3_600_000;

describe('times', () => {
  const now = Date.parse('2026-10-14T15:42:00Z');
  it('are as short as the day allows', () => {
    expect(formatTime(now - 5_580_000, now, 'utc')).toBe('14:09');
    expect(formatTime(now - 86_400_000, now, 'utc')).toBe('13 Oct 15:42');
    expect(formatTime(Date.parse('2023-03-03T00:00:00Z'), now, 'utc')).toBe('3 Mar 2023');
    expect(formatSpan(now - 6 * 3_600_000, now, now, 'utc')).toBe('09:42 – 15:42 UTC');
    expect(formatSpan(now - 86_400_000, now, now, 'utc')).toBe('13 Oct 15:42 – 15:42 UTC');
    // A part of another day, or of the night, is told with its days.
    expect(formatSpan(now - 50 * HOUR, now - 48 * HOUR, now, 'utc')).toBe('12 Oct 13:42 – 15:42 UTC');
    expect(formatSpan(now - 20 * HOUR, now - 10 * HOUR, now, 'utc')).toBe('13 Oct 19:42 – 14 Oct 05:42 UTC');
    expect(formatSpan(now - 400 * 24 * HOUR, now - 400 * 24 * HOUR + HOUR, now, 'utc')).toBe(
      '9 Sep 2025 15:42 – 16:42 UTC',
    );
    expect(formatAgo(now - 4_000, now, 'utc')).toBe('4 s ago');
  });
});
