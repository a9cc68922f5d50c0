import { describe, expect, it } from 'vitest';
import { SipHash } from './siphash.ts';

/** From the reference implementation: key 00 01 … 0f, messages 00 01 … of length n. */
const VECTORS: readonly [length: number, hash: string][] = [
  [0, '726fdb47dd0e0e31'],
  [1, '74f839c593dc67fd'],
  [7, 'ab0200f58b01d137'],
  [8, '93f5f5799a932462'],
  [15, 'a129ca6149be45e5'],
  [16, '3f2acc7f57c29bdb'],
  [63, '958a324ceb064572'],
];

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

describe('SipHash', () => {
  it('answers as the reference implementation does', () => {
    const hash = new SipHash(Uint8Array.from({ length: 16 }, (_, at) => at));
    const message = Uint8Array.from({ length: 64 }, (_, at) => at);
    for (const [length, expected] of VECTORS) {
      hash.update(message, 0, length);
      expect(hex(hash.hi) + hex(hash.lo)).toBe(expected);
    }
  });

  it('hashes a part of its bytes as it hashes them alone', () => {
    const hash = new SipHash(new Uint8Array(16).fill(9));
    const message = Uint8Array.from({ length: 40 }, (_, at) => at * 7);
    hash.update(message, 5, 26);
    const [lo, hi] = [hash.lo, hash.hi];
    hash.update(message.slice(5, 26), 0, 21);
    expect([hash.lo, hash.hi]).toEqual([lo, hi]);
  });
});
