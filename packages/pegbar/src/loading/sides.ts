/** What the two sides of the loading thread say to each other. Everything here is copied from thread to thread. */
import type { LogLevel } from '../base/log.ts';
import type { Bucket, ContentHourCounts } from '../rollups/index.ts';
import type { ClosedLog, IdFile } from '../spool/index.ts';
import type { Queries } from '../state/index.ts';
import type { EngineAddress } from '../store/engine/index.ts';

/** How the thread begins. A thread that takes the place of another gets what is there by then. */
export interface LoadingSetup {
  spoolDir: string;
  idFiles: readonly IdFile[];
  closed: readonly ClosedLog[];
  engine: EngineAddress | null;
  logLevel: LogLevel;
}

/** Offers of the loading thread. */
export interface LoadingSide {
  /** A log was closed and can be loaded. */
  closed(log: ClosedLog): void;
  /** The engine that answers now, or null while there is none. */
  engine(address: EngineAddress | null): void;
  /** The tables are there: begins to load and to count. */
  start(): void;
  touch(buckets: readonly Bucket[]): Promise<void>;
  settle(): Promise<void>;
  /** Resolves between two logs; none is loaded until `resume`. */
  hold(): Promise<void>;
  resume(): void;
  stop(): Promise<void>;
}

/** Offers of the server to its loading thread. */
export interface ServerSide {
  stateAll: Queries['all'];
  stateGet: Queries['get'];
  stateRun: Queries['run'];
  /** A log was loaded and is gone. */
  released(log: number, rows: number): void;
  /** A counter of the server grew. */
  count(name: string, labels: Record<string, string>, n: number): void;
  /** An hour that is not in `roll_hours` was counted (rows for `unpackRows`), or stands there now (null). */
  counted(bucket: string, rows: Uint8Array | null): void;
  /** The same of what its prompts and pictures are about. */
  content(bucket: string, counts: ContentHourCounts | null): void;
}
