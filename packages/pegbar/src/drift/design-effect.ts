/** How much more days of a series vary than their counts explain: sessions, campaigns, moods. */
import type { Sampling } from './metrics.ts';
import { type Hours, meanOfHour } from './series.ts';

const DAY_MS = 86_400_000;
/** Fewer pairs of days say too little. */
const PAIRS_LEAST = 7;
/** Share of the pairs that is looked at, smallest first: a step or an incident between two days is no noise. */
const KEPT = 0.8;
/** Mean of χ²₁ below its 80 % quantile: P(χ²₃ ≤ 1.642) / 0.8. */
const MEAN_OF_KEPT = 0.44;

/**
 * Design effect from neighbouring days of the reference: squared differences of their means over what independent
 * observations give (von Neumann 1941, Ann. Math. Stat. 12:367), trimmed. Slow trends and steps do not count as
 * noise, which they would in a variance about one mean. At least 1; 1 where there are too few days.
 */
export function designEffectOf(sampling: Sampling, parts: Iterable<Hours>): number {
  const days = daysOf(sampling, parts);
  return designEffectOfDays(days, spreadOf(sampling, days));
}

/** The same of days in their order; `spread` is the variance of one observation. */
export function designEffectOfDays(
  days: readonly { readonly day: number; readonly mean: number; readonly n: number }[],
  spread: number,
): number {
  if (!(spread > 0)) return 1;
  const squares: number[] = [];
  for (let at = 1; at < days.length; at++) {
    const [one, other] = [days[at - 1]!, days[at]!];
    if (other.day !== one.day + 1) continue;
    squares.push((other.mean - one.mean) ** 2 / (spread * (1 / one.n + 1 / other.n)));
  }
  if (squares.length < PAIRS_LEAST) return 1;
  squares.sort((a, b) => a - b);
  const kept = squares.slice(0, Math.ceil(squares.length * KEPT));
  return Math.max(1, kept.reduce((sum, one) => sum + one, 0) / kept.length / MEAN_OF_KEPT);
}

interface Day {
  day: number;
  mean: number;
  n: number;
  variance: number;
}

function daysOf(sampling: Sampling, parts: Iterable<Hours>): Day[] {
  const sums = new Map<number, { sum: number; n: number; squares: number }>();
  for (const [at, hour] of [...parts].flatMap((hours) => [...hours])) {
    const { mean, n, squares } = meanOfHour(sampling, hour);
    if (!(n > 0) || !Number.isFinite(mean)) continue;
    const day = Math.floor(at / DAY_MS);
    const known = sums.get(day) ?? { sum: 0, n: 0, squares: 0 };
    sums.set(day, known);
    known.sum += mean * n;
    known.squares += squares;
    known.n += n;
  }
  return [...sums]
    .map(([day, { sum, n, squares }]) => {
      const mean = sum / n;
      return {
        day,
        n,
        mean,
        variance: n > 1 ? Math.max(0, squares - n * mean * mean) / (n - 1) : Number.NaN,
      };
    })
    .sort((a, b) => a.day - b.day);
}

/** Variance of one observation: that of a share; else the median over days of that within them. */
function spreadOf(sampling: Sampling, days: readonly Day[]): number {
  if (sampling.as === 'rate' || sampling.as === 'shares') {
    const n = days.reduce((sum, day) => sum + day.n, 0);
    const mean = days.reduce((sum, day) => sum + day.mean * day.n, 0) / n;
    return mean * (1 - mean);
  }
  const known = days
    .map(({ variance }) => variance)
    .filter((one) => Number.isFinite(one))
    .sort((a, b) => a - b);
  return known[known.length >> 1] ?? 0;
}
