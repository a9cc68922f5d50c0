/** What Linux says about processes: CPU time, memory, children; and starting and ending them. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

if (process.platform !== 'linux')
  throw new Error('benchmarks of whole processes read /proc: they need Linux');

const TICK_US = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Fields of /proc/PID/stat from the third on: the second is a name in brackets that may hold anything. */
function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** CPU time of all threads since the start, user and system, microseconds, in steps of 10 ms. */
export function cpuOf(pid) {
  const stat = statOf(pid);
  return (Number(stat[11]) + Number(stat[12])) * TICK_US;
}

/** Resident memory now and at its height, MB. */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1');
  const megabytes = (name) => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) * 1024) / 1e6;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

export function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => {
      try {
        return Number(statOf(each)[1]) === pid;
      } catch {
        return false; // it ended meanwhile
      }
    });
}

const QUIET_WINDOW_MS = 1_000;
/** Share of a core: an idle engine and server take less even on a busy machine, a merge or a count takes more. */
const QUIET_SHARE = 0.05;
const QUIET_WINDOWS = 3;
const QUIET_MOST_MS = 180_000;

/** Resolves when the processes have done next to nothing for three seconds: merges are over. */
export async function untilQuiet(pids) {
  const total = () => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const began = performance.now();
  let quiet = 0;
  for (let last = total(); quiet < QUIET_WINDOWS; ) {
    if (performance.now() - began > QUIET_MOST_MS) throw new Error('the processes do not come to rest');
    await sleep(QUIET_WINDOW_MS);
    const now = total();
    quiet = (now - last) / (QUIET_WINDOW_MS * 1000) <= QUIET_SHARE ? quiet + 1 : 0;
    last = now;
  }
}

const started = new Set();
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** A folder that goes when we do. */
export function temporaryFolder(prefix) {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}

/** A child that ends with us. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, options);
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

export function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Runs `node SCRIPT ARGS` and reads its standard output as JSON. */
export async function nodeJson(script, args) {
  const child = start(process.execPath, [script, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await closed;
  if (child.exitCode !== 0) throw new Error(`${script} ended with status ${child.exitCode}`);
  return JSON.parse(text);
}

export const loadAverage = () => Number(readFileSync('/proc/loadavg', 'latin1').split(' ')[0]);
