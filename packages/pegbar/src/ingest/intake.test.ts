import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog as log } from '../base/log.ts';
import { readBlock } from '../native/index.ts';
import type { Frame, Spool } from '../spool/index.ts';
import { createIntake, type IntakeOptions } from './intake.ts';

const SEG = 7 * 2 ** 32 + 5;

interface FakeSpool {
  spool: Spool;
  /** Frames of the commits that succeeded. */
  stored: Frame[][];
  /** What the next commits do; they succeed once the list is empty. */
  fates: (() => Promise<void>)[];
  backlogBytes: number;
}

function fakeSpool(): FakeSpool {
  const fake: FakeSpool = { stored: [], fates: [], backlogBytes: 0, spool: undefined as unknown as Spool };
  const parts: Pick<Spool, 'commit' | 'roll' | 'backlog'> = {
    async commit(make) {
      const frames = make({ seg: SEG, day: 20_000 }).map((frame) => ({
        ...frame,
        parts: [Buffer.concat(frame.parts)],
      }));
      await (fake.fates.shift() ?? (() => Promise.resolve()))();
      fake.stored.push(frames);
    },
    roll: () => Promise.resolve(),
    backlog: () => ({ bytes: fake.backlogBytes, rows: 0, age_ms: 0 }),
  };
  fake.spool = parts as Spool;
  return fake;
}

function start(options: Partial<IntakeOptions> = {}) {
  const fake = fakeSpool();
  const counters = createCounters();
  const intake = createIntake({
    spool: fake.spool,
    clock: systemClock,
    counters,
    log,
    maxBacklogBytes: 1000,
    diskFree: () => 1e12,
    minFreeBytes: 1e9,
    ...options,
  });
  /** One request with the ids as rows; answers what an OTLP sender would be told, or throws. */
  function send(...ids: number[]): { duplicates: number; durable: Promise<void> } {
    const duplicates = intake.transact(() => {
      let seen = 0;
      for (const id of ids) {
        if (id < 0) throw new Error('undecodable');
        if (intake.dedup.window('t', 'events').add(id, 1))
          intake.block('scores').append({ tenant: 't', image_id: `i${id}`, name: 'x', value: id });
        else seen++;
      }
      return seen;
    });
    return { duplicates, durable: intake.durable() };
  }
  return { ...fake, fake, intake, send, counters };
}

function imagesIn(stored: readonly Frame[][]): string[] {
  const images: string[] = [];
  for (const frame of stored.flat())
    if (frame.name === 'scores') {
      const view = readBlock(frame.parts[0]!);
      for (let row = 0; row < view.rows; row++) images.push(String(view.columns.get('image_id')!.at(row)));
    }
  return images;
}

function deferred(): { promise: Promise<void>; resolve(): void; reject(error: Error): void } {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('the intake', () => {
  it('puts requests that come together into one commit: rows, ids, day and segment', async () => {
    const { send, stored } = start();
    const told = [send(1, 2), send(3), send(4, 1)];
    await Promise.all(told.map((one) => one.durable));
    expect(told.map((one) => one.duplicates)).toEqual([0, 0, 1]);
    expect(stored).toHaveLength(1);
    expect(imagesIn(stored)).toEqual(['i1', 'i2', 'i3', 'i4']);
    const [rows, ids] = stored[0]!;
    expect(ids).toMatchObject({ name: 'events/t', rows: 4 });
    const view = readBlock(rows!.parts[0]!);
    expect(view.columns.get('seg')!.at(3)).toBe(BigInt(SEG));
    expect(view.columns.get('part')!.at(0)).toBe(20_000);
  });

  it('rolls an undecodable request back whole: no row of it, no id', async () => {
    const { send, stored, intake } = start();
    const first = send(1);
    expect(() => send(2, 3, -1)).toThrow('undecodable');
    const retry = send(2, 3);
    expect(retry.duplicates).toBe(0);
    await Promise.all([first.durable, retry.durable]);
    expect(imagesIn(stored)).toEqual(['i1', 'i2', 'i3']);
    expect(() =>
      intake.transact(() => {
        intake.block('feedback').append({ tenant: 't', action: 'accept' });
        throw new Error('a table that only this request used');
      }),
    ).toThrow();
    await send(5).durable;
    expect(stored.flat().some((frame) => frame.name === 'feedback')).toBe(false);
  });

  it('takes the retry of a commit that failed, and does not call it a duplicate', async () => {
    const { send, stored, fates } = start();
    fates.push(() => Promise.reject(new Error('ENOSPC')));
    await expect(send(1, 2).durable).rejects.toThrow('ENOSPC');
    const retry = send(1, 2);
    expect(retry.duplicates).toBe(0);
    await retry.durable;
    expect(imagesIn(stored)).toEqual(['i1', 'i2']);
  });

  it('acknowledges a duplicate only when the first copy is durable', async () => {
    const { send, fates } = start();
    const disk = deferred();
    fates.push(() => disk.promise);
    const first = send(1);
    await systemClock.sleep(20);
    const order: string[] = [];
    const again = send(1);
    expect(again.duplicates).toBe(1);
    void first.durable.then(() => order.push('first'));
    void again.durable.then(() => order.push('again'));
    await systemClock.sleep(20);
    expect(order).toEqual([]);
    disk.resolve();
    await again.durable;
    expect(order).toEqual(['first', 'again']);
  });

  it('does not acknowledge a duplicate of what could not be written', async () => {
    const { send, stored, fates } = start();
    const disk = deferred();
    fates.push(() => disk.promise);
    const first = send(1);
    await systemClock.sleep(20);
    // The sender's time-out has passed; he sends again while the first copy is still being written.
    const again = send(1);
    const beside = send(2);
    disk.reject(new Error('EIO'));
    await expect(first.durable).rejects.toThrow('EIO');
    await expect(again.durable).rejects.toThrow('EIO');
    await expect(beside.durable).rejects.toThrow('EIO');
    const third = send(1, 2);
    expect(third.duplicates).toBe(0);
    await third.durable;
    expect(imagesIn(stored)).toEqual(['i1', 'i2']);
  });

  it('never leaves a sender waiting who sends in the very moment of an acknowledgement', async () => {
    const { send, stored } = start();
    for (let one = 0; one < 50; one++) await send(one).durable;
    expect(imagesIn(stored)).toHaveLength(50);
  });

  it('keeps what was acknowledged and nothing else, over random failures, bad requests and retries', async () => {
    const { send, stored, fates } = start();
    let seed = 42;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % below;
    };
    const acknowledged = new Set<number>();
    async function sender(): Promise<void> {
      for (let round = 0; round < 60; round++) {
        const ids = Array.from({ length: 1 + random(5) }, () => random(150));
        if (random(6) === 0) {
          expect(() => send(...ids, -1)).toThrow();
          continue;
        }
        for (;;) {
          if (random(5) === 0) fates.push(() => Promise.reject(new Error('EIO')));
          const durable = send(...ids).durable.then(
            () => true,
            () => false,
          );
          if (await durable) break;
        }
        for (const id of ids) acknowledged.add(id);
      }
    }
    await Promise.all([sender(), sender(), sender(), sender()]);
    const images = imagesIn(stored);
    expect(new Set(images).size).toBe(images.length);
    expect(new Set(images)).toEqual(new Set([...acknowledged].map((id) => `i${id}`)));
  });

  it('says why nothing more should be sent, for how long, and counts it', () => {
    let free = 0;
    const { intake, fake, counters } = start({ diskFree: () => free });
    expect(intake.pressure()).toEqual({ reason: 'disk_full', retryAfterS: 30 });
    free = 1e12;
    fake.backlogBytes = 1001;
    expect(intake.pressure()).toEqual({ reason: 'spool_full', retryAfterS: 5 });
    fake.backlogBytes = 0;
    expect(intake.pressure()).toBeNull();
    for (let row = 0; row <= 400_000; row++) intake.block('scores').append({ tenant: 't' });
    expect(intake.pressure()).toEqual({ reason: 'group_full', retryAfterS: 1 });
    expect(counters.by('pegbar_refused_requests_total', 'reason')).toEqual({
      disk_full: 1,
      spool_full: 1,
      group_full: 1,
    });
  });
});
