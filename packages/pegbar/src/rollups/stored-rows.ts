/** Stored rollup rows as they lie in a Native answer: nothing is copied but the answer's own columns. */
import type { RollupMetricName } from '@pegbar/contract';
import {
  type ArrayView,
  type ColumnView,
  DictionaryView,
  type FixedView,
  readBlock,
} from '../native/index.ts';

export interface StoredRow {
  readonly tenant: string;
  readonly metric: RollupMetricName;
  readonly stage: string;
  readonly dim: string;
  readonly value: string;
  readonly t_ms: number;
  readonly n: number;
  /** Sum in millionths. */
  readonly micro: number;
  /** Bin codes, ascending, and how often each was seen; views of the answer. */
  readonly codes: Uint16Array;
  readonly counts: Uint32Array;
}

/** What a statement selects for `eachStoredRow`. Whole numbers below 2^53 are exact as floats. */
export const STORED_COLUMNS =
  'tenant, metric, stage, dim, value, toUnixTimestamp(t) AS at, toFloat64(n) AS seen, toFloat64(sum) AS micro, bins, counts';

/** Rows as columns: a row of `tenant` is `tenant.texts[tenant.keys[row]]`, its bins are between two of `ends`. */
export interface StoredBlock {
  readonly rows: number;
  readonly tenant: Texts;
  readonly metric: Texts;
  readonly stage: Texts;
  readonly dim: Texts;
  readonly value: Texts;
  /** Starts of the buckets, seconds. */
  readonly starts: ArrayLike<number>;
  readonly n: ArrayLike<number>;
  /** Sums in millionths. */
  readonly micro: ArrayLike<number>;
  readonly codes: Uint16Array;
  readonly counts: Uint32Array;
  readonly ends: ArrayLike<number>;
}

interface Texts {
  readonly keys: ArrayLike<number>;
  readonly texts: readonly string[];
}

export function eachStoredBlock(answer: Uint8Array, tell: (block: StoredBlock) => void): void {
  for (const block of storedBlocks(answer)) tell(block);
}

export function* storedBlocks(answer: Uint8Array): Generator<StoredBlock> {
  for (let offset = 0; offset < answer.length; ) {
    const view = readBlock(answer, offset);
    offset = view.end ?? answer.length;
    const column = (name: string): ColumnView => {
      const found = view.columns.get(name);
      if (!found) throw new Error(`no column ${name} in the answer`);
      return found;
    };
    if (view.rows === 0) continue;
    const number = (name: string): ArrayLike<number> => (column(name) as FixedView).values as Float64Array;
    const [bins, counts] = [column('bins') as ArrayView, column('counts') as ArrayView];
    yield {
      rows: view.rows,
      tenant: textsOf(column('tenant')),
      metric: textsOf(column('metric')),
      stage: textsOf(column('stage')),
      dim: textsOf(column('dim')),
      value: textsOf(column('value')),
      starts: number('at'),
      n: number('seen'),
      micro: number('micro'),
      codes: (bins.inner as FixedView).values as Uint16Array,
      counts: (counts.inner as FixedView).values as Uint32Array,
      ends: bins.ends,
    };
  }
}

function textsOf(column: ColumnView): Texts {
  if (column instanceof DictionaryView) return { keys: column.keys, texts: column.dictionary };
  const known = new Map<string, number>();
  const keys = Array.from({ length: column.rows }, (_, row) => {
    const text = column.at(row) as string;
    const key = known.get(text) ?? known.size;
    known.set(text, key);
    return key;
  });
  return { keys, texts: [...known.keys()] };
}

export function eachStoredRow(answer: Uint8Array, tell: (row: StoredRow) => void): void {
  eachStoredBlock(answer, (block) => eachRowOf(block, tell));
}

export function eachRowOf(block: StoredBlock, tell: (row: StoredRow) => void): void {
  const text = ({ keys, texts }: Texts, row: number): string => texts[keys[row]!]!;
  for (let row = 0; row < block.rows; row++) {
    const [from, to] = [row === 0 ? 0 : block.ends[row - 1]!, block.ends[row]!];
    tell({
      tenant: text(block.tenant, row),
      metric: text(block.metric, row) as RollupMetricName,
      stage: text(block.stage, row),
      dim: text(block.dim, row),
      value: text(block.value, row),
      t_ms: block.starts[row]! * 1000,
      n: block.n[row]!,
      micro: block.micro[row]!,
      codes: block.codes.subarray(from, to),
      counts: block.counts.subarray(from, to),
    });
  }
}
