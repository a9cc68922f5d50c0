/**
 * Looks at the thumbnails that are kept, in a thread of its own: some milliseconds of arithmetic per picture that
 * ingest must not wait for. What it sees becomes an `embedding` record, durable like any other.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { connectRemote, type Remote } from '../base/remote.ts';
import { LOOK, LOOK_PX, LOOK_VERSION } from './descriptor.ts';
import { type Look, look } from './look.ts';
import type { Raster } from './oklab.ts';

export interface LookerDeps {
  clock: Clock;
  counters: Counters;
  log: Log;
  /** Accepts records as a sender would; resolves when they are durable. */
  send(tenant: string, ndjson: string): Promise<unknown>;
}

export interface Looker {
  px: number;
  saw(tenant: string, image_id: string, raster: Raster): Promise<void>;
  stop(): Promise<unknown>;
}

interface Far {
  look(raster: Raster): Look;
  [name: string]: (...args: never[]) => unknown;
}

export function createLooker({ clock, counters, log, send }: LookerDeps): Looker {
  let thread: { remote: Remote<Far>; worker: Worker } | undefined;
  let stopped = false;

  /** Begun with the first picture; begun again after a fault. Sources that run as they are have no thread. */
  function threadOf(): Remote<Far> | undefined {
    if (!import.meta.url.endsWith('.js')) return undefined;
    if (thread) return thread.remote;
    const worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'pegbar-looks' });
    worker.unref();
    const remote = connectRemote<Far>(worker, {});
    thread = { remote, worker };
    let reason = 'it ended';
    worker.once('error', (error) => {
      reason = error.stack ?? String(error);
    });
    worker.once('exit', () => {
      remote.end(new Error(reason));
      thread = undefined;
      if (!stopped)
        log.warn({ reason }, 'the thread that looks at pictures ended; the next picture starts another');
    });
    return remote;
  }

  return {
    px: LOOK_PX,
    async saw(tenant, image_id, raster) {
      try {
        const began = clock.monotonic();
        const remote = threadOf();
        const seen = remote ? await remote.call('look', raster) : look(raster);
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
    async stop() {
      stopped = true;
      await thread?.worker.terminate();
    },
  };
}
