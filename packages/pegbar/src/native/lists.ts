/** Columns whose rows hold several values: arrays and maps. */
import type { ColumnBuilder } from './column.ts';
import { StringColumn } from './texts.ts';

/** Cumulative ends of the rows of an array or map, UInt64 whose high word stays zero. */
class Ends {
  rows = 0;
  private words = new Uint32Array(512);
  private marked = 0;

  set(row: number, end: number): void {
    const before = this.last();
    if (row * 2 >= this.words.length) this.grow(row + 1);
    for (let at = this.rows; at < row; at++) this.words[at * 2] = before;
    this.words[row * 2] = end;
    if (row >= this.rows) this.rows = row + 1;
  }

  last(): number {
    return this.rows ? this.words[this.rows * 2 - 2]! : 0;
  }

  mark(): void {
    this.marked = this.rows;
  }

  rollback(): void {
    this.rows = this.marked;
  }

  reset(): void {
    this.rows = this.marked = 0;
  }

  encode(rows: number): Uint8Array {
    if (rows > this.rows) this.set(rows - 1, this.last());
    return new Uint8Array(this.words.buffer, 0, rows * 8);
  }

  private grow(rows: number): void {
    let capacity = this.words.length * 2;
    while (capacity < rows * 2) capacity *= 2;
    const grown = new Uint32Array(capacity);
    grown.set(this.words);
    this.words = grown;
  }
}

/** `Array(T)`. */
export class ArrayColumn implements ColumnBuilder {
  rows = 0;
  readonly ends = new Ends();
  readonly inner: ColumnBuilder;

  constructor(inner: ColumnBuilder) {
    this.inner = inner;
  }

  push(row: number, value: unknown): void {
    let at = this.ends.last();
    for (const item of value as Iterable<unknown>) this.inner.push(at++, item);
    this.ends.set(row, at);
    this.rows = this.ends.rows;
  }

  mark(): void {
    this.ends.mark();
    this.inner.mark();
  }

  rollback(): void {
    this.ends.rollback();
    this.inner.rollback();
    this.rows = this.ends.rows;
  }

  reset(): void {
    this.ends.reset();
    this.inner.reset();
    this.rows = 0;
  }

  encode(rows: number, out: Uint8Array[]): void {
    out.push(this.ends.encode(rows));
    this.inner.encode(this.ends.last(), out);
  }
}

/** `Map(String, String)`. Hot code calls `add` per entry and `close` per row. */
export class MapColumn implements ColumnBuilder {
  rows = 0;
  readonly ends = new Ends();
  readonly keys = new StringColumn();
  readonly values = new StringColumn();
  /** Entries written so far; the next entry's index. */
  entries = 0;
  private marked = 0;

  close(row: number): void {
    this.ends.set(row, this.entries);
    this.rows = this.ends.rows;
  }

  push(row: number, value: unknown): void {
    // Sorted keys compress better and make equal maps equal rows.
    for (const [key, text] of Object.entries(value as Record<string, unknown>).sort(byKey)) {
      this.keys.push(this.entries, key);
      this.values.push(this.entries++, text);
    }
    this.close(row);
  }

  mark(): void {
    this.marked = this.entries;
    this.ends.mark();
    this.keys.mark();
    this.values.mark();
  }

  rollback(): void {
    this.entries = this.marked;
    this.ends.rollback();
    this.keys.rollback();
    this.values.rollback();
    this.rows = this.ends.rows;
  }

  reset(): void {
    this.rows = this.entries = this.marked = 0;
    this.ends.reset();
    this.keys.reset();
    this.values.reset();
  }

  encode(rows: number, out: Uint8Array[]): void {
    out.push(this.ends.encode(rows));
    this.keys.encode(this.entries, out);
    this.values.encode(this.entries, out);
  }
}

function byKey(a: [string, unknown], b: [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
