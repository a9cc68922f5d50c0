/** The decoder beside a reference: protobufjs makes objects of the same bytes, and plain code makes rows of those. */
import { attributeOf } from '@pegbar/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { protoType } from '../proto.ts';
import { createKit, encode, NOW_NS, type Row } from './testkit.ts';

interface Any {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number;
  arrayValue?: { values?: Any[] };
  kvlistValue?: { values?: Pair[] };
  bytesValue?: Uint8Array;
}
interface Pair {
  key?: string;
  value?: Any;
}
interface SpanObject {
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  parentSpanId?: Uint8Array;
  name?: string;
  kind?: number;
  traceState?: string;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: Pair[];
  events?: { timeUnixNano?: string; name?: string; attributes?: Pair[] }[];
  links?: { traceId?: Uint8Array; spanId?: Uint8Array; traceState?: string; attributes?: Pair[] }[];
  status?: { code?: number; message?: string };
}
interface RequestObject {
  resourceSpans?: {
    resource?: { attributes?: Pair[] };
    scopeSpans?: { scope?: { name?: string; version?: string }; spans?: SpanObject[] }[];
  }[];
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

function json(any: Any | undefined): string {
  if (any?.stringValue !== undefined) return JSON.stringify(any.stringValue);
  if (any?.bytesValue !== undefined) return JSON.stringify(base64(any.bytesValue));
  if (any?.intValue !== undefined) return any.intValue;
  if (any?.boolValue !== undefined) return String(any.boolValue);
  if (any?.doubleValue !== undefined)
    return Number.isFinite(any.doubleValue) ? String(any.doubleValue) : `"${any.doubleValue}"`;
  if (any?.arrayValue) return `[${(any.arrayValue.values ?? []).map(json).join(',')}]`;
  if (any?.kvlistValue) return object(any.kvlistValue.values);
  return 'null';
}

function firsts(pairs: Pair[] = []): Map<string, Any | undefined> {
  const out = new Map<string, Any | undefined>();
  for (const { key = '', value } of pairs) if (!out.has(key)) out.set(key, value);
  return out;
}

function object(pairs: Pair[] | undefined): string {
  return `{${[...firsts(pairs)].map(([key, value]) => `${JSON.stringify(key)}:${json(value)}`).join(',')}}`;
}

function text(any: Any | undefined): string {
  if (any?.stringValue !== undefined) return any.stringValue;
  if (any?.bytesValue !== undefined) return base64(any.bytesValue);
  if (any?.doubleValue !== undefined) return String(any.doubleValue);
  const written = json(any);
  return written === 'null' ? '' : written;
}

function number(any: Any | undefined): number {
  const told = any?.stringValue?.trim();
  if (told !== undefined)
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(told) && told.length <= 64
      ? Number(told)
      : Number.NaN;
  if (any?.boolValue !== undefined) return any.boolValue ? 1 : 0;
  return Number(any?.intValue ?? any?.doubleValue ?? Number.NaN);
}

const isScalar = (any: Any | undefined): boolean =>
  any?.stringValue !== undefined ||
  any?.intValue !== undefined ||
  any?.doubleValue !== undefined ||
  any?.boolValue !== undefined;

const WIDTHS: Record<string, number> = {
  steps: 0xffff,
  width: 0xffffffff,
  height: 0xffffffff,
  attempt: 0xffff,
};

/** The column's value, or undefined where the value stays a free attribute. */
function coerced(column: string, any: Any | undefined): unknown {
  switch (column) {
    case 'request_id':
    case 'model_version':
    case 'region':
      return isScalar(any) && Buffer.byteLength(text(any)) <= 512 ? text(any) : undefined;
    case 'pipeline_stage':
      return any?.stringValue === 'generate' || any?.stringValue === 'deliver' ? any.stringValue : undefined;
    case 'seed': {
      if (any?.intValue !== undefined) return BigInt.asUintN(64, BigInt(any.intValue));
      if (any?.stringValue !== undefined && /^\s*\d{1,20}\s*$/.test(any.stringValue)) {
        const exact = BigInt(any.stringValue.trim());
        if (exact < 2n ** 64n) return exact;
      }
      const value = number(any);
      return Number.isInteger(value) && value >= 0 && value < 2 ** 64 ? BigInt(value) : undefined;
    }
    case 'cfg':
      return Math.abs(number(any)) <= 3.4028234663852886e38 ? Math.fround(number(any)) : undefined;
    case 'cost_usd':
      return Number.isFinite(number(any)) ? number(any) : undefined;
    default: {
      const value = number(any);
      return Number.isInteger(value) && value >= 0 && value <= WIDTHS[column]! ? value : undefined;
    }
  }
}

function defaulted(row: Row): Row {
  const kept = Object.entries(row).filter(
    ([, value]) =>
      value !== undefined && value !== '' && value !== 0 && value !== 0n && value !== '0'.repeat(16),
  );
  return Object.fromEntries(
    kept.filter(([, value]) => typeof value !== 'object' || Object.keys(value as object).length > 0),
  );
}

function columnsOf(span: SpanObject): Row {
  const all = firsts(span.attributes);
  const winners = new Map<string, [rank: number, key: string]>();
  for (const key of all.keys()) {
    const entry = attributeOf(key, 'span');
    if (!entry) continue;
    const rank = entry.names.indexOf(key);
    if (rank < (winners.get(entry.column)?.[0] ?? Infinity)) winners.set(entry.column, [rank, key]);
  }
  const row: Row = {};
  const free: Record<string, string> = {};
  for (const [key, any] of all) {
    const column = attributeOf(key, 'span')?.column;
    const value = column !== undefined && winners.get(column)![1] === key ? coerced(column, any) : undefined;
    if (value === undefined) Object.defineProperty(free, key, { value: text(any), enumerable: true });
    else row[column!] = value;
  }
  return { ...row, attributes: free };
}

function rowOf(
  span: SpanObject,
  resource: Pair[] | undefined,
  scope: { name?: string; version?: string } | undefined,
): Row {
  const end = BigInt(span.endTimeUnixNano!);
  const start = BigInt(span.startTimeUnixNano ?? 0);
  const duration = start === 0n || start > end ? 0n : end - start;
  const columns = columnsOf(span);
  const status = span.status?.code ?? 0;
  return defaulted({
    ...columns,
    tenant: 'default',
    source: 1,
    timestamp: end,
    duration_ns: duration,
    trace_id: hex(span.traceId),
    span_id: hex(span.spanId),
    parent_span_id: hex(span.parentSpanId),
    name: span.name ?? '',
    kind: span.kind ?? 0,
    status: status >= 0 && status <= 2 ? status : 0,
    trace_state: span.traceState ?? '',
    links: span.links?.length ? `[${span.links.map(link).join(',')}]` : '',
    resource: resource?.length ? object(resource) : '',
    service: text(firsts(resource).get('service.name'))
      .slice(0, 512)
      .replace(/[\ud800-\udbff]$/, ''),
    scope: scope?.version ? `${scope.name ?? ''}@${scope.version}` : (scope?.name ?? ''),
    gpu_seconds: columns.pipeline_stage === 'generate' ? Math.fround(Number(duration) / 1e9) : 0,
    error_code: status === 2 ? 'internal' : '',
    error_message: status === 2 ? (span.status?.message ?? '') : '',
  });
}

function link(one: NonNullable<SpanObject['links']>[number]): string {
  const members = [`"trace_id":"${hex(one.traceId)}"`, `"span_id":"${hex(one.spanId)}"`];
  if (one.traceState) members.push(`"trace_state":${JSON.stringify(one.traceState)}`);
  if (one.attributes?.length) members.push(`"attributes":${object(one.attributes)}`);
  return `{${members.join(',')}}`;
}

function isValid(span: SpanObject): boolean {
  const zero = (bytes: Uint8Array | undefined, length: number) =>
    bytes?.length !== length || bytes.every((byte) => byte === 0);
  const parent = span.parentSpanId?.length ?? 0;
  const end = BigInt(span.endTimeUnixNano ?? 0);
  return (
    !zero(span.traceId, 16) &&
    !zero(span.spanId, 8) &&
    (parent === 0 || parent === 8) &&
    end > 631152000000000000n &&
    end < NOW_NS + 86_400_000_000_000n
  );
}

interface Expected {
  rows: Row[];
  events: Row[];
  rejected: number;
  duplicates: number;
}

function reference(request: RequestObject): Expected {
  const out: Expected = { rows: [], events: [], rejected: 0, duplicates: 0 };
  const seen = new Set<string>();
  for (const { resource, scopeSpans = [] } of request.resourceSpans ?? [])
    for (const { scope, spans = [] } of scopeSpans)
      for (const span of spans) {
        const ids = hex(span.traceId) + hex(span.spanId);
        if (!isValid(span)) out.rejected++;
        else if (seen.has(ids)) out.duplicates++;
        else {
          seen.add(ids);
          out.rows.push(rowOf(span, resource?.attributes, scope));
          for (const event of span.events ?? []) out.events.push(eventOf(event, span));
        }
      }
  return out;
}

function eventOf(event: NonNullable<SpanObject['events']>[number], span: SpanObject): Row {
  const time = BigInt(event.timeUnixNano ?? 0);
  const attributes: Record<string, string> = {};
  for (const [key, any] of firsts(event.attributes))
    Object.defineProperty(attributes, key, { value: text(any), enumerable: true });
  return defaulted({
    tenant: 'default',
    timestamp: time === 0n || time >= 2n ** 63n ? BigInt(span.endTimeUnixNano!) : time,
    trace_id: hex(span.traceId),
    span_id: hex(span.spanId),
    name: event.name ?? '',
    attributes,
  });
}

const PROMOTED = [
  'pegbar.request.id',
  'request_id',
  'gen_ai.request.model',
  'pegbar.model.version',
  'pegbar.region',
  'pegbar.stage',
  'image.seed',
  'image.steps',
  'pegbar.attempt',
  'pegbar.width',
  'image.cfg_scale',
  'pegbar.cost_usd',
];

const word = fc.string({ unit: 'binary', maxLength: 12 });
const { value: anyValue } = fc.letrec<{ value: Any }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ stringValue: fc.oneof(word, fc.string({ unit: 'binary', minLength: 100, maxLength: 700 })) }),
    fc.record({
      stringValue: fc.constantFrom(
        '28',
        ' 7.5 ',
        '1e3',
        '-4',
        'generate',
        'deliver',
        '18446744073709551615',
        '0x10',
      ),
    }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({
      intValue: fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-3n, 70_000n)).map(String),
    }),
    fc.record({
      doubleValue: fc.oneof(
        fc.double(),
        fc.integer().map((one) => one / 1000),
        fc.nat().map((one) => one / 10_000),
      ),
    }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 20 }) }),
    fc.constant({}),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 4 }) }) }),
    fc.record({
      kvlistValue: fc.record({
        values: fc.array(fc.record({ key: word, value: tie('value') }), { maxLength: 4 }),
      }),
    }),
  ),
}));
const pairs = (keys: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<Pair[]> =>
  fc.array(fc.record({ key: keys, value: anyValue }, { requiredKeys: [] }), { maxLength });
const freeKey = word.filter((key) => !attributeOf(key, 'span'));
const nanos = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt(NOW_NS - 10_000_000_000_000n, NOW_NS) },
  { weight: 1, arbitrary: fc.bigInt(0n, 2n ** 64n - 1n) },
);
const idOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 30, arbitrary: fc.uint8Array({ minLength: length, maxLength: length }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
    { weight: 1, arbitrary: fc.constant(new Uint8Array(length)) },
    { weight: 2, arbitrary: fc.constant(new Uint8Array(length).fill(7)) },
  );
const spanOf = fc.record(
  {
    traceId: idOf(16),
    spanId: idOf(8),
    parentSpanId: fc.oneof(fc.constant(new Uint8Array(0)), idOf(8)),
    name: word,
    kind: fc.nat(255),
    traceState: word,
    startTimeUnixNano: nanos.map(String),
    endTimeUnixNano: nanos.map(String),
    attributes: pairs(fc.oneof(freeKey, fc.constantFrom(...PROMOTED)), 12),
    events: fc.array(
      fc.record(
        { timeUnixNano: nanos.map(String), name: word, attributes: pairs(freeKey, 3) },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    links: fc.array(
      fc.record(
        {
          traceId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
          traceState: word,
          attributes: pairs(freeKey, 2),
        },
        { requiredKeys: ['traceId'] },
      ),
      { maxLength: 2 },
    ),
    status: fc.record(
      { code: fc.integer({ min: -1, max: 4 }), message: fc.constantFrom('', 'went wrong', 'schief ⚠') },
      { requiredKeys: [] },
    ),
    droppedAttributesCount: fc.nat(),
    flags: fc.nat(),
  },
  { requiredKeys: ['traceId', 'spanId', 'endTimeUnixNano'] },
);
const requestOf = fc.record({
  resourceSpans: fc.array(
    fc.record(
      {
        resource: fc.record({ attributes: pairs(fc.oneof(freeKey, fc.constant('service.name')), 4) }),
        scopeSpans: fc.array(
          fc.record(
            {
              scope: fc.record({ name: word, version: word }, { requiredKeys: [] }),
              spans: fc.array(spanOf, { maxLength: 6 }),
            },
            { requiredKeys: [] },
          ),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 3 },
  ),
});

const type = protoType('TracesRequest');

test('rows are those that a reference makes of protobufjs objects', () => {
  const kit = createKit();
  fc.assert(
    fc.property(requestOf, (given) => {
      const body = encode(given);
      const objects = type.toObject(type.decode(body), { longs: String }) as RequestObject;
      const want = reference(objects);
      kit.seen.clear();
      const done = kit.decode(body);
      expect(done.rows).toEqual(want.rows);
      expect(done.eventRows).toEqual(want.events);
      expect([done.spans, done.rejected, done.duplicates]).toEqual([
        want.rows.length,
        want.rejected,
        want.duplicates,
      ]);
      expect([done.truncated, done.dropped.attributes, done.dropped.copies]).toEqual([0, 0, 0]);
    }),
    { numRuns: 600 },
  );
});
