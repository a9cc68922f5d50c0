/** Distances as counts per bin: quantiles, shares and sums of several hours come from the same few numbers. */

/** Width of a bin: a thousandth of a usual distance does not matter, and 0.31 stays 0.31. */
export const BIN_WIDTH = 0.005;
/** Distances outside of any sense do not stretch the answer. */
export const BIN_MOST = 1_000;

export type Bins = ReadonlyMap<number, number>;

export function addBins(
  into: Map<number, number>,
  bins: Iterable<readonly [number, number]>,
): Map<number, number> {
  for (const [bin, n] of bins) into.set(bin, (into.get(bin) ?? 0) + n);
  return into;
}

export const countOf = (bins: Bins): number => [...bins.values()].reduce((sum, n) => sum + n, 0);

/**
 * The q-quantile, within a bin as if its values were spread evenly: off by half a bin at most. null without values.
 */
export function quantileOf(bins: Bins, q: number): number | null {
  const total = countOf(bins);
  if (total === 0) return null;
  const wanted = q * total;
  let seen = 0;
  for (const [bin, n] of [...bins].sort((a, b) => a[0] - b[0])) {
    if (seen + n >= wanted) return rounded((bin + Math.max(0, wanted - seen) / n) * BIN_WIDTH);
    seen += n;
  }
  return rounded((Math.max(...bins.keys()) + 1) * BIN_WIDTH);
}

/** The share of values above a limit, 0 to 1, whole bins and a part of the one that holds it. */
export function shareAbove(bins: Bins, limit: number): number {
  const total = countOf(bins);
  let above = 0;
  for (const [bin, n] of bins) {
    const low = bin * BIN_WIDTH;
    above += n * Math.min(1, Math.max(0, (low + BIN_WIDTH - limit) / BIN_WIDTH));
  }
  return total === 0 ? 0 : rounded(above / total);
}

export const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
