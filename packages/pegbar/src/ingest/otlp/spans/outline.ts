/**
 * The outline of one span: where its parts lie. Reading it checks the form of everything but values, events and
 * links, so that a span can be judged (ids, times, tenant, duplicate) before a single column is touched.
 */
import { checkEvent, checkLink } from './check.ts';
import { checkAnyValue } from './json-value.ts';
import type { KeyTable } from './keys.ts';
import { MAX_ATTRIBUTES_READ, MAX_EVENTS, MAX_LINKS } from './limits.ts';
import { COLUMN_COUNT, FREE, WRITTEN } from './roles.ts';
import { Pair } from './value.ts';
import { malformed, type Wire } from './wire.ts';

/** Bounds of messages: starts and ends by turns. What is beyond the limit is only counted. */
export class Ranges {
  count = 0;
  over = 0;
  bounds = new Int32Array(64);
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  clear(): void {
    this.count = this.over = 0;
  }

  /** False where the limit is reached: the message is counted and not remembered. */
  add(start: number, end: number): boolean {
    if (this.count >= this.limit) {
      this.over++;
      return false;
    }
    const at = this.count * 2;
    if (at >= this.bounds.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.bounds);
      this.bounds = grown;
    }
    this.bounds[at] = start;
    this.bounds[at + 1] = end;
    this.count++;
    return true;
  }
}

export class Outline {
  /** Offset of the id's bytes; -1 where it is missing or of a wrong length. */
  traceAt = -1;
  spanAt = -1;
  parentAt = -1;
  /** The parent id is neither empty nor 8 bytes. */
  badParent = false;
  nameAt = 0;
  nameLength = 0;
  stateAt = 0;
  stateLength = 0;
  kind = 0;
  startLo = 0;
  startHi = 0;
  endLo = 0;
  endHi = 0;
  status = 0;
  messageAt = 0;
  messageLength = 0;

  /** Attributes in order: key id (-1 for a repeated key) and bounds of the value. */
  count = 0;
  keys = new Int32Array(64);
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** Attributes that were not looked at, and keys that came twice. */
  over = 0;
  repeated = 0;
  readonly events = new Ranges(MAX_EVENTS);
  readonly links = new Ranges(MAX_LINKS);

  /** Per column of `spans`: which attribute fills it, valid where `stamps` holds the serial of this span. */
  readonly stamps = new Int32Array(COLUMN_COUNT);
  readonly owners = new Int32Array(COLUMN_COUNT);
  serial = 0;
  private readonly pair = new Pair();

  /** Reads the message [start, end). */
  read(wire: Wire, keys: KeyTable, start: number, end: number): void {
    this.clear();
    keys.begin();
    const bytes = wire.bytes;
    let at = start;
    while (at < end) {
      if (bytes[at] === 0x4a) {
        // Most attributes are short, the key first and the value behind it: read without the cursor.
        const next = at + 10 < end ? at + 2 + bytes[at + 1]! : end;
        const key = at + 4;
        const value = next < end ? key + bytes[at + 3]! + 2 : end;
        if (
          value <= next &&
          next < end &&
          bytes[at + 2] === 0x0a &&
          bytes[value - 2] === 0x12 &&
          value + bytes[value - 1]! === next &&
          (bytes[at + 1]! | bytes[at + 3]! | bytes[value - 1]!) < 128
        ) {
          this.attribute(wire, keys, key, value - 2 - key, value, next);
          at = next;
          continue;
        }
        wire.at = at + 1;
        const length = wire.length(end);
        at = wire.at + length;
        this.longAttribute(wire, keys, wire.at, at);
        continue;
      }
      wire.at = at;
      this.field(wire, keys, wire.tag(end), end);
      at = wire.at;
    }
  }

  has(column: number): boolean {
    return this.stamps[column] === this.serial;
  }

  private clear(): void {
    this.serial = (this.serial + 1) | 0;
    this.traceAt = this.spanAt = this.parentAt = -1;
    this.badParent = false;
    this.nameLength = this.stateLength = this.messageLength = 0;
    this.kind = this.status = 0;
    this.startLo = this.startHi = this.endLo = this.endHi = 0;
    this.count = this.over = this.repeated = 0;
    this.events.clear();
    this.links.clear();
  }

  private field(wire: Wire, keys: KeyTable, tag: number, end: number): void {
    switch (tag) {
      case 0x0a: {
        const length = wire.length(end);
        this.traceAt = length === 16 ? wire.at : -1;
        wire.at += length;
        break;
      }
      case 0x12: {
        const length = wire.length(end);
        this.spanAt = length === 8 ? wire.at : -1;
        wire.at += length;
        break;
      }
      case 0x1a:
        this.stateLength = wire.length(end);
        this.stateAt = wire.at;
        wire.at += this.stateLength;
        break;
      case 0x22: {
        const length = wire.length(end);
        this.parentAt = length === 8 ? wire.at : -1;
        this.badParent = length !== 8 && length !== 0;
        wire.at += length;
        break;
      }
      case 0x2a:
        this.nameLength = wire.length(end);
        this.nameAt = wire.at;
        wire.at += this.nameLength;
        break;
      case 0x30:
        wire.varint(end);
        this.kind = wire.lo >= 0 && wire.lo <= 255 ? wire.lo : 0;
        break;
      case 0x39:
        wire.fixed64(end);
        this.startLo = wire.lo;
        this.startHi = wire.hi;
        break;
      case 0x41:
        wire.fixed64(end);
        this.endLo = wire.lo;
        this.endHi = wire.hi;
        break;
      default:
        this.lateField(wire, keys, tag, end);
    }
  }

  private lateField(wire: Wire, keys: KeyTable, tag: number, end: number): void {
    switch (tag) {
      case 0x4a: {
        const length = wire.length(end);
        const next = wire.at + length;
        this.longAttribute(wire, keys, wire.at, next);
        wire.at = next;
        break;
      }
      case 0x50:
      case 0x60:
      case 0x70:
        wire.varint(end);
        break;
      case 0x5a: {
        const length = wire.length(end);
        const next = wire.at + length;
        if (!this.events.add(wire.at, next)) checkEvent(wire, wire.at, next);
        wire.at = next;
        break;
      }
      case 0x6a: {
        const length = wire.length(end);
        const next = wire.at + length;
        if (!this.links.add(wire.at, next)) checkLink(wire, wire.at, next);
        wire.at = next;
        break;
      }
      case 0x7a: {
        const length = wire.length(end);
        this.readStatus(wire, wire.at + length);
        break;
      }
      case 0x85:
        if (end - wire.at < 4) malformed('truncated number');
        wire.at += 4;
        break;
      default:
        wire.skipUnknown(tag, end, 16);
    }
  }

  private readStatus(wire: Wire, end: number): void {
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag === 0x12) {
        this.messageLength = wire.length(end);
        this.messageAt = wire.at;
        wire.at += this.messageLength;
      } else if (tag === 0x18) {
        wire.varint(end);
        this.status = wire.lo >= 0 && wire.lo <= 2 ? wire.lo : 0;
      } else if (tag >>> 3 === 1) {
        wire.skip(tag, end); // The deprecated code of OTLP 0.x.
      } else {
        wire.skipUnknown(tag, end, 3);
      }
    }
  }

  private longAttribute(wire: Wire, keys: KeyTable, start: number, end: number): void {
    const { pair } = this;
    pair.read(wire, start, end);
    this.attribute(wire, keys, pair.keyStart, pair.keyLength, pair.valueStart, pair.valueEnd);
  }

  private attribute(
    wire: Wire,
    keys: KeyTable,
    key: number,
    length: number,
    start: number,
    end: number,
  ): void {
    const index = this.count;
    if (index >= MAX_ATTRIBUTES_READ) {
      this.over++;
      checkAnyValue(wire, start, end);
      return;
    }
    if (index >= this.keys.length) this.grow();
    this.count = index + 1;
    this.starts[index] = start;
    this.ends[index] = end;
    const id = keys.id(wire, key, length);
    if (keys.seen[id] === this.serial) {
      // A repeated key is against the specification; the first is kept, as map readers would find it.
      this.keys[index] = -1;
      this.repeated++;
      return;
    }
    keys.seen[id] = this.serial;
    this.keys[index] = id;
    const kind = keys.kinds[id]!;
    if (kind !== FREE && kind !== WRITTEN) this.claim(keys, id, index);
  }

  /** Among several names of one column the one with the least rank fills it. */
  private claim(keys: KeyTable, id: number, index: number): void {
    const column = keys.columns[id]!;
    if (column < 0) return;
    if (this.stamps[column] !== this.serial) {
      this.stamps[column] = this.serial;
      this.owners[column] = index;
    } else if (keys.ranks[id]! < keys.ranks[this.keys[this.owners[column]!]!]!) {
      this.owners[column] = index;
    }
  }

  private grow(): void {
    const size = this.keys.length * 2;
    this.keys = grown(size, this.keys);
    this.starts = grown(size, this.starts);
    this.ends = grown(size, this.ends);
  }
}

function grown(size: number, from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const into = new Int32Array(size);
  into.set(from);
  return into;
}
