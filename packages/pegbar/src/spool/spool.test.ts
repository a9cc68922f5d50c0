import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Counters, createCounters } from '../base/counters.ts';
import { silentLog as log } from '../base/log.ts';
import { BLOCK_FRAME, type Frame, IDS_FRAME } from './format.ts';
import type { ClosedLog } from './shelf.ts';
import { openSpool, type Spool } from './spool.ts';
import { type MovedClock, movedClock, smallDisk } from './testkit.ts';

const HOUR_MS = 3600_000;

let dir: string;
let clock: MovedClock;
let counters: Counters;
const opened: Spool[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pegbar-spool-'));
  clock = movedClock();
  counters = createCounters();
});
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close().catch(() => undefined);
  rmSync(dir, { recursive: true, force: true });
});

async function open(where = dir): Promise<Spool> {
  const spool = await openSpool({ dir: where, clock, counters, log });
  opened.push(spool);
  return spool;
}

function ids(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, index) => void bytes.writeBigUInt64LE(BigInt(value), index * 8));
  return bytes;
}

function frames(text: string, ...known: number[]): Frame[] {
  const list: Frame[] = [{ kind: BLOCK_FRAME, name: 'spans', rows: 1, parts: [Buffer.from(text)] }];
  if (known.length > 0)
    list.push({ kind: IDS_FRAME, name: 'spans/default', rows: known.length, parts: [ids(...known)] });
  return list;
}

const write = (spool: Spool, text: string, ...known: number[]) => spool.commit(() => frames(text, ...known));

async function texts(spool: Spool): Promise<string[]> {
  const found: string[] = [];
  for (const one of spool.closed())
    for (const block of (await spool.read(one)).tables.get('spans')?.blocks ?? [])
      found.push(block.toString());
  return found;
}

async function idsOf(spool: Spool): Promise<number[]> {
  const found: number[] = [];
  await spool.ids((_window, bytes) => {
    for (let at = 0; at < bytes.length; at += 8) found.push(Number(bytes.readBigUInt64LE(at)));
  });
  return found;
}

const logFile = (one: ClosedLog): string => join(dir, 'log', `${String(one.number).padStart(10, '0')}.log`);
const filesOf = (folder: string): string[] => readdirSync(join(dir, folder)).sort();

describe('the spool', () => {
  it('has after a crash what was committed before it, rows and ids', async () => {
    const first = await open();
    await write(first, 'a', 1);
    await write(first, 'b', 2, 3);
    // A crash: nothing is closed.
    const second = await open();
    expect(await texts(second)).toEqual(['a', 'b']);
    expect(await idsOf(second)).toEqual([1, 2, 3]);
    expect(second.backlog()).toMatchObject({ rows: 2 });
  });

  it('never gives a number twice, however often it is started', async () => {
    const seen: number[] = [];
    for (let start = 0; start < 30; start++) {
      const spool = await open();
      for (let one = 0; one < start % 4; one++) {
        await spool.commit(({ seg }) => {
          seen.push(seg);
          return frames('x');
        });
        await spool.roll();
      }
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.every(Number.isSafeInteger)).toBe(true);
  });

  it('cuts a torn end off and says how much of it there was', async () => {
    const first = await open();
    await write(first, 'kept');
    await write(first, 'torn');
    await first.roll();
    const [one] = first.closed();
    truncateSync(logFile(one!), one!.bytes - 3);
    const second = await open();
    expect(await texts(second)).toEqual(['kept']);
    expect(counters.total('pegbar_spool_torn_bytes_total')).toBeGreaterThan(0);
    expect(counters.total('pegbar_spool_damaged_commits_total')).toBe(0);
    expect(filesOf('quarantine')).toEqual([]);
  });

  it.each([
    ['in the middle', 1],
    ['at the end', 2],
  ])(
    'loads what is whole of a log that is damaged %s, counts the damage and keeps the file',
    async (_, at) => {
      const first = await open();
      for (const text of ['one', 'two', 'end']) await write(first, text);
      await first.roll();
      const [one] = first.closed();
      const bytes = readFileSync(logFile(one!));
      const word = bytes.indexOf(['one', 'two', 'end'][at]!);
      bytes[word]! ^= 4;
      writeFileSync(logFile(one!), bytes);
      const second = await open();
      expect(await texts(second)).toEqual(['one', 'two', 'end'].filter((_text, index) => index !== at));
      expect(counters.total('pegbar_spool_damaged_commits_total')).toBe(1);
      expect(filesOf('quarantine')).toHaveLength(1);
      // The file as it was found, for whoever can read more of it.
      expect(readFileSync(join(dir, 'quarantine', filesOf('quarantine')[0]!))).toEqual(bytes);
    },
  );

  it('keeps a log of which nothing can be read', async () => {
    const first = await open();
    await write(first, 'only');
    await first.roll();
    const [one] = first.closed();
    const bytes = readFileSync(logFile(one!));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(logFile(one!), bytes);
    const second = await open();
    expect(second.closed()).toEqual([]);
    expect(filesOf('log')).toEqual([]);
    expect(filesOf('quarantine')).toHaveLength(1);
    expect(counters.total('pegbar_spool_damaged_commits_total')).toBe(1);
  });

  it('remembers the ids of a log that it has let go of', async () => {
    const first = await open();
    await write(first, 'a', 1, 2);
    await first.roll();
    await write(first, 'b', 3);
    await first.roll();
    for (const one of [...first.closed()]) {
      await first.read(one);
      await first.release(one);
    }
    expect(filesOf('log')).toEqual([]);
    const second = await open();
    expect(second.closed()).toEqual([]);
    expect(await idsOf(second)).toEqual([1, 2, 3]);
  });

  it('writes the ids before it unlinks the log: a crash in between loses neither', async () => {
    const first = await open();
    await write(first, 'a', 7);
    await first.roll();
    const [one] = first.closed();
    const before = readFileSync(logFile(one!));
    await first.release(one!);
    expect(existsSync(logFile(one!))).toBe(false);
    // As if the process had died between the two steps.
    writeFileSync(logFile(one!), before);
    const second = await open();
    expect(await texts(second)).toEqual(['a']);
    expect(new Set(await idsOf(second))).toEqual(new Set([7]));
    // And the step is taken again.
    await second.release(second.closed()[0]!);
    const third = await open();
    expect(await texts(third)).toEqual([]);
    expect(new Set(await idsOf(third))).toEqual(new Set([7]));
  });

  it('keeps the ids behind a torn append to their journal', async () => {
    const first = await open();
    await write(first, 'a', 1);
    await first.roll();
    await first.release(first.closed()[0]!);
    const [name] = filesOf('ids');
    const path = join(dir, 'ids', name!);
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.concat([whole, whole.subarray(0, whole.length - 5), whole]));
    expect(await idsOf(await open())).toEqual([1, 1]);
  });

  it('makes few files of many logs and forgets ids after a day', async () => {
    const spool = await open();
    for (let one = 0; one < 50; one++) {
      await write(spool, 'x', one);
      await spool.roll();
      await spool.release(spool.closed()[0]!);
    }
    expect(filesOf('ids')).toHaveLength(1);
    // Files carry the time of the machine, not of this clock.
    clock.jump(Date.now() - clock.now());
    const soon = await open();
    expect(await idsOf(soon)).toHaveLength(50);
    clock.jump(23 * HOUR_MS);
    expect(await idsOf(await open())).toHaveLength(50);
    clock.jump(2 * HOUR_MS);
    await idsOf(await open());
    expect(filesOf('ids')).toEqual([]);
  });

  it('closes a log by its age, also while the wall clock goes back or far ahead', async () => {
    const spool = await open();
    let closings = 0;
    spool.onClosed(() => closings++);
    await write(spool, 'a');
    clock.jump(-5 * HOUR_MS);
    clock.pass(800);
    await write(spool, 'b');
    expect(closings).toBe(1);
    clock.jump(5 * HOUR_MS);
    await write(spool, 'c');
    expect(closings).toBe(1);
    clock.pass(800);
    clock.tick();
    await spool.commit(() => frames('d'));
    expect(closings).toBe(2);
  });

  it('begins a new log on a new day, and tells rows the day of their ingest', async () => {
    const spool = await open();
    const days: number[] = [];
    for (const ms of [0, HOUR_MS, 12 * HOUR_MS, -24 * HOUR_MS]) {
      clock.jump(ms);
      await spool.commit(({ day }) => {
        days.push(day);
        return frames('x');
      });
    }
    expect(days[1]).toBe(days[0]);
    expect(days[2]).toBe(days[0]! + 1);
    expect(days[3]).toBe(days[0]);
    expect(spool.closed().map((one) => one.rows)).toEqual([2, 1]);
  });

  it('closes a log that is large enough', async () => {
    const spool = await open();
    await spool.commit(() => [
      { kind: BLOCK_FRAME, name: 'spans', rows: 250_000, parts: [Buffer.from('x')] },
    ]);
    expect(spool.closed()).toHaveLength(1);
  });

  it('keeps refused segments until they are taken away by name', async () => {
    const spool = await open();
    // A segment is named by its `seg`, which has up to sixteen digits.
    await spool.bury(2 ** 52 + 17, 'span_events', [Buffer.from('ab'), Buffer.from('c')], 'no such column');
    const [letter, ...others] = await (await open()).deadLetters();
    expect(others).toEqual([]);
    expect(letter!.reason).toBe('no such column');
    expect(letter).toMatchObject({ table: 'span_events', bytes: 3 });
    expect(await spool.exhume(letter!.name)).toEqual(Buffer.from('abc'));
    await spool.forget(letter!.name);
    expect(await spool.deadLetters()).toEqual([]);
    expect(() => spool.exhume('../numbers.json')).toThrow('not the name of a dead letter');
  });

  it('does not start with numbers that it cannot read: they might be given twice', async () => {
    await open();
    writeFileSync(join(dir, 'numbers.json'), '{"node":');
    await expect(open()).rejects.toThrow();
  });
});

describe('the spool on a full disk', () => {
  const disk = smallDisk(4 * 1024 * 1024);
  if (!disk) console.warn('skipped: a small disk cannot be mounted here (needs root)');
  afterEach(() => disk?.free());

  it.skipIf(!disk)(
    'refuses what does not fit, keeps what it had, and goes on when there is room',
    async () => {
      const where = join(disk!.dir, 'full');
      const spool = await open(where);
      await write(spool, 'before', 1);
      disk!.fill(64 * 1024);
      const large = Buffer.alloc(512 * 1024, 1);
      const block = (): Frame[] => [
        { kind: BLOCK_FRAME, name: 'spans', rows: 1, parts: [large] },
        { kind: IDS_FRAME, name: 'spans/default', rows: 1, parts: [ids(2)] },
      ];
      await expect(spool.commit(block)).rejects.toThrow('ENOSPC');
      await expect(spool.commit(block)).rejects.toThrow('ENOSPC');
      expect(counters.total('pegbar_spool_write_errors_total')).toBe(2);
      // A crash now shows nothing of what was refused.
      expect(await texts(await open(where))).toEqual(['before']);
      disk!.free();
      await write(spool, 'after', 3);
      const again = await open(where);
      expect(await texts(again)).toEqual(['before', 'after']);
      expect(await idsOf(again)).toEqual([1, 3]);
      expect(counters.total('pegbar_spool_damaged_commits_total')).toBe(0);
      rmSync(where, { recursive: true });
    },
  );

  it.skipIf(!disk)('gives no number twice after a full disk took none of a lot', async () => {
    const where = join(disk!.dir, 'numbers');
    const first = await open(where);
    disk!.fill();
    await expect(write(first, 'x')).rejects.toThrow('ENOSPC');
    disk!.free();
    const given: number[] = [];
    const note = ({ seg }: { seg: number }): Frame[] => {
      given.push(seg);
      return frames('x');
    };
    await first.commit(note);
    const second = await open(where);
    await second.commit(note);
    expect(given[1]).toBeGreaterThan(given[0]!);
    rmSync(where, { recursive: true });
  });

  it.skipIf(!disk)('keeps a log whose ids do not fit, and releases it when they do', async () => {
    const where = join(disk!.dir, 'ids');
    const spool = await open(where);
    await write(spool, 'x', ...Array.from({ length: 2000 }, (_, index) => index + 1));
    await spool.roll();
    const [one] = spool.closed();
    disk!.fill();
    await expect(spool.release(one!)).rejects.toThrow('ENOSPC');
    expect(spool.closed()).toHaveLength(1);
    disk!.free();
    await spool.release(one!);
    expect(spool.closed()).toEqual([]);
    expect(await idsOf(await open(where))).toHaveLength(2000);
  });

  it.skipIf(!disk)('leaves nothing mounted', () => disk!.remove());
});
