import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What a server was sent already, by path, size and time of change, so that a second run need not read the files
 * again. Only a saving of work: the server knows every picture by its digest. Before anything is believed, a picture
 * of the last batch is sent once more and must come back as a duplicate: behind the same address there may be a new
 * store.
 */
export interface Journal {
  /** Set once a probe came back as a duplicate; taken back where the server was away, for it may be another one now. */
  proven: boolean;
  has(key: string): boolean;
  /** Paths of which the last one that still is there proves the journal; newest first. */
  readonly probes: readonly Buffer[];
  /** Remembers a batch that was answered. */
  add(keys: readonly string[], probe: Buffer): Promise<void>;
  /** Believes nothing any longer. */
  forget(): Promise<void>;
}

/** A line of the journal is a batch. */
interface Line {
  keys: string[];
  probe: string;
}

/** A million pictures are 20 MB; beyond it the journal begins anew and costs one reading of the folder. */
const JOURNAL_MOST_BYTES = 64 * 1_048_576;
const PROBES_MOST = 8;

export const sentKey = (path: Buffer, size: number, mtime_ms: number): string =>
  createHash('sha256').update(path).update(`\0${size}\0${mtime_ms}`).digest('base64url').slice(0, 16);

/** `name` tells apart servers, tenants and what is said of the pictures. */
export async function openJournal(directory: string, name: string): Promise<Journal> {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  const path = join(directory, `images-${digest}.log`);
  const keys = new Set<string>();
  const probes: Buffer[] = [];
  const remember = (probe: Buffer): void => {
    probes.unshift(probe);
    probes.length = Math.min(probes.length, PROBES_MOST);
  };
  for (const line of await linesOf(path)) {
    for (const key of line.keys) keys.add(key);
    remember(Buffer.from(line.probe, 'base64'));
  }
  return {
    proven: probes.length === 0,
    probes,
    has: (key) => keys.has(key),
    async add(fresh, probe) {
      if (fresh.length === 0) return;
      for (const key of fresh) keys.add(key);
      remember(probe);
      const line: Line = { keys: [...fresh], probe: probe.toString('base64') };
      // Where nothing can be written the next run reads the files again, and the server knows them.
      await mkdir(directory, { recursive: true, mode: 0o700 })
        .then(() => appendFile(path, `${JSON.stringify(line)}\n`, { mode: 0o600 }))
        .catch(() => undefined);
    },
    async forget() {
      keys.clear();
      probes.length = 0;
      await rm(path, { force: true });
    },
  };
}

async function linesOf(path: string): Promise<Line[]> {
  const lines: Line[] = [];
  try {
    if ((await stat(path)).size > JOURNAL_MOST_BYTES) {
      await rm(path, { force: true });
      return [];
    }
    for (const text of (await readFile(path, 'utf8')).split('\n')) {
      if (text === '') continue;
      const line = JSON.parse(text) as Line;
      if (Array.isArray(line.keys) && typeof line.probe === 'string') lines.push(line);
    }
  } catch {
    // No journal, or one whose last line was cut by a crash: what was read of it is good.
  }
  return lines;
}
