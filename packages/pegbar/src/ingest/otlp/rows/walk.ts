/**
 * Steps through an `Export{Metrics,Logs}ServiceRequest`, whose outer levels have the same shape and numbers:
 * request → resource group (resource 1, scope groups 2) → scope group (scope 1, items 2). Only one item at a time
 * becomes objects, so that a body of many empty messages cannot grow into gigabytes.
 */
import type protobuf from 'protobufjs';
import protobufjs from 'protobufjs';
import { BYTES, MalformedError, Wire } from '../spans/wire.ts';

export interface Visitor {
  /** Called before the items of a group; null where the group names no resource. */
  resource(bytes: Uint8Array | null): void;
  scope(bytes: Uint8Array | null): void;
  item(bytes: Uint8Array): void;
}

interface Slice {
  start: number;
  end: number;
}

const TAG_HEAD = (1 << 3) | BYTES;
const TAG_MEMBER = (2 << 3) | BYTES;

/** Throws `MalformedError` where the bytes are not such a request. */
export function walk(signal: 'metrics' | 'logs', request: Uint8Array, visitor: Visitor): void {
  try {
    walkGroups(request, visitor);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    // The shared cursor speaks of the request that it was written for.
    throw new MalformedError(error.message.replace('ExportTraceServiceRequest', `${signal} request`));
  }
}

function walkGroups(request: Uint8Array, visitor: Visitor): void {
  const wire = new Wire();
  wire.load(request);
  each(wire, { start: 0, end: request.length }, (tag, group) => {
    if (tag !== TAG_HEAD) return;
    visitor.resource(head(wire, request, group));
    each(wire, group, (groupTag, scopeGroup) => {
      if (groupTag !== TAG_MEMBER) return;
      visitor.scope(head(wire, request, scopeGroup));
      each(wire, scopeGroup, (scopeTag, item) => {
        if (scopeTag === TAG_MEMBER) visitor.item(request.subarray(item.start, item.end));
      });
    });
  });
}

/** The resource or scope of a group, wherever it stands in it; of several the last counts. */
function head(wire: Wire, request: Uint8Array, group: Slice): Uint8Array | null {
  let found: Uint8Array | null = null;
  each(wire, group, (tag, slice) => {
    if (tag === TAG_HEAD) found = request.subarray(slice.start, slice.end);
  });
  return found;
}

/** Calls `visit` for every length-delimited field of a message; the others are checked and stepped over. */
function each(wire: Wire, message: Slice, visit: (tag: number, slice: Slice) => void): void {
  wire.at = message.start;
  while (wire.at < message.end) {
    const tag = wire.tag(message.end);
    if ((tag & 7) !== BYTES) {
      wire.skip(tag, message.end);
      continue;
    }
    const length = wire.length(message.end);
    const slice = { start: wire.at, end: wire.at + length };
    visit(tag, slice);
    wire.at = slice.end;
  }
}

/** Decodes one message; unknown fields are dropped, anything broken is a `MalformedError`. */
export function decodeMessage<T>(type: protobuf.Type, bytes: Uint8Array): T {
  const reader = protobufjs.Reader.create(bytes);
  reader.discardUnknown = true;
  try {
    return type.decode(reader) as unknown as T;
  } catch (error) {
    throw new MalformedError(`${type.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
