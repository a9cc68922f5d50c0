/** What is told of ComfyUI on its way to the server: in order, kept while the server is away, bounded. */
import type { Clock } from '../../../base/clock.ts';
import { type Span, tracesRequest } from '../../../importers/index.ts';
import { Backlog, isFinal, patienceOf } from '../../backlog.ts';
import type { Client, ClientFailure } from '../../client.ts';
import { otlpAddress, type ServerStatus } from '../../server-status.ts';

export interface Parcel {
  spans: Span[];
  records: Record<string, unknown>[];
  /** The prompt that is told to its end with it. */
  promptId?: string;
}

export interface DeliveryCounts {
  prompts: number;
  sent: number;
  rejected: number;
  dropped: number;
}

/** A prompt is some 20 KB; the history of ComfyUI, from which a restart reads again, ends at 10,000. */
const PARCELS_MOST = 5_000;
const BATCH_MOST = 100;
const REQUEST_MS = 30_000;

export interface DeliveryParts {
  client: Client;
  clock: Clock;
  say: (text: string) => void;
  spread: () => number;
  resource: () => Record<string, unknown>;
  version: string;
  onDelivered: (promptIds: string[]) => Promise<void>;
}

export class Delivery {
  readonly counts: DeliveryCounts = { prompts: 0, sent: 0, rejected: 0, dropped: 0 };
  private readonly parts: DeliveryParts;
  private readonly backlog = new Backlog<Parcel>({
    most: PARCELS_MOST,
    weigh: () => 1,
    onDrop: (lost) => {
      this.counts.dropped += lost.spans.length + lost.records.length;
    },
  });
  private otlp: string | undefined;
  private failures = 0;
  private notBefore = 0;

  constructor(parts: DeliveryParts) {
    this.parts = parts;
  }

  put(parcel: Parcel): void {
    if (parcel.spans.length + parcel.records.length === 0) return;
    this.backlog.put(parcel);
  }

  get isEmpty(): boolean {
    return this.backlog.size === 0;
  }

  /** Sends what waits, unless the server asked for a pause. `last` does not wait for the pause to end. */
  async pump(last = false): Promise<void> {
    const { clock } = this.parts;
    while (this.backlog.size > 0 && (last || clock.monotonic() >= this.notBefore)) {
      const parcels = this.backlog.take(BATCH_MOST);
      const failure = await this.send(parcels);
      if (failure) {
        this.backlog.release();
        this.later(failure);
        return;
      }
      this.backlog.settle();
      const promptIds = parcels.flatMap((one) => one.promptId ?? []);
      this.counts.prompts += promptIds.length;
      if (this.failures > 0) this.parts.say('the server answers again');
      this.failures = 0;
      await this.parts.onDelivered(promptIds);
    }
  }

  private async send(parcels: readonly Parcel[]): Promise<ClientFailure | undefined> {
    const records = parcels.flatMap((one) => one.records);
    const spans = parcels.flatMap((one) => one.spans);
    return (await this.sendRecords(records)) ?? (await this.sendSpans(spans));
  }

  private async sendRecords(records: readonly Record<string, unknown>[]): Promise<ClientFailure | undefined> {
    if (records.length === 0) return undefined;
    const answer = await this.parts.client.json<{ rejected?: { message: string }[] }>(
      'POST',
      '/api/v1/events',
      {
        // Ids are compared with the store, too: a restart tells again what ComfyUI's history still holds.
        query: { import: 'comfyui' },
        body: records.map((one) => JSON.stringify(one)).join('\n'),
        contentType: 'application/x-ndjson',
        retries: 0,
        timeoutMs: REQUEST_MS,
      },
    );
    if (!answer.ok) return this.settled(answer.error, records.length);
    const rejected = answer.value.rejected ?? [];
    this.counts.sent += records.length - rejected.length;
    this.refuse(rejected.length, rejected[0]?.message);
    return undefined;
  }

  private async sendSpans(spans: readonly Span[]): Promise<ClientFailure | undefined> {
    if (spans.length === 0) return undefined;
    const { client, resource, version } = this.parts;
    if (this.otlp === undefined) {
      // What a key that may only send may ask, too.
      const me = await client.json<ServerStatus>('GET', '/api/v1/me', { retries: 0 });
      if (!me.ok && me.error.kind !== 'denied') return me.error;
      this.otlp = otlpAddress(me.ok ? me.value : {}, client.url);
    }
    type Answer = { partialSuccess?: { rejectedSpans?: string | number; errorMessage?: string } };
    const answer = await client.json<Answer>('POST', '/v1/traces', {
      base: this.otlp,
      body: JSON.stringify(tracesRequest(spans, resource(), version)),
      retries: 0,
      timeoutMs: REQUEST_MS,
    });
    if (!answer.ok) {
      this.otlp = undefined;
      return this.settled(answer.error, spans.length);
    }
    const refused = Number(answer.value.partialSuccess?.rejectedSpans ?? 0);
    this.counts.sent += spans.length - refused;
    this.refuse(refused, answer.value.partialSuccess?.errorMessage);
    return undefined;
  }

  /** A body that is wrong stays wrong: it is counted, and what comes after it goes on. */
  private settled(failure: ClientFailure, items: number): ClientFailure | undefined {
    if (!isFinal(failure)) return failure;
    this.refuse(items, failure.message);
    return undefined;
  }

  private refuse(items: number, why: string | undefined): void {
    this.counts.rejected += items;
    if (items > 0) this.parts.say(`the server refused ${items} items: ${why ?? 'without saying why'}`);
  }

  private later(failure: ClientFailure): void {
    const { clock, say, spread } = this.parts;
    if (this.failures === 0) say(`${failure.message}; what is told waits, and is sent again`);
    this.notBefore = clock.monotonic() + patienceOf(this.failures++, spread());
  }
}
