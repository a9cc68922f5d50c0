// npm run bench:drift: 2,400 series × 28 days from stored histograms, with p-values, corrections and contributors; and
// the sweep of the server itself over some 2,400 series, store and all (--no-server leaves it out, --tenants 20 is smaller).
// Beside it, where PEGBAR_PARITY_PYTHON has them: the real Evidently and NannyML on rows of the same distributions
// (60 series, extrapolated), and bare numpy on the stored histograms.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  addHistograms,
  binOf,
  compareNumbers,
  explainNumbers,
  histogramOfBins,
  judge,
  seededRandom,
} from '../packages/stats/dist/index.js';
import { multinomial, normal } from '../tests/calibrate/draw.mjs';
import { serverSweep } from './drift-server.mjs';

const SERIES = 2_400;
const DAYS = 28;
const ROWS_PER_DAY = 2_000;
const RUNS = 5;
const random = seededRandom(28);

/** Bin codes of latencies of a series, lognormal, as the rollups hold them: about 60 to 120 codes a day. */
function daysOf(level) {
  const weights = new Map();
  for (let i = 0; i < 400; i++) {
    const code = binOf('float', Math.exp(level + 0.5 * normal(random)));
    weights.set(code, (weights.get(code) ?? 0) + 1 / 400);
  }
  const codes = [...weights.keys()];
  const shares = [...weights.values()];
  return Array.from({ length: DAYS + 1 }, () => {
    const counts = multinomial(random, shares, ROWS_PER_DAY);
    return histogramOfBins(
      'float',
      new Map(codes.map((code, i) => [code, counts[i]]).filter(([, n]) => n > 0)),
    );
  });
}

const series = Array.from({ length: SERIES }, (_, i) => daysOf(5 + (i % 50) / 10));
const references = series.map((days) =>
  addHistograms(days.slice(0, DAYS).map((histogram) => ({ histogram }))),
);
const sample = (histogram) => ({ histogram, missing: 0 });

/** The sweep: every series' current day against its rolling reference; reasons for what is sure. */
function sweep() {
  const evidence = series.map((days, i) => compareNumbers(sample(references[i]), sample(days[DAYS])));
  const judgements = judge(evidence.map((one) => ({ evidence: one })));
  // Contributors for what would be shown: everything that is sure, and the largest effects of the rest.
  const shown = judgements
    .map((one, i) => ({ one, i }))
    .sort(
      (a, b) => a.one.pAdjusted - b.one.pAdjusted || evidence[b.i].psiDebiased - evidence[a.i].psiDebiased,
    )
    .slice(0, 100);
  return shown.map(({ i }) =>
    explainNumbers(sample(references[i]), sample(series[i][DAYS]), evidence[i].sizes),
  );
}

/** One series, every one of its days against all others. */
function oneSeries() {
  const days = series[0];
  const whole = addHistograms(days.map((histogram) => ({ histogram })));
  const evidence = days.map((day) =>
    compareNumbers(
      sample(addHistograms([{ histogram: whole }, { histogram: day, weight: -1 }])),
      sample(day),
    ),
  );
  return explainNumbers(sample(whole), sample(days[0]), evidence[0].sizes);
}

function timed(run) {
  run();
  const times = Array.from({ length: RUNS }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  }).sort((a, b) => a - b);
  return { median: times[RUNS >> 1], spread: (times[RUNS - 1] - times[0]) / times[RUNS >> 1] };
}

const lines = [];
const tell = (metric, value, unit, rest = {}) =>
  lines.push({ bench: 'drift', metric, value, unit, ratio: null, peer: null, spread: null, ...rest });
const whole = timed(sweep);
const one = timed(oneSeries);
const resident = process.memoryUsage().rss / 1e6;
tell('sweep_2400_series_cpu_ms', Math.round(whole.median), 'ms', { spread: Number(whole.spread.toFixed(2)) });
tell('one_series_28_days_cpu_ms', Number(one.median.toFixed(2)), 'ms', {
  spread: Number(one.spread.toFixed(2)),
});
tell('resident_memory', Math.round(resident), 'MB');

if (!process.argv.includes('--no-server')) {
  const at = process.argv.indexOf('--tenants');
  await serverSweep(tell, at > 0 ? Number(process.argv[at + 1]) : undefined);
}

const python = process.env.PEGBAR_PARITY_PYTHON;
if (!python)
  process.stderr.write('no peers: PEGBAR_PARITY_PYTHON names no interpreter with evidently and nannyml\n');
else {
  const script = fileURLToPath(new URL('drift-peers.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script], { encoding: 'utf8' });
  if (status !== 0) process.stderr.write(`no peers: ${stderr.trim().split('\n').at(-1)}\n`);
  else {
    for (const { peer, cpu_s: seconds, memory_mb: memory } of JSON.parse(stdout)) {
      tell('sweep_2400_series_peer_cpu_ms', Math.round(seconds * 1_000), 'ms', {
        ratio: Number(((seconds * 1_000) / whole.median).toFixed(2)),
        peer,
      });
      tell('resident_memory_peer', Math.round(memory), 'MB', { peer });
    }
  }
}
for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
