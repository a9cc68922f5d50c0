/**
 * Encoded requests that are made unique just before they are sent: ids are mixed with random masks, times move to
 * now, and the marker becomes the run and the number of the request. Lengths stay, so nothing is encoded again.
 */
import { MARKER } from './payload.mjs';

/** Field numbers of the OTLP messages that hold what is changed. */
const RESOURCE_SPANS = 1;
const SCOPE_SPANS = 2;
const SPANS = 2;
const TRACE_ID = 1;
const SPAN_ID = 2;
const PARENT_SPAN_ID = 4;
const START = 7;
const END = 8;
const EVENTS = 11;
const EVENT_TIME = 1;

/** Fields of a message between two offsets: number, start and end of the content. Varints have no content. */
function* fields(bytes, from, to) {
  let at = from;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < to) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === 0) {
      varint();
      continue;
    }
    const length = wire === 2 ? varint() : wire === 1 ? 8 : 4;
    yield [Math.floor(tag / 8), at, at + length];
    at += length;
  }
}

function* inside(bytes, from, to, number) {
  for (const [field, start, end] of fields(bytes, from, to)) if (field === number) yield [start, end];
}

export class Template {
  constructor(bytes) {
    this.bytes = Buffer.from(bytes);
    this.spans = 0;
    this.traceIds = [];
    this.spanIds = [];
    this.times = [];
    this.lastEnd = 0n;
    this.marker = this.bytes.indexOf(MARKER, 0, 'latin1');
    if (this.marker < 0) throw new Error('a request without the marker');
    for (const [resource, resourceEnd] of inside(this.bytes, 0, bytes.length, RESOURCE_SPANS))
      for (const [scope, scopeEnd] of inside(this.bytes, resource, resourceEnd, SCOPE_SPANS))
        for (const [span, spanEnd] of inside(this.bytes, scope, scopeEnd, SPANS)) this.#span(span, spanEnd);
  }

  #span(from, to) {
    this.spans++;
    for (const [field, start, end] of fields(this.bytes, from, to)) {
      if (field === TRACE_ID) this.traceIds.push(start);
      else if (field === SPAN_ID || (field === PARENT_SPAN_ID && end > start)) this.spanIds.push(start);
      else if (field === START || field === END) this.times.push(start);
      else if (field === EVENTS)
        for (const [time] of inside(this.bytes, start, end, EVENT_TIME)) this.times.push(time);
      if (field !== END) continue;
      const time = this.bytes.readBigUInt64LE(start);
      if (time > this.lastEnd) this.lastEnd = time;
    }
  }

  /** Writes request `number` of `run` into `out`, ended at `nowMs`; returns its length. */
  write(out, { run, number, nowMs }) {
    const { bytes } = this;
    bytes.copy(out);
    const mask = Array.from({ length: 4 }, () => (Math.random() * 2 ** 32) | 0);
    const mix = (at, part) => out.writeInt32LE(bytes.readInt32LE(at) ^ mask[part], at);
    for (const at of this.traceIds) for (let part = 0; part < 4; part++) mix(at + 4 * part, part);
    // Parents are span ids, so both take the same mask.
    for (const at of this.spanIds) {
      mix(at, 2);
      mix(at + 4, 0);
    }
    const shift = BigInt.asUintN(64, BigInt(Math.round(nowMs)) * 1_000_000n - this.lastEnd);
    const low = Number(shift & 0xffffffffn);
    const high = Number(shift >> 32n);
    for (const at of this.times) {
      const sum = bytes.readUInt32LE(at) + low;
      out.writeUInt32LE(sum >>> 0, at);
      out.writeUInt32LE((bytes.readUInt32LE(at + 4) + high + (sum >= 2 ** 32 ? 1 : 0)) >>> 0, at + 4);
    }
    out.write(markerOf(run, number), this.marker, 'latin1');
    return bytes.length;
  }
}

const hex = (value, digits) => value.toString(16).padStart(digits, '0');

/** What `service.instance.id` says: 4 digits of the run, 8 of the number of the request. */
export const markerOf = (run, number) => hex(run, RUN_DIGITS) + hex(number, MARKER.length - RUN_DIGITS);
export const RUN_DIGITS = 4;
