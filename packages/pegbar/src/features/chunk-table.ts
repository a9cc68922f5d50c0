/**
 * What is known of each chunk of prompt text, so that a prompt of known chunks costs one hash and one look-up each.
 *
 * A chunk is what stands between white space; it also ends after a comma that a letter or digit follows. CLIP's words
 * never cross such an end, nor do ours, so figures of chunks add up to the figures of the text exactly.
 *
 * Layout: open addressing over flat arrays, no object per chunk. Keys are compared code unit by code unit: two chunks
 * are never taken for each other. When either the entries or the pools are full, everything is forgotten at once; the
 * common chunks are back within a few prompts, and a flood of unknown words costs what it costs without a table.
 */
import { clipTokens } from './clip.ts';
import { ANY_SCRIPT, scriptsIn } from './scripts.ts';
import { ENGLISH, FOREIGN } from './vocabulary.ts';
import { binOfNormal, wordsOfPart } from './words.ts';

/** Flags of a chunk above the script bits of `scripts.ts`. */
export const HAS_ENGLISH = 64;
export const HAS_FOREIGN = 128;
/** Cannot be part of a booru tag: capitals, an article, the end of a sentence. */
export const NO_TAG = 256;
export const ENDS_IN_COMMA = 512;
/** A comma stands elsewhere than at the end. */
export const COMMA_INSIDE = 1024;
/** `<` stands in it: perhaps a network tag. */
export const HAS_ANGLE = 2048;
/** Code points beyond U+FFFF stand in it. */
export const HAS_WIDE = 4096;

/** Longer chunks are not kept: no word is that long, and they would fill the table. UTF-16 units. */
export const KEPT_LENGTH = 48;
const ENTRY_LIMIT = 32_768;
const SLOTS = ENTRY_LIMIT * 4;
const KEY_POOL = ENTRY_LIMIT * 16;
const BIN_POOL = ENTRY_LIMIT * 4;

const TAG_STOPPERS = new Set([
  'a',
  'an',
  'the',
  'and',
  'with',
  'by',
  'is',
  'are',
  'was',
  'that',
  'this',
  'her',
  'his',
]);

export interface Chunk {
  tokens: number;
  words: string[];
  flags: number;
}

/** Everything that is kept of a chunk, worked out from its text. */
export function analyse(chunk: string): Chunk {
  const words = wordsOfPart(chunk);
  const comma = chunk.indexOf(',');
  let flags = scriptsIn(chunk) & ANY_SCRIPT;
  if (words.some((word) => ENGLISH.has(word))) flags |= HAS_ENGLISH;
  if (words.some((word) => FOREIGN.has(word))) flags |= HAS_FOREIGN;
  if (!looksLikeTag(chunk, words)) flags |= NO_TAG;
  if (chunk.endsWith(',')) flags |= ENDS_IN_COMMA;
  if (comma >= 0 && comma < chunk.length - 1) flags |= COMMA_INSIDE;
  if (chunk.includes('<')) flags |= HAS_ANGLE;
  if (/[\ud800-\udbff]/.test(chunk)) flags |= HAS_WIDE;
  return { tokens: clipTokens(chunk), words, flags };
}

/** A part of a tag is lower-case ASCII and neither an article nor the end of a sentence. */
export function looksLikeTag(part: string, words: string[]): boolean {
  return !/[A-Z\x80-\uffff]|[\w)][.!]$/.test(part) && !words.some((word) => TAG_STOPPERS.has(word));
}

export class ChunkTable {
  readonly tokens = new Uint16Array(ENTRY_LIMIT);
  readonly words = new Uint8Array(ENTRY_LIMIT);
  readonly flags = new Uint16Array(ENTRY_LIMIT);
  readonly binStart = new Uint32Array(ENTRY_LIMIT);
  readonly bins = new Uint16Array(BIN_POOL);
  readonly #slots = new Int32Array(SLOTS);
  readonly #hash = new Int32Array(ENTRY_LIMIT);
  readonly #keyStart = new Uint32Array(ENTRY_LIMIT);
  readonly #keyLength = new Uint8Array(ENTRY_LIMIT);
  readonly #keys = new Uint16Array(KEY_POOL);
  #entries = 0;
  #keyEnd = 0;
  #binEnd = 0;

  /**
   * The entry of the chunk `text[start, end)`, worked out now if it is new. `hash` is FNV-1a over its code units.
   * The chunk must not be longer than KEPT_LENGTH. The answer holds until the next call.
   */
  find(text: string, start: number, end: number, hash: number): number {
    const length = end - start;
    let slot = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
    for (slot &= SLOTS - 1; ; slot = (slot + 1) & (SLOTS - 1)) {
      const entry = this.#slots[slot]! - 1;
      if (entry < 0) break;
      if (this.#hash[entry] !== hash || this.#keyLength[entry] !== length) continue;
      const key = this.#keyStart[entry]!;
      let same = 0;
      while (same < length && this.#keys[key + same] === text.charCodeAt(start + same)) same++;
      if (same === length) return entry;
    }
    return this.#insert(text.slice(start, end), hash, slot);
  }

  /** As `find`, of ASCII bytes. */
  findBytes(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    let slot = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
    for (slot &= SLOTS - 1; ; slot = (slot + 1) & (SLOTS - 1)) {
      const entry = this.#slots[slot]! - 1;
      if (entry < 0) break;
      if (this.#hash[entry] !== hash || this.#keyLength[entry] !== length) continue;
      const key = this.#keyStart[entry]!;
      let same = 0;
      while (same < length && this.#keys[key + same] === bytes[start + same]) same++;
      if (same === length) return entry;
    }
    return this.#insert(String.fromCharCode(...bytes.subarray(start, end)), hash, slot);
  }

  #insert(chunk: string, hash: number, freeSlot: number): number {
    const { tokens, words, flags } = analyse(chunk);
    let slot = freeSlot;
    const full =
      this.#entries >= ENTRY_LIMIT ||
      this.#keyEnd + chunk.length > KEY_POOL ||
      this.#binEnd + words.length > BIN_POOL;
    if (full) {
      this.#slots.fill(0);
      this.#entries = this.#keyEnd = this.#binEnd = 0;
      slot = (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0) & (SLOTS - 1);
    }
    const entry = this.#entries++;
    this.#slots[slot] = entry + 1;
    this.#hash[entry] = hash;
    this.#keyStart[entry] = this.#keyEnd;
    this.#keyLength[entry] = chunk.length;
    for (let i = 0; i < chunk.length; i++) this.#keys[this.#keyEnd++] = chunk.charCodeAt(i);
    this.tokens[entry] = tokens;
    this.words[entry] = words.length;
    this.flags[entry] = flags;
    this.binStart[entry] = this.#binEnd;
    for (const word of words) this.bins[this.#binEnd++] = binOfNormal(word);
    return entry;
  }
}
