/**
 * The context of a request on its way from one process to the next: in the headers of a call, or in a message of a
 * queue. W3C Trace Context (`traceparent`, `tracestate`) and W3C Baggage (`baggage`, members `pegbar.*`), written
 * here rather than by the global propagator, so that it works with whatever OpenTelemetry set-up is there, and so
 * that nothing of a request leaks into calls to others that are instrumented by themselves.
 */
import { createTraceState, isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api';

/** Headers or fields of a message: a plain object, a Map (Kafka), or Headers. */
export type Carrier =
  | Record<string, unknown>
  | ReadonlyMap<unknown, unknown>
  | { get(name: string): string | null };

/** What of a request travels. */
export type Travelling = Readonly<Record<string, string>>;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** W3C Baggage §3.3: at least this is passed on by everybody. */
const BAGGAGE_BYTES = 8_192;
const PREFIX = 'pegbar.';

export function write(
  carrier: Record<string, unknown>,
  span: SpanContext | undefined,
  request: Travelling,
): void {
  if (span && isSpanContextValid(span)) {
    const flags = (span.traceFlags & 0xff).toString(16).padStart(2, '0');
    carrier.traceparent = `00-${span.traceId}-${span.spanId}-${flags}`;
    const state = span.traceState?.serialize();
    if (state) carrier.tracestate = state;
  }
  const own = Object.entries(request).map(([name, value]) => `${PREFIX}${name}=${encodeURIComponent(value)}`);
  const others = split(read(carrier, 'baggage')).filter((member) => !member.startsWith(PREFIX));
  const baggage = [...own, ...others].join(',');
  if (baggage !== '' && baggage.length <= BAGGAGE_BYTES) carrier.baggage = baggage;
}

export interface Arrived {
  /** Undefined where the carrier has none, or one that breaks the format. */
  span?: SpanContext;
  request: Travelling;
}

export function readCarrier(carrier: Carrier): Arrived {
  const request: Record<string, string> = {};
  for (const member of split(read(carrier, 'baggage'))) {
    const [pair] = member.split(';', 1) as [string];
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (at > 0 && name.startsWith(PREFIX))
      request[name.slice(PREFIX.length)] = decoded(pair.slice(at + 1).trim());
  }
  const span = parse(read(carrier, 'traceparent'), read(carrier, 'tracestate'));
  return span ? { span, request } : { request };
}

function parse(traceparent: string, tracestate: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(traceparent.trim().toLowerCase()) ?? [];
  if (!version || !traceId || !spanId || !flags || version === 'ff' || (version === '00' && more))
    return undefined;
  const span: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(tracestate === '' ? {} : { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(span) ? span : undefined;
}

/** A field in any case; Kafka hands bytes, HTTP sometimes a list. */
function read(carrier: Carrier, name: string): string {
  const found = lookUp(carrier, name);
  const value = Array.isArray(found) ? found.join(',') : found;
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : '';
}

function lookUp(carrier: Carrier, name: string): unknown {
  if (carrier instanceof Map) {
    for (const [key, value] of carrier) if (String(key).toLowerCase() === name) return value;
    return undefined;
  }
  if (typeof (carrier as { get?: unknown }).get === 'function')
    return (carrier as { get(name: string): string | null }).get(name);
  const plain = carrier as Record<string, unknown>;
  if (name in plain) return plain[name];
  const key = Object.keys(plain).find((one) => one.toLowerCase() === name);
  return key === undefined ? undefined : plain[key];
}

const split = (baggage: string): string[] =>
  baggage
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
