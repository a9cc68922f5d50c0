/** OTLP/JSON takes the hot span decoder: what it makes of JSON is what it makes of the same request in protobuf. */
import { tableOf } from '@pegbar/contract';
import { expect, test } from 'vitest';
import { BlockBuilder } from '../../native/index.ts';
import { jsonToProtobuf } from './json.ts';
import { createSpanDecoder } from './spans/index.ts';
import { plainProtector } from './spans/testkit.ts';
import { encode, spanRequest } from './testkit.ts';

const AT = 1_800_000_000_000;

function decode(body: Uint8Array): { spans: number; rejected: number; reasons: string; block: string } {
  const decoder = createSpanDecoder({
    windowOf: () => ({ add: () => true }),
    protectorOf: () => plainProtector,
    gpuPrice: () => 0,
  });
  const blocks = {
    spans: new BlockBuilder(tableOf('spans')),
    events: new BlockBuilder(tableOf('span_events')),
  };
  const { spans, rejected, reasons } = decoder.decode(body, blocks, { tenant: null, receivedMs: AT });
  return { spans, rejected, reasons, block: Buffer.concat(blocks.spans.encode()).toString('hex') };
}

function fromJson(request: unknown): ReturnType<typeof decode> {
  const bytes = jsonToProtobuf('traces', Buffer.from(JSON.stringify(request)), 1 << 20);
  if (!bytes.ok) throw new Error(bytes.error.message);
  return decode(bytes.value);
}

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

test('a span in JSON becomes the same row as in protobuf', () => {
  const attributes = [
    { key: 'steps', value: { intValue: '20' } },
    { key: 'free', value: { arrayValue: { values: [{ stringValue: 'a' }, { doubleValue: 0.5 }] } } },
  ];
  const json = fromJson(spanRequest({ attributes, kind: 2 }));
  const proto = decode(
    encode(
      'traces',
      spanRequest({
        attributes,
        kind: 2,
        traceId: base64('0102030405060708090a0b0c0d0e0f10'),
        spanId: base64('0102030405060708'),
      }),
    ),
  );
  expect(json.spans).toBe(1);
  expect(json).toEqual(proto);
});

test.each(['xyz', 'abc', '', '00', '0'.repeat(32)])(
  'a span with the trace id %j is rejected alone',
  (traceId) => {
    const request = spanRequest();
    type Spans = { resourceSpans: [{ scopeSpans: [{ spans: unknown[] }] }] };
    const { spans } = (request as Spans).resourceSpans[0].scopeSpans[0];
    spans.push({ ...(spans[0] as object), traceId });
    expect(fromJson(request)).toMatchObject({ spans: 1, rejected: 1 });
  },
);
