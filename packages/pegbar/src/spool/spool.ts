/**
 * The spool: what makes an acknowledgement true.
 *
 * **Promise.** `commit` resolves when the rows and the ids that guard them against a second arrival are on
 * disk (one write, one fdatasync). From then on they will be in the store exactly once, whatever process dies.
 *
 * **Layout.** `log/NNNNNNNNNN.log` holds the commits of one or two seconds (format.ts). A log belongs to one
 * UTC day of ingest. All rows of one table in one log are a *segment*: they are loaded by one INSERT, which
 * makes one part, so the store holds none or all of them. Rows carry the log's number in `seg`.
 * `ids/NNNNNNNNNN.ids` keeps the dedup ids of a log after its rows were loaded and the log is gone.
 *
 * **Life of a log.** open → (1 s, 64 MB, 250,000 rows or midnight) → closed → loaded segment by segment →
 * released: ids are written and synced first, then the log is unlinked. A log that cannot be read is moved to
 * `quarantine/` and what could be read of it is loaded; a segment that the engine refuses for its content goes
 * to `dead/`, from where `pegbar replay` sends it again.
 *
 * **Invariants.** (1) An id is known only with its rows: both are in one commit. (2) A commit that failed is
 * cut off the file before the next one is written; if it cannot be cut, the log is closed at its good length.
 * (3) Numbers only grow, also across restarts: a number names one set of rows for ever. (4) Nothing acknowledged
 * is deleted before the store has confirmed its rows with fsync.
 *
 * **Recovery.** At start every log is parsed; a torn tail was never acknowledged and is cut; damage between
 * good commits is counted, logged and kept in quarantine. All logs are then closed and loaded; whether the
 * store has a segment already is asked by counting its rows (store/load.ts).
 *
 * **Limits.** A log is bounded in bytes, rows and age. How many may wait is the intake's to say (`backlog`): beyond
 * it, and when the disk is nearly full, ingest is refused with Retry-After. Nothing is dropped.
 */
import { randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  truncate,
  unlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import {
  BLOCK_FRAME,
  type Commit,
  encodeCommit,
  type Frame,
  IDS_FRAME,
  parseLog,
  type StoredFrame,
} from './format.ts';

/** A log is closed at this age, so that what was sent can be queried a second later. */
const LOG_AGE_MS = 700;
/** A log is read whole by the loader: this bounds its memory. */
const LOG_BYTES = 64 * 1024 * 1024;
/** Large enough that parts need little merging, small enough to load in well under a second. */
const LOG_ROWS = 250_000;
/** Ids outlive their log by the dedup window. */
export const IDS_KEPT_MS = 24 * 3600_000;

export interface SpoolOptions {
  dir: string;
  clock: Clock;
  counters: Counters;
  log: Log;
}

export interface Place {
  /** Goes into the rows' `seg`; unique over all nodes and for ever. */
  seg: number;
  /** UTC day of ingest, days since the epoch. */
  day: number;
}

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

export interface Spool {
  /** Writes one commit. `frames` is called with the place its rows go to: their `seg` and their day of ingest. */
  commit(frames: (place: Place) => readonly Frame[]): Promise<void>;
  /** Closes the open log now, if it holds anything. */
  roll(): Promise<void>;
  /** Closed logs, oldest first. */
  closed(): readonly ClosedLog[];
  read(log: ClosedLog): Promise<Segments>;
  release(log: ClosedLog): Promise<void>;
  /** Puts a refused segment aside for `pegbar replay`. */
  bury(number: number, table: string, blocks: readonly Buffer[], reason: string): Promise<void>;
  deadLetters(): Promise<DeadLetter[]>;
  exhume(name: string): Promise<Buffer>;
  forget(name: string): Promise<void>;
  /** Replays the ids of the window, oldest first. */
  ids(visit: (window: string, ids: Buffer, time: number) => void): Promise<void>;
  /** Bytes waiting for the store, the open log included. */
  backlog(): { bytes: number; rows: number; oldestMs: number };
  onClosed(listener: () => void): void;
  close(): Promise<void>;
}

export interface DeadLetter {
  name: string;
  table: string;
  bytes: number;
  at: number;
}

interface OpenLog {
  number: number;
  file: FileHandle;
  path: string;
  bytes: number;
  rows: number;
  opened: number;
  day: number;
  commits: number;
}

const nameOf = (number: number): string => String(number).padStart(10, '0');
const dayOf = (ms: number): number => Math.floor(ms / 86_400_000);

export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { dir, clock, counters, log } = options;
  const paths = {
    log: join(dir, 'log'),
    ids: join(dir, 'ids'),
    dead: join(dir, 'dead'),
    quarantine: join(dir, 'quarantine'),
  };
  for (const path of Object.values(paths)) await mkdir(path, { recursive: true, mode: 0o700 });

  const closed: ClosedLog[] = [];
  /** Id frames of logs that were read, until they are released. */
  const idFrames = new WeakMap<ClosedLog, readonly Commit[]>();
  const listeners: (() => void)[] = [];
  const numbers = await openNumbers(dir);
  let openLog: OpenLog | undefined;
  const segOf = (number: number): number => numbers.node * 2 ** 32 + number;

  await recover();

  async function recover(): Promise<void> {
    for (const number of await numbered(paths.log, 'log')) {
      const path = join(paths.log, `${nameOf(number)}.log`);
      const parsed = parseLog(await readFile(path));
      if (parsed.damaged > 0) {
        counters.add('pegbar_spool_damaged_commits_total', {}, parsed.damaged);
        log.error(
          { file: path, commits: parsed.damaged },
          'a spool log is damaged; the rest of it is loaded, the file is kept in quarantine',
        );
        await copyFile(path, join(paths.quarantine, `${nameOf(number)}.log`), constants.COPYFILE_FICLONE);
      }
      if (parsed.tornBytes > 0) {
        counters.add('pegbar_spool_torn_bytes_total', {}, parsed.tornBytes);
        await truncate(path, parsed.goodBytes);
      }
      const rows = parsed.commits.reduce((sum, commit) => sum + rowsOf(commit), 0);
      if (parsed.commits.length === 0) await unlink(path);
      else
        closed.push({
          number,
          seg: segOf(number),
          bytes: parsed.goodBytes,
          rows,
          opened: parsed.commits[0]!.time,
        });
    }
    await syncDir(paths.log);
  }

  async function openNext(): Promise<OpenLog> {
    const number = await numbers.next();
    const path = join(paths.log, `${nameOf(number)}.log`);
    const file = await open(path, 'ax', 0o600);
    await syncDir(paths.log);
    const now = clock.now();
    return { number, file, path, bytes: 0, rows: 0, opened: now, day: dayOf(now), commits: 0 };
  }

  async function closeOpen(): Promise<void> {
    if (!openLog) return;
    const done = openLog;
    openLog = undefined;
    await done.file.close();
    if (done.commits === 0) {
      await unlink(done.path);
      return;
    }
    closed.push({
      number: done.number,
      seg: segOf(done.number),
      bytes: done.bytes,
      rows: done.rows,
      opened: done.opened,
    });
    for (const listener of listeners) listener();
  }

  function due(target: OpenLog): boolean {
    const now = clock.now();
    return (
      target.bytes >= LOG_BYTES ||
      target.rows >= LOG_ROWS ||
      (target.commits > 0 && now - target.opened >= LOG_AGE_MS) ||
      target.day !== dayOf(now)
    );
  }

  async function commit(make: (place: Place) => readonly Frame[]): Promise<void> {
    if (openLog && due(openLog)) await closeOpen();
    openLog ??= await openNext();
    const target = openLog;
    if (target.commits === 0) target.opened = clock.now();
    const frames = make({ seg: segOf(target.number), day: target.day });
    const parts = encodeCommit(target.commits, clock.now(), frames);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    try {
      await writeAll(target.file, parts, target.bytes);
      await target.file.datasync();
    } catch (error) {
      counters.add('pegbar_spool_write_errors_total');
      await target.file.truncate(target.bytes).catch(() => closeOpen());
      throw error;
    }
    target.commits++;
    target.bytes += bytes;
    for (const frame of frames) if (frame.kind === BLOCK_FRAME) target.rows += frame.rows;
    if (due(target)) await closeOpen();
  }

  // Commits and rolls take turns: both move the open log.
  let lane: Promise<unknown> = Promise.resolve();
  const inLane = <T>(task: () => Promise<T>): Promise<T> => {
    const run = lane.then(task, task);
    lane = run.catch(() => undefined);
    return run;
  };

  const stopTimer = clock.every(LOG_AGE_MS / 4, () => {
    if (openLog && openLog.commits > 0 && due(openLog))
      void inLane(async () => (openLog && due(openLog) ? closeOpen() : undefined));
  });

  const logPath = (number: number): string => join(paths.log, `${nameOf(number)}.log`);

  return {
    commit: (frames) => inLane(() => commit(frames)),
    roll: () => inLane(closeOpen),
    closed: () => closed,
    async read(target) {
      const { commits } = parseLog(await readFile(logPath(target.number)));
      idFrames.set(target, onlyIds(commits));
      return { seg: target.seg, tables: byTable(commits) };
    },
    async release(target) {
      const commits = idFrames.get(target) ?? parseLog(await readFile(logPath(target.number))).commits;
      await writeIds(join(paths.ids, `${nameOf(target.number)}.ids`), commits);
      await syncDir(paths.ids);
      await unlink(logPath(target.number));
      closed.splice(closed.indexOf(target), 1);
      await dropOldIds();
    },
    async bury(number, table, blocks, reason) {
      const path = join(paths.dead, `${nameOf(number)}.${table}.native`);
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
        const info = await stat(join(paths.dead, name));
        letters.push({ name, table: name.split('.')[1] ?? '', bytes: info.size, at: info.mtimeMs });
      }
      return letters;
    },
    exhume: (name) => readFile(join(paths.dead, safeName(name))),
    forget: (name) => unlink(join(paths.dead, safeName(name))),
    async ids(visit) {
      await dropOldIds();
      for (const number of await numbered(paths.ids, 'ids'))
        visitIds(parseLog(await readFile(join(paths.ids, `${nameOf(number)}.ids`))).commits, visit);
      for (const target of closed) visitIds(parseLog(await readFile(logPath(target.number))).commits, visit);
    },
    backlog() {
      let bytes = openLog?.bytes ?? 0;
      let rows = openLog?.rows ?? 0;
      for (const one of closed) {
        bytes += one.bytes;
        rows += one.rows;
      }
      const oldest = closed[0]?.opened ?? (openLog?.commits ? openLog.opened : undefined);
      return { bytes, rows, oldestMs: oldest === undefined ? 0 : clock.now() - oldest };
    },
    onClosed: (listener) => void listeners.push(listener),
    async close() {
      stopTimer();
      await inLane(closeOpen);
    },
  };

  async function dropOldIds(): Promise<void> {
    const horizon = clock.now() - IDS_KEPT_MS;
    for (const number of await numbered(paths.ids, 'ids')) {
      const path = join(paths.ids, `${nameOf(number)}.ids`);
      const { mtimeMs } = await stat(path);
      if (mtimeMs >= horizon) break;
      await unlink(path);
    }
  }
}

function rowsOf(commit: Commit): number {
  let rows = 0;
  for (const frame of commit.frames) if (frame.kind === BLOCK_FRAME) rows += frame.rows;
  return rows;
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

function visitIds(
  commits: readonly Commit[],
  visit: (window: string, ids: Buffer, time: number) => void,
): void {
  for (const commit of commits)
    for (const frame of commit.frames)
      if (frame.kind === IDS_FRAME) visit(frame.name, frame.bytes, commit.time);
}

/** The id frames of a log, as a log of one commit. Written whole, synced, then renamed into place. */
async function writeIds(path: string, commits: readonly Commit[]): Promise<void> {
  const frames: Frame[] = [];
  const merged = new Map<string, StoredFrame[]>();
  for (const commit of commits)
    for (const frame of commit.frames) {
      if (frame.kind !== IDS_FRAME) continue;
      const list = merged.get(frame.name) ?? [];
      list.push(frame);
      merged.set(frame.name, list);
    }
  for (const [name, list] of merged)
    frames.push({
      kind: IDS_FRAME,
      name,
      rows: list.reduce((sum, one) => sum + one.rows, 0),
      parts: list.map((one) => one.bytes),
    });
  const file = await open(`${path}.tmp`, 'w', 0o600);
  await writeAll(file, encodeCommit(0, commits[0]?.time ?? 0, frames), 0);
  await file.datasync();
  await file.close();
  await rename(`${path}.tmp`, path);
}

/** writev may write less than asked for. */
async function writeAll(file: FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  let at = position;
  let rest = parts.filter((part) => part.length > 0);
  while (rest.length > 0) {
    const batch = rest.slice(0, 512);
    const { bytesWritten } = await file.writev(batch, at);
    at += bytesWritten;
    rest = after(batch, bytesWritten).concat(rest.slice(512));
  }
}

function after(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  const rest: Uint8Array[] = [];
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length;
    else {
      rest.push(part.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}

async function numbered(dir: string, extension: string): Promise<number[]> {
  const numbers: number[] = [];
  for (const name of await readdir(dir)) {
    const match = /^(\d{10})\.(\w+)$/.exec(name);
    if (match && match[2] === extension) numbers.push(Number(match[1]));
  }
  return numbers.sort((a, b) => a - b);
}

/** Numbers are reserved ahead in lots, one sync per lot, so that none is ever given twice. */
const NUMBERS_PER_LOT = 1000;

/**
 * The source of log numbers and the number of this node (21 random bits, made once per data directory), so
 * that `seg` is unique over nodes and fits a JavaScript integer.
 */
async function openNumbers(dir: string): Promise<{ node: number; next(): Promise<number> }> {
  const path = join(dir, 'numbers.json');
  const stored = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as { node: number; reserved: number },
    () => ({ node: randomInt(1, 2 ** 21), reserved: 0 }),
  );
  let last = stored.reserved;
  let reserved = stored.reserved;
  async function reserve(): Promise<void> {
    reserved += NUMBERS_PER_LOT;
    const file = await open(`${path}.tmp`, 'w', 0o600);
    await file.writeFile(JSON.stringify({ node: stored.node, reserved }));
    await file.sync();
    await file.close();
    await rename(`${path}.tmp`, path);
    await syncDir(dir);
  }
  return {
    node: stored.node,
    async next() {
      if (last >= reserved) await reserve();
      return ++last;
    },
  };
}

function safeName(name: string): string {
  if (!/^\d{10}\.[a-z_]+\.native$/.test(name)) throw new Error(`not the name of a dead letter: ${name}`);
  return name;
}

async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  await handle.sync();
  await handle.close();
}
