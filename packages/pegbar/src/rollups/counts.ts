/** Counts of metrics by series, in flat arrays: how many, their sum, and how many per bin. */
import { ROLLUP_METRICS, type RollupMetricName } from '@pegbar/contract';
import { binOf, type Grid } from '@pegbar/stats';
import { doubled, eachPair, PairTable } from './numbering.ts';

export const MICRO = 1_000_000;
/** Metrics by their place in the contract. */
export const METRICS: readonly RollupMetricName[] = ROLLUP_METRICS.map((metric) => metric.name);
const PLACES: ReadonlyMap<string, number> = new Map(METRICS.map((name, place) => [name, place]));
export const GRIDS: readonly (Grid | undefined)[] = ROLLUP_METRICS.map(({ grid }) =>
  grid === 'none' ? undefined : grid,
);

export const placeOf = (metric: RollupMetricName): number => PLACES.get(metric)!;

const FIRST_ROWS = 64;

/** Bins of rows that lie side by side: those of row r are `codes[starts[r]]` to `codes[starts[r + 1] − 1]`, ascending. */
export interface BinLists {
  readonly starts: Uint32Array;
  readonly codes: Uint16Array;
  readonly counts: Uint32Array;
}

/** There are fewer metrics. */
const SERIES_SLOTS = 64;

/** A row is one metric of one series. Sums are whole millionths, exact below 9·10⁹ units. */
export class CountTable {
  rows = 0;
  n = new Float64Array(FIRST_ROWS);
  micro = new Float64Array(FIRST_ROWS);
  /** Series of a row. */
  series = new Int32Array(FIRST_ROWS);
  /** Metric of a row, by its place. */
  places = new Int32Array(FIRST_ROWS);
  /** Row + 1 of each metric of each series. */
  private rowOf = new Int32Array(FIRST_ROWS * SERIES_SLOTS);
  private used = 0;
  /** The bin of a row that came first, and how many are in it: most rows of few facts have no other. */
  private firstCodes = new Int32Array(FIRST_ROWS);
  private firstCounts = new Float64Array(FIRST_ROWS);
  /** The other bins, by row and code, and how many of them a row has. */
  private readonly bins = new PairTable();
  private others = new Int32Array(FIRST_ROWS);

  row(series: number, place: number): number {
    const at = series * SERIES_SLOTS + place;
    while (at >= this.rowOf.length) this.rowOf = doubled(this.rowOf);
    const known = this.rowOf[at]!;
    if (known !== 0) return known - 1;
    const row = this.rows++;
    this.rowOf[at] = row + 1;
    if (series >= this.used) this.used = series + 1;
    if (row >= this.n.length) this.grow();
    this.series[row] = series;
    this.places[row] = place;
    return row;
  }

  private grow(): void {
    this.n = doubled(this.n);
    this.micro = doubled(this.micro);
    this.series = doubled(this.series);
    this.places = doubled(this.places);
    this.firstCodes = doubled(this.firstCodes);
    this.firstCounts = doubled(this.firstCounts);
    this.others = doubled(this.others);
  }

  /** Forgets what was counted and keeps the memory. */
  reset(): void {
    for (const column of [this.n, this.micro, this.firstCounts, this.others]) column.fill(0, 0, this.rows);
    this.rowOf.fill(0, 0, this.used * SERIES_SLOTS);
    this.bins.reset();
    this.rows = this.used = 0;
  }

  /** Counts `times` observations of `value`. */
  observe(row: number, grid: Grid | undefined, value: number, times = 1): void {
    this.n[row]! += times;
    this.micro[row]! += Math.round(value * MICRO) * times;
    if (grid !== undefined) this.addBin(row, binOf(grid, value), times);
  }

  addBin(row: number, code: number, times: number): void {
    if (this.firstCounts[row] === 0) this.firstCodes[row] = code;
    if (this.firstCodes[row] === code) {
      this.firstCounts[row]! += times;
      return;
    }
    const at = this.bins.at(row, code);
    if (this.bins.words[at] === 0) this.others[row]!++;
    this.bins.words[at]! += times;
  }

  /** Adds what another table has of a row. */
  add(row: number, from: CountTable, of: number, { starts, codes, counts }: BinLists): void {
    this.n[row]! += from.n[of]!;
    this.micro[row]! += from.micro[of]!;
    for (let at = starts[of]!; at < starts[of + 1]!; at++) this.addBin(row, codes[at]!, counts[at]!);
  }

  /** The bins of each row as they are now. */
  lists(): BinLists {
    const { rows, bins, others, firstCodes, firstCounts } = this;
    const starts = new Uint32Array(rows + 1);
    for (let row = 0; row < rows; row++)
      starts[row + 1] = starts[row]! + others[row]! + (firstCounts[row] === 0 ? 0 : 1);
    const codes = new Uint16Array(starts[rows]!);
    const counts = new Uint32Array(codes.length);
    const next = starts.slice(0, rows);
    for (let row = 0; row < rows; row++) {
      if (firstCounts[row] === 0) continue;
      const at = next[row]!++;
      codes[at] = firstCodes[row]!;
      counts[at] = firstCounts[row]!;
    }
    if (bins.size === 0) return { starts, codes, counts };
    eachPair(bins, (row, code, count) => {
      const at = next[row]!++;
      codes[at] = code;
      counts[at] = count;
    });
    for (let row = 0; row < rows; row++)
      if (starts[row + 1]! - starts[row]! > 1) sortTogether(codes, counts, starts[row]!, starts[row + 1]!);
    return { starts, codes, counts };
  }
}

/** Up to here each item is put in its place among those before it. */
const FEW = 24;

/** Sorts [from, to) by code. Codes of a row differ. */
function sortTogether(codes: Uint16Array, counts: Uint32Array, from: number, to: number): void {
  if (to - from <= FEW) {
    for (let at = from + 1; at < to; at++) {
      const [code, count] = [codes[at]!, counts[at]!];
      let put = at;
      for (; put > from && codes[put - 1]! > code; put--) {
        codes[put] = codes[put - 1]!;
        counts[put] = counts[put - 1]!;
      }
      codes[put] = code;
      counts[put] = count;
    }
    return;
  }
  const order = new Uint32Array(to - from);
  for (let at = from; at < to; at++) order[at - from] = codes[at]! * MOST_BINS + at - from;
  order.sort();
  const before = counts.slice(from, to);
  for (let at = from; at < to; at++) {
    const key = order[at - from]!;
    codes[at] = Math.floor(key / MOST_BINS);
    counts[at] = before[key % MOST_BINS]!;
  }
}

/** Bins of a row, and the codes of a grid: both are below it, so that a code and a place fit a word. */
const MOST_BINS = 2 ** 14;
