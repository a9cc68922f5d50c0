export { DIMENSIONS, PAIR_SEPARATOR, type RollupRow, Tally } from './builder.ts';
export type { ContentKind } from './content-cells.ts';
export { CONTENT_DIMS } from './content-cells.ts';
export type { ContentHourCounts } from './content-count.ts';
export { createContentKeeper, DISTANCE_KIND } from './content-keeper.ts';
export {
  type ContentReader,
  type ContentRow,
  cellKey,
  createContentReader,
  type HeldContent,
} from './content-reader.ts';
export { createRollupKeeper, type RollupKeeper, type Unstored } from './keeper.ts';
export { unpackRows } from './packed.ts';
export {
  createQuarterReader,
  type QuarterReader,
  quartersOf,
  type Stretch,
  type SumsRow,
  sourcesOf,
} from './quarter-reader.ts';
export { QUARTER_MS } from './quarters.ts';
export {
  createRollupReader,
  type KeyCondition,
  type RollupQuestion,
  type RollupReader,
  type Told,
  tallyOf,
  wholeHours,
} from './reader.ts';
export type { StoredBlock } from './stored-rows.ts';
export { type Bucket, HOUR_MS } from './swap.ts';
