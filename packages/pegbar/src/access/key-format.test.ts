import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { looksLikeKey, mintKey, randomText } from './key-format.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

it('makes keys that pass their own checksum and never repeat', () => {
  const keys = new Set(Array.from({ length: 500 }, () => mintKey(randomBytes)));
  expect(keys.size).toBe(500);
  for (const key of keys) {
    expect(key).toMatch(/^pk_[0-9A-Za-z]{36}$/);
    expect(looksLikeKey(key)).toBe(true);
  }
});

it('notices every single wrong character, every swap of neighbours and every cut', () => {
  const key = mintKey(randomBytes);
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 38 }), fc.constantFrom(...ALPHABET), (at, letter) => {
      fc.pre(key[at] !== letter);
      expect(looksLikeKey(key.slice(0, at) + letter + key.slice(at + 1))).toBe(false);
    }),
  );
  for (let at = 3; at < 38; at += 1) {
    if (key[at] === key[at + 1]) continue;
    expect(looksLikeKey(key.slice(0, at) + key[at + 1] + key[at] + key.slice(at + 2))).toBe(false);
    expect(looksLikeKey(key.slice(0, at))).toBe(false);
  }
});

it('draws every letter and digit equally often', () => {
  const text = randomText(randomBytes, 62_000);
  for (const letter of ALPHABET) {
    const seen = text.split(letter).length - 1;
    // 1,000 expected, standard deviation 31: six of them.
    expect(Math.abs(seen - 1_000)).toBeLessThan(190);
  }
});
