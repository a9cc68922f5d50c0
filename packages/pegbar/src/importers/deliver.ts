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
  items: AsyncIterable<Item>;
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

/** Sends what a source holds in batches, one in flight while the next is being read. */
export async function deliver(delivery: Delivery): Promise<Delivered> {
  const { cursors, key, sink } = delivery;
  const before = key === undefined ? undefined : await cursors?.read(key);
  const tally = before?.tally ?? emptyTally();
  const done: Delivered = { tally, resumed: before?.tally.read ?? 0, failure: undefined, broken: undefined };
  let inFlight: Promise<Result<true, SinkFailure>> = Promise.resolve(ok(true));

  const settle = async (batch: Batch): Promise<Result<true, SinkFailure>> => {
    const sent = await send(batch.items, sink, tally);
    if (!sent.ok) return sent;
    const last = batch.items.at(-1)?.line ?? 0;
    if (key !== undefined) await cursors?.write(key, { line: last, tally });
    delivery.onProgress(tally);
    return sent;
  };

  try {
    for await (const batch of batches(delivery.items, before)) {
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

async function* batches(items: AsyncIterable<Item>, before: Cursor | undefined): AsyncGenerator<Batch> {
  let batch: Batch = { items: [], bytes: 0 };
  let points = 0;
  for await (const item of items) {
    if (before && item.line <= before.line) continue;
    const size = 'event' in item ? item.event.length + 1 : 0;
    if (batch.bytes + size > BATCH_MOST_BYTES && batch.items.length > 0) {
      yield batch;
      batch = { items: [], bytes: 0 };
      points = 0;
    }
    batch.items.push(item);
    batch.bytes += size;
    if ('point' in item) points++;
    if (batch.items.length >= BATCH_MOST_LINES || points >= BATCH_MOST_POINTS) {
      yield batch;
      batch = { items: [], bytes: 0 };
      points = 0;
    }
  }
  if (batch.items.length > 0) yield batch;
}

/** Counts a batch only when all of it was answered, so that a cursor never stands in the middle of one. */
async function send(items: readonly Item[], sink: Sink, tally: Tally): Promise<Result<true, SinkFailure>> {
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
