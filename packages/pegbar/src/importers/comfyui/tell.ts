/** Spans and records as they are sent, under the names of the published attribute table. */
import { type RunError, retriable } from './errors.ts';
import type { Run } from './run.ts';

/** What the user says of everything that comes from this ComfyUI. */
export interface Tags {
  tenant?: string | undefined;
  region?: string | undefined;
  workload?: string | undefined;
  traffic_source?: string | undefined;
  hardware_class?: string | undefined;
  /** Name of the queue. */
  queue: string;
  /** Address under which pictures are found. */
  url: string;
  withPrompts: boolean;
}

export interface Span {
  trace_id: string;
  span_id: string;
  parent: string | undefined;
  name: string;
  kind: 1 | 2;
  /** Milliseconds since the epoch. */
  start: number;
  end: number;
  attributes: Record<string, unknown>;
  error: RunError | undefined;
}

export interface Told {
  spans: Span[];
  records: Record<string, unknown>[];
  /** Runs that are over, whose pictures may be looked at before all is sent. */
  finished: Run[];
}

export function record(
  run: Run | undefined,
  tags: Tags,
  type: string,
  at: number,
  event_id: string,
  fields: Record<string, unknown>,
): Record<string, unknown> {
  const { tenant, region, workload, traffic_source, hardware_class } = tags;
  const ours = run && {
    request_id: run.prompt_id,
    trace_id: run.trace_id,
    ...(run.settings?.model === undefined ? {} : { model: { version: run.settings.model } }),
  };
  const said = { tenant, region, workload, traffic_source, hardware_class };
  return withoutNothing({ type, event_id, timestamp: at, ...said, ...ours, ...fields });
}

export const withoutNothing = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/** An OTLP/JSON request for traces. */
export function tracesRequest(
  spans: readonly Span[],
  resource: Record<string, unknown>,
  version: string,
): unknown {
  const scope = { name: 'pegbar-agent-comfyui', version };
  const scopeSpans = [{ scope, spans: spans.map(otlpSpan) }];
  return { resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] };
}

function otlpSpan({ trace_id, span_id, parent, name, kind, start, end, attributes, error }: Span): unknown {
  const failed = error && {
    'pegbar.error.code': error.code,
    'pegbar.error.message': error.message,
    'pegbar.error.retriable': attributes['pegbar.error.retriable'] ?? retriable(error.code),
    'comfyui.exception_type': error.type,
  };
  return {
    traceId: trace_id,
    spanId: span_id,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name,
    kind,
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(Math.max(start, end)),
    // What a person stopped is no error of a span, though it is one of the request's words.
    ...(error && error.code !== 'cancelled' ? { status: { code: 2, message: error.message } } : {}),
    attributes: attributesOf({ ...attributes, ...failed }),
  };
}

const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1_000)) * 1_000n);

const attributesOf = (values: Record<string, unknown>): unknown[] =>
  Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value: anyValue(value) }],
  );

function anyValue(value: unknown): unknown {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
  return { stringValue: typeof value === 'object' ? JSON.stringify(value) : String(value) };
}
