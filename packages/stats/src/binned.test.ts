import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisOf, Binned } from './binned.ts';
import { compareNumbers } from './compare-numbers.ts';
import { valueOfBin } from './grid.ts';
import { addHistograms, histogramQuantile, pair, sizeOf } from './histogram.ts';

const axis = axisOf('float');
const drawn = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 4_000, max: 4_060 }), fc.integer({ min: 1, max: 500 })), {
    selector: ([code]) => code,
    maxLength: 40,
  })
  .map((cells) => cells.sort(([a], [b]) => a - b))
  .map((cells) => {
    const [codes, counts] = [cells.map(([code]) => code), cells.map(([, count]) => count)];
    // As a row lies in the columns of an answer, with others before and after it.
    const binned = new Binned(
      axis,
      Uint16Array.of(1, ...codes, 2),
      Uint32Array.of(7, ...counts, 7),
      1,
      1 + codes.length,
    );
    return { binned, plain: { values: codes.map((code) => valueOfBin('float', code)), counts } };
  });

test('counts on an axis are a histogram like others', () => {
  fc.assert(
    fc.property(drawn, drawn, (a, b) => {
      expect(a.binned.values).toEqual(a.plain.values);
      expect(a.binned.counts).toEqual(a.plain.counts);
      expect(sizeOf(a.binned)).toBe(sizeOf(a.plain));
      expect(histogramQuantile(a.binned, 0.3)).toBe(histogramQuantile(a.plain, 0.3));
      expect(pair(a.binned, b.binned)).toEqual(pair(a.plain, b.plain));
      expect(pair(a.binned, b.plain)).toEqual(pair(a.plain, b.plain));
      const sample = (histogram: typeof a.plain | Binned) => ({ histogram, missing: 0 });
      expect(compareNumbers(sample(a.binned), sample(b.binned))).toEqual(
        compareNumbers(sample(a.plain), sample(b.plain)),
      );
    }),
    { numRuns: 200 },
  );
});

test('sums on an axis are those of the values', () => {
  fc.assert(
    fc.property(
      fc.array(drawn, { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0.1, max: 3 }),
      (all, w) => {
        const weight = Number.isNaN(w) ? 1 : w;
        const sum = addHistograms(all.map(({ binned }) => ({ histogram: binned, weight })));
        const plain = addHistograms(all.map(({ plain }) => ({ histogram: plain, weight })));
        expect(sum).toBeInstanceOf(Binned);
        expect(sum.values).toEqual(Array.from(plain.values));
        expect(sum.counts).toEqual(Array.from(plain.counts));
      },
    ),
    { numRuns: 200 },
  );
});

test('codes that mean the same are one place', () => {
  const whole = axisOf('float', (middle) => Math.floor(middle));
  expect(new Set(whole.values).size).toBe(whole.values.length);
  expect(whole.values[whole.placeOf[0]!]).toBe(0);
  const places = new Set([4_200, 4_201, 4_202].map((code) => whole.placeOf[code]));
  expect([...places].map((place) => whole.values[place!])).toEqual([
    ...new Set([4_200, 4_201, 4_202].map((code) => Math.floor(valueOfBin('float', code)))),
  ]);
});
