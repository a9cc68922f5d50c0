/**
 * The spool: what makes an acknowledgement true.
 *
 * **Promise.** `commit` resolves when the rows and the ids that guard them against a second arrival are on
 * disk (one write, one fdatasync). From then on they will be in the store exactly once, whatever process dies.
 *
 * **Layout.** `log/NNNNNNNNNN.log` holds the commits of one or two seconds (format.ts). A log belongs to one
 * UTC day of ingest. All rows of one table in one log are a *segment*: they are loaded by one INSERT, which
 * makes one part, so the store holds none or all of them. Rows carry the log's number in `seg`.
 * `ids/` keeps the dedup ids of logs after their rows were loaded and the logs are gone (ids.ts).
 *
 * **Life of a log.** open → (0.7 s, or 2 s where much arrives, 64 MB, 250,000 rows or midnight) → closed → loaded segment by segment →
 * released: ids are written and synced first, then the log is unlinked. A log that cannot be read is moved to
 * `quarantine/` and what could be read of it is loaded; a segment that the engine refuses for its content goes
 * to `dead/`, from where `pegbar replay` sends it again.
 *
 * **Invariants.** (1) An id is known only with its rows: both are in one commit. (2) A commit that failed is
 * cut off the file before the next one is written; if it cannot be cut, the log is closed at its good length.
 * (3) Numbers only grow, also across restarts: a number names one set of rows for ever. (4) Nothing acknowledged
 * is deleted before the store has confirmed its rows with fsync.
 *
 * **Recovery.** At start every log is parsed; a torn tail was never acknowledged and is cut; any other damage
 * is counted, logged and kept in quarantine. All logs are then closed and loaded; whether the store has a
 * segment already is asked by counting its rows (store/load.ts).
 *
 * **Time.** The age of a log is measured on the monotonic clock, so a wall clock that jumps neither holds rows
 * back nor closes logs early; the wall clock gives the day of ingest and the time of a commit.
 *
 * **Limits.** A log is bounded in bytes, rows and age. How many may wait is the intake's to say (`backlog`): beyond
 * it, and when the disk is nearly full, ingest is refused with Retry-After. Nothing is dropped.
 */
import { constants } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, readFile, rename, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { nameOf, numbered, syncDir, writeAll } from './files.ts';
import { BLOCK_FRAME, type Commit, encodeCommit, type Frame, type ParsedLog, parseLog } from './format.ts';
import { type IdFile, openIdJournal, type VisitIds, visitIds } from './ids.ts';
import { openNumbers } from './numbers.ts';
import { type ClosedLog, foldersOf, openShelf, readLog, type Shelf } from './shelf.ts';

/** A log is closed at this age, so that what was sent can be queried a second later. */
const LOG_AGE_MS = 700;
/**
 * A log with this many rows at that age may grow older: each log makes a part per table, and merging small parts
 * costs the engine more than anything else (from 40,000 to 120,000 rows per log a third of its work).
 */
const BUSY_ROWS = 10_000;
const BUSY_AGE_MS = 2_000;
/** A log is read whole by the loader: this bounds its memory. */
const LOG_BYTES = 64 * 1024 * 1024;
/** Large enough that parts need little merging, small enough to load in well under a second. */
const LOG_ROWS = 250_000;

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

export interface Spool extends Omit<Shelf, 'close'> {
  /** Writes one commit. `frames` is called with the place its rows go to: their `seg` and their day of ingest. */
  commit(frames: (place: Place) => readonly Frame[]): Promise<void>;
  /** Closes the open log now, if it holds anything. */
  roll(): Promise<void>;
  /** Closed logs, oldest first. */
  closed(): readonly ClosedLog[];
  /** Takes a log off the list that a shelf of another thread has released. */
  released(number: number): void;
  /** Replays the ids of the window, oldest first. */
  ids(visit: VisitIds): Promise<void>;
  /** What the files of ids hold, as far as `ids` read them: for the shelf of another thread. */
  idFiles(): readonly IdFile[];
  /** Bytes waiting for the store, the open log included. */
  backlog(): { bytes: number; rows: number; age_ms: number };
  onClosed(listener: () => void): void;
  close(): Promise<void>;
}

interface OpenLog {
  number: number;
  file: FileHandle;
  path: string;
  bytes: number;
  rows: number;
  opened: number;
  /** The same on the monotonic clock. */
  since: number;
  day: number;
  commits: number;
}

const dayOf = (ms: number): number => Math.floor(ms / 86_400_000);

export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { dir, clock, counters, log } = options;
  const paths = foldersOf(dir);
  for (const path of Object.values(paths)) await mkdir(path, { recursive: true, mode: 0o700 });

  const closed: ClosedLog[] = [];
  const listeners: (() => void)[] = [];
  const numbers = await openNumbers(dir);
  const journal = openIdJournal(paths.ids, clock);
  const shelf = openShelf({ ...options, journal });
  let openLog: OpenLog | undefined;
  const segOf = (number: number): number => numbers.node * 2 ** 32 + number;
  const logPath = (number: number): string => join(paths.log, `${nameOf(number)}.log`);

  await recover();

  async function recover(): Promise<void> {
    for (const number of await numbered(paths.log, 'log')) {
      const parsed = parseLog(await readFile(logPath(number)));
      if (parsed.tornBytes > 0) counters.add('pegbar_spool_torn_bytes_total', {}, parsed.tornBytes);
      if (parsed.damaged > 0) await reportDamage(number, parsed);
      else if (parsed.tornBytes > 0) await truncate(logPath(number), parsed.goodBytes);
      const opened = parsed.commits[0]?.time;
      if (opened === undefined) {
        if (parsed.damaged === 0) await unlink(logPath(number));
        continue;
      }
      const rows = parsed.commits.reduce((sum, commit) => sum + rowsOf(commit), 0);
      closed.push({ number, seg: segOf(number), bytes: parsed.goodBytes, rows, opened });
    }
    await syncDir(paths.log);
  }

  /** Keeps the damaged file for whoever can read more of it. A full disk must not keep the server from starting. */
  async function reportDamage(number: number, parsed: ParsedLog): Promise<void> {
    const aside = join(paths.quarantine, `${nameOf(number)}.log`);
    counters.add('pegbar_spool_damaged_commits_total', {}, parsed.damaged);
    log.error(
      { file: logPath(number), commits: parsed.damaged },
      'a spool log is damaged; the rest of it is loaded, the file is kept in quarantine',
    );
    if (parsed.commits.length === 0) return rename(logPath(number), aside);
    await copyFile(logPath(number), aside, constants.COPYFILE_FICLONE).catch((error: unknown) => {
      log.error({ file: logPath(number), error: String(error) }, 'a damaged log could not be kept');
    });
  }

  async function openNext(): Promise<OpenLog> {
    const number = await numbers.next();
    const path = join(paths.log, `${nameOf(number)}.log`);
    const file = await open(path, 'ax', 0o600);
    await syncDir(paths.log);
    const now = clock.now();
    const since = clock.monotonic();
    return { number, file, path, bytes: 0, rows: 0, opened: now, since, day: dayOf(now), commits: 0 };
  }

  async function closeOpen(): Promise<void> {
    if (!openLog) return;
    const done = openLog;
    openLog = undefined;
    // What counts is on disk already.
    await done.file.close().catch(() => undefined);
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

  const ageOf = ({ rows }: OpenLog): number => (rows < BUSY_ROWS ? LOG_AGE_MS : BUSY_AGE_MS);

  function due(target: OpenLog): boolean {
    return (
      target.bytes >= LOG_BYTES ||
      target.rows >= LOG_ROWS ||
      (target.commits > 0 && clock.monotonic() - target.since >= ageOf(target)) ||
      target.day !== dayOf(clock.now())
    );
  }

  async function commit(make: (place: Place) => readonly Frame[]): Promise<void> {
    if (openLog && due(openLog)) await closeOpen();
    openLog ??= await openNext();
    const target = openLog;
    if (target.commits === 0) {
      target.opened = clock.now();
      target.since = clock.monotonic();
    }
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
      inLane(async () => (openLog && due(openLog) ? closeOpen() : undefined)).catch((error: unknown) =>
        log.error({ error: String(error) }, 'a log could not be closed yet'),
      );
  });

  function take(number: number): void {
    const at = closed.findIndex((one) => one.number === number);
    if (at >= 0) closed.splice(at, 1);
  }

  return {
    commit: (frames) => inLane(() => commit(frames)),
    roll: () => inLane(closeOpen),
    closed: () => closed,
    read: shelf.read,
    async release(target) {
      await shelf.release(target);
      take(target.number);
    },
    released: take,
    bury: shelf.bury,
    deadLetters: shelf.deadLetters,
    exhume: shelf.exhume,
    forget: shelf.forget,
    idFiles: journal.files,
    async ids(visit) {
      await journal.replay(visit);
      for (const target of closed) visitIds(await readLog(paths.log, target), visit);
    },
    backlog() {
      let bytes = openLog?.bytes ?? 0;
      let rows = openLog?.rows ?? 0;
      for (const one of closed) {
        bytes += one.bytes;
        rows += one.rows;
      }
      const oldest = closed[0]?.opened ?? (openLog?.commits ? openLog.opened : undefined);
      return { bytes, rows, age_ms: oldest === undefined ? 0 : clock.now() - oldest };
    },
    onClosed: (listener) => void listeners.push(listener),
    async close() {
      stopTimer();
      await inLane(closeOpen);
      await shelf.close();
    },
  };
}

function rowsOf(commit: Commit): number {
  let rows = 0;
  for (const frame of commit.frames) if (frame.kind === BLOCK_FRAME) rows += frame.rows;
  return rows;
}
