/**
 * Counts facts into rollup rows.
 *
 * Facts are counted per combination of all dimensions first; the marginals that are stored (all, each dimension, the
 * stored pairs; each by stage) are summed from the combinations at the end.
 */
import type { RollupMetricName } from '@pegbar/contract';
import { binOf, type Grid, quantileOf, valueOfBin } from '@pegbar/stats';
import { Bins } from './bins.ts';
import { Combinations, type DimensionValues } from './combinations.ts';
import { GRIDS, MICRO, placeOf } from './counts.ts';
import { sumMarginals } from './marginals.ts';
import { type Moment, SeriesCounts } from './series-counts.ts';

export { DIMENSIONS, PAIR_SEPARATOR } from './combinations.ts';

/** Counts of one metric, of a reader. Sums are whole millionths, exact below 9·10⁹ units. */
export class Tally {
  n = 0;
  micro = 0;
  readonly bins: Bins | undefined;
  /** Codes of quantiles as they stand in the store, in place of the bins: such a tally is the whole of its cell. */
  stored: ReadonlyMap<number, number> | undefined;
  private readonly grid: Grid | undefined;

  constructor(metric: RollupMetricName) {
    this.grid = GRIDS[placeOf(metric)];
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

/** One combination, to be counted under. */
export interface Combination {
  count(metric: RollupMetricName, value?: number): void;
  readonly sessions: { add(session: string): void };
}

/** Counts each hour in tables of its own: they stay small enough to be near. */
export class RollupBuilder {
  private readonly hours = new Map<number, Combinations>();
  private readonly included: RollupBuilder[] = [];

  /** What counts the facts of a tenant and hour. */
  combinationsOf(_tenant: string, hour_ms: number): Combinations {
    let known = this.hours.get(hour_ms);
    if (!known) {
      known = new Combinations();
      this.hours.set(hour_ms, known);
    }
    return known;
  }

  combination(tenant: string, hour_ms: number, stage: string, values: DimensionValues): Combination {
    const combinations = this.combinationsOf(tenant, hour_ms);
    const id = combinations.idOf(tenant, hour_ms, stage, values);
    return {
      count(metric, value = 1) {
        const place = placeOf(metric);
        combinations.counts.observe(combinations.counts.row(id, place), GRIDS[place], value);
      },
      sessions: { add: (session) => combinations.addSession(id, session) },
    };
  }

  /** Combinations of all dimensions that facts stand under. */
  get size(): number {
    let size = 0;
    for (const one of this.hours.values()) size += one.size;
    return size;
  }

  /**
   * Takes over what another has counted, of which this one has nothing: both hold it then, so that it must not grow
   * before the marginals are summed.
   */
  include(other: RollupBuilder): void {
    this.included.push(other);
  }

  /** Observations of a metric over everything that was counted. */
  observations(metric: RollupMetricName): number {
    let n = 0;
    for (const one of this.hours.values()) n += one.observations(metric);
    return n;
  }

  /**
   * The marginals of an hour, of the tenants that are wanted, in steps of some milliseconds: metrics of a stage are kept
   * under their stage and, summed, under ''. What stands in `into` is forgotten.
   */
  marginals(
    hour_ms: number,
    wanted: (moment: Moment) => boolean = () => true,
    into = new SeriesCounts(),
  ): Generator<undefined, SeriesCounts> {
    const sources = [this, ...this.included].flatMap(({ hours }) => hours.get(hour_ms) ?? []);
    into.reset();
    return sumMarginals(sources, wanted, into);
  }

  /** Lets go of an hour. */
  forget(hour_ms: number): void {
    this.hours.delete(hour_ms);
  }

  /** The marginals of all hours as rows. */
  rows(): RollupRow[] {
    const hours = new Set([this, ...this.included].flatMap((one) => [...one.hours.keys()]));
    return [...hours].flatMap((hour_ms) => {
      const steps = this.marginals(hour_ms);
      for (;;) {
        const step = steps.next();
        if (step.done) return rowsOf(step.value);
      }
    });
  }
}

function rowsOf(sums: SeriesCounts): RollupRow[] {
  const { starts, codes, counts } = sums.counts.lists();
  const rows: RollupRow[] = [];
  for (let row = 0; row < sums.counts.rows; row++) {
    const of = sums.describe(row);
    const tally = new Tally(of.metric);
    tally.n = sums.counts.n[row]!;
    tally.micro = sums.counts.micro[row]!;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) tally.bins!.add(codes[at]!, counts[at]!);
    const { tenant, metric, stage, dim, value, t_ms } = of;
    rows.push({ tenant, metric, stage, dim, value, t_ms, tally });
  }
  return rows;
}
