export { BlockBuilder } from './block.ts';
export { Bytes, fromUtf8, utf8 } from './bytes.ts';
export {
  ArrayColumn,
  type ColumnBuilder,
  DictionaryColumn,
  FixedColumn,
  MapColumn,
  NullableColumn,
  StringColumn,
} from './columns.ts';
export { Dictionary } from './dictionary.ts';
