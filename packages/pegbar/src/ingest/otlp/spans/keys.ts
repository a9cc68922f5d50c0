/** Attribute keys, interned: bytes on the wire → id with the role of the key. */
import { isUtf8 } from 'node:buffer';
import { Dictionary, fromUtf8, utf8 } from '../../../native/index.ts';
import { MAX_KEY_BYTES, MAX_KNOWN_BYTES, MAX_KNOWN_KEYS } from './limits.ts';
import type { Role } from './roles.ts';
import { cutLength } from './text.ts';
import type { Wire } from './wire.ts';

/**
 * Spans of one program carry their attributes in the same order, so the key that followed the last one before is
 * tried first; only when that guess is wrong the key is hashed.
 */
export class KeyTable {
  kinds = new Uint8Array(256);
  columns = new Int16Array(256);
  ranks = new Uint8Array(256);
  /** Serial of the span that last had the key: finds duplicates. */
  seen = new Int32Array(256);
  private next = new Int32Array(256);
  private last = 0;
  private known = 0;
  /** Ids of keys as they came → ids of keys as they are stored, where the two differ (bad UTF-8, too long). */
  private readonly repaired = new Map<number, number>();
  readonly dictionary = new Dictionary();
  private readonly roleOf: (key: string) => Role;

  constructor(roleOf: (key: string) => Role) {
    this.roleOf = roleOf;
    this.learn();
  }

  /** Forgets everything when it has grown too large. Only between items: ids change. */
  trim(): void {
    if (this.dictionary.size <= MAX_KNOWN_KEYS && this.dictionary.bytes <= MAX_KNOWN_BYTES) return;
    this.dictionary.reset();
    this.repaired.clear();
    this.next.fill(0);
    this.seen.fill(0);
    this.last = this.known = 0;
    this.learn();
  }

  /** Call at the start of every item with attributes. */
  begin(): void {
    this.last = 0;
  }

  id(wire: Wire, start: number, length: number): number {
    const guess = this.next[this.last]!;
    if (this.dictionary.holds(guess, wire.view, start, length) && guess < this.known) {
      this.last = guess;
      return guess;
    }
    return this.find(wire, start, length);
  }

  text(id: number): string {
    return this.dictionary.text(id);
  }

  private find(wire: Wire, start: number, length: number): number {
    const kept = cutLength(wire, start, length, MAX_KEY_BYTES);
    let id = this.dictionary.idOfBytes(wire.bytes, wire.view, start, kept);
    if (id >= this.known) this.learn();
    id = this.repaired.get(id) ?? id;
    this.next[this.last] = id;
    this.last = id;
    return id;
  }

  /** Gives the newly interned keys their roles. */
  private learn(): void {
    while (this.known < this.dictionary.size) {
      const id = this.known++;
      if (id >= this.kinds.length) this.grow();
      const bytes = this.dictionary.raw(id);
      const text = fromUtf8.decode(bytes);
      if (!isUtf8(bytes)) {
        const good = utf8.encode(text);
        this.repaired.set(id, this.dictionary.idOfBytes(good, viewOf(good), 0, good.length));
      }
      const { kind, column, rank } = this.roleOf(text);
      this.kinds[id] = kind;
      this.columns[id] = column;
      this.ranks[id] = rank;
    }
  }

  private grow(): void {
    const size = this.kinds.length * 2;
    this.kinds = grown(new Uint8Array(size), this.kinds);
    this.columns = grown(new Int16Array(size), this.columns);
    this.ranks = grown(new Uint8Array(size), this.ranks);
    this.seen = grown(new Int32Array(size), this.seen);
    this.next = grown(new Int32Array(size), this.next);
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function grown<A extends Uint8Array | Int16Array | Int32Array>(into: A, from: A): A {
  into.set(from);
  return into;
}
