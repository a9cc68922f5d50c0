/** A protobuf writer over one growing buffer. Lengths are canonical varints, so equal input gives equal bytes. */
export class WireWriter {
  /** True once the limit was hit: the `RangeError` that was thrown is this writer's. */
  full = false;
  #buffer: Buffer;
  #at = 0;
  readonly #limit: number;

  constructor(capacity: number, limit: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(capacity, 64));
    this.#limit = limit;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  byte(value: number) {
    this.#room(1);
    this.#buffer[this.#at++] = value;
  }

  /** Unsigned, below 2^32. */
  varint32(value: number) {
    this.#room(5);
    let rest = value;
    while (rest >= 128) {
      this.#buffer[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#buffer[this.#at++] = rest;
  }

  /** Signed values take ten bytes, as protobuf's int32 and int64 do. */
  varint64(value: bigint) {
    if (value >= 0n && value <= 0xffffffffn) return this.varint32(Number(value));
    this.#room(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 128n) {
      this.#buffer[this.#at++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#buffer[this.#at++] = Number(rest);
  }

  zigzag32(value: number) {
    this.varint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  fixed32(value: number) {
    this.#room(4);
    this.#at = this.#buffer.writeUInt32LE(value, this.#at);
  }

  fixed64(value: bigint) {
    this.#room(8);
    this.#at = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#at);
  }

  double(value: number) {
    this.#room(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  raw(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#room(to - from);
    if (to - from < 32) for (let i = from; i < to; i++) this.#buffer[this.#at++] = bytes[i]!;
    else {
      this.#buffer.set(bytes.subarray(from, to), this.#at);
      this.#at += to - from;
    }
  }

  lengthPrefixed(bytes: Uint8Array) {
    this.varint32(bytes.length);
    this.raw(bytes);
  }

  /** Opens a length-delimited value; the returned mark goes to `finish`. */
  begin(): number {
    this.byte(0);
    return this.#at;
  }

  /** Writes the length in front of what came since `begin`, moving it when one byte is not enough. */
  finish(start: number) {
    const length = this.#at - start;
    if (length < 128) {
      this.#buffer[start - 1] = length;
      return;
    }
    const more = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4;
    this.#room(more);
    this.#buffer.copyWithin(start + more, start, this.#at);
    const end = this.#at + more;
    this.#at = start - 1;
    this.varint32(length);
    this.#at = end;
  }

  #room(bytes: number) {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    // A few bytes of slack: `varint32` asks for the most that it may need.
    if (needed > this.#limit + 16) {
      this.full = true;
      throw new RangeError('the writer is full');
    }
    const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#buffer.length * 2), this.#limit + 16));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}
