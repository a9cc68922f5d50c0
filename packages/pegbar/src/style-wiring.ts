/** Wires what pictures look like: looks, collections, vectors that come with stages, and pictures from before. */
import { join } from 'node:path';
import type { Access } from './access/index.ts';
import { createArtifacts, directoryFiles, readReference } from './artifacts/index.ts';
import type { Clock } from './base/clock.ts';
import type { Counters } from './base/counters.ts';
import type { Log } from './base/log.ts';
import type { ServerConfig } from './config/index.ts';
import type { State } from './state/index.ts';
import type { Store } from './store/index.ts';
import {
  createBackfill,
  createLooker,
  createStyle,
  createStyleThread,
  createVectorCollector,
} from './style/index.ts';

/** A vector of the contract's length as NumPy or JSON writes it, with room to spare. */
const VECTOR_BYTES = 256 * 1024;

export interface StyleWiring {
  config: ServerConfig;
  clock: Clock;
  counters: Counters;
  log: Log;
  state: State;
  access: Access;
  store: Store;
  closers: (() => unknown)[];
  /** Accepts records as a sender would; resolves when they are durable. */
  send(tenant: string, ndjson: string): Promise<unknown>;
}

/**
 * What pictures look like, and whether that is still their collection's style. `artifacts` keeps them and shows each
 * thumbnail to who looks at it; `chores` happen by themselves.
 */
export function openStyle({ config, access, closers, ...common }: StyleWiring) {
  const { log } = common;
  const thread = createStyleThread({ log });
  closers.push(() => thread.stop());
  const onlooker = createLooker({ ...common, thread });
  const artifacts = createArtifacts({ files: directoryFiles(join(config.data, 'artifacts')), log, onlooker });
  const style = createStyle({ ...common, access, thread });
  const chores = [
    style.keeper,
    createBackfill({ ...common, look: artifacts.lookAgain }),
    createVectorCollector({
      ...common,
      readFile: (tenant, uri) => readReference(uri, access.tenantSpec(tenant).artifact_roots, VECTOR_BYTES),
    }),
  ];
  return { artifacts, chores, style };
}
