/** The studio's spans and logs as OTLP/JSON, as an SDK would send them. */
import type { OtlpLog, OtlpSpan } from './records.ts';

/** Severity numbers of the OpenTelemetry log data model. */
const SEVERITY: Record<OtlpLog['severity'], number> = { DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 };
const SCOPE = { name: 'pegbar-simulation' };

export function otlpSpans(spans: readonly OtlpSpan[]): unknown {
  return {
    resourceSpans: [
      {
        resource: resource('studio'),
        scopeSpans: [
          {
            scope: SCOPE,
            spans: spans.map((one) => ({
              traceId: one.trace_id,
              spanId: one.span_id,
              ...(one.parent_span_id && { parentSpanId: one.parent_span_id }),
              name: one.name,
              kind: 1,
              startTimeUnixNano: nanos(one.start_ms),
              endTimeUnixNano: nanos(one.end_ms),
              status: one.status === 'error' ? { code: 2 } : {},
              attributes: attributes(one.attributes),
            })),
          },
        ],
      },
    ],
  };
}

export function otlpLogs(lines: readonly OtlpLog[]): unknown {
  const services = new Map<string, OtlpLog[]>();
  for (const line of lines) {
    const known = services.get(line.service);
    if (known) known.push(line);
    else services.set(line.service, [line]);
  }
  return {
    resourceLogs: [...services].map(([service, own]) => ({
      resource: resource(service),
      scopeLogs: [
        {
          scope: SCOPE,
          logRecords: own.map((one) => ({
            timeUnixNano: nanos(one.timestamp),
            severityNumber: SEVERITY[one.severity],
            severityText: one.severity,
            body: { stringValue: one.body },
            ...(one.trace_id && { traceId: one.trace_id }),
            ...(one.span_id && { spanId: one.span_id }),
            attributes: attributes(one.attributes),
          })),
        },
      ],
    })),
  };
}

function resource(service: string): unknown {
  return { attributes: attributes({ 'service.name': service }) };
}

/** Thousandths of a millisecond are told; a double holds no more of an epoch. */
function nanos(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}

function attributes(told: Readonly<Record<string, string | number | boolean>>): unknown[] {
  return Object.entries(told).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): unknown {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
