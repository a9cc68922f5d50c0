import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dedup, DedupWindow } from './dedup.ts';

type Id = readonly [lo: number, hi: number];

const key = ([lo, hi]: Id): string => `${lo | 0},${hi | 0}`;
/** Few enough to meet again, the two that mark empty slots among them, and neighbours in the table. */
const id: fc.Arbitrary<Id> = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0, 1, -1)),
  fc.tuple(fc.constantFrom(4096, 8192, 1 << 20), fc.integer({ min: 0, max: 4 })),
);
/** (0,0) and (1,0) are kept as (0,1) and (1,1): the four are two ids. */
const asKept = ([lo, hi]: Id): Id => [lo, hi === 0 && (lo === 0 || lo === 1) ? 1 : hi];

type Step =
  | { do: 'add'; id: Id }
  | { do: 'begin' }
  | { do: 'undo' }
  | { do: 'take' }
  | { do: 'fail' }
  | { do: 'restore'; ids: readonly Id[] };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: id.map((one): Step => ({ do: 'add', id: one })) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom<'begin' | 'undo' | 'take' | 'fail'>('begin', 'undo', 'take', 'fail')
      .map((name): Step => ({ do: name })),
  },
  { weight: 1, arbitrary: fc.array(id, { maxLength: 5 }).map((ids): Step => ({ do: 'restore', ids })) },
);

function bytesOf(ids: readonly Id[]): Buffer {
  const words = Int32Array.from(ids.flatMap((one) => [...asKept(one)]));
  return Buffer.from(words.buffer);
}

function idsIn(bytes: Uint8Array): string[] {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const out: string[] = [];
  for (let at = 0; at < words.length; at += 2) out.push(key([words[at]!, words[at + 1]!]));
  return out;
}

describe('the window of ids', () => {
  it('knows exactly what a set would know, whatever is undone, taken, given up and restored', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const window = new DedupWindow('spans/default');
        const known = new Set<string>();
        let pending: string[] = [];
        let marked = 0;
        let taken: Uint8Array | undefined;
        for (const one of steps) {
          if (one.do === 'add') {
            const name = key(asKept(one.id));
            expect(window.add(...one.id)).toBe(!known.has(name));
            if (!known.has(name)) pending.push(name);
            known.add(name);
          } else if (one.do === 'begin') {
            window.begin();
            marked = pending.length;
          } else if (one.do === 'undo') {
            window.undo();
            for (const name of pending.splice(marked)) known.delete(name);
          } else if (one.do === 'take') {
            taken = window.take();
            expect(taken ? idsIn(taken) : []).toEqual(pending);
            pending = [];
            marked = 0;
          } else if (one.do === 'fail') {
            if (!taken) continue;
            window.forgetTaken(taken);
            for (const name of idsIn(taken)) known.delete(name);
            taken = undefined;
          } else {
            window.restore(bytesOf(one.ids), 0);
            for (const restored of one.ids) known.add(key(asKept(restored)));
          }
          expect(window.size).toBe(known.size);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('knows ids again after they were given up and grown over, through several tables', () => {
    const window = new DedupWindow('spans/default');
    const known = new Set<number>();
    let seed = 1;
    const random = (): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) | 0;
      return seed >>> 0;
    };
    for (let round = 0; round < 3000; round++) {
      window.begin();
      const added: number[] = [];
      for (let one = 0; one < 50; one++) {
        const value = random() % 200_000;
        if (window.add(Math.imul(value, 0x9e3779b1), value)) added.push(value);
        else expect(known.has(value) || added.includes(value)).toBe(true);
      }
      if (round % 3 === 0) window.undo();
      else for (const value of added) known.add(value);
    }
    window.take();
    for (let value = 0; value < 200_000; value++)
      expect(window.add(Math.imul(value, 0x9e3779b1), value)).toBe(!known.has(value));
  });

  it('is not pushed out of what it knows by requests that are undone', () => {
    const window = new DedupWindow('spans/default');
    for (let one = 0; one < 1000; one++) window.add(one, 7);
    window.take();
    for (let round = 0; round < 2000; round++) {
      window.begin();
      for (let one = 0; one < 1000; one++) window.add(round * 1000 + one, 9);
      window.undo();
    }
    expect(window.size).toBe(1000);
    for (let one = 0; one < 1000; one++) expect(window.add(one, 7)).toBe(false);
  });

  it('holds the newest ten million ids', () => {
    const window = new DedupWindow('spans/default');
    const spread = (one: number): number => Math.imul(one, 0x9e3779b1);
    const total = 14_000_000;
    const heapBefore = process.memoryUsage().arrayBuffers;
    const began = performance.now();
    for (let one = 0; one < total; one++) {
      window.add(spread(one), one);
      if (one % 10_000 === 0) window.take();
    }
    const ms = performance.now() - began;
    window.take();
    for (let one = total - 10_000_000; one < total; one += 997)
      if (window.add(spread(one), one)) throw new Error(`id ${one} of ${total} was forgotten`);
    const megabytes = (process.memoryUsage().arrayBuffers - heapBefore) / 1e6;
    console.info(
      `dedup: ${window.size} ids, ${((ms * 1e6) / total).toFixed(0)} ns per id, ${megabytes.toFixed(0)} MB`,
    );
  });

  it('lets go of tables whose newest id is older than the window', () => {
    const window = new DedupWindow('spans/default');
    for (let one = 0; one < 1_000_000; one++) window.add(Math.imul(one, 0x9e3779b1), one);
    window.expire(1000, 100);
    const before = window.size;
    for (let one = 0; one < 1_500_000; one++) window.add(Math.imul(one, 0x9e3779b1), -one - 1);
    window.expire(1_000_000, 100);
    expect(window.size).toBeLessThan(before + 1_500_000);
    expect(window.add(Math.imul(1_499_999, 0x9e3779b1), -1_500_000)).toBe(false);
  });

  it('keeps what is younger than the window when it is told the time for the first time', () => {
    const window = new DedupWindow('spans/default');
    const total = 5_000_000;
    for (let one = 0; one < total; one++) window.add(Math.imul(one, 0x9e3779b1), one);
    window.expire(1e9, 100);
    expect(window.size).toBe(total);
    expect(window.add(0, 0)).toBe(false);
  });

  it('lets go of ids that a restart brought back by the time at which they were new', () => {
    const window = new DedupWindow('spans/default');
    const ids = (from: number, n: number): Buffer =>
      bytesOf(Array.from({ length: n }, (_, at) => [Math.imul(from + at, 0x9e3779b1), from + at] as const));
    for (let lot = 0; lot < 30; lot++) window.restore(ids(1 + lot * 100_000, 100_000), lot);
    window.expire(900, 995);
    expect(window.size).toBe(3_000_000);
    window.expire(1_100, 995);
    expect(window.size).toBeLessThan(3_000_000);
    expect(window.add(Math.imul(3_000_000, 0x9e3779b1), 3_000_000)).toBe(false);
  });
});

describe('windows of tenants and signals', () => {
  it('are apart: no tenant and no signal can make another lose a row', () => {
    const dedup = new Dedup();
    expect(dedup.window('a', 'spans').add(1, 2)).toBe(true);
    expect(dedup.window('b', 'spans').add(1, 2)).toBe(true);
    expect(dedup.window('a', 'events').add(1, 2)).toBe(true);
    expect(dedup.window('a', 'spans').add(1, 2)).toBe(false);
  });

  it('come back under their names, also that of a tenant with a slash', () => {
    const dedup = new Dedup();
    dedup.window('a/b', 'logs').add(3, 4);
    const again = new Dedup();
    for (const window of dedup.all()) again.restore(window.name, Buffer.from(window.take()!), 0);
    expect(again.window('a/b', 'logs').add(3, 4)).toBe(false);
    expect(again.window('b', 'a/logs').add(3, 4)).toBe(true);
  });

  it('undo one request in all windows that it touched and in no other', () => {
    const dedup = new Dedup();
    dedup.begin();
    dedup.window('a', 'spans').add(1, 1);
    dedup.window('b', 'spans').add(1, 1);
    dedup.begin();
    dedup.window('a', 'spans').add(2, 2);
    dedup.window('c', 'spans').add(2, 2);
    dedup.undo();
    expect(dedup.window('a', 'spans').add(1, 1)).toBe(false);
    expect(dedup.window('b', 'spans').add(1, 1)).toBe(false);
    expect(dedup.window('a', 'spans').add(2, 2)).toBe(true);
    expect(dedup.window('c', 'spans').add(2, 2)).toBe(true);
  });
});
