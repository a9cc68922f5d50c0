/**
 * What the first look of a sweep reads, by cell of the store (tenant, one dimension, stage): sums by quarter of a day,
 * and by hour where there are no quarters. Rows stay in the columns that they came in.
 */
import type { RollupMetricName } from '@pegbar/contract';
import {
  type CategorySample,
  EMPTY_HISTOGRAM,
  type Histogram,
  hourOfWeek,
  type NumberSample,
} from '@pegbar/stats';
import type { StoredBlock, Tally } from '../rollups/index.ts';
import { rowsOfCategories, rowsOfNumbers } from './compare.ts';
import { binnedOf, histogramOf, histogramWithout } from './histograms.ts';
import type { Timed } from './meet-hours.ts';
import { readsOf, type Sampling } from './metrics.ts';
import { MICRO, rateSample, ratio, ratioSample } from './series.ts';

/** What was counted of one metric in a quarter or an hour. */
export interface Sum {
  readonly at_ms: number;
  readonly n: number;
  /** Sum in millionths. */
  readonly micro: number;
  readonly histogram: Histogram;
}

/** Rows of a block that follow each other: one metric of one cell. */
interface Run {
  readonly block: StoredBlock;
  readonly from: number;
  to: number;
}

/** `spoilt`: hours that some references have to be had without. */
export type SideName = 'current' | 'reference' | 'spoilt';
type Stored = readonly (Run | Sum)[];
export type StoredOf = (metric: RollupMetricName) => Stored;
type AnySamples = readonly Timed<NumberSample>[] | readonly Timed<CategorySample>[];

class Side {
  readonly #stored = new Map<RollupMetricName, (Run | Sum)[]>();
  readonly #samples = new Map<Sampling, AnySamples>();

  add(metric: RollupMetricName, one: Run | Sum): void {
    const known = this.#stored.get(metric);
    if (known) known.push(one);
    else this.#stored.set(metric, [one]);
  }

  stored(metric: RollupMetricName): Stored {
    return this.#stored.get(metric) ?? NONE;
  }

  /** Made once for all segments that the cell is part of. */
  samples(sampling: Sampling): AnySamples {
    const known = this.#samples.get(sampling);
    if (known) return known;
    const made = samplesFrom((metric) => this.stored(metric), sampling);
    this.#samples.set(sampling, made);
    return made;
  }
}
const NONE: Stored = [];

export class Cell {
  readonly key: readonly string[];
  readonly current = new Side();
  readonly reference = new Side();
  readonly spoilt = new Side();

  constructor(key: readonly string[]) {
    this.key = key;
  }
}

/** Cells of one dimension, with stages or without. */
export class Sheet {
  readonly cells = new Map<string, Cell>();

  cell(key: readonly string[]): Cell {
    const place = key.join('\n');
    const known = this.cells.get(place);
    if (known) return known;
    const made = new Cell(key);
    this.cells.set(place, made);
    return made;
  }

  addTally(
    side: SideName,
    key: readonly string[],
    at_ms: number,
    metric: RollupMetricName,
    tally: Tally,
  ): void {
    const { n, micro } = tally;
    this.cell(key)[side].add(metric, { at_ms, n, micro, histogram: histogramOf(tally, metric) });
  }
}

/** Takes the rows of an answer; `sheetOf` says where those of a dimension go. Rows of a cell and metric stand together. */
export function addBlock(
  side: SideName,
  block: StoredBlock,
  sheetOf: (dim: string, isStage: boolean) => Sheet | undefined,
): void {
  const { tenant, metric, stage, dim, value } = block;
  const columns = [tenant.keys, metric.keys, stage.keys, dim.keys, value.keys];
  const isAsBefore = (row: number): boolean => {
    for (const keys of columns) if (keys[row] !== keys[row - 1]) return false;
    return true;
  };
  let run: Run | undefined;
  for (let row = 0; row < block.rows; row++) {
    if (run && isAsBefore(row)) {
      run.to++;
      continue;
    }
    run = { block, from: row, to: row + 1 };
    const kind = stage.texts[stage.keys[row]!]!;
    const sheet = sheetOf(dim.texts[dim.keys[row]!]!, kind !== '');
    const key = [tenant.texts[tenant.keys[row]!]!, value.texts[value.keys[row]!]!];
    if (kind !== '') key.push(kind);
    sheet?.cell(key)[side].add(metric.texts[metric.keys[row]!] as RollupMetricName, run);
  }
}

const isRun = (one: Run | Sum): one is Run => 'block' in one;

export function sumsOf(stored: Stored, metric: RollupMetricName): Sum[] {
  const out: Sum[] = [];
  for (const one of stored)
    if (!isRun(one)) out.push(one);
    else
      for (let row = one.from; row < one.to; row++) {
        const { starts, n, micro } = one.block;
        const histogram = binsOf(one.block, row, metric);
        out.push({ at_ms: starts[row]! * 1000, n: n[row]!, micro: micro[row]!, histogram });
      }
  return out;
}

function binsOf({ codes, counts, ends }: StoredBlock, row: number, metric: RollupMetricName): Histogram {
  const [from, to] = [row === 0 ? 0 : ends[row - 1]!, ends[row]!];
  return to > from ? binnedOf(metric, codes, counts, from, to) : EMPTY_HISTOGRAM;
}

/** What a sampling makes of what is stored. */
export function samplesFrom(storedOf: StoredOf, sampling: Sampling): AnySamples {
  if (sampling.as === 'number') return numbersFrom(storedOf(sampling.of), sampling.of);
  const { at_ms, sums, marks } = byMoment(storedOf, readsOf(sampling).metrics);
  if (sampling.as === 'hourly') {
    const [of, to] = [sums.get(sampling.of)!, sums.get(sampling.to)!];
    return at_ms.map((at, i) => timed(at, ratioSample(ratio(sampling, of[i]!, to[i]!)), rowsOfNumbers));
  }
  const total = (metrics: readonly RollupMetricName[], at: number): number => {
    let sum = 0;
    for (const metric of metrics) sum += sums.get(metric)![at]!;
    return sum;
  };
  if (sampling.as === 'rate') {
    const { of, to } = sampling;
    return at_ms.map((at, i) =>
      timed(at, rateSample(total(of, i), to ? total(to, i) : marks[i]!), rowsOfCategories),
    );
  }
  if (sampling.as !== 'shares') throw new Error(`${sampling.as} is kept by no quarter`);
  const of = Object.entries(sampling.of);
  return at_ms.map((at, i) =>
    timed(
      at,
      { counts: new Map(of.map(([name, metric]) => [name, total([metric], i)])), missing: 0 },
      rowsOfCategories,
    ),
  );
}

const timed = <S>(at_ms: number, sample: S, rowsOf: (sample: S) => number): Timed<S> => ({
  how: hourOfWeek(at_ms),
  rows: rowsOf(sample),
  sample,
});

function numbersFrom(stored: Stored, metric: RollupMetricName): Timed<NumberSample>[] {
  const out: Timed<NumberSample>[] = [];
  const add = (at_ms: number, histogram: Histogram): void => {
    out.push(timed(at_ms, { histogram, missing: 0 }, rowsOfNumbers));
  };
  for (const one of stored)
    if (!isRun(one)) add(one.at_ms, one.histogram);
    else
      for (let row = one.from; row < one.to; row++)
        add(one.block.starts[row]! * 1000, binsOf(one.block, row, metric));
  return out;
}

interface Moments {
  readonly at_ms: number[];
  /** In units, by metric and moment. */
  readonly sums: ReadonlyMap<RollupMetricName, number[]>;
  /** Observations of all of them. */
  readonly marks: number[];
}

/** What was counted of several metrics at the same moments. */
function byMoment(storedOf: StoredOf, metrics: readonly RollupMetricName[]): Moments {
  const out = { at_ms: [] as number[], sums: new Map<RollupMetricName, number[]>(), marks: [] as number[] };
  const places = new Map<number, number>();
  const placeOf = (at: number): number => {
    const known = places.get(at);
    if (known !== undefined) return known;
    places.set(at, out.at_ms.length);
    out.marks.push(0);
    for (const list of out.sums.values()) list.push(0);
    return out.at_ms.push(at) - 1;
  };
  for (const metric of metrics) {
    const sums = out.at_ms.map(() => 0);
    out.sums.set(metric, sums);
    const add = (at: number, n: number, micro: number): void => {
      const place = placeOf(at);
      sums[place]! += micro / MICRO;
      out.marks[place]! += n;
    };
    for (const one of storedOf(metric))
      if (!isRun(one)) add(one.at_ms, one.n, one.micro);
      else
        for (let row = one.from; row < one.to; row++)
          add(one.block.starts[row]! * 1000, one.block.n[row]!, one.block.micro[row]!);
  }
  return out;
}

/** What is left of a quarter's sum when some of its hours are taken out. */
export const sumWithout = (whole: Sum, gone: readonly Sum[]): Sum => ({
  at_ms: whole.at_ms,
  n: Math.max(
    0,
    gone.reduce((n, one) => n - one.n, whole.n),
  ),
  micro: gone.reduce((micro, one) => micro - one.micro, whole.micro),
  histogram: histogramWithout(
    whole.histogram,
    gone.map(({ histogram }) => histogram),
  ),
});
