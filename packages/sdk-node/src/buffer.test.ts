import { describe, expect, it } from 'vitest';
import { type BufferOptions, createBuffer, type Verdict } from './buffer.ts';
import { type TestRuntime, testRuntime } from './testkit.ts';

const DELIVERED: Verdict = { kind: 'delivered', rejected: 0 };
const AWAY: Verdict = { kind: 'retry', reason: 'connection refused' };

function setUp(
  answer: (batch: readonly number[]) => Verdict | Promise<Verdict>,
  more: Partial<BufferOptions<number>> = {},
) {
  const runtime: TestRuntime = testRuntime();
  const batches: number[][] = [];
  const buffer = createBuffer<number>({
    items: 10,
    bytes: 1_000,
    batch_items: 4,
    batch_bytes: 1_000,
    flush_ms: 100,
    runtime,
    onDrop: () => undefined,
    deliver: async (batch) => {
      batches.push([...batch]);
      return answer(batch);
    },
    ...more,
  });
  const offer = (...items: number[]): boolean[] => items.map((item) => buffer.offer(item, 1));
  return { buffer, runtime, batches, offer };
}

describe('the buffer', () => {
  it('sends a batch when it is full, and what is left after a moment', async () => {
    const { runtime, batches, offer, buffer } = setUp(() => DELIVERED);
    offer(1, 2, 3, 4, 5);
    await runtime.advance(0);
    expect(batches).toEqual([[1, 2, 3, 4]]);
    await runtime.advance(99);
    expect(batches).toHaveLength(1);
    await runtime.advance(1);
    expect(batches[1]).toEqual([5]);
    expect(buffer.status()).toEqual({ buffered: 0, delivered: 5, dropped: {}, failures: 0 });
    expect(runtime.waiting).toBe(0);
  });

  it('keeps everything in order while the server is away, and tries again ever later', async () => {
    let away = true;
    const { runtime, batches, offer, buffer } = setUp(() => (away ? AWAY : DELIVERED));
    offer(1, 2, 3, 4, 5, 6);
    await runtime.advance(60_000);
    // 0.375 s, 0.75 s, 1.5 s … 22.5 s apart: three quarters of the doubling, as chance has it here.
    expect(batches.length).toBeGreaterThan(5);
    expect(batches.length).toBeLessThan(12);
    expect(buffer.status()).toMatchObject({ buffered: 6, delivered: 0, last_error: 'connection refused' });
    away = false;
    await runtime.advance(30_000);
    expect(batches.slice(-2)).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    expect(buffer.status()).toEqual({ buffered: 0, delivered: 6, dropped: {}, failures: 0 });
  });

  it('drops the oldest when it is full, and counts each; the batch on its way is not taken back', async () => {
    let answer: (verdict: Verdict) => void = () => undefined;
    const { runtime, offer, buffer, batches } = setUp(() => new Promise((resolve) => (answer = resolve)));
    offer(1, 2, 3, 4);
    await runtime.advance(0);
    offer(5, 6, 7, 8, 9, 10, 11, 12);
    expect(buffer.status()).toMatchObject({ buffered: 10, dropped: { buffer_full: 2 } });
    answer(DELIVERED);
    await runtime.advance(0);
    expect(batches[1]).toEqual([7, 8, 9, 10]);
  });

  it('is bounded by bytes too', () => {
    const { buffer } = setUp(() => DELIVERED);
    expect([buffer.offer(1, 600), buffer.offer(2, 600), buffer.offer(3, 1_001)]).toEqual([true, true, false]);
    expect(buffer.status()).toMatchObject({ buffered: 1, dropped: { buffer_full: 1, too_large: 1 } });
  });

  it('waits as long as a server asks for', async () => {
    const { runtime, batches, offer } = setUp(() => ({ kind: 'retry', reason: '429', after_ms: 20_000 }));
    offer(1, 2, 3, 4);
    await runtime.advance(19_999);
    expect(batches).toHaveLength(1);
    await runtime.advance(1);
    expect(batches).toHaveLength(2);
  });

  it('halves a batch that is too large for the server, down to the item that is', async () => {
    const { runtime, batches, offer, buffer } = setUp((batch) =>
      batch.length > 2 || batch.includes(3) ? { kind: 'too_large' } : DELIVERED,
    );
    offer(1, 2, 3, 4);
    await runtime.advance(1_000);
    expect(batches).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]);
    expect(buffer.status()).toMatchObject({ buffered: 0, delivered: 3, dropped: { too_large: 1 } });
  });

  it('gives up what a server refuses for good, and counts what it rejects', async () => {
    let verdict: Verdict = { kind: 'refused', reason: '400' };
    const { runtime, offer, buffer } = setUp(() => verdict);
    offer(1, 2, 3, 4);
    await runtime.advance(0);
    verdict = { kind: 'delivered', rejected: 1 };
    offer(5, 6, 7, 8);
    await runtime.advance(0);
    expect(buffer.status()).toMatchObject({ delivered: 3, dropped: { refused: 4, rejected: 1 } });
  });

  it('takes a delivery that throws for one that may be tried again', async () => {
    let thrown = false;
    const { runtime, offer, buffer } = setUp(() => {
      if (thrown) return DELIVERED;
      thrown = true;
      throw new Error('a bug');
    });
    offer(1);
    await runtime.advance(1_000);
    expect(buffer.status()).toMatchObject({ delivered: 1, dropped: {} });
  });

  it('flushes at once, also between two attempts, and says whether all of it arrived', async () => {
    let away = true;
    const { runtime, offer, buffer, batches } = setUp(() => (away ? AWAY : DELIVERED));
    offer(1, 2, 3, 4, 5);
    await runtime.advance(5_000);
    const before = batches.length;
    const failed = buffer.flush(1_000);
    await runtime.advance(0);
    expect(batches.length).toBe(before + 1);
    await runtime.advance(1_000);
    expect(await failed).toBe(false);
    away = false;
    const done = buffer.flush(1_000);
    await runtime.advance(0);
    expect([await done, await buffer.flush(1)]).toEqual([true, true]);
  });

  it('counts what the end left behind, and takes nothing after it', async () => {
    const { runtime, offer, buffer } = setUp(() => AWAY);
    offer(1, 2, 3, 4, 5);
    const closed = buffer.close(2_000);
    await runtime.advance(2_000);
    expect(await closed).toBe(false);
    expect(offer(6)).toEqual([false]);
    expect(buffer.status()).toMatchObject({ buffered: 0, delivered: 0, dropped: { closed: 6 } });
    await runtime.advance(60_000);
    expect(runtime.waiting).toBe(0);
  });

  it('loses nothing of a long run against a server that fails every other time', async () => {
    let calls = 0;
    const got: number[] = [];
    const { runtime, offer, buffer } = setUp(
      (batch) => {
        if (++calls % 2 === 1) return AWAY;
        got.push(...batch);
        return DELIVERED;
      },
      { items: 10_000, bytes: 10_000, batch_items: 64 },
    );
    const all = Array.from({ length: 5_000 }, (_, i) => i);
    for (const item of all) {
      offer(item);
      if (item % 100 === 0) await runtime.advance(50);
    }
    await runtime.advance(600_000);
    expect(got).toEqual(all);
    expect(buffer.status()).toMatchObject({ buffered: 0, delivered: 5_000, dropped: {} });
  });
});
