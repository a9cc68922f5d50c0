import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tally } from './tally.ts';

/** How far an import came: everything up to and with `line` was answered by the server. */
export interface Cursor {
  /** Last line before the last batch. */
  from: number;
  line: number;
  tally: Tally;
}

/**
 * Remembers between runs how far a file was sent, so that an interrupted import goes on where it stopped. Only a
 * saving of work: a cursor that is lost costs duplicates, which the server recognises, never rows.
 */
export interface Cursors {
  read(key: string): Promise<Cursor | undefined>;
  write(key: string, cursor: Cursor): Promise<void>;
  clear(key: string): Promise<void>;
}

const FORMAT = 1;
/** Nobody goes on with an import after this long; the server's own ids take over. */
const CURSOR_LIFE_MS = 90 * 86_400_000;
const HEAD_BYTES = 65_536;

export function fileCursors(directory: string, now: () => number): Cursors {
  const path = (key: string): string => join(directory, `${key}.json`);
  return {
    async read(key) {
      await sweep(directory, now());
      try {
        const kept = JSON.parse(await readFile(path(key), 'utf8')) as { format: number } & Cursor;
        return kept.format === FORMAT ? { from: kept.from, line: kept.line, tally: kept.tally } : undefined;
      } catch {
        // No cursor, or one that was cut by a crash: the import begins at the start.
        return undefined;
      }
    },
    async write(key, cursor) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const beside = `${path(key)}.${process.pid}`;
      await writeFile(beside, JSON.stringify({ format: FORMAT, ...cursor }), { mode: 0o600 });
      await rename(beside, path(key));
    },
    async clear(key) {
      await rm(path(key), { force: true });
    },
  };
}

async function sweep(directory: string, now: number): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found && now - found.mtimeMs > CURSOR_LIFE_MS) await rm(join(directory, name), { force: true });
  }
}

/**
 * What a file is: path, size, time of change and digest of its head. A file that was changed is another file and
 * is sent from its start; one that only grew is too, and its old lines come back as duplicates.
 */
export async function fileIdentity(path: string): Promise<{ identity: string; size: number }> {
  const whole = await realpath(path);
  const file = await open(whole, 'r');
  try {
    const { size, mtimeMs } = await file.stat();
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const digest = createHash('sha256').update(head.subarray(0, bytesRead)).digest('hex');
    return { identity: JSON.stringify([whole, size, mtimeMs, digest]), size };
  } finally {
    await file.close();
  }
}

/** Key of a cursor: the same file sent to another server is another import. */
export const cursorKey = (kind: string, identity: string, server: string): string =>
  `${kind}-${createHash('sha256')
    .update(JSON.stringify([identity, server]))
    .digest('hex')
    .slice(0, 32)}`;
