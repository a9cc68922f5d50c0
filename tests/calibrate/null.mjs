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
  normed,
  numberSample,
  uniformBins,
  zipf,
} from './draw.mjs';

const uniform = uniformBins();
const wide = lognormalBins(2);
const narrow = lognormalBins(0.5);

/** Each situation draws one pair without change and gives the evidence. */
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

/** 60 bins of a lognormal distribution, equal in width of the logarithm; hours share them, at levels of their own. */
const SEASON_STEP = 0.1;
const seasonBins = Array.from({ length: 60 }, (_, i) => Math.exp(3.5 + i * SEASON_STEP));
const levelOf = (hour) => 5 + 0.4 * Math.sin(((hour % 24) / 24) * 2 * Math.PI) + (hour >= 120 ? 0.5 : 0);
const seasonShares = Array.from({ length: 168 }, (_, hour) =>
  normed(seasonBins.map((value) => Math.exp(-0.5 * ((Math.log(value) - levelOf(hour)) / 0.5) ** 2))),
);
const volume = Array.from({ length: 168 }, (_, hour) => 1 + 0.6 * Math.sin(((hour % 24) / 24) * 2 * Math.PI));

/** Four weeks of hours against one Sunday; level and volume follow the hour and the weekend. */
function seasonal(random, n, m) {
  const sample = (rows, hours) => {
    const counts = multinomial(random, normed(volume.map((one, hour) => (hours(hour) ? one : 0))), rows);
    const cells = new Map();
    counts.forEach((count, hour) => {
      if (count > 0)
        cells.set(hour, numberSample(random, { values: seasonBins, shares: seasonShares[hour] }, count));
    });
    return cells;
  };
  const rows = ({ histogram }) => histogram.counts.reduce((sum, one) => sum + one, 0);
  const blend = (samples) => ({
    histogram: addHistograms(samples.map(({ histogram }) => ({ histogram }))),
    missing: 0,
  });
  const reference = sample(n, () => true);
  const current = sample(m, (hour) => hour >= 144);
  return compareNumberStrata(matchHours('', reference, current, rows, blend)).evidence;
}

const BUCKETS = 64;
const ROWS_OF_SESSION = 10;

/** What sessions have in common, in steps, and for each how its rows lie in 30 cells. */
const moods = lattice(21);
const cells = lattice(30, 4.5);
const cellShares = moods.values.map((mood) =>
  normed(cells.values.map((value) => Math.exp(-0.5 * (value - mood) ** 2))),
);
function lattice(count, reach = 3) {
  const values = Array.from({ length: count }, (_, i) => -reach + (i * 2 * reach) / (count - 1));
  return { values, shares: normed(values.map((value) => Math.exp(-0.5 * value ** 2))) };
}

/**
 * Sessions of ten rows that share half of their variance. Drawn as counts: sessions by bucket and mood, then the rows
 * of all sessions of one mood at once, which is the same as one session after the other.
 */
function clustered(random, n, m) {
  const side = (rows) => {
    const perBucket = multinomial(random, equal(BUCKETS), Math.max(1, Math.round(rows / ROWS_OF_SESSION)));
    const buckets = Array.from(perBucket, (sessions) => {
      const counts = new Float64Array(cells.values.length);
      multinomial(random, moods.shares, sessions).forEach((count, mood) => {
        if (count === 0) return;
        multinomial(random, cellShares[mood], count * ROWS_OF_SESSION).forEach((seen, cell) => {
          counts[cell] += seen;
        });
      });
      return { n: sessions * ROWS_OF_SESSION, counts };
    });
    const counts = cells.values.map((_, cell) => buckets.reduce((sum, one) => sum + one.counts[cell], 0));
    return { buckets, sample: { histogram: { values: cells.values, counts }, missing: 0 } };
  };
  const reference = side(n);
  const current = side(m);
  const edges = quantileEdges(reference.sample.histogram, 10);
  const effect = ({ buckets }) => {
    const pooled = buckets.map(({ n: rows, counts }) => {
      const pool = new Float64Array(edges.length + 1);
      cells.values.forEach((value, cell) => {
        let at = 0;
        while (at < edges.length && value > edges[at]) at++;
        pool[at] += counts[cell];
      });
      return { n: rows, counts: pool };
    });
    return designEffectOf(pooled, true) ?? ROWS_OF_SESSION;
  };
  return compareNumbers(reference.sample, current.sample, {
    designEffect: { reference: effect(reference), current: effect(current) },
  });
}

const WORDS_OF_PROMPT = 8;
const PROMPTS_OF_SESSION = 5;
/** Above it words of a bucket are drawn one by one, as if a prompt could hold any number of them. */
const PROMPTS_EXACT = 20_000;

/** Prompts of eight words of 500, sessions of five equal prompts. */
function tokens(random, n, m) {
  const shares = zipf(500);
  const held = shares.map((share) => 1 - (1 - share) ** WORDS_OF_PROMPT);
  const empty = () => ({ documents: 0, frequencies: new Map() });
  const add = (into, word, count) => {
    if (count > 0) into.frequencies.set(`w${word}`, (into.frequencies.get(`w${word}`) ?? 0) + count);
  };
  const side = (documents) => {
    const whole = empty();
    const buckets = Array.from({ length: BUCKETS }, empty);
    if (documents > PROMPTS_EXACT) {
      multinomial(random, equal(BUCKETS), Math.round(documents / PROMPTS_OF_SESSION)).forEach(
        (sessions, at) => {
          held.forEach((share, word) => {
            const count = multinomial(random, [share, 1 - share], sessions)[0] * PROMPTS_OF_SESSION;
            for (const into of [whole, buckets[at]]) add(into, word, count);
          });
          for (const into of [whole, buckets[at]]) into.documents += sessions * PROMPTS_OF_SESSION;
        },
      );
      return { ...whole, missing: 0, buckets };
    }
    for (let i = 0; i < documents; i += PROMPTS_OF_SESSION) {
      const count = Math.min(PROMPTS_OF_SESSION, documents - i);
      const bucket = buckets[Math.floor(random() * BUCKETS)];
      const words = multinomial(random, shares, WORDS_OF_PROMPT);
      for (const into of [whole, bucket]) {
        into.documents += count;
        words.forEach((times, word) => {
          if (times > 0) add(into, word, count);
        });
      }
    }
    return { ...whole, missing: 0, buckets };
  };
  return compareTokens(side(n), side(m), {
    designEffect: { reference: PROMPTS_OF_SESSION, current: PROMPTS_OF_SESSION },
  });
}

/** False alarms of every situation at every size. */
export function* nullSuite({ random, sizes, repetitions }) {
  for (const [name, draw] of Object.entries(SITUATIONS)) {
    for (const [n, m] of sizes) {
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
