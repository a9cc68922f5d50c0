/** For tests: requests as objects, and the rows that the decoder makes of them as objects. */
import { tableOf } from '@pegbar/contract';
import type { PromptFeatures } from '../../../features/index.ts';
import { BlockBuilder, readBlock } from '../../../native/index.ts';
import type { Protector } from '../../../privacy/index.ts';
import { protoType } from '../proto.ts';
import { createSpanDecoder, type Decoded, type SpanBlocks, type SpanDecoder } from './index.ts';

export const RECEIVED_MS = Date.UTC(2026, 10, 22, 12);
export const NOW_NS = BigInt(RECEIVED_MS) * 1_000_000n;

export type Row = Record<string, unknown>;

export interface Decoding extends Decoded {
  rows: Row[];
  eventRows: Row[];
}

export interface Kit {
  readonly decoder: SpanDecoder;
  readonly blocks: SpanBlocks;
  /** Fingerprints that were added, by tenant. */
  readonly seen: Map<string, Set<string>>;
  /** Decodes one request into fresh blocks and reads them back. */
  decode(body: Uint8Array, tenant?: string | null): Decoding;
}

export interface KitOptions {
  protector?: Protector;
  gpuPrice?: (gpuType: string) => number;
}

const features = (text: string): PromptFeatures => ({
  characters: text.length,
  words: text.split(' ').length,
  tokens: 7,
  language: 'en',
  script: 'latin',
  booru_tags: 2,
  bins: new Uint16Array([1, 2]),
});

/** Stores everything as it comes; a user's hash is the hex of the first eight bytes of his id. */
export const plainProtector: Protector = {
  plain: true,
  userHash: (id) => Buffer.from(id).toString('hex').padEnd(16, '0').slice(0, 16),
  optedOut: () => false,
  prompt: (text) => ({
    text,
    hash: 'fedcba9876543210',
    features: features(text),
    bins: undefined,
    redactions: 0,
  }),
  plainPrompt: () => false,
  workflow: (text) => ({ text, redactions: 0 }),
  identity: (text) => text,
  identityOfBytes: () => null,
  text: (text) => ({ text, redactions: 0 }),
  attribute: ((_key: string, value: unknown) => ({
    keep: true,
    value,
    redactions: 0,
  })) as Protector['attribute'],
  json: (value) => ({ value, redactions: 0 }),
};

export function newBlocks(): SpanBlocks {
  return { spans: new BlockBuilder(tableOf('spans')), events: new BlockBuilder(tableOf('span_events')) };
}

export function createKit({ protector = plainProtector, gpuPrice = () => 0 }: KitOptions = {}): Kit {
  const seen = new Map<string, Set<string>>();
  const decoder = createSpanDecoder({
    windowOf(tenant) {
      const ids = seen.get(tenant) ?? new Set<string>();
      seen.set(tenant, ids);
      return {
        add(lo, hi) {
          const id = `${lo},${hi}`;
          if (ids.has(id)) return false;
          ids.add(id);
          return true;
        },
      };
    },
    protectorOf: () => protector,
    gpuPrice,
  });
  const blocks = newBlocks();
  return {
    decoder,
    blocks,
    seen,
    decode(body, tenant = null) {
      blocks.spans.reset();
      blocks.events.reset();
      const done = decoder.decode(body, blocks, { tenant, receivedMs: RECEIVED_MS });
      return { ...done, rows: rowsOf(blocks.spans), eventRows: rowsOf(blocks.events) };
    },
  };
}

const SPAN_ID_DIGITS = 16;

/** The rows of a block; only what is told stands in them, ids in hex. */
export function rowsOf(block: BlockBuilder): Row[] {
  const { rows, columns } = readBlock(Buffer.concat(block.encode()));
  const parts = block.table.columns.filter(({ part }) => part !== undefined);
  return Array.from({ length: rows }, (_, row) => {
    const out: Row = {};
    for (const [name, column] of columns) {
      const value = column.at(row);
      if (isDefault(value)) continue;
      if (value instanceof Uint8Array) out[name] = Buffer.from(value).toString('hex');
      else if (value instanceof Map) out[name] = Object.fromEntries(value);
      else out[name] = value;
    }
    for (const { name, part } of parts) {
      const whole = out[part!.of] as string | undefined;
      const own = whole?.slice(part!.at * 2, part!.at * 2 + SPAN_ID_DIGITS);
      if (own && !/^0*$/.test(own)) out[name] = own;
    }
    for (const { part } of parts) delete out[part!.of];
    return out;
  });
}

function isDefault(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.every((byte) => byte === 0);
  if (value instanceof Map) return value.size === 0;
  if (Array.isArray(value)) return value.length === 0;
  return value === 0 || value === 0n || value === '' || value === null;
}

const type = protoType('TracesRequest');

/** Bytes of a request given in the names of OTLP/JSON; ids as hex or bytes. */
export function encode(request: object): Uint8Array {
  return type.encode(type.fromObject(request)).finish();
}

export interface SpanGiven {
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  attributes?: Record<string, unknown>;
  [field: string]: unknown;
}

let counter = 0;
export function id(bytes: number): Uint8Array {
  const made = new Uint8Array(bytes);
  new DataView(made.buffer).setUint32(0, ++counter);
  made[bytes - 1] = 1;
  return made;
}

/** A span of one second that ended a minute ago, with what is given instead of its own. */
export function span(given: SpanGiven = {}): object {
  const end = NOW_NS - 60_000_000_000n;
  return {
    traceId: id(16),
    spanId: id(8),
    name: 'work',
    startTimeUnixNano: String(end - 1_000_000_000n),
    endTimeUnixNano: String(end),
    ...given,
    attributes: attributes(given.attributes ?? {}),
  };
}

/** One resource, one scope. */
export function request(spans: object[], resource: Record<string, unknown> = {}): Uint8Array {
  return encode({
    resourceSpans: [{ resource: { attributes: attributes(resource) }, scopeSpans: [{ spans }] }],
  });
}

export function attributes(values: Record<string, unknown>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** A plain value as AnyValue: bigint is an int, number a double; `{ any: … }` is taken as it is. */
export function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: value.toString() };
  if (typeof value === 'number') return { doubleValue: value };
  if (value instanceof Uint8Array) return { bytesValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (value === null || value === undefined) return {};
  return { kvlistValue: { values: attributes(value as Record<string, unknown>) } };
}
