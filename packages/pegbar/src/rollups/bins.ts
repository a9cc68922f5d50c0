/** Slots of a new table: most series of an hour have few distinct values, and these fit on the heap in one object. */
const FIRST_SLOTS = 4;
/** Words of a table that grows fourfold: one that has outgrown the first slots seldom stays small. */
const SMALL_SLOTS = 128;

/**
 * Counts per bin code: what a `Map<number, number>` would hold, in one array of words. A round of rollups makes
 * tens of thousands of these; as Maps they were most of its time, spent in the garbage collector.
 */
export class Bins {
  size = 0;
  /** Pairs of code + 1 and count; a slot whose first word is 0 is empty. */
  private slots = new Uint32Array(FIRST_SLOTS * 2);

  add(code: number, times = 1): void {
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
    const { slots } = this;
    const mask = slots.length - 2;
    for (let at = (code * 2) & mask; slots[at] !== 0; at = (at + 2) & mask)
      if (slots[at] === code + 1) return slots[at + 1];
    return undefined;
  }

  merge(other: Bins): void {
    const { slots } = other;
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
    const codes = new Uint16Array(this.size);
    let n = 0;
    for (let at = 0; at < this.slots.length; at += 2)
      if (this.slots[at] !== 0) codes[n++] = this.slots[at]! - 1;
    return codes.sort();
  }

  *[Symbol.iterator](): Generator<[number, number]> {
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
    this.slots = new Uint32Array(slots.length * (slots.length < SMALL_SLOTS ? 4 : 2));
    this.size = 0;
    for (let at = 0; at < slots.length; at += 2)
      if (slots[at] !== 0) this.add(slots[at]! - 1, slots[at + 1]!);
  }
}
