import type { Access, Caller, TenantScope } from '../access/index.ts';
import type { Artifacts } from '../artifacts/index.ts';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import type { ServerConfig } from '../config/index.ts';
import type { EventContext, EventVerdict, Pressure } from '../ingest/index.ts';
import type { RollupKeeper } from '../rollups/index.ts';
import type { Spool } from '../spool/index.ts';
import type { State } from '../state/index.ts';
import type { Supervisor } from '../store/engine/index.ts';
import type { Loader, Store, Wall } from '../store/index.ts';
import type { Style } from '../style/index.ts';
import type { Route } from './routes.ts';

/** What the API is made of. `main.ts` puts it together. */
export interface ApiDeps {
  intake: { pressure(): Pressure | null };
  events: { accept(body: string, context: EventContext): Promise<EventVerdict> };
  store: Store;
  wall: Wall;
  keeper: Pick<RollupKeeper, 'unstored' | 'content' | 'touch' | 'settle'>;
  access: Access;
  counters: Counters;
  spool: Pick<Spool, 'backlog' | 'deadLetters' | 'exhume' | 'forget'>;
  supervisor: Pick<Supervisor, 'state' | 'restarts' | 'current' | 'ready'>;
  loader: Pick<Loader, 'loaded' | 'inTurn'>;
  state: State;
  /** `tenant/user hash` of those who want no telemetry: ingest reads it, this room keeps it and the table equal. */
  optOuts: Set<string>;
  /** The tenant's hash of a user id as senders say it, 16 hexadecimal digits. */
  userHash?(tenant: string, userId: string): string;
  /** An id as the tenant's policy stores it: itself, or its keyed hash. */
  storedId?(tenant: string, id: string): string;
  /** Where pictures lie; a folder of the data folder where not said. */
  artifacts?: Artifacts;
  /** Collections and their style; a server without it refuses questions about style. */
  style?: Pick<Style, 'read' | 'recompute'>;
  /** Free bytes of the disk of the data folder. */
  disk: { free(): number };
  /** Resolves when everything acknowledged before the call can be queried and is in the rollups. */
  flush(): Promise<void>;
  clock: Clock;
  log: Log;
  config: Pick<
    ServerConfig,
    'host' | 'port' | 'max_body_bytes' | 'max_disk_bytes' | 'min_free_bytes' | 'data' | 'beacon_origins'
  >;
  version: string;
  /** Base URLs of the OTLP doors, null for one that is not open. */
  otlp_http: string | null;
  otlp_grpc: string | null;
  /** False while the server starts or stops. */
  ready?(): boolean;
  /** Unguessable id of a request. */
  randomId?(): string;
}

/** One request that has passed the door. */
export interface Call {
  readonly request: Request;
  readonly url: URL;
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  /** null on open addresses. */
  readonly caller: Caller | null;
  /** Whose rows the caller may see. */
  readonly scope: TenantScope;
  /** Where it comes from, to count by; '' where that is not known. */
  readonly address: string;
  /** Aborts when the caller goes away or the time is over. */
  readonly signal: AbortSignal;
}

export type Handler = (call: Call) => Promise<Response> | Response;
export type Handlers = Readonly<Record<string, Handler>>;
