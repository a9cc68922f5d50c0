import { describe, expect, it } from 'vitest';
import type { StyleCollection } from '../../api/index.ts';
import {
  apartWords,
  axisEnd,
  curve,
  isLeaving,
  judged,
  nameOf,
  styleWords,
  thenOf,
  wasWords,
} from './judge.ts';

const one = (collection: string, now: number, before: number, over: number, n = 500): StyleCollection => ({
  tenant: 'kumo',
  collection,
  over,
  now: { n, p50: now, p95: now + 0.1, bins: [[Math.round(now / 0.005), n]] },
  before: { n: 2_000, p50: before, p95: before + 0.1, bins: [] },
  points: [],
  palette: null,
  models: [],
});
const GONE = one('kumo-spring', 0.31, 0.24, 0.31);
const SAME = one('lecture-noir', 0.22, 0.222, 0.06, 5_000);

describe('points of then', () => {
  it('stand beside those of now, where any of then is on the axis', () => {
    expect(thenOf([1, null, 3, 4], 2)).toEqual([null, null, 1, null]);
    expect([thenOf([1, 2], 2), thenOf([1, 2], null), thenOf([null, 2], 1)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a collection', () => {
  it('leaves its style where the middle moved and many lie outside; few pictures tell nothing', () => {
    expect(
      [GONE, SAME, one('few', 0.5, 0.2, 0.9, 10), one('wider', 0.245, 0.24, 0.3)].map(isLeaving),
    ).toEqual([true, false, false, false]);
  });
  it('that leaves comes first, and is the headline', () => {
    expect(judged([SAME, GONE]).map(({ collection }) => collection)).toEqual(['kumo-spring', 'lecture-noir']);
    expect(styleWords([SAME, GONE], 'in the last 7 d')).toEqual({
      title: 'One of two collections is leaving its style',
      sentence:
        'Kumo spring: 31.0 % of its pictures in the last 7 d are farther from the centroid than 95 % of those before.',
    });
    expect(styleWords([SAME], 'in the last 7 d').title).toBe('The collection keeps its style');
    expect(styleWords([], 'x').title).toBe('Style health');
  });
  it('is compared in words', () => {
    expect(wasWords(GONE)).toBe('was 0.24');
    expect(wasWords(SAME)).toBe('as before');
    expect(wasWords({ ...SAME, before: null })).toBe('nothing before');
    expect(nameOf('kumo-spring')).toBe('Kumo spring');
  });
});

it('a curve keeps what it counts, on an axis that ends past the farthest', () => {
  const drawn = curve([[60, 100]], 0.005, 0.6);
  expect(drawn.reduce((sum, n) => sum + n, 0)).toBeCloseTo(100);
  expect(axisEnd([GONE])).toBeCloseTo(0.6);
});

it('says what sets an outlier apart most, and nothing where its colours are usual', () => {
  expect(apartWords({ lightness: 0.2, chroma: 0.6, hue: 10 })).toBe('paler');
  expect(apartWords({ lightness: -0.2, chroma: 1, hue: null })).toBe('darker');
  expect(apartWords({ lightness: 0.01, chroma: 0.2, hue: 20 })).toBe('greyer');
  expect(apartWords({ lightness: 0.01, chroma: 2, hue: 20 })).toBe('more vivid');
  expect(apartWords({ lightness: 0.01, chroma: 1, hue: 120 })).toBe('hue off');
  expect(apartWords({ lightness: 0.05, chroma: 1.1, hue: 12 })).toBe('');
  expect(apartWords(undefined)).toBe('');
});
