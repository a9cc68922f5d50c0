/**
 * The peer: the real OpenTelemetry Collector with a queue on disk and the ClickHouse exporter, into an engine of the
 * same library with the same settings (durability, memory, threads) as Pegbar's own. The same face as `pegbar.mjs`.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { INTERNAL_USER, serverConfig, usersConfig } from '../../packages/pegbar/dist/store/engine/config.js';
import { defaultTuning, findLibrary } from '../../packages/pegbar/dist/store/engine/index.js';
import { steadyPort } from '../../tests/ports.mjs';
import { payload } from '../payload.mjs';
import { ended, start, temporaryFolder, untilQuiet } from '../processes.mjs';
import { RUN_DIGITS } from '../templates.mjs';

const CONFIG = fileURLToPath(new URL('./collector.yaml', import.meta.url));
const CHILD = fileURLToPath(new URL('../../packages/pegbar/dist/store/engine/child.mjs', import.meta.url));
const START_MOST_MS = 60_000;
const STOP_MOST_MS = 15_000;
const POLL_MS = 10;
const COUNT_POLL_MS = 250;
/** No new row for this long: what is not stored by now will not be. The exporter repeats an INSERT after 5 s. */
const STALL_MS = 15_000;
const STORED_MOST_MS = 300_000;

export async function collectorUnderTest(program) {
  const dir = temporaryFolder('pegbar-bench-peer-');
  const password = randomBytes(18).toString('base64url');
  const [otlp, http, tcp] = [await steadyPort(), await steadyPort(), await steadyPort()];
  const url = `http://127.0.0.1:${otlp}/v1/traces`;
  const first = payload({ count: 1, spans: 1 })[0];
  const log = openSync(join(dir, 'log'), 'a');

  async function query(sql) {
    const headers = { 'X-ClickHouse-User': INTERNAL_USER, 'X-ClickHouse-Key': password };
    const answer = await fetch(`http://127.0.0.1:${http}/`, { method: 'POST', body: sql, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text.slice(0, 400));
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  }

  const engine = startEngine({ dir, password, http, tcp, log });
  await until(
    () => query('SELECT 1'),
    engine,
    () => tail(dir),
  );
  let collector;
  async function up() {
    const began = performance.now();
    const env = {
      ...process.env,
      OTLP_PORT: String(otlp),
      CLICKHOUSE_PORT: String(tcp),
      CLICKHOUSE_PASSWORD: password,
      QUEUE_DIR: join(dir, 'queue'),
    };
    collector = start(program, ['--config', CONFIG], { stdio: ['ignore', log, log], env });
    const send = async () => {
      const headers = { 'content-type': 'application/x-protobuf' };
      const answer = await fetch(url, { method: 'POST', headers, body: first });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(String(answer.status));
    };
    await until(send, collector, () => tail(dir));
    return { first_ack_ms: performance.now() - began, ready_ms: performance.now() - began };
  }
  const startup = await up();

  const count = async () => Number((await query('SELECT count() FROM otel.otel_traces'))[0][0]);

  return {
    name: 'collector',
    url,
    startup,
    server: () => collector.pid,
    engine: () => engine.pid,
    /** Resolves when `rows` are stored, or when no more come. */
    async stored(rows) {
      const began = performance.now();
      let last = { rows: -1, at: began };
      while (last.rows < rows && performance.now() - last.at < STALL_MS) {
        if (performance.now() - began > STORED_MOST_MS) break;
        const now = await count();
        if (now !== last.rows) last = { rows: now, at: performance.now() };
        if (now < rows) await sleep(COUNT_POLL_MS);
      }
    },
    /** It keeps no rollups. */
    async counted() {},
    quiet: () => untilQuiet([collector.pid, engine.pid]),
    async requestsOf(run) {
      const instance = "ResourceAttributes['service.instance.id']";
      const prefix = run.toString(16).padStart(RUN_DIGITS, '0');
      const rows = await query(
        `SELECT substring(${instance}, ${RUN_DIGITS + 1}) AS request, count(), uniqExact(SpanId)
         FROM otel.otel_traces WHERE startsWith(${instance}, '${prefix}') GROUP BY request`,
      );
      return new Map(
        rows.map(([request, all, distinct]) => [
          Number.parseInt(request, 16),
          { rows: Number(all), distinct: Number(distinct) },
        ]),
      );
    },
    async kill() {
      collector.kill('SIGKILL');
      await ended(collector);
    },
    restart: up,
    async stop() {
      const began = performance.now();
      collector.kill('SIGTERM');
      const late = setTimeout(() => collector.kill('SIGKILL'), STOP_MOST_MS);
      await ended(collector);
      clearTimeout(late);
      return performance.now() - began;
    },
    async disk() {
      const rows = await query(
        `SELECT table, sum(rows), sum(bytes_on_disk), count() FROM system.parts
         WHERE active AND database = 'otel' GROUP BY table ORDER BY sum(bytes_on_disk) DESC`,
      );
      return rows.map(([table, all, bytes, parts]) => ({
        table,
        rows: Number(all),
        bytes: Number(bytes),
        parts: Number(parts),
      }));
    },
    async remove() {
      engine.kill('SIGKILL');
      await ended(engine);
      closeSync(log);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The process that Pegbar's launcher starts, with a port for the protocol that the exporter speaks. */
function startEngine({ dir, password, http, tcp, log }) {
  const tuning = defaultTuning({ memory_bytes: totalmem(), cores: cpus().length });
  const usersFile = join(dir, 'users.xml');
  const configFile = join(dir, 'config.xml');
  mkdirSync(join(dir, 'db'), { recursive: true });
  writeFileSync(usersFile, usersConfig({ password, slots: [], tuning }));
  writeFileSync(configFile, serverConfig({ usersFile, tuning }));
  const library = findLibrary();
  if ('missing' in library) throw new Error(library.missing);
  const args = [
    'clickhouse',
    `--path=${join(dir, 'db')}`,
    '--listen_host=127.0.0.1',
    `--http_port=${http}`,
    `--tcp_port=${tcp}`,
    `--config-file=${configFile}`,
    '--interactive',
    '--disable_suggestion',
    '--highlight=0',
    '--progress=off',
    '--log-level=fatal',
    '--query=SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP',
  ];
  return start(process.execPath, [CHILD, String(process.pid), library.path, ...args], {
    stdio: ['ignore', log, log],
  });
}

async function until(attempt, child, words) {
  for (const began = performance.now(); ; await sleep(POLL_MS)) {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}: ${words()}`);
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() - began > START_MOST_MS) throw new Error(`${error.message}: ${words()}`);
    }
  }
}

const tail = (dir) => readFileSync(join(dir, 'log'), 'utf8').slice(-2_000);
