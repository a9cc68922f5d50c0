import type { Clock } from '../base/clock.ts';
import type { ScopedStore, TenantScope } from '../store/index.ts';

/** What questions need. `Store` of the store room is one. */
export interface ExploreDeps {
  store: { scoped(scope: TenantScope): ScopedStore };
  clock: Clock;
  /** Whether the file of a picture is kept here, so that it can be an example. */
  kept?: ((tenant: string, image_id: string) => Promise<boolean>) | undefined;
}

/** How one question is asked: whose rows, and when the caller is no longer interested. */
export interface Asking {
  scope: TenantScope;
  signal?: AbortSignal | undefined;
}
