import { statfs } from 'node:fs/promises';
import type { Clock } from './clock.ts';

export interface DiskGauge {
  /** Bytes that are free, as sampled last. */
  free(): number;
  total(): number;
  stop(): void;
}

/** Often enough that a writer at 1 GB/s cannot fill the reserve between two samples. */
const EVERY_MS = 2_000;

/** Samples the free space of the disk that holds `path`. */
export async function watchDisk(path: string, clock: Clock): Promise<DiskGauge> {
  let free = Number.POSITIVE_INFINITY;
  let total = 0;
  async function sample(): Promise<void> {
    const info = await statfs(path);
    free = info.bavail * info.bsize;
    total = info.blocks * info.bsize;
  }
  await sample();
  const stop = clock.every(EVERY_MS, () => void sample().catch(() => undefined));
  return { free: () => free, total: () => total, stop };
}
