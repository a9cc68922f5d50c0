/**
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) with a key of 128 bits and an answer of
 * 64. A pseudo-random function made for short messages: without the key nothing can be tried out, as with HMAC, and in
 * plain TypeScript a prompt takes a third of what two calls of SHA-256 take.
 *
 * 64-bit words are pairs of int32, low half first; every addition carries by comparison.
 */
export class SipHash {
  /** Words of the last answer. */
  lo = 0;
  hi = 0;
  readonly #key: Int32Array;

  /** `key`: 16 bytes. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new Error('a key of SipHash has 16 bytes');
    const view = new DataView(key.buffer, key.byteOffset, 16);
    this.#key = Int32Array.from({ length: 4 }, (_, at) => view.getInt32(at * 4, true));
  }

  /** Hashes bytes [start, end) into `lo` and `hi`. */
  update(bytes: Uint8Array, start: number, end: number): void {
    const key = this.#key;
    let v0l = key[0]! ^ 0x70736575;
    let v0h = key[1]! ^ 0x736f6d65;
    let v1l = key[2]! ^ 0x6e646f6d;
    let v1h = key[3]! ^ 0x646f7261;
    let v2l = key[0]! ^ 0x6e657261;
    let v2h = key[1]! ^ 0x6c796765;
    let v3l = key[2]! ^ 0x79746573;
    let v3h = key[3]! ^ 0x74656462;
    const length = end - start;
    const whole = start + (length & ~7);
    // The last word holds what is left and the length; after it come four rounds without a word.
    for (let at = start, left = 2; left > 0; at += 8) {
      let ml = 0;
      let mh = 0;
      let rounds = 2;
      if (at < whole) {
        ml = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
        mh = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
      } else if (left === 2) {
        left = 1;
        for (let i = whole; i < end; i++) {
          const shift = (i - whole) << 3;
          if (shift < 32) ml |= bytes[i]! << shift;
          else mh |= bytes[i]! << (shift - 32);
        }
        mh |= length << 24;
      } else {
        left = 0;
        rounds = 4;
        v2l ^= 0xff;
      }
      v3l ^= ml;
      v3h ^= mh;
      for (; rounds > 0; rounds--) {
        let t = v0l;
        v0l = (v0l + v1l) | 0;
        v0h = (v0h + v1h + (v0l >>> 0 < t >>> 0 ? 1 : 0)) | 0;
        t = v1l;
        v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
        v1h = ((v1h << 13) | (t >>> 19)) ^ v0h;
        t = v0l;
        v0l = v0h;
        v0h = t;
        t = v2l;
        v2l = (v2l + v3l) | 0;
        v2h = (v2h + v3h + (v2l >>> 0 < t >>> 0 ? 1 : 0)) | 0;
        t = v3l;
        v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
        v3h = ((v3h << 16) | (t >>> 16)) ^ v2h;
        t = v0l;
        v0l = (v0l + v3l) | 0;
        v0h = (v0h + v3h + (v0l >>> 0 < t >>> 0 ? 1 : 0)) | 0;
        t = v3l;
        v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
        v3h = ((v3h << 21) | (t >>> 11)) ^ v0h;
        t = v2l;
        v2l = (v2l + v1l) | 0;
        v2h = (v2h + v1h + (v2l >>> 0 < t >>> 0 ? 1 : 0)) | 0;
        t = v1l;
        v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
        v1h = ((v1h << 17) | (t >>> 15)) ^ v2h;
        t = v2l;
        v2l = v2h;
        v2h = t;
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.lo = v0l ^ v1l ^ v2l ^ v3l;
    this.hi = v0h ^ v1h ^ v2h ^ v3h;
  }
}
