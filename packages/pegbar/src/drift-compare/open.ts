import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fail, ok, type Result } from '../base/result.ts';
import { csvRows } from './csv.ts';
import { ndjsonRows } from './ndjson.ts';
import { parquetRows } from './parquet.ts';
import type { Table } from './table.ts';

export type FileFormat = 'csv' | 'ndjson' | 'parquet';

/** Enough to see "PAR1", the magic of gzip, or the first sign of JSON. */
const HEAD_BYTES = 512;

/** Opens a file by what it holds: Parquet, NDJSON or CSV, the last two also gzipped. */
export async function openTable(path: string): Promise<Result<Table, string>> {
  const head = Buffer.alloc(HEAD_BYTES);
  let length = 0;
  try {
    if (!(await stat(path)).isFile()) return fail(`${path} is not a file`);
    const file = await open(path);
    try {
      ({ bytesRead: length } = await file.read(head, 0, HEAD_BYTES, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return fail(`${path} cannot be read: there is no such file`);
    return fail(`${path} cannot be read: ${(error as Error).message}`);
  }
  const start = head.subarray(0, length);
  if (start.subarray(0, 4).toString('latin1') === 'PAR1') return ok(await parquetRows(path));
  const isGzip = start[0] === 0x1f && start[1] === 0x8b;
  const bytes = (): AsyncIterable<Uint8Array> => {
    const raw: Readable = createReadStream(path);
    if (!isGzip) return raw;
    const unpacked = createGunzip();
    raw.on('error', (error) => unpacked.destroy(error));
    return raw.pipe(unpacked);
  };
  return ok(formatOf(path, start, isGzip) === 'ndjson' ? ndjsonRows(path, bytes()) : csvRows(path, bytes()));
}

function formatOf(path: string, start: Uint8Array, isGzip: boolean): FileFormat {
  const name = path.toLowerCase().replace(/\.gz$/, '');
  if (/\.(?:ndjson|jsonl|json)$/.test(name)) return 'ndjson';
  if (/\.(?:csv|tsv|txt)$/.test(name) || isGzip) return 'csv';
  return Buffer.from(start)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
    .startsWith('{')
    ? 'ndjson'
    : 'csv';
}
