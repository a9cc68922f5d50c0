/**
 * The one way to the engine. Every call has a lane (bounded concurrency), a deadline, a size bound and a
 * query id by which it is killed when the caller gives up; failures are values (`errors.ts`). The address is
 * asked of the supervisor for each call, so that a restart of the engine is seen as a slow answer.
 *
 * JSON answers carry 64-bit integers as strings; callers that count convert with `Number`.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Clock } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import {
  ANSWER_BUFFER_BYTES,
  collect,
  isCut,
  LostAnswer,
  parseLines,
  resultRows,
  TooLarge,
} from './answer.ts';
import { type AnalystSlot, DATABASE, type EngineAddress } from './engine/index.ts';
import { engineDown, fromThrown, type StoreError } from './errors.ts';
import { CANCELLED, createLanes, type Lane, type Lanes } from './lanes.ts';
import { createPoster, type Poster } from './post.ts';
import { applyScope, type TenantScope } from './scope.ts';

export type Settings = Record<string, string | number>;

export interface CallOptions {
  /** Bound parameters: `{name:Type}` in the text. */
  params?: Record<string, unknown>;
  settings?: Settings;
  signal?: AbortSignal;
  /** Milliseconds at the engine, the wait for a place not counted. */
  timeout_ms?: number;
  lane?: Lane;
}

export interface ScopedStore {
  /** As `Store.rows`; the text must hold `{tenant_filter}`, else it throws. */
  rows<T>(sql: string, options?: CallOptions): Promise<Result<T[], StoreError>>;
  native(sql: string, options?: CallOptions): Promise<Result<Buffer, StoreError>>;
}

/** The raw answer of an analyst's query, in JSONCompactEachRowWithNamesAndTypes, cut at the byte bound. */
export interface AnalystAnswer {
  text: string;
  /** Format as the engine names it; another one than ours where the text has a FORMAT clause. */
  format: string;
  cut: boolean;
}

export interface Store {
  /** A statement without an answer. `unbound: true` runs it outside the database (which may not exist yet). */
  command(sql: string, options?: CallOptions & { unbound?: boolean }): Promise<Result<null, StoreError>>;
  /** Rows as objects. Reads rows of all tenants: rooms use `scoped`. */
  rows<T>(sql: string, options?: CallOptions): Promise<Result<T[], StoreError>>;
  /** The answer as bytes in FORMAT Native. The text must not have a FORMAT clause. */
  native(sql: string, options?: CallOptions): Promise<Result<Buffer, StoreError>>;
  /** Native blocks, one after the other, into a table of ours as one INSERT. `token` deduplicates retries. */
  insertNative(
    table: string,
    body: readonly Uint8Array[],
    options?: CallOptions & { token?: string },
  ): Promise<Result<null, StoreError>>;
  scoped(scope: TenantScope): ScopedStore;
  /** SQL of a person, as the user of a slot: only `wall.ts` calls this. */
  analyst(
    slot: AnalystSlot,
    sql: string,
    options: CallOptions & { bytes: number },
  ): Promise<Result<AnalystAnswer, StoreError>>;
  /** Calls at the engine and waiting. */
  load(lane: Lane): { running: number; waiting: number };
  close(): Promise<void>;
}

const READ_TIMEOUT_MS = 30_000;
const WRITE_TIMEOUT_MS = 120_000;
/** The engine ends a query itself at the deadline; we wait this much longer before we hang up and kill. */
const GRACE_MS = 2_000;
/** A restart takes 0.3 s; a caller waits for one of them, not for an engine that does not come back. */
const ENGINE_WAIT_MS = 5_000;
/** Connections break before the operating system tells us that the process has ended. */
const DEATH_NOTICE_MS = 250;
const POLL_MS = 10;
/** Larger answers belong in an export. Strings of V8 end at 512 MB. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const MAX_SOCKETS = 32;
/** Below the engine's own keep-alive of 10 s, so that we never write into a connection that it is closing. */
const IDLE_SOCKET_MS = 2_500;
/** Nagle-friendly parts: large enough for throughput, small enough not to double the memory of a segment. */
const BODY_PART_BYTES = 1024 * 1024;

/** Always sent, so that an engine behind an address answers as the child does. */
const OWN_SETTINGS: Settings = {
  // Errors after the first byte would otherwise end up as text inside a successful answer.
  wait_end_of_query: 1,
  buffer_size: ANSWER_BUFFER_BYTES,
  output_format_json_quote_64bit_integers: 1,
};

interface Connected {
  engine: EngineAddress;
  poster: Poster;
  bound: ClickHouseClient;
  unbound: ClickHouseClient;
}

interface Call {
  lane: Lane;
  write: boolean;
  timeout_ms: number;
  signal?: AbortSignal;
}

/** Who knows the engine that answers now: the supervisor, or what another thread is told of it. */
export interface EngineSource {
  current(): EngineAddress | null;
  ready(signal?: AbortSignal): Promise<EngineAddress>;
}

export function createStore(supervisor: EngineSource, options: { clock: Clock; lanes?: Lanes }): Store {
  const { clock } = options;
  const lanes = options.lanes ?? createLanes();
  let connected: Connected | null = null;
  const closing: Promise<unknown>[] = [];

  function leave({ poster, bound, unbound }: Connected): void {
    poster.close();
    closing.push(bound.close(), unbound.close());
  }

  function connect(engine: EngineAddress): Connected {
    if (connected?.engine === engine) return connected;
    if (connected) leave(connected);
    connected = {
      engine,
      poster: createPoster(engine, DATABASE, { sockets: MAX_SOCKETS, idle_ms: IDLE_SOCKET_MS }),
      bound: clientOf(engine, DATABASE),
      unbound: clientOf(engine),
    };
    return connected;
  }

  async function reach(signal?: AbortSignal): Promise<Connected | null> {
    const running = supervisor.current();
    if (running) return connect(running);
    const patience = new AbortController();
    const giveUp = (): void => patience.abort();
    signal?.addEventListener('abort', giveUp, { once: true });
    void clock.sleep(ENGINE_WAIT_MS, patience.signal).then(giveUp);
    try {
      return connect(await supervisor.ready(patience.signal));
    } catch {
      return null;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      giveUp();
    }
  }

  /** Lane, deadline, kill and classification around one call of the client. */
  async function run<T>(
    call: Call,
    work: (to: Connected, queryId: string, signal: AbortSignal) => Promise<T>,
  ): Promise<Result<T, StoreError>> {
    const place = await lanes.enter(call.lane, call.signal);
    if (!place.ok) return place;
    try {
      const used = supervisor.current();
      const first = await attempt(call, work);
      const lost = !first.ok && first.error.type === 'ENGINE_DOWN' && !call.write && !call.signal?.aborted;
      if (!lost) return first;
      // A read that lost its connection is repeated once, on the engine that comes up in its place.
      const until = clock.monotonic() + DEATH_NOTICE_MS;
      while (used && supervisor.current() === used && clock.monotonic() < until) await clock.sleep(POLL_MS);
      return await attempt(call, work);
    } finally {
      place.value();
    }
  }

  async function attempt<T>(
    call: Call,
    work: (to: Connected, queryId: string, signal: AbortSignal) => Promise<T>,
  ): Promise<Result<T, StoreError>> {
    const to = await reach(call.signal);
    if (call.signal?.aborted) return fail(CANCELLED);
    if (!to) return fail(engineDown('the engine is not up'));
    const queryId = randomUUID();
    const deadline = new AbortController();
    const alarm = new AbortController();
    let late = false;
    void clock.sleep(call.timeout_ms + GRACE_MS, alarm.signal).then(() => {
      if (alarm.signal.aborted) return;
      late = true;
      deadline.abort();
    });
    const onAbort = (): void => deadline.abort();
    call.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return ok(await orAbort(work(to, queryId, deadline.signal), deadline.signal));
    } catch (thrown) {
      if (thrown instanceof TooLarge) {
        kill(to, queryId);
        return fail({ kind: 'rejected', code: null, type: 'TOO_LARGE', message: thrown.message });
      }
      if (thrown instanceof LostAnswer)
        return fail({ kind: 'retryable', code: null, type: 'NOT_ENOUGH_SPACE', message: thrown.message });
      if (!deadline.signal.aborted) return fail(fromThrown(thrown, call.write));
      kill(to, queryId);
      if (!late) return fail(CANCELLED);
      const message = `no answer within ${call.timeout_ms} ms`;
      return fail({
        kind: call.write ? 'retryable' : 'rejected',
        code: null,
        type: 'CLIENT_TIMEOUT',
        message,
      });
    } finally {
      alarm.abort();
      call.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Hanging up does not stop a query. Never SYNC: it would wait for itself. */
  function kill(to: Connected, queryId: string): void {
    void to.unbound
      .command({ query: 'KILL QUERY WHERE query_id = {id:String} ASYNC', query_params: { id: queryId } })
      .catch(() => {});
  }

  const callOf = (options: CallOptions, lane: Lane, write: boolean): Call => ({
    lane: options.lane ?? lane,
    write,
    timeout_ms: options.timeout_ms ?? (write ? WRITE_TIMEOUT_MS : READ_TIMEOUT_MS),
    ...(options.signal ? { signal: options.signal } : {}),
  });

  const settingsOf = (options: CallOptions, call: Call): Settings => ({
    ...OWN_SETTINGS,
    max_execution_time: Math.ceil(call.timeout_ms / 1000),
    ...options.settings,
  });

  const request = (options: CallOptions, call: Call, queryId: string, signal: AbortSignal) => ({
    query_id: queryId,
    abort_signal: signal,
    query_params: options.params ?? {},
    clickhouse_settings: settingsOf(options, call),
  });

  function read(sql: string, format: string, options: CallOptions): Promise<Result<Buffer, StoreError>> {
    const call = callOf(options, 'read', false);
    return run(call, async (to, query_id, signal) => {
      const answer = await to.poster.ask({
        sql: `${sql}\nFORMAT ${format}`,
        params: options.params ?? {},
        query_id,
        signal,
        settings: settingsOf(options, call),
      });
      const { bytes } = await collect(answer, MAX_ANSWER_BYTES, signal);
      if (isCut(bytes, format, resultRows(answer.headers))) throw new LostAnswer();
      return bytes;
    });
  }

  async function rows<T>(sql: string, options: CallOptions = {}): Promise<Result<T[], StoreError>> {
    const answer = await read(sql, 'JSONEachRow', options);
    return answer.ok ? ok(parseLines<T>(answer.value.toString('utf8'))) : answer;
  }

  const native = (sql: string, options: CallOptions = {}): Promise<Result<Buffer, StoreError>> =>
    read(sql, 'Native', options);

  return {
    rows,
    native,
    command(sql, options = {}) {
      const call = callOf(options, 'admin', true);
      return run(call, async (to, queryId, signal) => {
        const client = options.unbound ? to.unbound : to.bound;
        await client.command({ query: sql, ...request(options, call, queryId, signal) });
        return null;
      });
    },
    insertNative(table, body, options = {}) {
      const call = callOf(options, 'load', true);
      const settings: Settings = { ...options.settings };
      if (options.token !== undefined) settings.insert_deduplication_token = options.token;
      return run(call, async (to, queryId, signal) => {
        const common = request({ ...options, settings }, call, queryId, signal);
        const { stream } = await to.bound.exec({
          query: `INSERT INTO ${identifier(table)} FORMAT Native`,
          values: Readable.from(partsOf(body), { objectMode: false, highWaterMark: BODY_PART_BYTES }),
          ...common,
        });
        await collect(stream, MAX_ANSWER_BYTES, signal);
        return null;
      });
    },
    scoped: (scope) => ({
      rows: (sql, options = {}) => {
        const applied = applyScope(scope, sql, options.params ?? {});
        return rows(applied.sql, { ...options, params: applied.params });
      },
      native: (sql, options = {}) => {
        const applied = applyScope(scope, sql, options.params ?? {});
        return native(applied.sql, { ...options, params: applied.params });
      },
    }),
    analyst(slot, sql, options) {
      const call = callOf(options, 'analyst', false);
      return run(call, async (to, queryId, signal) => {
        // No settings of our own: a reader may not set any, and the bounds stand in its profile.
        const answer = await to.poster.ask({
          sql,
          params: {},
          query_id: queryId,
          signal,
          as: slot,
          settings: {
            database: slot.database,
            default_format: 'JSONCompactEachRowWithNamesAndTypes',
            wait_end_of_query: 1,
            buffer_size: ANSWER_BUFFER_BYTES,
          },
        });
        const { bytes, cut } = await collect(answer, options.bytes, signal, true);
        if (cut) kill(to, queryId);
        // An answer in our format has at least its two heading lines.
        const format = String(answer.headers['x-clickhouse-format'] ?? '');
        // FORMAT Null of somebody's own has rows and no bytes: the wall tells them to leave it out.
        const empty = bytes.length === 0 && format !== 'Null';
        if (empty && resultRows(answer.headers) > 0) throw new LostAnswer();
        return { text: bytes.toString('utf8'), format, cut };
      });
    },
    load: (lane) => lanes.load(lane),
    async close() {
      if (connected) leave(connected);
      connected = null;
      await Promise.allSettled(closing);
    },
  };
}

function clientOf(engine: EngineAddress, database?: string): ClickHouseClient {
  return createClient({
    url: engine.url,
    username: engine.user,
    password: engine.password,
    ...(database ? { database } : {}),
    max_open_connections: MAX_SOCKETS,
    request_timeout: 24 * 3_600_000, // Our own deadline ends a call, with a KILL.
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS },
    // gzip on loopback is ten times slower than none.
    compression: { request: false, response: false },
    log: { level: ClickHouseLogLevel.OFF },
  });
}

function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new Error('aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function* partsOf(body: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of body) {
    for (let at = 0; at < part.length; at += BODY_PART_BYTES) yield part.subarray(at, at + BODY_PART_BYTES);
  }
}

/** Table names are ours; this guards against a bug, not against a user. */
function identifier(table: string): string {
  if (!/^[a-z_][a-z0-9_.]*$/i.test(table)) throw new Error(`not a table name: ${table}`);
  return table;
}
