import { describe, expect, it } from 'vitest';
import { type FrameWindow, Windows } from './windows.ts';

function setUp(options: { declared_fps?: number; hold?: number } = {}) {
  const told: FrameWindow[] = [];
  const windows = new Windows({ hold: 3, ...options, emit: (window) => told.push(window) });
  /** `count` frames `ms` apart from `at` on. */
  const play = (at: number, count: number, ms: number, picture?: (i: number) => unknown): number => {
    for (let i = 0; i < count; i++) windows.frame(at + i * ms, picture?.(i));
    return at + count * ms;
  };
  return { windows, told, play };
}

describe('windows of frames', () => {
  it('are seconds of playing, and what is left goes with the last', () => {
    const { windows, told, play } = setUp();
    windows.run(true, 0);
    windows.end(play(0, 60, 41));
    expect(told.map(({ at, playing_s, frames }) => [at, playing_s, frames])).toEqual([
      [1000, 1, 25],
      [2460, 1.46, 35],
    ]);
    expect(told[0]!.interval_ms).toEqual({ p50: 41, p95: 41, p99: 41, max: 41 });
  });

  it('leave out pauses, and the gap around one is neither an interval nor a stall', () => {
    const { windows, told, play } = setUp();
    windows.run(true, 0);
    play(0, 13, 40);
    windows.run(false, 500);
    windows.frame(700);
    windows.run(true, 90_500);
    windows.end(play(90_500, 13, 40));
    expect(told).toEqual([
      {
        at: 91_020,
        playing_s: 1.02,
        frames: 26,
        dropped: 0,
        stalls: 0,
        interval_ms: { p50: 40, p95: 40, p99: 40, max: 40 },
      },
    ]);
  });

  it('count a stall once, in the second in which it became one', () => {
    const { windows, told, play } = setUp();
    windows.run(true, 0);
    play(0, 20, 40);
    windows.pass(900);
    windows.pass(940);
    windows.pass(2_900);
    play(3_000, 25, 40);
    windows.end(4_000);
    expect(told.map(({ frames, stalls }) => [frames, stalls])).toEqual([
      [20, 1],
      [0, 0],
      [0, 0],
      [25, 0],
    ]);
  });

  it('hold the first frames against the pace that the clip declares', () => {
    const stalls = (declared_fps?: number): number => {
      const { windows, told } = setUp(declared_fps === undefined ? {} : { declared_fps });
      windows.run(true, 0);
      windows.frame(0);
      windows.frame(700);
      windows.end(700);
      return told[0]!.stalls;
    };
    expect([stalls(24), stalls()]).toEqual([1, 0]);
  });

  it('tell held from duplicated frames where somebody looked', () => {
    const { windows, told, play } = setUp({ hold: 2 });
    windows.run(true, 0);
    windows.end(play(0, 24, 40, (i) => (i < 20 ? i >> 1 : 10)));
    expect(told[0]).toMatchObject({ frames: 24, held: 11, duplicated: 2 });
    const other = setUp();
    other.windows.run(true, 0);
    other.windows.end(other.play(0, 24, 40));
    expect(other.told[0]).not.toHaveProperty('held');
  });

  it('keep drops that nobody saw a frame beside', () => {
    const { windows, told } = setUp();
    windows.drop(5);
    windows.run(true, 0);
    windows.frame(0);
    windows.drop(3);
    windows.drop(-1);
    windows.end(600);
    expect(told).toMatchObject([{ frames: 1, dropped: 3, playing_s: 0.6 }]);
  });

  it('say nothing where nothing played', () => {
    const { windows, told } = setUp();
    windows.frame(10);
    windows.pass(5_000);
    windows.end(10_000);
    windows.run(true, 10_000);
    windows.end(10_000);
    expect(told).toEqual([]);
  });
});
