/**
 * Looks at thumbnails that were kept before there were looks, or before this version of them: once through all
 * pictures, a few at a time, so that nobody who sends pictures now waits for it.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { readSetting, type State, writeSetting } from '../state/index.ts';
import { type Store, StoreFailure } from '../store/index.ts';
import { LOOK, LOOK_VERSION } from './descriptor.ts';
import { PICTURES_UNSEEN } from './queries.ts';

export interface BackfillDeps {
  store: Pick<Store, 'rows'>;
  state: State;
  clock: Clock;
  counters: Counters;
  log: Log;
  /** Looks at the kept thumbnail of a picture; false where none is kept. */
  look(tenant: string, image_id: string): Promise<boolean>;
}

export interface Backfill {
  /** One page of pictures; false where there are no more. */
  step(): Promise<boolean>;
  start(): () => void;
}

/** How far it came, by version of the look. */
const PLACE = `style.looked_until.${LOOK}/${LOOK_VERSION}`;
/** Pictures of a step, most of which may have no file any more. */
const PAGE = 200;
/** Thumbnails come back to it as soon as they are kept: what came meanwhile is seen without it. */
const FIRST_WAIT_MS = 60_000;
/** It may take this share of the time. */
const SHARE = 4;
const LEAST_WAIT_MS = 1_000;
/** After a step that failed. */
const RETRY_MS = 60_000;

type Place = { tenant: string; image_id: string } | 'done';

export function createBackfill({ store, state, clock, counters, log, look }: BackfillDeps): Backfill {
  async function step(): Promise<boolean> {
    const place = ((await readSetting(state, PLACE)) as Place | undefined) ?? { tenant: '', image_id: '' };
    if (place === 'done') return false;
    const found = await store.rows<{ tenant: string; image_id: string }>(PICTURES_UNSEEN, {
      params: { ...place, embedder: LOOK, embedder_version: LOOK_VERSION, limit: PAGE },
    });
    if (!found.ok) throw new StoreFailure(found.error);
    for (const { tenant, image_id } of found.value) {
      // A file that cannot be read is told by who looks, and is not tried for ever.
      const seen = await look(tenant, image_id).catch(() => false);
      counters.add(seen ? 'pegbar_looks_backfilled_total' : 'pegbar_looks_without_file_total');
    }
    const last = found.value.at(-1);
    const next: Place = found.value.length < PAGE || !last ? 'done' : last;
    await writeSetting(state, PLACE, next, clock.now());
    if (next === 'done')
      log.info({ look: `${LOOK}/${LOOK_VERSION}` }, 'every kept thumbnail has been looked at');
    return next !== 'done';
  }

  return {
    step,
    start() {
      const stop = new AbortController();
      const run = async (): Promise<void> => {
        await clock.sleep(FIRST_WAIT_MS, stop.signal);
        while (!stop.signal.aborted) {
          const before = clock.monotonic();
          try {
            if (!(await step())) return;
            await clock.sleep(Math.max(LEAST_WAIT_MS, (clock.monotonic() - before) * SHARE), stop.signal);
          } catch (error) {
            log.warn({ error: String(error) }, 'thumbnails without a look could not be looked at yet');
            await clock.sleep(RETRY_MS, stop.signal);
          }
        }
      };
      void run();
      return () => stop.abort();
    },
  };
}
