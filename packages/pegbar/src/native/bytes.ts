/** A growing byte buffer with a view for word access. Never shrinks; `length` is what is used. */
export class Bytes {
  bytes: Uint8Array;
  view: DataView;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `extra` more bytes, plus slack for word-wise copies that overrun by up to 8. */
  ensure(extra: number): void {
    const need = this.length + extra + 8;
    if (need <= this.bytes.length) return;
    let capacity = this.bytes.length * 2;
    while (capacity < need) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Appends an unsigned LEB128 number below 2^53. The caller has ensured room. */
  varint(value: number): void {
    const bytes = this.bytes;
    if (value < 128) {
      bytes[this.length++] = value;
      return;
    }
    let rest = value;
    while (rest > 127) {
      bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    bytes[this.length++] = rest;
  }

  append(source: Uint8Array): void {
    this.ensure(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  used(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

export const utf8 = new TextEncoder();
/** Replaces bad UTF-8 rather than refusing it. */
export const fromUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });
