/** A waterfall as rows: spans in the order of their tree, waits before what waited, the folded left out. */
import type { StageRow, TraceOutline } from '../../api/index.ts';

export interface Row {
  /** Of the span; of a wait with `:wait` behind. */
  readonly id: string;
  readonly name: string;
  readonly depth: number;
  readonly start_ms: number;
  readonly duration_ms: number;
  /** '' where it is no stage. */
  readonly stage: string;
  /** The stage that it is part of; '' outside of all. */
  readonly within: string;
  readonly kind: 'root' | 'stage' | 'span' | 'wait';
  readonly failed: boolean;
  readonly missed: boolean;
  /** Rows under it, at any depth. */
  readonly below: number;
  readonly folded: boolean;
}

export interface Mark {
  readonly at_ms: number;
  readonly name: string;
  readonly warns: boolean;
}

export interface Waterfall {
  /** Milliseconds from its start to its end. */
  readonly length_ms: number;
  /** Rows that are shown. */
  readonly rows: readonly Row[];
  /** Rows that there are. */
  readonly all: number;
  readonly marks: ReadonlyMap<string, readonly Mark[]>;
}

export interface Seen {
  readonly folded: ReadonlySet<string>;
  /** Only the request and its stages. */
  readonly stagesOnly: boolean;
}

const waitId = (span_id: string): string => `${span_id}:wait`;

/** Rows of a trace. One pass over its columns, without recursion: traces can be as deep as they are long. */
export function waterfallOf(outline: TraceOutline, seen: Seen): Waterfall {
  const { spans, names, stages } = outline;
  const waits = new Map(outline.waits);
  const misses = new Set(outline.misses);
  const count = spans.id.length;
  const { first, next, roots } = childrenOf(spans.parent);
  const stageOf = (at: number): string => stages[spans.stage[at]!] ?? '';
  const rows: Row[] = [];
  const sizes = sizesOf(spans.parent, waits);
  // What is to be shown, the next one last; how deep it lies and in which stage is kept by its place.
  const stack = roots;
  const depths = new Int32Array(count);
  const withins: string[] = Array(count).fill('');
  while (stack.length > 0) {
    const at = stack.pop()!;
    const [depth, within] = [depths[at]!, withins[at]!];
    const stage = stageOf(at);
    const [id, start_ms, duration_ms] = [spans.id[at]!, spans.start_ms[at]!, spans.duration_ms[at]!];
    const hasBelow = first[at]! >= 0;
    const kind = stage !== '' ? 'stage' : depth === 0 && hasBelow ? 'root' : 'span';
    const shown = !seen.stagesOnly || kind !== 'span';
    const wait_ms = waits.get(at) ?? 0;
    if (wait_ms > 0 && shown) rows.push(waitRow(id, depth, start_ms, wait_ms));
    const folded = seen.folded.has(id);
    if (shown)
      rows.push({
        id,
        name: names[spans.name[at]!]!,
        depth,
        start_ms,
        duration_ms,
        stage,
        within: stage || within,
        kind,
        failed: spans.status[at] === 2,
        missed: misses.has(at),
        below: sizes[at]!,
        folded,
      });
    if (folded) continue;
    for (let child = first[at]!; child >= 0; child = next[child]!) {
      depths[child] = depth + 1;
      withins[child] = stage || within;
      stack.push(child);
    }
  }
  const marks = new Map<string, Mark[]>();
  for (const [at, at_ms, name, warns] of outline.events) {
    const list = marks.get(spans.id[at]!) ?? [];
    list.push({ at_ms, name, warns: warns === 1 });
    marks.set(spans.id[at]!, list);
  }
  return { length_ms: outline.duration_ms, rows, all: count + waits.size, marks };
}

const waitRow = (id: string, depth: number, end_ms: number, wait_ms: number): Row => ({
  id: waitId(id),
  name: 'queue wait',
  depth,
  stage: '',
  within: '',
  kind: 'wait',
  start_ms: Math.max(0, end_ms - wait_ms),
  duration_ms: wait_ms,
  failed: false,
  missed: false,
  below: 0,
  folded: false,
});

/** Children as chains, the last one first, as a stack takes them; the columns are in the order of starts. */
function childrenOf(parents: readonly number[]): { first: Int32Array; next: Int32Array; roots: number[] } {
  const first = new Int32Array(parents.length).fill(-1);
  const next = new Int32Array(parents.length).fill(-1);
  const roots: number[] = [];
  for (let at = 0; at < parents.length; at++) {
    const parent = parents[at]!;
    if (parent < 0 || parent === at) roots.push(at);
    else {
      next[at] = first[parent]!;
      first[parent] = at;
    }
  }
  return { first, next, roots: roots.reverse() };
}

/** How many rows lie under each: added up from the leaves. */
function sizesOf(parents: readonly number[], waits: ReadonlyMap<number, number>): Int32Array {
  const left = new Int32Array(parents.length);
  const sizes = new Int32Array(parents.length);
  parents.forEach((parent, at) => {
    if (parent >= 0 && parent !== at) left[parent]!++;
  });
  const leaves: number[] = [];
  left.forEach((count, at) => {
    if (count === 0) leaves.push(at);
  });
  while (leaves.length > 0) {
    const at = leaves.pop()!;
    const parent = parents[at]!;
    if (parent < 0 || parent === at) continue;
    sizes[parent]! += sizes[at]! + 1 + (waits.has(at) ? 1 : 0);
    left[parent]!--;
    if (left[parent] === 0) leaves.push(parent);
  }
  return sizes;
}

/** Of a request that has no spans: its stages, each ended when it was told. */
export function outlineOfStages(stages: readonly StageRow[], trace_id: string): TraceOutline | null {
  const told = stages
    .filter((one) => one.pipeline_stage !== '' && one.latency_ms !== undefined)
    .map((one) => ({ ...one, end_ms: Date.parse(one.timestamp), ms: one.latency_ms ?? 0 }))
    .sort((a, b) => a.end_ms - a.ms - (b.end_ms - b.ms));
  const from_ms = told[0] ? told[0].end_ms - told[0].ms : 0;
  if (told.length === 0) return null;
  const names = [...new Set(told.map((one) => one.pipeline_stage as string))];
  const places = told.map((one) => names.indexOf(one.pipeline_stage));
  const starts = told.map((one) => one.end_ms - one.ms - from_ms);
  return {
    trace_id,
    tenant: told[0]!.tenant,
    start: new Date(from_ms).toISOString(),
    truncated: false,
    duration_ms: Math.max(...told.map((one, at) => starts[at]! + one.ms)),
    names,
    stages: names,
    misses: [],
    events: [],
    spans: {
      id: told.map((one, at) => one.span_id ?? `stage-${at}`),
      parent: told.map(() => -1),
      name: places,
      stage: places,
      start_ms: starts,
      duration_ms: told.map((one) => one.ms),
      status: told.map((one) => (one.error_code === undefined ? 0 : 2)),
    },
    waits: told.flatMap((one, at) => (one.queue_wait_ms ? [[at, one.queue_wait_ms] as const] : [])),
    pictures: told.flatMap((one, at) => (one.image_id ? [[at, one.image_id] as const] : [])),
  };
}

/** Past two minutes round steps are those of a clock. */
const LONG_STEPS: readonly number[] = [
  ...[2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3_600_000),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((days) => days * 86_400_000),
];
/** Length in milliseconds, its name, and the step from which it is used. */
const AXIS_UNITS: readonly (readonly [number, string, number?])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's', 100],
  [1, 'ms', 0],
];

/** Round moments of an axis: at most `most`, the unit in the text. */
export function axisOf(length_ms: number, most: number): { at_ms: number; text: string }[] {
  if (length_ms <= 0) return [];
  const wanted = length_ms / most;
  const size = 10 ** Math.floor(Math.log10(wanted));
  const step =
    LONG_STEPS.find((one) => wanted > 100_000 && one >= wanted) ??
    [1, 2, 5, 10].map((one) => one * size).find((one) => one >= wanted)!;
  const unit = AXIS_UNITS.find(([ms, , from]) => step >= (from ?? ms))!;
  const decimals = Math.max(0, -Math.floor(Math.log10(step / unit[0]) + 1e-9));
  const count = Math.floor(length_ms / step) + 1;
  return Array.from({ length: count }, (_, at) => ({
    at_ms: at * step,
    text: `${((at * step) / unit[0]).toFixed(decimals)} ${unit[1]}`,
  }));
}
