import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JSON_DEPTH, jsonToProtobuf } from './json.ts';
import { protoType } from './proto.ts';
import { MESSAGES, REQUEST } from './schema.ts';
import type { Signal } from './sink.ts';

const LIMIT = 64 << 20;

function transcode(signal: Signal, request: unknown): Record<string, unknown> {
  const text = typeof request === 'string' ? request : JSON.stringify(request);
  const result = jsonToProtobuf(signal, Buffer.from(text), LIMIT);
  if (!result.ok) throw new Error(result.error.message);
  const type = protoType(REQUEST[signal]);
  return type.toObject(type.decode(result.value), { longs: String, bytes: Buffer });
}

/** The first span of a request whose span is `span`, given as JSON text. */
function span(text: string): Record<string, unknown> {
  const request = `{"resourceSpans":[{"scopeSpans":[{"spans":[${text}]}]}]}`;
  type Nested = { resourceSpans: [{ scopeSpans: [{ spans: [Record<string, unknown>] }] }] };
  return (transcode('traces', request) as Nested).resourceSpans[0].scopeSpans[0].spans[0];
}
const attribute = (value: string): unknown =>
  (span(`{"attributes":[{"key":"a","value":${value}}]}`).attributes as [{ value: unknown }])[0].value;

test('ids are hex of any case', () => {
  const upper = span('{"traceId":"0A0B0C0D0E0F10111213141516171819","spanId":"a1B2c3D4e5F60718"}');
  expect(upper.traceId).toEqual(Buffer.from('0a0b0c0d0e0f10111213141516171819', 'hex'));
  expect(upper.spanId).toEqual(Buffer.from('a1b2c3d4e5f60718', 'hex'));
});

test('a bad id is handed on as one that no decoder takes, so that its span is rejected alone', () => {
  expect(span('{"traceId":"xyz"}').traceId).toEqual(Buffer.from([0]));
  expect(span('{"traceId":"abc"}').traceId).toEqual(Buffer.from([0]));
  expect(span('{"traceId":"abcd","parentSpanId":""}')).toEqual({
    traceId: Buffer.from('abcd', 'hex'),
    parentSpanId: Buffer.alloc(0),
  });
});

test.each([
  ['"9007199254740993"', '9007199254740993'],
  ['9007199254740993', '9007199254740993'],
  ['-9223372036854775808', '-9223372036854775808'],
  ['9223372036854775807', '9223372036854775807'],
  ['7', '7'],
  ['1.0', '1'],
  ['1e3', '1000'],
  ['"-0"', '0'],
])('the integer %s keeps every digit', (text, want) => {
  expect(attribute(`{"intValue":${text}}`)).toEqual({ intValue: want });
});

test('unsigned 64-bit times reach 2^64-1, as number and as string', () => {
  expect(span('{"startTimeUnixNano":18446744073709551615,"endTimeUnixNano":"18446744073709551615"}')).toEqual(
    {
      startTimeUnixNano: '18446744073709551615',
      endTimeUnixNano: '18446744073709551615',
    },
  );
});

test.each([
  '{"intValue":9223372036854775808}',
  '{"intValue":"1.5"}',
  '{"intValue":"abc"}',
  '{"intValue":""}',
  '{"intValue":true}',
  '{"intValue":01}',
  '{"doubleValue":"1,5"}',
  '{"boolValue":"true"}',
  '{"boolValue":1}',
  '{"stringValue":1}',
  '{"bytesValue":"a b"}',
  '{"arrayValue":[]}',
  '{"arrayValue":{"values":{}}}',
  '{"arrayValue":{"values":[null]}}',
])('the value %s is refused', (text) => {
  expect(() => attribute(text)).toThrow(/JSON at byte/);
});

test('negative or oversized unsigned fields are refused', () => {
  expect(() => span('{"startTimeUnixNano":-1}')).toThrow('startTimeUnixNano: out of range');
  expect(() => span('{"startTimeUnixNano":"18446744073709551616"}')).toThrow('out of range');
  expect(() => span('{"flags":4294967296}')).toThrow('out of range');
});

test('enums are integers, their names are refused', () => {
  expect(span('{"kind":2,"status":{"code":2}}')).toEqual({ kind: 2, status: { code: 2 } });
  expect(() => span('{"kind":"SPAN_KIND_SERVER"}')).toThrow('enums are integers');
});

test('only lowerCamelCase is read; unknown fields of any shape are ignored', () => {
  expect(
    span(
      '{"trace_id":"00","span_id":1,"x":{"a":[1,{"b":null}],"c":"\\u0041"},"name":"n","":[],"y":[[],{},-1.5e+3,true]}',
    ),
  ).toEqual({ name: 'n' });
});

test('null is unset', () => {
  expect(span('{"name":null,"attributes":null,"status":null,"traceId":null,"kind":null}')).toEqual({});
});

test('doubles may be NaN, infinite or written as text', () => {
  expect(attribute('{"doubleValue":"NaN"}')).toEqual({ doubleValue: Number.NaN });
  expect(attribute('{"doubleValue":"-Infinity"}')).toEqual({ doubleValue: Number.NEGATIVE_INFINITY });
  expect(attribute('{"doubleValue":"1.5"}')).toEqual({ doubleValue: 1.5 });
  expect(attribute('{"doubleValue":-0.1e-7}')).toEqual({ doubleValue: -0.1e-7 });
});

test('bytes are base64, of either alphabet, padded or not', () => {
  for (const text of ['+/8A', '-_8A', 'AAEC', 'AAE=', 'AAE']) {
    expect(attribute(`{"bytesValue":"${text}"}`)).toEqual({ bytesValue: Buffer.from(text, 'base64') });
  }
});

test('empty, nested and list values keep their shape', () => {
  expect(attribute('{}')).toEqual({});
  expect(attribute('{"stringValue":""}')).toEqual({ stringValue: '' });
  expect(
    attribute(
      '{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{"boolValue":true},{}]}}}]}}',
    ),
  ).toEqual({
    kvlistValue: { values: [{ key: 'a', value: { arrayValue: { values: [{ boolValue: true }, {}] } } }] },
  });
});

test.each([
  ['"\\u00e9\\n\\"\\\\\\/\\b\\f\\r\\t"', 'é\n"\\/\b\f\r\t'],
  ['"\\ud83d\\ude00"', '😀'],
  ['"\\ud83d"', '\ufffd'],
  ['"x\\ude00y"', 'x\ufffdy'],
  ['"a\\u0000b"', 'a\0b'],
  ['"plain ünïcödé 漢字"', 'plain ünïcödé 漢字'],
])('the string %s', (text, want) => {
  expect(span(`{"name":${text}}`).name).toBe(want);
  expect(span(`{"\\u006eame":${text}}`).name).toBe(want);
});

test.each([
  '',
  '[]',
  'null',
  '1',
  '"x"',
  '{',
  '{"resourceSpans":[',
  '{"resourceSpans":{}}',
  '{"resourceSpans":[1]}',
  '{"resourceSpans":[]} x',
  '{"resourceSpans":[],}',
  '{"a":1 "b":2}',
  "{'a':1}",
  '{"a":tru}',
  '{"a":.5}',
  '{"a":1.}',
  '{"a":-}',
  '{"a":+1}',
  '{"a":NaN}',
  '{"a":"\\x"}',
  '{"a":"\n"}',
  '\ufeff{}',
])('what is not a JSON request is malformed: %s', (text) => {
  const result = jsonToProtobuf('traces', Buffer.from(text), LIMIT);
  // Escapes of ignored strings are not looked into.
  if (text === '{"a":"\\x"}') expect(result.ok).toBe(true);
  else expect(result).toMatchObject({ ok: false, error: { kind: 'malformed' } });
});

test('nesting is bounded, in known and in ignored fields', () => {
  const known = '{"arrayValue":{"values":['.repeat(5000);
  expect(() => attribute(known)).toThrow(`nested deeper than ${JSON_DEPTH}`);
  expect(() => span(`{"x":${'['.repeat(100_000)}`)).toThrow(`nested deeper than ${JSON_DEPTH}`);
  expect(() => span(`{"x":${'{"a":'.repeat(100_000)}`)).toThrow(`nested deeper than ${JSON_DEPTH}`);
});

test('the protobuf form is bounded too', () => {
  const bounds = `[${'1,'.repeat(5000)}1]`;
  const text = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"explicitBounds":${bounds}}]}}]}]}]}`;
  expect(jsonToProtobuf('metrics', Buffer.from(text), 20_000)).toMatchObject({
    ok: false,
    error: { kind: 'too_large' },
  });
  expect(jsonToProtobuf('metrics', Buffer.from(text), 50_000).ok).toBe(true);
});

/** Any message of the schema: its JSON form and the object that protobufjs encodes. */
function messages(
  name: string,
  depth: number,
): fc.Arbitrary<{ json: string; object: Record<string, unknown> }> {
  const fields = Object.entries(MESSAGES[name]!)
    .filter(([, [, type]]) => depth > 0 || !(type.replace('[]', '') in MESSAGES))
    .map(([field, [, type]]) => {
      const base = type.replace('[]', '');
      const one = base in MESSAGES ? messages(base, depth - 1) : scalar(base);
      const any = type.endsWith('[]')
        ? fc.array(one, { maxLength: 3 }).map((all) => ({
            json: `[${all.map((each) => each.json).join(' , ')}]`,
            object: all.map((each) => each.object) as unknown,
          }))
        : (one as fc.Arbitrary<{ json: string; object: unknown }>);
      return fc.option(any, { nil: undefined }).map((value) => ({ field, value }));
    });
  return fc.tuple(...fields).map((all) => {
    const present = all.filter(({ value }) => value !== undefined);
    return {
      json: `{ ${present.map(({ field, value }) => `"${field}":${value!.json}`).join('\n, ')} }`,
      object: Object.fromEntries(present.map(({ field, value }) => [field, value!.object])),
    };
  });
}

function scalar(type: string): fc.Arbitrary<{ json: string; object: unknown }> {
  const big = (min: bigint, max: bigint): fc.Arbitrary<{ json: string; object: unknown }> =>
    fc.tuple(fc.bigInt({ min, max }), fc.boolean()).map(([value, quoted]) => ({
      json: quoted ? `"${value}"` : String(value),
      object: protoLong(value),
    }));
  switch (type) {
    case 'string':
      return fc.string({ unit: 'binary' }).map((text) => ({ json: JSON.stringify(text), object: text }));
    case 'bytes':
      return fc
        .uint8Array()
        .map((b) => ({ json: `"${Buffer.from(b).toString('base64')}"`, object: Buffer.from(b) }));
    case 'id':
      return fc
        .uint8Array()
        .map((b) => ({ json: `"${Buffer.from(b).toString('hex')}"`, object: Buffer.from(b) }));
    case 'bool':
      return fc.boolean().map((value) => ({ json: String(value), object: value }));
    case 'enum':
    case 'sint32':
      return fc.integer().map((value) => ({ json: String(value), object: value }));
    case 'uint32':
    case 'fixed32':
      return fc
        .integer({ min: 0, max: 2 ** 32 - 1 })
        .map((value) => ({ json: String(value), object: value }));
    case 'double':
      return fc.double().map((value) => ({
        json:
          Number.isFinite(value) && !Object.is(value, -0)
            ? String(value)
            : `"${Object.is(value, -0) ? '-0' : value}"`,
        object: value,
      }));
    case 'int64':
    case 'sfixed64':
      return big(-(2n ** 63n), 2n ** 63n - 1n);
    default:
      return big(0n, 2n ** 64n - 1n);
  }
}
const protoLong = (value: bigint): unknown => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned: value >= 0n,
});

test.each(['traces', 'metrics', 'logs'] as const)(
  'any %s request means the same in JSON as in protobuf',
  (signal) => {
    const type = protoType(REQUEST[signal]);
    fc.assert(
      fc.property(messages(REQUEST[signal], 5), ({ json, object }) => {
        const result = jsonToProtobuf(signal, Buffer.from(json), LIMIT);
        if (!result.ok) throw new Error(result.error.message);
        const options = { longs: String, bytes: String, defaults: false };
        const got = type.toObject(type.decode(result.value), options);
        const want = type.toObject(type.decode(type.encode(type.create(object)).finish()), options);
        expect(got).toEqual(want);
      }),
      { numRuns: 150 },
    );
  },
);

test('cut or damaged JSON never throws and never hangs', () => {
  fc.assert(
    fc.property(messages('TracesRequest', 4), fc.nat(), fc.nat(255), ({ json }, at, byte) => {
      const text = Buffer.from(json);
      jsonToProtobuf('traces', text.subarray(0, at % (text.length + 1)), LIMIT);
      text[at % text.length] = byte;
      jsonToProtobuf('traces', text, LIMIT);
    }),
    { numRuns: 300 },
  );
});
