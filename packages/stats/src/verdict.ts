import { benjaminiHochberg } from './combine.ts';
import { ALPHA, type ComponentName, type Evidence, LEAST_EFFECT } from './evidence.ts';
import { observationsNeeded, powerOf } from './psi-test.ts';

export type Verdict = 'drift' | 'no_drift' | 'insufficient_data';

/** Why: `changed` is drift; `small`, `passing` and `unchanged` are none; `too_few` cannot be said. */
export type Reason = 'changed' | 'small' | 'passing' | 'unchanged' | 'too_few';

export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** p after correction for the family that was judged together. */
  readonly pAdjusted: number;
  /** What carries the verdict, largest effect first. */
  readonly because: readonly ComponentName[];
  /** Current observations that would show the least effect in 8 of 10 cases; undefined where there are enough. */
  readonly nNeeded: number | undefined;
}

export interface JudgeOptions {
  /** Error rate of the whole family (0.05). */
  readonly alpha?: number;
  /** Debiased PSI that matters (0.1). */
  readonly leastEffect?: number;
  /** Observations below which nothing is said, either side (20). */
  readonly leastObservations?: number;
}

/** Below this no test over distributions has anything to say. */
const OBSERVATIONS_LEAST = 20;
/** "No drift" is said only where the least effect would more likely than not have been seen. */
const POWER_LEAST = 0.5;
/** The convention for how many observations are enough. */
const POWER_WANTED = 0.8;

/**
 * Decides a family of comparisons together. Drift is said only where it is sure (p ≤ α after Benjamini & Hochberg), as
 * large as matters (a sure component has at least the least effect) and, where `persists` was found out, lasting.
 */
export function judge(
  family: readonly { readonly evidence: Evidence; readonly persists?: boolean | undefined }[],
  options: JudgeOptions = {},
): Judgement[] {
  const adjusted = benjaminiHochberg(family.map(({ evidence }) => evidence.p));
  return family.map(({ evidence, persists }, i) => judgeOne(evidence, adjusted[i]!, persists, options));
}

/** Decides one comparison whose p was corrected elsewhere, by an online procedure say. */
export function judgeOne(
  evidence: Evidence,
  pAdjusted: number,
  persists: boolean | undefined,
  options: JudgeOptions = {},
): Judgement {
  const { alpha = ALPHA, leastEffect = LEAST_EFFECT, leastObservations = OBSERVATIONS_LEAST } = options;
  const { sizes, cells, rows } = evidence;
  const isSure = pAdjusted <= alpha;
  const large = evidence.components
    .filter(({ p, effect }) => p <= alpha && effect >= leastEffect)
    .sort((a, b) => b.effect - a.effect)
    .map(({ name }) => name);
  // Where a side has rows but no values, only their being missing can be judged, and of that there are enough.
  const onlyMissing = large.includes('missing') && large.length === 1;
  const isTiny = Math.min(sizes.nReference, sizes.nCurrent) < leastObservations;
  const power = powerOf(leastEffect, Math.max(2, cells), alpha, sizes.nReference, sizes.nCurrent);
  const tooFew = isTiny
    ? !(onlyMissing && Math.min(rows.reference, rows.current) >= leastObservations)
    : power < POWER_LEAST;
  const nNeeded = tooFew ? needed(evidence, alpha, leastEffect, leastObservations) : undefined;
  const said = (verdict: Verdict, reason: Reason): Judgement => ({
    verdict,
    reason,
    pAdjusted,
    because: large,
    nNeeded: verdict === 'insufficient_data' ? nNeeded : undefined,
  });
  if (isSure && large.length > 0 && (!isTiny || !tooFew)) {
    return persists === false ? said('no_drift', 'passing') : said('drift', 'changed');
  }
  if (tooFew) return said('insufficient_data', 'too_few');
  return said('no_drift', isSure ? 'small' : 'unchanged');
}

function needed(evidence: Evidence, alpha: number, leastEffect: number, least: number): number {
  const { sizes, cells, nCurrent } = evidence;
  const independent = Math.max(
    least,
    observationsNeeded(leastEffect, Math.max(cells, CELLS_TYPICAL), alpha, POWER_WANTED, sizes.nReference),
  );
  // In rows, of which several may be worth one.
  const rowsPerOne = sizes.nCurrent > 0 ? Math.max(1, nCurrent / sizes.nCurrent) : 1;
  return Math.ceil(independent * rowsPerOne);
}

/** A handful of observations fills fewer cells than what they are a sample of. */
const CELLS_TYPICAL = 10;
