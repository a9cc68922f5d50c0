/**
 * What ingest costs from the first byte to the merged part, beside the OpenTelemetry Collector with a durable queue
 * and the ClickHouse exporter, in turns, on the same bytes from the same generator (docs/benchmarks.md).
 *
 *   npm run bench:ingest -- [--seconds 6] [--repetitions 3] [--rate 20000] [--connections 8] [--kill N] [--no-peer]
 *
 * `npm run build` first. The peer needs Go once; without it, or with --no-peer, ratios are null.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildCollector } from './collector/build.mjs';
import { collectorUnderTest } from './collector/peer.mjs';
import { payload, writeRequests } from './payload.mjs';
import { pegbarUnderTest } from './pegbar.mjs';
import { cpuOf, loadAverage, memoryOf, nodeJson, temporaryFolder } from './processes.mjs';
import { report, say } from './report.mjs';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    repetitions: { type: 'string', default: '3' },
    rate: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '8' },
    kill: { type: 'string', default: '0' },
    'no-peer': { type: 'boolean', default: false },
  },
});
const seconds = Number(flags.seconds);
const rate = Number(flags.rate);
const PEER = 'OpenTelemetry Collector 0.161, queue on disk with fsync, ClickHouse exporter';
const SPANS_PER_REQUEST = 512;
/** Enough for compilers and for the first parts; not measured. */
const WARM_SPANS = 160 * SPANS_PER_REQUEST;
/** A stopped engine is taken for dead after 11 s. */
const PAUSED_MOST_S = 6;
const IDLE_AFTER_MS = 5_000;
const IDLE_MS = 8_000;
const RUN = { warm: 1, closed: 2, open: 3, paused: 4, kill: 5 };
/** A round of --kill: when the blow falls, and how long is sent. */
const KILL = { seconds: 4.5, earliest_ms: 1_500, window_ms: 2_000 };
const LOAD = fileURLToPath(new URL('./load.mjs', import.meta.url));

const work = temporaryFolder('pegbar-bench-load-');
const requestsFile = join(work, 'requests');
const ackedFile = join(work, 'acked');
writeRequests(requestsFile, payload({ count: 200, spans: SPANS_PER_REQUEST }));

const collector = flags['no-peer'] ? { missing: '--no-peer' } : buildCollector();
if ('missing' in collector) say(`no peer in this run, ratios are null: ${collector.missing}`);
const subjects = [
  { name: 'pegbar', make: pegbarUnderTest },
  ...('program' in collector
    ? [{ name: 'collector', make: () => collectorUnderTest(collector.program) }]
    : []),
];

function load(subject, run, more) {
  const common = ['--url', subject.url, '--requests', requestsFile, '--run', run, '--acked', ackedFile];
  return nodeJson(LOAD, [...common, '--connections', flags.connections, ...more]);
}

const cpu = (subject) => ({ server: cpuOf(subject.server()), engine: cpuOf(subject.engine()) });

/**
 * One stretch of load, CPU in microseconds per acknowledged span: while it was sent, until it was stored, and until it
 * was merged and counted too. Counting an open hour counts all of it, earlier stretches included, so the first stretch
 * of a server is the one whose last figure is fair.
 */
async function stretch(subject, state, run, more) {
  const before = cpu(subject);
  const began = performance.now();
  const told = await load(subject, run, more);
  const sent = cpu(subject);
  state.rows += told.acked_spans;
  await subject.stored(state.rows);
  const storedAfter = (performance.now() - began) / 1000;
  const stored = cpu(subject);
  const counting = performance.now();
  await subject.counted();
  const countedAfter = (performance.now() - counting) / 1000;
  await subject.quiet();
  const after = cpu(subject);
  const since = (then, part) => (then[part] - before[part]) / told.acked_spans;
  const figures = {
    sending: since(sent, 'server') + since(sent, 'engine'),
    server: since(stored, 'server'),
    engine: since(after, 'engine'),
    all: since(after, 'server') + since(after, 'engine'),
  };
  await check(subject, state, run);
  say(
    `  ${told.loop} loop: ${told.spans_per_second} spans/s acknowledged, ack ${told.ack_ms.p50}/${told.ack_ms.p99} ms, ` +
      `us/span ${JSON.stringify(figures, (_key, value) => (typeof value === 'number' ? Number(value.toFixed(1)) : value))}, ` +
      `${JSON.stringify(told.statuses)}, counted in ${countedAfter.toFixed(1)} s`,
  );
  return { ...told, ...figures, stored_per_second: told.acked_spans / storedAfter };
}

/** Adds up what is missing and what is there twice of the acknowledged requests of a run. */
async function check(subject, state, run) {
  const stored = await subject.requestsOf(run);
  const acked = readFileSync(ackedFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  state.acked += acked.length * SPANS_PER_REQUEST;
  for (const number of acked) state.lost += SPANS_PER_REQUEST - (stored.get(Number(number))?.distinct ?? 0);
  for (const { rows, distinct } of stored.values()) state.duplicates += rows - distinct;
}

/** Acknowledging alone: the engine stands still, so that nothing is loaded, counted or merged. */
async function ackAlone(subject) {
  const before = cpu(subject);
  process.kill(subject.engine(), 'SIGSTOP');
  try {
    const told = await load(subject, RUN.paused, ['--seconds', Math.min(seconds, PAUSED_MOST_S)]);
    const used = cpu(subject).server - before.server;
    say(
      `  engine paused: ${told.spans_per_second} spans/s, server ${(used / told.acked_spans).toFixed(1)} us/span`,
    );
    return { ...told, server: used / told.acked_spans };
  } finally {
    process.kill(subject.engine(), 'SIGCONT');
  }
}

async function idle(subject) {
  await sleep(IDLE_AFTER_MS);
  const before = cpu(subject);
  await sleep(IDLE_MS);
  const after = cpu(subject);
  const used = after.server - before.server + after.engine - before.engine;
  return { share: used / (IDLE_MS * 1000), ...memory(subject) };
}

function memory(subject) {
  const [server, engine] = [memoryOf(subject.server()), memoryOf(subject.engine())];
  return { now: server.now + engine.now, peak: server.peak + engine.peak };
}

async function repetition({ name, make }) {
  say(`${name}, load average ${loadAverage()}`);
  const subject = await make();
  const state = { rows: 1, acked: 0, lost: 0, duplicates: 0 };
  const resting = await idle(subject);
  const warm = await load(subject, RUN.warm, ['--spans', WARM_SPANS]);
  state.rows += warm.acked_spans;
  await subject.stored(state.rows);
  await subject.counted();
  await subject.quiet();
  const closed = await stretch(subject, state, RUN.closed, ['--seconds', seconds]);
  const open = await stretch(subject, state, RUN.open, ['--seconds', seconds, '--rate', rate]);
  const busy = memory(subject);
  const { rows } = state;
  const theirs = name === 'pegbar' ? undefined : bytesPerSpan(await subject.disk(), rows);
  const paused = await ackAlone(subject);
  // Loaded and checked where nothing but us decides when: the Collector sends stalled batches again for minutes.
  if (name === 'pegbar') {
    state.rows += paused.acked_spans;
    await subject.stored(state.rows);
    await subject.quiet();
    await check(subject, state, RUN.paused);
  } else await subject.kill();
  const stopped = name === 'pegbar' ? await subject.stop() : Number.NaN;
  const bytes = theirs ?? bytesPerSpan(await subject.disk(), state.rows);
  await subject.remove();
  say(
    `  ${bytes.toFixed(1)} bytes/span, lost ${state.lost}, duplicates ${state.duplicates} of ${state.acked}`,
  );
  return { startup: subject.startup, resting, closed, open, busy, paused, stopped, bytes, ...state };
}

function bytesPerSpan(tables, spans) {
  say(
    `  ${tables.map((one) => `${one.table} ${one.rows} rows ${one.bytes} B ${one.parts} parts`).join('; ')}`,
  );
  return tables.reduce((sum, table) => sum + table.bytes, 0) / spans;
}

/** kill -9 of the server under load; a request without an answer is not sent again, so every duplicate is its own. */
async function killRound({ name, make }, round) {
  const subject = await make();
  const state = { rows: 1, acked: 0, lost: 0, duplicates: 0 };
  const sending = load(subject, RUN.kill, ['--seconds', KILL.seconds, '--rate', rate]);
  await sleep(KILL.earliest_ms + Math.random() * KILL.window_ms);
  await subject.kill();
  const { first_ack_ms } = await subject.restart();
  const told = await sending;
  await subject.stored(state.rows + told.acked_spans + 1);
  // The Collector may still hold batches that it sends a second time.
  if (name !== 'pegbar') await subject.stored(Number.POSITIVE_INFINITY);
  await check(subject, state, RUN.kill);
  await subject.stop();
  await subject.remove();
  const { acked, lost, duplicates } = state;
  say(
    `  ${name} round ${round}: ${acked} acknowledged, ${lost} lost, ${duplicates} twice, back after ${first_ack_ms.toFixed(0)} ms`,
  );
  return { acked, lost, duplicates, back: first_ack_ms };
}

const measured = Object.fromEntries(subjects.map(({ name }) => [name, []]));
const killed = Object.fromEntries(subjects.map(({ name }) => [name, []]));
for (let i = 0; i < Number(flags.repetitions); i++)
  for (const subject of subjects) measured[subject.name].push(await repetition(subject));
for (let i = 0; i < Number(flags.kill); i++)
  for (const subject of subjects) killed[subject.name].push(await killRound(subject, i + 1));

/** A figure of ours with the peer's beside it, and the peer's as a line of its own. */
function figure(metric, unit, better, of, from = measured) {
  const ours = from.pegbar.map(of);
  const peerValues = (from.collector ?? []).map(of);
  const peer = peerValues.length > 0 ? { peer: PEER } : {};
  report({ bench: 'ingest', metric, unit, better, values: ours, peerValues, ...peer });
  report({ bench: 'ingest', metric: `collector.${metric}`, unit, better, values: peerValues });
}

/** Milliseconds that have no counterpart: the Collector's engine is up before it is. */
function own(metric, of) {
  report({ bench: 'ingest', metric, unit: 'ms', better: 'less', values: measured.pegbar.map(of) });
}

const sum = (list) => list.reduce((total, each) => total + each, 0);
figure('ack_alone_cpu_per_span', 'us', 'less', (one) => one.paused.server);
figure('server_cpu_per_span', 'us', 'less', (one) => one.closed.server);
figure('engine_cpu_per_span', 'us', 'less', (one) => one.closed.engine);
figure('all_in_cpu_per_span', 'us', 'less', (one) => one.closed.all);
report({
  bench: 'ingest',
  metric: 'ack_alone_cpu_per_span_to_whole_collector',
  unit: 'us',
  better: 'less',
  values: measured.pegbar.map((one) => one.paused.server),
  ...(measured.collector && { peer: `${PEER}: its whole process while it exports` }),
  peerValues: (measured.collector ?? []).map((one) => one.closed.server),
});
figure('acked_spans_per_second', '1/s', 'more', (one) => one.closed.spans_per_second);
figure('stored_spans_per_second', '1/s', 'more', (one) => one.closed.stored_per_second);
figure(`cpu_per_span_at_${rate}_per_second`, 'us', 'less', (one) => one.open.sending);
figure(`ack_p50_at_${rate}_per_second`, 'ms', 'less', (one) => one.open.ack_ms.p50);
figure(`ack_p99_at_${rate}_per_second`, 'ms', 'less', (one) => one.open.ack_ms.p99);
figure('disk_bytes_per_span', 'B', 'less', (one) => one.bytes);
figure('lost_spans', '1', 'less', (one) => one.lost);
figure('duplicate_spans', '1', 'less', (one) => one.duplicates);
own('start_to_first_ack', (one) => one.startup.first_ack_ms);
own('start_to_ready', (one) => one.startup.ready_ms);
own('clean_shutdown', (one) => one.stopped);
figure('idle_cpu', 'cores', 'less', (one) => one.resting.share);
figure('idle_resident', 'MB', 'less', (one) => one.resting.now);
figure('peak_resident', 'MB', 'less', (one) => one.busy.peak);
if (Number(flags.kill) > 0) {
  figure('kill.acked_spans_per_round', '1', 'more', (one) => one.acked, killed);
  figure('kill.lost_spans_per_round', '1', 'less', (one) => one.lost, killed);
  figure('kill.duplicate_spans_per_round', '1', 'less', (one) => one.duplicates, killed);
  figure('kill.back_after', 'ms', 'less', (one) => one.back, killed);
  for (const [name, rounds] of Object.entries(killed))
    say(
      `kill -9, ${rounds.length} rounds, ${name}: lost ${sum(rounds.map((one) => one.lost))} and doubled ` +
        `${sum(rounds.map((one) => one.duplicates))} of ${sum(rounds.map((one) => one.acked))} acknowledged spans`,
    );
}
