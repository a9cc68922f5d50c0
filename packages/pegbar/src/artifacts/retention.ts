import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Artifacts } from './artifacts.ts';

/** Retention is told in days: a few looks a day are enough. */
const EVERY_MS = 6 * 3_600_000;

export interface ArtifactRetentionDeps {
  artifacts: Pick<Artifacts, 'expire'>;
  /** Every tenant, and how long its pictures are kept after they came. */
  tenants(): readonly { name: string; keep_ms: number }[];
  clock: Clock;
  log: Log;
}

/** Deletes pictures that were kept long enough: now, and then some times a day. Returns how to stop. */
export function startArtifactRetention({
  artifacts,
  tenants,
  clock,
  log,
}: ArtifactRetentionDeps): () => void {
  async function look(): Promise<void> {
    for (const { name, keep_ms } of tenants()) {
      const files = await artifacts.expire(name, clock.now() - keep_ms);
      if (files > 0) log.info({ tenant: name, files }, 'pictures past their retention were deleted');
    }
  }
  const safely = (): void => {
    look().catch((error: unknown) =>
      log.warn({ error: String(error) }, 'pictures could not be cleaned up; tried again later'),
    );
  };
  safely();
  return clock.every(EVERY_MS, safely);
}
