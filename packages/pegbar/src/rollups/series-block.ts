/** Series as a Native block of `roll_hours`, whose columns the other tables of rollups share. */
import { tableOf } from '@pegbar/contract';
import { type ArrayColumn, BlockBuilder, type DictionaryColumn, type FixedColumn } from '../native/index.ts';
import { type BinLists, METRICS } from './counts.ts';
import type { SeriesCounts } from './series-counts.ts';

/** Rows that are written in one step of some milliseconds. */
const STEP_ROWS = 2_000;
const WORD = 2 ** 32;
/** The largest 64-bit number that a double holds. */
const WHOLE_MOST = 2 ** 63 - 1024;

/** Writes rows of the counts, in steps: all of them, or some. `lists` are their bins. */
export function* seriesBlock(
  of: SeriesCounts,
  lists: BinLists,
  rows: ArrayLike<number> & Iterable<number> = of.rows(),
): Generator<undefined, BlockBuilder> {
  const block = new BlockBuilder(tableOf('roll_hours'));
  const text = (name: string): DictionaryColumn => block.column<DictionaryColumn>(name);
  const [tenant, metric, stage, dim, value] = [
    text('tenant'),
    text('metric'),
    text('stage'),
    text('dim'),
    text('value'),
  ];
  const ids = {
    tenant: memoOf(tenant!, of.cells.tenants.texts),
    metric: memoOf(metric!, METRICS),
    stage: memoOf(stage!, of.cells.stages.texts),
    dim: memoOf(dim!, of.dims.texts),
    value: memoOf(value!, of.values.texts),
  };
  const t = block.column<FixedColumn>('t');
  const [n, sum] = [block.column<FixedColumn>('n'), block.column<FixedColumn>('sum')];
  const [bins, counts] = [block.column<ArrayColumn>('bins'), block.column<ArrayColumn>('counts')];
  const [bin, count] = [bins.inner as FixedColumn, counts.inner as FixedColumn];
  const { cells, groups, series } = of;
  reserve([t, n, sum], rows.length);
  reserve([bin, count], binsOf(lists, rows));
  let end = 0;
  for (const row of rows) {
    if (block.rows % STEP_ROWS === 0) yield;
    const at = block.rows++;
    const own = of.counts.series[row]!;
    const [cell, group] = [series.firsts[own]!, series.seconds[own]!];
    const bucket = cells.bucketOf(cell);
    tenant!.set(at, ids.tenant(cells.buckets.firsts[bucket]!));
    metric!.set(at, ids.metric(of.counts.places[row]!));
    stage!.set(at, ids.stage(cells.stageIdOf(cell)));
    dim!.set(at, ids.dim(groups.firsts[group]!));
    value!.set(at, ids.value(groups.seconds[group]!));
    t.touch(at);
    t.i32[at] = cells.buckets.seconds[bucket]! * HOUR_S;
    setWhole(n, at, of.counts.n[row]!);
    setWhole(sum, at, of.counts.micro[row]!);
    const [from, to] = [lists.starts[row]!, lists.starts[row + 1]!];
    if (from === to) continue;
    bin.touch(end + to - from - 1);
    bin.u16.set(lists.codes.subarray(from, to), end);
    count.touch(end + to - from - 1);
    count.i32.set(lists.counts.subarray(from, to), end);
    end += to - from;
    for (const column of [bins, counts]) {
      column.ends.set(at, end);
      column.rows = column.ends.rows;
    }
  }
  return block;
}

const HOUR_S = 3_600;

/** Makes room at once: columns grow by doubling, and leave what they had before to the garbage collector. */
function reserve(columns: readonly FixedColumn[], rows: number): void {
  if (rows > 0) for (const column of columns) column.touch(rows - 1);
}

function binsOf({ starts }: BinLists, rows: Iterable<number>): number {
  let bins = 0;
  for (const row of rows) bins += starts[row + 1]! - starts[row]!;
  return bins;
}

/** Ids in a column's dictionary, by the number of the text. */
function memoOf(column: DictionaryColumn, texts: readonly string[]): (text: number) => number {
  const known = new Int32Array(texts.length).fill(-1);
  return (text) => {
    if (known[text]! < 0) known[text] = column.dictionary.idOfText(texts[text]!);
    return known[text]!;
  };
}

/** A whole number as 64 bits, two's complement; what is larger stands at the end, where it would turn negative. */
function setWhole(column: FixedColumn, row: number, told: number): void {
  column.touch(row);
  const value = Math.max(-WHOLE_MOST, Math.min(WHOLE_MOST, told));
  const high = Math.floor(value / WORD);
  column.i32[row * 2] = value - high * WORD;
  column.i32[row * 2 + 1] = high;
}
