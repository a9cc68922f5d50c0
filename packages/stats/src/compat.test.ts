import { expect, test } from 'vitest';
import { compatCategories, compatNumbers } from './compat.ts';
import { chi2Upper, kolmogorovFinite } from './distributions.ts';
import {
  chiSquare,
  hellinger,
  jensenShannon,
  kullbackLeibler,
  psi,
  sharesOf,
  totalVariation,
} from './divergence.ts';
import { histogramOfValues, pair } from './histogram.ts';
import { kolmogorovSmirnov, kolmogorovSmirnovExact } from './rank.ts';

/* The values that the real packages gave (evidently 0.7.23, nannyml 0.13.1, scipy 1.17.1), to their printed digits. */

const counts = (entries: Record<string, number>): Map<string, number> => new Map(Object.entries(entries));
const DICE = [16, 18, 16, 14, 12, 12];
const LOADED = [16, 16, 16, 16, 16, 8];
const dice = (sides: readonly number[]) => new Map(sides.map((count, i) => [String(i + 1), count]));
const rolls = (sides: readonly number[]) =>
  histogramOfValues(sides.flatMap((count, i) => new Array<number>(count).fill(i + 1)));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('evidently on dice as categories: goodness of fit, Hellinger, PSI, KL, JS, TVD', () => {
  const found = compatCategories('evidently', dice(DICE), dice(LOADED));
  expect(found.chisquare).toBeCloseTo(0.673087600697, 10);
  expect(found.hellinger).toBeCloseTo(0.0681277437, 9);
  expect(found.psi).toBeCloseTo(0.0372184, 6);
  expect(found.kl_div).toBeCloseTo(0.0189097, 6);
  expect(found.jensenshannon).toBeCloseTo(0.0680482, 6);
  expect(found.tvd).toBeCloseTo(0.0681818, 6);
});

test('evidently on dice as numbers: Hellinger over bins of the distinct values', () => {
  expect(compatNumbers('evidently', rolls(DICE), rolls(LOADED)).hellinger).toBeCloseTo(0.0234825, 6);
});

test('nannyml and scipy on dice: JS in bits and χ² of the contingency table', () => {
  const found = compatCategories('nannyml', dice(DICE), dice(LOADED));
  expect(found.jensen_shannon).toBeCloseTo(0.0817342, 6);
  expect(found.chi2).toBeCloseTo(1.62240896359, 10);
  expect(found.chi2_p).toBeCloseTo(0.898526, 6);
});

test('evidently on 0..99 against 10..109: nine bins, normed Wasserstein, exact KS', () => {
  const found = compatNumbers(
    'evidently',
    histogramOfValues(range(0, 100)),
    histogramOfValues(range(10, 110)),
  );
  expect(found.psi).toBeCloseTo(0.293267, 6);
  expect(found.kl_div).toBeCloseTo(0.146634, 6);
  expect(found.jensenshannon).toBeCloseTo(0.183551, 6);
  expect(found.wasserstein).toBeCloseTo(0.346427, 6);
  expect(found.ks).toBeCloseTo(0.702057, 6);
});

test('one new category: evidently fills zeros, Jeffreys adds a half, Laplace one', () => {
  const before = counts({ a: 60, b: 30, c: 10 });
  const after = counts({ a: 50, b: 30, c: 10, d: 10 });
  expect(compatCategories('evidently', before, after).psi).toBeCloseTo(0.708317, 6);
  expect(compatCategories('evidently', before, after).jensenshannon).toBeCloseTo(0.19218, 6);
  expect(compatCategories('nannyml', before, after).jensen_shannon).toBeCloseTo(0.230832, 6);
  expect(psi([60, 30, 10, 0], [50, 30, 10, 10], 1)).toBeCloseTo(0.247783, 6);
  expect(psi([60, 30, 10, 0], [50, 30, 10, 10])).toBeCloseTo(0.316195, 6);
});

test('ten equal shares against a slope: PSI, KL both ways, JS, Hellinger', () => {
  const flat = new Array<number>(10).fill(0.1);
  const slope = [0.05, 0.06, 0.08, 0.09, 0.1, 0.1, 0.11, 0.12, 0.13, 0.16];
  expect(psi(flat, slope, 0)).toBeCloseTo(0.1012775, 7);
  expect(kullbackLeibler(flat, slope)).toBeCloseTo(0.0522477, 7);
  expect(kullbackLeibler(slope, flat)).toBeCloseTo(0.0490298, 7);
  expect(Math.sqrt(jensenShannon(flat, slope))).toBeCloseTo(0.1118516, 7);
  expect(Math.sqrt(jensenShannon(flat, slope) / Math.LN2)).toBeCloseTo(0.1343475, 7);
  expect(hellinger(flat, slope)).toBeCloseTo(0.1121809, 7);
});

test('phoenix: one more in every cell before shares are taken', () => {
  const thirteenths = Array.from(
    sharesOf([0, 1, 2, 3, 0, 0, 0], 1),
    (share) => Math.round(share * 13e9) / 1e9,
  );
  expect(thirteenths).toEqual([1, 2, 3, 4, 1, 1, 1]);
});

test('nannyml: the largest change of one share', () => {
  const found = compatCategories('nannyml', counts({ a: 2, b: 2, c: 2 }), counts({ a: 2, b: 2, c: 2, d: 1 }));
  expect(found.l_infinity).toBeCloseTo(1 / 7, 12);
});

test('frouros: χ² of four a and two b against one a, one b and four c', () => {
  const { statistic, df } = chiSquare([4, 2, 0], [1, 1, 4]);
  expect(statistic).toBeCloseTo(6.133333, 6);
  expect(chi2Upper(statistic, df)).toBeCloseTo(0.0465762, 6);
});

test('scipy: exact and limiting KS of 0..99 against 10..109', () => {
  const paired = pair(histogramOfValues(range(0, 100)), histogramOfValues(range(10, 110)));
  expect(kolmogorovSmirnov(paired).distance).toBeCloseTo(0.1, 12);
  expect(kolmogorovSmirnovExact(0.1, 100, 100)).toBeCloseTo(0.702057, 6);
  expect(kolmogorovFinite(0.1, 50)).toBeCloseTo(0.662311, 6);
});

test('total variation is half of what moved on both sides', () => {
  expect(totalVariation([80, 20], [40, 60])).toBeCloseTo(0.4, 12);
});
