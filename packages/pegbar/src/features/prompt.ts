import {
  analyse,
  ChunkTable,
  COMMA_INSIDE,
  ENDS_IN_COMMA,
  HAS_ANGLE,
  HAS_ENGLISH,
  HAS_FOREIGN,
  HAS_WIDE,
  KEPT_LENGTH,
  looksLikeTag,
  NO_TAG,
} from './chunk-table.ts';
import { prepareClip } from './clip.ts';
import { isEnglish, languageOf, prepareLanguage } from './language.ts';
import { withoutTags } from './markup.ts';
import { ANY_SCRIPT, countScripts, type Script, scriptOfBit } from './scripts.ts';
import { BIN_COUNT, binOfNormal, TEXT_LIMIT, wordsOfPart } from './words.ts';

/** What is kept of a prompt for drift, whatever becomes of its text. Of longer prompts the first 65,536 UTF-16 units. */
export interface PromptFeatures {
  /** Unicode code points; a lone surrogate is one. */
  characters: number;
  /** Words as `wordsOf` has them. */
  words: number;
  /** CLIP BPE tokens of the whole text, markup included, without start and end tokens. */
  tokens: number;
  /** ISO 639-1, or `und`. */
  language: string;
  /** The script of at least nine letters in ten, else `mixed`. Japanese is `kana`, its kanji included. */
  script: Script;
  /** Comma-separated parts of one to four lower-case words without an article; 0 where there is no comma. */
  booru_tags: number;
  /** Distinct document-frequency bins of the words, 0 to 4095, in order of first appearance. */
  bins: Uint16Array;
}

/** Booru tags have up to this many words (`hair over one eye`). */
const TAG_WORDS = 4;

const table = new ChunkTable();
/** Bins met in the running call carry its number, so that nothing needs clearing between calls. */
const seen = new Uint32Array(BIN_COUNT);
const found = new Uint16Array(BIN_COUNT);
let call = 0;

/** Sums over the chunks of one text. One object for all calls: they never overlap. */
const sum = { parts: 0, tokens: 0, words: 0, english: 0, foreign: 0, flags: 0, tags: 0, commas: 0, bins: 0 };
/** The comma-separated part that is being read. */
const open = { words: 0, flags: 0 };

/** Loads CLIP's vocabulary and the language profiles now (some 100 ms) rather than at the first prompt. */
export function prepareFeatures(): void {
  prepareClip();
  prepareLanguage();
}

/** Features of a prompt. Pure: the same text gives the same answer in every process. Any string is accepted. */
export function promptFeatures(text: string): PromptFeatures {
  const looked = text.length > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text;
  scan(looked);
  const { tokens } = sum;
  const characters = sum.flags & HAS_WIDE ? codePoints(looked) : looked.length;
  let plain = looked;
  if (sum.flags & HAS_ANGLE) {
    plain = withoutTags(looked);
    if (plain !== looked) scan(plain);
  }
  const scripts = sum.flags & ANY_SCRIPT;
  const script = (scripts & (scripts - 1)) === 0 ? scriptOfBit(scripts) : countScripts(plain).script;
  return {
    characters,
    words: sum.words,
    tokens,
    language: languageOf(plain, script, sum),
    script,
    booru_tags: sum.flags & COMMA_INSIDE ? countTags(plain) : sum.tags,
    bins: found.slice(0, sum.bins),
  };
}

/** The figures of a prompt, without its bins; one object can be filled again and again. */
export type PromptFigures = Omit<PromptFeatures, 'bins'>;

/**
 * The figures of a prompt that stands as ASCII bytes in [start, end): those of `promptFeatures`, without a string of
 * the text. False, and nothing is told, for what needs the text itself: other characters, network tags, commas inside
 * of a word, prompts that the language detector has to read, and texts beyond the limit.
 */
export function asciiFigures(bytes: Uint8Array, start: number, end: number, into: PromptFigures): boolean {
  if (end - start > TEXT_LIMIT || !scanAscii(bytes, start, end)) return false;
  const scripts = sum.flags & ANY_SCRIPT;
  if (sum.flags & (HAS_ANGLE | COMMA_INSIDE)) return false;
  if (scripts !== 0 && !isEnglish(sum)) return false;
  into.characters = end - start;
  into.words = sum.words;
  into.tokens = sum.tokens;
  into.language = scripts === 0 ? 'und' : 'en';
  into.script = scriptOfBit(scripts);
  into.booru_tags = sum.tags;
  return true;
}

function reset(): void {
  sum.parts = sum.tokens = sum.words = sum.english = sum.foreign = sum.flags = 0;
  sum.tags = sum.commas = sum.bins = open.words = open.flags = 0;
}

/** As `scan`, without bins; false where a byte is not ASCII. */
function scanAscii(bytes: Uint8Array, start: number, end: number): boolean {
  reset();
  let i = start;
  while (i < end) {
    let code = bytes[i]!;
    if (code === 32 || (code <= 13 && code >= 9)) {
      i++;
      continue;
    }
    const from = i;
    let hash = 0x811c9dc5 | 0;
    for (;;) {
      if (code > 127) return false;
      hash = Math.imul(hash ^ code, 0x01000193);
      i++;
      if (i >= end) break;
      const before = code;
      code = bytes[i]!;
      if (code === 32 || (code <= 13 && code >= 9)) break;
      if (before === 44 && startsWord(code)) break;
    }
    if (i - from > KEPT_LENGTH) return false;
    const entry = table.findBytes(bytes, from, i, hash);
    sum.tokens += table.tokens[entry]!;
    add(table.flags[entry]!, table.words[entry]!);
  }
  closePart();
  if (sum.commas === 0) sum.tags = 0;
  return true;
}

function scan(text: string): void {
  reset();
  call = call === 0xffff_ffff ? restart() : call + 1;
  const length = text.length;
  let i = 0;
  while (i < length) {
    let code = text.charCodeAt(i);
    if (code === 32 || isSpace(code)) {
      i++;
      continue;
    }
    const start = i;
    let hash = 0x811c9dc5 | 0;
    for (;;) {
      hash = Math.imul(hash ^ code, 0x01000193);
      i++;
      if (i >= length) break;
      const before = code;
      code = text.charCodeAt(i);
      if (code === 32 || isSpace(code)) break;
      if ((before === 44 || before === 0x3001) && startsWord(code)) break;
    }
    if (i - start <= KEPT_LENGTH) addKept(table.find(text, start, i, hash));
    else addLong(text.slice(start, i));
  }
  closePart();
  if (sum.commas === 0) sum.tags = 0;
}

/** White space that ends a chunk; ASCII and the ideographic space. Rarer kinds stay inside a chunk, which is as exact. */
function isSpace(code: number): boolean {
  return (code <= 13 && code >= 9) || code === 0x3000;
}

/** Letters and digits after which a comma surely ends a CLIP word. Others stay in the chunk. */
function startsWord(code: number): boolean {
  if (code < 128) return (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 122);
  return (
    (code >= 0x3041 && code <= 0x3096) ||
    (code >= 0x30a1 && code <= 0x30fa) ||
    (code >= 0x4e00 && code <= 0x9fa5)
  );
}

function addKept(entry: number): void {
  const flags = table.flags[entry]!;
  const words = table.words[entry]!;
  sum.tokens += table.tokens[entry]!;
  add(flags, words);
  const start = table.binStart[entry]!;
  for (let i = start; i < start + words; i++) addBin(table.bins[i]!);
}

function addLong(chunk: string): void {
  const { tokens, words, flags } = analyse(chunk);
  sum.tokens += tokens;
  add(flags, words.length);
  for (const word of words) addBin(binOfNormal(word));
}

function add(flags: number, words: number): void {
  sum.words += words;
  sum.flags |= flags;
  if (words > 0) sum.parts++;
  if (flags & HAS_ENGLISH) sum.english++;
  if (flags & HAS_FOREIGN) sum.foreign++;
  open.words += words;
  open.flags |= flags;
  if (flags & ENDS_IN_COMMA) {
    sum.commas++;
    closePart();
  }
}

function closePart(): void {
  if (open.words > 0 && open.words <= TAG_WORDS && (open.flags & NO_TAG) === 0) sum.tags++;
  open.words = open.flags = 0;
}

function addBin(bin: number): void {
  if (seen[bin] === call) return;
  seen[bin] = call;
  found[sum.bins++] = bin;
}

function restart(): number {
  seen.fill(0);
  return 1;
}

/** As the scan counts tags, for text with commas that do not end a chunk, as in `(a:1.2),(b:1.1)`. */
function countTags(text: string): number {
  let tags = 0;
  for (const part of text.split(',')) {
    const words = wordsOfPart(part);
    const fits = words.length > 0 && words.length <= TAG_WORDS;
    if (
      fits &&
      part
        .trim()
        .split(/\s+/)
        .every((piece) => looksLikeTag(piece, words))
    )
      tags++;
  }
  return tags;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++) {
    const high = (text.charCodeAt(i) & 0xfc00) === 0xd800;
    if (high && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--;
      i++;
    }
  }
  return count;
}
