/** Bytes of the official SDK, caught from its exporter by a plain HTTP server. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resources, tracing } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSpanDecoder } from './index.ts';
import { newBlocks, plainProtector, rowsOf } from './testkit.ts';

const bodies: Buffer[] = [];
let server: Server;

beforeAll(async () => {
  server = createServer((incoming, answer) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      bodies.push(Buffer.concat(parts));
      answer.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

test('what the SDK recorded stands in the rows', async () => {
  const { port } = server.address() as AddressInfo;
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${port}/v1/traces` });
  const provider = new tracing.BasicTracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': 'studio', 'cloud.region': 'eu-1' }),
    spanProcessors: [new tracing.BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('kit', '1.0');
  const root = tracer.startSpan('request', { kind: SpanKind.SERVER, attributes: { 'session.id': 's1' } });
  const context = trace.setSpan((await import('@opentelemetry/api')).ROOT_CONTEXT, root);
  const stage = tracer.startSpan(
    'sample',
    {
      attributes: {
        'pegbar.stage': 'generate',
        'image.steps': 28,
        'image.cfg_scale': 7.5,
        'pegbar.loras': ['a:0.5', 'b'],
        note: 'ok',
        list: [1, 2],
      },
      links: [{ context: root.spanContext() }],
    },
    context,
  );
  stage.addEvent('inference_started');
  stage.recordException(new RangeError('out of memory'));
  stage.setStatus({ code: SpanStatusCode.ERROR, message: 'sampling failed' });
  stage.end();
  root.end();
  await provider.forceFlush();
  await provider.shutdown();

  const blocks = newBlocks();
  const decoder = createSpanDecoder({
    windowOf: () => ({ add: () => true }),
    protectorOf: () => plainProtector,
    gpuPrice: () => 0,
  });
  for (const body of bodies) {
    const done = decoder.decode(body, blocks, { tenant: null, receivedMs: Date.now() });
    expect(done.rejected).toBe(0);
  }
  const rows = rowsOf(blocks.spans);
  const byName = new Map(rows.map((row) => [row.name, row]));
  expect([...byName.keys()].sort()).toEqual(['inference_started', 'request', 'sample']);
  const { traceId, spanId } = stage.spanContext();
  const common = {
    trace_id: traceId,
    service: 'studio',
    scope: 'kit@1.0',
    region: 'eu-1',
    tenant: 'default',
  };
  expect(byName.get('request')).toMatchObject({
    ...common,
    kind: 2,
    span_id: root.spanContext().spanId,
    session_id: 's1',
  });
  expect(byName.get('sample')).toMatchObject({
    ...common,
    span_id: spanId,
    parent_span_id: root.spanContext().spanId,
    kind: 1,
    pipeline_stage: 'generate',
    steps: 28,
    cfg: 7.5,
    loras: ['a', 'b'],
    lora_weights: [0.5, 1],
    status: 2,
    error_code: 'oom',
    error_message: 'sampling failed',
    attributes: { note: 'ok', list: '[1,2]' },
  });
  expect(JSON.parse(byName.get('sample')!.links as string)).toMatchObject([
    { trace_id: traceId, span_id: root.spanContext().spanId },
  ]);
  expect(byName.get('inference_started')).toMatchObject({
    ...common,
    boundary: 'inference_started',
    span_id: spanId,
  });
  const events = rowsOf(blocks.events);
  expect(events.map((row) => row.name)).toEqual(['inference_started', 'exception']);
  expect(events[1]!.attributes).toMatchObject({
    'exception.type': 'RangeError',
    'exception.message': 'out of memory',
  });
});
