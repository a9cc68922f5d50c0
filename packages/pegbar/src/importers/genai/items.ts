import { createHash } from 'node:crypto';
import type { Item } from '../deliver.ts';
import { decompressed, readLines } from '../lines.ts';
import { csvFields } from './csv.ts';
import { type GenaiKind, recognise } from './kinds.ts';
import { mapRow, type Row } from './map.ts';

export interface GenaiSource {
  /** Name of the file, which tells what it samples. */
  name: string;
  bytes: AsyncIterable<Uint8Array>;
  /** Kind that the user said. */
  kind: string | undefined;
  tenant: string | undefined;
}

/** The file as a whole cannot be read; the message says why. */
export class UnreadableFile extends Error {}

/**
 * Rows of one file of the trace as items.
 *
 * A row's identity is the digest of its kind and its named fields, with the number of its occurrence where equal
 * rows repeat: it is the same in the whole trace and in a piece of it, today and in a year.
 */
export async function* genaiItems(source: GenaiSource): AsyncGenerator<Item> {
  let header: string[] | undefined;
  let kind: GenaiKind | undefined;
  const seen = new Map<string, number>();
  for await (const { number, bytes } of readLines(decompressed(source.bytes))) {
    const fields = bytes && csvFields(Buffer.from(bytes).toString('utf8'));
    if (!header || !kind) {
      header = (fields ?? []).map((name) => name.trim());
      const recognised = recognise(source.name, header, source.kind);
      if (!recognised.ok) throw new UnreadableFile(recognised.why);
      kind = recognised.kind;
      continue;
    }
    if (fields?.length !== header.length) {
      const message = fields ? `${fields.length} fields under ${header.length} names` : 'not a line of CSV';
      yield { line: number, problem: { code: 'invalid_row', field: '', message } };
      continue;
    }
    const row: Row = Object.fromEntries(header.map((name, index) => [name, fields[index] ?? '']));
    const mapped = mapRow(kind, row, identity(kind, row, seen), source.tenant);
    if ('record' in mapped) yield { line: number, event: Buffer.from(JSON.stringify(mapped.record)) };
    else yield { line: number, ...mapped };
  }
  if (!header) throw new UnreadableFile('the file is empty');
}

function identity(kind: GenaiKind, row: Row, seen: Map<string, number>): string {
  const named = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash('sha256')
    .update(JSON.stringify([kind.name, named]))
    .digest('hex')
    .slice(0, 24);
  const occurrence = (seen.get(digest) ?? 0) + 1;
  seen.set(digest, occurrence);
  return occurrence === 1 ? digest : `${digest}-${occurrence}`;
}
