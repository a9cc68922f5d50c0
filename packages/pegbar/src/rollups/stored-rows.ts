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

export function eachStoredRow(answer: Uint8Array, tell: (row: StoredRow) => void): void {
  for (let offset = 0; offset < answer.length; ) {
    const view = readBlock(answer, offset);
    offset = view.end ?? answer.length;
    const column = (name: string): ColumnView => {
      const found = view.columns.get(name);
      if (!found) throw new Error(`no column ${name} in the answer`);
      return found;
    };
    if (view.rows === 0) continue;
    const text = (name: string): ((row: number) => string) => {
      const found = column(name);
      if (!(found instanceof DictionaryView)) return (row) => found.at(row) as string;
      const { dictionary, keys } = found;
      return (row) => dictionary[keys[row]!]!;
    };
    const number = (name: string): ArrayLike<number> => (column(name) as FixedView).values as Float64Array;
    const names = (['tenant', 'metric', 'stage', 'dim', 'value'] as const).map(text);
    const [tenant, metric, stage, dim, value] = names as [Text, Text, Text, Text, Text];
    const [at, seen, micro] = [number('at'), number('seen'), number('micro')];
    const [bins, counts] = [column('bins') as ArrayView, column('counts') as ArrayView];
    const code = (bins.inner as FixedView).values as Uint16Array;
    const count = (counts.inner as FixedView).values as Uint32Array;
    for (let row = 0; row < view.rows; row++) {
      const [from, to] = [row === 0 ? 0 : bins.ends[row - 1]!, bins.ends[row]!];
      tell({
        tenant: tenant(row),
        metric: metric(row) as RollupMetricName,
        stage: stage(row),
        dim: dim(row),
        value: value(row),
        t_ms: at[row]! * 1000,
        n: seen[row]!,
        micro: micro[row]!,
        codes: code.subarray(from, to),
        counts: count.subarray(from, to),
      });
    }
  }
}
type Text = (row: number) => string;
