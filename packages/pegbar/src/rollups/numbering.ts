/**
 * Numbers for texts and for pairs of numbers, in the order in which they are first seen.
 *
 * A count of a day touches millions of series and bins. As objects in Maps they were most of what counting cost, spent
 * in the garbage collector; here they are words in a few large arrays.
 */

/** Texts by number. */
export class Names {
  readonly texts: string[] = [];
  private readonly ids = new Map<string, number>();

  idOf(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const id = this.texts.push(text) - 1;
    this.ids.set(text, id);
    return id;
  }
}

const FIRST_SLOTS = 64;
/** Words of a slot: first + 1 (0 where it is empty), second, value. */
const SLOT = 3;

/** A number for each pair of whole numbers from 0; open addressing, at most half full. */
export class PairTable {
  size = 0;
  words = new Uint32Array(FIRST_SLOTS * SLOT);
  private mask = FIRST_SLOTS - 1;

  /** Where in `words` the number of a pair stands, 0 of a new pair. Valid until the next call. */
  at(first: number, second: number): number {
    if (this.size * 2 > this.mask) this.grow();
    const { words, mask } = this;
    for (let slot = hash(first, second) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT;
      const found = words[at]!;
      if (found === first + 1 && words[at + 1] === second) return at + 2;
      if (found !== 0) continue;
      words[at] = first + 1;
      words[at + 1] = second;
      this.size++;
      return at + 2;
    }
  }

  /** Forgets the pairs and keeps the memory. */
  reset(): void {
    this.words.fill(0);
    this.size = 0;
  }

  private grow(): void {
    const old = this.words;
    this.mask = this.mask * 2 + 1;
    const words = new Uint32Array((this.mask + 1) * SLOT);
    for (let from = 0; from < old.length; from += SLOT) {
      if (old[from] === 0) continue;
      let slot = hash(old[from]! - 1, old[from + 1]!) & this.mask;
      while (words[slot * SLOT] !== 0) slot = (slot + 1) & this.mask;
      words[slot * SLOT] = old[from]!;
      words[slot * SLOT + 1] = old[from + 1]!;
      words[slot * SLOT + 2] = old[from + 2]!;
    }
    this.words = words;
  }
}

/** Calls back with each pair and its number. */
export function eachPair(
  { words }: PairTable,
  tell: (first: number, second: number, value: number) => void,
): void {
  for (let at = 0; at < words.length; at += SLOT)
    if (words[at] !== 0) tell(words[at]! - 1, words[at + 1]!, words[at + 2]!);
}

/** Pairs by number. */
export class Pairs {
  size = 0;
  firsts = new Int32Array(FIRST_SLOTS);
  seconds = new Int32Array(FIRST_SLOTS);
  private readonly table = new PairTable();

  idOf(first: number, second: number): number {
    const at = this.table.at(first, second);
    const known = this.table.words[at]!;
    if (known !== 0) return known - 1;
    const id = this.size++;
    this.table.words[at] = id + 1;
    if (id >= this.firsts.length) {
      this.firsts = doubled(this.firsts);
      this.seconds = doubled(this.seconds);
    }
    this.firsts[id] = first;
    this.seconds[id] = second;
    return id;
  }

  /** Forgets the pairs and keeps the memory. */
  reset(): void {
    this.table.reset();
    this.size = 0;
  }
}

export function doubled<T extends Int32Array | Float64Array | Uint8Array>(array: T): T {
  const grown = new (array.constructor as new (length: number) => T)(array.length * 2);
  grown.set(array);
  return grown;
}

function hash(first: number, second: number): number {
  let mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}
