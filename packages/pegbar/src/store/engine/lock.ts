/**
 * One Pegbar per data directory. The lock is a file that names a process; a process that no longer exists, or
 * whose pid now belongs to another one, does not hold it. The engine and the state database hold kernel locks
 * of their own; this one comes first and says what to do.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail, ok, type Result } from '../../base/result.ts';

export interface DataDirLock {
  release(): void;
}

interface Holder {
  pid: number;
  /** Start time of the process in clock ticks and the boot it belongs to, where the system tells them. */
  started: string;
}

const held = new Set<string>();

/** How long a start waits for a process that was killed to be gone. */
const ENDING_MS = 5_000;
const POLL_MS = 20;

/** Nothing else runs yet that could be held up. */
const pause = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Creates the directory where needed. The error is a sentence for the operator. */
export function lockDataDir(dir: string): Result<DataDirLock, string> {
  const path = resolve(dir, 'lock');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (held.has(path)) return fail(`the data directory ${dir} is already open in this process`);
  const me: Holder = { pid: process.pid, started: startOf(process.pid) };
  let holder = take(path, me);
  for (let waited = 0; holder !== null && isEnding(holder.pid) && waited < ENDING_MS; waited += POLL_MS) {
    pause(POLL_MS);
    holder = take(path, me);
  }
  if (holder !== null) {
    return fail(
      `the data directory ${dir} is in use by the Pegbar with process id ${holder.pid}: ` +
        `stop it, or start this one with another --data directory`,
    );
  }
  held.add(path);
  return ok({
    release() {
      if (held.delete(path)) rmSync(path, { force: true });
    },
  });
}

/** Null when the lock is ours now, else who has it. */
function take(path: string, me: Holder): Holder | null {
  const mine = `${path}.${me.pid}`;
  writeFileSync(mine, JSON.stringify(me), { mode: 0o600 });
  try {
    // `link` fails where the name exists, and the file behind the name is complete from the first moment.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        linkSync(mine, path);
        return null;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = read(path);
      if (holder && isAlive(holder) && !(holder.pid === me.pid && holder.started === me.started))
        return holder;
      removeStale(path, mine);
    }
    return read(path) ?? me;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moves the name aside before deleting it, so that two starters cannot both delete and both take it. */
function removeStale(path: string, mine: string): void {
  const aside = `${mine}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return; // Another starter was quicker.
  }
  const moved = read(aside);
  if (moved && isAlive(moved) && moved.pid !== process.pid) {
    try {
      linkSync(aside, path); // It was taken in the meantime: give it back.
    } catch {
      // Taken by a third one; the next look at the name decides.
    }
  }
  rmSync(aside, { force: true });
}

function read(path: string): Holder | null {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : null;
  } catch {
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = statOf(holder.pid);
  if (stat.length > 0 && stat[STATE] === 'Z' && Number(stat[THREADS]) <= 1) return false;
  return startOf(holder.pid) === holder.started;
}

/**
 * Whether a process was killed and is not gone yet: it gives back its memory, which on a busy machine takes longer
 * than a supervisor takes to start the next one.
 */
function isEnding(pid: number): boolean {
  const stat = statOf(pid);
  if (stat.length === 0) return false;
  if (stat[STATE] === 'Z' || (Number(stat[FLAGS]) & PF_EXITING) !== 0) return true;
  const pending = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(fileOf(pid, 'status'))?.[1] ?? '0';
  return (BigInt(`0x${pending}`) & SIGKILL_BIT) !== 0n;
}

/** Empty where there is no /proc: then the pid alone decides. */
function startOf(pid: number): string {
  const stat = statOf(pid);
  if (stat.length === 0) return '';
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${stat[START] ?? ''}`;
  } catch {
    return '';
  }
}

/** Places in /proc/PID/stat behind the name, see proc(5). */
const STATE = 0;
const FLAGS = 6;
const THREADS = 17;
const START = 19;
const PF_EXITING = 4;
const SIGKILL_BIT = 1n << 8n;

/** Fields behind the name; none where there is no such process or no /proc. */
function statOf(pid: number): string[] {
  const stat = fileOf(pid, 'stat');
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function fileOf(pid: number, name: string): string {
  try {
    return readFileSync(join('/proc', String(pid), name), 'utf8');
  } catch {
    return '';
  }
}
