/** One call that sets everything up, or finds it set up. */
import { context, diag, metrics, ProxyTracerProvider, propagation, trace } from '@opentelemetry/api';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import { AlwaysOnSampler, NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { DropReason } from './buffer.ts';
import { Client, createLossReport, type Signal, type Status } from './client.ts';
import type { Workload } from './fields.ts';
import { createMeterProvider } from './metrics.ts';
import { TRACER, useRuntime } from './request.ts';
import { type Runtime, systemRuntime } from './runtime.ts';
import { createSpanBuffer, spanProcessorOf } from './spans.ts';

export interface InitOptions {
  /** Name of this service, `service.name`. */
  service: string;
  /** Version of this service, `service.version`. */
  service_version?: string;
  /** The API of Pegbar. */
  url?: string;
  /** Its OTLP over HTTP; port 4318 of the same host where it is not said. */
  otlp_url?: string;
  /** An API key with the scope `ingest`; none is needed on the server's own machine. */
  key?: string;
  /** What all requests of this process share. */
  tenant?: string;
  region?: string;
  workload?: Workload;
  hardware_class?: string;
  model_version?: string;
  /** Most spans and records that wait for a server that is away, and most bytes of records. */
  buffer?: { spans?: number; records?: number; record_bytes?: number };
  /** How long the first of a batch waits for company. */
  flush_ms?: number;
  /** How often counters are sent. */
  metrics_ms?: number;
  /** Told of every loss. */
  onDrop?(signal: Signal, reason: DropReason, count: number): void;
  /** For tests. */
  runtime?: Runtime;
}

export interface Pegbar {
  /** Whether spans go through the provider that was there before. */
  readonly uses_existing_provider: boolean;
  status(): Status;
  /** Sends what waits. True when all of it arrived, false after `timeout_ms` (5 s). */
  flush(timeout_ms?: number): Promise<boolean>;
  /** Flushes and ends. What could not be sent until then is counted as dropped. */
  shutdown(timeout_ms?: number): Promise<boolean>;
}

const URL_DEFAULT = 'http://127.0.0.1:4300';
const OTLP_PORT = '4318';
/** Some 30 MB of spans and 8 MB of records at most: hours of a renderer, minutes of a busy gateway. */
const SPANS_MOST = 16_384;
const RECORDS_MOST = 50_000;
const RECORD_BYTES_MOST = 8 * 1024 * 1024;
const FLUSH_MS = 1_000;
const METRICS_MS = 10_000;
const END_MS = 5_000;
/** Of the time to end: what is kept for the last counters, which tell what was lost. */
const METERS_SHARE = 0.2;

let current: { client: Client; pegbar: Pegbar } | undefined;

/** The senders of `init`; undefined before it. */
export const currentClient = (): Client | undefined => current?.client;

/**
 * Sets tracing and counters up, unless a provider of OpenTelemetry is there: then spans go through that one, and only
 * records go to Pegbar directly. Called again it returns what is there.
 */
export function init(options: InitOptions): Pegbar {
  if (current) {
    diag.warn('pegbar: init was called before; this call changes nothing');
    return current.pegbar;
  }
  const { runtime = systemRuntime, flush_ms = FLUSH_MS, key } = options;
  useRuntime(runtime);
  const existing = hasProvider();
  const resource = resourceOf(options);
  const url = withoutSlash(options.url ?? URL_DEFAULT);
  const otlp = otlpUrlOf(options);
  const over = new AbortController();
  const meters = existing
    ? undefined
    : createMeterProvider({
        url: otlp,
        key,
        resource,
        runtime,
        signal: over.signal,
        every_ms: options.metrics_ms ?? METRICS_MS,
      });
  if (meters) metrics.setGlobalMeterProvider(meters);
  const onDrop = createLossReport(runtime, options.onDrop);
  const { buffer } = options;
  const spans = existing
    ? undefined
    : createSpanBuffer({
        url: otlp,
        key,
        flush_ms,
        runtime,
        items: buffer?.spans ?? SPANS_MOST,
        onDrop: (reason, count) => onDrop('spans', reason, count),
      });
  if (spans)
    new NodeTracerProvider({
      resource,
      // Also below a caller that did not sample: figures never depend on what is kept, and Pegbar chooses what is.
      sampler: new AlwaysOnSampler(),
      spanProcessors: [spanProcessorOf(spans, END_MS)],
    }).register();
  const client = new Client({
    url,
    key,
    flush_ms,
    runtime,
    onDrop,
    defaults: defaultsOf(options),
    ...(spans ? { spans } : {}),
    records: { items: buffer?.records ?? RECORDS_MOST, bytes: buffer?.record_bytes ?? RECORD_BYTES_MOST },
  });
  const pegbar = handleOf({ client, meters, existing, runtime, over });
  current = { client, pegbar };
  return pegbar;
}

interface Parts {
  client: Client;
  meters: MeterProvider | undefined;
  existing: boolean;
  runtime: Runtime;
  /** Ends exports of counters that are under way. */
  over: AbortController;
}

function handleOf({ client, meters, existing, runtime, over }: Parts): Pegbar {
  /** Waits for the work, at most so long. */
  async function within(ms: number, work: Promise<void> | undefined): Promise<void> {
    if (!work) return;
    let stop = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      stop = runtime.after(ms, resolve, true);
    });
    await Promise.race([work.catch(() => undefined), late]);
    stop();
  }

  /** A script that ends by itself still sends what it has. */
  const beforeExit = (): void => {
    void client.flush(END_MS).then((done) => {
      const { spans, records } = client.status();
      if (!done)
        diag.warn(`pegbar: ended with ${spans.buffered} spans and ${records.buffered} records unsent`);
    });
  };
  process.once('beforeExit', beforeExit);
  return {
    uses_existing_provider: existing,
    status: () => client.status(),
    async flush(timeout_ms = END_MS) {
      const [sent] = await Promise.all([client.flush(timeout_ms), within(timeout_ms, meters?.forceFlush())]);
      return sent;
    },
    async shutdown(timeout_ms = END_MS) {
      process.off('beforeExit', beforeExit);
      current = undefined;
      const until = runtime.monotonic() + timeout_ms;
      // Losses are counted by the meters, so these go last, and time is kept for them.
      const sent = await client.close(timeout_ms * (1 - METERS_SHARE));
      await within(Math.max(0, until - runtime.monotonic()), meters?.shutdown());
      over.abort();
      if (!existing) for (const api of [trace, metrics, context, propagation]) api.disable();
      useRuntime(systemRuntime);
      return sent;
    },
  };
}

/**
 * For a provider of your own that sends elsewhere: the same spans to Pegbar too, through the same buffer.
 * `new NodeTracerProvider({ spanProcessors: [yours, spanProcessor({ url, key })] })`
 */
export function spanProcessor(
  options: Pick<InitOptions, 'url' | 'otlp_url' | 'key' | 'buffer' | 'flush_ms' | 'onDrop' | 'runtime'>,
): SpanProcessor {
  const { runtime = systemRuntime, flush_ms = FLUSH_MS, key } = options;
  const onDrop = createLossReport(runtime, options.onDrop);
  const spans = createSpanBuffer({
    url: otlpUrlOf(options),
    key,
    flush_ms,
    runtime,
    items: options.buffer?.spans ?? SPANS_MOST,
    onDrop: (reason, count) => onDrop('spans', reason, count),
  });
  return spanProcessorOf(spans, END_MS);
}

/** The API hands out a proxy; it has a tracer to hand on to only where a provider was registered. */
function hasProvider(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(TRACER) !== undefined;
}

function resourceOf(options: InitOptions): Resource {
  const { tenant, region, workload, hardware_class, model_version, service_version } = options;
  const told = {
    'service.name': options.service,
    'service.version': service_version,
    'pegbar.tenant': tenant,
    'pegbar.region': region,
    'pegbar.workload': workload,
    'pegbar.hardware_class': hardware_class,
    'pegbar.model.version': model_version,
  };
  const known = Object.entries(told).filter(([, value]) => value !== undefined);
  return defaultResource().merge(resourceFromAttributes(Object.fromEntries(known)));
}

function defaultsOf({ tenant, region, workload, model_version }: InitOptions): Record<string, unknown> {
  const told = { tenant, region, workload, model: model_version };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

function otlpUrlOf({ url = URL_DEFAULT, otlp_url }: Pick<InitOptions, 'url' | 'otlp_url'>): string {
  if (otlp_url !== undefined) return withoutSlash(otlp_url);
  const otlp = new URL(url);
  otlp.port = OTLP_PORT;
  return withoutSlash(otlp.origin);
}
