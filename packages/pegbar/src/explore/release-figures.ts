/** KPIs of two sets of hours against each other, each difference with its 95 % interval. */
import {
  type Formula,
  formulaOf,
  type KpiName,
  kpiOf,
  kpiValue,
  metricsOf,
  ROLLUP_METRICS,
  type RollupMetricName,
} from '@pegbar/contract';
import {
  bootstrapDifference,
  type Difference,
  differenceOfRatios,
  differenceOfShares,
  type Grid,
  type Histogram,
  histogramOfBins,
  quantileOf,
  type Random,
  seededRandom,
} from '@pegbar/stats';
import { HOUR_MS, Tally } from '../rollups/index.ts';

/** What was counted in one hour. */
export type HourTallies = ReadonlyMap<RollupMetricName, Tally>;

export interface KpiDifference {
  metric: KpiName;
  now: { value: number | null; n: number };
  before: { value: number | null; n: number };
  /** `now` minus `before` in the unit of the KPI, and the ends of its 95 % interval; null where it cannot be said. */
  difference: Difference | null;
  /** The same as a share of `before`. */
  relative: Difference | null;
  /** `same` where the interval holds no change. */
  verdict: 'better' | 'worse' | 'changed' | 'same' | 'unknown';
  method: 'newcombe' | 'bootstrap' | 'hours';
}

const GRIDS = new Map<string, Grid>(
  ROLLUP_METRICS.flatMap(({ name, grid }) => (grid === 'none' ? [] : [[name, grid] as const])),
);
const MICRO = 1_000_000;
/** Fewer observations than this on a side say nothing of a difference. */
const LEAST = 10;
/** The same answer to the same question: the draws are fixed. */
const SEED = 20_11;
/** Frames of one sequence hang together: whole hours are drawn in place of seconds. */
const BY_HOURS: ReadonlySet<KpiName> = new Set(['delivered_fps', 'produced_fps', 'dropped_frame_ratio']);

/** The KPI on both sides; null where neither side has anything to say. */
export function compareKpi(
  metric: KpiName,
  now: readonly HourTallies[],
  before: readonly HourTallies[],
): KpiDifference | null {
  const formula = formulaOf(metric, false);
  const [a, b] = [valueOver(formula, now), valueOver(formula, before)];
  if (a.value === null && b.value === null) return null;
  const random = seededRandom(SEED);
  const enough = a.value !== null && b.value !== null && Math.min(a.n, b.n) >= LEAST;
  const [method, difference] = enough
    ? differenceOf(metric, formula, now, before, random)
    : (['bootstrap', undefined] as const);
  const found =
    difference && Number.isFinite(difference.low) && Number.isFinite(difference.high) ? difference : null;
  return {
    metric,
    now: a,
    before: b,
    difference: found,
    relative: found && b.value ? scaled(found, 1 / Math.abs(b.value)) : null,
    verdict: found === null ? 'unknown' : verdictOf(metric, found),
    method,
  };
}

const scaled = ({ value, low, high }: Difference, by: number): Difference => ({
  value: value * by,
  low: low * by,
  high: high * by,
});

function verdictOf(metric: KpiName, { value, low, high }: Difference): KpiDifference['verdict'] {
  if (low <= 0 && high >= 0) return 'same';
  const { better } = kpiOf(metric);
  if (better === 'neither') return 'changed';
  return (better === 'up') === value > 0 ? 'better' : 'worse';
}

function differenceOf(
  metric: KpiName,
  formula: Formula,
  now: readonly HourTallies[],
  before: readonly HourTallies[],
  random: Random,
): readonly [KpiDifference['method'], Difference | undefined] {
  const total = (hour: HourTallies, metrics: readonly RollupMetricName[]): number =>
    metrics.reduce((sum, one) => sum + (hour.get(one)?.micro ?? 0) / MICRO, 0);
  switch (formula.op) {
    case 'quantile':
      return [
        'bootstrap',
        bootstrapDifference(
          histogramOver(formula.of, before),
          histogramOver(formula.of, now),
          { quantile: formula.q },
          { random },
        ),
      ];
    case 'mean': {
      if (BY_HOURS.has(metric)) {
        const cells = (hours: readonly HourTallies[]) =>
          hours.map((hour) => ({ a: total(hour, [formula.of]), b: hour.get(formula.of)?.n ?? 0 }));
        return ['hours', differenceOfRatios(some(cells(before)), some(cells(now)), { random })];
      }
      return [
        'bootstrap',
        bootstrapDifference(histogramOver(formula.of, before), histogramOver(formula.of, now), 'mean', {
          random,
        }),
      ];
    }
    case 'ratio': {
      const scale = formula.scale ?? 1;
      const cells = (hours: readonly HourTallies[]) =>
        some(hours.map((hour) => ({ a: total(hour, formula.of) * scale, b: total(hour, formula.to) })));
      const [a, b] = [cells(before), cells(now)];
      const isShare = kpiOf(metric).unit === '0..1' && scale === 1 && !BY_HOURS.has(metric);
      if (!isShare) return ['hours', differenceOfRatios(a, b, { random })];
      const sum = (list: typeof a) => ({
        hits: list.reduce((all, one) => all + one.a, 0),
        tries: list.reduce((all, one) => all + one.b, 0),
      });
      return ['newcombe', differenceOfShares(sum(a), sum(b))];
    }
    default:
      return ['bootstrap', undefined];
  }
}

const some = <T extends { b: number }>(cells: T[]): T[] => cells.filter((one) => one.b > 0);

function tallyOver(metric: RollupMetricName, hours: readonly HourTallies[]): Tally {
  const sum = new Tally(metric);
  for (const hour of hours) {
    const found = hour.get(metric);
    if (found) sum.merge(found);
  }
  return sum;
}

function histogramOver(metric: RollupMetricName, hours: readonly HourTallies[]): Histogram {
  const { bins } = tallyOver(metric, hours);
  return bins ? histogramOfBins(GRIDS.get(metric)!, bins) : { values: [], counts: [] };
}

function valueOver(formula: Formula, hours: readonly HourTallies[]): { value: number | null; n: number } {
  const tallies = new Map(metricsOf(formula).map((metric) => [metric, tallyOver(metric, hours)] as const));
  return kpiValue(
    formula,
    (metric) => {
      const tally = tallies.get(metric);
      if (!tally || tally.n === 0) return undefined;
      return {
        n: tally.n,
        sum: tally.micro / MICRO,
        quantile: (q) => (tally.bins ? quantileOf(GRIDS.get(metric)!, tally.bins, q) : undefined),
      };
    },
    (hours.length * HOUR_MS) / 1000,
  );
}

/** Requests of some hours. */
export const requestsIn = (hours: readonly HourTallies[]): number =>
  hours.reduce((sum, hour) => sum + (hour.get('requests')?.micro ?? 0) / MICRO, 0);
