import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { type Row, type Table, UnreadableFile } from './table.ts';

/** A record longer than this is a quote that was never closed. */
const RECORD_MOST_BYTES = 16 * 1024 * 1024;

/** A header is looked for in so many bytes at the beginning. */
const HEADER_MOST_BYTES = 256 * 1024;
/** A number as spreadsheets write it that separate fields by semicolons, as the comma is their decimal point. */
const COMMA_NUMBER = /^[+-]?\d+,\d+$/;

/**
 * Rows of CSV with a header (RFC 4180). Fields are separated by commas, or by tabs or semicolons where the header has
 * more of them; with semicolons `1,5` is one and a half.
 */
export function csvRows(name: string, bytes: AsyncIterable<Uint8Array>): Table {
  let columns: readonly string[] = [];
  async function* rows(): AsyncGenerator<Row> {
    const { delimiter, whole } = await peeked(name, bytes);
    const parser = parse({
      bom: true,
      delimiter,
      info: true,
      max_record_size: RECORD_MOST_BYTES,
      relax_column_count: true,
      skip_empty_lines: true,
    });
    const source = Readable.from(whole);
    source.on('error', (error) => parser.destroy(error));
    source.pipe(parser);
    let isFirst = true;
    let last = 0;
    try {
      for await (const { record, info } of parser as AsyncIterable<{
        record: string[];
        info: { lines: number };
      }>) {
        last = info.lines;
        if (isFirst) {
          isFirst = false;
          columns = header(name, record);
          continue;
        }
        if (record.length !== columns.length) {
          // A field with nothing but an empty line is no row.
          if (record.length === 1 && record[0] === '' && columns.length > 1) continue;
          throw new UnreadableFile(
            `${name} line ${info.lines}: has ${record.length} fields, the header has ${columns.length}`,
          );
        }
        const values: Record<string, unknown> = {};
        for (let i = 0; i < columns.length; i++) values[columns[i]!] = fieldIn(record[i]!, delimiter);
        yield { line: info.lines, values };
      }
    } catch (error) {
      if (error instanceof UnreadableFile) throw error;
      throw new UnreadableFile(wordsOf(name, error as CsvError, last));
    } finally {
      source.destroy();
    }
  }
  return { name, rows: rows(), columns: () => columns, isDeclared: true };
}

const fieldIn = (raw: string, delimiter: string): string =>
  delimiter === ';' && COMMA_NUMBER.test(raw.trim()) ? raw.trim().replace(',', '.') : raw;

/** What stands between fields, and all bytes, those that were looked at included. */
async function peeked(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ delimiter: string; whole: AsyncIterable<Uint8Array> }> {
  const source = bytes[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let size = 0;
  while (size < HEADER_MOST_BYTES) {
    const next = await source.next().catch((error: Error) => {
      throw new UnreadableFile(`${name}: ${error.message}`);
    });
    if (next.done) break;
    seen.push(next.value);
    size += next.value.length;
    if (next.value.includes(NEWLINE)) break;
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      yield* seen;
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
    } finally {
      await source.return?.();
    }
  }
  return { delimiter: delimiterOf(name, Buffer.concat(seen).toString('latin1')), whole: whole() };
}

const NEWLINE = 0x0a;

function delimiterOf(name: string, start: string): string {
  if (/\.tsv(?:\.gz)?$/i.test(name)) return '\t';
  // UTF-16 has a zero beside every letter; what is quoted is part of a name.
  const [line = ''] = start
    .replaceAll('\u0000', '')
    .replaceAll(/"[^"]*"/g, '')
    .split(/[\r\n]/);
  const count = (sign: string): number => line.split(sign).length - 1;
  return [',', ';', '\t'].reduce((most, sign) => (count(sign) > count(most) ? sign : most));
}

/** Why a file is no CSV, and where; the parser's own words name its settings, and its line is where it gave up. */
function wordsOf(name: string, error: CsvError & { lines?: number }, last: number): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return `${name} line ${last + 1}: a quote in the record that begins here is never closed`;
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return `${name} line ${error.lines ?? last + 1}: a quote stands inside a field; quote the whole field and write "" for a quote in it`;
    default:
      return `${name}${error.lines === undefined ? '' : ` line ${error.lines}`}: ${error.message.slice(0, 200)}`;
  }
}

function header(name: string, record: readonly string[]): string[] {
  const names = record.map((one) => one.trim());
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  if (twice !== undefined)
    throw new UnreadableFile(`${name} line 1: column ${twice || '(without a name)'} stands there twice`);
  return names;
}
