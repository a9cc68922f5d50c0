/**
 * Stands in for the cache of mutations of @tanstack/query-core (`vite.config.ts`): there are none. A `useMutation`
 * would fail at once; acts go through `useAct`.
 */
export class MutationCache {
  clear(): void {}
  findAll(): readonly never[] {
    return [];
  }
  resumePausedMutations(): Promise<void> {
    return Promise.resolve();
  }
}
