/** A Pegbar of its own for a benchmark: the built tree, a throw-away folder, free ports, watched from outside. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../packages/pegbar/dist/base/clock.js';
import { createCounters } from '../packages/pegbar/dist/base/counters.js';
import {
  createLauncher,
  createSupervisor,
  defaultTuning,
} from '../packages/pegbar/dist/store/engine/index.js';
import { createStore } from '../packages/pegbar/dist/store/index.js';
import { steadyPort } from '../tests/ports.mjs';
import { payload } from './payload.mjs';
import { childrenOf, ended, start, temporaryFolder, untilQuiet } from './processes.mjs';
import { RUN_DIGITS } from './templates.mjs';

const BIN = fileURLToPath(new URL('../packages/pegbar/bin/pegbar.js', import.meta.url));
const START_MOST_MS = 60_000;
const POLL_MS = 5;
const STATUS_POLL_MS = 100;
const POST = { method: 'POST', headers: { 'content-type': 'application/json' } };

export async function pegbarUnderTest() {
  const dir = temporaryFolder('pegbar-bench-');
  const [port, otlp, grpc] = [await steadyPort(), await steadyPort(), await steadyPort()];
  const api = `http://127.0.0.1:${port}/api/v1`;
  const first = payload({ count: 1, spans: 1 })[0];
  let child;

  /** Milliseconds until the first span was acknowledged and until everything was up. */
  async function up() {
    const began = performance.now();
    const args = ['up', '--json', '--data', dir, '--log-level', 'error'];
    const ports = ['--port', port, '--otlp-http-port', otlp, '--otlp-grpc-port', grpc].map(String);
    child = start(process.execPath, [BIN, ...args, ...ports], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ready = new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      child.once('exit', (status) => reject(new Error(`pegbar up ended with status ${status}`)));
    });
    const first_ack_ms = (await firstAck(`http://127.0.0.1:${otlp}/v1/traces`, first, child)) - began;
    await ready;
    return { first_ack_ms, ready_ms: performance.now() - began };
  }

  async function query(sql) {
    const answer = await fetch(`${api}/query`, { ...POST, body: JSON.stringify({ sql }) });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status}: ${body.error?.message}`);
    return body.rows;
  }

  const startup = await up();
  const engine = () => {
    const [pid] = childrenOf(child.pid);
    if (pid === undefined) throw new Error('the engine is not a child of the server');
    return pid;
  };

  return {
    name: 'pegbar',
    url: `http://127.0.0.1:${otlp}/v1/traces`,
    startup,
    server: () => child.pid,
    engine,
    /** Everything acknowledged is loaded; merges and rollups may still be at work. */
    async stored() {
      for (;;) {
        const status = await (await fetch(`${api}/status`)).json();
        if (status.backlog === 0) return;
        await sleep(STATUS_POLL_MS);
      }
    },
    /** Everything acknowledged is in the rollups. */
    async counted() {
      const answer = await fetch(`${api}/flush`, { method: 'POST' });
      if (!answer.ok) throw new Error(`flush: ${answer.status} ${await answer.text()}`);
    },
    quiet: () => untilQuiet([child.pid, engine()]),
    /** Per request of a run: number → rows and distinct spans that are stored. */
    async requestsOf(run) {
      const instance = "JSONExtractString(resource, 'service.instance.id')";
      const prefix = run.toString(16).padStart(RUN_DIGITS, '0');
      const rows = await query(
        `SELECT substring(${instance}, ${RUN_DIGITS + 1}) AS request, count(), uniqExact(span_id) FROM spans
         WHERE startsWith(${instance}, '${prefix}') GROUP BY request`,
      );
      return new Map(
        rows.map(([request, count, distinct]) => [
          Number.parseInt(request, 16),
          { rows: Number(count), distinct: Number(distinct) },
        ]),
      );
    },
    async kill() {
      child.kill('SIGKILL');
      await ended(child);
    },
    restart: up,
    /** Clean shutdown; milliseconds. */
    async stop() {
      const began = performance.now();
      child.kill('SIGTERM');
      await ended(child);
      if (child.exitCode !== 0) throw new Error(`pegbar up ended with status ${child.exitCode}`);
      return performance.now() - began;
    },
    /** After `stop`: rows and bytes of the active parts, by table. */
    disk: () => tablesOf(join(dir, 'engine')),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** The moment at which the first span is acknowledged. */
async function firstAck(url, body, child) {
  const headers = { 'content-type': 'application/x-protobuf' };
  for (const began = performance.now(); performance.now() - began < START_MOST_MS; await sleep(POLL_MS)) {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
    const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok) return performance.now();
  }
  throw new Error(`no acknowledgement within ${START_MOST_MS} ms`);
}

/** An engine of the benchmark's own process on a folder that no server has open. */
export async function openEngine(dir, { cores, memory_bytes }) {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const launcher = createLauncher({
    engine: 'child',
    dir,
    tuning: defaultTuning({ memory_bytes, cores }),
    clock: systemClock,
    log,
    searchPath: '',
  });
  const supervisor = createSupervisor(launcher, { clock: systemClock, log, counters: createCounters() });
  await supervisor.start();
  const store = createStore(supervisor, { clock: systemClock });
  return {
    supervisor,
    store,
    pid: () => supervisor.current()?.pid,
    async stop() {
      await store.close();
      await supervisor.stop();
    },
  };
}

async function tablesOf(dir) {
  const engine = await openEngine(dir, { cores: 2, memory_bytes: 2e9 });
  const tables = await engine.store.rows(
    `SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts FROM system.parts
     WHERE active AND database = 'pegbar' GROUP BY table ORDER BY bytes DESC`,
  );
  await engine.stop();
  if (!tables.ok) throw new Error(tables.error.message);
  return tables.value.map(({ table, rows, bytes, parts }) => ({
    table,
    rows: Number(rows),
    bytes: Number(bytes),
    parts: Number(parts),
  }));
}
