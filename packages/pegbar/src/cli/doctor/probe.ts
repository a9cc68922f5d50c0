/** The probe: one request told twice, as an OTLP span and as an event of a later stage. */
export interface Probe {
  trace_id: string;
  span_id: string;
  request_id: string;
}

export const PROBE_SOURCE = 'pegbar-doctor';

export function newProbe(random: (bytes: number) => Uint8Array): Probe {
  const hex = (bytes: number): string => Buffer.from(random(bytes)).toString('hex');
  const trace_id = hex(16);
  return { trace_id, span_id: hex(8), request_id: `doctor-${trace_id.slice(0, 12)}` };
}

const PROBE_LATENCY_MS = 1;

/** OTLP/JSON. The outcome is `cancelled`, which stands in no denominator: a probe must not move a figure. */
export function probeTrace(probe: Probe, now: number): unknown {
  const attributes = {
    'pegbar.request.id': probe.request_id,
    'pegbar.stage': 'ingest',
    'pegbar.outcome': 'cancelled',
    'pegbar.traffic_source': PROBE_SOURCE,
    'pegbar.probe': 'true',
  };
  const nanoseconds = (ms: number): string => `${BigInt(Math.round(ms)) * 1_000_000n}`;
  const span = {
    traceId: probe.trace_id,
    spanId: probe.span_id,
    name: 'pegbar doctor',
    kind: 1,
    startTimeUnixNano: nanoseconds(now - PROBE_LATENCY_MS),
    endTimeUnixNano: nanoseconds(now),
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    status: {},
  };
  const service = { key: 'service.name', value: { stringValue: PROBE_SOURCE } };
  return {
    resourceSpans: [
      { resource: { attributes: [service] }, scopeSpans: [{ scope: { name: PROBE_SOURCE }, spans: [span] }] },
    ],
  };
}

export const probeEvent = (probe: Probe, now: number): Record<string, unknown> => ({
  type: 'stage',
  request_id: probe.request_id,
  timestamp: new Date(now).toISOString(),
  pipeline_stage: 'deliver',
  outcome: 'cancelled',
  traffic_source: PROBE_SOURCE,
  metrics: { latency_ms: PROBE_LATENCY_MS },
  attributes: { 'pegbar.probe': 'true' },
});
