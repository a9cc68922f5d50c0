/**
 * What a comparison found out, before anybody decides: each component with how sure (p) and how large (effect). The
 * same for numbers, categories and tokens.
 */
export type ComponentName = 'value' | 'within' | 'tail' | 'missing' | 'infinite' | 'new' | 'token';

export interface Component {
  readonly name: ComponentName;
  /** Two-sided p of "nothing changed in this respect". */
  readonly p: number;
  /** Debiased PSI of this respect: what the least effect is compared with. */
  readonly effect: number;
}

export interface Evidence {
  /** Observations with a value; rows without one are in `missing`. */
  readonly nReference: number;
  readonly nCurrent: number;
  /** What they are worth as independent ones. */
  readonly sizes: { readonly nReference: number; readonly nCurrent: number };
  /** Rows of either side, with a value or without. */
  readonly rows: { readonly reference: number; readonly current: number };
  /** p of "nothing changed", over all components. */
  readonly p: number;
  readonly components: readonly Component[];
  /** With Jeffreys' half in every cell; raw. */
  readonly psi: number;
  readonly psiDebiased: number;
  /** p of "the PSI is at most the least effect". */
  readonly pLeast: number;
  /** Cells over which the PSI runs. */
  readonly cells: number;
  readonly missing: { readonly reference: number; readonly current: number; readonly change: number };
  readonly newCategories: readonly string[];
  /** Part of the change that happened inside segments, and the part that their mix explains; debiased PSI. */
  readonly within: number | undefined;
  readonly mix: number | undefined;
}

/** Shares of rows that have no value, of `n` with one and `missing` without on either side. */
export function missingRates(
  reference: { n: number; missing: number },
  current: { n: number; missing: number },
): Evidence['missing'] {
  const rate = ({ n, missing }: { n: number; missing: number }): number =>
    n + missing > 0 ? missing / (n + missing) : 0;
  const [was, is] = [rate(reference), rate(current)];
  return { reference: was, current: is, change: is - was };
}

export interface CompareOptions {
  /** Debiased PSI that matters (0.1). */
  readonly leastEffect?: number;
  /** Variance of a mean over that of independent observations, at least 1 (1): clustered rows. */
  readonly designEffect?: { readonly reference: number; readonly current: number };
}

export const LEAST_EFFECT = 0.1;
export const ALPHA = 0.05;
