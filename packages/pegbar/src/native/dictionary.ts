import { isUtf8 } from 'node:buffer';
import { randomInt } from 'node:crypto';
import { Bytes, fromUtf8, utf8 } from './bytes.ts';

/** Seeded, because the keys come from outside and must not be able to aim for collisions. */
const SEED = randomInt(0x7fffffff);

const NOTHING = new Uint8Array(0);
const NOTHING_VIEW = new DataView(NOTHING.buffer);

/**
 * Byte strings → dense ids, in order of first sight; id 0 is the empty string. Holds the strings in the
 * Native `String` encoding (length, bytes), so that a block's dictionary is written by one copy.
 */
export class Dictionary {
  size = 0;
  /** Grows whenever ids may have changed their meaning: whoever remembers ids compares it. */
  generation = 0;
  private markedSize = 0;
  private table = new Int32Array(64).fill(-1);
  private readonly arena = new Bytes(1024);
  private offsets = new Int32Array(64);
  private lengths = new Int32Array(64);
  private hashes = new Int32Array(64);
  private readonly texts = new Map<string, number>();

  constructor() {
    this.reset();
  }

  reset(): void {
    this.table.fill(-1);
    this.size = 0;
    this.arena.length = 0;
    this.texts.clear();
    this.generation++;
    this.idOfBytes(NOTHING, NOTHING_VIEW, 0, 0);
    this.texts.set('', 0);
    this.markedSize = this.size;
  }

  mark(): void {
    this.markedSize = this.size;
  }

  /** Forgets the strings that came since `mark`, so that refused requests cannot make it grow. */
  rollback(): void {
    if (this.size === this.markedSize) return;
    const last = this.markedSize - 1;
    this.size = this.markedSize;
    this.arena.length = this.offsets[last]! + this.lengths[last]!;
    this.generation++;
    for (const [text, id] of this.texts) if (id > last) this.texts.delete(text);
    this.rebuild(this.table.length);
  }

  /** Bytes that all strings take. */
  get bytes(): number {
    return this.arena.length;
  }

  /** Id of the bytes [start, start + length) of `source`, whose DataView is `view`. */
  idOfBytes(source: Uint8Array, view: DataView, start: number, length: number): number {
    const hash = hashBytes(view, start, length);
    const mask = this.table.length - 1;
    let slot = hash & mask;
    for (;;) {
      const id = this.table[slot]!;
      if (id < 0) return this.insert(source, start, length, hash, slot);
      if (this.hashes[id] === hash && this.lengths[id] === length && this.same(view, start, length, id))
        return id;
      slot = (slot + 1) & mask;
    }
  }

  /** Id of the bytes, or -1 where they are not known. */
  find(view: DataView, start: number, length: number): number {
    const hash = hashBytes(view, start, length);
    const mask = this.table.length - 1;
    let slot = hash & mask;
    for (;;) {
      const id = this.table[slot]!;
      if (id < 0) return -1;
      if (this.hashes[id] === hash && this.lengths[id] === length && this.same(view, start, length, id))
        return id;
      slot = (slot + 1) & mask;
    }
  }

  /** The same for bytes from outside: what is not UTF-8 is repaired before it enters. */
  idOfUtf8(source: Uint8Array, view: DataView, start: number, length: number): number {
    const bytes = source.subarray(start, start + length);
    if (isUtf8(bytes)) return this.idOfBytes(source, view, start, length);
    return this.idOfText(fromUtf8.decode(bytes));
  }

  idOfText(text: string): number {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    const bytes = utf8.encode(text);
    const id = this.idOfBytes(
      bytes,
      new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      0,
      bytes.length,
    );
    this.texts.set(text, id);
    return id;
  }

  text(id: number): string {
    return fromUtf8.decode(this.raw(id));
  }

  /** The bytes of an entry, valid until the next insert or reset. */
  raw(id: number): Uint8Array {
    const start = this.offsets[id]!;
    return this.arena.bytes.subarray(start, start + this.lengths[id]!);
  }

  /** Appends an entry in Native `String` encoding. */
  appendTo(out: Bytes, id: number): void {
    const start = id > 0 ? this.offsets[id - 1]! + this.lengths[id - 1]! : 0;
    const end = this.offsets[id]! + this.lengths[id]!;
    out.ensure(end - start);
    const from = this.arena.view;
    const to = out.view;
    // Copies up to three bytes more than the entry: both buffers have slack, and the next entry overwrites them.
    for (let at = start, put = out.length; at < end; at += 4, put += 4)
      to.setInt32(put, from.getInt32(at, true), true);
    out.length += end - start;
  }

  /** Whether entry `id` equals the bytes: lets a caller test a guess before it hashes. */
  holds(id: number, view: DataView, start: number, length: number): boolean {
    return id < this.size && this.lengths[id] === length && this.same(view, start, length, id);
  }

  /** All entries in Native `String` encoding. Valid until the next insert or reset. */
  encoded(): Uint8Array {
    return this.arena.used();
  }

  private same(view: DataView, start: number, length: number, id: number): boolean {
    const own = this.arena.view;
    let at = start;
    let to = this.offsets[id]!;
    const end = start + length;
    for (; at + 4 <= end; at += 4, to += 4)
      if (view.getInt32(at, true) !== own.getInt32(to, true)) return false;
    if (at === end) return true;
    // The rest is compared with the bytes before it once more, as one word.
    if (length >= 4) return view.getInt32(end - 4, true) === own.getInt32(to + end - at - 4, true);
    for (; at < end; at++, to++) if (view.getUint8(at) !== own.getUint8(to)) return false;
    return true;
  }

  private insert(source: Uint8Array, start: number, length: number, hash: number, slot: number): number {
    const id = this.size++;
    if (id >= this.offsets.length) this.growEntries();
    const arena = this.arena;
    arena.ensure(length + 10);
    arena.varint(length);
    this.offsets[id] = arena.length;
    this.lengths[id] = length;
    this.hashes[id] = hash;
    arena.bytes.set(source.subarray(start, start + length), arena.length);
    arena.length += length;
    this.table[slot] = id;
    if (this.size * 2 > this.table.length) this.rebuild(this.table.length * 2);
    return id;
  }

  private growEntries(): void {
    this.offsets = doubled(this.offsets);
    this.lengths = doubled(this.lengths);
    this.hashes = doubled(this.hashes);
  }

  private rebuild(slots: number): void {
    this.table = new Int32Array(slots).fill(-1);
    const mask = this.table.length - 1;
    for (let id = 0; id < this.size; id++) {
      let slot = this.hashes[id]! & mask;
      while (this.table[slot]! >= 0) slot = (slot + 1) & mask;
      this.table[slot] = id;
    }
  }
}

/** Seeded multiplicative hash over 32-bit words; for tables in memory only, never stored. */
export function hashBytes(view: DataView, start: number, length: number): number {
  let hash = SEED ^ length;
  let at = start;
  const end = start + length;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1 | 0);
    hash ^= hash >>> 15;
  }
  let rest = 0;
  for (; at < end; at++) rest = (rest << 8) | view.getUint8(at);
  hash = Math.imul(hash ^ rest, 0x85ebca6b | 0);
  return hash ^ (hash >>> 13);
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2);
  grown.set(array);
  return grown;
}
