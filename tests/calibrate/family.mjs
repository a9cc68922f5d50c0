// Months in which nothing changes: 12 features of 60 segments, tested every day.
import {
  benjaminiHochberg,
  compareCategories,
  compareNumbers,
  judgeOne,
  ONLINE_START,
  onlineTest,
} from '../../packages/stats/dist/index.js';
import { categorySample, lognormalBins, numberSample, zipf } from './draw.mjs';

const FEATURES = 12;
const SEGMENTS = 60;
/** So many bins hold what a test looks at; with more of them p is the same and takes longer. */
const BINS = 12;

/** Shares of few bins, and their middles. */
function coarse({ values, shares }) {
  const width = Math.ceil(values.length / BINS);
  const out = { values: [], shares: [] };
  for (let i = 0; i < values.length; i += width) {
    out.values.push(values[Math.min(values.length - 1, i + (width >> 1))]);
    out.shares.push(shares.slice(i, i + width).reduce((sum, one) => sum + one, 0));
  }
  return out;
}

/**
 * Every procedure sees the same p values, drawn through the comparisons themselves. Of each: months with at least one
 * false discovery, and alarms (a discovery as large as matters) per month.
 */
export function familyError({
  random,
  months,
  days = 28,
  methods = ['addis', 'lord'],
  told = () => undefined,
}) {
  const bins = coarse(lognormalBins(0.5));
  const types = zipf(8);
  const tests = FEATURES * SEGMENTS;
  const found = { months, days, tests, uncorrected: 0, byDay: 0 };
  const procedures = methods.map((method) => ({ method, withDiscovery: 0, alarms: 0 }));
  for (let month = 0; month < months; month++) {
    const running = procedures.map((procedure) => ({ procedure, state: ONLINE_START, any: false }));
    for (let day = 0; day < days; day++) {
      const ps = [];
      for (let test = 0; test < tests; test++) {
        const size = 200 + (test % SEGMENTS) * 40;
        const evidence =
          test % 2
            ? compareNumbers(numberSample(random, bins, size * 7), numberSample(random, bins, size))
            : compareCategories(categorySample(random, types, size * 7), categorySample(random, types, size));
        ps.push(evidence.p);
        for (const one of running) {
          const step = onlineTest(one.state, evidence.p, { method: one.procedure.method, alpha: 0.05 });
          one.state = step.state;
          if (!step.isDiscovery) continue;
          one.any = true;
          if (judgeOne(evidence, evidence.p, undefined).verdict === 'drift') one.procedure.alarms++;
        }
        if (evidence.p <= 0.05) found.uncorrected++;
      }
      if (benjaminiHochberg(ps).some((p) => p <= 0.05)) found.byDay++;
    }
    for (const { procedure, any } of running) if (any) procedure.withDiscovery++;
    told(month + 1, procedures);
  }
  return procedures.map((one) => ({ ...found, ...one }));
}

/** Most months with a discovery, of so many, that a true rate of 5 % gives in 19 of 20 cases (binomial). */
export function mostByChance(months, rate = 0.05) {
  let term = (1 - rate) ** months;
  let sum = term;
  let k = 0;
  while (sum < 0.95) {
    k++;
    term *= ((months - k + 1) / k) * (rate / (1 - rate));
    sum += term;
  }
  return k;
}
