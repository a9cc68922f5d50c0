/**
 * Counts of facts per *combination* of tenant, hour, stage and the values of all dimensions: one step per fact and
 * metric. There are few combinations where there are many facts, and never more.
 */
import type { RollupMetricName } from '@pegbar/contract';
import { CountTable, placeOf } from './counts.ts';
import { Names, Pairs } from './numbering.ts';
import { Cells } from './series-counts.ts';

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

export class Combinations {
  readonly cells = new Cells();
  readonly counts = new CountTable();
  /** Cell and combination of values. */
  readonly combinations = new Pairs();
  /** Combination and session: sessions cannot be added, because one may stand under several combinations. */
  readonly sessions = new Pairs();
  private readonly sessionIds = new Names();
  private readonly values = new Names();
  /** The values of the dimensions one after the other: each with the number of those before it. */
  private readonly chains = DIMENSIONS.slice(1).map(() => new Pairs());

  get size(): number {
    return this.combinations.size;
  }

  idOf(tenant: string, hour_ms: number, stage: string, values: DimensionValues): number {
    let tuple = this.values.idOf(values[0]!);
    for (let at = 1; at < DIMENSIONS.length; at++)
      tuple = this.chains[at - 1]!.idOf(tuple, this.values.idOf(values[at]!));
    return this.combinations.idOf(this.cells.idOf(tenant, hour_ms, stage), tuple);
  }

  /** How many combinations of values there are. */
  readonly tuples = (): number => this.chains.at(-1)!.size;

  readonly valuesOf = (tuple: number): string[] => {
    const values: string[] = [];
    for (let at = DIMENSIONS.length - 1; at > 0; at--) {
      const chain = this.chains[at - 1]!;
      values.unshift(this.values.texts[chain.seconds[tuple]!]!);
      tuple = chain.firsts[tuple]!;
    }
    values.unshift(this.values.texts[tuple]!);
    return values;
  };

  addSession(combination: number, session: string): void {
    this.sessions.idOf(combination, this.sessionIds.idOf(session));
  }

  /** Observations of a metric over everything that was counted. */
  observations(metric: RollupMetricName): number {
    const place = placeOf(metric);
    let n = 0;
    for (let row = 0; row < this.counts.rows; row++)
      if (this.counts.places[row] === place) n += this.counts.n[row]!;
    return n;
  }
}
