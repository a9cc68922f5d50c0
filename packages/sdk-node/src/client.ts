/** The senders of a process: spans and counters over OTLP, everything else as records over the API. */
import { type Attributes, diag, metrics } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { type Buffer, type BufferStatus, createBuffer, type DropReason } from './buffer.ts';
import { post } from './post.ts';
import { lineOf, type RecordType } from './records.ts';
import { currentIds } from './request.ts';
import type { Runtime } from './runtime.ts';

export type Signal = 'spans' | 'records';

/** What was sent, what waits, and what was lost and why. */
export type Status = Record<Signal, BufferStatus>;

export interface ClientOptions {
  url: string;
  key: string | undefined;
  records: { items: number; bytes: number };
  flush_ms: number;
  /** On every record. */
  defaults: Record<string, unknown>;
  runtime: Runtime;
  spans?: Buffer<ReadableSpan>;
  onDrop(signal: Signal, reason: DropReason, count: number): void;
}

/** Of one request: a fraction of the smallest body limit that a server can be given. */
const BATCH_BYTES = 48 * 1024;
const BATCH_RECORDS = 500;
const NOTHING: BufferStatus = { buffered: 0, delivered: 0, dropped: {}, failures: 0 };

/** Ids of the context that a record of this type inherits. A release and a queue belong to no request. */
const INHERITS: ReadonlySet<RecordType> = new Set(['score', 'frames', 'model_load', 'cache', 'artifact']);

export class Client {
  readonly #options: ClientOptions;
  readonly #records: Buffer<string>;
  readonly #instance: string;
  #sent = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    const { runtime, key } = options;
    this.#instance = runtime.unique();
    this.#records = createBuffer<string>({
      runtime,
      flush_ms: options.flush_ms,
      ...options.records,
      batch_items: BATCH_RECORDS,
      batch_bytes: BATCH_BYTES,
      onDrop: (reason, count) => options.onDrop('records', reason, count),
      deliver: (batch, signal) =>
        post({
          runtime,
          key,
          signal,
          url: `${options.url}/api/v1/events`,
          type: 'application/x-ndjson',
          body: new TextEncoder().encode(batch.join('\n')),
          rejectedOf: tellRejections,
        }),
    });
  }

  /** False where it was not taken; `status` says why. Never throws, never waits. */
  send(type: RecordType, record: object): boolean {
    const { runtime, defaults } = this.#options;
    let line: string;
    try {
      line = lineOf(type, record, {
        now_ms: runtime.now(),
        unique: () => `${this.#instance}-${++this.#sent}`,
        defaults: INHERITS.has(type) ? { ...defaults, ...currentIds() } : defaults,
      });
    } catch (error) {
      diag.warn(`pegbar: a ${type} record cannot be JSON: ${String(error)}`);
      this.#records.drop('invalid');
      return false;
    }
    return this.#records.offer(line, Buffer.byteLength(line) + 1);
  }

  status(): Status {
    return { spans: this.#options.spans?.status() ?? NOTHING, records: this.#records.status() };
  }

  async flush(timeout_ms: number): Promise<boolean> {
    return all([this.#records.flush(timeout_ms), this.#options.spans?.flush(timeout_ms)]);
  }

  async close(timeout_ms: number): Promise<boolean> {
    return all([this.#records.close(timeout_ms), this.#options.spans?.close(timeout_ms)]);
  }
}

const all = async (work: (Promise<boolean> | undefined)[]): Promise<boolean> =>
  (await Promise.all(work)).every((done) => done !== false);

/** The server keeps the good lines and names the bad ones. */
function tellRejections(answer: Uint8Array): number {
  const { rejected = [] } = JSON.parse(new TextDecoder().decode(answer)) as {
    rejected?: { field: string; message: string }[];
  };
  const [first] = rejected;
  if (first)
    diag.warn(`pegbar: ${rejected.length} records were rejected; the first: ${first.field} ${first.message}`);
  return rejected.length;
}

/** Least time between two warnings about losses: a server that is away for a day fills no log. */
const WARN_EVERY_MS = 60_000;

/** Counts losses in a counter that reaches Pegbar too, and warns of them now and then. */
export function createLossReport(runtime: Runtime, heard?: ClientOptions['onDrop']): ClientOptions['onDrop'] {
  let warned = Number.NEGATIVE_INFINITY;
  let untold = 0;
  const counter = metrics.getMeter('@pegbar/node').createCounter('pegbar.sdk.dropped', {
    description: 'Spans and records that this process could not deliver',
  });
  return (signal, reason, count) => {
    counter.add(count, { signal, reason } satisfies Attributes);
    heard?.(signal, reason, count);
    untold += count;
    if (runtime.monotonic() - warned < WARN_EVERY_MS) return;
    warned = runtime.monotonic();
    diag.warn(`pegbar: ${untold} spans or records were dropped; the last: ${signal}, ${reason}`);
    untold = 0;
  };
}
