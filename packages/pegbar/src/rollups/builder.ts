/**
 * Counts facts into rollup rows.
 *
 * Facts are counted per *combination* of all dimensions first, one step per fact and metric; the marginals that
 * are stored (all, each dimension, the stored pairs; each by stage) are summed from the combinations at the end.
 * There are thousands of combinations where there are millions of facts.
 */
import { ROLLUP_METRICS, ROLLUP_PAIRS, type RollupMetricName } from '@pegbar/contract';
import { binOf, type Grid, quantileOf, valueOfBin } from '@pegbar/stats';
import { Bins } from './bins.ts';

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

const METRICS: readonly RollupMetricName[] = ROLLUP_METRICS.map((metric) => metric.name);
const PLACES: ReadonlyMap<string, number> = new Map(METRICS.map((name, place) => [name, place]));
const GRIDS: readonly (Grid | undefined)[] = ROLLUP_METRICS.map(({ grid }) =>
  grid === 'none' ? undefined : grid,
);

const STEP_COMBINATIONS = 50;

/** Counts of one metric. Sums are whole millionths, exact below 9·10⁹ units. */
export class Tally {
  n = 0;
  micro = 0;
  readonly bins: Bins | undefined;
  /** Codes of quantiles as they stand in the store, in place of the bins: such a tally is the whole of its cell. */
  stored: ReadonlyMap<number, number> | undefined;
  private readonly grid: Grid | undefined;

  constructor(metric: RollupMetricName) {
    this.grid = GRIDS[PLACES.get(metric)!];
    this.bins = this.grid && new Bins();
  }

  /** Counts `times` observations of `value`. */
  add(value: number, times = 1): void {
    this.n += times;
    this.micro += Math.round(value * MICRO) * times;
    if (this.bins) this.bins.add(binOf(this.grid!, value), times);
  }

  /** `undefined` where nothing was counted, and of metrics without a grid. */
  quantile(q: number): number | undefined {
    if (!this.grid || !this.bins) return undefined;
    const code = this.stored?.get(q);
    return code === undefined ? quantileOf(this.grid, this.bins, q) : valueOfBin(this.grid, code);
  }

  merge(other: Tally): void {
    if ((this.n > 0 && other.stored) || this.stored) throw new Error('stored quantiles do not add up');
    this.stored = other.stored;
    this.n += other.n;
    this.micro += other.micro;
    if (this.bins && other.bins) this.bins.merge(other.bins);
  }
}

/** What was counted for one (tenant, hour, stage, values of all dimensions). */
export class Combination {
  readonly tenant: string;
  readonly hour_ms: number;
  readonly stage: string;
  readonly values: DimensionValues;
  /** By the metric's place in the contract. */
  readonly tallies: (Tally | undefined)[] = [];
  /** Sessions with a request: they cannot be added, because one may stand under several combinations. */
  readonly sessions = new Set<string>();

  constructor(tenant: string, hour_ms: number, stage: string, values: DimensionValues) {
    this.tenant = tenant;
    this.hour_ms = hour_ms;
    this.stage = stage;
    this.values = values;
  }

  tally(metric: RollupMetricName): Tally {
    const place = PLACES.get(metric)!;
    this.tallies[place] ??= new Tally(metric);
    return this.tallies[place];
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

/** The rows of one (tenant, hour, stage, dim, value), by the metric's place, and the sessions that were counted. */
interface Series {
  rows: (RollupRow | undefined)[];
  sessions?: Set<string>;
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

  get size(): number {
    return this.combinations.size;
  }

  /** Takes over what another has counted; both hold it then, so that it must not grow before the rows are made. */
  include(other: RollupBuilder): void {
    for (const [key, combination] of other.combinations) {
      if (this.combinations.has(key)) throw new Error('two builders counted the same combination');
      this.combinations.set(key, combination);
    }
  }

  /** Observations of a metric over everything that was counted. */
  observations(metric: RollupMetricName): number {
    const place = PLACES.get(metric)!;
    let n = 0;
    for (const { tallies } of this.combinations.values()) n += tallies[place]?.n ?? 0;
    return n;
  }

  /** The marginals. Metrics of a stage are kept under their stage and, summed, under ''. */
  rows(): RollupRow[] {
    const steps = this.rowSteps();
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** The same in steps of a millisecond or two. */
  *rowSteps(): Generator<undefined, RollupRow[]> {
    const rows: RollupRow[] = [];
    const series = new Map<string, Series>();
    let combinations = 0;
    for (const combination of this.combinations.values()) {
      if (++combinations % STEP_COMBINATIONS === 0) yield;
      for (const [dim, value] of marginals(combination.values)) {
        addTo(rows, series, combination, '', dim, value);
        // Pairs of dimensions are kept over all stages only.
        if (combination.stage !== '' && !dim.includes('*'))
          addTo(rows, series, combination, combination.stage, dim, value);
      }
    }
    return rows;
  }
}

/** A request's queue wait and a stage's are two things under one name; every other stage metric sums over stages. */
const QUEUE_WAIT = PLACES.get('queue_wait_ms')!;
const SESSIONS = PLACES.get('sessions')!;

function addTo(
  rows: RollupRow[],
  known: Map<string, Series>,
  from: Combination,
  stage: string,
  dim: string,
  value: string,
): void {
  const { tenant, hour_ms, tallies } = from;
  const key = `${tenant}\n${hour_ms}\n${stage}\n${dim}\n${value}`;
  const series: Series = known.get(key) ?? { rows: [] };
  known.set(key, series);
  const rowAt = (place: number): RollupRow => {
    const there = series.rows[place];
    if (there !== undefined) return there;
    const metric = METRICS[place]!;
    const made = { tenant, metric, stage, dim, value, t_ms: hour_ms, tally: new Tally(metric) };
    series.rows[place] = made;
    rows.push(made);
    return made;
  };
  for (let place = 0; place < tallies.length; place++) {
    const tally = tallies[place];
    if (tally === undefined || (place === QUEUE_WAIT && stage !== from.stage)) continue;
    rowAt(place).tally.merge(tally);
  }
  for (const session of from.sessions) {
    series.sessions ??= new Set();
    if (series.sessions.has(session)) continue;
    series.sessions.add(session);
    rowAt(SESSIONS).tally.add(1);
  }
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
