export { DIMENSIONS, PAIR_SEPARATOR, type RollupRow, Tally } from './builder.ts';
export { createRollupKeeper, type RollupKeeper, type Unstored } from './keeper.ts';
export { packRows, unpackRows } from './packed.ts';
export {
  createRollupReader,
  type KeyCondition,
  type RollupQuestion,
  type RollupReader,
  type Told,
  tallyOf,
  wholeHours,
} from './reader.ts';
export { type Bucket, HOUR_MS } from './swap.ts';
export { createTokenCounts } from './tokens.ts';
