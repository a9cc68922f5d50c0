import { describe, expect, it } from 'vitest';
import { bySecond, type Placed } from './sequences.ts';

const window = (
  side: Placed['side'],
  offset_s: number,
  seconds: number,
  frames: number,
  more: Partial<Placed> = {},
): Placed => ({
  side,
  offset_s,
  seconds,
  frames,
  dropped: 0,
  duplicated: 0,
  held: 0,
  stalls: 0,
  ...more,
});

describe('the seconds of a sequence', () => {
  it('meet: what was made of a second and what was seen of it', () => {
    const seconds = bySecond([
      window('produced', 0, 1, 24),
      window('produced', 1, 1, 24),
      window('delivered', 0, 1, 24),
      window('delivered', 1, 1, 18, { dropped: 6, stalls: 1 }),
    ]);
    expect(seconds).toEqual([
      {
        second: 0,
        produced_fps: 24,
        delivered_fps: 24,
        deviation: 0,
        dropped: 0,
        duplicated: 0,
        held: 0,
        stalls: 0,
      },
      {
        second: 1,
        produced_fps: 24,
        delivered_fps: 18,
        deviation: 0.25,
        dropped: 6,
        duplicated: 0,
        held: 0,
        stalls: 1,
      },
    ]);
  });

  it('of a render that was told as one window are its frames over its time', () => {
    const seconds = bySecond([window('produced', 0, 2.5, 60), window('delivered', 0, 1, 20)]);
    expect(seconds.map(({ produced_fps }) => produced_fps)).toEqual([24, 24, 24]);
    expect(seconds.map(({ delivered_fps }) => delivered_fps)).toEqual([20, null, null]);
  });

  it('of several viewers are their frames over their time', () => {
    const [only] = bySecond([window('delivered', 0, 1, 24), window('delivered', 0, 0.5, 6)]);
    expect(only?.delivered_fps).toBe(20);
    expect(only?.deviation).toBeNull();
  });

  it('hold no more of a window than lies in them', () => {
    const seconds = bySecond([window('delivered', 0.5, 1, 20, { dropped: 4 })]);
    expect(seconds.map(({ delivered_fps, dropped }) => [delivered_fps, dropped])).toEqual([
      [20, 2],
      [20, 2],
    ]);
  });

  it('of a window without time are none, and end after an hour', () => {
    expect(bySecond([window('delivered', 0, 0, 1)])).toEqual([]);
    expect(bySecond([window('delivered', 3_599, 10, 240)])).toHaveLength(3_600);
  });
});
