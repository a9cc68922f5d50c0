import { describe, expect, it } from 'vitest';
import {
  countRepeats,
  countSkipped,
  countStalls,
  droppedRatio,
  fpsDeviation,
  fpsMetBy,
  fpsOf,
  interpolatedFrames,
  intervalFigures,
  nearestRank,
  shareAtLeast,
  slowestShareFps,
  stallAfterMs,
} from './index.ts';

describe('repeats', () => {
  const twos = [1, 1, 2, 2, 3, 3, 4, 4];
  it('on twos are held and no duplicates where the sequence is drawn on twos', () => {
    expect(countRepeats(twos, 2)).toEqual({ fresh: 4, held: 4, duplicated: 0 });
  });
  it('are duplicates where every frame should be new', () => {
    expect(countRepeats(twos, 1)).toEqual({ fresh: 4, held: 0, duplicated: 4 });
  });
  it('beyond the longest run that is meant are duplicates', () => {
    expect(countRepeats(['a', 'a', 'a', 'a', 'a', 'b'], 3)).toEqual({ fresh: 2, held: 2, duplicated: 2 });
  });
  it('are only of neighbours: a picture that comes again later is new', () => {
    expect(countRepeats([1, 2, 1, 2], 1)).toEqual({ fresh: 4, held: 0, duplicated: 0 });
    expect(countRepeats([], 2)).toEqual({ fresh: 0, held: 0, duplicated: 0 });
  });
});

describe('frames that were jumped over', () => {
  it('are the gaps in the numbers of the frames; repeats and steps back are none', () => {
    expect(countSkipped([0, 1, 2, 5, 5, 6, 0, 1, 3])).toBe(3);
    expect(countSkipped([7])).toBe(0);
  });
});

describe('a stall', () => {
  it('is three paces or 150 ms more than one, whichever is longer, as webrtc-stats counts freezes', () => {
    expect([stallAfterMs(40), stallAfterMs(75), stallAfterMs(100)]).toEqual([190, 225, 300]);
  });
  it('is held against the thirty intervals before it, and the first against the declared pace', () => {
    expect(countStalls([40, 40, 189, 40, 40])).toBe(0);
    expect(countStalls([40, 40, 190, 40, 40])).toBe(1);
    expect(countStalls([500, 40], 40)).toBe(1);
    expect(countStalls([500, 40])).toBe(0);
  });
});

describe('rates', () => {
  it('that 99 % of the seconds meet are the p1 of the seconds, not the p99', () => {
    const seconds = [...new Array<number>(98).fill(24), 10, 12];
    expect(fpsMetBy(seconds, 0.99)).toBe(12);
    expect(fpsMetBy(seconds, 0.98)).toBe(24);
    expect(fpsMetBy(seconds, 1)).toBe(10);
    expect(shareAtLeast(seconds, 24)).toBe(0.98);
  });
  it('weighted by time see stalls that percentiles over frames overlook', () => {
    const intervals = [...new Array<number>(1000).fill(40), 500, 500, 500, 500];
    expect(intervalFigures(intervals)).toEqual({ p50: 40, p95: 40, p99: 40, max: 500 });
    expect(slowestShareFps(intervals, 0.01)).toBe(2);
  });
  it('of nothing are not a number', () => {
    expect(fpsOf(0, 0)).toBeNaN();
    expect(nearestRank([], 0.5)).toBeNaN();
    expect(slowestShareFps([], 0.01)).toBeNaN();
    expect(shareAtLeast([], 24)).toBeNaN();
    expect(droppedRatio(0, 0)).toBeNaN();
    expect(fpsDeviation(0, 24)).toBeNaN();
  });
  it('delivered fall short of those produced as a part of them', () => {
    expect(fpsDeviation(24, 18)).toBe(0.25);
    expect(fpsDeviation(24, 30)).toBe(-0.25);
    expect(droppedRatio(97, 3)).toBe(0.03);
  });
});

describe('interpolation', () => {
  it('of n frames by a factor makes new ones between neighbours only', () => {
    expect([interpolatedFrames(14, 2), interpolatedFrames(1, 4), interpolatedFrames(0, 2)]).toEqual([
      27, 1, 0,
    ]);
  });
});
