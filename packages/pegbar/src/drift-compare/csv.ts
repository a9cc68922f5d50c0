import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { type Row, type Table, UnreadableFile } from './table.ts';

/** A record longer than this is a quote that was never closed. */
const RECORD_MOST_BYTES = 16 * 1024 * 1024;

/** Rows of CSV with a header (RFC 4180); tabs where the name ends in .tsv. */
export function csvRows(name: string, bytes: AsyncIterable<Uint8Array>): Table {
  let columns: readonly string[] = [];
  async function* rows(): AsyncGenerator<Row> {
    const parser = parse({
      bom: true,
      delimiter: /\.tsv(?:\.gz)?$/i.test(name) ? '\t' : ',',
      info: true,
      max_record_size: RECORD_MOST_BYTES,
      relax_column_count: true,
      skip_empty_lines: true,
    });
    const source = Readable.from(bytes);
    source.on('error', (error) => parser.destroy(error));
    source.pipe(parser);
    let isFirst = true;
    try {
      for await (const { record, info } of parser as AsyncIterable<{
        record: string[];
        info: { lines: number };
      }>) {
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
        for (let i = 0; i < columns.length; i++) values[columns[i]!] = record[i];
        yield { line: info.lines, values };
      }
    } catch (error) {
      if (error instanceof UnreadableFile) throw error;
      const line = (error as CsvError & { lines?: number }).lines;
      throw new UnreadableFile(
        `${name}${line === undefined ? '' : ` line ${line}`}: ${(error as Error).message}`,
      );
    } finally {
      source.destroy();
    }
  }
  return { name, rows: rows(), columns: () => columns };
}

function header(name: string, record: readonly string[]): string[] {
  const names = record.map((one) => one.trim());
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  if (twice !== undefined)
    throw new UnreadableFile(`${name} line 1: column ${twice || '(without a name)'} stands there twice`);
  return names;
}
