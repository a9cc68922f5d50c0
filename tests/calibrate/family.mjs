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

/** Share of months with at least one false discovery, and false alarms (sure and as large as matters) per month. */
export function familyError({ random, months, days = 28, method = 'addis' }) {
  const coarse = lognormalBins(0.5);
  // 60 bins are as good for this, and four times as quick.
  const bins = { values: [], shares: [] };
  for (let i = 0; i < coarse.values.length; i += 4) {
    bins.values.push(coarse.values[i]);
    bins.shares.push(coarse.shares.slice(i, i + 4).reduce((sum, one) => sum + one, 0));
  }
  const types = zipf(20);
  const found = {
    months,
    days,
    tests: FEATURES * SEGMENTS,
    withDiscovery: 0,
    alarms: 0,
    uncorrected: 0,
    byDay: 0,
  };
  for (let month = 0; month < months; month++) {
    let state = ONLINE_START;
    let any = false;
    for (let day = 0; day < days; day++) {
      const ps = [];
      for (let test = 0; test < found.tests; test++) {
        const size = 200 + (test % SEGMENTS) * 40;
        const evidence =
          test % 2
            ? compareNumbers(numberSample(random, bins, size * 7), numberSample(random, bins, size))
            : compareCategories(categorySample(random, types, size * 7), categorySample(random, types, size));
        ps.push(evidence.p);
        const step = onlineTest(state, evidence.p, { method, alpha: 0.05 });
        state = step.state;
        any ||= step.isDiscovery;
        if (judgeOne(evidence, step.isDiscovery ? evidence.p : 1, undefined).verdict === 'drift')
          found.alarms++;
        if (evidence.p <= 0.05) found.uncorrected++;
      }
      if (benjaminiHochberg(ps).some((p) => p <= 0.05)) found.byDay++;
    }
    if (any) found.withDiscovery++;
  }
  return found;
}
