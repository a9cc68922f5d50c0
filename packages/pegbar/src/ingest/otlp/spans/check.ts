/** The form of what a span that is not kept would have said: a malformed request is refused as a whole all the same. */
import { checkAnyValue } from './json-value.ts';
import type { Outline } from './outline.ts';
import { Pair } from './value.ts';
import type { Wire } from './wire.ts';

const pair = new Pair();

/** Checks the values, events and links of a span whose outline was read. */
export function checkSpan(wire: Wire, outline: Outline): void {
  for (let index = 0; index < outline.count; index++)
    checkAnyValue(wire, outline.starts[index]!, outline.ends[index]!);
  const { events, links } = outline;
  for (let index = 0; index < events.count; index++)
    checkEvent(wire, events.bounds[index * 2]!, events.bounds[index * 2 + 1]!);
  for (let index = 0; index < links.count; index++)
    checkLink(wire, links.bounds[index * 2]!, links.bounds[index * 2 + 1]!);
}

/** Checks one KeyValue, and leaves the cursor at its end. */
export function checkPair(wire: Wire, start: number, end: number): void {
  pair.read(wire, start, end);
  checkAnyValue(wire, pair.valueStart, pair.valueEnd);
  wire.at = end;
}

export function checkEvent(wire: Wire, start: number, end: number): void {
  wire.at = start;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === 0x1a) {
      const length = wire.length(end);
      checkPair(wire, wire.at, wire.at + length);
    } else if (tag === 0x09 || tag === 0x12 || tag === 0x20) {
      wire.skip(tag, end);
    } else {
      wire.skipUnknown(tag, end, 4);
    }
  }
}

export function checkLink(wire: Wire, start: number, end: number): void {
  wire.at = start;
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === 0x22) {
      const length = wire.length(end);
      checkPair(wire, wire.at, wire.at + length);
    } else if (tag === 0x0a || tag === 0x12 || tag === 0x1a || tag === 0x28 || tag === 0x35) {
      wire.skip(tag, end);
    } else {
      wire.skipUnknown(tag, end, 6);
    }
  }
}
