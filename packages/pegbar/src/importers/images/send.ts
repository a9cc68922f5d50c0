import { stat } from 'node:fs/promises';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Item, send } from '../deliver.ts';
import type { Sink, SinkFailure } from '../sink.ts';
import { emptyTally, reject, type Tally } from '../tally.ts';
import { type PictureFacts, readFacts } from './containers/index.ts';
import { type PictureFile, readPictureFile, shownPath } from './file.ts';
import { readRecipe } from './generators/index.ts';
import { type Journal, sentKey } from './journal.ts';
import { type PictureRecords, type PictureTags, recordsOf } from './records.ts';
import type { Candidate } from './walk.ts';

/** A small picture for pages and lists, or why there is none. */
export type Thumbnail = { ok: true; bytes: Uint8Array } | { ok: false; code: string; message: string };

export interface PictureSink extends Sink {
  /** False where the server does not want this thumbnail; a failure where it does not answer. */
  thumbnail(image_id: string, bytes: Uint8Array): Promise<Result<boolean, SinkFailure>>;
}

export interface Sending {
  sink: PictureSink;
  tags: PictureTags;
  journal: Journal | undefined;
  makeThumbnail: (file: PictureFile, facts: PictureFacts) => Promise<Thumbnail>;
  /** Files dealt with so far, sent or not. */
  onProgress: (files: number) => void;
  /** A picture that the server has taken, with the generator that was read from it. */
  onSent?: (path: Buffer, generator: string | undefined) => void;
  /** A file that cannot be taken as it is. */
  onProblem?: (path: Buffer, code: string, message: string) => void;
  signal?: AbortSignal | undefined;
}

/** What became of the files; pictures.read = accepted + duplicates + rejected + known. */
export interface PictureReport {
  pictures: Tally;
  /** Sent in an earlier run and not read again. */
  known: number;
  /** Pictures by the generator that wrote their metadata. */
  generators: Record<string, number>;
  /** Taken, with something missing: no metadata, no thumbnail, cut. */
  notes: Tally;
  bytes: number;
}

export const emptyReport = (): PictureReport => ({
  pictures: emptyTally(),
  known: 0,
  generators: {},
  notes: emptyTally(),
  bytes: 0,
});

/** Pictures read and shrunk at the same time: a core or two of work, and what they hold in memory. */
const AT_ONCE = 4;
/** An acknowledgement is one fsync; with a few hundred pictures it costs nothing, and little is done twice after a crash. */
const BATCH_MOST_PICTURES = 200;
const BATCH_MOST_BYTES = 4 * 1_048_576;

type Prepared =
  | { kind: 'known' }
  | { kind: 'problem'; path: Buffer; code: string; message: string }
  | { kind: 'failure'; failure: SinkFailure }
  | Ready;

interface Ready {
  kind: 'ready';
  path: Buffer;
  key: string;
  size: number;
  records: PictureRecords;
  generator: string | undefined;
  notes: { code: string; message: string }[];
}

/**
 * Sends pictures: of each the thumbnail first, then in batches how they were made, then the pictures themselves.
 * Whatever stops it between two of these is done again by the next run, and nothing twice: all ids come from the
 * digest of the bytes.
 */
export async function sendPictures(
  candidates: AsyncIterable<Candidate>,
  sending: Sending,
): Promise<{ report: PictureReport; failure: SinkFailure | undefined }> {
  const sent = await sendAll(candidates, sending);
  if (sent.failure && sending.journal) sending.journal.proven = false;
  return sent;
}

async function sendAll(
  candidates: AsyncIterable<Candidate>,
  sending: Sending,
): Promise<{ report: PictureReport; failure: SinkFailure | undefined }> {
  const report = emptyReport();
  const proven = await prove(sending);
  if (!proven.ok) return { report, failure: proven.error };
  let batch: Ready[] = [];
  let held = 0;
  let sent = 0;
  let files = 0;
  const graphs = new Set<string>();
  const flush = async (): Promise<Result<true, SinkFailure>> => {
    const all = batch;
    batch = [];
    held = 0;
    const done = await sendBatch(all, sending, report, sent);
    sent += all.length;
    return done;
  };
  for await (const one of inOrder(candidates, (candidate) => prepare(candidate, sending, graphs))) {
    if (one.kind === 'failure') return { report, failure: one.failure };
    sending.onProgress(++files);
    if (one.kind === 'known') {
      report.known++;
      report.pictures.read++;
    } else if (one.kind === 'problem') {
      report.pictures.read++;
      sending.onProblem?.(one.path, one.code, one.message);
      reject(report.pictures, 0, one.code, '', `${shownPath(one.path)}: ${one.message}`);
    } else {
      batch.push(one);
      held += sizeOf(one.records);
      if (batch.length < BATCH_MOST_PICTURES && held < BATCH_MOST_BYTES) continue;
      const done = await flush();
      if (!done.ok) return { report, failure: done.error };
    }
    if (sending.signal?.aborted) break;
  }
  const last = await flush();
  return { report, failure: last.ok ? undefined : last.error };
}

const sizeOf = ({ picture, others }: PictureRecords): number => JSON.stringify([picture, others]).length;

/** Results in the order of the source, a few in the making. */
async function* inOrder<T, R>(source: AsyncIterable<T>, work: (one: T) => Promise<R>): AsyncGenerator<R> {
  const making: Promise<R>[] = [];
  try {
    for await (const one of source) {
      const started = work(one);
      // Seen at its turn; until then it must not count as unhandled.
      started.catch(() => undefined);
      making.push(started);
      if (making.length >= AT_ONCE) yield await (making.shift() as Promise<R>);
    }
    while (making.length > 0) yield await (making.shift() as Promise<R>);
  } finally {
    await Promise.allSettled(making);
  }
}

async function prepare(candidate: Candidate, sending: Sending, graphs: Set<string>): Promise<Prepared> {
  const { path } = candidate;
  if ('problem' in candidate) return { kind: 'problem', path, ...candidate.problem };
  const { journal } = sending;
  if (journal) {
    const stats = await stat(path).catch(() => undefined);
    if (stats && journal.has(sentKey(path, stats.size, stats.mtimeMs))) return { kind: 'known' };
  }
  return readAndShrink(path, sending, graphs);
}

async function readAndShrink(path: Buffer, sending: Sending, graphs: Set<string>): Promise<Prepared> {
  const read = await readPictureFile(path);
  if (!read.ok) return { kind: 'problem', path, ...read.error };
  const file = read.value;
  const facts = readFacts(file.bytes);
  if (!facts) {
    const message = 'its bytes are no PNG, JPEG, WebP, GIF, MP4 or WebM';
    return { kind: 'problem', path, code: 'not_a_picture', message };
  }
  const name = shownPath(path).split('/').at(-1) ?? '';
  const recipe = readRecipe(facts, { filename: name });
  const notes: Ready['notes'] = [];
  if (!recipe) notes.push({ code: 'no_metadata', message: 'it does not say how it was made' });
  if (!facts.whole && file.complete)
    notes.push({ code: 'truncated', message: 'its bytes end before the picture does' });
  const records = recordsOf(file, facts, recipe, sending.tags, graphs);
  const small = await sending.makeThumbnail(file, facts);
  if (!small.ok) notes.push(small);
  else {
    const put = await sending.sink.thumbnail(records.image_id, small.bytes);
    if (!put.ok) return { kind: 'failure', failure: put.error };
    if (!put.value) notes.push({ code: 'no_thumbnail', message: 'the server did not take its thumbnail' });
  }
  const key = sentKey(path, file.size, file.mtime_ms);
  return { kind: 'ready', path, key, size: file.size, records, generator: recipe?.generator, notes };
}

async function sendBatch(
  batch: readonly Ready[],
  { sink, journal, onSent, onProblem }: Sending,
  report: PictureReport,
  before: number,
): Promise<Result<true, SinkFailure>> {
  if (batch.length === 0) return ok(true);
  const others: Item[] = [];
  const pictures: Item[] = [];
  for (const [index, { records }] of batch.entries()) {
    const line = before + index + 1;
    for (const other of records.others) others.push({ line, event: encoded(other) });
    pictures.push({ line, event: encoded(records.picture) });
  }
  const metadata = emptyTally();
  const first = await send(others, sink, metadata);
  if (!first.ok) return fail(first.error);
  const taken = emptyTally();
  const second = await send(pictures, sink, taken);
  if (!second.ok) return fail(second.error);
  const pathOf = (line: number): string => shownPath((batch[line - before - 1] as Ready).path);
  merge(report.pictures, taken, pathOf);
  merge(report.notes, { ...metadata, read: 0, accepted: 0, duplicates: 0 }, pathOf);
  for (const one of batch) {
    report.bytes += one.size;
    if (one.generator) report.generators[one.generator] = (report.generators[one.generator] ?? 0) + 1;
    for (const { code, message } of one.notes)
      reject(report.notes, 0, code, '', `${shownPath(one.path)}: ${message}`);
    onSent?.(one.path, one.generator);
  }
  const refused = new Map(
    taken.reasons.flatMap((one) => one.examples.map(({ line, message }) => [line, { ...one, message }])),
  );
  for (const [line, { code, message }] of refused)
    onProblem?.((batch[line - before - 1] as Ready).path, code, message);
  const good = batch.filter((_, index) => !refused.has(before + index + 1));
  const probe = good.at(-1);
  // Of many refusals only some are named: then the whole batch is tried again by the next run.
  if (probe && refused.size === taken.rejected)
    await journal?.add(
      good.map(({ key }) => key),
      probe.path,
    );
  return ok(true);
}

const encoded = (record: Record<string, unknown>): Uint8Array => Buffer.from(JSON.stringify(record));

function merge(into: Tally, from: Tally, pathOf: (line: number) => string): void {
  into.read += from.read;
  into.accepted += from.accepted;
  into.duplicates += from.duplicates;
  for (const { code, field, count, examples } of from.reasons) {
    const told = examples.map(({ line, message }) => `${pathOf(line)}: ${message}`);
    for (const message of told) reject(into, 0, code, field, message);
    const untold = count - told.length;
    if (untold > 0) reject(into, 0, code, field, told[0] ?? '', untold);
  }
}

/** Sends one picture of the journal's last batches again; where it is news, nothing of the journal holds. */
async function prove(sending: Sending): Promise<Result<true, SinkFailure>> {
  const { journal } = sending;
  if (!journal || journal.proven) return ok(true);
  for (const path of journal.probes) {
    const one = await readAndShrink(path, sending, new Set());
    if (one.kind === 'failure') return fail(one.failure);
    if (one.kind !== 'ready' || !journal.has(one.key)) continue;
    const again = emptyReport();
    const { sink, tags, makeThumbnail, onProgress } = sending;
    const silently = { sink, tags, makeThumbnail, onProgress, journal: undefined };
    const done = await sendBatch([one], silently, again, 0);
    if (!done.ok) return fail(done.error);
    if (again.pictures.accepted > 0) break;
    journal.proven = true;
    return ok(true);
  }
  await journal.forget();
  journal.proven = true;
  return ok(true);
}
