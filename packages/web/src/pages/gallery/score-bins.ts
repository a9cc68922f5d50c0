/** The bins of a score side by side, also those that hold nothing. */
import type { ScoreBins } from '../../api/index.ts';

interface Spread {
  readonly from: number;
  readonly width: number;
  readonly heights: readonly number[];
}
/** As many bars as can be told apart in a facet. One score far out makes them wider, not more. */
export const BARS_MOST = 80;

/** `null` where there is no bin. The last bar may reach past the last bin. */
export function spreadOf(bins: ScoreBins['bins']): Spread | null {
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last) return null;
  const { from, to } = first;
  const told = Math.max(1, Math.round((last.to - from) / (to - from)));
  const joined = Math.ceil(told / BARS_MOST);
  const heights = Array.from({ length: Math.ceil(told / joined) }, () => 0);
  for (const bin of bins) {
    const at = Math.floor(Math.round((bin.from - from) / (to - from)) / joined);
    const bar = Math.min(at, heights.length - 1);
    heights[bar] = heights[bar]! + bin.n;
  }
  return { from, width: (to - from) * joined, heights };
}
