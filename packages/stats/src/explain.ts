import { quantileCells } from './bins.ts';
import { type AlignedCategories, align, type CategorySample, categoryCells } from './compare-categories.ts';
import { type NumberSample, PSI_CELLS } from './compare-numbers.ts';
import { normalUpperQuantile } from './distributions.ts';
import { JEFFREYS, psiTerm, sharesOf } from './divergence.ts';
import { type Paired, pair } from './histogram.ts';
import { noiseOf } from './psi-test.ts';
import { hodgesLehmann, type Sizes } from './rank.ts';

/** One cell, category or token that took part in a change. */
export interface Contributor {
  /** Name of the category; for numbers the range of the cell, its ends included. */
  readonly name: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly shareReference: number;
  readonly shareCurrent: number;
  readonly direction: 'more' | 'less';
  /** Share of the whole change that is this cell's, 0 to 1, noise taken off. */
  readonly share: number;
}

export interface Explanation {
  /** In the value's own unit; for categories the change of the share of the one that moved most. */
  readonly shift: number | undefined;
  readonly interval: readonly [number, number] | undefined;
  /** The category whose share `shift` is. */
  readonly of: string | undefined;
  readonly medianReference: number | undefined;
  readonly medianCurrent: number | undefined;
  readonly contributors: readonly Contributor[];
}

export interface ExplainOptions {
  /** Of the shift's interval (0.95). */
  readonly confidence?: number;
  /** Contributors told (5). */
  readonly most?: number;
}

const CONFIDENCE = 0.95;
export const CONTRIBUTORS = 5;

/** How much, and where: Hodges–Lehmann shift with interval, and the cells that contribute most to the PSI. */
export function explainNumbers(
  reference: NumberSample,
  current: NumberSample,
  sizes?: Sizes,
  options: ExplainOptions = {},
): Explanation {
  return explainPaired(pair(reference.histogram, current.histogram), sizes, options);
}

/** As `explainNumbers`, of paired counts. */
export function explainPaired(
  paired: Paired,
  sizes: Sizes = paired,
  options: ExplainOptions = {},
): Explanation {
  const { confidence = CONFIDENCE, most = CONTRIBUTORS } = options;
  const found = hodgesLehmann(paired, confidence, sizes);
  const cells = quantileCells(paired, PSI_CELLS, 'reference');
  const names = Array.from(cells.from, (from, i) => rangeName(from, cells.to[i]!));
  const contributors = contributorsOf(names, cells.reference, cells.current, sizes, most).map(
    (one): Contributor => {
      const at = names.indexOf(one.name);
      return { ...one, from: cells.from[at]!, to: cells.to[at]! };
    },
  );
  return {
    shift: found?.shift,
    interval: found?.interval,
    of: undefined,
    medianReference: medianOf(paired, paired.reference, paired.nReference),
    medianCurrent: medianOf(paired, paired.current, paired.nCurrent),
    contributors,
  };
}

/** The category whose share moved most, with an interval, and those that contribute most to the PSI. */
export function explainCategories(
  reference: CategorySample,
  current: CategorySample,
  sizes?: Sizes,
  options: ExplainOptions = {},
): Explanation {
  const aligned = align(reference.counts, current.counts);
  return explainAligned(aligned, sizes ?? aligned, options);
}

/** As `explainCategories`, of aligned counts. */
export function explainAligned(
  aligned: AlignedCategories,
  sizes: Sizes,
  options: ExplainOptions = {},
): Explanation {
  const { confidence = CONFIDENCE, most = CONTRIBUTORS } = options;
  const cells = categoryCells(aligned);
  const names = cells.names.map((name) => name ?? REST);
  const contributors = contributorsOf(names, cells.reference, cells.current, sizes, most);
  const top = moved(aligned);
  const none = { medianReference: undefined, medianCurrent: undefined, contributors };
  if (top === undefined || !(sizes.nReference > 0 && sizes.nCurrent > 0)) {
    return { shift: undefined, interval: undefined, of: undefined, ...none };
  }
  const p = aligned.reference[top]! / aligned.nReference;
  const q = aligned.current[top]! / aligned.nCurrent;
  const [low, high] = newcombe(p, sizes.nReference, q, sizes.nCurrent, confidence);
  return { shift: q - p, interval: [low, high], of: aligned.names[top]!, ...none };
}

/** Name of the cells that hold categories too rare to stand alone. */
export const REST = '(rare)';

function moved({ names, reference, current, nReference, nCurrent }: AlignedCategories): number | undefined {
  if (!(nReference > 0 && nCurrent > 0)) return undefined;
  let top: number | undefined;
  let most = -1;
  for (let i = 0; i < names.length; i++) {
    const here = Math.abs(current[i]! / nCurrent - reference[i]! / nReference);
    if (here > most) {
      most = here;
      top = i;
    }
  }
  return top;
}

/** Interval of a difference of two shares (Newcombe 1998, Stat. Med. 17:873, method 10: Wilson's for each). */
export function newcombe(
  p: number,
  n: number,
  q: number,
  m: number,
  confidence: number,
): readonly [number, number] {
  const [lowP, highP] = wilson(p, n, confidence);
  const [lowQ, highQ] = wilson(q, m, confidence);
  const d = q - p;
  return [d - Math.hypot(q - lowQ, highP - p), d + Math.hypot(highQ - q, p - lowP)];
}

/** Wilson's score interval of a share (1927, J. Am. Stat. Assoc. 22:209). */
export function wilson(share: number, n: number, confidence: number): readonly [number, number] {
  const z = normalUpperQuantile((1 - confidence) / 2);
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/**
 * The PSI is a sum over cells; a cell's contribution is its term less what noise gives it, (1 − share)(1/n + 1/m)
 * (first-order variance of a share over the share). Largest first.
 */
export function contributorsOf(
  names: readonly string[],
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  sizes: Sizes,
  most: number,
): Contributor[] {
  if (!(sizes.nReference > 0 && sizes.nCurrent > 0)) return [];
  const p = sharesOf(reference);
  const q = sharesOf(current);
  const pRaised = sharesOf(reference, JEFFREYS);
  const qRaised = sharesOf(current, JEFFREYS);
  const f = noiseOf(sizes.nReference, sizes.nCurrent);
  const terms = names.map((_, i) =>
    Math.max(0, psiTerm(pRaised[i]!, qRaised[i]!) - f * (1 - (p[i]! + q[i]!) / 2)),
  );
  const total = terms.reduce((sum, term) => sum + term, 0);
  if (!(total > 0)) return [];
  return names
    .map(
      (name, i): Contributor => ({
        name,
        from: undefined,
        to: undefined,
        shareReference: p[i]!,
        shareCurrent: q[i]!,
        direction: q[i]! >= p[i]! ? 'more' : 'less',
        share: terms[i]! / total,
      }),
    )
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1))
    .slice(0, most);
}

const rangeName = (from: number, to: number): string =>
  from === to ? short(from) : `${short(from)} to ${short(to)}`;
const short = (value: number): string => String(Number(value.toPrecision(4)));

function medianOf(paired: Paired, counts: Float64Array, n: number): number | undefined {
  let seen = 0;
  for (let i = 0; i < counts.length; i++) {
    seen += counts[i]!;
    if (counts[i]! > 0 && seen >= n / 2) return paired.values[i];
  }
  return undefined;
}
