// Nothing changes: how often do we say that something did?
import {
  addHistograms,
  compareCategories,
  compareNumberStrata,
  compareNumbers,
  compareTokens,
  designEffectOf,
  judge,
  matchHours,
  quantileEdges,
} from '../../packages/stats/dist/index.js';
import {
  categorySample,
  equal,
  lognormalBins,
  multinomial,
  normal,
  numberSample,
  uniformBins,
  zipf,
} from './draw.mjs';

const uniform = uniformBins();
const wide = lognormalBins(2);
const narrow = lognormalBins(0.5);

/** Each situation draws one pair without change and gives the evidence; `most` bounds n where drawing is dear. */
export const SITUATIONS = {
  'uniform, a number': (random, n, m) =>
    compareNumbers(numberSample(random, uniform, n), numberSample(random, uniform, m)),
  'uniform, 10 categories': (random, n, m) =>
    compareCategories(categorySample(random, equal(10), n), categorySample(random, equal(10), m)),
  'Zipf 20': (random, n, m) =>
    compareCategories(categorySample(random, zipf(20), n), categorySample(random, zipf(20), m)),
  'Zipf 200': (random, n, m) =>
    compareCategories(categorySample(random, zipf(200), n), categorySample(random, zipf(200), m)),
  'lognormal σ 2': (random, n, m) =>
    compareNumbers(numberSample(random, wide, n), numberSample(random, wide, m)),
  'lognormal σ 0.5': (random, n, m) =>
    compareNumbers(numberSample(random, narrow, n), numberSample(random, narrow, m)),
  'missing values': (random, n, m) =>
    compareNumbers(numberSample(random, narrow, n, 0.1), numberSample(random, narrow, m, 0.1)),
  'new categories by chance (Zipf 2000)': (random, n, m) =>
    compareCategories(categorySample(random, zipf(2000), n), categorySample(random, zipf(2000), m)),
  'mix shift 80/20 → 40/60': mixShift,
  'weekly seasonal': seasonal,
  'clustered rows (sessions)': clustered,
  'clustered tokens (sessions)': tokens,
};
const DEAR = {
  'clustered rows (sessions)': 10_000,
  'clustered tokens (sessions)': 10_000,
  'weekly seasonal': 100_000,
};

function mixShift(random, n, m) {
  const at = (shares, total) => multinomial(random, shares, total);
  const [a, b] = at([0.8, 0.2], n);
  const [c, d] = at([0.4, 0.6], m);
  const other = lognormalBins(0.5, 2);
  return compareNumberStrata([
    { segment: 'a', reference: numberSample(random, narrow, a), current: numberSample(random, narrow, c) },
    { segment: 'b', reference: numberSample(random, other, b), current: numberSample(random, other, d) },
  ]).evidence;
}

/** Four weeks of hours against one Sunday; level and volume follow the hour and the weekend. */
function seasonal(random, n, m) {
  const level = (hour) => 5 + 0.4 * Math.sin(((hour % 24) / 24) * 2 * Math.PI) + (hour >= 120 ? 0.5 : 0);
  const volume = Array.from(
    { length: 168 },
    (_, hour) => 1 + 0.6 * Math.sin(((hour % 24) / 24) * 2 * Math.PI),
  );
  const total = volume.reduce((sum, one) => sum + one, 0);
  const sample = (rows, hours) => {
    const week = volume.reduce((sum, one, hour) => (hours(hour) ? sum + one : sum), 0);
    const counts = multinomial(
      random,
      volume.map((one, hour) => (hours(hour) ? one / week : 0)),
      rows,
    );
    const cells = new Map();
    counts.forEach((count, hour) => {
      if (count === 0) return;
      const bins = new Map();
      for (let i = 0; i < count; i++) {
        const value = Math.round(Math.exp(level(hour) + 0.5 * normal(random)));
        bins.set(value, (bins.get(value) ?? 0) + 1);
      }
      const values = Float64Array.from(bins.keys()).sort();
      cells.set(hour, { histogram: { values, counts: values.map((value) => bins.get(value)) }, missing: 0 });
    });
    return cells;
  };
  const rows = ({ histogram }) => histogram.counts.reduce((sum, one) => sum + one, 0);
  const blend = (samples) => ({
    histogram: addHistograms(samples.map(({ histogram }) => ({ histogram }))),
    missing: 0,
  });
  const reference = sample(n, () => total > 0);
  const current = sample(m, (hour) => hour >= 144);
  return compareNumberStrata(matchHours('', reference, current, rows, blend)).evidence;
}

const BUCKETS = 64;

/** Sessions of ten rows that share half of their variance. */
function clustered(random, n, m) {
  const side = (rows) => {
    const drawn = [];
    let session = 0;
    let bucket = 0;
    for (let i = 0; i < rows; i++) {
      if (i % 10 === 0) {
        session = normal(random);
        bucket = Math.floor(random() * BUCKETS);
      }
      drawn.push([Math.round((session + normal(random)) * 1000) / 1000, bucket]);
    }
    const bins = new Map();
    for (const [value] of drawn) bins.set(value, (bins.get(value) ?? 0) + 1);
    const values = Float64Array.from(bins.keys()).sort();
    return {
      drawn,
      sample: { histogram: { values, counts: values.map((value) => bins.get(value)) }, missing: 0 },
    };
  };
  const reference = side(n);
  const current = side(m);
  const edges = quantileEdges(reference.sample.histogram, 10);
  const effect = ({ drawn }) => {
    const buckets = Array.from({ length: BUCKETS }, () => ({
      n: 0,
      counts: new Float64Array(edges.length + 1),
    }));
    for (const [value, bucket] of drawn) {
      let cell = 0;
      while (cell < edges.length && value > edges[cell]) cell++;
      buckets[bucket].n++;
      buckets[bucket].counts[cell]++;
    }
    return designEffectOf(buckets, true) ?? 10;
  };
  return compareNumbers(reference.sample, current.sample, {
    designEffect: { reference: effect(reference), current: effect(current) },
  });
}

/** Prompts of eight words of 500, sessions of five equal prompts. */
function tokens(random, n, m) {
  const shares = zipf(500);
  const side = (documents) => {
    const empty = () => ({ documents: 0, frequencies: new Map() });
    const whole = empty();
    const buckets = Array.from({ length: BUCKETS }, empty);
    for (let i = 0; i < documents; i += 5) {
      const count = Math.min(5, documents - i);
      const bucket = buckets[Math.floor(random() * BUCKETS)];
      const words = multinomial(random, shares, 8);
      for (const into of [whole, bucket]) {
        into.documents += count;
        words.forEach((times, word) => {
          if (times > 0) into.frequencies.set(`w${word}`, (into.frequencies.get(`w${word}`) ?? 0) + count);
        });
      }
    }
    return { ...whole, missing: 0, buckets };
  };
  return compareTokens(side(n), side(m), { designEffect: { reference: 5, current: 5 } });
}

/** False alarms of every situation at every size. */
export function* nullSuite({ random, sizes, repetitions }) {
  for (const [name, draw] of Object.entries(SITUATIONS)) {
    for (const [n, m] of sizes) {
      if (Math.max(n, m) > (DEAR[name] ?? Number.POSITIVE_INFINITY)) continue;
      const times = repetitions(name, Math.max(n, m));
      const row = { name, n, m, times, at5: 0, at1: 0, drift: 0, small: 0, few: 0 };
      for (let i = 0; i < times; i++) {
        const evidence = draw(random, n, m);
        const [judgement] = judge([{ evidence }]);
        row.at5 += evidence.p <= 0.05 ? 1 : 0;
        row.at1 += evidence.p <= 0.01 ? 1 : 0;
        row.drift += judgement.verdict === 'drift' ? 1 : 0;
        row.small += judgement.reason === 'small' ? 1 : 0;
        row.few += judgement.verdict === 'insufficient_data' ? 1 : 0;
      }
      yield row;
    }
  }
}
