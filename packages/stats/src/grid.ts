/**
 * The fixed grids on which values are counted. A bin code means the same everywhere and for ever, so counts of
 * any two windows can be added, subtracted and compared.
 *
 * `float`: the upper 14 bits of the float32, 32 bins per octave without a logarithm; the middle of a bin is at
 * most 1.56 % from any value in it. Values ≤ 0 are code 0. `unit`: 0 to 1 in steps of 1/500. `ten`: 1 to 10 in
 * steps of 1/50. Values outside of a linear grid are counted at its ends.
 */
export type Grid = 'float' | 'unit' | 'ten';

/** Observations per bin code: a `Map`, or what is as good as one. */
export interface Counts {
  keys(): Iterable<number>;
  values(): Iterable<number>;
  get(code: number): number | undefined;
}

const SHIFT = 18;
const UNIT_STEPS = 500;
const TEN_STEPS = 50;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Code of the bin that holds `value`; 0 to 8160 on `float`, 0 to 500 on `unit`, 0 to 450 on `ten`. NaN is 0. */
export function binOf(grid: Grid, value: number): number {
  if (grid === 'float') {
    if (!(value > 0)) return 0;
    float[0] = value;
    return bits[0]! >>> SHIFT;
  }
  if (grid === 'unit') return Math.round(clamp(value, 0, 1) * UNIT_STEPS);
  return Math.round((clamp(value, 1, 10) - 1) * TEN_STEPS);
}

/** The value that stands for a bin: its middle. */
export function valueOfBin(grid: Grid, code: number): number {
  if (grid === 'float') {
    if (code <= 0) return 0;
    bits[0] = ((code << SHIFT) | (1 << (SHIFT - 1))) >>> 0;
    return float[0]!;
  }
  return grid === 'unit' ? code / UNIT_STEPS : 1 + code / TEN_STEPS;
}

/**
 * Value at quantile `q` (0 to 1) of counts per bin code, by the nearest rank from below (the rank definition of
 * ClickHouse's quantileExactLow). `undefined` where nothing was counted.
 */
export function quantileOf(grid: Grid, counts: Counts, q: number): number | undefined {
  let total = 0;
  for (const count of counts.values()) total += count;
  if (total === 0) return undefined;
  const codes = [...counts.keys()].sort((a, b) => a - b);
  // Low rank: the element at floor(q · n), at most n − 1, and for q = 0.5 of an even n the lower middle.
  const exact = q * total;
  let rank = q === 0.5 && total % 2 === 0 ? total / 2 - 1 : Math.min(total - 1, Math.floor(exact));
  for (const code of codes) {
    rank -= counts.get(code)!;
    if (rank < 0) return valueOfBin(grid, code);
  }
  return valueOfBin(grid, codes.at(-1)!);
}

function clamp(value: number, least: number, most: number): number {
  return value > least ? Math.min(value, most) : least;
}
