/**
 * Resources, interned by the bytes of their messages: what a resource says is worked out once and written to all
 * rows under it. Its attributes are defaults of the columns that a whole process may share.
 */
import { Dictionary } from '../../../native/index.ts';
import type { Protector } from '../../../privacy/index.ts';
import { checkPair } from './check.ts';
import type { ValueTexts } from './json-value.ts';
import {
  MAX_ATTRIBUTES,
  MAX_KNOWN_BYTES,
  MAX_KNOWN_RESOURCES,
  MAX_NAME_BYTES,
  MAX_RESOURCE_BYTES,
} from './limits.ts';
import * as role from './roles.ts';
import type { Rows } from './rows.ts';
import type { Tenant } from './tenants.ts';
import { cutLength, cutText, textOf } from './text.ts';
import { Pair, STRING, Value } from './value.ts';
import { Wire } from './wire.ts';

/** A value on the resource that fills a column of every row which does not say it itself. */
export interface Default {
  readonly kind: number;
  readonly column: number;
  readonly rank: number;
  readonly value: Value;
  readonly bytes: number;
}

export class Resource {
  readonly wire = new Wire();
  readonly defaults: Default[] = [];
  /** The tenant's name as the resource gives it, or undefined. */
  tenant: string | undefined;
  private readonly attributes: { key: string; role: number; start: number; end: number }[] = [];
  private readonly keys = new Set<string>();
  private service = '';
  private readonly texts: ValueTexts;

  /** Ids in the dictionaries of the block that is being written, by protector; null stands for all plain ones. */
  private readonly ids = new Map<Protector | null, number>();
  private rows: Rows | undefined;
  private generation = -1;
  private serviceGeneration = -1;
  private last: Protector | null | undefined;
  private id = 0;
  private serviceId = 0;

  /** `bytes` is the message, copied; its form is checked here. */
  constructor(bytes: Uint8Array, texts: ValueTexts) {
    this.texts = texts;
    this.wire.load(bytes);
    this.read(bytes.length);
  }

  /** Writes the resource and its service to the row; returns the redactions where its text had to be made. */
  write(rows: Rows, tenant: Tenant, row: number): number {
    const { resource, service } = rows;
    let redactions = 0;
    const { generation } = resource.dictionary;
    if (this.rows !== rows || this.generation !== generation) {
      this.rows = rows;
      this.generation = generation;
      this.ids.clear();
      this.last = undefined;
    }
    if (this.serviceGeneration !== service.dictionary.generation || this.last === undefined) {
      this.serviceGeneration = service.dictionary.generation;
      this.serviceId = service.dictionary.idOfText(this.service);
    }
    const protector = tenant.protector.plain ? null : tenant.protector;
    if (this.last !== protector) {
      const known = this.ids.get(protector);
      if (known === undefined) {
        const [text, count] = this.json(tenant.protector);
        redactions = count;
        this.id = resource.dictionary.idOfText(text);
        this.ids.set(protector, this.id);
      } else {
        this.id = known;
      }
      this.last = protector;
    }
    resource.set(row, this.id);
    service.set(row, this.serviceId);
    return redactions;
  }

  private read(end: number): void {
    const { wire } = this;
    const pair = new Pair();
    const value = new Value();
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag === 0x0a) {
        const length = wire.length(end);
        const next = wire.at + length;
        pair.read(wire, wire.at, next);
        value.read(wire, pair.valueStart, pair.valueEnd);
        this.attribute(pair, value);
        wire.at = next;
      } else if (tag === 0x10) {
        wire.varint(end);
      } else if (tag === 0x1a) {
        wire.skipBytes(end);
      } else {
        wire.skipUnknown(tag, end, 3);
      }
    }
  }

  private attribute(pair: Pair, value: Value): void {
    const { wire, texts } = this;
    const key = textOf(wire, pair.keyStart, cutLength(wire, pair.keyStart, pair.keyLength, MAX_NAME_BYTES));
    // Also checks the form of nested values.
    const text = texts.plain(wire, value);
    if (this.keys.has(key)) return;
    this.keys.add(key);
    const { kind, column, rank } = role.resourceRole(key);
    if (key === 'service.name') this.service = cutText(text, MAX_NAME_BYTES);
    else if (kind === role.TENANT && (this.tenant === undefined || rank === 0)) this.tenant = text;
    else if (kind !== role.FREE && kind !== role.TENANT) this.offer(kind, column, rank, value);
    if (this.attributes.length >= MAX_ATTRIBUTES) texts.cut++;
    else
      this.attributes.push({
        key,
        role: role.spanRole(key).kind,
        start: pair.valueStart,
        end: pair.valueEnd,
      });
  }

  private offer(kind: number, column: number, rank: number, value: Value): void {
    if (value.kind === STRING && value.length > MAX_NAME_BYTES) return;
    const known = this.defaults.findIndex((other) => other.column === column);
    if (known >= 0 && this.defaults[known]!.rank <= rank) return;
    const entry = { kind, column, rank, value: Object.assign(new Value(), value), bytes: value.length + 8 };
    if (known >= 0) this.defaults[known] = entry;
    else this.defaults.push(entry);
  }

  /** The attributes as JSON, as far as the tenant's policy lets them be stored. */
  private json(protector: Protector): [text: string, redactions: number] {
    const members = new Map<string, string>();
    const value = new Value();
    let size = 2;
    let redactions = 0;
    for (const { key, role: kind, start, end } of this.attributes) {
      // Users are told by a keyed hash only, and a resource has no column for one.
      if (kind === role.USER) continue;
      value.read(this.wire, start, end);
      let text = this.texts.json(this.wire, value);
      if (!protector.plain) {
        const kept = this.texts.guarded(this.wire, value, key, protector);
        redactions += this.texts.redactions;
        if (kept === undefined) continue;
        text = kept.json;
      }
      size += key.length + text.length + 4;
      if (size > MAX_RESOURCE_BYTES) {
        this.texts.cut++;
        break;
      }
      members.set(key, text);
    }
    if (members.size === 0) return ['', redactions];
    const pairs = Array.from(members, ([key, text]) => `${JSON.stringify(key)}:${text}`);
    return [`{${pairs.join(',')}}`, redactions];
  }
}

export class Resources {
  private readonly messages = new Dictionary();
  private entries: (Resource | undefined)[] = [];
  private readonly texts: ValueTexts;
  private last = 0;

  constructor(texts: ValueTexts) {
    this.texts = texts;
  }

  private forget(): void {
    this.messages.reset();
    this.entries = [];
  }

  /** The resource whose message is the bytes [start, start + length). */
  of(wire: Wire, start: number, length: number): Resource {
    const { messages } = this;
    if (!messages.holds(this.last, wire.view, start, length))
      this.last = messages.idOfBytes(wire.bytes, wire.view, start, length);
    const known = this.entries[this.last];
    if (known !== undefined) return known;
    if (this.messages.size > MAX_KNOWN_RESOURCES || this.messages.bytes > MAX_KNOWN_BYTES) {
      this.forget();
      this.last = messages.idOfBytes(wire.bytes, wire.view, start, length);
    }
    const bytes = new Uint8Array(length);
    bytes.set(wire.bytes.subarray(start, start + length));
    const made = new Resource(bytes, this.texts);
    this.entries[this.last] = made;
    return made;
  }
}

/** Checks the form of a resource that no kept span asks for. */
export function checkResource(wire: Wire, start: number, end: number): void {
  wire.at = start;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === 0x0a) {
      const length = wire.length(end);
      checkPair(wire, wire.at, wire.at + length);
    } else if (tag === 0x10 || tag === 0x1a) {
      wire.skip(tag, end);
    } else {
      wire.skipUnknown(tag, end, 3);
    }
  }
}
