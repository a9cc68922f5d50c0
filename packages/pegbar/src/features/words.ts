import { withoutTags, withoutWeights } from './markup.ts';
import { HAN, KANA, scriptBit } from './scripts.ts';

/** Document frequencies are kept in this many hashed bins. */
export const BIN_COUNT = 4096;

/** Features look at no more than this many UTF-16 units of a prompt: real ones have hundreds. */
export const TEXT_LIMIT = 65_536;

/** A run of Han characters up to this length is one word; a longer one is told by its overlapping pairs. */
const HAN_WORD = 4;

const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu;
const NON_ASCII = /\P{ASCII}/u;

/**
 * The words of a prompt, normalised (NFKC, lower case), repeated as often as they stand there. Underscores and hyphens
 * separate, so that `long_hair` and `long hair` are the same two words; weights, BREAK, escapes and network tags are
 * no words. Japanese and Chinese have no spaces: runs of one script are words, and Han runs longer than four
 * characters are told by overlapping pairs. No dictionary is used, so the answer is the same in every release.
 */
export function wordsOf(text: string): string[] {
  return wordsOfPart(withoutTags(text.length > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text));
}

/** As `wordsOf`, for text that carries no network tags. */
export function wordsOfPart(text: string): string[] {
  const plain = withoutWeights(text);
  if (!NON_ASCII.test(plain)) return plain.toLowerCase().match(WORD) ?? [];
  const out: string[] = [];
  for (const word of normalise(plain).match(WORD) ?? []) splitByScript(word, out);
  return out;
}

/**
 * Bin of a word, 0 to 4095: FNV-1a (32 bit) over the UTF-8 bytes of the normalised word, mixed by the finaliser of
 * MurmurHash3, top 12 bits. Fixed for ever: stored document frequencies depend on it.
 */
export function binOf(word: string): number {
  return binOfNormal(NON_ASCII.test(word) ? normalise(word) : word.toLowerCase());
}

/** As `binOf`, for a word that `wordsOf` gave. */
export function binOfNormal(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) {
    const code = word.codePointAt(i)!;
    if (code < 0x80) {
      hash = Math.imul(hash ^ code, 0x01000193);
      continue;
    }
    if (code > 0xffff) i++;
    for (const byte of utf8(code)) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 20;
}

function normalise(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** UTF-8 bytes of one code point from U+0080; a lone surrogate is U+FFFD, as an encoder writes it. */
function utf8(point: number): number[] {
  const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
  if (code < 0x800) return [0xc0 | (code >> 6), 0x80 | (code & 63)];
  if (code < 0x10000) return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
  return [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
}

function runKind(code: number): number {
  const bit = scriptBit(code);
  if (bit === HAN) return 1;
  if (bit !== KANA) return 0;
  // The long-vowel mark belongs to the katakana before it.
  return code < 0x30a0 ? 2 : 3;
}

function splitByScript(word: string, out: string[]): void {
  let start = 0;
  let kind = -1;
  const close = (end: number): void => {
    if (end <= start) return;
    const run = word.slice(start, end);
    if (kind !== 1 || run.length <= HAN_WORD) out.push(run);
    else for (let i = 0; i + 2 <= run.length; i++) out.push(run.slice(i, i + 2));
  };
  for (let i = 0; i < word.length; i++) {
    const code = word.codePointAt(i)!;
    const next = runKind(code);
    if (next !== kind) {
      close(i);
      start = i;
      kind = next;
    }
    if (code > 0xffff) i++;
  }
  close(word.length);
}
