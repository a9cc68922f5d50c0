import { seededRandom } from '@pegbar/stats';
import { describe, expect, test } from 'vitest';
import { type StoredBlock, type SumsRow, Tally } from '../rollups/index.ts';
import { compareParts, compareSampled, type SampledSides } from './compare.ts';
import { dayEffectOf } from './day-effect.ts';
import { histogramOf } from './histograms.ts';
import { metricNamed, readsOf } from './metrics.ts';
import { addHour, type Hours, isNumeric } from './series.ts';
import { addBlock, Sheet, type Sum, sumsOf, sumWithout } from './sheet.ts';

/** As a row lies in the store. */
function stored(tally: Tally): Sum {
  const codes = tally.bins!.codes();
  const only = (text: string) => ({ keys: [0], texts: [text] });
  const block: StoredBlock = {
    rows: 1,
    tenant: only('a'),
    metric: only('latency_ms'),
    stage: only(''),
    dim: only('workload'),
    value: only('v'),
    starts: [0],
    n: [tally.n],
    micro: [tally.micro],
    codes,
    counts: Uint32Array.from(codes, (code) => tally.bins!.get(code)!),
    ends: [codes.length],
  };
  const sheet = new Sheet();
  addBlock('reference', block, () => sheet);
  return sumsOf(sheet.cell(['a', 'v']).reference.stored('latency_ms'), 'latency_ms')[0]!;
}
const asHour = (tally: Tally): Sum => ({
  at_ms: 0,
  n: tally.n,
  micro: tally.micro,
  histogram: histogramOf(tally, 'latency_ms'),
});
const NOTHING: SampledSides = { as: 'categories', reference: new Map(), current: new Map() };

function drawn(random: () => number, n: number): Tally {
  const tally = new Tally('latency_ms');
  for (let i = 0; i < n; i++) tally.add(Math.exp(random() * 8));
  return tally;
}

describe('sums that are kept for a sweep', () => {
  test('say of a row what its tally says', () => {
    const tally = drawn(seededRandom(1), 300);
    const { histogram, n, micro } = stored(tally);
    expect([n, micro]).toEqual([tally.n, tally.micro]);
    expect(histogram.values).toEqual(histogramOf(tally, 'latency_ms').values);
    expect(histogram.counts).toEqual(histogramOf(tally, 'latency_ms').counts);
  });

  test('without some hours are the sum of the others, exactly', () => {
    const random = seededRandom(2);
    for (let round = 0; round < 20; round++) {
      const hours = Array.from({ length: 24 }, () => drawn(random, Math.floor(random() * 40)));
      const [kept, gone] = [hours.filter((_, at) => at % 3 > 0), hours.filter((_, at) => at % 3 === 0)];
      const sumOf = (list: Tally[]): Tally => {
        const sum = new Tally('latency_ms');
        for (const one of list) sum.merge(one);
        return sum;
      };
      const left = sumWithout(stored(sumOf(hours)), gone.map(asHour));
      const plain = sumOf(kept);
      expect([left.n, left.micro]).toEqual([plain.n, plain.micro]);
      const counted = ({ histogram: { values, counts } }: Sum) =>
        new Map(Array.from(values, (value, at) => [value, counts[at]!] as const).filter(([, n]) => n > 0));
      expect(counted(left)).toEqual(counted(asHour(plain)));
    }
  });

  test('show by their days how much more these vary than their counts explain', () => {
    const random = seededRandom(3);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const rate = metricNamed('face_ok')!.sampling;
    const days = (spread: number): SumsRow[] => {
      const starts = Float64Array.from({ length: 28 }, (_, at) => at * 86_400);
      const yes = Float64Array.from(starts, () => 900 + Math.sqrt(1_000 * 0.9 * 0.1 * spread) * normal());
      return [
        {
          tenant: 'a',
          metric: 'face_ok',
          stage: '',
          dim: 'workload',
          value: 'v',
          starts,
          n: new Float64Array(28).fill(1_000),
          micro: yes.map((one) => one * 1e6),
        },
      ];
    };
    expect(dayEffectOf(rate, NOTHING, days(1), undefined)).toBeLessThan(2);
    expect(dayEffectOf(rate, NOTHING, days(12), undefined)).toBeGreaterThan(4);
    expect(dayEffectOf(rate, NOTHING, days(12), 'v')).toBeGreaterThan(4);
    expect(dayEffectOf(rate, NOTHING, days(12), 'another')).toBe(1);
  });

  test('give the same figures as the hours that they are, as numbers and as shares', () => {
    const random = seededRandom(4);
    const HOUR = 3_600_000;
    for (const name of ['latency_ms', 'prompt_tokens', 'face_ok', 'error_rate']) {
      const metric = metricNamed(name)!;
      const [sheet, reference, current] = [new Sheet(), new Map<string, Hours>(), new Map<string, Hours>()];
      for (const [side, parts, at] of [
        ['reference', reference, 0],
        ['current', current, 7 * 24 * HOUR],
      ] as const)
        for (const part of ['a', 'b', 'c']) {
          const hours: Hours = new Map();
          parts.set(part, hours);
          for (let quarter = 0; quarter < 4; quarter++)
            for (const of of readsOf(metric.sampling).metrics) {
              const tally = new Tally(of);
              const many = 30 + Math.floor(random() * 200);
              for (let i = 0; i < many; i++)
                tally.add(name === 'latency_ms' ? Math.exp(random() * 8) : Math.floor(random() * 2));
              const at_ms = at + quarter * 6 * HOUR;
              addHour(hours, at_ms, of, tally);
              sheet.addTally(side, [part], at_ms, of, tally);
            }
        }
      const of = (side: 'reference' | 'current') =>
        new Map([...sheet.cells].map(([part, cell]) => [part, cell[side].samples(metric.sampling)]));
      const sides = {
        as: isNumeric(metric.sampling) ? 'numbers' : 'categories',
        reference: of('reference'),
        current: of('current'),
      } as SampledSides;
      const one = compareSampled(metric, metric.sampling, sides, 1.5);
      const other = compareParts(metric, metric.sampling, reference, current, 1.5);
      expect({ ...one }).toEqual({ ...other });
      expect(one.evidence.nCurrent).toBeGreaterThan(300);
    }
  });
});
