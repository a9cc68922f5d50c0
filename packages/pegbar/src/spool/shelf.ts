/**
 * The shelf: closed logs, as the loader takes them, and the dead letters.
 *
 * It works on files alone, so it may stand in another thread than the spool that writes them: a log that is closed
 * is not written any more, and its release is told to the spool afterwards (`Spool.released`).
 */
import { open, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { nameOf, syncDir, writeAll } from './files.ts';
import { BLOCK_FRAME, type Commit, IDS_FRAME, parseLog } from './format.ts';
import { type IdFile, type IdJournal, openIdJournal } from './ids.ts';

export interface ClosedLog {
  number: number;
  seg: number;
  bytes: number;
  rows: number;
  /** When its first commit was written, ms. */
  opened: number;
}

/** What a closed log holds, by table, ready for one INSERT each. */
export interface Segments {
  seg: number;
  tables: Map<string, { rows: number; blocks: Buffer[] }>;
}

export interface DeadLetter {
  name: string;
  table: string;
  bytes: number;
  at: number;
  /** Why the store refused it; '' where that was not written down. */
  reason: string;
}

export interface Shelf {
  /** The blocks lie in memory that the next `read` uses again. */
  read(log: ClosedLog): Promise<Segments>;
  /** The log is loaded: keeps its ids and deletes it. */
  release(log: ClosedLog): Promise<void>;
  /** Puts a refused segment aside for `pegbar replay`. */
  bury(number: number, table: string, blocks: readonly Buffer[], reason: string): Promise<void>;
  deadLetters(): Promise<DeadLetter[]>;
  exhume(name: string): Promise<Buffer>;
  forget(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface ShelfOptions {
  /** The spool's folder. */
  dir: string;
  clock: Clock;
  counters: Pick<Counters, 'add'>;
  log: Log;
  /** What the spool read of the files of ids; where no journal is given. */
  idFiles?: readonly IdFile[];
  journal?: IdJournal;
}

export interface SpoolFolders {
  log: string;
  ids: string;
  dead: string;
  quarantine: string;
}

export const foldersOf = (dir: string): SpoolFolders => ({
  log: join(dir, 'log'),
  ids: join(dir, 'ids'),
  dead: join(dir, 'dead'),
  quarantine: join(dir, 'quarantine'),
});

const LETTER = '.native';
/** What the engine says of a block may quote much of it. */
const REASON_LENGTH = 1_000;
const reasonOf = (letter: string): string => `${letter}.reason`;

/** The room for a log is let go when no log was read for so long. */
const ROOM_KEPT_MS = 10_000;

export function openShelf(options: ShelfOptions): Shelf {
  const { dir, clock, counters, log } = options;
  const paths = foldersOf(dir);
  const journal = options.journal ?? openIdJournal(paths.ids, clock, options.idFiles);
  /** Id frames of logs that were read, until they are released. */
  const idFrames = new WeakMap<ClosedLog, readonly Commit[]>();
  const room = openRoom(clock);

  return {
    async read(target) {
      const commits = await readLog(paths.log, target, room.take(target.bytes));
      idFrames.set(target, onlyIds(commits));
      return { seg: target.seg, tables: byTable(commits) };
    },
    async release(target) {
      // First the ids, then the log: a crash in between leaves both, which does no harm.
      await journal.append(target.number, idFrames.get(target) ?? (await readLog(paths.log, target)));
      await unlink(join(paths.log, `${nameOf(target.number)}.log`));
    },
    async bury(number, table, blocks, reason) {
      const path = join(paths.dead, `${nameOf(number)}.${table}${LETTER}`);
      await writeFile(reasonOf(path), reason.slice(0, REASON_LENGTH), { mode: 0o600 });
      const file = await open(path, 'w', 0o600);
      await writeAll(file, blocks, 0);
      await file.datasync();
      await file.close();
      await syncDir(paths.dead);
      counters.add('pegbar_dead_letters_total', { table });
      log.error(
        { segment: number, table, reason },
        'the store refused a segment; it is kept among the dead letters',
      );
    },
    async deadLetters() {
      const letters: DeadLetter[] = [];
      for (const name of (await readdir(paths.dead)).sort()) {
        if (!name.endsWith(LETTER)) continue;
        const path = join(paths.dead, name);
        const info = await stat(path);
        const reason = await readFile(reasonOf(path), 'utf8').catch(() => '');
        letters.push({ name, table: name.split('.')[1] ?? '', bytes: info.size, at: info.mtimeMs, reason });
      }
      return letters;
    },
    exhume: (name) => readFile(join(paths.dead, safeName(name))),
    async forget(name) {
      const path = join(paths.dead, safeName(name));
      await unlink(path);
      await rm(reasonOf(path), { force: true });
    },
    close() {
      room.close();
      return journal.close();
    },
  };
}

/** Up to the length that was acknowledged: behind it may stand what could not be cut off. */
export async function readLog(
  dir: string,
  target: ClosedLog,
  room: Buffer = Buffer.allocUnsafeSlow(target.bytes),
): Promise<Commit[]> {
  const file = await open(join(dir, `${nameOf(target.number)}.log`), 'r');
  try {
    let length = 0;
    while (length < target.bytes) {
      const { bytesRead } = await file.read(room, length, target.bytes - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return parseLog(room.subarray(0, length)).commits;
  } finally {
    await file.close();
  }
}

/**
 * One buffer for all logs that are read one after the other. A new one for each would be memory outside of V8's heap,
 * of which every 64 MB make it collect everything.
 */
function openRoom(clock: Clock): { take(bytes: number): Buffer; close(): void } {
  let room: Buffer | undefined;
  let used = false;
  const stop = clock.every(ROOM_KEPT_MS, () => {
    if (!used) room = undefined;
    used = false;
  });
  return {
    take(bytes) {
      used = true;
      if (!room || room.length < bytes) room = Buffer.allocUnsafeSlow(bytes);
      return room.subarray(0, bytes);
    },
    close: stop,
  };
}

/** Copies, so that the log's own bytes can be freed. */
function onlyIds(commits: readonly Commit[]): Commit[] {
  return commits.map((commit) => ({
    ...commit,
    frames: commit.frames
      .filter((frame) => frame.kind === IDS_FRAME)
      .map((frame) => ({ ...frame, bytes: Buffer.from(frame.bytes) })),
  }));
}

function byTable(commits: readonly Commit[]): Segments['tables'] {
  const tables: Segments['tables'] = new Map();
  for (const commit of commits)
    for (const frame of commit.frames) {
      if (frame.kind !== BLOCK_FRAME) continue;
      const segment = tables.get(frame.name) ?? { rows: 0, blocks: [] };
      segment.rows += frame.rows;
      segment.blocks.push(frame.bytes);
      tables.set(frame.name, segment);
    }
  return tables;
}

function safeName(name: string): string {
  if (!/^\d{10,16}\.[a-z_]+\.native$/.test(name)) throw new Error(`not the name of a dead letter: ${name}`);
  return name;
}
