/** One row of a file; `line` is its line (CSV, NDJSON) or its number from 1 (Parquet). */
export interface Row {
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A file that cannot be read any further, in words that name it and the place. */
export class UnreadableFile extends Error {}

export interface Table {
  readonly name: string;
  /** Rows in the file's order, read as they are asked for; throws `UnreadableFile`. */
  readonly rows: AsyncIterable<Row>;
  /** Names of all columns that were met so far; complete once the rows are read. */
  readonly columns: () => readonly string[];
  /** A header or a schema names all columns: one that it lacks was never asked for, and is not merely empty. */
  readonly isDeclared: boolean;
}
