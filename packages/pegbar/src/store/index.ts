export { type CallOptions, createStore, type ScopedStore, type Store } from './client.ts';
export { type StoreError, StoreFailure } from './errors.ts';
export {
  createLoader,
  type Derived,
  type InsertResult,
  type Loader,
  type LoadListener,
  type SegmentStore,
} from './load.ts';
export { mergedRows, valuesOfOneRow } from './merged.ts';
export { migrate, shippedMigrations } from './migrate.ts';
export { isPinned, pinTrace, unpinTrace } from './pins.ts';
export { startPurge } from './purge.ts';
export { createRetention, type DiskUsage, type Retention } from './retention.ts';
export type { RetentionPolicy } from './retention-plan.ts';
export { type TenantScope, TOTAL_TENANT } from './scope.ts';
export { segmentStore } from './segments.ts';
export { type TableSpace, tableSpaces } from './space.ts';
export { hashText, viewSelects } from './views.ts';
export { createWall, SQL_LIMITS, type SqlAnswer, type Wall } from './wall.ts';
