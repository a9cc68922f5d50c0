/** Answers of the engine: bounded, and known to be whole. */
import type { Readable } from 'node:stream';
import { readBlock } from '../native/index.ts';

/** Nearly every answer fits, so that the engine needs no file for it; it takes memory as an answer fills it. */
export const ANSWER_BUFFER_BYTES = 64 * 1024 * 1024;

export class TooLarge extends Error {}

/**
 * The engine holds an answer back until it is complete, beyond its buffer in a file. On a full disk it then says
 * 200, tells in the summary of all the rows, and sends none of them or those that fitted into the buffer.
 */
export class LostAnswer extends Error {
  constructor() {
    super('the engine could not hold the answer; is the disk full?');
  }
}

/** Whether rows are missing. Only an answer that did not fit into the buffer can lack some of them. */
export function isCut(bytes: Buffer, format: string, rows: number): boolean {
  if (rows === 0 || (bytes.length > 0 && bytes.length < ANSWER_BUFFER_BYTES / 2)) return false;
  return (format === 'Native' ? nativeRows(bytes) : linesOf(bytes)) !== rows;
}

function nativeRows(bytes: Buffer): number {
  // No column is called so: all are passed over.
  const none = new Set(['']);
  let rows = 0;
  try {
    for (let at: number | null = 0; at !== null && at < bytes.length; ) {
      const block = readBlock(bytes, at, { columns: none });
      rows += block.rows;
      at = block.end;
    }
  } catch {
    return -1;
  }
  return rows;
}

function linesOf(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

export function resultRows(headers: Record<string, unknown>): number {
  const summary = headers['x-clickhouse-summary'];
  if (typeof summary !== 'string') return 0;
  return Number((JSON.parse(summary) as { result_rows?: string }).result_rows ?? 0);
}

/** Bytes of a stream up to a bound; beyond it `TooLarge`, or where cutting is allowed what came so far. */
export async function collect(
  stream: Readable,
  limit: number,
  signal: AbortSignal,
  mayCut = false,
): Promise<{ bytes: Buffer; cut: boolean }> {
  const parts: Buffer[] = [];
  let size = 0;
  const onAbort = (): void => void stream.destroy(new Error('aborted'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const part of stream) {
      const bytes = part as Buffer;
      if (size + bytes.length > limit) {
        if (!mayCut) throw new TooLarge(`the answer is larger than ${limit} bytes`);
        parts.push(bytes.subarray(0, limit - size));
        return { bytes: Buffer.concat(parts), cut: true };
      }
      parts.push(bytes);
      size += bytes.length;
    }
    return { bytes: Buffer.concat(parts), cut: false };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export function parseLines<T>(text: string): T[] {
  const out: T[] = [];
  for (let from = 0; from < text.length; ) {
    let to = text.indexOf('\n', from);
    if (to < 0) to = text.length;
    if (to > from) out.push(JSON.parse(text.slice(from, to)) as T);
    from = to + 1;
  }
  return out;
}
