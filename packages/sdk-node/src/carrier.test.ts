import { describe, expect, it } from 'vitest';
import { readCarrier, write } from './carrier.ts';

const SPAN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a carrier', () => {
  it('brings back what was written into it, any text among it', () => {
    const message: Record<string, unknown> = { prompt: 'a cat' };
    write(message, SPAN, { request_id: 'r,1;=é 猫', workload: 'animation' });
    expect(message).toMatchObject({ prompt: 'a cat', traceparent: TRACEPARENT });
    expect(readCarrier(message)).toEqual({
      span: { ...SPAN, isRemote: true },
      request: { request_id: 'r,1;=é 猫', workload: 'animation' },
    });
  });

  it('is read as the headers of Kafka, of HTTP in any case, and as a Map', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const baggage = 'pegbar.request_id=r1';
    for (const carrier of [
      { traceparent: bytes(TRACEPARENT), baggage: bytes(baggage) },
      { TraceParent: TRACEPARENT, Baggage: [baggage, 'other=1'] },
      new Map([
        ['traceparent', TRACEPARENT],
        ['baggage', baggage],
      ]),
      new Headers({ traceparent: TRACEPARENT, baggage }),
    ])
      expect(readCarrier(carrier)).toMatchObject({
        span: { traceId: SPAN.traceId, spanId: SPAN.spanId },
        request: { request_id: 'r1' },
      });
  });

  it('keeps the baggage of others and replaces its own', () => {
    const headers: Record<string, unknown> = { baggage: 'theirs=1;p=2,pegbar.request_id=old' };
    write(headers, undefined, { request_id: 'new' });
    expect(headers).toEqual({ baggage: 'pegbar.request_id=new,theirs=1;p=2' });
  });

  it('writes nothing where there is nothing to tell', () => {
    const empty = {};
    write(empty, undefined, {});
    write(empty, { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }, {});
    expect(empty).toEqual({});
  });

  it('takes a trace that breaks the format for none', () => {
    for (const traceparent of [
      '',
      'x',
      TRACEPARENT.replace('00-', 'ff-'),
      `${TRACEPARENT}-more`,
      TRACEPARENT.replace(/b7ad\w+/, '0'.repeat(16)),
      TRACEPARENT.slice(1),
      7,
      null,
      { toString: () => TRACEPARENT },
    ])
      expect(readCarrier({ traceparent, baggage: 'pegbar.request_id=%E0%A4%A,=,pegbar.x' })).toEqual({
        request: { request_id: '%E0%A4%A' },
      });
    expect(readCarrier({ traceparent: TRACEPARENT.replace('00-', '01-').concat('-new') }).span).toBeDefined();
  });

  it('passes on tracestate', () => {
    const { span } = readCarrier({ traceparent: TRACEPARENT, tracestate: 'vendor=1' });
    const next: Record<string, unknown> = {};
    write(next, span, {});
    expect(next.tracestate).toBe('vendor=1');
  });
});
