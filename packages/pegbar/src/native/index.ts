export { BlockBuilder } from './block.ts';
export { Bytes, fromUtf8, utf8 } from './bytes.ts';
export type { ColumnBuilder } from './column.ts';
export { Dictionary } from './dictionary.ts';
export { FixedColumn, NullableColumn } from './fixed.ts';
export { ArrayColumn, MapColumn } from './lists.ts';
export { BlockError, type BlockView, type ReadOptions, readBlock } from './reader.ts';
export { DictionaryColumn, StringColumn } from './texts.ts';
export {
  ArrayView,
  type ColumnView,
  DictionaryView,
  FixedView,
  MapView,
  NullableView,
  TextView,
} from './views.ts';
