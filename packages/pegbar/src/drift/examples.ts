/** Pictures of a finding: six that are most new, six of what is lost, by the bin or word that contributes most. */
import type { Contributor } from '@pegbar/stats';
import { type Asking, type Condition, type ExploreDeps, listImages, listRequests } from '../explore/index.ts';
import type { Judged } from './engine.ts';
import type { Window } from './windows.ts';

export interface Example {
  readonly tenant: string;
  readonly request_id: string;
  readonly image_id: string | null;
}

const EXAMPLES = 6;
/** Metrics that pictures can be filtered by. */
const OF_PICTURES: ReadonlySet<string> = new Set(['style_distance', 'aesthetic', 'clip_i']);
/** Metrics that requests can be filtered by. */
const OF_REQUESTS: ReadonlySet<string> = new Set([
  ...['prompt_tokens', 'prompt_words', 'prompt_chars', 'latency_ms', 'queue_wait_ms'],
]);
/** Rates: what makes a picture count. */
const MARKS: Readonly<Record<string, readonly [Condition, Condition]>> = {
  nsfw: [mark('nsfw', 'true'), mark('nsfw', 'false')],
  acceptance: [mark('feedback', 'accept'), mark('feedback', 'reject')],
  blocked: [mark('outcome', 'blocked'), mark('outcome', 'succeeded')],
  error_rate: [mark('outcome', 'failed'), mark('outcome', 'succeeded')],
};
function mark(field: string, value: string): Condition {
  return { field, op: '=', values: [value] };
}
const REQUEST_MARKS: ReadonlySet<string> = new Set(['blocked', 'error_rate']);

/**
 * Newest first within the cell that gained most (of the current window) and within the one that lost most (of the
 * reference), so that the same question has the same answer. Stages and metrics that pictures do not tell have none.
 */
export async function examplesOf(
  deps: ExploreDeps,
  asking: Asking,
  one: Judged,
  windows: { current: Window; reference: Window },
): Promise<{ most_new: Example[]; most_lost: Example[] }> {
  const { more, less } = conditionsOf(one);
  const [most_new, most_lost] = await Promise.all([
    more ? pick(deps, asking, one, windows.current, more) : [],
    less ? pick(deps, asking, lostOf(one), windows.reference, less) : [],
  ]);
  return { most_new, most_lost };
}

/** Of a release, what is lost is what the version before it made. */
function lostOf(one: Judged): Judged {
  if (one.against === null) return one;
  const segment = { ...one.series.segment, model_version: one.against };
  return { ...one, series: { ...one.series, segment } };
}

function conditionsOf({ series: { metric }, comparison }: Judged): {
  more: Condition[] | null;
  less: Condition[] | null;
} {
  const { name } = metric;
  const marks = MARKS[name];
  if (marks) {
    const isUp = (comparison.now ?? 0) >= (comparison.before ?? 0);
    return { more: [isUp ? marks[0] : marks[1]], less: [isUp ? marks[1] : marks[0]] };
  }
  if (!OF_PICTURES.has(name) && !OF_REQUESTS.has(name)) return { more: null, less: null };
  const { contributors } = comparison.explanation;
  const cell = (direction: 'more' | 'less'): Condition[] | null => {
    const found = contributors.find((part) => part.direction === direction);
    return found ? rangeOf(name, found, contributors) : null;
  };
  return { more: cell('more'), less: cell('less') };
}

function rangeOf(field: string, { from, to }: Contributor, _all: readonly Contributor[]): Condition[] | null {
  if (from === undefined || to === undefined) return null;
  // A cell is named by the middles of its outer bins; half a bin lies beyond them.
  const low: Condition = { field, op: '>=', values: [String(from * (1 - HALF_BIN))] };
  const high: Condition = { field, op: '<=', values: [String(to * (1 + HALF_BIN))] };
  return [low, high];
}
const HALF_BIN = 0.0157;

async function pick(
  deps: ExploreDeps,
  asking: Asking,
  { series: { metric, segment } }: Judged,
  { from_ms, to_ms }: Window,
  more: readonly Condition[],
): Promise<Example[]> {
  const { pipeline_stage, ...dims } = segment;
  if (pipeline_stage !== undefined) return [];
  const conditions = [
    ...Object.entries(dims).map(([field, value]): Condition => ({ field, op: '=', values: [value] })),
    ...more,
  ];
  const isRequest = OF_REQUESTS.has(metric.name) || REQUEST_MARKS.has(metric.name);
  const question = { from_ms, to_ms, conditions, limit: EXAMPLES, cursor: undefined };
  const page = await (isRequest ? listRequests : listImages)(deps, asking, question);
  // An example that cannot be read is none: the finding stands without it.
  if (!page.ok) return [];
  return page.value.items.map((row) => ({
    tenant: String(row.tenant ?? ''),
    request_id: String(row.request_id ?? ''),
    image_id: typeof row.image_id === 'string' ? row.image_id : null,
  }));
}
