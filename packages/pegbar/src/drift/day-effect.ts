/** The design effect of a series from its daily sums alone, for the first look of a sweep. */
import type { RollupMetricName } from '@pegbar/contract';
import type { NumberSample } from '@pegbar/stats';
import type { SumsRow } from '../rollups/index.ts';
import type { SampledSides } from './compare.ts';
import { designEffectOfDays } from './design-effect.ts';
import type { Sampled } from './meet-hours.ts';
import type { Sampling } from './metrics.ts';
import { addNumbers } from './series.ts';

interface Day {
  n: number;
  micro: number;
}
const MICRO = 1_000_000;
const DAY_S = 86_400;

/**
 * As `designEffectOf`, of means of the values themselves: their logarithms are not kept by day. Where values are very
 * skewed it is too small rather than too large, and the second look has the last word. `rows` are those of the
 * series' tenant, stage and dimension; of a segment that names a value of it, only that counts.
 */
export function dayEffectOf(
  sampling: Sampling,
  sides: SampledSides,
  rows: readonly SumsRow[],
  value: string | undefined,
): number {
  const sums = new Map<RollupMetricName, Map<number, Day>>();
  for (const row of rows) {
    if (value !== undefined && row.value !== value) continue;
    const days = sums.get(row.metric) ?? new Map<number, Day>();
    sums.set(row.metric, days);
    for (let at = 0; at < row.starts.length; at++) {
      const day = Math.round(row.starts[at]! / DAY_S);
      const known = days.get(day) ?? { n: 0, micro: 0 };
      days.set(day, known);
      known.n += row.n[at]!;
      known.micro += row.micro[at]!;
    }
  }
  const { days, spread } = meansOf(sampling, sums, sides);
  return designEffectOfDays(days, spread);
}

type Sums = ReadonlyMap<RollupMetricName, ReadonlyMap<number, Day>>;
interface Means {
  days: { day: number; mean: number; n: number }[];
  spread: number;
}

function meansOf(sampling: Sampling, sums: Sums, sides: SampledSides): Means {
  if (sampling.as === 'number' && sides.as === 'numbers') {
    const days = [...(sums.get(sampling.of) ?? [])]
      .filter(([, { n }]) => n > 0)
      .map(([day, { n, micro }]) => ({ day, n, mean: micro / MICRO / n }))
      .sort((a, b) => a.day - b.day);
    return { days, spread: varianceOf(sides.reference) };
  }
  if (sampling.as !== 'rate') return { days: [], spread: 0 };
  const total = (metrics: readonly RollupMetricName[], day: number, of: (one: Day) => number): number =>
    metrics.reduce((sum, metric) => {
      const found = sums.get(metric)?.get(day);
      return found ? sum + of(found) : sum;
    }, 0);
  const { of, to } = sampling;
  const all = new Set([...sums.values()].flatMap((days) => [...days.keys()]));
  const days = [...all]
    .sort((a, b) => a - b)
    .map((day) => {
      const n = to ? total(to, day, (one) => one.micro / MICRO) : total(of, day, (one) => one.n);
      return { day, n, mean: n > 0 ? total(of, day, (one) => one.micro / MICRO) / n : 0 };
    })
    .filter(({ n }) => n > 0);
  const n = days.reduce((sum, one) => sum + one.n, 0);
  const share = n > 0 ? days.reduce((sum, one) => sum + one.mean * one.n, 0) / n : 0;
  return { days, spread: share * (1 - share) };
}

/** Of one observation, within the reference. */
function varianceOf(reference: Sampled<NumberSample>): number {
  const samples = [...reference.values()].flatMap((quarters) => quarters.map(({ sample }) => sample));
  const { values, counts } = addNumbers(samples).histogram;
  let [n, sum, squares] = [0, 0, 0];
  for (let at = 0; at < values.length; at++) {
    n += counts[at]!;
    sum += counts[at]! * values[at]!;
    squares += counts[at]! * values[at]! ** 2;
  }
  return n > 1 ? Math.max(0, squares - (sum * sum) / n) / (n - 1) : 0;
}
