/** How much a folder takes on the disk. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from './clock.ts';

/** Walking thousands of files of the engine for every look at the status would be the load itself. */
const FRESH_MS = 30_000;

/** Bytes; a folder that cannot be read counts as empty. */
export function createFolderSize(folder: string, clock: Clock): () => Promise<number> {
  let used: Promise<number> = Promise.resolve(0);
  let measured_ms = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock.monotonic() - measured_ms > FRESH_MS) {
      measured_ms = clock.monotonic();
      used = sizeOf(folder);
    }
    return used;
  };
}

async function sizeOf(folder: string): Promise<number> {
  let total = 0;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) total += await sizeOf(path);
    else if (entry.isFile()) total += (await stat(path).catch(() => ({ blocks: 0 }))).blocks * 512;
  }
  return total;
}
