import { startChore } from '../base/chore.ts';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../store/index.ts';
import { MARKED, SEEN } from './queries.ts';

/**
 * Marks releases that nobody announced: a model version that a tenant has never used, or another checkpoint under a
 * version that it has, becomes a deployment of its own, `attributes['detected'] = 'true'`, at the start of the first
 * request that used it. A version that somebody marked is left alone.
 */
export interface DetectorOptions {
  store: Store;
  clock: Clock;
  counters: Counters;
  log: Log;
  /** Accepts records as a sender would; resolves when they are durable. */
  send(tenant: string, ndjson: string): Promise<unknown>;
}

const LEAST_WAIT_MS = 30_000;
/** The look itself may take this share of the time: on a store of many days it waits longer between two. */
const SHARE = 100;
/** A tenant that names each job a version would flood the charts; the count of what was left out is told. */
const VERSIONS_PER_TENANT = 2_000;
const ROWS_MOST = 200_000;
const DAY_MS = 86_400_000;
/** Ingest days that each look covers; what is older was looked at in its time, or at start. */
const DAYS_BACK = 1;

interface Seen {
  tenant: string;
  version: string;
  family: string;
  hash: string;
  first_ms: string;
}

interface Marked {
  tenant: string;
  version: string;
  hash: string;
}

type Known = Map<string, Map<string, Set<string>>>;

export interface Detector {
  /** Looks once, at everything the first time; resolves with how many marks were written. */
  look(): Promise<number>;
  start(): () => void;
}

export function createDetector({ store, clock, counters, log, send }: DetectorOptions): Detector {
  const known: Known = new Map();
  let first = true;

  async function look(): Promise<number> {
    const marked = await store.rows<Marked>(MARKED, { params: { limit: ROWS_MOST } });
    if (!marked.ok) return 0;
    for (const { tenant, version, hash } of marked.value)
      hashesOf(versionsOf(known, tenant), version).add(hash);
    const since = first
      ? '1970-01-01'
      : new Date(clock.now() - DAYS_BACK * DAY_MS).toISOString().slice(0, 10);
    const found = await store.rows<Seen>(SEEN, { params: { since, limit: ROWS_MOST } });
    if (!found.ok) return 0;
    first = false;
    const marks = new Map<string, string[]>();
    for (const one of found.value) {
      if (!isNews(known, one, () => counters.add('pegbar_detected_deployments_skipped_total', {}))) continue;
      marks.set(one.tenant, [...(marks.get(one.tenant) ?? []), JSON.stringify(recordOf(one))]);
    }
    let written = 0;
    for (const [tenant, lines] of marks) {
      await send(tenant, lines.join('\n'));
      written += lines.length;
    }
    if (written > 0) {
      counters.add('pegbar_detected_deployments_total', {}, written);
      log.info({ deployments: written }, 'versions or checkpoints that were not seen before are marked');
    }
    return written;
  }

  return {
    look,
    start: () =>
      startChore({
        clock,
        look,
        failed: (error) => log.warn({ error: String(error) }, 'new versions could not be looked for'),
        least_wait_ms: LEAST_WAIT_MS,
        share: SHARE,
      }),
  };
}

/**
 * Notes what was seen and says whether it deserves a mark. The first hash under a version belongs to the version
 * itself; a row without a hash tells nothing of the checkpoint.
 */
function isNews(known: Known, { tenant, version, hash }: Seen, skipped: () => void): boolean {
  const versions = versionsOf(known, tenant);
  const isNewVersion = !versions.has(version);
  if (isNewVersion && versions.size >= VERSIONS_PER_TENANT) {
    skipped();
    return false;
  }
  const hashes = hashesOf(versions, version);
  const isKnownHash = hash === '' || hashes.has(hash);
  const isFirstHash = [...hashes].every((one) => one === '');
  if (hashes.size < VERSIONS_PER_TENANT) hashes.add(hash);
  return isNewVersion || (!isKnownHash && !isFirstHash);
}

const versionsOf = (known: Known, tenant: string): Map<string, Set<string>> => {
  const versions = known.get(tenant) ?? new Map<string, Set<string>>();
  known.set(tenant, versions);
  return versions;
};

const hashesOf = (versions: Map<string, Set<string>>, version: string): Set<string> => {
  const hashes = versions.get(version) ?? new Set<string>();
  versions.set(version, hashes);
  return hashes;
};

function recordOf({ version, family, hash, first_ms }: Seen): Record<string, unknown> {
  const id = `detected:${version}${hash === '' ? '' : `@${hash}`}`;
  return {
    type: 'deployment',
    event_id: id,
    id,
    kind: 'model',
    status: 'start',
    version,
    timestamp: Number(first_ms),
    note: hash === '' ? 'seen for the first time' : `checkpoint ${hash} seen for the first time`,
    model: { version, ...(family === '' ? {} : { family }) },
    attributes: { detected: 'true', ...(hash === '' ? {} : { checkpoint_hash: hash }) },
  };
}
