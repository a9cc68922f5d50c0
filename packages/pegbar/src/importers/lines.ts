import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A record is a few KiB, one with a workflow graph some hundreds; what is longer is not NDJSON. */
export const LINE_MOST_BYTES = 4 * 1_048_576;

export interface TextLine {
  /** Counts from 1. */
  number: number;
  /** Undefined where the line is longer than LINE_MOST_BYTES. */
  bytes: Uint8Array | undefined;
}

const NEWLINE = 0x0a;

/**
 * The lines of a source, without their ends (LF or CR LF). Blank lines are numbered and left out. A byte order
 * mark at the start is dropped. Holds at most one line and one chunk in memory.
 */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<TextLine> {
  let number = 0;
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      const piece = chunk.subarray(start, end < 0 ? chunk.length : end);
      size += piece.length;
      // Past the limit only the length is kept, so that a file without line ends cannot fill the memory.
      if (size <= LINE_MOST_BYTES) held.push(piece);
      if (end < 0) break;
      number++;
      const line = finished(number, held, size);
      if (line) yield line;
      held = [];
      size = 0;
      start = end + 1;
    }
  }
  const last = size > 0 ? finished(number + 1, held, size) : undefined;
  if (last) yield last;
}

function finished(number: number, held: readonly Uint8Array[], size: number): TextLine | undefined {
  if (size > LINE_MOST_BYTES) return { number, bytes: undefined };
  let bytes: Uint8Array = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
  if (number === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
  if (bytes.at(-1) === 0x0d) bytes = bytes.subarray(0, -1);
  return isBlank(bytes) ? undefined : { number, bytes };
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09);

/** The source, decompressed where its first bytes say that it is gzip, whatever its name. */
export async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let ended = false;
  while (head.length < 2 && !ended) {
    const next = await chunks.next();
    ended = next.done === true;
    if (!next.done) head = Buffer.concat([head, next.value]);
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    if (ended) return;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) return yield* whole();
  const input = Readable.from(whole(), { objectMode: false });
  const gunzip = createGunzip();
  input.on('error', (error) => gunzip.destroy(error));
  yield* input.pipe(gunzip) as AsyncIterable<Uint8Array>;
}
