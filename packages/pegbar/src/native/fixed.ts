/** Columns of fixed width, and their nullable form. */
import type { ColumnBuilder } from './column.ts';

export type Kind =
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

/** Some bytes of each value of a column of bytes, written by a name of their own. The column itself is what is encoded. */
export class PartColumn implements ColumnBuilder {
  private readonly whole: FixedColumn;
  private readonly at: number;
  private readonly width: number;

  constructor(whole: FixedColumn, at: number, width: number) {
    this.whole = whole;
    this.at = at;
    this.width = width;
  }

  get rows(): number {
    return this.whole.rows;
  }

  push(row: number, value: unknown): void {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'hex') : (value as Uint8Array);
    if (bytes.length !== this.width) return;
    this.whole.touch(row);
    this.whole.u8.set(bytes, row * this.whole.width + this.at);
  }

  // The whole column does all of this.
  mark(): void {}
  rollback(): void {}
  reset(): void {}
  encode(): void {}
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
