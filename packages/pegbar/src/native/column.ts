/**
 * Column builders for ClickHouse's Native format.
 *
 * A builder is filled row by row, sparsely: a row that is not set holds the type's default. `rows` is one past
 * the last row that was set; `encode(n)` pads to n. One mark can be set and rolled back to, which is how a
 * request that turns out undecodable leaves nothing behind. Encoded parts are views into the builder: they
 * are valid until `reset`.
 */
export interface ColumnBuilder {
  rows: number;
  /** Slow path: a JavaScript value of the column's kind. */
  push(row: number, value: unknown): void;
  mark(): void;
  rollback(): void;
  reset(): void;
  encode(rows: number, out: Uint8Array[]): void;
}
