/** Nested values as JSON text: integers exact, doubles as OTLP/JSON writes them, bytes in base64. */
import type { Protector } from '../../../privacy/index.ts';
import { MAX_DEPTH, MAX_ITEMS, MAX_MESSAGE_DEPTH, MAX_VALUE_BYTES } from './limits.ts';
import { decimalOf, numberOf } from './number-text.ts';
import { cutLength, textOf } from './text.ts';
import { ARRAY, BOOL, DOUBLE, EMPTY, INT, KVLIST, Pair, RAW, STRING, Value } from './value.ts';
import { malformed, type Wire } from './wire.ts';

/** Bytes that make MAX_VALUE_BYTES of base64. */
const MAX_RAW_BYTES = (MAX_VALUE_BYTES / 4) * 3;

export interface Guarded {
  readonly plain: string;
  readonly json: string;
}

/** Writes values as text and remembers how many it had to cut. */
export class ValueTexts {
  /** Values that were cut at a limit since the caller last looked. */
  cut = 0;
  /** Redactions of the last value that was guarded. */
  redactions = 0;
  private room = 0;

  /** The text of a value as a free attribute: scalars plain, '' for none, arrays and lists as JSON. */
  plain(wire: Wire, value: Value): string {
    switch (value.kind) {
      case EMPTY:
        return '';
      case STRING:
        return textOf(
          wire,
          value.start,
          this.bounded(cutLength(wire, value.start, value.length, MAX_VALUE_BYTES), value.length),
        );
      case BOOL:
        return value.lo ? 'true' : 'false';
      case INT:
        return decimalOf(value.lo, value.hi);
      case DOUBLE:
        return String(value.double);
      case RAW:
        return base64(wire, value, this.bounded(Math.min(value.length, MAX_RAW_BYTES), value.length));
      default:
        return this.json(wire, value);
    }
  }

  /**
   * The value as the tenant's policy lets it be stored, as plain text and as JSON; undefined where it is left out.
   * Numbers and bytes are given as such, because a policy looks at them otherwise than at text.
   */
  guarded(wire: Wire, value: Value, key: string, protector: Protector): Guarded | undefined {
    const plain = this.plain(wire, value);
    const given = asGiven(wire, value, plain);
    const kept = protector.attribute(key, given);
    this.redactions = kept.redactions;
    if (!kept.keep) return undefined;
    if (kept.value === given) return { plain, json: this.json(wire, value) };
    const text =
      kept.value instanceof Uint8Array ? Buffer.from(kept.value).toString('base64') : String(kept.value);
    const nested = value.kind === ARRAY || value.kind === KVLIST;
    return { plain: text, json: nested ? text : JSON.stringify(text) };
  }

  /** JSON text of a value of any kind. */
  json(wire: Wire, value: Value): string {
    this.room = MAX_VALUE_BYTES;
    return this.written(wire, value, 0);
  }

  /** JSON text of a value. Items beyond the room or the depth are null; the form is checked all the same. */
  private written(wire: Wire, value: Value, depth: number): string {
    switch (value.kind) {
      case STRING:
        return this.spend(JSON.stringify(textOf(wire, value.start, Math.min(value.length, this.room))));
      case RAW:
        return this.spend(`"${base64(wire, value, Math.min(value.length, this.room))}"`);
      case BOOL:
        return value.lo ? 'true' : 'false';
      case INT:
        return decimalOf(value.lo, value.hi);
      case DOUBLE:
        return Number.isFinite(value.double) ? String(value.double) : `"${value.double}"`;
      case ARRAY:
        return `[${this.items(wire, value, depth).join(',')}]`;
      case KVLIST:
        return `{${this.members(wire, value, depth).join(',')}}`;
      default:
        return 'null';
    }
  }

  private items(wire: Wire, value: Value, depth: number): string[] {
    const out: string[] = [];
    const item = new Value();
    forEachField(wire, value, (start, end) => {
      if (this.isFull(wire, item, start, end, depth)) return;
      out.push(this.nested(wire, item, start, end, depth));
    });
    return out;
  }

  private members(wire: Wire, value: Value, depth: number): string[] {
    const out = new Map<string, string>();
    const item = new Value();
    const pair = new Pair();
    forEachField(wire, value, (start, end) => {
      pair.read(wire, start, end);
      const key = JSON.stringify(textOf(wire, pair.keyStart, pair.keyLength));
      const { valueStart, valueEnd } = pair;
      if (this.isFull(wire, item, valueStart, valueEnd, depth)) return;
      const text = this.nested(wire, item, valueStart, valueEnd, depth);
      if (!out.has(key)) out.set(key, this.spend(key) === key ? text : 'null');
    });
    return Array.from(out, ([key, text]) => `${key}:${text}`);
  }

  /** Whether the room is used up: the item is then checked for form and counted, and nothing of it is written. */
  private isFull(wire: Wire, item: Value, start: number, end: number, depth: number): boolean {
    if (this.room > 0) return false;
    this.cut++;
    item.read(wire, start, end);
    checkValue(wire, item, depth + 1);
    return true;
  }

  private nested(wire: Wire, item: Value, start: number, end: number, depth: number): string {
    item.read(wire, start, end);
    if (depth + 1 >= MAX_DEPTH) {
      this.cut++;
      checkValue(wire, item, depth + 1);
      return 'null';
    }
    this.room -= 4;
    return this.written(wire, item, depth + 1);
  }

  /** Takes the text's length from the room; what does not fit becomes null. */
  private spend(text: string): string {
    if (text.length > this.room) {
      this.cut++;
      this.room = 0;
      return 'null';
    }
    this.room -= text.length;
    return text;
  }

  private bounded(kept: number, length: number): number {
    if (kept < length) this.cut++;
    return kept;
  }

  /** The items of an array as texts, a single value as one text; for list columns. */
  list(wire: Wire, value: Value): string[] {
    if (value.kind === EMPTY) return [];
    if (value.kind !== ARRAY) return [this.plain(wire, value)];
    const out: string[] = [];
    const item = new Value();
    forEachField(wire, value, (start, end) => {
      item.read(wire, start, end);
      if (out.length < MAX_ITEMS) out.push(this.plain(wire, item));
      else {
        this.cut++;
        checkValue(wire, item, 0);
      }
    });
    return out;
  }
}

/** Calls `each` with the bounds of every member of an ArrayValue or KeyValueList. */
export function forEachField(wire: Wire, value: Value, each: (start: number, end: number) => void): void {
  const end = value.start + value.length;
  wire.at = value.start;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === 0x0a) {
      const length = wire.length(end);
      const next = wire.at + length;
      each(wire.at, next);
      wire.at = next;
    } else {
      wire.skipUnknown(tag, end, 1);
    }
  }
}

/** Checks the form of what is inside an array or list without keeping it. */
export function checkValue(wire: Wire, value: Value, depth: number): void {
  if (value.kind !== ARRAY && value.kind !== KVLIST) return;
  if (depth > MAX_MESSAGE_DEPTH) malformed('value nested too deeply');
  const item = new Value();
  const pair = new Pair();
  const list = value.kind === KVLIST;
  forEachField(wire, value, (start, end) => {
    if (list) {
      pair.read(wire, start, end);
      item.read(wire, pair.valueStart, pair.valueEnd);
    } else {
      item.read(wire, start, end);
    }
    checkValue(wire, item, depth + 1);
  });
}

/** Checks the form of one AnyValue. */
export function checkAnyValue(wire: Wire, start: number, end: number): void {
  const value = new Value();
  value.read(wire, start, end);
  checkValue(wire, value, 0);
}

function asGiven(wire: Wire, value: Value, plain: string): unknown {
  switch (value.kind) {
    case INT: {
      const number = numberOf(value.lo, value.hi);
      return Number.isSafeInteger(number) ? number : BigInt(plain);
    }
    case DOUBLE:
      return value.double;
    case BOOL:
      return value.lo === 1;
    case RAW:
      return wire.bytes.slice(value.start, value.start + Math.min(value.length, MAX_RAW_BYTES));
    default:
      return plain;
  }
}

function base64(wire: Wire, value: Value, length: number): string {
  const { bytes } = wire;
  return Buffer.from(bytes.buffer, bytes.byteOffset + value.start, length).toString('base64');
}
