import type { Clock } from '../base/clock.ts';

/** Buckets that are kept; beyond them those that were silent longest are forgotten, which are the fullest. */
const BUCKETS_MOST = 10_000;
/** Forgotten at once: a map finds its first entry the slower, the more were taken from its front. */
const FORGOTTEN = 1_000;

/** A token bucket per name. Answers whether one more may pass now. */
export function createRateLimit(options: {
  clock: Clock;
  perSecond: number;
  burst: number;
}): (name: string) => boolean {
  const { clock, perSecond, burst } = options;
  const buckets = new Map<string, { tokens: number; at: number }>();
  const refill = (bucket: { tokens: number; at: number }, now: number): number =>
    Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
  return (name) => {
    const now = clock.monotonic();
    const bucket = buckets.get(name) ?? { tokens: burst, at: now };
    bucket.tokens = refill(bucket, now);
    bucket.at = now;
    // Put last: the first of the map is the one that was silent longest.
    buckets.delete(name);
    if (buckets.size >= BUCKETS_MOST)
      for (const silent of [...buckets.keys()].slice(0, FORGOTTEN)) buckets.delete(silent);
    buckets.set(name, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}
