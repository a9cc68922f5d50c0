// Samples with a known truth, drawn as counts: a million rows cost as much as their bins.

/** Standard normal by Box & Muller. */
export const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** From this mean on inversion takes more steps than rejection. */
const INVERSION_MOST = 30;

/**
 * Binomial, exact: by inversion, and where the mean is large by rejection (BTRS, Hörmann 1993, J. Stat. Comput. Simul.
 * 46:101). A rounded normal is no stand-in: it lacks the skew, which makes the χ² of k cells of mean μ larger by k/2μ.
 */
function binomial(random, n, p) {
  if (p <= 0 || n <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  return n * p > INVERSION_MOST ? binomialByRejection(random, n, p) : binomialByInversion(random, n, p);
}

function binomialByInversion(random, n, p) {
  const mean = n * p;
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

/** Numbers as in the paper's algorithm BTRS. */
function binomialByRejection(random, n, p) {
  const deviation = Math.sqrt(n * p * (1 - p));
  const odds = p / (1 - p);
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor((n + 1) * p);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + n * p + 0.5);
    if (us >= 0.07 && v <= 0.92 - 4.2 / b) return k;
    if (k < 0 || k > n) continue;
    const density =
      (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
      (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) +
      stirlingRest(mode) +
      stirlingRest(n - mode) -
      stirlingRest(k) -
      stirlingRest(n - k);
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= density) return k;
  }
}

/** ln k! less Stirling's formula in k + 1; exact sums where the series is not. */
function stirlingRest(k) {
  if (k < SMALL_FACTORIALS.length) return SMALL_FACTORIALS[k];
  const square = (k + 1) ** 2;
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1);
}
const SMALL_FACTORIALS = Array.from({ length: 10 }, (_, k) => {
  let factorial = 0;
  for (let i = 2; i <= k; i++) factorial += Math.log(i);
  return factorial - (0.5 * Math.log(2 * Math.PI) + (k + 0.5) * Math.log(k + 1) - (k + 1));
});

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
