/** Counts of series as they are stored: by tenant, time, stage, and dimension and value. */
import { type BinLists, CountTable, GRIDS, METRICS, placeOf } from './counts.ts';
import { Names, Pairs } from './numbering.ts';
import type { StoredRow } from './stored-rows.ts';

const HOUR_MS = 3_600_000;
/** Rows that are added in one step of some milliseconds. */
const STEP_ROWS = 5_000;

/** A tenant at a time. Times are whole hours. */
export interface Moment {
  readonly tenant: string;
  readonly t_ms: number;
}

/** (tenant, time, stage) by number. */
export class Cells {
  readonly tenants = new Names();
  readonly stages = new Names();
  /** Tenant and hours since 1970. */
  readonly buckets = new Pairs();
  /** Bucket and stage. */
  private readonly cells = new Pairs();

  get size(): number {
    return this.cells.size;
  }

  idOf(tenant: string, t_ms: number, stage: string): number {
    const bucket = this.buckets.idOf(this.tenants.idOf(tenant), t_ms / HOUR_MS);
    return this.cells.idOf(bucket, this.stages.idOf(stage));
  }

  reset(): void {
    this.buckets.reset();
    this.cells.reset();
  }

  bucketOf(cell: number): number {
    return this.cells.firsts[cell]!;
  }

  momentOf(bucket: number): Moment {
    return {
      tenant: this.tenants.texts[this.buckets.firsts[bucket]!]!,
      t_ms: this.buckets.seconds[bucket]! * HOUR_MS,
    };
  }

  /** Number of the stage in `stages`. */
  stageIdOf(cell: number): number {
    return this.cells.seconds[cell]!;
  }

  stageOf(cell: number): string {
    return this.stages.texts[this.stageIdOf(cell)]!;
  }
}

export class SeriesCounts {
  readonly cells = new Cells();
  readonly counts = new CountTable();
  readonly dims = new Names();
  readonly values = new Names();
  /** Dimension and value. */
  readonly groups = new Pairs();
  /** Cell and group. */
  readonly series = new Pairs();

  /** Forgets what was counted and keeps the memory and the names. */
  reset(): void {
    this.cells.reset();
    this.series.reset();
    this.counts.reset();
  }

  groupOf(dim: string, value: string): number {
    return this.groups.idOf(this.dims.idOf(dim), this.values.idOf(value));
  }

  dimOf(group: number): string {
    return this.dims.texts[this.groups.firsts[group]!]!;
  }

  valueOf(group: number): string {
    return this.values.texts[this.groups.seconds[group]!]!;
  }

  /** What a row is of. */
  describe(row: number) {
    const series = this.counts.series[row]!;
    const [cell, group] = [this.series.firsts[series]!, this.series.seconds[series]!];
    const { tenant, t_ms } = this.cells.momentOf(this.cells.bucketOf(cell));
    return {
      tenant,
      metric: METRICS[this.counts.places[row]!]!,
      stage: this.cells.stageOf(cell),
      dim: this.dimOf(group),
      value: this.valueOf(group),
      t_ms,
    };
  }

  /** Numbers of all rows. */
  rows(): Int32Array {
    const rows = new Int32Array(this.counts.rows);
    for (let row = 0; row < rows.length; row++) rows[row] = row;
    return rows;
  }

  /** Bucket of a row: its number in `cells`. */
  bucketOf(row: number): number {
    return this.cells.bucketOf(this.series.firsts[this.counts.series[row]!]!);
  }

  /** Adds a stored row under a tenant and time. */
  addStored(stored: StoredRow, { tenant, t_ms }: Moment): void {
    const cell = this.cells.idOf(tenant, t_ms, stored.stage);
    const series = this.series.idOf(cell, this.groupOf(stored.dim, stored.value));
    const place = placeOf(stored.metric);
    const { counts } = this;
    const row = counts.row(series, place);
    counts.n[row]! += stored.n;
    counts.micro[row]! += stored.micro;
    if (GRIDS[place] === undefined) return;
    for (let at = 0; at < stored.codes.length; at++)
      counts.addBin(row, stored.codes[at]!, stored.counts[at]!);
  }

  /** Adds all that another has, each of its buckets as another one or not at all. */
  *include(other: SeriesCounts, lists: BinLists, as: (from: Moment) => Moment | undefined): Generator {
    const moments: (Moment | undefined)[] = [];
    for (let bucket = 0; bucket < other.cells.buckets.size; bucket++)
      moments.push(as(other.cells.momentOf(bucket)));
    const groups = new Int32Array(other.groups.size);
    for (let group = 0; group < groups.length; group++)
      groups[group] = this.groupOf(other.dimOf(group), other.valueOf(group));
    const cells = new Int32Array(other.cells.size);
    for (let cell = 0; cell < cells.length; cell++) {
      const moment = moments[other.cells.bucketOf(cell)];
      cells[cell] = moment ? this.cells.idOf(moment.tenant, moment.t_ms, other.cells.stageOf(cell)) : -1;
    }
    const { counts, series } = other;
    for (let row = 0; row < counts.rows; row++) {
      if (row % STEP_ROWS === 0) yield;
      const of = counts.series[row]!;
      const cell = cells[series.firsts[of]!]!;
      if (cell < 0) continue;
      const own = this.series.idOf(cell, groups[series.seconds[of]!]!);
      this.counts.add(this.counts.row(own, counts.places[row]!), counts, row, lists);
    }
  }
}
