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
import { rowsOfCategories, rowsOfNumbers, type Timed } from './compare.ts';
import { binnedOf, histogramOf, histogramWithout } from './histograms.ts';
import { readsOf, type Sampling } from './metrics.ts';
import { type HourlySampling, MICRO, rateSample, ratio, ratioSample } from './series.ts';

/** What was counted of one metric in a quarter or an hour. */
export interface Sum {
  readonly at_ms: number;
  readonly n: number;
  /** Sum in millionths. */
  readonly micro: number;
  readonly histogram: Histogram;
}

/** `spoilt`: hours that some references have to be had without. */
export type SideName = 'current' | 'reference' | 'spoilt';
type Sums = Map<RollupMetricName, Sum[]>;
export type SumsOf = (metric: RollupMetricName) => readonly Sum[];
type AnySamples = readonly Timed<NumberSample>[] | readonly Timed<CategorySample>[];

export class Cell {
  readonly key: readonly string[];
  readonly sums: Readonly<Record<SideName, Sums>> = {
    current: new Map(),
    reference: new Map(),
    spoilt: new Map(),
  };
  /** Made once for all segments that the cell is part of. */
  readonly made: Readonly<Record<SideName, Map<Sampling, AnySamples>>> = {
    current: new Map(),
    reference: new Map(),
    spoilt: new Map(),
  };

  constructor(key: readonly string[]) {
    this.key = key;
  }

  add(side: SideName, metric: RollupMetricName, sum: Sum): void {
    const known = this.sums[side].get(metric);
    if (known) known.push(sum);
    else this.sums[side].set(metric, [sum]);
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
    this.cell(key).add(side, metric, { at_ms, n, micro, histogram: histogramOf(tally, metric) });
  }
}

/** Takes the rows of an answer; `sheetOf` says where those of a dimension go. */
export function addBlock(
  side: SideName,
  block: StoredBlock,
  sheetOf: (dim: string, isStage: boolean) => Sheet | undefined,
): void {
  const { tenant, metric, stage, dim, value, starts, n, micro, codes, counts, ends } = block;
  // Rows of a cell stand together by metric, and come again with the next metric.
  const known = new Map<number, Cell | null>();
  const cellOf = (row: number): Cell | null => {
    const [of, name, kind] = [
      value.texts[value.keys[row]!]!,
      dim.texts[dim.keys[row]!]!,
      stage.texts[stage.keys[row]!]!,
    ];
    const sheet = sheetOf(name, kind !== '');
    const who = tenant.texts[tenant.keys[row]!]!;
    return sheet?.cell(kind === '' ? [who, of] : [who, of, kind]) ?? null;
  };
  for (let row = 0, from = 0; row < block.rows; row++) {
    const to = ends[row]!;
    const place =
      ((tenant.keys[row]! * dim.texts.length + dim.keys[row]!) * value.texts.length + value.keys[row]!) *
        stage.texts.length +
      stage.keys[row]!;
    let cell = known.get(place);
    if (cell === undefined) {
      cell = cellOf(row);
      known.set(place, cell);
    }
    if (cell !== null) {
      const name = metric.texts[metric.keys[row]!] as RollupMetricName;
      const histogram = to > from ? binnedOf(name, codes, counts, from, to) : EMPTY_HISTOGRAM;
      cell.add(side, name, { at_ms: starts[row]! * 1000, n: n[row]!, micro: micro[row]!, histogram });
    }
    from = to;
  }
}

/** A sampling of one side of a cell. */
export function samplesOf(cell: Cell, side: SideName, sampling: Sampling): AnySamples {
  const known = cell.made[side].get(sampling);
  if (known) return known;
  const made = samplesFrom((metric) => cell.sums[side].get(metric) ?? [], sampling);
  cell.made[side].set(sampling, made);
  return made;
}

export function samplesFrom(sumsOf: SumsOf, sampling: Sampling): AnySamples {
  if (sampling.as === 'number')
    return sumsOf(sampling.of).map(({ at_ms, histogram }) =>
      timed(at_ms, { histogram, missing: 0 }, rowsOfNumbers),
    );
  const moments = byMoment(sumsOf, sampling);
  if (sampling.as === 'hourly')
    return moments.map(([at_ms, sums]) => timed(at_ms, ratioSample(ratioOf(sampling, sums)), rowsOfNumbers));
  return moments.map(([at_ms, sums]) => timed(at_ms, categoriesOf(sampling, sums), rowsOfCategories));
}

const timed = <S>(at_ms: number, sample: S, rowsOf: (sample: S) => number): Timed<S> => ({
  how: hourOfWeek(at_ms),
  rows: rowsOf(sample),
  sample,
});

/** What was counted at one moment, by metric. */
type Moment = Map<RollupMetricName, { n: number; micro: number }>;

function byMoment(sumsOf: SumsOf, sampling: Sampling): [number, Moment][] {
  const moments = new Map<number, Moment>();
  for (const metric of readsOf(sampling).metrics)
    for (const { at_ms, n, micro } of sumsOf(metric)) {
      const moment = moments.get(at_ms) ?? new Map();
      moments.set(at_ms, moment);
      const known = moment.get(metric);
      moment.set(metric, known ? { n: known.n + n, micro: known.micro + micro } : { n, micro });
    }
  return [...moments];
}

function total(moment: Moment, metrics: readonly RollupMetricName[]): number {
  let sum = 0;
  for (const metric of metrics) sum += (moment.get(metric)?.micro ?? 0) / MICRO;
  return sum;
}

const ratioOf = (sampling: HourlySampling, moment: Moment): number | null =>
  ratio(sampling, total(moment, [sampling.of]), total(moment, [sampling.to]));

function categoriesOf(sampling: Sampling, moment: Moment): CategorySample {
  if (sampling.as === 'shares') {
    const of = Object.entries(sampling.of);
    return { counts: new Map(of.map(([name, metric]) => [name, total(moment, [metric])])), missing: 0 };
  }
  if (sampling.as !== 'rate') throw new Error(`${sampling.as} has no categories`);
  let marked = 0;
  for (const metric of sampling.of) marked += moment.get(metric)?.n ?? 0;
  return rateSample(total(moment, sampling.of), sampling.to ? total(moment, sampling.to) : marked);
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
