/** Slots of a new table: most series of an hour have few distinct values, and these fit on the heap in one object. */
const FIRST_SLOTS = 4;
/** Of bins in which nothing is yet: one empty slot that everybody shares and nobody writes to. */
const NO_SLOTS = new Uint32Array(2);
/** Words of a table that grows fourfold: one that has outgrown the first slots seldom stays small. */
const SMALL_SLOTS = 128;

/** A stretch of two columns of an answer: codes, ascending and each once, and how often each was seen. */
export interface StoredBins {
  readonly codes: Uint16Array;
  readonly counts: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/**
 * Counts per bin code: what a `Map<number, number>` would hold, in one array of words. A round of rollups makes
 * tens of thousands of these; as Maps they were most of its time, spent in the garbage collector.
 */
export class Bins {
  size = 0;
  /** Pairs of code + 1 and count; a slot whose first word is 0 is empty. */
  private slots = NO_SLOTS;
  private lying: StoredBins | undefined;

  /** Adds what lies in the store: the first is left there until something is added to it, as nearly all is only looked at. */
  lay(stored: StoredBins): void {
    const { codes, counts, from, to } = stored;
    if (this.size === 0) {
      this.lying = stored;
      this.size = to - from;
    } else for (let at = from; at < to; at++) this.add(codes[at]!, counts[at]!);
  }

  /** The columns that these lie in as they were read, as long as nothing was added. */
  get stored(): StoredBins | undefined {
    return this.lying;
  }

  private take(): void {
    const { lying } = this;
    if (lying === undefined) return;
    this.lying = undefined;
    this.size = 0;
    for (let at = lying.from; at < lying.to; at++) this.add(lying.codes[at]!, lying.counts[at]!);
  }

  add(code: number, times = 1): void {
    if (this.lying !== undefined) this.take();
    const { slots } = this;
    const mask = slots.length - 2;
    let at = (code * 2) & mask;
    for (;;) {
      const found = slots[at]!;
      if (found === code + 1) {
        slots[at + 1]! += times;
        return;
      }
      if (found === 0) break;
      at = (at + 2) & mask;
    }
    if ((this.size + 1) * 8 > slots.length * 3) {
      this.grow();
      this.add(code, times);
      return;
    }
    slots[at] = code + 1;
    slots[at + 1] = times;
    this.size++;
  }

  get(code: number): number | undefined {
    this.take();
    const { slots } = this;
    const mask = slots.length - 2;
    for (let at = (code * 2) & mask; slots[at] !== 0; at = (at + 2) & mask)
      if (slots[at] === code + 1) return slots[at + 1];
    return undefined;
  }

  merge(other: Bins): void {
    const { slots, lying } = other;
    if (lying !== undefined) {
      this.lay(lying);
      return;
    }
    this.take();
    if (this.size === 0) {
      this.slots = slots.slice();
      this.size = other.size;
      return;
    }
    for (let at = 0; at < slots.length; at += 2)
      if (slots[at] !== 0) this.add(slots[at]! - 1, slots[at + 1]!);
  }

  /** Codes in ascending order. */
  codes(): Uint16Array {
    if (this.lying) return this.lying.codes.slice(this.lying.from, this.lying.to);
    const codes = new Uint16Array(this.size);
    let n = 0;
    for (let at = 0; at < this.slots.length; at += 2)
      if (this.slots[at] !== 0) codes[n++] = this.slots[at]! - 1;
    return codes.sort();
  }

  *[Symbol.iterator](): Generator<[number, number]> {
    this.take();
    for (let at = 0; at < this.slots.length; at += 2)
      if (this.slots[at] !== 0) yield [this.slots[at]! - 1, this.slots[at + 1]!];
  }

  *keys(): Generator<number> {
    for (const [code] of this) yield code;
  }

  *values(): Generator<number> {
    for (const [, count] of this) yield count;
  }

  private grow(): void {
    const { slots } = this;
    this.slots = new Uint32Array(
      slots === NO_SLOTS ? FIRST_SLOTS * 2 : slots.length * (slots.length < SMALL_SLOTS ? 4 : 2),
    );
    this.size = 0;
    for (let at = 0; at < slots.length; at += 2)
      if (slots[at] !== 0) this.add(slots[at]! - 1, slots[at + 1]!);
  }
}
