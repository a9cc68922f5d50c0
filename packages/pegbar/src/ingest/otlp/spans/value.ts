/** An AnyValue as it lies on the wire: nothing is copied until a column wants it. */
import { numberOf } from './number-text.ts';
import { malformed, type Wire } from './wire.ts';

export const EMPTY = 0;
export const STRING = 1;
export const BOOL = 2;
export const INT = 3;
export const DOUBLE = 4;
export const ARRAY = 5;
export const KVLIST = 6;
export const RAW = 7;

export class Value {
  kind = EMPTY;
  /** Where the bytes of a string, array, list or byte string begin, and how many there are. */
  start = 0;
  length = 0;
  /** Words of an int, or 0/1 of a bool in `lo`. */
  lo = 0;
  hi = 0;
  double = 0;

  /** Reads the message [start, end). Of several members of the oneof the last counts. */
  read(wire: Wire, start: number, end: number): void {
    const size = end - start;
    if (size >= 2) {
      // Nearly all values are one short member: read without the cursor.
      const { bytes } = wire;
      const second = bytes[start + 1]!;
      switch (bytes[start]) {
        case 0x0a:
          if (second < 128 && second === size - 2) {
            this.kind = STRING;
            this.start = start + 2;
            this.length = second;
            return;
          }
          break;
        case 0x10:
          if (size === 2 && second < 128) {
            this.kind = BOOL;
            this.lo = second === 0 ? 0 : 1;
            this.hi = 0;
            return;
          }
          break;
        case 0x18:
          if (size <= 5 && this.readShort(bytes, start + 1, size - 1)) return;
          break;
        case 0x21:
          if (size === 9) {
            this.kind = DOUBLE;
            this.double = wire.view.getFloat64(start + 1, true);
            return;
          }
          break;
      }
    }
    this.readAny(wire, start, end);
  }

  /** A positive int of at most four bytes that fills them exactly. */
  private readShort(bytes: Uint8Array, start: number, size: number): boolean {
    let value = 0;
    const last = size - 1;
    for (let at = 0; at < last; at++) {
      const byte = bytes[start + at]!;
      if (byte < 128) return false;
      value |= (byte & 127) << (at * 7);
    }
    const byte = bytes[start + last]!;
    if (byte > 127) return false;
    this.kind = INT;
    this.lo = value | (byte << (last * 7));
    this.hi = 0;
    return true;
  }

  private readAny(wire: Wire, start: number, end: number): void {
    this.kind = EMPTY;
    wire.at = start;
    while (wire.at < end) {
      const tag = wire.tag(end);
      switch (tag) {
        case 0x0a:
        case 0x2a:
        case 0x32:
        case 0x3a:
          this.length = wire.length(end);
          this.start = wire.at;
          wire.at += this.length;
          this.kind = tag >>> 3;
          break;
        case 0x10:
        case 0x18:
          wire.varint(end);
          this.kind = tag >>> 3;
          this.lo = tag === 0x10 ? ((wire.lo | wire.hi) !== 0 ? 1 : 0) : wire.lo;
          this.hi = tag === 0x10 ? 0 : wire.hi;
          break;
        case 0x21:
          if (end - wire.at < 8) malformed('truncated number');
          this.double = wire.view.getFloat64(wire.at, true);
          wire.at += 8;
          this.kind = DOUBLE;
          break;
        default:
          wire.skipUnknown(tag, end, 7);
      }
    }
  }

  /** The number that an int, double or bool is; NaN for what is none. */
  number(): number {
    switch (this.kind) {
      case INT:
        return numberOf(this.lo, this.hi);
      case DOUBLE:
        return this.double;
      case BOOL:
        return this.lo;
      default:
        return Number.NaN;
    }
  }
}

/** A KeyValue as it lies on the wire. */
export class Pair {
  keyStart = 0;
  keyLength = 0;
  valueStart = 0;
  valueEnd = 0;

  /** Reads the message [start, end): fields in any order, the last of each counts, both may be missing. */
  read(wire: Wire, start: number, end: number): void {
    this.keyLength = 0;
    this.keyStart = this.valueStart = this.valueEnd = start;
    wire.at = start;
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag === 0x0a) {
        this.keyLength = wire.length(end);
        this.keyStart = wire.at;
        wire.at += this.keyLength;
      } else if (tag === 0x12) {
        const length = wire.length(end);
        this.valueStart = wire.at;
        this.valueEnd = wire.at += length;
      } else {
        wire.skipUnknown(tag, end, 2);
      }
    }
  }
}
