import { randomInt } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDir } from './files.ts';

/** Numbers are reserved ahead in lots, one sync per lot, so that none is ever given twice. */
const NUMBERS_PER_LOT = 1000;

/**
 * The source of log numbers and the number of this node (21 random bits, made once per data directory), so
 * that `seg` is unique over nodes and fits a JavaScript integer.
 */
export async function openNumbers(dir: string): Promise<{ node: number; next(): Promise<number> }> {
  const path = join(dir, 'numbers.json');
  const stored = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as { node: number; reserved: number },
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return { node: randomInt(1, 2 ** 21), reserved: 0 };
    },
  );
  let last = stored.reserved;
  let reserved = stored.reserved;

  async function reserve(): Promise<void> {
    const next = reserved + NUMBERS_PER_LOT;
    const file = await open(`${path}.tmp`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify({ node: stored.node, reserved: next }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.tmp`, path);
    await syncDir(dir);
    // Only now: a lot that the disk did not take must be asked for again.
    reserved = next;
  }

  return {
    node: stored.node,
    async next() {
      if (last >= reserved) await reserve();
      return ++last;
    },
  };
}
