// Something changes: how often is it seen, at a threshold where each test gives 5 % false alarms?
import {
  chiSquare,
  compareCategories,
  compareNumbers,
  jensenShannon,
  kolmogorovSmirnov,
  mannWhitney,
  pair,
  psi,
} from '../../packages/stats/dist/index.js';
import {
  alternated,
  categorySample,
  equal,
  lognormalBins,
  numberSample,
  scattered,
  tilted,
  zipf,
} from './draw.mjs';

const quantileTable = (paired, cells = 10) => {
  const total = paired.nReference + paired.nCurrent;
  const reference = new Float64Array(cells);
  const current = new Float64Array(cells);
  let seen = 0;
  for (let i = 0; i < paired.values.length; i++) {
    const here = paired.reference[i] + paired.current[i];
    const cell = Math.min(cells - 1, Math.floor(((seen + here / 2) / total) * cells));
    reference[cell] += paired.reference[i];
    current[cell] += paired.current[i];
    seen += here;
  }
  return { reference, current };
};

function numberStatistics(a, b) {
  const paired = pair(a.histogram, b.histogram);
  const table = quantileTable(paired);
  return {
    ours: -Math.log(compareNumbers(a, b).p + 1e-300),
    'Mann–Whitney': Math.abs(mannWhitney(paired).z),
    KS: kolmogorovSmirnov(paired).distance,
    'χ²': chiSquare(table.reference, table.current).statistic,
    JS: jensenShannon(table.reference, table.current),
    'decile PSI': psi(table.reference, table.current),
  };
}

function categoryStatistics(a, b) {
  const names = [...new Set([...a.counts.keys(), ...b.counts.keys()])];
  const reference = names.map((name) => a.counts.get(name) ?? 0);
  const current = names.map((name) => b.counts.get(name) ?? 0);
  return {
    ours: -Math.log(compareCategories(a, b).p + 1e-300),
    'χ²': chiSquare(reference, current).statistic,
    JS: jensenShannon(reference, current),
    PSI: psi(reference, current),
  };
}

const numbers = (sigma, factor) => ({
  before: lognormalBins(sigma),
  after: lognormalBins(sigma, factor),
  sample: numberSample,
  statistics: numberStatistics,
});
const categories = (before, after) => ({
  before,
  after,
  sample: categorySample,
  statistics: categoryStatistics,
});

/** The rows of facts/drift.md §8; what it leaves open (how a PSI comes about) is shown in more than one way. */
export function powerRows(random) {
  const moved = equal(10);
  moved[0] += 0.05;
  moved[1] -= 0.05;
  const spread = alternated(equal(10), 0.02);
  return [
    ['lognormal σ 2, median +5 %', 5000, 5000, numbers(2, 1.05)],
    ['lognormal σ 2, median +10 %', 5000, 5000, numbers(2, 1.1)],
    ['lognormal σ 2, median +20 %', 5000, 5000, numbers(2, 1.2)],
    ['lognormal σ 0.5, median +10 %', 200, 200, numbers(0.5, 1.1)],
    ['uniform 10, 5 points between two', 1000, 1000, categories(equal(10), moved)],
    ['uniform 10, spread over all, PSI .02', 1000, 1000, categories(equal(10), spread)],
    ['Zipf 20, tilted, PSI .1', 200, 200, categories(zipf(20), tilted(zipf(20), 0.1))],
    ['Zipf 20, scattered, PSI .1', 200, 200, categories(zipf(20), scattered(random, zipf(20), 0.1))],
    ['Zipf 20, tilted, PSI .25', 200, 200, categories(zipf(20), tilted(zipf(20), 0.25))],
    ['Zipf 20, scattered, PSI .25', 200, 200, categories(zipf(20), scattered(random, zipf(20), 0.25))],
    ['Zipf 200, 28:1, tilted, PSI .1', 5600, 200, categories(zipf(200), tilted(zipf(200), 0.1))],
    [
      'Zipf 200, 28:1, scattered, PSI .1',
      5600,
      200,
      categories(zipf(200), scattered(random, zipf(200), 0.1)),
    ],
    [
      'Zipf 200, 28:1, scattered, PSI .25',
      5600,
      200,
      categories(zipf(200), scattered(random, zipf(200), 0.25)),
    ],
  ];
}

/** Power of every statistic at its own 95 % point without change, and ours less the best other. */
export function power([name, n, m, { before, after, sample, statistics }], { random, repetitions }) {
  const quiet = [];
  const changed = [];
  for (let i = 0; i < repetitions; i++) {
    quiet.push(statistics(sample(random, before, n), sample(random, before, m)));
    changed.push(statistics(sample(random, before, n), sample(random, after, m)));
  }
  const figures = {};
  for (const test of Object.keys(quiet[0])) {
    const critical = quiet.map((one) => one[test]).sort((a, b) => a - b)[Math.ceil(0.95 * repetitions) - 1];
    figures[test] = changed.filter((one) => one[test] > critical).length / repetitions;
  }
  const best = Math.max(...['Mann–Whitney', 'KS', 'χ²', 'JS'].map((test) => figures[test] ?? 0));
  return { name, n, m, figures, margin: figures.ours - best };
}
