/**
 * The thread in which pictures are looked at and compared: milliseconds of arithmetic per picture, and hundreds per
 * question, that ingest must not wait for.
 */
import { Worker } from 'node:worker_threads';
import type { Centroid } from '@pegbar/stats';
import type { Log } from '../base/log.ts';
import { connectRemote, type Remote } from '../base/remote.ts';
import { compareStyle, type StyleTold } from './comparison.ts';
import { type Look, look } from './look.ts';
import type { Raster } from './oklab.ts';
import { type PackedPictures, packPictures, unpackPictures } from './packed.ts';
import type { Picture } from './pictures.ts';

export interface StyleThread {
  look(raster: Raster): Promise<Look>;
  /** `now` and `before` have vectors of one length each. */
  compare(now: readonly Picture[], before: readonly Picture[], centroid: Centroid | null): Promise<StyleTold>;
  stop(): Promise<unknown>;
}

/** What the other side offers. */
export const STYLE_OFFERS = {
  look,
  compare: (now: PackedPictures, before: PackedPictures, centroid: Centroid | null): StyleTold =>
    compareStyle(unpackPictures(now), unpackPictures(before), centroid),
};
interface Far {
  look: typeof STYLE_OFFERS.look;
  compare: typeof STYLE_OFFERS.compare;
  [name: string]: (...args: never[]) => unknown;
}

export function createStyleThread({ log }: { log: Log }): StyleThread {
  let thread: { remote: Remote<Far>; worker: Worker } | undefined;
  let stopped = false;

  /** Begun with the first question; begun again after a fault. Sources that run as they are have no thread. */
  function remoteOf(): Remote<Far> | undefined {
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
    async look(raster) {
      const remote = remoteOf();
      return remote ? remote.call('look', raster) : look(raster);
    },
    async compare(now, before, centroid) {
      const remote = remoteOf();
      return remote
        ? remote.call('compare', packPictures(now), packPictures(before), centroid)
        : compareStyle(now, before, centroid);
    },
    async stop() {
      stopped = true;
      await thread?.worker.terminate();
    },
  };
}
