import { seededRandom } from '@pegbar/stats';
import { describe, expect, test } from 'vitest';
import { type SumsRow, Tally } from '../rollups/index.ts';
import { dayEffectOf } from './day-effect.ts';
import { metricNamed } from './metrics.ts';
import { type Hour, numberOf, tallyOfStored, tallyWithout } from './series.ts';

const { sampling } = metricNamed('latency_ms')!;
const sampleOf = (tally: Tally) => numberOf(sampling, new Map([['latency_ms', tally]]) as Hour);

/** As a row lies in the store. */
function stored(tally: Tally) {
  const codes = tally.bins!.codes();
  return tallyOfStored({
    tenant: 'a',
    metric: 'latency_ms',
    stage: '',
    dim: 'workload',
    value: 'v',
    t_ms: 0,
    n: tally.n,
    micro: tally.micro,
    codes,
    counts: Uint32Array.from(codes, (code) => tally.bins!.get(code)!),
  });
}

function drawn(random: () => number, n: number): Tally {
  const tally = new Tally('latency_ms');
  for (let i = 0; i < n; i++) tally.add(Math.exp(random() * 8));
  return tally;
}

describe('sums that are kept for a sweep', () => {
  test('say of a row what its tally says', () => {
    const tally = drawn(seededRandom(1), 300);
    expect(sampleOf(stored(tally)).histogram).toEqual({
      values: sampleOf(tally).histogram.values,
      counts: Uint32Array.from(sampleOf(tally).histogram.counts),
    });
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
      const left = tallyWithout(stored(sumOf(hours)), gone, 'latency_ms');
      const plain = sumOf(kept);
      expect([left.n, left.micro]).toEqual([plain.n, plain.micro]);
      const counted = ({ histogram: { values, counts } }: ReturnType<typeof sampleOf>) =>
        new Map(Array.from(values, (value, at) => [value, counts[at]!] as const).filter(([, n]) => n > 0));
      expect(counted(sampleOf(left))).toEqual(counted(sampleOf(plain)));
    }
  });

  test('show by their days how much more these vary than their counts explain', () => {
    const random = seededRandom(3);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const rate = { segment: { tenant: 'a' }, sampling: metricNamed('face_ok')!.sampling };
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
    expect(dayEffectOf(rate, new Map(), days(1), 'workload')).toBeLessThan(2);
    expect(dayEffectOf(rate, new Map(), days(12), 'workload')).toBeGreaterThan(4);
    expect(dayEffectOf({ ...rate, segment: { tenant: 'b' } }, new Map(), days(12), 'workload')).toBe(1);
  });
});
