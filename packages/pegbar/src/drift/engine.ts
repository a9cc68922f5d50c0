/** Tests a family of series in two windows and decides them together. Pure: everything is read before. */
import { ALPHA, benjaminiHochberg, type Judgement, type JudgeOptions, judgeOne } from '@pegbar/stats';
import { type Excluded, touches } from './changes.ts';
import {
  type Comparison,
  compareParts,
  compareSampled,
  figuresOf,
  type Parts,
  persistsIn,
  type SampledSides,
} from './compare.ts';
import { hoursWhere, isNumeric, type Series } from './series.ts';
import { type Window, within } from './windows.ts';

export type DriftVerdict = 'drift' | 'no_drift' | 'insufficient_data' | 'changed_but_small';

export interface Tested {
  readonly series: Series;
  /** Of a release: the version that it is compared with. */
  readonly against: string | null;
  readonly reference: Parts;
  readonly current: Parts;
  /** Which hours are reference hours. */
  readonly isReference: (at_ms: number) => boolean;
  readonly comparison: Comparison;
  readonly persists: boolean | undefined;
}

export interface Judged extends Tested {
  readonly verdict: DriftVerdict;
  readonly judgement: Judgement;
}

export interface TestOptions {
  readonly alpha?: number;
  /** Overrides the metric's own, as a debiased PSI. */
  readonly leastEffect?: number;
  readonly leastObservations?: number;
  readonly excluded?: readonly Excluded[];
  /** False says nothing about how long it lasts: monitors look at several windows themselves. */
  readonly persistence?: boolean;
}

const partsWhere = (parts: Parts, wanted: (at: number) => boolean): Parts =>
  new Map([...parts].map(([name, hours]) => [name, hoursWhere(hours, wanted)]));

/** One test a step: a sweep shares its thread with everything that comes in. */
export function* oneByOne<T>(list: readonly T[], test: (one: T) => Tested): Generator<undefined, Tested[]> {
  const out: Tested[] = [];
  for (const one of list) {
    out.push(test(one));
    yield;
  }
  return out;
}

/** Something of it lies in the window: what does not exist any more is no series. */
export function isToldIn(window: Window, { parts }: Series): boolean {
  for (const hours of parts.values()) for (const at of hours.keys()) if (within(window, at)) return true;
  return false;
}

/** A series against its own past. */
export function testSeries(
  series: Series,
  reference: Window,
  current: Window,
  options: TestOptions = {},
): Tested {
  const spoilt = (options.excluded ?? []).filter((one) => touches(one, series.segment));
  const isReference = (at: number): boolean =>
    within(reference, at) && !within(current, at) && !spoilt.some((one) => within(one, at));
  return tested(
    series,
    null,
    partsWhere(series.parts, isReference),
    partsWhere(series.parts, (at) => within(current, at)),
    isReference,
    options,
  );
}

/** A version since it came against the one before it: the same hours and those of the reference. */
export function testRelease(
  next: Series,
  previous: Series,
  since_ms: number,
  reference: Window,
  current: Window,
  options: TestOptions = {},
): Tested {
  const spoilt = (options.excluded ?? []).filter((one) => touches(one, next.segment));
  const isReference = (at: number): boolean =>
    (within(reference, at) || within(current, at)) && !spoilt.some((one) => within(one, at));
  return tested(
    next,
    previous.segment.model_version ?? null,
    partsWhere(previous.parts, isReference),
    partsWhere(next.parts, (at) => within(current, at) && at >= since_ms - HOUR_OF_START),
    isReference,
    options,
  );
}
/** Hours lie under their start: the hour in which it came is among them. */
const HOUR_OF_START = 3_600_000;

/**
 * As it is, of samples that were made before: a first look, which says nothing about how long it lasts. Of what it sees
 * nearly nothing is told: only the figures are kept, and the comparison is made again for whoever asks for more.
 */
export function testSampled(
  series: Series,
  sides: SampledSides,
  { leastEffect }: TestOptions,
  designEffect: number,
): Tested {
  const compare = (): Comparison => compareSampled(series.metric, series.sampling, sides, designEffect);
  return {
    series,
    against: null,
    reference: series.parts,
    current: series.parts,
    isReference: () => false,
    comparison: withLeast(figuresOf(compare(), compare), leastEffect),
    persists: undefined,
  };
}

const withLeast = (found: Comparison, leastEffect: number | undefined): Comparison =>
  leastEffect === undefined ? found : { ...found, leastEffect };

function tested(
  series: Series,
  against: string | null,
  reference: Parts,
  current: Parts,
  isReference: (at_ms: number) => boolean,
  { alpha = ALPHA, leastEffect, persistence = true }: TestOptions,
): Tested {
  const { metric, sampling } = series;
  const comparison = withLeast(compareParts(metric, sampling, reference, current), leastEffect);
  const { evidence } = comparison;
  const isWorth =
    evidence.p <= alpha && evidence.components.some(({ effect }) => effect >= comparison.leastEffect);
  return {
    series,
    against,
    reference,
    current,
    isReference,
    comparison,
    persists:
      persistence && isWorth
        ? persistsIn(metric, sampling, reference, current, Math.max(alpha, ALPHA))
        : undefined,
  };
}

/** Decides a family: Benjamini–Hochberg over all of it, each with its own least effect. */
export function judgeFamily(family: readonly Tested[], options: TestOptions = {}): Judged[] {
  const adjusted = benjaminiHochberg(family.map(({ comparison }) => comparison.evidence.p));
  return family.map((one, at) => judgeWith(one, adjusted[at]!, options));
}

/** Decides one whose p was corrected elsewhere. */
export function judgeWith(one: Tested, pAdjusted: number, options: TestOptions = {}): Judged {
  const { comparison, persists } = one;
  const how: JudgeOptions = {
    leastEffect: comparison.leastEffect,
    ...(options.alpha === undefined ? {} : { alpha: options.alpha }),
    ...(options.leastObservations === undefined ? {} : { leastObservations: options.leastObservations }),
  };
  const found = judgeOne(comparison.evidence, pAdjusted, persists, how);
  const judgement: Judgement =
    found.verdict === 'drift' && isTooSmall(one) ? { ...found, verdict: 'no_drift', reason: 'small' } : found;
  const verdict = judgement.reason === 'small' ? 'changed_but_small' : judgement.verdict;
  return { ...one, verdict, judgement };
}

/** A PSI of this size is a change whatever the median does. */
const PSI_LARGE = 0.25;

/** In the metric's own unit it is nothing that anybody would notice. */
function isTooSmall({ series: { metric, sampling }, comparison }: Tested): boolean {
  const { now, before, evidence } = comparison;
  if (now === null || before === null) return false;
  const size = Math.abs(now - before);
  if (sampling.as === 'rate')
    return size < Math.max(metric.least.amount ?? 0, (metric.least.share ?? 0) * before);
  const share = metric.least.share;
  if (!isNumeric(sampling) || share === undefined) return false;
  return evidence.psiDebiased < PSI_LARGE && size < share * Math.abs(before);
}
