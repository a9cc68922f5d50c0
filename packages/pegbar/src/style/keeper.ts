/**
 * Keeps what collections promise: a centroid as soon as their references are there, and a `style_distance` for every
 * picture of theirs that nobody else has told one of, at the time of the picture.
 */
import { styleDistance } from '@pegbar/stats';
import { startChore } from '../base/chore.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import {
  type CentroidDeps,
  type KeptCentroid,
  makeCentroid,
  newestCentroid,
  readReferences,
  scopeOf,
} from './centroids.ts';
import type { Collection } from './collections.ts';
import { type Picture, readUnscored } from './pictures.ts';

export interface KeeperDeps extends CentroidDeps {
  counters: Counters;
  log: Log;
  collections(): Promise<readonly Collection[]>;
  /** Accepts records as a sender would; resolves when they are durable. */
  send(tenant: string, ndjson: string): Promise<unknown>;
}

export interface StyleKeeper {
  /** Looks once; resolves with the number of distances that were told. */
  look(): Promise<number>;
  start(): () => void;
}

const LEAST_WAIT_MS = 10_000;
/** The look itself may take this share of the time. */
const SHARE = 100;
const DAY_MS = 86_400_000;
/** So many references are a style; fewer wait until no more come in. */
const REFERENCES_PLENTY = 200;
/** Vectors in memory at a time. */
const BATCH = 2_000;
/** As ingest has it: a picture's clock may run ahead of ours by a day. */
const AHEAD_MS = DAY_MS;

export function createStyleKeeper(deps: KeeperDeps): StyleKeeper {
  const { clock, counters, log } = deps;
  /** References of a collection at the look before. */
  const waiting = new Map<string, number>();
  /** Collections whose whole history was looked at, by centroid. */
  const caughtUp = new Set<string>();

  async function centroidFor(collection: Collection): Promise<KeptCentroid | null> {
    const kept = await newestCentroid(deps.state, collection);
    if (kept?.current) return kept;
    const found = await readReferences(deps, collection);
    if (!found.ok) return null;
    const n = found.value.pictures.length;
    const isSettled = waiting.get(collection.digest + collection.tenant) === n || n >= REFERENCES_PLENTY;
    waiting.set(collection.digest + collection.tenant, n);
    if (!isSettled) return null;
    const made = await makeCentroid(deps, collection, found.value);
    if (!made.ok) return null;
    waiting.delete(collection.digest + collection.tenant);
    counters.add('pegbar_style_centroids_total');
    log.info(
      { collection: collection.name, version: made.value.version, references: n },
      'a collection has a centroid',
    );
    return made.value;
  }

  async function score(collection: Collection, kept: KeptCentroid): Promise<number> {
    const key = `${collection.tenant}/${collection.name}/${kept.version}`;
    const now = clock.now();
    const since = caughtUp.has(key) ? new Date(now - DAY_MS).toISOString().slice(0, 10) : '1970-01-02';
    const { embedder, embedder_version, pictures } = collection;
    let after: Picture | undefined;
    let told = 0;
    // By their ids: what was just told cannot be read yet.
    do {
      const found = await readUnscored(deps, scopeOf(collection), {
        embedder,
        embedder_version,
        filter: pictures.filter,
        since,
        after,
        from_ms: 0,
        to_ms: now + AHEAD_MS,
        limit: BATCH,
      });
      if (!found.ok) return told;
      const fitting = found.value.filter(({ vector }) => vector.length === kept.centroid.mean.length);
      if (fitting.length > 0) await tell(collection, kept, fitting);
      told += fitting.length;
      after = found.value.length < BATCH ? undefined : found.value.at(-1);
    } while (after !== undefined);
    caughtUp.add(key);
    return told;
  }

  async function tell(
    collection: Collection,
    kept: KeptCentroid,
    pictures: readonly Picture[],
  ): Promise<void> {
    const lines = new Map<string, string[]>();
    for (const picture of pictures) {
      const own = lines.get(picture.tenant) ?? [];
      own.push(JSON.stringify(scoreOf(collection, kept, picture)));
      lines.set(picture.tenant, own);
    }
    for (const [tenant, own] of lines) await deps.send(tenant, own.join('\n'));
    counters.add('pegbar_style_distances_total', {}, pictures.length);
  }

  async function look(): Promise<number> {
    let told = 0;
    for (const collection of await deps.collections()) {
      const kept = await centroidFor(collection);
      if (kept) told += await score(collection, kept);
    }
    return told;
  }

  return {
    look,
    start: () =>
      startChore({
        clock,
        look,
        failed: (error) => log.warn({ error: String(error) }, 'collections could not be looked after'),
        least_wait_ms: LEAST_WAIT_MS,
        share: SHARE,
      }),
  };
}

/** Told once per picture, whatever the version: a new centroid judges what comes after it. */
function scoreOf(
  { name, embedder, embedder_version }: Collection,
  { version, centroid }: KeptCentroid,
  { image_id, request_id, at_ms, vector }: Picture,
): Record<string, unknown> {
  return {
    type: 'score',
    event_id: `style_distance:${name}:${image_id}`,
    timestamp: at_ms,
    image_id,
    ...(request_id !== '' && { request_id }),
    name: 'style_distance',
    value: Math.round(styleDistance(vector, centroid) * 1e6) / 1e6,
    scorer: embedder,
    scorer_version: `${embedder_version}+centroid.${version}`,
    attributes: { collection: name },
  };
}
