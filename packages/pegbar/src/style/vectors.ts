/**
 * Vectors that came with stages: written into an attribute of the span or record, or lying in a file that the stage
 * names. They become `embedding` records like any other, off the way of whoever sent them.
 *
 * A file is read only where its address lies under one of the tenant's `artifact_roots`; nothing is ever fetched.
 */
import { EMBEDDING_ATTRIBUTES } from '@pegbar/contract';
import { startChore } from '../base/chore.ts';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { readSetting, type State, writeSetting } from '../state/index.ts';
import { type Store, StoreFailure } from '../store/index.ts';
import { VECTORS_TOLD } from './queries.ts';
import { type TextVector, vectorOfFile, vectorOfJson } from './vector-text.ts';

export interface VectorDeps {
  store: Pick<Store, 'rows'>;
  state: State;
  clock: Clock;
  counters: Counters;
  log: Log;
  /** The bytes of a file that the tenant's roots allow; null where they do not, or it is not there or too large. */
  readFile(tenant: string, uri: string): Promise<Buffer | null>;
  /** Accepts records as a sender would; resolves when they are durable. */
  send(tenant: string, ndjson: string): Promise<unknown>;
}

export interface VectorCollector {
  /** Collects what was loaded since the last look; resolves with the number of vectors. */
  look(): Promise<number>;
  start(): () => void;
}

/** The last segment and picture that were looked at. */
const PLACE = 'style.vectors_after';
const LEAST_WAIT_MS = 10_000;
/** The look itself may take this share of the time. */
const SHARE = 50;
/** Rows in memory at a time: a vector as text is some 90 kB at most. */
const BATCH = 200;
/** Days of ingest that a restart looks back over. */
const DAYS_BACK = 2;
const DAY_MS = 86_400_000;

interface Told {
  segment: string;
  owner: string;
  image_id: string;
  request_id: string;
  at_ms: string;
  vector: string;
  embedder: string;
  embedder_version: string;
  uri: string;
}

type Place = [seg: string, image_id: string];

export function createVectorCollector(deps: VectorDeps): VectorCollector {
  const { store, state, clock, counters, log } = deps;

  async function look(): Promise<number> {
    let place = ((await readSetting(state, PLACE)) as Place | undefined) ?? ['0', ''];
    let collected = 0;
    for (;;) {
      const found = await store.rows<Told>(VECTORS_TOLD, {
        params: {
          since: new Date(clock.now() - DAYS_BACK * DAY_MS).toISOString().slice(0, 10),
          seg: place[0],
          image: place[1],
          limit: BATCH,
          vector_key: EMBEDDING_ATTRIBUTES.vector,
          embedder_key: EMBEDDING_ATTRIBUTES.embedder,
          version_key: EMBEDDING_ATTRIBUTES.version,
        },
      });
      if (!found.ok) throw new StoreFailure(found.error);
      const last = found.value.at(-1);
      if (!last) return collected;
      collected += await collect(found.value);
      place = [last.segment, last.image_id];
      await writeSetting(state, PLACE, place, clock.now());
      if (found.value.length < BATCH) return collected;
    }
  }

  async function collect(rows: readonly Told[]): Promise<number> {
    const lines = new Map<string, string[]>();
    let n = 0;
    for (const row of rows) {
      const read = await readVector(row);
      if (typeof read === 'string') {
        counters.add('pegbar_vectors_skipped_total', { reason: read });
        continue;
      }
      lines.set(row.owner, [...(lines.get(row.owner) ?? []), JSON.stringify(recordOf(row, read))]);
      n++;
    }
    for (const [tenant, own] of lines) await deps.send(tenant, own.join('\n'));
    counters.add('pegbar_vectors_collected_total', {}, n);
    return n;
  }

  /** Or why there is none. */
  async function readVector(row: Told): Promise<Required<TextVector> | string> {
    const bytes = row.vector === '' ? await deps.readFile(row.owner, row.uri) : null;
    if (row.vector === '' && bytes === null) return 'not_readable';
    const told = bytes === null ? vectorOfJson(row.vector) : vectorOfFile(bytes);
    if (told === null) return 'no_vector';
    // What the stage says counts before what the file says.
    const embedder = row.embedder || told.embedder;
    const embedder_version = row.embedder_version || told.embedder_version;
    return embedder && embedder_version ? { vector: told.vector, embedder, embedder_version } : 'no_version';
  }

  return {
    look,
    start: () =>
      startChore({
        clock,
        look,
        failed: (error) =>
          log.warn({ error: String(error) }, 'vectors that came with stages could not be collected yet'),
        least_wait_ms: LEAST_WAIT_MS,
        share: SHARE,
      }),
  };
}

/** The same stage, looked at twice, tells the same record. */
function recordOf(
  { image_id, request_id, at_ms }: Told,
  { vector, embedder, embedder_version }: Required<TextVector>,
): Record<string, unknown> {
  return {
    type: 'embedding',
    event_id: `embedding:${embedder}:${embedder_version}:${image_id}`.slice(0, EVENT_ID_MOST),
    timestamp: Number(at_ms),
    image_id,
    ...(request_id !== '' && { request_id }),
    embedder,
    embedder_version,
    vector,
  };
}
const EVENT_ID_MOST = 500;
