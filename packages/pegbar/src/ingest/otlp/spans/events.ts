/** Span events → rows of `span_events`; exceptions and boundaries among them are noted for the span's own row. */
import { BOUNDARIES } from '@pegbar/contract';
import { Dictionary } from '../../../native/index.ts';
import { checkPair } from './check.ts';
import type { FreeAttributes } from './free.ts';
import { checkAnyValue } from './json-value.ts';
import { KeyTable } from './keys.ts';
import { MAX_ATTRIBUTES_READ, MAX_NAME_BYTES } from './limits.ts';
import type { Outline, Ranges } from './outline.ts';
import * as role from './roles.ts';
import { intern, type Rows } from './rows.ts';
import type { Tally } from './tally.ts';
import type { Tenant } from './tenants.ts';
import { cutLength, guardedName } from './text.ts';
import { Pair, STRING, Value } from './value.ts';
import type { Wire } from './wire.ts';

const BOUNDARY_NAMES = new Dictionary();
for (const name of BOUNDARIES) BOUNDARY_NAMES.idOfText(name);

export class EventWriter {
  /** Class and message of the last exception, as offsets; a length of 0 is none. */
  typeAt = 0;
  typeLength = 0;
  textAt = 0;
  textLength = 0;
  /** Boundary events of the span: words of the time, and start and length of the name, by turns. */
  boundaries = 0;
  times = new Int32Array(16);
  names = new Int32Array(16);

  private readonly tally: Tally;
  private readonly free: FreeAttributes;
  private readonly keys = new KeyTable(role.eventRole);
  private readonly pair = new Pair();
  private readonly value = new Value();
  private serial = 0;
  private rows!: Rows;
  private outline!: Outline;
  private tenant!: Tenant;

  constructor(tally: Tally, free: FreeAttributes) {
    this.tally = tally;
    this.free = free;
  }

  begin(rows: Rows, outline: Outline, tenant: Tenant): void {
    this.rows = rows;
    this.outline = outline;
    this.tenant = tenant;
    this.typeLength = this.textLength = this.boundaries = 0;
  }

  write(wire: Wire, events: Ranges, spanRow: number): void {
    for (let index = 0; index < events.count; index++) {
      const start = events.bounds[index * 2]!;
      const end = events.bounds[index * 2 + 1]!;
      this.event(wire, start, end, spanRow);
    }
    this.tally.events += events.over;
  }

  private event(wire: Wire, start: number, end: number, spanRow: number): void {
    const { rows } = this;
    const row = rows.events.rows;
    const map = rows.eventAttributes;
    const first = map.entries;
    let timeLo = 0;
    let timeHi = 0;
    let nameAt = start;
    let nameLength = 0;
    let count = 0;
    this.serial++;
    this.keys.trim();
    this.keys.begin();
    wire.at = start;
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag === 0x1a) {
        const length = wire.length(end);
        const next = wire.at + length;
        if (count++ < MAX_ATTRIBUTES_READ) this.attribute(wire, wire.at, next, first);
        else {
          this.tally.attributes++;
          checkPair(wire, wire.at, next);
        }
        wire.at = next;
      } else if (tag === 0x09) {
        wire.fixed64(end);
        timeLo = wire.lo;
        timeHi = wire.hi;
      } else if (tag === 0x12) {
        nameLength = wire.length(end);
        nameAt = wire.at;
        wire.at += nameLength;
      } else if (tag === 0x20) {
        wire.varint(end);
      } else {
        wire.skipUnknown(tag, end, 4);
      }
    }
    // DateTime64 is signed: an event without a time, or beyond 2262, stands at its span's end.
    if ((timeLo | timeHi) === 0 || timeHi < 0) {
      timeLo = this.outline.endLo;
      timeHi = this.outline.endHi;
    }
    if (map.entries > first) map.close(row);
    const kept = cutLength(wire, nameAt, nameLength, MAX_NAME_BYTES);
    if (kept < nameLength) this.tally.truncated++;
    this.put(row, spanRow, timeLo, timeHi);
    const name = guardedName(wire, nameAt, kept, this.tenant.protector);
    if (name === null) rows.eventName.set(row, intern(rows.eventName, wire, nameAt, kept));
    else rows.eventName.push(row, name);
    rows.events.rows = row + 1;
    if (kept > 0 && BOUNDARY_NAMES.find(wire.view, nameAt, kept) > 0)
      this.boundary(nameAt, kept, timeLo, timeHi);
  }

  private put(row: number, spanRow: number, timeLo: number, timeHi: number): void {
    const { rows } = this;
    rows.eventTenant.set(row, rows.eventTenantId(this.tenant.name));
    rows.eventTimestamp.touch(row);
    rows.eventTimestamp.i32[row * 2] = timeLo;
    rows.eventTimestamp.i32[row * 2 + 1] = timeHi;
    rows.eventTraceId.touch(row);
    const trace = rows.traceId.i32;
    const own = rows.eventTraceId.i32;
    for (let word = 0; word < 4; word++) own[row * 4 + word] = trace[spanRow * 4 + word]!;
    rows.eventSpanId.touch(row);
    rows.eventSpanId.i32[row * 2] = rows.spanIds.i32[spanRow * 4]!;
    rows.eventSpanId.i32[row * 2 + 1] = rows.spanIds.i32[spanRow * 4 + 1]!;
  }

  private attribute(wire: Wire, start: number, end: number, first: number): void {
    const { pair, value, keys, tally, tenant, free, rows } = this;
    pair.read(wire, start, end);
    const id = keys.id(wire, pair.keyStart, pair.keyLength);
    if (keys.seen[id] === this.serial) {
      tally.repeated++;
      checkAnyValue(wire, pair.valueStart, pair.valueEnd);
      return;
    }
    keys.seen[id] = this.serial;
    value.read(wire, pair.valueStart, pair.valueEnd);
    const kind = keys.kinds[id]!;
    if (value.kind === STRING && kind === role.ERROR_TYPE) {
      this.typeAt = value.start;
      this.typeLength = value.length;
    } else if (value.kind === STRING && kind === role.ERROR_TEXT) {
      this.textAt = value.start;
      this.textLength = value.length;
    }
    free.add(rows.eventAttributes, first, keys, id, kind, wire, value, tenant);
  }

  private boundary(nameAt: number, nameLength: number, timeLo: number, timeHi: number): void {
    const at = this.boundaries++ * 2;
    if (at >= this.times.length) {
      const times = new Int32Array(at * 2);
      const names = new Int32Array(at * 2);
      times.set(this.times);
      names.set(this.names);
      this.times = times;
      this.names = names;
    }
    this.times[at] = timeLo;
    this.times[at + 1] = timeHi;
    this.names[at] = nameAt;
    this.names[at + 1] = nameLength;
  }
}
