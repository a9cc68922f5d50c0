/** Finished spans on their way to Pegbar: OTLP over HTTP, through a buffer that outlasts the server. */
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { type Buffer, createBuffer, type DropReason } from './buffer.ts';
import { post } from './post.ts';
import type { Runtime } from './runtime.ts';

/** Of OpenTelemetry's own batches. */
const BATCH_SPANS = 512;
const SAMPLED = 1;

export interface SpanOptions {
  url: string;
  key: string | undefined;
  /** Most spans that wait. */
  items: number;
  flush_ms: number;
  runtime: Runtime;
  onDrop(reason: DropReason, count: number): void;
}

export function createSpanBuffer(options: SpanOptions): Buffer<ReadableSpan> {
  const { runtime, key } = options;
  return createBuffer<ReadableSpan>({
    runtime,
    items: options.items,
    // A span is an object until it is sent: its number is the bound, not its bytes.
    bytes: Number.POSITIVE_INFINITY,
    batch_items: BATCH_SPANS,
    batch_bytes: Number.POSITIVE_INFINITY,
    flush_ms: options.flush_ms,
    onDrop: options.onDrop,
    async deliver(batch, signal) {
      const body = ProtobufTraceSerializer.serializeRequest(batch as ReadableSpan[]);
      if (!body) return { kind: 'refused', reason: 'the spans could not be serialized' };
      return post({
        runtime,
        key,
        body,
        signal,
        url: `${options.url}/v1/traces`,
        type: 'application/x-protobuf',
        rejectedOf: (answer) =>
          Number(ProtobufTraceSerializer.deserializeResponse(answer).partialSuccess?.rejectedSpans ?? 0),
      });
    },
  });
}

/** Hands every sampled span to the buffer when it ends. */
export const spanProcessorOf = (
  buffer: Buffer<ReadableSpan>,
  flush_ms: number,
  onShutdown: () => void = () => undefined,
): SpanProcessor => ({
  onStart: () => undefined,
  onEnd(span) {
    if (span.spanContext().traceFlags & SAMPLED) buffer.offer(span, 0);
  },
  async forceFlush() {
    await buffer.flush(flush_ms);
  },
  async shutdown() {
    await buffer.close(flush_ms);
    onShutdown();
  },
});
