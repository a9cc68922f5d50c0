/**
 * Column builders for ClickHouse's Native format.
 *
 * A builder is filled row by row, sparsely: a row that is not set holds the type's default. `rows` is one past
 * the last row that was set; `encode(n)` pads to n. One mark can be set and rolled back to, which is how a
 * request that turns out undecodable leaves nothing behind. Encoded parts are views into the builder: they
 * are valid until `reset`.
 */
import { Bytes, utf8 } from './bytes.ts';
import { Dictionary } from './dictionary.ts';

export interface ColumnBuilder {
  rows: number;
  /** Slow path: a JavaScript value of the column's kind. */
  push(row: number, value: unknown): void;
  mark(): void;
  rollback(): void;
  reset(): void;
  encode(rows: number, out: Uint8Array[]): void;
}

type Kind =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'i32'
  | 'u64'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'bf16'
  | 'bytes'
  | 'date'
  | 'ms'
  | 'ns';

/** Fixed-width values, little endian. Hot code writes through the word views. */
export class FixedColumn implements ColumnBuilder {
  rows = 0;
  u8!: Uint8Array;
  u16!: Uint16Array;
  i32!: Int32Array;
  f32!: Float32Array;
  f64!: Float64Array;
  view!: DataView;
  private capacity = 0;
  private marked = 0;
  readonly kind: Kind;
  readonly width: number;

  constructor(kind: Kind, width: number) {
    this.kind = kind;
    this.width = width;
    this.grow(256);
  }

  /** Makes `row` writable; call before touching the views. */
  touch(row: number): void {
    if (row >= this.capacity) this.grow(row + 1);
    if (row >= this.rows) this.rows = row + 1;
  }

  push(row: number, value: unknown): void {
    this.touch(row);
    const at = row * this.width;
    switch (this.kind) {
      case 'u8':
        this.u8[at] = value === true ? 1 : Number(value);
        break;
      case 'u16':
        this.view.setUint16(at, clamp(Number(value), 0xffff), true);
        break;
      case 'u32':
        this.view.setUint32(at, clamp(Number(value), 0xffffffff), true);
        break;
      case 'i32':
        this.view.setInt32(at, Number(value), true);
        break;
      case 'u64':
      case 'i64':
      case 'ns':
        this.view.setBigUint64(at, BigInt.asUintN(64, toBigInt(value)), true);
        break;
      case 'f32':
        this.view.setFloat32(at, Number(value), true);
        break;
      case 'f64':
        this.view.setFloat64(at, Number(value), true);
        break;
      case 'bf16':
        this.view.setUint16(at, bfloat16(Number(value)), true);
        break;
      case 'date':
        this.view.setUint16(at, clamp(Math.floor(Number(value) / 86_400_000), 0xffff), true);
        break;
      case 'ms':
        this.view.setBigInt64(at, BigInt(Math.round(Number(value))), true);
        break;
      case 'bytes':
        this.pushBytes(at, value);
        break;
    }
  }

  private pushBytes(at: number, value: unknown): void {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'hex') : (value as Uint8Array);
    if (bytes.length === this.width) this.u8.set(bytes, at);
  }

  mark(): void {
    this.marked = this.rows;
  }

  rollback(): void {
    this.u8.fill(0, this.marked * this.width, this.rows * this.width);
    this.rows = this.marked;
  }

  reset(): void {
    this.u8.fill(0, 0, this.rows * this.width);
    this.rows = 0;
    this.marked = 0;
  }

  encode(rows: number, out: Uint8Array[]): void {
    if (rows > this.capacity) this.grow(rows);
    out.push(this.u8.subarray(0, rows * this.width));
  }

  private grow(rows: number): void {
    let capacity = Math.max(this.capacity * 2, 256);
    while (capacity < rows) capacity *= 2;
    const grown = new Uint8Array(Math.ceil((capacity * this.width) / 8) * 8);
    if (this.u8) grown.set(this.u8);
    this.u8 = grown;
    this.u16 = new Uint16Array(grown.buffer);
    this.i32 = new Int32Array(grown.buffer);
    this.f32 = new Float32Array(grown.buffer);
    this.f64 = new Float64Array(grown.buffer);
    this.view = new DataView(grown.buffer);
    this.capacity = capacity;
  }
}

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

/** `Nullable(fixed)`: a row that is not set is NULL. */
export class NullableColumn implements ColumnBuilder {
  rows = 0;
  readonly inner: FixedColumn;
  private readonly present = new FixedColumn('u8', 1);

  constructor(inner: FixedColumn) {
    this.inner = inner;
  }

  push(row: number, value: unknown): void {
    if (value === null || value === undefined) return;
    this.inner.push(row, value);
    this.present.push(row, 1);
    this.rows = this.present.rows;
  }

  mark(): void {
    this.inner.mark();
    this.present.mark();
  }

  rollback(): void {
    this.inner.rollback();
    this.present.rollback();
    this.rows = this.present.rows;
  }

  reset(): void {
    this.inner.reset();
    this.present.reset();
    this.rows = 0;
  }

  encode(rows: number, out: Uint8Array[]): void {
    const present: Uint8Array[] = [];
    this.present.encode(rows, present);
    out.push(present[0]!.map((one) => 1 - one));
    this.inner.encode(rows, out);
  }
}

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

const FIXED: Record<string, [Kind, number]> = {
  UInt8: ['u8', 1],
  UInt16: ['u16', 2],
  UInt32: ['u32', 4],
  Int32: ['i32', 4],
  UInt64: ['u64', 8],
  Int64: ['i64', 8],
  Float32: ['f32', 4],
  Float64: ['f64', 8],
  BFloat16: ['bf16', 2],
  Date: ['date', 2],
  "DateTime('UTC')": ['u32', 4],
  "DateTime64(3, 'UTC')": ['ms', 8],
  "DateTime64(9, 'UTC')": ['ns', 8],
};

/** The builder for a ClickHouse type name of the contract's tables; an unknown one is a bug. */
export function columnBuilder(type: string): ColumnBuilder {
  const fixed = FIXED[type];
  if (fixed) return new FixedColumn(...fixed);
  if (type === 'String') return new StringColumn();
  if (type === 'LowCardinality(String)') return new DictionaryColumn();
  if (type === 'Map(String, String)') return new MapColumn();
  const bytes = /^FixedString\((\d+)\)$/.exec(type);
  if (bytes) return new FixedColumn('bytes', Number(bytes[1]));
  const inner = /^(Array|Nullable)\((.*)\)$/.exec(type);
  if (inner?.[1] === 'Array') return new ArrayColumn(columnBuilder(inner[2]!));
  if (inner?.[1] === 'Nullable') return new NullableColumn(columnBuilder(inner[2]!) as FixedColumn);
  throw new Error(`no column builder for ${type}`);
}

function clamp(value: number, max: number): number {
  return value > 0 ? Math.min(Math.round(value), max) : 0;
}

/** Round to nearest even of the upper 16 bits. */
function bfloat16(value: number): number {
  scratch.setFloat32(0, value, true);
  const bits = scratch.getUint32(0, true);
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
const scratch = new DataView(new ArrayBuffer(4));

function toBigInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(Math.trunc(value));
  return BigInt(value as string);
}

function byKey(a: [string, unknown], b: [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
