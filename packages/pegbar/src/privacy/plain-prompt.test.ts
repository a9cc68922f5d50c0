import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCounters } from '../base/counters.ts';
import { createPrivacy } from './privacy.ts';
import type { PlainPrompt } from './protector.ts';

const protectorUnder = (prompts: 'keep' | 'redact' | 'hash' | 'drop') =>
  createPrivacy({
    secretOf: () => new Uint8Array(32).fill(7),
    policyOf: () => ({ prompts, redact: { patterns: [], keys: [] } }),
    optedOut: () => false,
    counters: createCounters(),
  }).forTenant('t');

const empty = (): PlainPrompt => ({
  hashLo: 0,
  hashHi: 0,
  characters: 0,
  words: 0,
  tokens: 0,
  language: '',
  script: 'none',
  booru_tags: 0,
});

const words = [
  'a',
  'girl',
  'BREAK',
  'with',
  'Long',
  'hair,',
  'blue_eyes,sky',
  '8k',
  '(best:1.2)',
  '<lora:x:1>',
  '&amp;',
  'la',
  'maison',
  '日本',
  '\t',
  '  ',
  '\n',
  "it's",
  ',',
  '.',
  '',
];
const prompt = fc.oneof(
  fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((list) => list.join(' ')),
  fc.string({
    unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)),
    maxLength: 80,
  }),
  fc.string({ maxLength: 30 }),
);

describe('a prompt that is kept as it is', () => {
  it('has the same figures and hash from its bytes as from its text', () => {
    const protector = protectorUnder('keep');
    const into = empty();
    let taken = 0;
    fc.assert(
      fc.property(prompt, fc.integer({ min: 0, max: 5 }), (text, before) => {
        const bytes = Buffer.concat([Buffer.alloc(before, 97), Buffer.from(text), Buffer.from(' tail')]);
        if (!protector.plainPrompt(bytes, before, bytes.length - 5, into)) return;
        taken++;
        const { hash, features, text: stored } = protector.prompt(text);
        const { bins: _, ...figures } = features;
        const { hashLo, hashHi, ...told } = into;
        expect(told).toEqual(figures);
        const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
        expect(hex(hashHi) + hex(hashLo)).toBe(hash);
        expect(stored).toBe(text);
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  it('is taken by its bytes when it is English of ASCII', () => {
    const bytes = Buffer.from('a portrait of an astronaut riding a horse, cinematic lighting, 8k');
    const into = empty();
    expect(protectorUnder('keep').plainPrompt(bytes, 0, bytes.length, into)).toBe(true);
    expect(into).toMatchObject({ language: 'en', script: 'latin', words: 11 });
  });

  it('is asked for as text under every other policy', () => {
    const bytes = Buffer.from('a cat');
    for (const policy of ['redact', 'hash', 'drop'] as const)
      expect(protectorUnder(policy).plainPrompt(bytes, 0, bytes.length, empty())).toBe(false);
  });
});
