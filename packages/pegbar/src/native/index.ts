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
export {
  ArrayView,
  BlockError,
  type BlockView,
  type ColumnView,
  DictionaryView,
  FixedView,
  MapView,
  NullableView,
  type ReadOptions,
  readBlock,
  TextView,
} from './reader.ts';
