import type { ColumnBuilder } from './column.ts';
import { FixedColumn, type Kind, NullableColumn } from './fixed.ts';
import { ArrayColumn, MapColumn } from './lists.ts';
import { DictionaryColumn, StringColumn } from './texts.ts';

const FIXED: Record<string, [Kind, number]> = {
  UInt8: ['u8', 1],
  UInt16: ['u16', 2],
  UInt32: ['u32', 4],
  Int32: ['i32', 4],
  UInt64: ['u64', 8],
  Int64: ['i64', 8],
  Float32: ['f32', 4],
  Float64: ['f64', 8],
  BFloat16: ['bf16', 2],
  Date: ['date', 2],
  "DateTime('UTC')": ['u32', 4],
  "DateTime64(3, 'UTC')": ['ms', 8],
  "DateTime64(9, 'UTC')": ['ns', 8],
};

/** The builder for a ClickHouse type name of the contract's tables; an unknown one is a bug. */
export function columnBuilder(type: string): ColumnBuilder {
  const fixed = FIXED[type];
  if (fixed) return new FixedColumn(...fixed);
  if (type === 'String') return new StringColumn();
  if (type === 'LowCardinality(String)') return new DictionaryColumn();
  if (type === 'Map(String, String)') return new MapColumn();
  const bytes = /^FixedString\((\d+)\)$/.exec(type);
  if (bytes) return new FixedColumn('bytes', Number(bytes[1]));
  const inner = /^(Array|Nullable)\((.*)\)$/.exec(type);
  if (inner?.[1] === 'Array') return new ArrayColumn(columnBuilder(inner[2]!));
  if (inner?.[1] === 'Nullable') return new NullableColumn(columnBuilder(inner[2]!) as FixedColumn);
  throw new Error(`no column builder for ${type}`);
}
