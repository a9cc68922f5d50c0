import { normal } from '../calibrate/draw.mjs';

/** The reference inputs of facts/drift.md §1, and samples of every shape that the engine meets. */
export function cases(random) {
  const draw = (n, one) => Array.from({ length: n }, (_, i) => one(i));
  const dice = (sides) => sides.flatMap((count, i) => new Array(count).fill(i + 1));
  const names = (counts) => Object.entries(counts).flatMap(([name, count]) => new Array(count).fill(name));
  const zipf = (types) => () => `w${Math.floor(types ** random()) - 1}`;
  const range = (from, to) => draw(to - from, (i) => from + i);
  const numeric = [
    ['dice as numbers', dice([16, 18, 16, 14, 12, 12]), dice([16, 16, 16, 16, 16, 8])],
    ['0..99 v 10..109', range(0, 100), range(10, 110)],
    ['normal', draw(500, () => normal(random)), draw(400, () => normal(random) + 0.2)],
    [
      'lognormal σ 2',
      draw(2000, () => Math.exp(2 * normal(random))),
      draw(1000, () => 1.3 * Math.exp(2 * normal(random))),
    ],
    ['whole numbers', draw(800, () => Math.floor(random() * 60)), draw(300, () => Math.floor(random() * 70))],
    ['few values', draw(300, () => Math.floor(random() * 5)), draw(300, () => Math.floor(random() * 6))],
    ['out of range', draw(1000, () => random()), draw(200, () => random() * 2 - 0.5)],
    ['skewed', draw(3000, () => random() ** 6), draw(3000, () => random() ** 5)],
    ['tiny', draw(25, () => random()), draw(12, () => random())],
    ['large offset', draw(900, () => 1e6 + normal(random)), draw(900, () => 1e6 + 0.1 + normal(random))],
  ];
  const categorical = [
    ['dice', dice([16, 18, 16, 14, 12, 12]).map(String), dice([16, 16, 16, 16, 16, 8]).map(String)],
    ['new category', names({ a: 60, b: 30, c: 10 }), names({ a: 50, b: 30, c: 10, d: 10 })],
    ['aabbcc v aabbccd', [...'aabbcc'], [...'aabbccd']],
    [
      'abcd v abce',
      draw(10_000, () => 'abcd'[Math.floor(random() * 4)]),
      draw(1_000, () => 'abce'[Math.floor(random() * 4)]),
    ],
    ['frouros', [...'aaaabb'], [...'abcccc']],
    ['200/800 v 400/600', names({ a: 200, b: 800 }), names({ a: 400, b: 600 })],
    ['Zipf 20', draw(2000, zipf(20)), draw(200, zipf(20))],
    ['Zipf 200', draw(5000, zipf(200)), draw(1000, zipf(200))],
    ['rare', names({ a: 20_000, b: 1, c: 3 }), names({ a: 5_000, c: 9, d: 1 })],
  ];
  const as =
    (kind) =>
    ([name, reference, current]) => ({ kind, name, reference, current });
  return [...numeric.map(as('numeric')), ...categorical.map(as('categorical'))];
}
