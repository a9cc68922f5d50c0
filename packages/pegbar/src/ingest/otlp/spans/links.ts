/** Span links as JSON: `[{"trace_id","span_id","trace_state"?,"attributes"?}]`, ids in hex. */
import type { ValueTexts } from './json-value.ts';
import { MAX_ATTRIBUTES } from './limits.ts';
import type { Ranges } from './outline.ts';
import * as role from './roles.ts';
import type { Tenant } from './tenants.ts';
import { textOf } from './text.ts';
import { Pair, Value } from './value.ts';
import type { Wire } from './wire.ts';

export class LinkTexts {
  private readonly texts: ValueTexts;
  redactions = 0;

  constructor(texts: ValueTexts) {
    this.texts = texts;
  }

  json(wire: Wire, links: Ranges, tenant: Tenant): string {
    const out: string[] = [];
    for (let index = 0; index < links.count; index++) {
      out.push(this.link(wire, links.bounds[index * 2]!, links.bounds[index * 2 + 1]!, tenant));
    }
    return `[${out.join(',')}]`;
  }

  private link(wire: Wire, start: number, end: number, tenant: Tenant): string {
    let trace = '';
    let span = '';
    let state = '';
    const attributes = new Map<string, string>();
    wire.at = start;
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag === 0x0a || tag === 0x12 || tag === 0x1a || tag === 0x22) {
        const length = wire.length(end);
        const at = wire.at;
        if (tag === 0x0a) trace = hex(wire, at, length, 16);
        else if (tag === 0x12) span = hex(wire, at, length, 8);
        else if (tag === 0x1a) state = textOf(wire, at, Math.min(length, 512));
        else this.attribute(wire, at, at + length, attributes, tenant);
        wire.at = at + length;
      } else if (tag === 0x28) {
        wire.varint(end);
      } else if (tag === 0x35) {
        wire.skip(tag, end);
      } else {
        wire.skipUnknown(tag, end, 6);
      }
    }
    const members = [`"trace_id":"${trace}"`, `"span_id":"${span}"`];
    if (state !== '') members.push(`"trace_state":${JSON.stringify(state)}`);
    if (attributes.size > 0) {
      const pairs = Array.from(attributes, ([key, text]) => `${JSON.stringify(key)}:${text}`);
      members.push(`"attributes":{${pairs.join(',')}}`);
    }
    return `{${members.join(',')}}`;
  }

  private attribute(wire: Wire, start: number, end: number, into: Map<string, string>, tenant: Tenant): void {
    const pair = new Pair();
    const value = new Value();
    pair.read(wire, start, end);
    const key = textOf(wire, pair.keyStart, pair.keyLength);
    value.read(wire, pair.valueStart, pair.valueEnd);
    let text = this.texts.json(wire, value);
    const { kind } = role.eventRole(key);
    if (into.has(key) || kind === role.USER) return;
    if (into.size >= MAX_ATTRIBUTES) {
      this.texts.cut++;
      return;
    }
    if (!tenant.protector.plain) {
      const kept = this.texts.guarded(wire, value, key, tenant.protector);
      this.redactions += this.texts.redactions;
      if (kept === undefined) return;
      text = kept.json;
    }
    into.set(key, text);
  }
}

function hex(wire: Wire, start: number, length: number, width: number): string {
  if (length !== width) return '';
  const { bytes } = wire;
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('hex');
}
