/**
 * One JSON line per figure, the same for every benchmark: on stdout, when the process ends; prose goes to stderr.
 *
 * `value` is the median of the repetitions and `spread` the least and the greatest of them. `ratio` says how many
 * times better than the peer it is: above 1 is better, whether the figure should be small (a time, a size) or
 * large (a rate). It is null where there is no peer in the run.
 */

export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** The value below which a share `q` of the sorted or unsorted values lies (nearest rank). */
export const quantile = (values, q) => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * q) - 1))];
};

const DIGITS = 4;
const rounded = (value) => (value === null ? null : Number(value.toPrecision(DIGITS)));

const lines = [];
process.on('exit', () => {
  for (const line of lines) console.log(line);
});

/**
 * @param {object} figure
 * @param {string} figure.bench name of the benchmark
 * @param {string} figure.metric what is measured
 * @param {string} figure.unit
 * @param {number[]} figure.values one per repetition
 * @param {'less' | 'more'} figure.better which way is better
 * @param {string} [figure.peer] what it is compared with
 * @param {number[]} [figure.peerValues] the peer's figures of the same run
 */
export function report({ bench, metric, unit, values, better, peer = null, peerValues = [] }) {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length === 0) return;
  const value = median(known);
  lines.push(
    JSON.stringify({
      bench,
      metric,
      value: rounded(value),
      unit,
      ratio: rounded(ratioOf(value, peerValues, better)),
      peer,
      spread: [rounded(Math.min(...known)), rounded(Math.max(...known))],
    }),
  );
}

function ratioOf(value, peerValues, better) {
  const known = peerValues.filter((each) => Number.isFinite(each));
  if (known.length === 0) return null;
  const theirs = median(known);
  const [above, below] = better === 'less' ? [theirs, value] : [value, theirs];
  return below === 0 ? null : above / below;
}

export const say = (text) => process.stderr.write(`${text}\n`);

/** CPU microseconds of this process per call of `work`: one figure per round. */
export function cpuPerCall({ rounds, calls, work }) {
  for (let i = 0; i < calls / 4; i++) work(i);
  const out = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i++) work(i);
    const used = process.cpuUsage(before);
    out.push((used.user + used.system) / calls);
  }
  return out;
}
