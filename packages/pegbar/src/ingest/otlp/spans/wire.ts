/** The request cannot be decoded: nothing of it may be kept. */
export class MalformedError extends Error {}

export function malformed(what: string): never {
  throw new MalformedError(`malformed ExportTraceServiceRequest: ${what}`);
}

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/**
 * A cursor over protobuf bytes. Every read is bounded by the `end` of the message that is being read; what
 * crosses it is malformed. No BigInt and no allocation: 64-bit numbers are two int32 words.
 */
export class Wire {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The same bytes, for texts: a Buffer decodes short ones several times faster than a TextDecoder. */
  buffer: Buffer = Buffer.alloc(0);
  at = 0;
  /** Words of the last varint or fixed64 that was read. */
  lo = 0;
  hi = 0;

  load(bytes: Uint8Array): void {
    // A plain Uint8Array, because parts of a Buffer are Buffers, which are dear to make.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  /** Field number × 8 + wire type. The caller knows that `at` is before `end`. */
  tag(end: number): number {
    const first = this.bytes[this.at]!;
    if (first < 128) {
      if (first < 8) malformed('field number 0');
      this.at++;
      return first;
    }
    this.varint(end);
    if (this.hi !== 0 || this.lo >>> 3 === 0) malformed('field number out of range');
    return this.lo >>> 0;
  }

  /** Length of the bytes that begin at `at` afterwards and end within `end`. */
  length(end: number): number {
    let length: number;
    if (this.at < end && this.bytes[this.at]! < 128) {
      length = this.bytes[this.at++]!;
    } else {
      this.varint(end);
      if (this.hi !== 0 || this.lo < 0) malformed('length beyond its parent');
      length = this.lo;
    }
    if (length > end - this.at) malformed('length beyond its parent');
    return length;
  }

  /** Reads a varint of up to 64 bits into `lo` and `hi`; higher bits are dropped, as protobuf parsers do. */
  varint(end: number): void {
    const bytes = this.bytes;
    let at = this.at;
    let lo = 0;
    let hi = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) malformed('truncated number');
      const byte = bytes[at++]!;
      const part = byte & 127;
      if (shift < 28) lo |= part << shift;
      else if (shift === 28) {
        lo |= part << 28;
        hi = part >>> 4;
      } else if (shift < 63) hi |= part << (shift - 32);
      else hi |= part << 31;
      if (byte < 128) {
        this.at = at;
        this.lo = lo;
        this.hi = hi;
        return;
      }
    }
    malformed('number longer than ten bytes');
  }

  /** Steps over a length and its bytes. (`at += length()` would read `at` before the length was read.) */
  skipBytes(end: number): void {
    const length = this.length(end);
    this.at += length;
  }

  fixed64(end: number): void {
    if (end - this.at < 8) malformed('truncated number');
    this.lo = this.view.getInt32(this.at, true);
    this.hi = this.view.getInt32(this.at + 4, true);
    this.at += 8;
  }

  /** Steps over the field whose tag was read. Groups, deprecated before OTLP was born, are malformed. */
  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case VARINT:
        this.varint(end);
        return;
      case FIXED64:
        if (end - this.at < 8) malformed('truncated number');
        this.at += 8;
        return;
      case BYTES:
        this.skipBytes(end);
        return;
      case FIXED32:
        if (end - this.at < 4) malformed('truncated number');
        this.at += 4;
        return;
      default:
        malformed('unknown wire type');
    }
  }

  /** Steps over a field that the message does not define; `known` is its highest field number. */
  skipUnknown(tag: number, end: number, known: number): void {
    if (tag >>> 3 <= known) malformed(`field ${tag >>> 3} has wire type ${tag & 7}`);
    this.skip(tag, end);
  }
}
