/**
 * What lies between a render and the network: a bounded buffer that is emptied in batches, one batch at a time.
 *
 * Offering never waits and never throws. A batch that could not be delivered stays and is tried again, later each
 * time, for as long as the buffer has room; then the oldest go first, and each is counted with its reason.
 */
import type { Runtime } from './runtime.ts';

/** What became of a batch. `retry` keeps it; `refused` says that sending it again would not help. */
export type Verdict =
  | { kind: 'delivered'; rejected: number }
  | { kind: 'retry'; reason: string; after_ms?: number | undefined }
  /** The server takes smaller bodies: half a batch is tried, down to one item. */
  | { kind: 'too_large' }
  | { kind: 'refused'; reason: string };

/** Why something was not delivered. */
export type DropReason = 'buffer_full' | 'too_large' | 'refused' | 'rejected' | 'closed' | 'invalid';

export interface BufferStatus {
  /** Waiting, or on its way. */
  buffered: number;
  delivered: number;
  dropped: Partial<Record<DropReason, number>>;
  /** Deliveries that failed since the last that did not. */
  failures: number;
  /** Why the last one failed. */
  last_error?: string;
}

export interface BufferOptions<T> {
  /** Most that wait, the batch on its way included. */
  items: number;
  bytes: number;
  /** Most of one batch. */
  batch_items: number;
  batch_bytes: number;
  /** How long the first of a batch waits for company. */
  flush_ms: number;
  runtime: Runtime;
  /** `over` aborts when the time to close has passed: an answer that comes later helps nobody. */
  deliver(batch: readonly T[], over: AbortSignal): Promise<Verdict>;
  /** Called for each loss. */
  onDrop(reason: DropReason, count: number): void;
}

export interface Buffer<T> {
  /** False where it was not taken: larger than the buffer, or after the end. */
  offer(item: T, bytes: number): boolean;
  /** Counts what never came as far as the buffer. */
  drop(reason: DropReason, count?: number): void;
  /** Sends what is there now. True when nothing is left, false after `timeout_ms`. */
  flush(timeout_ms: number): Promise<boolean>;
  /** Flushes and takes nothing more; what is left is counted as dropped. */
  close(timeout_ms: number): Promise<boolean>;
  status(): BufferStatus;
}

/** First wait after a failure; it doubles up to the most. */
const BACKOFF_MS = 500;
const BACKOFF_MOST_MS = 30_000;
/** A server that asks for more is asked again anyway. */
const RETRY_AFTER_MOST_MS = 300_000;

interface Entry<T> {
  item: T;
  bytes: number;
}

export function createBuffer<T>(options: BufferOptions<T>): Buffer<T> {
  const { runtime } = options;
  let waiting: Entry<T>[] = [];
  /** Entries of `waiting` before this one are gone. */
  let head = 0;
  let [bytes, flying, delivered, failures] = [0, 0, 0, 0];
  let most = options.batch_items;
  let lastError: string | undefined;
  /** Nothing is taken any more; nothing is tried any more. */
  let [closed, ended, hurry] = [false, false, false];
  let cancel: (() => void) | undefined;
  const dropped: Partial<Record<DropReason, number>> = {};
  const idle: (() => void)[] = [];
  const over = new AbortController();

  const length = (): number => waiting.length - head;

  function drop(reason: DropReason, count = 1): void {
    if (count <= 0) return;
    dropped[reason] = (dropped[reason] ?? 0) + count;
    options.onDrop(reason, count);
  }

  function shift(): Entry<T> {
    const entry = waiting[head]!;
    waiting[head++] = undefined as never;
    // Half of the array is gone: move the rest down, which costs each entry one move.
    if (head > 1024 && head * 2 > waiting.length) {
      waiting = waiting.slice(head);
      head = 0;
    }
    return entry;
  }

  function take(): Entry<T>[] {
    const batch: Entry<T>[] = [];
    let size = 0;
    while (length() > 0 && batch.length < most) {
      const next = waiting[head]!;
      if (batch.length > 0 && size + next.bytes > options.batch_bytes) break;
      batch.push(shift());
      size += next.bytes;
    }
    return batch;
  }

  function schedule(ms: number): void {
    if (cancel) {
      if (ms > 0) return;
      cancel();
    }
    cancel = runtime.after(ms, () => {
      cancel = undefined;
      void pump();
    });
  }

  async function pump(): Promise<void> {
    if (flying > 0 || length() === 0) return;
    const batch = take();
    flying = batch.length;
    let verdict: Verdict;
    try {
      verdict = await options.deliver(
        batch.map(({ item }) => item),
        over.signal,
      );
    } catch (error) {
      verdict = { kind: 'retry', reason: String(error) };
    }
    flying = 0;
    settle(batch, verdict);
  }

  function settle(batch: Entry<T>[], verdict: Verdict): void {
    const again_ms = tryAgain(batch, verdict);
    if (again_ms !== undefined) {
      waiting = [...batch, ...waiting.slice(head)];
      head = 0;
      schedule(again_ms);
      return;
    }
    for (const entry of batch) bytes -= entry.bytes;
    if (verdict.kind === 'too_large') drop('too_large', batch.length);
    else if (verdict.kind === 'retry') drop('closed', batch.length);
    else if (verdict.kind === 'refused') {
      lastError = verdict.reason;
      drop('refused', batch.length);
    } else {
      failures = 0;
      lastError = undefined;
      delivered += batch.length - verdict.rejected;
      drop('rejected', verdict.rejected);
    }
    if (length() === 0) for (const wake of idle.splice(0)) wake();
    else schedule(hurry || length() >= options.batch_items ? 0 : options.flush_ms);
  }

  /** After how long a batch is tried again; undefined where it is done with. */
  function tryAgain(batch: Entry<T>[], verdict: Verdict): number | undefined {
    if (verdict.kind === 'too_large' && batch.length > 1) {
      most = Math.ceil(batch.length / 2);
      return 0;
    }
    if (verdict.kind !== 'retry') return undefined;
    failures++;
    lastError = verdict.reason;
    return ended ? undefined : waitOf(verdict.after_ms);
  }

  /** Doubling, with a half left to chance, so that a farm does not come back all at once. */
  function waitOf(after_ms = 0): number {
    const step = Math.min(BACKOFF_MOST_MS, BACKOFF_MS * 2 ** Math.min(failures - 1, 16));
    return Math.max(step * (0.5 + runtime.random() / 2), Math.min(after_ms, RETRY_AFTER_MOST_MS));
  }

  async function flush(timeout_ms: number): Promise<boolean> {
    if (length() + flying === 0) return true;
    hurry = true;
    const empty = new Promise<boolean>((resolve) => idle.push(() => resolve(true)));
    let stop: (() => void) | undefined;
    const late = new Promise<boolean>((resolve) => {
      // This timer keeps a process alive that has nothing else to do: for as long as the caller allowed.
      stop = runtime.after(timeout_ms, () => resolve(false), true);
    });
    schedule(0);
    const done = await Promise.race([empty, late]);
    stop?.();
    hurry = false;
    return done;
  }

  return {
    offer(item, size) {
      if (closed || size > options.bytes) {
        drop(closed ? 'closed' : 'too_large');
        return false;
      }
      // The batch on its way is not taken back: it may have arrived.
      while (length() > 0 && (length() + flying >= options.items || bytes + size > options.bytes)) {
        bytes -= shift().bytes;
        drop('buffer_full');
      }
      if (length() + flying >= options.items || bytes + size > options.bytes) {
        drop('buffer_full');
        return false;
      }
      waiting.push({ item, bytes: size });
      bytes += size;
      if (failures === 0 && flying === 0) schedule(length() >= options.batch_items ? 0 : options.flush_ms);
      return true;
    },
    drop,
    flush,
    async close(timeout_ms) {
      closed = true;
      const done = await flush(timeout_ms);
      ended = true;
      over.abort();
      cancel?.();
      cancel = undefined;
      const left = length();
      waiting = [];
      head = 0;
      drop('closed', left);
      for (const wake of idle.splice(0)) wake();
      return done;
    },
    status: () => ({
      buffered: length() + flying,
      delivered,
      dropped: { ...dropped },
      failures,
      ...(lastError === undefined ? {} : { last_error: lastError }),
    }),
  };
}
