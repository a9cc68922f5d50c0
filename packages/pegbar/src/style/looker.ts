/**
 * Looks at the thumbnails that are kept, in a thread of its own: some milliseconds of arithmetic per picture that
 * ingest must not wait for. What it sees becomes an `embedding` record, durable like any other.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import { LOOK, LOOK_PX, LOOK_VERSION } from './descriptor.ts';
import type { Raster } from './oklab.ts';
import type { StyleThread } from './thread.ts';

export interface LookerDeps {
  clock: Clock;
  counters: Counters;
  /** Accepts records as a sender would; resolves when they are durable. */
  send(tenant: string, ndjson: string): Promise<unknown>;
  thread: Pick<StyleThread, 'look'>;
}

export interface Looker {
  px: number;
  saw(tenant: string, image_id: string, raster: Raster): Promise<void>;
}

export function createLooker({ clock, counters, send, thread }: LookerDeps): Looker {
  return {
    px: LOOK_PX,
    async saw(tenant, image_id, raster) {
      try {
        const began = clock.monotonic();
        const seen = await thread.look(raster);
        const record = {
          type: 'embedding',
          timestamp: clock.now(),
          image_id,
          embedder: LOOK,
          embedder_version: LOOK_VERSION,
          ...seen,
        };
        await send(tenant, JSON.stringify(record));
        counters.add('pegbar_looks_total');
        counters.add('pegbar_look_seconds_total', {}, (clock.monotonic() - began) / 1000);
      } catch (error) {
        counters.add('pegbar_looks_failed_total');
        throw error;
      }
    },
  };
}
