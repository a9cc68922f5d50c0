/** The official OpenTelemetry client of JavaScript: what it sent is what is queried. */
import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { logs, metrics, resources, tracing } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Server, startServer } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

type HighTime = [seconds: number, nanoseconds: number];
/** Digits below the millisecond, so that a time that was rounded is seen. */
const BASE: HighTime = [Math.floor(Date.now() / 1000) - 600, 123_456_789];
const plus = ([seconds, ns]: HighTime, more_ns: number): HighTime => {
  const sum = ns + more_ns;
  return [seconds + Math.floor(sum / 1e9), sum % 1e9];
};
const sqlTime = ([seconds, ns]: HighTime): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')}.${String(ns).padStart(9, '0')}`;
const apiTime = ([seconds, ns]: HighTime): string =>
  new Date(seconds * 1000 + Math.floor(ns / 1e6)).toISOString();

const RESOURCE: Attributes = {
  'service.name': 'renderer',
  'service.version': '1.2.3',
  'cloud.region': 'eu-central-1',
  'deployment.environment.name': 'test',
  'host.cpus': 16,
};
/** Every type of attribute, and some that look like another. */
const FREE: Attributes = {
  text: 'héllo "world" \\ 日本',
  empty: '',
  yes: true,
  no: false,
  zero: 0,
  whole: 9_007_199_254_740_991,
  negative: -42,
  fraction: 0.1,
  digits: '0012',
  texts: ['a', 'b "c"'],
  numbers: [1, 2, 3],
  flags: [true, false],
};
const FREE_AS_TEXT: Record<string, string> = {
  text: 'héllo "world" \\ 日本',
  empty: '',
  yes: 'true',
  no: 'false',
  zero: '0',
  whole: '9007199254740991',
  negative: '-42',
  fraction: '0.1',
  digits: '0012',
  texts: '["a","b \\"c\\""]',
  numbers: '[1,2,3]',
  flags: '[true,false]',
};

interface Sent {
  root: tracing.ReadableSpan;
  stage: tracing.ReadableSpan;
  failed: tracing.ReadableSpan;
  link: Link;
  exception: number;
}

/** A trace of three spans through an exporter; throws where the exporter reports a failure. */
async function send(exporter: tracing.SpanExporter, name: string): Promise<Sent> {
  const done: tracing.ReadableSpan[] = [];
  const provider = new tracing.BasicTracerProvider({
    resource: resources.resourceFromAttributes(RESOURCE),
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: (span) => void done.push(span),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  const tracer = provider.getTracer('kit', '4.5.6');
  const root = tracer.startSpan(
    'POST /render',
    {
      kind: SpanKind.SERVER,
      startTime: BASE,
      attributes: { 'pegbar.request.id': `req-${name}`, 'session.id': 'sess-1' },
    },
    ROOT_CONTEXT,
  );
  const within = trace.setSpan(ROOT_CONTEXT, root);
  const link: Link = {
    context: {
      traceId: 'abcdef0123456789abcdef0123456789',
      spanId: 'abcdef0123456789',
      traceFlags: TraceFlags.SAMPLED,
    },
    attributes: { 'link.kind': 'retry', n: 2 },
  };
  const stage = tracer.startSpan(
    'sample',
    {
      kind: SpanKind.INTERNAL,
      startTime: plus(BASE, 1_000_001),
      links: [link],
      attributes: {
        ...FREE,
        'pegbar.request.id': `req-${name}`,
        'pegbar.stage': 'generate',
        'pegbar.workload': 'single_image',
        'pegbar.tenant': 'studio-js',
        'pegbar.image.id': `img-${name}`,
        'pegbar.queue.wait_ms': 12.5,
        'pegbar.cost_usd': 0.0625,
        'gen_ai.request.model': 'flux-2',
        'gen_ai.request.seed': 9_007_199_254_740_991,
        'gen_ai.image.width': 1024,
        'gen_ai.image.height': 768,
        'gen_ai.image.steps': 28,
        'gen_ai.image.cfg_scale': 7.5,
        'pegbar.sampler': 'euler',
        'pegbar.loras': ['ink:0.5', 'grain'],
        'gen_ai.prompt': 'a red fox, masterpiece',
        'gen_ai.image.negative_prompt': 'lowres',
      },
    },
    within,
  );
  stage.addEvent('inference_started', { step: 1 }, plus(BASE, 2_000_002));
  stage.addEvent('cache hit', { cache: 'vae', hits: [1, 2] }, plus(BASE, 3_000_003));
  stage.setStatus({ code: SpanStatusCode.OK });
  stage.end(plus(BASE, 900_000_009));
  const failed = tracer.startSpan(
    'upload',
    { kind: SpanKind.CLIENT, startTime: plus(BASE, 900_000_010) },
    within,
  );
  failed.recordException(new RangeError('disk is gone'), plus(BASE, 950_000_005));
  failed.setStatus({ code: SpanStatusCode.ERROR, message: 'no space left' });
  failed.end(plus(BASE, 990_000_001));
  root.end(plus(BASE, 1_000_000_000));
  await new Promise<void>((resolve, reject) =>
    exporter.export(done, ({ code, error }) =>
      code === 0 ? resolve() : reject(error ?? new Error('export failed')),
    ),
  );
  await exporter.shutdown();
  await server.flush();
  const [a, b, c] = done;
  return { stage: a!, failed: b!, root: c!, link, exception: 950_000_005 };
}

const http = (): string => `${server.ready.otlp_http}/v1/traces`;
/** The names of compression as the exporters take them. */
type Options = NonNullable<ConstructorParameters<typeof JsonExporter>[0]>;
const gzip = 'gzip' as NonNullable<Options['compression']>;
const EXPORTERS: [string, () => tracing.SpanExporter][] = [
  ['http/protobuf', () => new ProtoExporter({ url: http() })],
  ['http/protobuf with gzip', () => new ProtoExporter({ url: http(), compression: gzip })],
  ['http/json', () => new JsonExporter({ url: http() })],
  ['http/json with gzip', () => new JsonExporter({ url: http(), compression: gzip })],
  ['grpc', () => new GrpcExporter({ url: server.ready.otlp_grpc })],
  ['grpc with gzip', () => new GrpcExporter({ url: server.ready.otlp_grpc, compression: gzip })],
];

describe.each(EXPORTERS)('traces over %s', (protocol, exporter) => {
  const name = protocol.replace(/\W+/g, '-');
  let sent: Sent;
  beforeAll(async () => {
    sent = await send(exporter(), name);
  });
  const spanOf = async (span: tracing.ReadableSpan): Promise<Json> => {
    const rows = await server.sql(`SELECT * FROM spans WHERE span_id = '${span.spanContext().spanId}'`);
    expect(rows).toHaveLength(1);
    return rows[0]!;
  };

  it('are queried by SQL as they were sent: names, kinds, ids, parents, times to the nanosecond, status', async () => {
    const { traceId: trace_id, spanId } = sent.root.spanContext();
    expect(await spanOf(sent.root)).toMatchObject({
      tenant: 'default',
      trace_id,
      span_id: spanId,
      parent_span_id: '',
      name: 'POST /render',
      kind: 'server',
      status: 'unset',
      started: sqlTime(BASE),
      timestamp: sqlTime(plus(BASE, 1_000_000_000)),
      duration_ms: 1000,
      service: 'renderer',
      scope: 'kit@4.5.6',
      request_id: `req-${name}`,
      session_id: 'sess-1',
      region: 'eu-central-1',
    });
    expect(await spanOf(sent.stage)).toMatchObject({
      tenant: 'studio-js',
      trace_id,
      parent_span_id: spanId,
      name: 'sample',
      kind: 'internal',
      status: 'ok',
      started: sqlTime(plus(BASE, 1_000_001)),
      timestamp: sqlTime(plus(BASE, 900_000_009)),
    });
    expect(await spanOf(sent.failed)).toMatchObject({
      kind: 'client',
      status: 'error',
      error_message: 'no space left',
      error_code: 'internal',
      started: sqlTime(plus(BASE, 900_000_010)),
      timestamp: sqlTime(plus(BASE, 990_000_001)),
    });
  });

  it('keep free attributes of every type and the resource, and fill columns with the known ones', async () => {
    const row = await spanOf(sent.stage);
    expect(row.attributes).toEqual(FREE_AS_TEXT);
    expect(JSON.parse(String(row.resource))).toMatchObject({
      'service.version': '1.2.3',
      'deployment.environment.name': 'test',
    });
    expect(row).toMatchObject({
      region: 'eu-central-1',
      workload: 'single_image',
      pipeline_stage: 'generate',
      image_id: `img-${name}`,
      queue_wait_ms: 12.5,
      cost_usd: 0.0625,
      model_version: 'flux-2',
      seed: '9007199254740991',
      width: 1024,
      height: 768,
      steps: 28,
      cfg: 7.5,
      sampler: 'euler',
      loras: ['ink', 'grain'],
      lora_weights: [0.5, 1],
      prompt: 'a red fox, masterpiece',
      negative_prompt: 'lowres',
      prompt_length: 22,
      prompt_words: 4,
      prompt_language: 'en',
    });
    expect(Number(row.prompt_tokens)).toBeGreaterThanOrEqual(5);
  });

  it('are told by the API with attributes, events, links and resource', async () => {
    const { traceId, spanId } = sent.root.spanContext();
    const { trace_id, spans } = await server.get(`/api/v1/traces/${traceId.toUpperCase()}`);
    expect(trace_id).toBe(traceId);
    expect(spans).toHaveLength(3);
    const byName = Object.fromEntries(spans.map((span: Json) => [span.name, span]));
    expect(byName['POST /render']).toMatchObject({
      span_id: spanId,
      parent_span_id: null,
      start: apiTime(BASE),
      end: apiTime(plus(BASE, 1_000_000_000)),
      duration_ms: 1000,
      status: 'unset',
      attributes: { 'pegbar.request.id': `req-${name}`, 'pegbar.session.id': 'sess-1' },
    });
    const stage = byName.sample;
    expect(stage).toMatchObject({
      span_id: sent.stage.spanContext().spanId,
      parent_span_id: spanId,
      status: 'ok',
    });
    expect(stage.duration_ms).toBeCloseTo(899.000008, 5);
    expect(stage.attributes).toMatchObject({ ...FREE_AS_TEXT, 'pegbar.stage': 'generate' });
    expect(stage.events).toMatchObject([
      { name: 'inference_started', timestamp: apiTime(plus(BASE, 2_000_002)), attributes: { step: '1' } },
      {
        name: 'cache hit',
        timestamp: apiTime(plus(BASE, 3_000_003)),
        attributes: { cache: 'vae', hits: '[1,2]' },
      },
    ]);
    expect(JSON.stringify(stage.links)).toContain(sent.link.context.traceId);
    expect(JSON.stringify(stage.links)).toContain('retry');
    expect(stage.resource).toMatchObject({
      'service.version': '1.2.3',
      'deployment.environment.name': 'test',
    });
    expect(byName.upload.events).toMatchObject([
      {
        name: 'exception',
        attributes: { 'exception.type': 'RangeError', 'exception.message': 'disk is gone' },
      },
    ]);
  });

  it('make stages and boundary events of spans that name them', async () => {
    const rows = await server.sql(
      `SELECT pipeline_stage, boundary, latency_ms, timestamp FROM stages
       WHERE trace_id = '${sent.root.spanContext().traceId}' ORDER BY timestamp`,
    );
    expect(rows.filter((row) => row.boundary !== '')).toMatchObject([
      { boundary: 'inference_started', timestamp: sqlTime(plus(BASE, 2_000_002)) },
    ]);
    expect(rows.filter((row) => row.boundary === '')).toMatchObject([
      { pipeline_stage: 'generate', timestamp: sqlTime(plus(BASE, 900_000_009)) },
    ]);
  });
});

describe('metrics over http/protobuf', () => {
  it('are queried as they were recorded', async () => {
    const reader = new metrics.PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url: `${server.ready.otlp_http}/v1/metrics` }),
      exportIntervalMillis: 3_600_000,
    });
    const provider = new metrics.MeterProvider({
      resource: resources.resourceFromAttributes(RESOURCE),
      readers: [reader],
    });
    const meter = provider.getMeter('kit', '4.5.6');
    const tags = { 'pegbar.model.version': 'v7', 'pegbar.workload': 'animation', kind: 'lora', n: 3 };
    meter.createCounter('images.made', { unit: '{image}' }).add(41, tags);
    meter.createUpDownCounter('queue.size').add(-3, tags);
    meter.createGauge('vram.used', { unit: 'By' }).record(1.5e9, tags);
    const times = meter.createHistogram('step.duration', {
      unit: 'ms',
      advice: { explicitBucketBoundaries: [10, 100] },
    });
    for (const value of [5, 50, 500]) times.record(value, tags);
    await provider.shutdown();
    await server.flush();
    const rows = await server.sql(
      "SELECT * FROM metric_points WHERE model_version = 'v7' AND service = 'renderer' ORDER BY name",
    );
    expect(rows.map((row) => [row.name, row.kind, row.unit, row.value])).toEqual([
      ['images.made', 'sum', '{image}', 41],
      ['queue.size', 'sum', '', -3],
      ['step.duration', 'histogram', 'ms', 555],
      ['vram.used', 'gauge', 'By', 1.5e9],
    ]);
    for (const row of rows)
      expect(row).toMatchObject({
        workload: 'animation',
        region: 'eu-central-1',
        scope: 'kit@4.5.6',
        attributes: { kind: 'lora', n: '3' },
      });
    expect(rows[0]).toMatchObject({ monotonic: 1, temporality: 'cumulative' });
    expect(rows[1]).toMatchObject({ monotonic: 0 });
    expect(rows[2]).toMatchObject({ count: '3', min: 5, max: 500, bounds: [10, 100], buckets: [1, 1, 1] });
    const page = await server.get('/api/v1/metrics/series?filter=name%3Dimages.made');
    expect(JSON.stringify(page.items)).toContain('41');
  });
});

describe('logs over http/protobuf', () => {
  it('are queried as they were written, and stand in their trace', async () => {
    const exporter = new OTLPLogExporter({ url: `${server.ready.otlp_http}/v1/logs` });
    const provider = new logs.LoggerProvider({
      resource: resources.resourceFromAttributes(RESOURCE),
      processors: [new logs.SimpleLogRecordProcessor({ exporter })],
    });
    const traceId = '0123456789abcdef0123456789abcdef';
    const context = trace.setSpanContext(ROOT_CONTEXT, {
      traceId,
      spanId: 'fedcba9876543210',
      traceFlags: 1,
    });
    const logger = provider.getLogger('kit', '4.5.6');
    logger.emit({
      body: 'checkpoint loaded',
      severityNumber: 9,
      severityText: 'INFO',
      timestamp: BASE,
      context,
      attributes: {
        'pegbar.request.id': 'req-log',
        'pegbar.stage': 'preprocess',
        tries: 2,
        deep: { a: [1, 'x'] },
      },
    });
    logger.emit({ body: { event: 'oom', bytes: 5 }, severityNumber: 17, timestamp: plus(BASE, 7) });
    await provider.forceFlush();
    await provider.shutdown();
    await server.flush();
    const rows = await server.sql('SELECT * FROM logs ORDER BY timestamp');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      timestamp: sqlTime(BASE),
      severity: 'INFO',
      severity_number: 9,
      body: 'checkpoint loaded',
      trace_id: traceId,
      span_id: 'fedcba9876543210',
      request_id: 'req-log',
      pipeline_stage: 'preprocess',
      service: 'renderer',
      scope: 'kit@4.5.6',
      region: 'eu-central-1',
      attributes: { tries: '2', deep: '{"a":[1,"x"]}' },
    });
    expect(rows[1]).toMatchObject({ timestamp: sqlTime(plus(BASE, 7)), severity: 'ERROR', trace_id: '' });
    expect(JSON.parse(String(rows[1]!.body))).toEqual({ event: 'oom', bytes: 5 });
    const { logs: told } = await server.get(`/api/v1/traces/${traceId}`);
    expect(told).toMatchObject([
      { timestamp: apiTime(BASE), severity: 'INFO', body: 'checkpoint loaded', span_id: 'fedcba9876543210' },
    ]);
    const page = await server.get('/api/v1/logs?filter=severity%3DERROR&from=2000-01-01T00:00:00Z');
    expect(page.items).toHaveLength(1);
  });
});
