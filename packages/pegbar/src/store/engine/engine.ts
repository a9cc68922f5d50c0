/** What the rest of Pegbar sees of a ClickHouse endpoint, wherever it comes from. */

export type EngineKind = 'child' | 'binary' | 'url';

/** An engine user that can read one database of views and nothing else. */
export interface AnalystSlot {
  user: string;
  password: string;
  database: string;
}

/** What a client needs of an endpoint; passes from thread to thread. */
export type EngineAddress = Pick<Engine, 'url' | 'user' | 'password'>;

/** A running endpoint. One value per start: after a restart port, passwords and pid are different ones. */
export interface Engine {
  kind: EngineKind;
  /** Base address without a trailing slash, e.g. `http://127.0.0.1:40123`. */
  url: string;
  /** Full access to the database `pegbar` and to the databases of the slots. */
  user: string;
  password: string;
  /** Slot 0 belongs to the scope "all tenants"; may be empty where users cannot be made (`url`). */
  analystPool: AnalystSlot[];
  /** Only where the engine is a process of ours. */
  pid?: number;
  /** Ends the engine and resolves when the process is gone. A `url` engine only forgets. */
  stop(): Promise<void>;
  /** SIGKILL, for an engine that no longer answers. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Calls back once when the process ends without `stop` having been called. */
  onDeath(callback: (reason: string) => void): void;
}

export interface EngineLauncher {
  kind: EngineKind;
  /** Resolves when the endpoint answers a query of its internal user. Throws `EngineStartError`. */
  start(): Promise<Engine>;
}

/** The engine could not be started. `cure` tells the operator what to do. */
export class EngineStartError extends Error {
  override name = 'EngineStartError';
  readonly cure: string;
  /** False where trying again cannot help: something is not installed or not permitted. */
  readonly retryable: boolean;

  constructor(message: string, cure: string, retryable: boolean) {
    super(message);
    this.cure = cure;
    this.retryable = retryable;
  }
}

/** Bounds of one query of a person or a language model (`wall.ts`). Times in seconds, sizes in bytes. */
export interface AnalystLimits {
  execution_s: number;
  memory_bytes: number;
  result_rows: number;
  result_bytes: number;
  threads: number;
}

/** What the engine may take of the machine. Sizes in bytes. */
export interface EngineTuning {
  /** Hard cap of the whole server; a query that would exceed it fails with MEMORY_LIMIT_EXCEEDED. */
  memory_bytes: number;
  /** Threads of one internal query. */
  threads: number;
  /** Number of analyst users, slot 0 included. Users are read at start only. */
  slots: number;
  analyst: AnalystLimits;
}

export const DEFAULT_ANALYST_LIMITS: AnalystLimits = {
  execution_s: 30,
  memory_bytes: 1_000_000_000,
  // One row more than is answered, so that a cut answer is known to be cut.
  result_rows: 100_001,
  result_bytes: 64 * 1024 * 1024,
  threads: 2,
};

/** A tenant beyond the pool takes the slot that has been idle longest, so 64 bounds users, not tenants. */
const DEFAULT_SLOTS = 64;
/** Smallest cap with which imports and 28-day panels ran in our measurements (docs/decisions). */
const MIN_MEMORY_BYTES = 700_000_000;
const MAX_MEMORY_BYTES = 8_000_000_000;

/** Takes at most half of the machine's memory and half of its cores: ingest runs beside the engine. */
export function defaultTuning(machine: { memory_bytes: number; cores: number }): EngineTuning {
  const half = Math.floor(machine.memory_bytes / 2);
  const memory_bytes = Math.max(MIN_MEMORY_BYTES, Math.min(MAX_MEMORY_BYTES, half));
  const threads = Math.max(1, Math.ceil(machine.cores / 2));
  return {
    memory_bytes,
    threads,
    slots: DEFAULT_SLOTS,
    analyst: {
      ...DEFAULT_ANALYST_LIMITS,
      memory_bytes: Math.min(DEFAULT_ANALYST_LIMITS.memory_bytes, Math.floor(memory_bytes / 2)),
      threads,
    },
  };
}

/** Name of the database and of the user of a slot. */
export function slotName(index: number, prefix = 'pegbar_slot'): string {
  return `${prefix}_${String(index).padStart(2, '0')}`;
}
