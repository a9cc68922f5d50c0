/**
 * The 64-bit fingerprint of (trace id, span id) by which spans and stage events are deduplicated: an event and a
 * span with the same ids are one. Words are little endian. The tenant is not in it: each has its own window.
 *
 * Two lanes, mixed by xor, odd multiply and rotate. Every step is a bijection of the state, so two spans of one
 * trace never share a fingerprint, and every input bit reaches both words. Not keyed: whoever chooses ids to
 * collide can only lose spans of his own tenant.
 */
export interface Fingerprint {
  lo: number;
  hi: number;
}

/** Writes the fingerprint of six id words (trace 0–3, span 4–5) into `out`. */
export function fingerprintWords(
  t0: number,
  t1: number,
  t2: number,
  t3: number,
  s0: number,
  s1: number,
  out: Fingerprint,
): void {
  let a = 0x243f6a88 | 0;
  let b = 0x13198a2e | 0;
  a = Math.imul(a ^ t0, 0x9e3779b1 | 0);
  b = Math.imul(b ^ t1, 0x85ebca6b | 0);
  a = mix(a, b, t2);
  b = mix(b, a, t3);
  a = mix(a, b, s0);
  b = mix(b, a, s1);
  a = mix(a, b, t1);
  b = mix(b, a, t0);
  out.lo = finish((a + rotate(b, 7)) | 0);
  out.hi = finish(b ^ rotate(out.lo, 19));
}

/** The same from lower- or upper-case hex ids, for the event path. Ids of another length or alphabet give undefined. */
export function fingerprintHex(traceId: string, spanId: string): Fingerprint | undefined {
  if (!/^[0-9a-f]{32}$/i.test(traceId) || !/^[0-9a-f]{16}$/i.test(spanId)) return undefined;
  const ids = Buffer.from(traceId + spanId, 'hex');
  const word = (at: number): number => ids.readInt32LE(at);
  const out = { lo: 0, hi: 0 };
  fingerprintWords(word(0), word(4), word(8), word(12), word(16), word(20), out);
  return out;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function mix(a: number, b: number, word: number): number {
  const mixed = Math.imul(rotate(a, 13) ^ word, 0xcc9e2d51 | 0) + rotate(b, 17);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d | 0);
}

function finish(value: number): number {
  let out = value ^ (value >>> 16);
  out = Math.imul(out, 0x85ebca6b | 0);
  out ^= out >>> 13;
  out = Math.imul(out, 0xc2b2ae35 | 0);
  return out ^ (out >>> 16);
}
