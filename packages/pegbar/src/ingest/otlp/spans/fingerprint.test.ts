import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Fingerprint, fingerprintHex, fingerprintWords } from './index.ts';

function ofBytes(ids: Buffer): Fingerprint {
  const word = (at: number): number => ids.readInt32LE(at);
  const out = { lo: 0, hi: 0 };
  fingerprintWords(word(0), word(4), word(8), word(12), word(16), word(20), out);
  return out;
}

test('hex ids of either case have the fingerprint of their bytes', () => {
  const ids = randomBytes(24);
  const trace = ids.toString('hex', 0, 16);
  const span = ids.toString('hex', 16);
  expect(fingerprintHex(trace, span)).toEqual(ofBytes(ids));
  expect(fingerprintHex(trace.toUpperCase(), span.toUpperCase())).toEqual(ofBytes(ids));
  expect(fingerprintHex(trace, span.slice(1))).toBeUndefined();
  expect(fingerprintHex(`${trace.slice(1)}g`, span)).toBeUndefined();
});

test('every bit of the ids moves about half of the bits of the fingerprint', () => {
  const flips = new Float64Array(64);
  const rounds = 200;
  for (let round = 0; round < rounds; round++) {
    const ids = randomBytes(24);
    const before = ofBytes(ids);
    for (let bit = 0; bit < 192; bit++) {
      const other = Buffer.from(ids);
      other[bit >> 3]! ^= 1 << (bit & 7);
      const after = ofBytes(other);
      let moved = 0;
      for (let out = 0; out < 64; out++) {
        const changed = out < 32 ? (before.lo ^ after.lo) >>> out : (before.hi ^ after.hi) >>> (out - 32);
        moved += changed & 1;
        flips[out]! += changed & 1;
      }
      expect(moved).toBeGreaterThan(8);
    }
  }
  for (const flipped of flips) expect(Math.abs(flipped / rounds / 192 - 0.5)).toBeLessThan(0.03);
});

test('counting ids do not share a fingerprint', () => {
  const seen = new Set<string>();
  const ids = Buffer.alloc(24);
  for (let trace = 0; trace < 500; trace++)
    for (let span = 0; span < 200; span++) {
      ids.writeUInt32BE(trace, 12);
      ids.writeUInt32BE(span, 20);
      const { lo, hi } = ofBytes(ids);
      seen.add(`${lo},${hi}`);
    }
  expect(seen.size).toBe(100_000);
});
