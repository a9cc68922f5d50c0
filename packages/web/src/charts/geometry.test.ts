import { describe, expect, it } from 'vitest';
import { colourNames } from './colours.ts';
import { gapsOf, lastValue, lonely, niceScale, placeMarks, placePins, timeTicks } from './geometry.ts';
import { planOf, sentenceOf } from './plan.ts';

const HOUR = 3_600_000;
const NOON = Date.parse('2026-10-14T12:00:00Z');

describe('scales', () => {
  it('are round and start at zero where they should', () => {
    expect(niceScale(1.4, 14.2)).toEqual({ min: 0, max: 15, ticks: [0, 5, 10, 15] });
    expect(niceScale(18, 28.4, { fromZero: false }).ticks).toEqual([15, 20, 25, 30]);
    expect(niceScale(0, 0).max).toBeGreaterThan(0);
  });

  it('keep words of the time axis apart', () => {
    const ticks = timeTicks(NOON - 6 * HOUR, NOON, 400, 'utc');
    expect(ticks.map((tick) => tick.text)).toEqual([
      '06:00',
      '07:00',
      '08:00',
      '09:00',
      '10:00',
      '11:00',
      '12:00',
    ]);
    expect(timeTicks(NOON - 6 * HOUR, NOON, 200, 'utc').map((tick) => tick.text)).toEqual([
      '06:00',
      '08:00',
      '10:00',
      '12:00',
    ]);
    expect(timeTicks(NOON - 7 * 24 * HOUR, NOON, 500, 'utc')[0]?.text).toBe('8 Oct');
  });
});

describe('pins', () => {
  it('stand 14 px apart and inside', () => {
    expect(placePins([10, 12, 100], 0, 200)).toEqual([10, 24, 100]);
    expect(placePins([195, 199, 198], 0, 200)).toEqual([172, 200, 186]);
  });
});

describe('marks', () => {
  const mark = (at_ms: number, kind: 'release' | 'change' = 'change') => ({
    at_ms,
    kind,
    label: `m${at_ms}`,
  });
  it('join when they are too near, give way to the next, and are not cut at the edge', () => {
    const placed = placeMarks([mark(0), mark(5), mark(8, 'release'), mark(60), mark(400)], (x) => x);
    expect(placed.map(({ x, label, kind, side }) => [x, label, kind, side])).toEqual([
      [0, '3 changes', 'release', null],
      [60, 'm60', 'change', 'right'],
      [400, 'm400', 'change', 'right'],
    ]);
  });
});

describe('values that are missing', () => {
  it('are gaps, and never zero', () => {
    expect(
      gapsOf(
        [
          [1, null, null, 2],
          [1, null, null, null],
        ],
        4,
      ),
    ).toEqual([{ from: 1, to: 2 }]);
    expect(lastValue([1, 2, null], 3)).toBe(1);
    expect(lastValue([1, 2, 3], 2)).toBe(1);
    expect(lonely([null, 4, null, 5, 6])).toEqual([1]);
  });

  it('leave the bucket that is not over out of the pins', () => {
    const props = {
      label: 'Requests',
      times: [0, 100, 200],
      step_ms: 100,
      now_ms: 250,
      series: [{ name: 'all', values: [4, 8, 2], colour: 'series-1' }],
    };
    const plan = planOf(props, new Set(), 150);
    expect([plan.whole, plan.lines[0]?.last]).toEqual([2, 1]);
    expect(sentenceOf('Requests', plan)).toBe('Requests: all 8');
  });

  it('stack bars on each other', () => {
    const bar = (name: string, values: (number | null)[]) => ({
      name,
      values,
      colour: 'series-1',
      bars: true,
    });
    const plan = planOf(
      { label: '', times: [0, 1], step_ms: 1, series: [bar('a', [1, null]), bar('b', [2, 3])] },
      new Set(),
      150,
    );
    expect(plan.lines.map((line) => line.tops)).toEqual([
      [1, null],
      [3, 3],
    ]);
  });
});

describe('colours', () => {
  it('stay with a name whatever stands beside it, and never repeat', () => {
    const all = colourNames([
      'ap-tokyo',
      'eu-west',
      'us-east',
      'sa-east',
      'af-south',
      'me-central',
      'seventh',
    ]);
    expect(new Set([...all.values()]).size).toBe(7);
    expect(colourNames(['ap-tokyo']).get('ap-tokyo')).toBe(all.get('ap-tokyo'));
  });
});
