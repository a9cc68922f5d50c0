/** The composition root: builds every room of a server and wires them. The only file that does. */
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { canStart, createAccess, isLoopbackHost } from './access/index.ts';
import { systemClock as clock } from './base/clock.ts';
import { type Counters, createCounters } from './base/counters.ts';
import { watchDisk } from './base/disk.ts';
import { createFolderSize } from './base/folder-size.ts';
import { createLog, type Log } from './base/log.ts';
import { environment, type ServerConfig } from './config/index.ts';
import { applyDeclared } from './declared.ts';
import { createDetector } from './deployments/index.ts';
import { hostOf, openDoors } from './doors.ts';
import { createDriftWatch, driftMonitorKind } from './drift/index.ts';
import { startApi } from './http/index.ts';
import { createEventIntake, createIntake, createOtlpSink, type Intake } from './ingest/index.ts';
import { startLoading } from './loading/index.ts';
import { createPrivacy } from './privacy/index.ts';
import { OUTCOME_SQL, SETTLED_MS_SQL, startSweeper } from './requests/index.ts';
import { IDS_KEPT_MS, openSpool } from './spool/index.ts';
import { StartError } from './start-error.ts';
import { checkSecrets, loadSecrets, openState } from './state/index.ts';
import {
  createLauncher,
  createSupervisor,
  defaultTuning,
  lockDataDir,
  type Supervisor,
} from './store/engine/index.ts';
import {
  createRetention,
  createStore,
  createWall,
  migrate,
  type Store,
  shippedMigrations,
  startPurge,
  viewSelects,
  type Wall,
} from './store/index.ts';
import { openStyle } from './style-wiring.ts';
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

/** Most that waits in the spool for the store where the configuration sets no limit: an hour or so of a busy studio. */
const MAX_BACKLOG_BYTES = 4 * 1024 ** 3;
const SECONDS_PER_HOUR = 3600;
/** Ids are let go by tables of millions: there is no hurry. */
const DEDUP_EXPIRE_MS = 60_000;
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

/** What every step of the start stands on. */
interface Base {
  config: ServerConfig;
  log: Log;
  counters: Counters;
  /** Called in reverse order when the server ends. */
  closers: (() => unknown)[];
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
  const base: Base = { config, log: createLog(config.log_level), counters: createCounters(), closers };
  const { log } = base;
  const lock = lockDataDir(config.data);
  if (!lock.ok) throw new StartError(lock.error, 'one server per data directory');
  closers.push(lock.value.release);

  // The engine comes up while the rest is built.
  const { supervisor, engineUp } = startEngine(base);
  const people = await openPeople(base);
  const { access } = people;
  const ingest = await openIngest(base);
  const { intake } = ingest;
  const store = createStore(supervisor, { clock });
  closers.push(() => store.close());
  const { sink, events } = createSinks(base, people, intake, store);
  const loading = startLoading({
    spool: ingest.spool,
    spoolDir: ingest.spoolDir,
    state: people.state,
    supervisor,
    clock,
    counters: base.counters,
    log,
    logLevel: config.log_level,
  });
  closers.push(() => loading.stop());

  const send = (tenant: string, ndjson: string) => events.accept(ndjson, { tenant });
  const style = openStyle({ ...base, ...people, store, clock, send });
  await applyDeclared(config, access, log);

  // The doors open before the store is up: what is acknowledged waits in the spool.
  const doors = await openDoors(base, sink, access);
  await engineUp;
  must(await migrate(store, shippedMigrations(), clock));
  loading.start();
  closers.push(
    startPurge({
      store,
      clock,
      counters: base.counters,
      loaded: loading.loader.loaded,
      isOurs: () => supervisor.current()?.kind === 'child',
    }),
  );
  startChores(base, { ...people, ...ingest, store, events });
  const { state } = people;
  closers.push(createDriftWatch({ ...base, state, store, keeper: loading.keeper, clock }).start());
  for (const chore of style.chores) closers.push(chore.start());

  let stopping = false;
  async function flush(): Promise<void> {
    await intake.roll();
    await loading.loader.drained();
    await loading.keeper.settle();
  }
  const api = await startApi({
    ...base,
    ...people,
    ...ingest,
    ...loading,
    ...style,
    events,
    store,
    wall: wallOver(base, store, supervisor),
    supervisor,
    userHash: (tenant, id) => people.privacy.forTenant(tenant).userHash(id),
    storedId: (tenant, id) => people.privacy.forTenant(tenant).identity(id, 'id'),
    ready: () => !stopping,
    flush,
    clock,
    otlp_http: doors.otlp_http,
    otlp_grpc: doors.otlp_grpc,
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
    otlp_http: doors.otlp_http,
    otlp_grpc: doors.otlp_grpc,
    key: people.key,
    data_dir: config.data,
    keyless: access.keyless,
    flush,
    async stop() {
      stopping = true;
      await api.close();
      await doors.close();
      // What was acknowledged is in the spool; a short drain saves the next start the work.
      await intake.roll();
      await Promise.race([loading.loader.drained(), clock.sleep(5_000)]);
      await closeAll();
    },
  };
}

function startEngine({ config, log, counters, closers }: Base) {
  const launcher = createLauncher({
    engine: config.engine,
    dir: join(config.data, 'engine'),
    tuning: defaultTuning({ memory_bytes: totalmem(), cores: cpus().length }),
    clock,
    log,
    searchPath: environment().PATH ?? '',
  });
  const supervisor = createSupervisor(launcher, { clock, log, counters });
  closers.push(() => supervisor.stop());
  const engineUp = supervisor.start();
  engineUp.catch(() => undefined);
  return { supervisor, engineUp };
}

/** Who may do what, and how people are protected. */
async function openPeople({ config, log, counters, closers }: Base) {
  const state = must(await openState({ path: join(config.data, 'state.db'), clock }));
  closers.push(() => state.close());
  const secrets = must(loadSecrets(config.data));
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
  access.registerKind(driftMonitorKind);
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
  return { state, access, key, optOuts, privacy };
}

/** Disk, spool and intake: what makes an acknowledgement true. */
async function openIngest({ config, log, counters, closers }: Base) {
  const disk = await watchDisk(config.data, clock);
  closers.push(disk.stop);
  const spoolDir = join(config.data, 'spool');
  const spool = await openSpool({ dir: spoolDir, clock, counters, log });
  closers.push(() => spool.close());
  const intake = createIntake({
    spool,
    clock,
    counters,
    log,
    maxBacklogBytes:
      config.max_disk_bytes > 0 ? Math.min(MAX_BACKLOG_BYTES, config.max_disk_bytes / 2) : MAX_BACKLOG_BYTES,
    diskFree: disk.free,
    minFreeBytes: config.min_free_bytes,
  });
  // Ages are told on the monotonic clock: a wall clock that jumps must not make the server forget ids.
  const restored = clock.monotonic() - clock.now();
  await spool.ids((window, ids, time) => intake.dedup.restore(window, ids, restored + time));
  return { disk, spool, spoolDir, intake };
}

type People = Awaited<ReturnType<typeof openPeople>>;
type Ingest = Awaited<ReturnType<typeof openIngest>>;

/** Where OTLP and events become rows. */
function createSinks({ config, log, counters }: Base, { privacy }: People, intake: Intake, store: Store) {
  const gpuPrice = (gpuType: string): number =>
    (config.gpu_prices[gpuType] ?? config.gpu_prices.default ?? 0) / SECONDS_PER_HOUR;
  const common = {
    intake,
    counters,
    protectorOf: (tenant: string) => privacy.forTenant(tenant),
    gpuPrice,
  };
  const events = createEventIntake({
    ...common,
    clock,
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
  return { sink: createOtlpSink({ ...common, log }), events };
}

const wallOver = ({ counters }: Base, store: Store, supervisor: Supervisor): Wall =>
  createWall({
    store,
    supervisor,
    clock,
    counters,
    views: viewSelects({ outcome: OUTCOME_SQL, settled_ms: SETTLED_MS_SQL }),
  });

/** What happens by itself, again and again. */
function startChores(
  { config, log, counters, closers }: Base,
  parts: People & Ingest & { store: Store; events: ReturnType<typeof createSinks>['events'] },
): void {
  const { store, intake, access, disk } = parts;
  closers.push(
    clock.every(DEDUP_EXPIRE_MS, () => intake.dedup.expire(clock.monotonic(), IDS_KEPT_MS)),
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
    createDetector({
      store,
      clock,
      counters,
      log,
      send: (tenant, ndjson) => parts.events.accept(ndjson, { tenant }),
    }).start(),
  );
  const folderSize = createFolderSize(config.data, clock);
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
}

/** Unwraps what must be right for a server to start. */
function must<T>(
  result: { ok: true; value: T } | { ok: false; error: { message: string; hint?: string } },
): T {
  if (result.ok) return result.value;
  throw new StartError(result.error.message, result.error.hint ?? '');
}
