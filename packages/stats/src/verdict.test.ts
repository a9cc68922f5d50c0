import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareCategories } from './compare-categories.ts';
import { compareNumbers } from './compare-numbers.ts';
import { compareTokens, type TokenSample } from './compare-tokens.ts';
import type { Evidence } from './evidence.ts';
import { explainCategories, explainNumbers } from './explain.ts';
import { histogramOfValues } from './histogram.ts';
import { type Random, seededRandom } from './random.ts';
import { compareCategoryStrata, compareNumberStrata } from './strata.ts';
import { type Judgement, judge } from './verdict.ts';

const numbers = (values: Iterable<number>, missing = 0) => ({
  histogram: histogramOfValues(values),
  missing,
});
const names = (counts: Record<string, number>, missing = 0) => ({
  counts: new Map(Object.entries(counts)),
  missing,
});
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const draw = (n: number, one: () => number): number[] => Array.from({ length: n }, one);
const only = (evidence: Evidence, persists?: boolean): Judgement => judge([{ evidence, persists }])[0]!;

describe('a verdict', () => {
  test('is drift where a number shifts, with the shift in its unit and an interval that holds it', () => {
    const random = seededRandom(1);
    const before = numbers(draw(2000, () => 100 + 10 * normal(random)));
    const after = numbers(draw(2000, () => 107 + 10 * normal(random)));
    const evidence = compareNumbers(before, after);
    expect(only(evidence)).toMatchObject({
      verdict: 'drift',
      reason: 'changed',
      because: expect.arrayContaining(['value']),
    });
    const { shift, interval, contributors } = explainNumbers(before, after, evidence.sizes);
    expect(shift).toBeGreaterThan(6);
    expect(shift).toBeLessThan(8);
    expect(interval![0]).toBeLessThan(7);
    expect(interval![1]).toBeGreaterThan(7);
    expect(contributors[0]!.share).toBeGreaterThan(0.2);
  });

  test('is "changed, but small" where much data shows a change that does not matter', () => {
    const random = seededRandom(2);
    const evidence = compareNumbers(
      numbers(draw(50_000, () => normal(random))),
      numbers(draw(50_000, () => 0.05 + normal(random))),
    );
    expect(only(evidence)).toMatchObject({ verdict: 'no_drift', reason: 'small' });
  });

  test('says how many observations it needs where there are too few', () => {
    const random = seededRandom(3);
    const evidence = compareNumbers(numbers(draw(1000, () => normal(random))), numbers([0.1, 0.2, 0.3]));
    const judgement = only(evidence);
    expect(judgement.verdict).toBe('insufficient_data');
    expect(judgement.nNeeded).toBeGreaterThan(100);
    expect(judgement.nNeeded).toBeLessThan(1000);
  });

  test('is not drift for four rows against four others, however different', () => {
    expect(only(compareNumbers(numbers([1, 2, 3, 4]), numbers([91, 92, 93, 94]))).verdict).toBe(
      'insufficient_data',
    );
  });

  test('is "did not last" where the window after it shows nothing', () => {
    const evidence = compareCategories(names({ a: 500, b: 500 }), names({ a: 900, b: 100 }));
    expect(only(evidence, true).verdict).toBe('drift');
    expect(only(evidence, false)).toMatchObject({ verdict: 'no_drift', reason: 'passing' });
  });

  test('is drift for missing values, infinite values, new categories and tails that carry as much', () => {
    const random = seededRandom(4);
    const sample = draw(1000, () => Math.exp(normal(random)));
    const because = (evidence: Evidence) => only(evidence).because;
    expect(because(compareNumbers(numbers(sample), numbers(sample.slice(0, 850), 150)))).toContain('missing');
    const infinite = [...sample.slice(0, 900), ...new Array<number>(100).fill(Number.POSITIVE_INFINITY)];
    expect(because(compareNumbers(numbers(sample), numbers(infinite)))).toContain('infinite');
    const tail = [...sample.slice(0, 950), ...draw(50, () => 1000 + random())];
    expect(because(compareNumbers(numbers(sample), numbers(tail)))).toContain('tail');
    const fresh = compareCategories(names({ a: 600, b: 400 }), names({ a: 540, b: 360, c: 100 }));
    expect(because(fresh)).toContain('new');
    expect(fresh.newCategories).toEqual(['c']);
  });

  test('corrects for the number of comparisons that are judged together', () => {
    const evidence = compareCategories(names({ a: 500, b: 500 }), names({ a: 440, b: 560 }));
    expect(evidence.p).toBeLessThan(0.05);
    const quiet = compareCategories(names({ a: 500, b: 500 }), names({ a: 501, b: 499 }));
    const family = [evidence, ...new Array<Evidence>(99).fill(quiet)].map((one) => ({ evidence: one }));
    expect(judge([{ evidence }], { leastEffect: 0.001 })[0]!.verdict).toBe('drift');
    expect(judge(family, { leastEffect: 0.001 })[0]!.verdict).not.toBe('drift');
  });
});

test('categories that are all too rare to tell are no evidence (p was 0)', () => {
  const rare = (prefix: string) =>
    names(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${prefix}${i}`, 1])));
  expect(compareCategories(rare('a'), rare('a')).p).toBeGreaterThan(0.5);
  expect(only(compareCategories(rare('a'), rare('b'))).verdict).not.toBe('drift');
});

describe('segments', () => {
  const random = seededRandom(5);
  const of = (n: number, mean: number) => numbers(draw(n, () => mean + 10 * normal(random)));

  test('that only change their mix are no drift within, and the mix is told', () => {
    const { evidence } = compareNumberStrata([
      { segment: 'a', reference: of(4000, 100), current: of(2000, 100) },
      { segment: 'b', reference: of(1000, 120), current: of(3000, 120) },
    ]);
    expect(evidence.psiDebiased).toBeGreaterThan(0.25);
    expect(evidence.within).toBeLessThan(0.02);
    expect(evidence.mix).toBeGreaterThan(0.25);
    expect(only(evidence).verdict).toBe('no_drift');
  });

  test('that move against each other are drift although the whole stands still', () => {
    const counts = (a: number) => names({ yes: a, no: 2000 - a });
    const { evidence } = compareCategoryStrata([
      { segment: 'a', reference: counts(1000), current: counts(1400) },
      { segment: 'b', reference: counts(1000), current: counts(600) },
    ]);
    expect(evidence.psi).toBeLessThan(0.001);
    // Facts, §2: .162 in each.
    expect(evidence.within).toBeCloseTo(0.17, 1);
    expect(only(evidence)).toMatchObject({ verdict: 'drift', because: ['within'] });
  });

  test('that are new match nothing and say so', () => {
    const { unmatched, evidence } = compareNumberStrata([
      { segment: 'a', reference: of(1000, 100), current: of(500, 100) },
      { segment: 'b', reference: of(0, 0), current: of(500, 300) },
    ]);
    expect(unmatched).toBeCloseTo(0.5, 10);
    expect(only(evidence).verdict).toBe('no_drift');
  });
});

describe('whatever comes', () => {
  const everyFigure = (evidence: Evidence): number[] => [
    evidence.p,
    evidence.psi,
    evidence.psiDebiased,
    evidence.pLeast,
    evidence.missing.change,
    ...evidence.components.flatMap(({ p, effect }) => [p, effect]),
  ];
  const holds = (evidence: Evidence): void => {
    for (const figure of everyFigure(evidence)) expect(Number.isFinite(figure)).toBe(true);
    expect(evidence.p).toBeGreaterThanOrEqual(0);
    expect(evidence.p).toBeLessThanOrEqual(1);
    expect(['drift', 'no_drift', 'insufficient_data']).toContain(only(evidence).verdict);
  };
  const value = fc.oneof(
    fc.double({ noNaN: true }),
    fc.constantFrom(0, -0, 5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308, -1e308, 5e-324),
  );
  const many = fc.record({
    values: fc.array(value, { maxLength: 60 }),
    times: fc.integer({ min: 1, max: 1e9 }),
    missing: fc.nat(1e9),
  });

  test('numbers get finite figures and a verdict', () => {
    fc.assert(
      fc.property(many, many, (a, b) => {
        const side = ({ values, times, missing }: typeof a) => {
          const histogram = histogramOfValues(values);
          return {
            histogram: { values: histogram.values, counts: Array.from(histogram.counts, (n) => n * times) },
            missing,
          };
        };
        const evidence = compareNumbers(side(a), side(b));
        holds(evidence);
        const { shift = 0, contributors } = explainNumbers(side(a), side(b), evidence.sizes);
        expect(Number.isNaN(shift)).toBe(false);
        for (const { share } of contributors) expect(share).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });

  test('categories get finite figures and a verdict', () => {
    const counts = fc.dictionary(fc.string({ maxLength: 3 }), fc.oneof(fc.nat(5), fc.nat(1e9)), {
      maxKeys: 30,
    });
    fc.assert(
      fc.property(counts, counts, fc.nat(1e6), (a, b, missing) => {
        const evidence = compareCategories(names(a, missing), names(b));
        holds(evidence);
        explainCategories(names(a), names(b), evidence.sizes);
      }),
      { numRuns: 150 },
    );
  });

  test('tokens get finite figures and a verdict', () => {
    const side = fc
      .array(fc.array(fc.constantFrom('a', 'b', 'c', 'd', '雨', ''), { maxLength: 4 }), { maxLength: 60 })
      .map((documents): TokenSample => tokens(documents));
    fc.assert(
      fc.property(side, side, (a, b) => holds(compareTokens(a, b))),
      { numRuns: 150 },
    );
  });
});

function tokens(documents: readonly (readonly string[])[]): TokenSample {
  const empty = () => ({ documents: 0, frequencies: new Map<string, number>() });
  const buckets = Array.from({ length: 16 }, empty);
  const whole = empty();
  for (const [i, document] of documents.entries()) {
    for (const into of [whole, buckets[i % 16]!]) {
      into.documents++;
      for (const token of new Set(document))
        into.frequencies.set(token, (into.frequencies.get(token) ?? 0) + 1);
    }
  }
  return { ...whole, missing: 0, buckets };
}
