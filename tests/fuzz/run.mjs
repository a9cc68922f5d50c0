// Bad inputs of every kind, from a seed: nothing crashes, hangs, grows, or answers what it may not.
//   node tests/fuzz/run.mjs [--iterations N] [--live N] [--seed N] [--only NAME[,NAME]] [--from RUN]
// One JSON line per target, then `N passed, N failed`. A failing input is printed as base64; `--only NAME --seed S
// --from RUN --iterations 1` makes it again.
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { fuzzLive } from './live.mjs';
import { randomOf } from './mutate.mjs';
import { fuzzSpans } from './spans.mjs';
import { TARGETS } from './targets.mjs';

const { values } = parseArgs({
  options: {
    iterations: { type: 'string', default: '200000' },
    live: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    from: { type: 'string', default: '0' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed);
const iterations = Number(values.iterations);
/** Targets by their share of the iterations; the hot path gets the most. */
const SHARES = {
  spans: 0.4,
  otlp_protobuf: 0.2,
  otlp_json: 0.15,
  events: 0.1,
  gzip: 0.05,
  spool_log: 0.05,
  native_block: 0.05,
  pictures: 0.5,
};
/** A run that says nothing for so long hangs. */
const HANG_MS = 30_000;
/** What a million inputs may leave behind: compiled code, caches with a bound, garbage not yet collected. */
const GROWTH_MB = 500;

async function runTarget(name, runs) {
  const place = new SharedArrayBuffer(4);
  const at = new Int32Array(place);
  const from = Number(values.from);
  const worker = new Worker(new URL('worker.mjs', import.meta.url), {
    workerData: { name, seed, from, runs, place },
  });
  let last = -1;
  const outcome = await new Promise((resolve) => {
    const watch = setInterval(async () => {
      if (at[0] !== last) {
        last = at[0];
        return;
      }
      clearInterval(watch);
      await worker.terminate();
      const target = await TARGETS[name]();
      const input = target.body(target.input(randomOf(seed, last))).toString('base64');
      resolve({ failure: { run: last, error: `hangs: no answer in ${HANG_MS} ms`, input } });
    }, HANG_MS);
    worker.on('message', (message) => {
      clearInterval(watch);
      resolve(message);
    });
    worker.on('error', (error) => {
      clearInterval(watch);
      resolve({ failure: { run: at[0], error: String(error?.stack ?? error) } });
    });
  });
  await worker.terminate();
  return outcome;
}

async function fuzz(name) {
  if (name === 'live') return fuzzLive({ seed, runs: Number(values.live) });
  const runs = Math.max(1, Math.round(iterations * (values.only ? 1 : SHARES[name])));
  if (name !== 'spans') return { runs, ...(await runTarget(name, runs)) };
  try {
    return { runs, ...(await fuzzSpans({ iterations: runs, seed: seed || 1 })) };
  } catch (error) {
    return { runs, failure: { error: String(error?.stack ?? error) } };
  }
}

let passed = 0;
let failed = 0;
const names = values.only?.split(',') ?? [
  ...Object.keys(SHARES),
  ...(Number(values.live) > 0 ? ['live'] : []),
];
for (const name of names) {
  const before = process.memoryUsage.rss();
  const outcome = await fuzz(name);
  const grown_mb = Math.round((process.memoryUsage.rss() - before) / 1e6);
  if (!outcome.failure && grown_mb > GROWTH_MB) outcome.failure = { error: `memory grew by ${grown_mb} MB` };
  if (outcome.failure) failed++;
  else passed++;
  console.log(JSON.stringify({ fuzz: name, seed, ...outcome, grown_mb }));
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
