import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  countStalls,
  droppedRatio,
  fpsOf,
  framesBySecond,
  intervalFigures,
  intervalsOf,
  slowestShareFps,
} from './index.ts';

/** As `python3 testdata/presentmon/hand.py` prints them: worked out by other means, with no code of ours. */
const BY_HAND = [
  {
    capture: 5,
    application: 'PresentBench.exe',
    presents: 267,
    dropped: 86,
    shown: 181,
    presented_fps: 88.59603790524861,
    delivered_fps: 59.99947400461124,
    ratio: 0.32209737827715357,
    p50: 16.66489999999976,
    p95: 16.750300000000152,
    p99: 16.7857999999992,
    max: 16.831499999999778,
    by_second: [60, 60, 60],
    stalls: 0,
    low: 59.574163876612836,
  },
  {
    capture: 5,
    application: 'steamwebhelper.exe',
    presents: 25,
    dropped: 0,
    shown: 25,
    presented_fps: 57.74459709068283,
    delivered_fps: 57.588813948778565,
    ratio: 0,
    p50: 16.663599999999406,
    p95: 16.831500000000233,
    p99: 33.32260000000042,
    max: 33.32260000000042,
    by_second: [],
    stalls: 0,
    low: 30.00966311152153,
  },
  {
    capture: 0,
    application: 'Presenter.exe',
    presents: 169,
    dropped: 8,
    shown: 161,
    presented_fps: 33.47743909547148,
    delivered_fps: 31.86760666546048,
    ratio: 0.047337278106508875,
    p50: 16.679699999999684,
    p95: 16.776099999999133,
    p99: 517.1175000000003,
    max: 568.8076999999998,
    by_second: [38, 27, 23, 38, 33],
    stalls: 6,
    low: 1.758063401743683,
  },
  {
    capture: 0,
    application: 'dwm.exe',
    presents: 199,
    dropped: 1,
    shown: 198,
    presented_fps: 40.79102701237432,
    delivered_fps: 41.00927446599784,
    ratio: 0.005025125628140704,
    p50: 16.68000000000029,
    p95: 33.36740000000009,
    p99: 283.58060000000023,
    max: 450.36870000000044,
    by_second: [37, 31, 34, 51],
    stalls: 3,
    low: 2.220402972053784,
  },
  {
    capture: 1,
    application: 'Presenter.exe',
    presents: 8,
    dropped: 3,
    shown: 5,
    presented_fps: 109.38781888502558,
    delivered_fps: 59.97550000824664,
    ratio: 0.375,
    p50: 16.665399999999977,
    p95: 16.697799999999916,
    p99: 16.697799999999916,
    max: 16.697799999999916,
    by_second: [],
    stalls: 0,
    low: 59.88812897507486,
  },
  {
    capture: 2,
    application: 'Presenter.exe',
    presents: 40,
    dropped: 1,
    shown: 39,
    presented_fps: 28.459340468649447,
    delivered_fps: 26.479850854330582,
    ratio: 0.025,
    p50: 16.677400000000034,
    p95: 400.3908000000001,
    p99: 450.4445000000003,
    max: 450.4445000000003,
    by_second: [37],
    stalls: 2,
    low: 2.2200293265874027,
  },
];

interface Present {
  application: string;
  dropped: boolean;
  at_ms: number;
  shown_ms: number;
}

function read(capture: number): Present[] {
  const file = new URL(`../testdata/presentmon/case_${capture}.csv`, import.meta.url);
  const [head, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const columns = head!.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string): string => cells[columns.indexOf(name)]!;
    const at_ms = 1000 * Number(cell('TimeInSeconds'));
    const shown_ms = at_ms + Number(cell('msUntilDisplayed'));
    return { application: cell('Application'), dropped: cell('Dropped') === '1', at_ms, shown_ms };
  });
}

const ascending = (values: number[]): number[] => values.sort((a, b) => a - b);
const spanS = (at_ms: readonly number[]): number => (at_ms.at(-1)! - at_ms[0]!) / 1000;

describe('the figures of frames', () => {
  for (const hand of BY_HAND) {
    it(`equal those worked out by hand on PresentMon's capture ${hand.capture} of ${hand.application}`, () => {
      const presents = read(hand.capture).filter(({ application }) => application === hand.application);
      const presented = ascending(presents.map(({ at_ms }) => at_ms));
      const shown = ascending(presents.filter(({ dropped }) => !dropped).map(({ shown_ms }) => shown_ms));
      const dropped = presents.length - shown.length;
      expect([presents.length, dropped, shown.length]).toEqual([hand.presents, hand.dropped, hand.shown]);
      expect(fpsOf(presented.length - 1, spanS(presented))).toBeCloseTo(hand.presented_fps, 9);
      expect(fpsOf(shown.length - 1, spanS(shown))).toBeCloseTo(hand.delivered_fps, 9);
      expect(droppedRatio(shown.length, dropped)).toBeCloseTo(hand.ratio, 12);

      const intervals = intervalsOf(shown);
      const { p50, p95, p99, max } = intervalFigures(intervals);
      for (const [is, wanted] of [
        [p50, hand.p50],
        [p95, hand.p95],
        [p99, hand.p99],
        [max, hand.max],
      ])
        expect(is).toBeCloseTo(wanted!, 9);
      expect(framesBySecond(shown, shown[0]!, Math.floor(spanS(shown)))).toEqual(hand.by_second);
      expect(countStalls(intervals)).toBe(hand.stalls);
      expect(slowestShareFps(intervals, 0.01)).toBeCloseTo(hand.low, 9);
    });
  }
});
