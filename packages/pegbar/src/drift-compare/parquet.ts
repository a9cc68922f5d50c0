import * as zlib from 'node:zlib';
import { decompress as unzstdInScript } from 'fzstd';
import {
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { type Row, type Table, UnreadableFile } from './table.ts';

/** Rows that are in memory at a time. */
const ROWS_AT_ONCE = 16_384;

/** Snappy is in the library, these come with Node; Zstandard since 22.15, and polars writes it. */
const unzstd =
  (zlib as { zstdDecompressSync?: (input: Uint8Array) => Uint8Array }).zstdDecompressSync ?? unzstdInScript;
const COMPRESSORS: Compressors = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  ZSTD: (input) => unzstd(input),
};
const READ: readonly string[] = ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(COMPRESSORS)];

/** What a file is read by: the column that it becomes, and where it lies in a row. */
interface Leaf {
  readonly name: string;
  readonly path: readonly string[];
}

/** Rows of a Parquet file, a slice at a time. Structs are flattened as objects of NDJSON are, `metrics.latency_ms`. */
export async function parquetRows(name: string): Promise<Table> {
  let columns: readonly string[] = [];
  async function* rows(): AsyncGenerator<Row> {
    let line = 0;
    try {
      const file = await asyncBufferFromFile(name);
      const metadata = await metadataOf(name, file);
      const leaves = parquetSchema(metadata).children.flatMap((child) => leavesOf(child, []));
      columns = leaves.map((leaf) => leaf.name);
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
        for (const one of slice) yield { line: ++line, values: valuesOf(one, leaves) };
      }
    } catch (error) {
      if (error instanceof UnreadableFile) throw error;
      throw new UnreadableFile(
        `${name} row ${line + 1}: cannot be read as Parquet, ${(error as Error).message}: the file may be damaged, write or copy it again`,
      );
    }
  }
  return { name, rows: rows(), columns: () => columns, isDeclared: true };
}

const MAGIC = 'PAR1';

/** The schema stands at the end: of a file that was cut off nothing can be read. */
async function metadataOf(
  name: string,
  file: Awaited<ReturnType<typeof asyncBufferFromFile>>,
): Promise<FileMetaData> {
  const end = await file.slice(Math.max(0, file.byteLength - MAGIC.length), file.byteLength);
  if (file.byteLength < 3 * MAGIC.length || Buffer.from(end).toString('latin1') !== MAGIC)
    throw new UnreadableFile(
      `${name} cannot be read as Parquet: it begins as one and does not end as one, so it is cut off after ${file.byteLength} bytes; write or copy it again`,
    );
  const metadata = await parquetMetadataAsync(file);
  const codecs = metadata.row_groups.flatMap((group) =>
    group.columns.map((column) => String(column.meta_data?.codec ?? 'UNCOMPRESSED')),
  );
  const unread = codecs.find((codec) => !READ.includes(codec));
  if (unread !== undefined)
    throw new UnreadableFile(
      `${name} is compressed with ${unread}, which is not read: write it with snappy, zstd, gzip, brotli or none`,
    );
  return metadata;
}

/** Lists and maps are one value; plain groups are not. */
function leavesOf({ element, children }: SchemaTree, above: readonly string[]): Leaf[] {
  const path = [...above, element.name];
  const isStruct =
    children.length > 0 &&
    element.repetition_type !== 'REPEATED' &&
    element.converted_type === undefined &&
    element.logical_type === undefined &&
    children.every(({ element: { repetition_type } }) => repetition_type !== 'REPEATED');
  return isStruct ? children.flatMap((child) => leavesOf(child, path)) : [{ name: path.join('.'), path }];
}

function valuesOf(row: Record<string, unknown>, leaves: readonly Leaf[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, path } of leaves) {
    let value: unknown = row;
    for (const key of path) value = ownOf(value, key);
    // `__proto__` as a name must stay a name.
    Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return values;
}

const ownOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
