import type { Clock } from '../base/clock.ts';

/** Buckets that are kept; beyond them the fullest are forgotten, which takes nothing from anybody. */
const BUCKETS_MOST = 10_000;

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
    if (!buckets.has(name) && buckets.size >= BUCKETS_MOST)
      for (const [other, each] of buckets) if (refill(each, now) >= burst) buckets.delete(other);
    buckets.set(name, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}
