import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDataDir } from './lock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pegbar-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('is held once, also within a process, and free after release', () => {
  const first = lockDataDir(join(dir, 'new', 'data'));
  expect(first.ok).toBe(true);
  expect(lockDataDir(join(dir, 'new', 'data'))).toMatchObject({ ok: false });
  if (first.ok) first.value.release();
  expect(existsSync(join(dir, 'new', 'data', 'lock'))).toBe(false);
  const again = lockDataDir(join(dir, 'new', 'data'));
  expect(again.ok).toBe(true);
  if (again.ok) again.value.release();
});

it('names the process that holds it and what to do', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: other.pid, started: startOf(other.pid!) }));
    const refused = lockDataDir(dir);
    expect(refused).toMatchObject({ ok: false });
    if (!refused.ok) expect(refused.error).toMatch(new RegExp(`process id ${other.pid}.*--data`));
  } finally {
    other.kill('SIGKILL');
  }
});

it('is taken from a process that has died, and from one whose number was given to another', () => {
  const child = spawn(process.execPath, ['-e', '']);
  return new Promise<void>((resolve) =>
    child.once('exit', () => {
      for (const holder of [
        JSON.stringify({ pid: child.pid, started: 'x:1' }),
        JSON.stringify({ pid: 1, started: 'another boot:77' }),
        JSON.stringify({ pid: process.pid, started: startOf(process.pid) }),
        'half a li',
        '',
      ]) {
        writeFileSync(join(dir, 'lock'), holder);
        const taken = lockDataDir(dir);
        expect([holder, taken.ok]).toEqual([holder, true]);
        if (taken.ok) taken.value.release();
      }
      resolve();
    }),
  );
});

it('waits for a process that was just killed, and does not take one that nobody has reaped for alive', () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: other.pid, started: startOf(other.pid!) }));
  other.kill('SIGKILL');
  // Nothing here gives the event loop a turn, so the child stays a zombie.
  const taken = lockDataDir(dir);
  expect(taken).toMatchObject({ ok: true });
  if (taken.ok) taken.value.release();
});

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}
