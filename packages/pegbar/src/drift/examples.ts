/** Pictures of a finding: six that are most new, six of what is lost, and in words how they were chosen. */
import type { Asking, Condition, ExploreDeps } from '../explore/index.ts';
import { contentChoices } from './content/examples.ts';
import type { Judged } from './engine.ts';
import { type Choice, type Example, findExamples, newest, type Which } from './examples-read.ts';
import type { DriftMetric } from './metrics.ts';
import { isPictureScore } from './queries.ts';
import type { Window } from './windows.ts';
import { figure } from './words.ts';

export type { Example } from './examples-read.ts';

export interface Examples {
  readonly most_new: readonly Example[];
  readonly most_lost: readonly Example[];
  /** How they were chosen, or why there are none. */
  readonly new_words: string;
  readonly lost_words: string;
}

export interface ExampleWindows {
  readonly current: Window;
  readonly reference: Window;
  /** When it began: what is lost is of before. */
  readonly change: { readonly at_ms: number } | null;
}

/** Metrics that requests can be filtered by. */
const OF_REQUESTS: ReadonlySet<string> = new Set([
  'prompt_tokens',
  'prompt_words',
  'prompt_chars',
  'latency_ms',
  'queue_wait_ms',
]);
const mark = (field: string, value: string): Condition => ({ field, op: '=', values: [value] });
const rows = (of: 'images' | 'requests', condition: Condition): Which => ({ by: 'mark', of, condition });
/** Rates that are no score: what makes a row count, and what makes it the other. */
const MARKS: Readonly<Record<string, readonly [Choice, Choice]>> = {
  acceptance: [
    { which: rows('images', mark('feedback', 'accept')), words: 'accepted pictures' },
    { which: rows('images', mark('feedback', 'reject')), words: 'rejected pictures' },
  ],
  blocked: [
    { which: rows('requests', mark('outcome', 'blocked')), words: 'blocked requests' },
    { which: rows('requests', mark('outcome', 'succeeded')), words: 'requests that succeeded' },
  ],
  error_rate: [
    { which: rows('requests', mark('outcome', 'failed')), words: 'requests that failed' },
    { which: rows('requests', mark('outcome', 'succeeded')), words: 'requests that succeeded' },
  ],
};
/** Of marks that stages tell: what a row is that has it, and one that has it not. */
const SCORED: Readonly<Record<string, readonly [string, string]>> = {
  face_ok: ['pictures with faces that were accepted', 'pictures with faces that were not accepted'],
  nsfw: ['flagged pictures', 'pictures that were not flagged'],
};

/**
 * Newest first within what gained most (of the current window) and within what lost most (of the reference), so that
 * the same question has the same answer; pictures that are kept before those that are not.
 */
export async function examplesOf(
  deps: ExploreDeps,
  asking: Asking,
  one: Judged,
  { current, reference, change }: ExampleWindows,
): Promise<Examples> {
  const { metric, sampling, segment } = one.series;
  const { pipeline_stage: stage, ...place } = segment;
  const { more, less } =
    stage === undefined && sampling.as === 'content' ? contentChoices(one) : choicesOf(one);
  // Of a release, what is lost is what the version before it made.
  const before = one.against === null ? place : { ...place, model_version: one.against };
  const find = (choice: Choice, of: typeof place, window: Window): Promise<Example[]> =>
    findExamples(deps, asking, { metric: metric.name, segment: of, window, which: choice.which });
  const [most_new, most_lost] = await Promise.all([
    find(more, place, current),
    find(less, before, one.against === null ? beforeOf(reference, change) : spanOf(reference, current)),
  ]);
  return {
    most_new,
    most_lost,
    new_words: wordsOf(more, most_new, 'the window'),
    lost_words: wordsOf(less, most_lost, 'the baseline'),
  };
}

/** Of a change near its begin, or before it, the whole baseline is as good. */
const DAY_MS = 86_400_000;
const beforeOf = ({ from_ms, to_ms }: Window, change: ExampleWindows['change']): Window => ({
  from_ms,
  to_ms: change === null || change.at_ms < from_ms + DAY_MS ? to_ms : Math.min(to_ms, change.at_ms),
});

/** Versions serve side by side: the one before is met in the window too. */
const spanOf = (reference: Window, current: Window): Window => ({
  from_ms: Math.min(reference.from_ms, current.from_ms),
  to_ms: Math.max(reference.to_ms, current.to_ms),
});

function wordsOf({ words }: Choice, found: readonly Example[], where: string): string {
  if (found.length === 0) return `no picture is known: ${words} of ${where}`;
  return found.some(({ kept }) => kept) ? words : `${words}; none of them is kept here`;
}

/** Half a bin lies beyond the middles that name a cell. */
const HALF_BIN = 0.0157;
const HALF = 0.5;

function choicesOf(one: Judged): { more: Choice; less: Choice } {
  const { metric, sampling, segment } = one.series;
  const { now, before } = one.comparison;
  const isUp = (now ?? 0) >= (before ?? 0);
  const both = (yes: Choice, no: Choice) => (isUp ? { more: yes, less: no } : { more: no, less: yes });
  if (segment.pipeline_stage !== undefined) return newest('a stage is of no picture alone');
  const marks = MARKS[metric.name];
  if (marks) return both(...marks);
  if (sampling.as === 'shares') return { more: reactionOf(one, 'more'), less: reactionOf(one, 'less') };
  if (sampling.as === 'rate' && isPictureScore(metric.name)) {
    const [yes, no] = SCORED[metric.name] ?? [metric.title, `not ${metric.title}`];
    return both(
      { which: { by: 'score', low: HALF, high: 1 }, words: yes },
      { which: { by: 'score', low: 0, high: HALF - Number.EPSILON }, words: no },
    );
  }
  if (sampling.as === 'number' && (isPictureScore(metric.name) || OF_REQUESTS.has(metric.name)))
    return { more: cellOf(one, 'more'), less: cellOf(one, 'less') };
  return newest(`${metric.title} is of no picture alone`);
}

function reactionOf({ comparison }: Judged, direction: 'more' | 'less'): Choice {
  const name = comparison.explanation.contributors.find((part) => part.direction === direction)?.name;
  return name === undefined
    ? { which: null, words: `nothing became ${direction === 'more' ? 'commoner' : 'rarer'}` }
    : { which: rows('images', mark('feedback', name)), words: `pictures with ${name}` };
}

/** The stretch of values that gained or lost most: of the contributors, else of all that are drawn. */
function cellOf({ series: { metric }, comparison }: Judged, direction: 'more' | 'less'): Choice {
  const { explanation, distribution } = comparison;
  const found = explanation.contributors.find((part) => part.direction === direction);
  const sign = direction === 'more' ? 1 : -1;
  const moved = distribution.cells
    .map((cell, at) => ({ ...cell, by: sign * (distribution.current[at]! - distribution.reference[at]!) }))
    .sort((a, b) => b.by - a.by)[0];
  const drawn = moved && moved.by > 0 ? moved : undefined;
  const [from, to] = [found?.from ?? drawn?.from, found?.to ?? drawn?.to];
  if (from == null || to == null)
    return { which: null, words: `no value became ${direction === 'more' ? 'commoner' : 'rarer'}` };
  const by = isPictureScore(metric.name) ? 'score' : 'number';
  return {
    which: { by, low: from * (1 - HALF_BIN), high: to * (1 + HALF_BIN) },
    words: `${metric.title.replace(/^median /, '')} of ${rangeWords(metric, from, to)}`,
  };
}

/** `31 to 52 tokens`, `27 tokens`. */
function rangeWords(metric: DriftMetric, from: number, to: number): string {
  const [low, high] = [figure(metric, from), figure(metric, to)];
  const unit = ` ${metric.unit}`;
  if (low === high) return low;
  return `${metric.unit !== '' && low.endsWith(unit) && high.endsWith(unit) ? low.slice(0, -unit.length) : low} to ${high}`;
}
