export { createStore, type ScopedStore, type Store } from './client.ts';
export { type StoreError, StoreFailure } from './errors.ts';
export { createLoader, type Loader, type LoadListener, type SegmentStore } from './load.ts';
export type { Scope } from './scope.ts';
