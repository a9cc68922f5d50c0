/** The official exporters of OpenTelemetry JS against the servers, as a user's program would run them. */
import { metrics, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import { resources, logs as sdkLogs, metrics as sdkMetrics, tracing } from '@opentelemetry/sdk-node';
import { afterEach, expect, test } from 'vitest';
import { decodeLogs } from './rows/logs.ts';
import { decodeMetrics } from './rows/metrics.ts';
import { type Rig, rig } from './testkit.ts';

const open: Rig[] = [];
async function start(transport: 'http' | 'grpc', options: Parameters<typeof rig>[1] = {}): Promise<Rig> {
  const one = await rig(transport, options);
  open.push(one);
  return one;
}
afterEach(async () => {
  for (const one of open.splice(0)) await one.server.close(500);
});

const plain = {
  plain: true,
  text: (text: string) => ({ text, redactions: 0 }),
  attribute: (_key: string, value: string) => ({ keep: true, value, redactions: 0 }),
  userHash: (id: string) => id,
  identity: (id: string) => id,
  optedOut: () => false,
};
const resource = resources.resourceFromAttributes({ 'service.name': 'studio' });

async function sendSpans(exporter: tracing.SpanExporter, count = 3): Promise<void> {
  const provider = new tracing.BasicTracerProvider({
    resource,
    spanProcessors: [
      new tracing.BatchSpanProcessor(exporter, { maxExportBatchSize: 512, maxQueueSize: 4096 }),
    ],
  });
  const tracer = provider.getTracer('kit', '1.0');
  for (let i = 0; i < count; i++) {
    const span = tracer.startSpan(`stage ${i}`, {
      attributes: { 'pegbar.stage': 'generate', steps: 20, loras: ['a', 'b'] },
    });
    span.addEvent('first', { n: 1.5 });
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'oom' });
    span.end();
  }
  await provider.forceFlush();
  await provider.shutdown();
}

interface Spans {
  resourceSpans: {
    scopeSpans: { spans: { name: string; traceId: string; status: unknown; events: unknown[] }[] }[];
  }[];
}
const names = (one: Rig): string[] =>
  one.sink.taken.flatMap((_taken, i) =>
    (one.sink.decoded(i) as unknown as Spans).resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
    ),
  );

test.each([
  ['http/protobuf', 'http', (url: string) => new ProtoTraces({ url: `${url}/v1/traces` })],
  [
    'http/protobuf with gzip',
    'http',
    (url: string) => new ProtoTraces({ url: `${url}/v1/traces`, compression: 'gzip' as never }),
  ],
  ['http/json', 'http', (url: string) => new JsonTraces({ url: `${url}/v1/traces` })],
  ['grpc', 'grpc', (url: string) => new GrpcTraces({ url })],
  ['grpc with gzip', 'grpc', (url: string) => new GrpcTraces({ url, compression: 'gzip' as never })],
] as const)('the %s span exporter delivers', async (_name, transport, exporter) => {
  const one = await start(transport);
  await sendSpans(exporter(one.url));
  expect(names(one)).toEqual(['stage 0', 'stage 1', 'stage 2']);
});

// The gRPC exporter of OpenTelemetry JS has no retry of its own; those of other languages act on RetryInfo.
test('the http exporter retries what was refused under load, and sends it once', async () => {
  const one = await start('http');
  one.sink.load = { reason: 'backlog', retryAfterS: 1 };
  const sent = sendSpans(new ProtoTraces({ url: `${one.url}/v1/traces` }));
  const refused = (): number | undefined =>
    one.counters.by('pegbar_otlp_requests_total', 'outcome').overloaded;
  await expect.poll(refused).toBe(1);
  one.sink.load = null;
  await sent;
  expect(names(one).length).toBe(3);
  expect(one.counters.by('pegbar_otlp_requests_total', 'outcome')).toEqual({ overloaded: 1, ok: 1 });
});

test('a message far over the limit ends as RESOURCE_EXHAUSTED at the grpc exporter, and the connection lives on', async () => {
  const one = await start('grpc', { limits: { bodyBytes: 1 << 20 } });
  const exporter = new GrpcTraces({ url: one.url });
  const memory = new tracing.InMemorySpanExporter();
  const provider = new tracing.BasicTracerProvider({
    spanProcessors: [new tracing.SimpleSpanProcessor(memory)],
  });
  const tracer = provider.getTracer('kit');
  tracer.startSpan('small').end();
  tracer.startSpan('large', { attributes: { workflow: 'x'.repeat(20 << 20) } }).end();
  const [small, large] = memory.getFinishedSpans();
  const send = (span: tracing.ReadableSpan): Promise<number | undefined> =>
    new Promise((resolve) =>
      exporter.export([span], ({ error }) => resolve((error as { code?: number } | undefined)?.code)),
    );
  expect([await send(small!), await send(large!), await send(small!)]).toEqual([undefined, 8, undefined]);
  expect(one.counters.by('pegbar_otlp_requests_total', 'outcome')).toEqual({ too_large: 1, ok: 2 });
  await exporter.shutdown();
});

test('the metric exporter: counters, histograms and gauges become rows', async () => {
  const one = await start('http');
  const reader = new sdkMetrics.PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${one.url}/v1/metrics` }),
    exportIntervalMillis: 60_000,
  });
  const provider = new sdkMetrics.MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('kit');
  meter.createCounter('images').add(3, { model_version: 'v7' });
  meter.createHistogram('latency', { unit: 'ms' }).record(120);
  meter
    .createObservableGauge('hw.gpu.utilization')
    .addCallback((result) => result.observe(0.75, { 'hw.id': '0' }));
  await provider.forceFlush();
  await provider.shutdown();
  const rows: [string, Record<string, unknown>][] = [];
  const { body, context } = one.sink.taken[0]!;
  const result = decodeMetrics(
    body,
    context,
    { append: (table, row) => void rows.push([table, row]) },
    () => plain,
  );
  expect(result).toMatchObject({ rejected: 0, rows: 3 });
  expect(
    rows.map(([table, row]) => [table, row.name ?? row.gpu_id, row.value ?? row.util, row.model_version]),
  ).toEqual([
    ['metric_points', 'images', 3, 'v7'],
    ['metric_points', 'latency', 120, undefined],
    ['metric_points', 'hw.gpu.utilization', 0.75, undefined],
    ['gpu_samples', '0', 0.75, undefined],
  ]);
  expect(rows[0]![1].service).toBe('studio');
});

test('the log exporter: a record becomes a row', async () => {
  const one = await start('http');
  const provider = new sdkLogs.LoggerProvider({
    resource,
    processors: [
      new sdkLogs.SimpleLogRecordProcessor({
        exporter: new OTLPLogExporter({ url: `${one.url}/v1/logs` }),
      } as never),
    ],
  } as never);
  provider
    .getLogger('kit')
    .emit({ severityNumber: 17, severityText: 'ERROR', body: 'CUDA out of memory', attributes: { a: 1 } });
  await provider.forceFlush();
  await provider.shutdown();
  const rows: Record<string, unknown>[] = [];
  const { body, context } = one.sink.taken[0]!;
  decodeLogs(body, context, { append: (_table, row) => void rows.push(row) }, () => plain);
  expect(rows[0]).toMatchObject({
    severity: 'ERROR',
    body: 'CUDA out of memory',
    service: 'studio',
    attributes: { a: '1' },
  });
});

afterEach(() => {
  trace.disable();
  metrics.disable();
});
