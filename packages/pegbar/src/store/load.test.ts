import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableOf } from '@pegbar/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Counters, createCounters } from '../base/counters.ts';
import { silentLog as log } from '../base/log.ts';
import { BlockBuilder, readBlock } from '../native/index.ts';
import { BLOCK_FRAME, openSpool, type Spool } from '../spool/index.ts';
import {
  createLoader,
  type InsertResult,
  type Loader,
  type LoadListener,
  type SegmentStore,
} from './load.ts';
import { segmentStore } from './segments.ts';
import { engineMissing, startTestStore, type TestStore } from './testing.ts';

const missing = engineMissing();
if (missing) console.warn(`the contract is not run on the real store: ${missing}`);

/** A block of scores of one segment, as the intake writes them. */
function block(seg: number, ...images: string[]): Buffer {
  const builder = new BlockBuilder(tableOf('scores'));
  for (const image_id of images)
    builder.append({ tenant: 't', timestamp: 1n, image_id, name: 'x', part: 86_400_000, seg: BigInt(seg) });
  return Buffer.concat(builder.encode());
}

interface FakeStore extends SegmentStore {
  rows: { table: string; seg: number; image: string }[];
  /** What the next inserts do before, or instead of, storing; they store once the list is empty. */
  fates: ((store: () => void) => Promise<InsertResult>)[];
  inserts: number;
}

/** What a segment store does, in memory: all or nothing, and a token is taken once. */
function fakeStore(): FakeStore {
  const tokens = new Set<string>();
  const fake: FakeStore = {
    rows: [],
    fates: [],
    inserts: 0,
    async insertNative(table, blocks, token) {
      fake.inserts++;
      const decoded = (): typeof fake.rows =>
        blocks.flatMap((bytes) => {
          const view = readBlock(bytes);
          return Array.from({ length: view.rows }, (_, row) => ({
            table,
            seg: Number(view.columns.get('seg')!.at(row)),
            image: String(view.columns.get('image_id')!.at(row)),
          }));
        });
      const store = (): void => {
        if (!tokens.has(token)) fake.rows.push(...decoded());
        tokens.add(token);
      };
      const fate = fake.fates.shift();
      if (fate) return fate(store);
      try {
        store();
        return { kind: 'stored' };
      } catch (error) {
        return { kind: 'refused', message: String(error) };
      }
    },
    countSegment: (table, seg) =>
      Promise.resolve(fake.rows.filter((row) => row.table === table && row.seg === seg).length),
    deleteSegment(table, seg) {
      fake.rows = fake.rows.filter((row) => row.table !== table || row.seg !== seg);
      return Promise.resolve();
    },
  };
  return fake;
}

describe.each([
  { name: 'in memory', real: false },
  { name: 'in the engine', real: true },
])('a segment store $name', ({ real }) => {
  let test: TestStore | undefined;
  let store: SegmentStore;
  beforeAll(async () => {
    if (!real || missing) {
      store = fakeStore();
      return;
    }
    test = await startTestStore();
    store = segmentStore(test.store);
  });
  afterAll(() => test?.stop());

  it('stores the blocks of a segment together and counts them', async () => {
    expect(await store.countSegment('scores', 11)).toBe(0);
    const blocks = [block(11, 'a', 'b'), block(11, 'c')];
    expect(await store.insertNative('scores', blocks, 'token-11')).toEqual({ kind: 'stored' });
    expect(await store.countSegment('scores', 11)).toBe(3);
  });

  it('takes a token once, and a segment beyond 2^53 as it is', async () => {
    const seg = (2 ** 21 - 1) * 2 ** 32 + 4_000_000_000;
    for (let one = 0; one < 3; one++)
      expect(await store.insertNative('scores', [block(seg, 'a')], 'token-12')).toEqual({ kind: 'stored' });
    expect(await store.countSegment('scores', seg)).toBe(1);
    expect(await store.countSegment('scores', seg - 1)).toBe(0);
  });

  it('refuses what it can never take, whole, and says that it is the content', async () => {
    const good = block(13, 'a');
    const result = await store.insertNative('scores', [good, Buffer.from('no block')], 'token-13');
    expect(result.kind).toBe('refused');
    expect(await store.countSegment('scores', 13)).toBe(0);
  });

  it('deletes a segment and no other', async () => {
    await store.insertNative('scores', [block(14, 'a')], 'token-14');
    await store.insertNative('scores', [block(15, 'a')], 'token-15');
    await store.deleteSegment('scores', 14);
    expect(await store.countSegment('scores', 14)).toBe(0);
    expect(await store.countSegment('scores', 15)).toBe(1);
  });
});

describe('the loader', () => {
  let dir: string;
  let spool: Spool;
  let counters: Counters;
  let fake: FakeStore;
  let loader: Loader | undefined;
  let told: string[];
  const quick: Clock = {
    ...systemClock,
    sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 2), signal),
  };

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'pegbar-load-'));
    counters = createCounters();
    spool = await openSpool({ dir, clock: quick, counters, log });
    fake = fakeStore();
    told = [];
  });
  afterEach(async () => {
    await loader?.stop();
    loader = undefined;
    await spool.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Requests follow additively from scores, pictures idempotently, so that both ways can be seen. */
  const listener: LoadListener = {
    before(segments) {
      told.push('before');
      const blocks = segments.tables.get('scores')!.blocks;
      return Promise.resolve({
        idempotent: new Map([['images', blocks]]),
        additive: new Map([['requests', blocks]]),
        stored: () => {
          told.push('stored');
          return Promise.resolve();
        },
      });
    },
    rederive(segments) {
      told.push('rederive');
      fake.rows = fake.rows.filter((row) => row.table !== 'requests');
      for (const row of fake.rows.filter((one) => one.table === 'scores' && one.seg === segments.seg))
        fake.rows.push({ ...row, table: 'requests' });
      return Promise.resolve();
    },
  };

  function start(): Loader {
    loader = createLoader({ spool, store: fake, listener, clock: quick, counters, log });
    loader.start();
    return loader;
  }

  async function write(...images: string[]): Promise<void> {
    await spool.commit(({ seg }) => [
      { kind: BLOCK_FRAME, name: 'scores', rows: images.length, parts: [block(seg, ...images)] },
    ]);
    await spool.roll();
  }

  const stored = (table = 'scores'): string[] =>
    fake.rows
      .filter((row) => row.table === table)
      .map((row) => row.image)
      .sort();

  it('loads what is closed, then lets go of it', async () => {
    const running = start();
    await write('a', 'b');
    await write('c');
    await running.drained();
    expect(stored()).toEqual(['a', 'b', 'c']);
    expect(stored('requests')).toEqual(['a', 'b', 'c']);
    expect(spool.closed()).toEqual([]);
    expect(running.loaded()).toBe(3);
    // What is counted while rows are on their way is marked again when they are there.
    expect(told).toEqual(['before', 'stored', 'before', 'stored']);
  });

  it('does not store twice what was stored when the connection broke', async () => {
    fake.fates.push(async (store) => {
      store();
      throw new Error('ECONNRESET');
    });
    const running = start();
    await write('a', 'b');
    await running.drained();
    expect(stored()).toEqual(['a', 'b']);
    expect(told).toContain('rederive');
    expect(stored('requests')).toEqual(['a', 'b']);
  });

  it('does not store twice what arrives after it was given up', async () => {
    let late: (() => void) | undefined;
    fake.fates.push(async (store) => {
      late = store;
      return { kind: 'retry', message: 'no answer within 120000 ms' };
    });
    const insert = fake.insertNative;
    fake.insertNative = async (table, blocks, token) => {
      // The first attempt comes to its end while the second is under way.
      if (fake.inserts > 0) late?.();
      late = undefined;
      return insert(table, blocks, token);
    };
    const running = start();
    await write('a', 'b');
    await running.drained();
    expect(stored()).toEqual(['a', 'b']);
  });

  it('does not believe an engine that knows the token of rows that it has lost', async () => {
    fake.fates.push(async (store) => {
      // Killed between the entry in its list of tokens and the rows.
      store();
      fake.rows = [];
      return { kind: 'retry', message: 'ENGINE_DOWN' };
    });
    const running = start();
    await write('a', 'b');
    await running.drained();
    expect(stored()).toEqual(['a', 'b']);
  });

  it('loads again what an earlier process had loaded a part of', async () => {
    await write('a', 'b', 'c');
    const [log] = spool.closed();
    fake.rows.push({ table: 'scores', seg: log!.seg, image: 'a' });
    await start().drained();
    expect(stored()).toEqual(['a', 'b', 'c']);
  });

  it('leaves what an earlier process had loaded, and derives what follows from it anew', async () => {
    await write('a', 'b');
    const [log] = spool.closed();
    for (const image of ['a', 'b'])
      for (const table of ['scores', 'requests']) fake.rows.push({ table, seg: log!.seg, image });
    await start().drained();
    expect(stored()).toEqual(['a', 'b']);
    expect(stored('requests')).toEqual(['a', 'b']);
    expect(told).toContain('rederive');
  });

  it('adds what follows from a log of an earlier process of which nothing was stored, without deriving it anew', async () => {
    await write('a', 'b');
    await start().drained();
    expect(stored('requests')).toEqual(['a', 'b']);
    expect(told).not.toContain('rederive');
  });

  it('keeps what the store has more of than a log that was damaged since', async () => {
    await write('a');
    const [log] = spool.closed();
    for (const image of ['a', 'b']) fake.rows.push({ table: 'scores', seg: log!.seg, image });
    await start().drained();
    expect(stored()).toEqual(['a', 'b']);
  });

  it('puts aside what the store refuses, and adds nothing that follows from it', async () => {
    fake.fates.push(async () => ({ kind: 'refused', message: 'no such column' }));
    const running = start();
    await write('a');
    await write('b');
    await running.drained();
    expect(stored()).toEqual(['b']);
    expect(stored('requests')).toEqual(['b']);
    const letters = await spool.deadLetters();
    expect(letters).toMatchObject([{ table: 'scores' }]);
    expect(readBlock(await spool.exhume(letters[0]!.name)).rows).toBe(1);
    expect(counters.total('pegbar_dead_letters_total')).toBe(1);
  });

  it('tries again whatever fails on the way: reading, deriving, marking, releasing', async () => {
    const failing = new Set(['read', 'before', 'stored', 'release']);
    const once = (name: string): void => {
      if (failing.delete(name)) throw new Error(`ENOSPC at ${name}`);
    };
    const real = spool;
    const brittle: Spool = {
      ...real,
      read: async (target) => {
        once('read');
        return real.read(target);
      },
      release: async (target) => {
        once('release');
        return real.release(target);
      },
    };
    const brittleListener: LoadListener = {
      ...listener,
      async before(segments) {
        once('before');
        const derived = await listener.before(segments);
        return {
          ...derived,
          stored: async () => {
            once('stored');
          },
        };
      },
    };
    loader = createLoader({
      spool: brittle,
      store: fake,
      listener: brittleListener,
      clock: quick,
      counters,
      log,
    });
    loader.start();
    await write('a');
    await loader.drained();
    expect([...failing]).toEqual([]);
    expect(stored()).toEqual(['a']);
    expect(stored('requests')).toEqual(['a']);
    expect(spool.closed()).toEqual([]);
    expect(counters.total('pegbar_load_retries_total')).toBe(4);
  });

  it('stops while it tries again, and leaves the log to the next start', async () => {
    for (let one = 0; one < 1000; one++)
      fake.fates.push(async () => ({ kind: 'retry', message: 'ENGINE_DOWN' }));
    const running = start();
    await write('a');
    await systemClock.sleep(30);
    await running.stop();
    expect(spool.closed()).toHaveLength(1);
    expect(stored()).toEqual([]);
    fake.fates.length = 0;
    await start().drained();
    expect(stored()).toEqual(['a']);
  });
});
