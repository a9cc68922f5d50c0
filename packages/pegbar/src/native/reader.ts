/**
 * Reads Native blocks as the builders of this room write them, for the loader, the rollups and the tests.
 *
 * Views point into the given bytes wherever their alignment allows and stay valid as long as those do. A block
 * that is cut or malformed throws `BlockError`; nothing is read outside of the given bytes.
 */
import { fromUtf8 } from './bytes.ts';
import {
  ArrayView,
  type ColumnView,
  DictionaryView,
  type FixedArray,
  FixedView,
  MapView,
  NullableView,
  TextView,
} from './views.ts';

export class BlockError extends Error {}

export interface BlockView {
  rows: number;
  /** In the order of the block; columns that no row had set are not in a block. */
  columns: Map<string, ColumnView>;
  /** Offset behind the block; null where reading stopped after the last wanted column. */
  end: number | null;
}

export interface ReadOptions {
  /** Only these are decoded, and reading stops once all of them were seen. */
  columns?: ReadonlySet<string>;
}

/** Reads the block at `offset`. */
export function readBlock(bytes: Uint8Array, offset = 0, options: ReadOptions = {}): BlockView {
  const reader = new Reader(bytes, offset);
  const count = reader.varint();
  const rows = reader.varint();
  const wanted = options.columns;
  const columns = new Map<string, ColumnView>();
  for (let index = 0; index < count; index++) {
    if (wanted && columns.size === wanted.size) return { rows, columns, end: null };
    const name = reader.text();
    const type = plainType(reader.text());
    if (wanted && !wanted.has(name)) skipColumn(reader, type, rows);
    else columns.set(name, readColumn(reader, type, rows));
  }
  return { rows, columns, end: reader.at };
}

/** A merging column reads as the type that it holds. */
export function plainType(type: string): string {
  return /^SimpleAggregateFunction\(\w+, (.*)\)$/.exec(type)?.[1] ?? type;
}

class Reader {
  at: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 8; length++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new BlockError('block is cut');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new BlockError('number in block is too long');
  }

  /** Start of the next `length` bytes, which lie within the given bytes. */
  take(length: number): number {
    const start = this.at;
    if (!(start + length <= this.bytes.length)) throw new BlockError('block is cut');
    this.at = start + length;
    return start;
  }

  text(): string {
    const length = this.varint();
    const start = this.take(length);
    return fromUtf8.decode(this.bytes.subarray(start, start + length));
  }

  /** An aligned buffer with the next `length` bytes: the given one if it happens to be aligned, else a copy. */
  aligned(length: number, width: number): { buffer: ArrayBuffer; offset: number } {
    const start = this.take(length);
    const offset = this.bytes.byteOffset + start;
    if (offset % width === 0) return { buffer: this.bytes.buffer as ArrayBuffer, offset };
    // Not `slice`, which is a view where the bytes are a Buffer.
    const copy = new Uint8Array(length);
    copy.set(this.bytes.subarray(start, start + length));
    return { buffer: copy.buffer, offset: 0 };
  }

  /** UInt64 counts as 32-bit numbers; what is larger cannot be in memory. */
  ends(rows: number): Uint32Array {
    const { buffer, offset } = this.aligned(rows * 8, 4);
    const words = new Uint32Array(buffer, offset, rows * 2);
    const ends = new Uint32Array(rows);
    let before = 0;
    for (let row = 0; row < rows; row++) {
      const end = words[row * 2]!;
      if (words[row * 2 + 1] !== 0 || end < before) throw new BlockError('ends of rows do not ascend');
      ends[row] = before = end;
    }
    return ends;
  }

  u64(): number {
    const start = this.take(8);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + start, 8);
    return view.getUint32(0, true) + view.getUint32(4, true) * 0x1_0000_0000;
  }
}

type ArrayType = new (buffer: ArrayBufferLike, offset: number, length: number) => FixedArray;

const FIXED: ReadonlyMap<string, readonly [ArrayType, number]> = new Map<
  string,
  readonly [ArrayType, number]
>([
  ['UInt8', [Uint8Array, 1]],
  ['UInt16', [Uint16Array, 2]],
  ['UInt32', [Uint32Array, 4]],
  ['Int32', [Int32Array, 4]],
  ['UInt64', [BigUint64Array, 8]],
  ['Int64', [BigInt64Array, 8]],
  ['Float32', [Float32Array, 4]],
  ['Float64', [Float64Array, 8]],
  ['BFloat16', [Uint16Array, 2]],
  ['Date', [Uint16Array, 2]],
  ["DateTime('UTC')", [Uint32Array, 4]],
  ["DateTime64(3, 'UTC')", [BigInt64Array, 8]],
  ["DateTime64(9, 'UTC')", [BigInt64Array, 8]],
]);

const FIXED_STRING = /^FixedString\((\d+)\)$/;
const WRAPPED = /^(Array|Nullable)\((.*)\)$/;

function readColumn(reader: Reader, type: string, rows: number): ColumnView {
  const fixed = FIXED.get(type);
  if (fixed) {
    const [ArrayOf, width] = fixed;
    const { buffer, offset } = reader.aligned(rows * width, width);
    return new FixedView(type, width, rows, new ArrayOf(buffer, offset, rows));
  }
  if (type === 'String') return readText(reader, rows);
  if (type === 'LowCardinality(String)') return readDictionary(reader, rows);
  if (type === 'Map(String, String)') {
    const ends = reader.ends(rows);
    const entries = rows ? ends[rows - 1]! : 0;
    const keys = readText(reader, entries);
    return new MapView(ends, keys, readText(reader, entries));
  }
  const width = Number(FIXED_STRING.exec(type)?.[1] ?? 0);
  if (width > 0) {
    const start = reader.take(rows * width);
    return new FixedView(type, width, rows, reader.bytes.subarray(start, start + rows * width));
  }
  const [, kind, inner] = WRAPPED.exec(type) ?? [];
  if (kind === 'Array') {
    const ends = reader.ends(rows);
    return new ArrayView(ends, readColumn(reader, inner!, rows ? ends[rows - 1]! : 0));
  }
  if (kind === 'Nullable') {
    const start = reader.take(rows);
    return new NullableView(reader.bytes.subarray(start, start + rows), readColumn(reader, inner!, rows));
  }
  throw new BlockError(`no reader for ${type}`);
}

function readText(reader: Reader, rows: number): TextView {
  // A string takes a byte at least, so a lying count is refused before anything is allocated for it.
  if (rows > reader.bytes.length - reader.at) throw new BlockError('block is cut');
  const starts = new Uint32Array(rows);
  const ends = new Uint32Array(rows);
  const bytes = reader.bytes;
  for (let row = 0; row < rows; row++) {
    const first = bytes[reader.at];
    let length: number;
    if (first !== undefined && first < 128) {
      length = first;
      reader.at++;
    } else {
      length = reader.varint();
    }
    starts[row] = reader.take(length);
    ends[row] = reader.at;
  }
  return new TextView(bytes, starts, ends);
}

function readDictionary(reader: Reader, rows: number): DictionaryView {
  const { size, width } = dictionaryHead(reader);
  const entries = readText(reader, size);
  const dictionary = Array.from({ length: size }, (_, id) => entries.at(id));
  if (reader.u64() !== rows) throw new BlockError('dictionary column has another number of rows');
  const { buffer, offset } = reader.aligned(rows * width, width);
  const ArrayOf = width === 1 ? Uint8Array : width === 2 ? Uint16Array : Uint32Array;
  const keys = new ArrayOf(buffer, offset, rows);
  for (let row = 0; row < rows; row++)
    if (keys[row]! >= size) throw new BlockError('key is not in the dictionary');
  return new DictionaryView(dictionary, keys);
}

function dictionaryHead(reader: Reader): { size: number; width: 1 | 2 | 4 } {
  const version = reader.u64();
  const flags = reader.u64();
  const indexType = flags % 256;
  if (version !== 1 || indexType > 2) throw new BlockError('unknown dictionary encoding');
  return { size: reader.u64(), width: indexType === 0 ? 1 : indexType === 1 ? 2 : 4 };
}

function skipColumn(reader: Reader, type: string, rows: number): void {
  const width = FIXED.get(type)?.[1] ?? Number(FIXED_STRING.exec(type)?.[1] ?? 0);
  if (width > 0) {
    reader.take(rows * width);
  } else if (type === 'String') {
    skipText(reader, rows);
  } else if (type === 'LowCardinality(String)') {
    const head = dictionaryHead(reader);
    skipText(reader, head.size);
    reader.take(8 + rows * head.width);
  } else if (type === 'Map(String, String)') {
    const entries = lastEnd(reader, rows);
    skipText(reader, entries);
    skipText(reader, entries);
  } else {
    const [, kind, inner] = WRAPPED.exec(type) ?? [];
    if (kind === undefined) throw new BlockError(`no reader for ${type}`);
    if (kind === 'Array') skipColumn(reader, inner!, lastEnd(reader, rows));
    else {
      reader.take(rows);
      skipColumn(reader, inner!, rows);
    }
  }
}

function skipText(reader: Reader, rows: number): void {
  for (let row = 0; row < rows; row++) reader.take(reader.varint());
}

function lastEnd(reader: Reader, rows: number): number {
  if (rows === 0) return 0;
  reader.take((rows - 1) * 8);
  return reader.u64();
}
