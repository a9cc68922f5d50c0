/** Columns of text: plain, and with a dictionary per block. */
import { Bytes, utf8 } from './bytes.ts';
import type { ColumnBuilder } from './column.ts';
import { Dictionary } from './dictionary.ts';

/** `String`: bytes stand in the buffer exactly as Native wants them, length first. */
export class StringColumn implements ColumnBuilder {
  rows = 0;
  readonly data = new Bytes();
  /** Where the last opened row begins: a hot caller copies it to a row that says the same. */
  lastStart = 0;
  private markedRows = 0;
  private markedLength = 0;

  /** Pads the rows that were left out and makes room for `length` bytes and their prefix at `row`. */
  open(row: number, length: number): void {
    const gap = row - this.rows;
    this.data.ensure(gap + length + 10);
    if (gap > 0) {
      this.data.bytes.fill(0, this.data.length, this.data.length + gap);
      this.data.length += gap;
    }
    this.rows = row + 1;
    this.lastStart = this.data.length;
  }

  pushBytes(row: number, source: Uint8Array, start: number, length: number): void {
    this.open(row, length);
    const data = this.data;
    data.varint(length);
    if (length < 24) {
      const bytes = data.bytes;
      let to = data.length;
      for (let at = start, end = start + length; at < end; at++, to++) bytes[to] = source[at]!;
    } else {
      data.bytes.set(source.subarray(start, start + length), data.length);
    }
    data.length += length;
  }

  push(row: number, value: unknown): void {
    const text = typeof value === 'string' ? value : String(value);
    if (text.length <= 42 && this.pushAscii(row, text)) return;
    // A short text's length prefix is one byte whatever its encoding, so it can be encoded in place.
    if (text.length <= 42) {
      this.open(row, 128);
      const data = this.data;
      const { written } = utf8.encodeInto(text, data.bytes.subarray(data.length + 1));
      data.bytes[data.length] = written;
      data.length += written + 1;
      return;
    }
    const bytes = utf8.encode(text);
    this.pushBytes(row, bytes, 0, bytes.length);
  }

  /** Writes a text of at most 127 characters if all are ASCII, which is cheaper than to ask the encoder. */
  private pushAscii(row: number, text: string): boolean {
    this.open(row, 128);
    const data = this.data;
    const start = data.length + 1;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 127) return false;
      data.bytes[start + at] = unit;
    }
    data.bytes[data.length] = text.length;
    data.length = start + text.length;
    return true;
  }

  mark(): void {
    this.markedRows = this.rows;
    this.markedLength = this.data.length;
  }

  rollback(): void {
    this.rows = this.markedRows;
    this.data.length = this.markedLength;
  }

  reset(): void {
    this.rows = this.markedRows = this.markedLength = this.data.length = 0;
  }

  encode(rows: number, out: Uint8Array[]): void {
    if (rows > this.rows) {
      this.data.ensure(rows - this.rows);
      this.data.bytes.fill(0, this.data.length, this.data.length + rows - this.rows);
      this.data.length += rows - this.rows;
      this.rows = rows;
    }
    out.push(this.data.used());
  }
}

const LC_VERSION = 1n;
/** Additional keys follow, and the dictionary is new in every block. */
const LC_FLAGS = 0x600n;

/** `LowCardinality(String)` with a dictionary per block. */
export class DictionaryColumn implements ColumnBuilder {
  rows = 0;
  readonly dictionary = new Dictionary();
  keys = new Int32Array(256);
  /** The id that a hot caller wrote last: its guess for the next row. */
  last = 0;
  private marked = 0;

  set(row: number, id: number): void {
    if (row >= this.keys.length) this.grow(row + 1);
    this.keys[row] = id;
    if (row >= this.rows) this.rows = row + 1;
  }

  push(row: number, value: unknown): void {
    this.set(row, this.dictionary.idOfText(typeof value === 'string' ? value : String(value)));
  }

  mark(): void {
    this.marked = this.rows;
    this.dictionary.mark();
  }

  rollback(): void {
    this.keys.fill(0, this.marked, this.rows);
    this.rows = this.marked;
    this.dictionary.rollback();
    this.last = 0;
  }

  reset(): void {
    this.keys.fill(0, 0, this.rows);
    this.rows = this.marked = this.last = 0;
    this.dictionary.reset();
  }

  encode(rows: number, out: Uint8Array[]): void {
    if (rows > this.keys.length) this.grow(rows);
    const size = this.dictionary.size;
    const indexType = size <= 256 ? 0 : size <= 65_536 ? 1 : 2;
    const head = Buffer.alloc(24);
    head.writeBigUInt64LE(LC_VERSION, 0);
    head.writeBigUInt64LE(LC_FLAGS | BigInt(indexType), 8);
    head.writeBigUInt64LE(BigInt(size), 16);
    const count = Buffer.alloc(8);
    count.writeBigUInt64LE(BigInt(rows));
    out.push(head, this.dictionary.encoded(), count, narrow(this.keys.subarray(0, rows), indexType));
  }

  private grow(rows: number): void {
    let capacity = this.keys.length * 2;
    while (capacity < rows) capacity *= 2;
    const grown = new Int32Array(capacity);
    grown.set(this.keys);
    this.keys = grown;
  }
}

function narrow(keys: Int32Array, indexType: number): Uint8Array {
  if (indexType === 0) return new Uint8Array(keys);
  const typed = indexType === 1 ? new Uint16Array(keys) : keys;
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
}
