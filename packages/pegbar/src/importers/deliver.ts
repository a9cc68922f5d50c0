import { ok, type Result } from '../base/result.ts';
import type { Cursor, Cursors } from './cursors.ts';
import type { MetricPoint, Sink, SinkFailure, Verdict } from './sink.ts';
import { emptyTally, reject, type Tally } from './tally.ts';

/** What one line of a source became. */
export type Item = { line: number } & (
  | { event: Uint8Array }
  | { point: MetricPoint }
  | { problem: { code: string; field: string; message: string } }
);

/** One acknowledgement is one fsync: batches of this size cost it little and are answered in tens of ms. */
const BATCH_MOST_LINES = 2_000;
const BATCH_MOST_BYTES = 4 * 1_048_576;
/** Ids of a batch of points travel in one statement of SQL, whose length the engine limits to 256 KiB. */
const BATCH_MOST_POINTS = 1_000;

export interface Delivery {
  /** Opens the source at its start; a source with a key may be opened twice. */
  open: () => AsyncIterable<Item>;
  sink: Sink;
  cursors: Cursors | undefined;
  /** Key of the cursor; undefined for a source that cannot be read twice. */
  key: string | undefined;
  onProgress: (tally: Tally) => void;
}

export interface Delivered {
  tally: Tally;
  /** Lines that an earlier run had sent already. */
  resumed: number;
  /** Why it stopped before the end; the cursor stays. */
  failure: SinkFailure | undefined;
  /** Why the source could not be read to its end. */
  broken: string | undefined;
}

interface Batch {
  items: Item[];
  bytes: number;
}

/** Sends what a source holds, from where an earlier run stopped if there was one. */
export async function deliver(delivery: Delivery): Promise<Delivered> {
  const { cursors, key } = delivery;
  const before = key === undefined ? undefined : await cursors?.read(key);
  const resumed = before && (await pass(delivery, before));
  return resumed ?? (await pass(delivery, undefined)) ?? unread();
}

const unread = (): Delivered => ({ tally: emptyTally(), resumed: 0, failure: undefined, broken: undefined });

/**
 * One way through the source, one batch in flight while the next is being read.
 *
 * With a cursor the last batch that was answered is sent once more. It must come back without anything new: where
 * the server takes it as news, its store is another one than the cursor's (a new data folder behind the same
 * address), and `undefined` says that the import has to begin at the start.
 */
async function pass(delivery: Delivery, before: Cursor | undefined): Promise<Delivered | undefined> {
  const { cursors, key, sink } = delivery;
  const tally = before ? structuredClone(before.tally) : emptyTally();
  const done: Delivered = { ...unread(), tally, resumed: tally.read };
  let from = before?.from ?? 0;
  let inFlight: Promise<Result<true, SinkFailure>> = Promise.resolve(ok(true));

  const settle = async (batch: Batch): Promise<Result<true, SinkFailure>> => {
    const sent = await send(batch.items, sink, tally);
    if (!sent.ok) return sent;
    const line = batch.items.at(-1)?.line ?? 0;
    if (key !== undefined) await cursors?.write(key, { from, line, tally });
    from = line;
    delivery.onProgress(tally);
    return sent;
  };

  let toProve = before;
  try {
    for await (const batch of batches(delivery.open(), before)) {
      if (toProve) {
        const again = emptyTally();
        const sent = await send(batch.items, sink, again);
        if (!sent.ok) return { ...done, failure: sent.error };
        if (again.accepted > 0) return undefined;
        from = toProve.line;
        toProve = undefined;
        continue;
      }
      const sent = await inFlight;
      if (!sent.ok) return { ...done, failure: sent.error };
      inFlight = settle(batch);
      // A rejection is seen at the next await; until then it must not count as unhandled.
      inFlight.catch(() => undefined);
    }
  } catch (error) {
    done.broken = error instanceof Error ? error.message : String(error);
  }
  const last = await inFlight;
  if (!last.ok) return { ...done, failure: last.error };
  if (key !== undefined && done.broken === undefined) await cursors?.clear(key);
  return done;
}

/** Items in batches, after the cursor's `from`; one batch ends exactly at its `line`. */
async function* batches(items: AsyncIterable<Item>, before: Cursor | undefined): AsyncGenerator<Batch> {
  let batch: Batch = { items: [], bytes: 0 };
  let points = 0;
  for await (const item of items) {
    if (before && item.line <= before.from) continue;
    const size = 'event' in item ? item.event.length + 1 : 0;
    if (batch.bytes + size > BATCH_MOST_BYTES && batch.items.length > 0) {
      yield batch;
      batch = { items: [], bytes: 0 };
      points = 0;
    }
    batch.items.push(item);
    batch.bytes += size;
    if ('point' in item) points++;
    const isFull = batch.items.length >= BATCH_MOST_LINES || points >= BATCH_MOST_POINTS;
    if (isFull || item.line === before?.line) {
      yield batch;
      batch = { items: [], bytes: 0 };
      points = 0;
    }
  }
  if (batch.items.length > 0) yield batch;
}

/** Counts a batch only when all of it was answered, so that a cursor never stands in the middle of one. */
export async function send(
  items: readonly Item[],
  sink: Sink,
  tally: Tally,
): Promise<Result<true, SinkFailure>> {
  const events: (Item & { event: Uint8Array })[] = [];
  const points: (Item & { point: MetricPoint })[] = [];
  for (const item of items) {
    if ('event' in item) events.push(item);
    else if ('point' in item) points.push(item);
  }
  const answers: Answer[] = [];
  const sentEvents = await split(events, answers, (part) =>
    sink.events(joined(part.map((item) => item.event))),
  );
  if (!sentEvents.ok) return sentEvents;
  const sentPoints = await split(points, answers, (part) => sink.points(part.map((item) => item.point)));
  if (!sentPoints.ok) return sentPoints;

  tally.read += items.length;
  for (const { lines, verdict } of answers) {
    tally.accepted += verdict.accepted;
    tally.duplicates += verdict.duplicates;
    for (const { line, code, field, message } of verdict.rejected) {
      reject(tally, lines[line - 1]?.line ?? 0, code, field, message);
    }
    // The server names so many rejections of a batch and no more; the others must not vanish from the sum.
    const untold = lines.length - verdict.accepted - verdict.duplicates - verdict.rejected.length;
    const like = verdict.rejected.at(-1);
    if (untold > 0 && like)
      reject(tally, lines[like.line - 1]?.line ?? 0, like.code, like.field, like.message, untold);
    else if (untold > 0)
      reject(tally, lines[0]?.line ?? 0, 'unanswered', '', 'the server said nothing of it', untold);
  }
  for (const item of items) {
    if (!('problem' in item)) continue;
    const { code, field, message } = item.problem;
    reject(tally, item.line, code, field, message);
  }
  return ok(true);
}

interface Answer {
  lines: readonly Item[];
  verdict: Verdict;
}

/** Sends a part; where the server finds it too large, its halves. */
async function split<T extends Item>(
  part: readonly T[],
  answers: Answer[],
  transmit: (part: readonly T[]) => Promise<Result<Verdict, SinkFailure>>,
): Promise<Result<true, SinkFailure>> {
  if (part.length === 0) return ok(true);
  const sent = await transmit(part);
  if (sent.ok) {
    answers.push({ lines: part, verdict: sent.value });
    return ok(true);
  }
  if (!sent.error.tooLarge) return sent;
  if (part.length === 1) {
    const rejected = [{ line: 1, code: 'too_large', field: '', message: sent.error.message }];
    answers.push({ lines: part, verdict: { accepted: 0, duplicates: 0, rejected } });
    return ok(true);
  }
  const middle = Math.ceil(part.length / 2);
  const first = await split(part.slice(0, middle), answers, transmit);
  return first.ok ? split(part.slice(middle), answers, transmit) : first;
}

const NEWLINE = Buffer.from('\n');

const joined = (lines: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(lines.flatMap((line) => [line, NEWLINE]));
