/**
 * Which attributes tell a selection of rows from the rest: for each value the difference of its shares, less what
 * chance alone would give; absence is a value like any other. Pure.
 */

/** Rows of both sides that carry one value of an attribute. */
export interface ValueCount {
  /** '' where the row tells nothing of the attribute. */
  value: string;
  selection: number;
  rest: number;
}

export interface Ranked {
  attribute: string;
  /** The value that the selection has more of than the rest. */
  culprit: ValueCount;
  /** Share of the culprit in the selection less that in the rest, -1 to 1. */
  difference: number;
  /** Lower bound of the greatest difference of shares: what is left of it after chance; 0 where nothing is. */
  lcb: number;
  /** Total variation distance of the two distributions, 0 to 1, without regard to chance. */
  tvd: number;
  /** Different values, absence among them. */
  distinct: number;
  values: ValueCount[];
}

/** Two-sided 0.1 %: of a hundred attributes without any bearing one in ten pages shows one. */
const Z = 3.29;
/** An attribute in which nearly every row has a value of its own is a name and no cause. */
const NAMES_FROM = 0.9;

/** What was counted of one attribute; `values` may leave out rare ones, which `told` and `distinct` count. */
export interface AttributeCounts {
  values: readonly ValueCount[];
  told: { selection: number; rest: number };
  distinct: number;
}

/**
 * Attributes by lower bound, best first, equal ones as they were given. Totals are rows of each side.
 *
 * Per value: d = b/nb − g/ng; shares smoothed as (b+1)/(nb+2); se = √(p(1−p)/nb + r(1−r)/ng);
 * lower bound = max over values of max(0, |d| − 3.29·se).
 */
export function rankAttributes(
  totals: { selection: number; rest: number },
  counts: ReadonlyMap<string, AttributeCounts>,
): Ranked[] {
  const { selection: nb, rest: ng } = totals;
  if (nb <= 0 || ng <= 0) return [];
  const ranked: Ranked[] = [];
  for (const [attribute, counted] of counts) {
    const { distinct } = counted;
    if (distinct > NAMES_FROM * (nb + ng)) continue;
    const values = withAbsence(counted, totals);
    let [lcb, tvd] = [0, 0];
    let culprit = values[0];
    let most = Number.NEGATIVE_INFINITY;
    for (const one of values) {
      const d = one.selection / nb - one.rest / ng;
      const p = (one.selection + 1) / (nb + 2);
      const r = (one.rest + 1) / (ng + 2);
      const se = Math.sqrt((p * (1 - p)) / nb + (r * (1 - r)) / ng);
      lcb = Math.max(lcb, Math.abs(d) - Z * se);
      tvd += Math.abs(d) / 2;
      if (d > most) [most, culprit] = [d, one];
    }
    if (culprit) ranked.push({ attribute, culprit, difference: most, lcb, tvd, distinct, values });
  }
  return ranked.sort((a, b) => b.lcb - a.lcb || b.tvd - a.tvd);
}

/** Free attributes stand in rows that have them only: the others count as absent. */
function withAbsence(
  { values, told }: AttributeCounts,
  totals: { selection: number; rest: number },
): ValueCount[] {
  const absent = {
    value: '',
    // Values of a list may be several in one row, and then more than all rows.
    selection: Math.max(0, totals.selection - told.selection),
    rest: Math.max(0, totals.rest - told.rest),
  };
  const none = absent.selection + absent.rest === 0 || values.some((one) => one.value === '');
  return none ? [...values] : [...values, absent];
}
