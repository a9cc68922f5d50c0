/** The composition root: builds every room of a server and wires them. The only file that does. */
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Access, canStart, createAccess, isLoopbackHost } from './access/index.ts';
import { systemClock as clock } from './base/clock.ts';
import { createCounters } from './base/counters.ts';
import { watchDisk } from './base/disk.ts';
import { createFolderSize } from './base/folder-size.ts';
import { createLog } from './base/log.ts';
import { environment, type ServerConfig } from './config/index.ts';
import { createDetector } from './deployments/index.ts';
import { type ApiServer, startApi } from './http/index.ts';
import {
  createEventIntake,
  createIntake,
  createOtlpSink,
  startOtlpGrpc,
  startOtlpHttp,
} from './ingest/index.ts';
import { startLoading } from './loading/index.ts';
import { createPrivacy } from './privacy/index.ts';
import { OUTCOME_SQL, SETTLED_MS_SQL, startSweeper } from './requests/index.ts';
import { openSpool } from './spool/index.ts';
import { checkSecrets, loadSecrets, openState } from './state/index.ts';
import { createLauncher, createSupervisor, defaultTuning, lockDataDir } from './store/engine/index.ts';
import {
  createRetention,
  createStore,
  createWall,
  migrate,
  shippedMigrations,
  viewSelects,
} from './store/index.ts';
import { VERSION } from './version.ts';

export interface RunningServer {
  url: string;
  login_url: string;
  otlp_http: string;
  otlp_grpc: string;
  /** A new admin key on the first start of a data directory, else null. */
  key: string | null;
  data_dir: string;
  keyless: boolean;
  /** Everything acknowledged is queryable and counted when it resolves. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** A start that cannot be: what is wrong and what to do. */
export class StartError extends Error {
  readonly cure: string;

  constructor(message: string, cure: string) {
    super(message);
    this.cure = cure;
  }
}

/** Most that waits in the spool for the store where the configuration sets no limit: an hour or so of a busy studio. */
const MAX_BACKLOG_BYTES = 4 * 1024 ** 3;
const SECONDS_PER_HOUR = 3600;
/** An id is up to 20 digits; the engine takes parameters of up to 128 KiB. */
const IMPORT_IDS_PER_QUERY = 2_500;

export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const closers: (() => unknown)[] = [];
  /** Undoes in reverse order; used by a failed start and by stop. */
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await start(config, closers, closeAll);
  } catch (error) {
    await closeAll().catch(() => undefined);
    throw error;
  }
}

async function start(
  config: ServerConfig,
  closers: (() => unknown)[],
  closeAll: () => Promise<void>,
): Promise<RunningServer> {
  if (config.role !== 'all')
    throw new StartError(
      `--role ${config.role} needs a state store that several processes share, and this version has only the embedded one`,
      'run `pegbar up` without --role',
    );
  const log = createLog(config.log_level);
  const counters = createCounters();
  const dir = config.data;

  const lock = lockDataDir(dir);
  if (!lock.ok) throw new StartError(lock.error, 'one server per data directory');
  closers.push(lock.value.release);

  // The engine comes up while the rest is built.
  const launcher = createLauncher({
    engine: config.engine,
    dir: join(dir, 'engine'),
    tuning: defaultTuning({ memory_bytes: totalmem(), cores: cpus().length }),
    clock,
    log,
    searchPath: environment().PATH ?? '',
  });
  const supervisor = createSupervisor(launcher, { clock, log, counters });
  closers.push(() => supervisor.stop());
  const engineUp = supervisor.start();
  engineUp.catch(() => undefined);

  const state = must(await openState({ path: join(dir, 'state.db'), clock }));
  closers.push(() => state.close());
  const secrets = must(loadSecrets(dir));
  must(await checkSecrets(state, secrets, clock.now()));
  const access = must(
    await createAccess({
      state,
      clock,
      counters,
      log,
      requireKey: config.require_key,
      loopback: isLoopbackHost(config.host),
      tenantDefaults: { retention_ms: config.retention_ms, sampling: config.sampling },
      ...(config.admin_key !== null && { adminKey: config.admin_key }),
    }),
  );
  closers.push(() => access.close());
  must(
    canStart({ host: config.host, requireKey: config.require_key, hasAdminKey: await access.hasAdminKey() }),
  );
  const key = await access.firstAdminKey();

  const optOuts = new Set(
    (await state.all<{ tenant: string; user_hash: string }>('SELECT tenant, user_hash FROM opt_outs')).map(
      (row) => `${row.tenant}/${row.user_hash}`,
    ),
  );
  const privacy = createPrivacy({
    secretOf: (tenant) => secrets.tenantSecret(tenant),
    policyOf: (tenant) => access.tenantSpec(tenant),
    optedOut: (tenant, userHash) => optOuts.has(`${tenant}/${userHash}`),
    counters,
  });
  access.onTenantChange((tenant) => privacy.refresh(tenant));

  const disk = await watchDisk(dir, clock);
  closers.push(disk.stop);
  const maxBacklogBytes =
    config.max_disk_bytes > 0 ? Math.min(MAX_BACKLOG_BYTES, config.max_disk_bytes / 2) : MAX_BACKLOG_BYTES;
  const spool = await openSpool({ dir: join(dir, 'spool'), clock, counters, log });
  closers.push(() => spool.close());
  const intake = createIntake({
    spool,
    clock,
    counters,
    log,
    maxBacklogBytes,
    diskFree: disk.free,
    minFreeBytes: config.min_free_bytes,
  });
  await spool.ids((window, ids, time) => intake.dedup.restore(window, ids, time));

  const store = createStore(supervisor, { clock });
  closers.push(() => store.close());

  const gpuPrice = (gpuType: string): number =>
    (config.gpu_prices[gpuType] ?? config.gpu_prices.default ?? 0) / SECONDS_PER_HOUR;
  const protectorOf = (tenant: string) => privacy.forTenant(tenant);
  const sink = createOtlpSink({
    intake,
    counters,
    log,
    protectorOf,
    gpuPrice,
  });
  const events = createEventIntake({
    intake,
    clock,
    counters,
    protectorOf,
    gpuPrice,
    async knownImports(tenant, ids) {
      const known = new Set<bigint>();
      for (let at = 0; at < ids.length; at += IMPORT_IDS_PER_QUERY) {
        const rows = await store.rows<{ id: string }>(
          'SELECT id FROM import_ids WHERE tenant = {tenant:String} AND id IN {ids:Array(UInt64)}',
          { params: { tenant, ids: ids.slice(at, at + IMPORT_IDS_PER_QUERY) } },
        );
        if (!rows.ok) throw new Error(`the store cannot be asked for earlier imports: ${rows.error.message}`);
        for (const { id } of rows.value) known.add(BigInt(id));
      }
      return known;
    },
  });

  const loading = startLoading({
    spool,
    spoolDir: join(dir, 'spool'),
    state,
    supervisor,
    clock,
    counters,
    log,
    logLevel: config.log_level,
  });
  closers.push(() => loading.stop());
  const { loader, keeper } = loading;
  const wall = createWall({
    store,
    supervisor,
    clock,
    counters,
    views: viewSelects({ outcome: OUTCOME_SQL, settled_ms: SETTLED_MS_SQL }),
  });

  // The doors open before the store is up: what is acknowledged waits in the spool.
  const otlp = {
    host: config.host,
    sink,
    clock,
    counters,
    log,
    authenticate: otlpGuard(access),
    limits: { bodyBytes: config.max_body_bytes },
  };
  const otlpHttp = await startOtlpHttp({ ...otlp, port: config.otlp_http_port });
  closers.push(() => otlpHttp.close());
  const otlpGrpc = await startOtlpGrpc({ ...otlp, port: config.otlp_grpc_port });
  closers.push(() => otlpGrpc.close());

  await engineUp;
  must(await migrate(store, shippedMigrations(), clock));
  loading.start();

  let stopping = false;

  async function flush(): Promise<void> {
    await intake.roll();
    await loader.drained();
    await keeper.settle();
  }

  closers.push(
    startSweeper({
      store,
      clock,
      counters,
      log,
      timeoutOf: (workload) =>
        config.request_timeout_ms[workload as keyof ServerConfig['request_timeout_ms']] ??
        config.request_timeout_ms.default,
      async write(rows) {
        for (const row of rows) intake.block('spans').append(row);
        await intake.durable();
      },
    }),
  );

  closers.push(
    createDetector({
      store,
      clock,
      counters,
      log,
      send: (tenant, ndjson) => events.accept(ndjson, { tenant }),
    }).start(),
  );

  const folderSize = createFolderSize(dir, clock);
  const retention = createRetention({
    store,
    policyOf: (tenant) => access.tenantSpec(tenant),
    diskUsage: async () => ({
      used_bytes: await folderSize(),
      free_bytes: disk.free(),
      limit_bytes: config.max_disk_bytes > 0 ? config.max_disk_bytes : null,
      min_free_bytes: config.min_free_bytes,
    }),
    clock,
    counters,
    log,
  });
  closers.push(retention.start());

  const otlp_http = `http://${hostOf(otlpHttp.host)}:${otlpHttp.port}`;
  const otlp_grpc = `http://${hostOf(otlpGrpc.host)}:${otlpGrpc.port}`;
  const api: ApiServer = await startApi({
    intake,
    events,
    store,
    wall,
    keeper,
    access,
    counters,
    spool,
    loader,
    supervisor,
    state,
    optOuts,
    userHash: (tenant, id) => privacy.forTenant(tenant).userHash(id),
    ready: () => !stopping,
    flush,
    clock,
    log,
    config,
    disk,
    otlp_http,
    otlp_grpc,
    version: VERSION,
  });
  closers.push(() => api.close());

  const url = `http://${hostOf(config.host)}:${api.port}`;
  if (access.keyless)
    log.warn(
      { url },
      'no key is needed from this machine: every local process is admin; --require-key changes that',
    );
  const login = await access.createLoginLink();
  return {
    url,
    login_url: login.ok ? `${url}/login?token=${login.value.token}` : url,
    otlp_http,
    otlp_grpc,
    key,
    data_dir: dir,
    keyless: access.keyless,
    flush,
    async stop() {
      stopping = true;
      await api.close();
      await Promise.all([otlpHttp.close(), otlpGrpc.close()]);
      // What was acknowledged is in the spool; a short drain saves the next start the work.
      await intake.roll();
      await Promise.race([loader.drained(), clock.sleep(5_000)]);
      await closeAll();
    },
  };
}

function otlpGuard(access: Access): Parameters<typeof startOtlpHttp>[0]['authenticate'] {
  return (headers, remoteAddress) => {
    const forwarded = headers.forwarded ?? headers['x-forwarded-for'] ?? headers['x-real-ip'];
    const result = access.authenticateNow({
      authorization: headers.authorization,
      remoteAddress,
      host: headers.host ?? (headers[':authority'] as string | undefined),
      origin: headers.origin,
      forwarded: Array.isArray(forwarded) ? forwarded[0] : forwarded,
    });
    if (!result.ok)
      return result.error.code === 'unauthenticated'
        ? { ok: false, status: 401, code: 16, message: result.error.message }
        : { ok: false, status: 403, code: 7, message: result.error.message };
    if (!result.value.scopes.has('ingest'))
      return { ok: false, status: 403, code: 7, message: 'this key may not send: it lacks the scope ingest' };
    return { ok: true, tenant: result.value.tenant };
  };
}

function hostOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Unwraps what must be right for a server to start. */
function must<T>(
  result: { ok: true; value: T } | { ok: false; error: { message: string; hint?: string } },
): T {
  if (result.ok) return result.value;
  throw new StartError(result.error.message, result.error.hint ?? '');
}
