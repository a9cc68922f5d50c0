/** A small disk and a clock that a test moves. Not exported by the room: tests import it directly. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';

export interface MovedClock extends Clock {
  /** Moves the wall clock alone, as an administrator or NTP would. */
  jump(ms: number): void;
  /** Lets time pass on both clocks; timers do not run by it. */
  pass(ms: number): void;
  /** Runs what was given to `every` once. */
  tick(): void;
}

export function movedClock(start = Date.parse('2026-11-22T12:00:00Z')): MovedClock {
  let wall = start;
  let passed = 0;
  const tasks = new Set<() => void>();
  return {
    now: () => wall,
    monotonic: () => passed,
    sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 1), signal),
    every(_ms, task) {
      tasks.add(task);
      return () => void tasks.delete(task);
    },
    jump: (ms) => {
      wall += ms;
    },
    pass: (ms) => {
      wall += ms;
      passed += ms;
    },
    tick: () => {
      for (const task of tasks) task();
    },
  };
}

export interface SmallDisk {
  dir: string;
  /** Takes all but `left` bytes. */
  fill(left?: number): void;
  /** Gives back what `fill` took. */
  free(): void;
  remove(): void;
}

/** A file system of `bytes`, or null where this user may not mount one. */
export function smallDisk(bytes: number): SmallDisk | null {
  const dir = mkdtempSync(join(tmpdir(), 'pegbar-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'pegbar-test', dir], { stdio: 'ignore' });
  } catch {
    rmSync(dir, { recursive: true });
    return null;
  }
  const ballast = join(dir, 'ballast');
  return {
    dir,
    fill(left = 0) {
      const { bavail, bsize } = statfsSync(dir);
      const size = bavail * bsize - left;
      if (size > 0) writeFileSync(ballast, Buffer.alloc(size));
    },
    free: () => rmSync(ballast, { force: true }),
    remove() {
      execFileSync('umount', ['-l', dir]);
      rmSync(dir, { recursive: true });
    },
  };
}
