/** What is told of a comparison, in words that somebody who knows no statistics can act on. */
import type { Judged } from './engine.ts';
import type { DriftMetric } from './metrics.ts';
import { isNumeric, type Segment } from './series.ts';

/** `median prompt is 31 tokens, was 22`. */
export function changeWords({ series, comparison, judgement }: Judged): string {
  const { metric, sampling } = series;
  const { now, before, evidence, explanation } = comparison;
  if (judgement.reason === 'too_few')
    return tooFewWords(judgement.nNeeded, evidence.nCurrent, evidence.nReference);
  if (now === null || before === null) return `${metric.title}: nothing to compare`;
  const title = titleOf(metric, series.segment);
  if (sampling.as === 'content' && sampling.size !== 'kl')
    return explanation.of === undefined
      ? `${title} are about what they were`
      : `\`${explanation.of}\` in ${figure(metric, now)} of ${title}, was ${figure(metric, before)}`;
  if (sampling.as === 'shares')
    return `${explanation.of ?? ''} ${figure(metric, now)} of ${metric.title}, was ${figure(metric, before)}`;
  const [is, was] = figures(metric, now, before);
  if (isNumeric(sampling) && is === was) {
    const [top] = judgement.reason === 'unchanged' ? [] : explanation.contributors;
    return top
      ? `${title} is still ${is}, but ${percent(top.shareCurrent)} lie in ${top.name} ${metric.unit}`.trimEnd() +
          `, were ${percent(top.shareReference)}`
      : `${title} is still ${is}`;
  }
  return `${title} ${isPlural(title) ? 'are' : 'is'} ${is}, ${isPlural(title) ? 'were' : 'was'} ${was}`;
}

const isPlural = (title: string): boolean => /^(faces|pictures|requests)/.test(title);

const titleOf = (metric: DriftMetric, { pipeline_stage: stage }: Segment): string =>
  stage === undefined ? metric.title : `${metric.title} of ${stage}`;

function tooFewWords(needed: number | undefined, n: number, reference: number): string {
  if (n === 0) return 'nothing in the window';
  if (reference === 0) return 'nothing in the baseline';
  return needed === undefined ? 'not enough data' : `${n} observations; ${needed} would be enough to say`;
}

/** Both sides with as many digits as tell them apart. */
function figures(metric: DriftMetric, now: number, before: number): [string, string] {
  for (let digits = 2; digits < MOST_DIGITS; digits++) {
    const [is, was] = [figure(metric, now, digits), figure(metric, before, digits)];
    if (is !== was) return asFine(is, was);
  }
  return [figure(metric, now), figure(metric, before)];
}
const MOST_DIGITS = 5;

/** `0.78` beside `0.8` is `0.80`: of one unit both have as many decimals. */
function asFine(one: string, other: string): [string, string] {
  const [a, b] = [NUMBER.exec(one), NUMBER.exec(other)];
  if (!a || !b || a[1] !== b[1] || a[3] !== b[3]) return [one, other];
  const decimals = Math.max(...[a, b].map(([, , number = '']) => number.split('.')[1]?.length ?? 0));
  const [first, second] = [a, b].map(
    ([, before, number, after]) => `${before}${Number(number).toFixed(decimals)}${after}`,
  );
  return [first!, second!];
}
/** What stands before a number, the number, its unit. */
const NUMBER = /^([^\d]*)(\d+(?:\.\d+)?)(.*)$/s;

export function figure({ unit }: DriftMetric, value: number, digits = 3): string {
  if (unit === 'share') return percent(value, digits);
  if (unit === 'ms' && Math.abs(value) >= 1_000) return `${rounded(value / 1_000, digits)} s`;
  if (unit === 'usd') return `$${value >= 0.1 && value < 10_000 ? value.toFixed(2) : rounded(value, digits)}`;
  return unit === '' ? rounded(value, digits) : `${rounded(value, digits)} ${unit}`;
}

const rounded = (value: number, digits: number): string => {
  const whole = Math.abs(value) >= 10 ** digits ? Math.round(value) : Number(value.toPrecision(digits));
  return String(whole);
};
const percent = (share: number, digits = 3): string => `${rounded(share * 100, digits)} %`;

/** `mangatan, single_image`; `everything` for all rows. */
export function segmentWords(segment: Segment): string {
  const values = Object.values(segment);
  return values.length === 0 ? 'everything' : values.join(', ');
}
