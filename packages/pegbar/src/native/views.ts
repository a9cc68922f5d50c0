/** Columns of a block that was read, as views into its bytes wherever their alignment allows. */
import { fromUtf8 } from './bytes.ts';

export interface ColumnView {
  readonly type: string;
  readonly rows: number;
  /** The value as JavaScript has it: number, bigint for 64-bit integers and times, string, bytes, array, Map, null. */
  at(row: number): unknown;
}

export type FixedArray =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** Fixed-width values. `values` is one item per row, except for FixedString, where it is the bytes themselves. */
export class FixedView implements ColumnView {
  readonly type: string;
  readonly rows: number;
  readonly width: number;
  readonly values: FixedArray;
  private readonly bytes: Uint8Array;

  constructor(type: string, width: number, rows: number, values: FixedArray) {
    this.type = type;
    this.rows = rows;
    this.width = width;
    this.values = values;
    this.bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }

  at(row: number): unknown {
    if (this.type.startsWith('FixedString')) return this.raw(row);
    const value = this.values[row];
    return this.type === 'BFloat16' ? fromBfloat16(value as number) : value;
  }

  /** The little-endian bytes of one row. */
  raw(row: number): Uint8Array {
    return this.bytes.subarray(row * this.width, (row + 1) * this.width);
  }

  hex(row: number): string {
    const raw = this.raw(row);
    return Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('hex');
  }

  /** Low and high words of 64-bit values, two items per row: for readers that avoid BigInt. */
  words(): Uint32Array {
    const { buffer, byteOffset, byteLength } = this.values;
    // Bytes of a FixedString stand where they stood in the block: seldom at a multiple of four.
    if (byteOffset % 4 === 0) return new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    return new Uint32Array(this.bytes.slice().buffer, 0, byteLength >>> 2);
  }
}

/** `String`, decoded on demand. Row r is bytes [starts[r], ends[r]) of `bytes`. */
export class TextView implements ColumnView {
  readonly type = 'String';
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;

  constructor(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array) {
    this.rows = starts.length;
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
  }

  at(row: number): string {
    const start = this.starts[row]!;
    const end = this.ends[row]!;
    return start === end ? '' : fromUtf8.decode(this.bytes.subarray(start, end));
  }

  raw(row: number): Uint8Array {
    return this.bytes.subarray(this.starts[row]!, this.ends[row]!);
  }
}

/** `LowCardinality(String)`: row r is `dictionary[keys[r]]`. */
export class DictionaryView implements ColumnView {
  readonly type = 'LowCardinality(String)';
  readonly rows: number;
  readonly dictionary: readonly string[];
  readonly keys: Uint8Array | Uint16Array | Uint32Array;

  constructor(dictionary: readonly string[], keys: Uint8Array | Uint16Array | Uint32Array) {
    this.rows = keys.length;
    this.dictionary = dictionary;
    this.keys = keys;
  }

  at(row: number): string {
    return this.dictionary[this.keys[row]!]!;
  }
}

export class NullableView implements ColumnView {
  readonly type: string;
  readonly rows: number;
  /** 1 where the row is NULL. */
  readonly nulls: Uint8Array;
  readonly inner: ColumnView;

  constructor(nulls: Uint8Array, inner: ColumnView) {
    this.type = `Nullable(${inner.type})`;
    this.rows = inner.rows;
    this.nulls = nulls;
    this.inner = inner;
  }

  at(row: number): unknown {
    return this.nulls[row] ? null : this.inner.at(row);
  }
}

/** `Array(T)`: row r is items [ends[r-1], ends[r]) of `inner`. */
export class ArrayView implements ColumnView {
  readonly type: string;
  readonly rows: number;
  readonly ends: Uint32Array;
  readonly inner: ColumnView;

  constructor(ends: Uint32Array, inner: ColumnView) {
    this.type = `Array(${inner.type})`;
    this.rows = ends.length;
    this.ends = ends;
    this.inner = inner;
  }

  at(row: number): unknown[] {
    const out: unknown[] = [];
    for (let item = row ? this.ends[row - 1]! : 0; item < this.ends[row]!; item++)
      out.push(this.inner.at(item));
    return out;
  }
}

/** `Map(String, String)`: row r is entries [ends[r-1], ends[r]) of `keys` and `values`. */
export class MapView implements ColumnView {
  readonly type = 'Map(String, String)';
  readonly rows: number;
  readonly ends: Uint32Array;
  readonly keys: TextView;
  readonly values: TextView;

  constructor(ends: Uint32Array, keys: TextView, values: TextView) {
    this.rows = ends.length;
    this.ends = ends;
    this.keys = keys;
    this.values = values;
  }

  at(row: number): Map<string, string> {
    const out = new Map<string, string>();
    for (let item = row ? this.ends[row - 1]! : 0; item < this.ends[row]!; item++)
      out.set(this.keys.at(item), this.values.at(item));
    return out;
  }
}

function fromBfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}
const scratch = new DataView(new ArrayBuffer(4));
