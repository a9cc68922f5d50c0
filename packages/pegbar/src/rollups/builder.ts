/**
 * Counts facts into rollup rows.
 *
 * Facts are counted per *combination* of all dimensions first, one step per fact and metric; the marginals that
 * are stored (all, each dimension, the stored pairs; each by stage) are summed from the combinations at the end.
 * There are thousands of combinations where there are millions of facts.
 */
import { ROLLUP_METRICS, ROLLUP_PAIRS, type RollupMetricName } from '@pegbar/contract';
import { binOf, type Grid } from '@pegbar/stats';

/** Dimensions beside the tenant, in the order of a combination. */
export const DIMENSIONS = [
  'region',
  'model_version',
  'workload',
  'hardware_class',
  'traffic_source',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export type DimensionValues = readonly string[];

/** Separates the two values of a stored pair. */
export const PAIR_SEPARATOR = '\u001f';
export const MICRO = 1_000_000;

const GRIDS: ReadonlyMap<string, Grid | undefined> = new Map(
  ROLLUP_METRICS.map((metric) => [metric.name, metric.grid === 'none' ? undefined : metric.grid]),
);

/** Counts of one metric. Sums are whole millionths, exact below 9·10⁹ units. */
export class Tally {
  n = 0;
  micro = 0;
  readonly bins: Map<number, number> | undefined;
  private readonly grid: Grid | undefined;

  constructor(metric: RollupMetricName) {
    this.grid = GRIDS.get(metric);
    this.bins = this.grid && new Map();
  }

  /** Counts `times` observations of `value`. */
  add(value: number, times = 1): void {
    this.n += times;
    this.micro += Math.round(value * MICRO) * times;
    if (!this.bins) return;
    const bin = binOf(this.grid!, value);
    this.bins.set(bin, (this.bins.get(bin) ?? 0) + times);
  }

  merge(other: Tally): void {
    this.n += other.n;
    this.micro += other.micro;
    if (this.bins && other.bins)
      for (const [bin, count] of other.bins) this.bins.set(bin, (this.bins.get(bin) ?? 0) + count);
  }
}

/** What was counted for one (tenant, hour, stage, values of all dimensions). */
export class Combination {
  readonly tenant: string;
  readonly hour_ms: number;
  readonly stage: string;
  readonly values: DimensionValues;
  readonly tallies = new Map<RollupMetricName, Tally>();

  constructor(tenant: string, hour_ms: number, stage: string, values: DimensionValues) {
    this.tenant = tenant;
    this.hour_ms = hour_ms;
    this.stage = stage;
    this.values = values;
  }

  tally(metric: RollupMetricName): Tally {
    const known = this.tallies.get(metric);
    if (known) return known;
    const made = new Tally(metric);
    this.tallies.set(metric, made);
    return made;
  }

  count(metric: RollupMetricName, value = 1): void {
    this.tally(metric).add(value);
  }
}

/** Counts of one series and hour, as stored. */
export interface RollupRow {
  tenant: string;
  metric: RollupMetricName;
  stage: string;
  dim: string;
  value: string;
  t_ms: number;
  tally: Tally;
}

export class RollupBuilder {
  private readonly combinations = new Map<string, Combination>();

  combination(tenant: string, hour_ms: number, stage: string, values: DimensionValues): Combination {
    const key = `${tenant}\n${hour_ms}\n${stage}\n${values.join('\n')}`;
    const known = this.combinations.get(key);
    if (known) return known;
    const made = new Combination(tenant, hour_ms, stage, values);
    this.combinations.set(key, made);
    return made;
  }

  /** The marginals. Metrics of a stage are kept under their stage and, summed, under ''. */
  rows(): RollupRow[] {
    const rows = new Map<string, RollupRow>();
    for (const combination of this.combinations.values())
      for (const [dim, value] of marginals(combination.values)) addTo(rows, combination, dim, value);
    return [...rows.values()];
  }
}

function addTo(rows: Map<string, RollupRow>, from: Combination, dim: string, value: string): void {
  for (const [metric, tally] of from.tallies) {
    for (const stage of stagesOf(metric, from.stage)) {
      // Pairs of dimensions are kept over all stages only.
      if (stage !== '' && dim.includes('*')) continue;
      const key = `${from.tenant}\n${from.hour_ms}\n${metric}\n${stage}\n${dim}\n${value}`;
      let row = rows.get(key);
      if (!row) {
        row = {
          tenant: from.tenant,
          metric,
          stage,
          dim,
          value,
          t_ms: from.hour_ms,
          tally: new Tally(metric),
        };
        rows.set(key, row);
      }
      row.tally.merge(tally);
    }
  }
}

/** A request's queue wait and a stage's are two things under one name; every other stage metric sums over stages. */
function stagesOf(metric: RollupMetricName, stage: string): readonly string[] {
  return stage === '' ? [''] : metric === 'queue_wait_ms' ? [stage] : [stage, ''];
}

/** Every (dim, value) under which a combination counts. */
function marginals(values: DimensionValues): [string, string][] {
  const out: [string, string][] = [['all', '']];
  DIMENSIONS.forEach((dim, index) => {
    out.push([dim, values[index]!]);
  });
  for (const pair of ROLLUP_PAIRS)
    out.push([
      pair.join('*'),
      pair.map((dim) => values[DIMENSIONS.indexOf(dim as Dimension)]).join(PAIR_SEPARATOR),
    ]);
  return out;
}
