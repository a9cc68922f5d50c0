import * as zlib from 'node:zlib';
import {
  asyncBufferFromFile,
  type Compressors,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { type Row, type Table, UnreadableFile } from './table.ts';

/** Rows that are in memory at a time. */
const ROWS_AT_ONCE = 16_384;

/** Snappy is in the library, these come with Node; Zstandard since 22.15. */
const unzstd = (zlib as { zstdDecompressSync?: (input: Uint8Array) => Uint8Array }).zstdDecompressSync;
const COMPRESSORS: Compressors = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  ...(unzstd ? { ZSTD: (input: Uint8Array) => unzstd(input) } : {}),
};

/** Rows of a Parquet file, a slice at a time. */
export async function parquetRows(name: string): Promise<Table> {
  let columns: readonly string[] = [];
  async function* rows(): AsyncGenerator<Row> {
    let line = 0;
    try {
      const file = await asyncBufferFromFile(name);
      const metadata = await parquetMetadataAsync(file);
      columns = parquetSchema(metadata).children.map(({ element }) => element.name);
      const total = Number(metadata.num_rows);
      for (let rowStart = 0; rowStart < total; rowStart += ROWS_AT_ONCE) {
        const rowEnd = Math.min(total, rowStart + ROWS_AT_ONCE);
        const slice = await parquetReadObjects({
          file,
          metadata,
          rowStart,
          rowEnd,
          compressors: COMPRESSORS,
        });
        for (const values of slice) yield { line: ++line, values };
      }
    } catch (error) {
      throw new UnreadableFile(
        `${name} row ${line + 1}: cannot be read as Parquet, ${(error as Error).message}`,
      );
    }
  }
  return { name, rows: rows(), columns: () => columns };
}
