/** Pictures of a finding: six that are most new, six of what is lost, by the cell that contributes most. */
import { type Asking, type Condition, type ExploreDeps, listImages, listRequests } from '../explore/index.ts';
import { contentExamples } from './content/examples.ts';
import type { Judged } from './engine.ts';
import { isPictureScore, PICTURE_SEGMENTS, picturesScored } from './queries.ts';
import { HOUR_MS, type Segment } from './series.ts';
import type { Window } from './windows.ts';

export interface Example {
  readonly tenant: string;
  readonly request_id: string;
  readonly image_id: string | null;
}

const EXAMPLES = 6;
/** Metrics that requests can be filtered by. */
const OF_REQUESTS: ReadonlySet<string> = new Set([
  'prompt_tokens',
  'prompt_words',
  'prompt_chars',
  'latency_ms',
  'queue_wait_ms',
]);
const mark = (field: string, value: string): Condition => ({ field, op: '=', values: [value] });
/** Rates that are no score: what makes a row count, and what makes it the other. */
const MARKS: Readonly<Record<string, readonly [Condition, Condition]>> = {
  acceptance: [mark('feedback', 'accept'), mark('feedback', 'reject')],
  blocked: [mark('outcome', 'blocked'), mark('outcome', 'succeeded')],
  error_rate: [mark('outcome', 'failed'), mark('outcome', 'succeeded')],
};
const REQUEST_MARKS: ReadonlySet<string> = new Set(['blocked', 'error_rate']);

/** Which rows: of a score or number between two values, or with a mark. */
type Which = { low: number; high: number } | Condition;

interface Chosen {
  metric: string;
  segment: Segment;
  window: Window;
  which: Which;
}

/**
 * Newest first within the cell that gained most (of the current window) and within the one that lost most (of the
 * reference), so that the same question has the same answer. Stages, costs and rates of frames have none.
 */
export async function examplesOf(
  deps: ExploreDeps,
  asking: Asking,
  one: Judged,
  windows: { current: Window; reference: Window },
): Promise<{ most_new: Example[]; most_lost: Example[] }> {
  const { metric, segment } = one.series;
  if (segment.pipeline_stage !== undefined) return { most_new: [], most_lost: [] };
  if (one.series.sampling.as === 'content') return contentExamples(deps, asking, one, windows);
  const { more, less } = whichOf(one);
  // Of a release, what is lost is what the version before it made.
  const before = one.against === null ? segment : { ...segment, model_version: one.against };
  const pick = (which: Which | null, of: Segment, window: Window): Promise<Example[]> =>
    which === null
      ? Promise.resolve([])
      : read(deps, asking, { metric: metric.name, segment: of, window, which });
  const [most_new, most_lost] = await Promise.all([
    pick(more, segment, windows.current),
    pick(less, before, windows.reference),
  ]);
  return { most_new, most_lost };
}

/** Half a bin lies beyond the middles that name a cell. */
const HALF_BIN = 0.0157;
const HALF = 0.5;

function whichOf({ series: { metric, sampling }, comparison }: Judged): {
  more: Which | null;
  less: Which | null;
} {
  const isUp = (comparison.now ?? 0) >= (comparison.before ?? 0);
  const marks = MARKS[metric.name];
  if (marks) return { more: marks[isUp ? 0 : 1], less: marks[isUp ? 1 : 0] };
  if (sampling.as === 'rate' && isPictureScore(metric.name)) {
    const [yes, no] = [
      { low: HALF, high: 1 },
      { low: 0, high: HALF - Number.EPSILON },
    ];
    return { more: isUp ? yes : no, less: isUp ? no : yes };
  }
  if (sampling.as !== 'number' || !(isPictureScore(metric.name) || OF_REQUESTS.has(metric.name)))
    return { more: null, less: null };
  const cell = (direction: 'more' | 'less'): Which | null => {
    const found = comparison.explanation.contributors.find((part) => part.direction === direction);
    return found?.from === undefined || found.to === undefined
      ? null
      : { low: found.from * (1 - HALF_BIN), high: found.to * (1 + HALF_BIN) };
  };
  return { more: cell('more'), less: cell('less') };
}

/**
 * The newest are wanted: stretches are looked through from the end of the window backwards, each four times as long as
 * the one after it, until there are enough. An example that cannot be read is none: the finding stands without it.
 */
async function read(deps: ExploreDeps, asking: Asking, chosen: Chosen): Promise<Example[]> {
  const { from_ms, to_ms } = chosen.window;
  const found: Example[] = [];
  for (let end = to_ms, length = FIRST_STRETCH_MS; end > from_ms && found.length < EXAMPLES; length *= 4) {
    const start = Math.max(from_ms, end - length);
    const window = { from_ms: start, to_ms: end };
    found.push(...(await readStretch(deps, asking, { ...chosen, window, limit: EXAMPLES - found.length })));
    end = start;
  }
  return found;
}
const FIRST_STRETCH_MS = 12 * HOUR_MS;

async function readStretch(
  deps: ExploreDeps,
  asking: Asking,
  chosen: Chosen & { limit: number },
): Promise<Example[]> {
  const { metric, segment, window, which, limit } = chosen;
  if ('low' in which && isPictureScore(metric)) return readScored(deps, asking, chosen, which);
  const conditions: Condition[] = [
    ...Object.entries(segment).map(([field, value]) => mark(field, value)),
    ...('low' in which
      ? ([
          { field: metric, op: '>=', values: [String(which.low)] },
          { field: metric, op: '<=', values: [String(which.high)] },
        ] as const)
      : [which]),
  ];
  const list = OF_REQUESTS.has(metric) || REQUEST_MARKS.has(metric) ? listRequests : listImages;
  const page = await list(deps, asking, { ...window, conditions, limit, cursor: undefined });
  return page.ok ? page.value.items.map(exampleOf) : [];
}

async function readScored(
  { store }: ExploreDeps,
  { scope, signal }: Asking,
  { metric, segment, window, limit }: Chosen & { limit: number },
  { low, high }: { low: number; high: number },
): Promise<Example[]> {
  const names = Object.keys(segment);
  if (!names.every((name) => PICTURE_SEGMENTS.has(name))) return [];
  const found = await store.scoped(scope).rows<Record<string, unknown>>(picturesScored(metric, names), {
    params: {
      name: metric,
      low,
      high,
      from: window.from_ms,
      to: window.to_ms,
      limit,
      ...Object.fromEntries(Object.entries(segment).map(([name, value]) => [`s_${name}`, value])),
    },
    ...(signal ? { signal } : {}),
  });
  return found.ok ? found.value.map(exampleOf) : [];
}

const exampleOf = (row: Record<string, unknown>): Example => ({
  tenant: String(row.tenant ?? ''),
  request_id: String(row.request_id ?? ''),
  image_id: typeof row.image_id === 'string' ? row.image_id : null,
});
