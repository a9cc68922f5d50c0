// Samples with a known truth, drawn as counts: a million rows cost as much as their bins.

/** Standard normal by Box & Muller. */
export const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Binomial: exact by inversion where the mean is small, else normal and rounded (its error is far below ours). */
function binomial(random, n, p) {
  if (p <= 0 || n <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  const mean = n * p;
  if (mean > 60) {
    const drawn = Math.round(mean + Math.sqrt(mean * (1 - p)) * normal(random));
    return Math.min(n, Math.max(0, drawn));
  }
  let term = Math.exp(n * Math.log1p(-p));
  let sum = term;
  const u = random();
  let k = 0;
  while (u > sum && k < n) {
    k++;
    term *= ((n - k + 1) / k) * (p / (1 - p));
    sum += term;
    if (k > mean && term < 1e-18) break;
  }
  return k;
}

/** n observations over the cells of `shares`, by binomials one after the other. */
export function multinomial(random, shares, n) {
  const counts = new Float64Array(shares.length);
  let left = n;
  let rest = 1;
  for (let i = 0; i < shares.length && left > 0; i++) {
    counts[i] = i === shares.length - 1 ? left : binomial(random, left, Math.min(1, shares[i] / rest));
    left -= counts[i];
    rest -= shares[i];
  }
  return counts;
}

export const normed = (weights) => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
};
export const zipf = (types) => normed(Array.from({ length: types }, (_, i) => 1 / (i + 1)));
export const equal = (types) => new Array(types).fill(1 / types);

/** A lognormal distribution as shares of fine bins (2 % wide), and the bins' values. */
export function lognormalBins(sigma, scale = 1) {
  const step = 0.02;
  const values = [];
  const weights = [];
  for (let z = -4.5 * sigma; z <= 4.5 * sigma; z += step) {
    values.push(Math.exp(z));
    weights.push(Math.exp(-0.5 * ((z - Math.log(scale)) / sigma) ** 2));
  }
  return { values, shares: normed(weights) };
}

export function uniformBins(cells = 200) {
  return { values: Array.from({ length: cells }, (_, i) => (i + 0.5) / cells), shares: equal(cells) };
}

export const numberSample = (random, { values, shares }, n, missing = 0) => {
  const lost = missing > 0 ? multinomial(random, [1 - missing, missing], n)[1] : 0;
  return { histogram: { values, counts: multinomial(random, shares, n - lost) }, missing: lost };
};

export const categorySample = (random, shares, n) => {
  const counts = multinomial(random, shares, n);
  return {
    counts: new Map(Array.from(counts, (count, i) => [`c${i}`, count]).filter(([, count]) => count > 0)),
    missing: 0,
  };
};

const psi = (p, q) => p.reduce((sum, share, i) => sum + (q[i] - share) * Math.log(q[i] / share), 0);

function untilPsi(p, target, change) {
  let low = 0;
  let high = 8;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (psi(p, change(middle)) < target) low = middle;
    else high = middle;
  }
  return change(low);
}

/** Shares with a true PSI of `target`: head and tail against each other. */
export const tilted = (p, target) =>
  untilPsi(p, target, (by) => normed(p.map((share) => share ** (1 - by / 8))));

/** Shares with a true PSI of `target`: every share by its own random factor. */
export function scattered(random, p, target) {
  const factors = p.map(() => normal(random));
  return untilPsi(p, target, (by) => normed(p.map((share, i) => share * Math.exp(by * factors[i]))));
}

/** Shares with a true PSI of `target`: mass from the second half to the first, every other cell. */
export const alternated = (p, target) =>
  untilPsi(p, target, (by) => normed(p.map((share, i) => share * Math.exp(i % 2 ? by / 8 : -by / 8))));
