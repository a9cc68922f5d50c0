/**
 * The journal of dedup ids of logs whose rows are loaded and whose files are gone.
 *
 * `NNNNNNNNNN.ids` has the form of a log: one commit of id frames for every log that was released into it, the
 * first of which gave it its name. A file is closed at 8 MB or an hour, so a busy day makes dozens of files and
 * not one per log. It is deleted when all of it is older than the dedup window: by age, or because newer files
 * hold a whole window of ids of every window that occurs in it.
 *
 * An append that failed is cut off again; where it cannot be cut, the next append begins a new file or stands
 * behind the damage, and the reader finds it by its magic. Ids that stand twice do no harm.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { nameOf, numbered, syncDir, writeAll } from './files.ts';
import { type Commit, encodeCommit, type Frame, IDS_FRAME, parseLog, type StoredFrame } from './format.ts';

/** Ids outlive their log by the dedup window in time. */
export const IDS_KEPT_MS = 24 * 3600_000;
/** The dedup window in ids (ingest/dedup.ts): what is older than so many newer ones is not known any more. */
const IDS_KEPT = 10_000_000;
const FILE_BYTES = 8 * 1024 * 1024;
const FILE_AGE_MS = 3600_000;
const ID_BYTES = 8;

export type VisitIds = (window: string, ids: Buffer, time: number) => void;

export interface IdJournal {
  /** Adds the ids of a log; durable when it resolves. */
  append(number: number, commits: readonly Commit[]): Promise<void>;
  /** Everything that is kept, oldest first. */
  replay(visit: VisitIds): Promise<void>;
  /** What is known of the files. */
  files(): readonly IdFile[];
  close(): Promise<void>;
}

/** What one file holds. */
export interface IdFile {
  number: number;
  /** Ids per window. */
  counts: Map<string, number>;
}

export function openIdJournal(dir: string, clock: Clock, files: readonly IdFile[] = []): IdJournal {
  const pathOf = (number: number): string => join(dir, `${nameOf(number)}.ids`);
  /** What the files hold, as far as they were read or written by this process. */
  const known = new Map(files.map((one) => [one.number, one]));
  let current: (IdFile & { file: FileHandle; bytes: number; opened: number }) | undefined;

  async function append(number: number, commits: readonly Commit[]): Promise<void> {
    const frames = mergedFrames(commits);
    if (frames.length === 0) return;
    if (current && (current.bytes >= FILE_BYTES || clock.monotonic() - current.opened >= FILE_AGE_MS)) {
      await close();
      await dropOld();
    }
    current ??= await openFile(number);
    const target = current;
    const parts = encodeCommit(0, commits[0]?.time ?? 0, frames);
    try {
      await writeAll(target.file, parts, target.bytes);
      await target.file.datasync();
    } catch (error) {
      await target.file.truncate(target.bytes).catch(close);
      throw error;
    }
    for (const part of parts) target.bytes += part.length;
    for (const frame of frames) count(target, frame.name, frame.rows);
  }

  async function openFile(number: number): Promise<NonNullable<typeof current>> {
    const file = await open(pathOf(number), constants.O_RDWR | constants.O_CREAT, 0o600);
    await syncDir(dir);
    const { size } = await file.stat();
    const made = {
      number,
      counts: known.get(number)?.counts ?? new Map<string, number>(),
      file,
      bytes: size,
      opened: clock.monotonic(),
    };
    known.set(number, made);
    return made;
  }

  async function replay(visit: VisitIds): Promise<void> {
    for (const number of await numbered(dir, 'ids')) {
      const entry: IdFile = { number, counts: new Map() };
      known.set(number, entry);
      visitIds(parseLog(await readFile(pathOf(number))).commits, (window, ids, time) => {
        count(entry, window, ids.length / ID_BYTES);
        visit(window, ids, time);
      });
    }
    await dropOld();
  }

  async function dropOld(): Promise<void> {
    const horizon = clock.now() - IDS_KEPT_MS;
    const newer = new Map<string, number>();
    for (const number of (await numbered(dir, 'ids')).reverse()) {
      const entry = known.get(number);
      const needless =
        number !== current?.number &&
        ((await stat(pathOf(number))).mtimeMs < horizon ||
          (entry !== undefined &&
            [...entry.counts.keys()].every((window) => (newer.get(window) ?? 0) >= IDS_KEPT)));
      if (needless) {
        await unlink(pathOf(number));
        known.delete(number);
      } else for (const [window, n] of entry?.counts ?? []) newer.set(window, (newer.get(window) ?? 0) + n);
    }
  }

  async function close(): Promise<void> {
    const last = current;
    current = undefined;
    await last?.file.close();
  }

  return {
    append,
    replay,
    files: () => [...known.values()].map(({ number, counts }) => ({ number, counts })),
    close,
  };
}

function count(entry: IdFile, window: string, ids: number): void {
  entry.counts.set(window, (entry.counts.get(window) ?? 0) + ids);
}

/** The id frames of a log, one per window. */
function mergedFrames(commits: readonly Commit[]): Frame[] {
  const merged = new Map<string, StoredFrame[]>();
  for (const commit of commits)
    for (const frame of commit.frames) {
      if (frame.kind !== IDS_FRAME) continue;
      const list = merged.get(frame.name) ?? [];
      list.push(frame);
      merged.set(frame.name, list);
    }
  return [...merged].map(([name, list]) => ({
    kind: IDS_FRAME,
    name,
    rows: list.reduce((sum, one) => sum + one.rows, 0),
    parts: list.map((one) => one.bytes),
  }));
}

export function visitIds(commits: readonly Commit[], visit: VisitIds): void {
  for (const commit of commits)
    for (const frame of commit.frames)
      if (frame.kind === IDS_FRAME) visit(frame.name, frame.bytes, commit.time);
}
