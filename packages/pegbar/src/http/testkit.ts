/** An API over a real access room and a store that has nothing, for tests of the door. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Access, createAccess, SYSTEM } from '../access/index.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Counters, createCounters } from '../base/counters.ts';
import { silentLog } from '../base/log.ts';
import { ok } from '../base/result.ts';
import { openState } from '../state/index.ts';
import type { Store } from '../store/index.ts';
import { type Api, createApi } from './api.ts';
import type { ApiDeps } from './deps.ts';

export interface TestApi {
  api: Api;
  access: Access;
  counters: Counters;
  /** Whose rows were asked for, and what was sent, since the last look. */
  asked: (string | null)[];
  sent: { body: string; tenant: string | null; import?: string }[];
  key(tenant: string, ...scopes: string[]): Promise<string>;
  call(
    method: string,
    path: string,
    more?: { key?: string; headers?: Record<string, string>; body?: string | Uint8Array },
  ): Promise<Response>;
  stop(): Promise<void>;
}

const value = <T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

export async function testApi(
  options: { requireKey?: boolean; deps?: Partial<ApiDeps>; clock?: Clock } = {},
): Promise<TestApi> {
  const clock = options.clock ?? systemClock;
  const counters = createCounters();
  const log = silentLog;
  const data = mkdtempSync(join(tmpdir(), 'pegbar-api-'));
  const state = value(await openState({ path: ':memory:', clock }));
  const access = value(
    await createAccess({
      state,
      clock,
      counters,
      log,
      requireKey: options.requireKey ?? true,
      loopback: true,
    }),
  );
  const asked: TestApi['asked'] = [];
  const sent: TestApi['sent'] = [];
  const nothing = {
    rows: async () => ok([]),
    native: async () => ok(Buffer.alloc(0)),
    command: async () => ok(null),
  };
  const store = {
    ...nothing,
    insertNative: async () => ok(null),
    scoped(scope: { tenant: string | null }) {
      asked.push(scope.tenant);
      return nothing;
    },
  } as unknown as Store;
  const deps: ApiDeps = {
    intake: { pressure: () => null },
    events: {
      async accept(body, context) {
        sent.push({ body, ...context });
        return { accepted: 1, duplicates: 0, rejected: [] };
      },
    },
    store,
    wall: {
      async ensureTenantViews(tenant) {
        asked.push(tenant);
        return ok({ user: 'reader', password: '', database: 'views' });
      },
      async query(scope) {
        asked.push(scope.tenant);
        return ok({ columns: [], rows: [], truncated: false });
      },
    },
    keeper: { unstored: () => new Map(), touch: async () => undefined, settle: async () => undefined },
    access,
    counters,
    spool: {
      backlog: () => ({ bytes: 0, rows: 0, age_ms: 0 }),
      deadLetters: async () => [],
      exhume: async () => Buffer.alloc(0),
      forget: async () => undefined,
    },
    supervisor: {
      state: () => 'up',
      restarts: () => 0,
      current: () => null,
      ready: () => Promise.reject(new Error('no engine')),
    },
    loader: { loaded: () => 0, inTurn: (work) => work() },
    state,
    optOuts: new Set(),
    disk: { free: () => 1 },
    flush: async () => undefined,
    clock,
    log,
    config: {
      host: '127.0.0.1',
      port: 0,
      data,
      max_body_bytes: 1024,
      max_disk_bytes: 0,
      min_free_bytes: 0,
      beacon_origins: ['https://studio.example'],
    },
    version: '0.0.0-test',
    otlp_http: null,
    otlp_grpc: null,
    ...options.deps,
  };
  const api = createApi(deps);
  return {
    api,
    access,
    counters,
    asked,
    sent,
    async key(tenant, ...scopes) {
      const origins = scopes.includes('beacon') ? { origins: ['https://studio.example'] } : {};
      return value(await access.createKey({ tenant, scopes, ...origins }, SYSTEM)).key;
    },
    async call(method, path, { key, headers = {}, body } = {}) {
      const init = {
        method,
        headers: { host: '127.0.0.1:4300', ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers },
        ...(body === undefined ? {} : { body: body as string }),
      };
      return api.request(`http://127.0.0.1:4300${path}`, init, { remoteAddress: '127.0.0.1' });
    },
    async stop() {
      await access.close();
      await state.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
