/**
 * Counters over OTLP. They are cumulative: an export that fails loses nothing, the next one says it again, so this
 * lane needs no buffer.
 */
import { type Counter, type MeterOptions, metrics } from '@opentelemetry/api';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { ATTEMPT_MS, post } from './post.ts';
import type { Runtime } from './runtime.ts';

const METER = '@pegbar/node';
/** ExportResultCode of OpenTelemetry's core, which is no dependency of ours. */
const [SUCCESS, FAILED] = [0, 1] as const;

export interface MetricOptions {
  url: string;
  key: string | undefined;
  resource: Resource;
  every_ms: number;
  runtime: Runtime;
  /** Ends an export that is under way. */
  signal: AbortSignal;
}

export function createMeterProvider(options: MetricOptions): MeterProvider {
  const { url, key, resource, every_ms, runtime, signal } = options;
  const exporter: PushMetricExporter = {
    export(batch, done) {
      const body = ProtobufMetricsSerializer.serializeRequest(batch);
      if (!body) return done({ code: FAILED });
      const request = {
        runtime,
        key,
        body,
        signal,
        url: `${url}/v1/metrics`,
        type: 'application/x-protobuf',
      };
      void post({ ...request, rejectedOf: () => 0 }).then((verdict) => {
        if (verdict.kind === 'delivered') return done({ code: SUCCESS });
        const why = verdict.kind === 'too_large' ? 'the server takes smaller bodies' : verdict.reason;
        done({ code: FAILED, error: new Error(why) });
      });
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
    selectAggregationTemporality: () => AggregationTemporality.CUMULATIVE,
  };
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: every_ms,
    exportTimeoutMillis: Math.min(ATTEMPT_MS, every_ms),
  });
  return new MeterProvider({ resource, readers: [reader] });
}

/** A counter of your own, for example `counter('panels.rendered').add(4, { style: 'ink' })`. */
export const counter = (
  name: string,
  options: { unit?: string; description?: string } & MeterOptions = {},
): Counter => metrics.getMeter(METER).createCounter(name, options);
