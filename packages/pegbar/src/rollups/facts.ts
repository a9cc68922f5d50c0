import type { RollupMetricName } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import {
  type BlockView,
  type DictionaryView,
  FixedView,
  NullableView,
  readBlock,
  type TextView,
} from '../native/index.ts';
import type { Store, StoreError } from '../store/index.ts';
import { type Combination, DIMENSIONS, RollupBuilder } from './builder.ts';
import {
  CACHES,
  FEEDBACK,
  FRAMES,
  GPUS,
  LOADS,
  QUEUES,
  REQUESTS,
  SCORES,
  SPANS_PER_BUCKET,
  STAGES,
} from './queries.ts';

/** Stage rows that are read in one answer: at some 60 bytes each, well below the bound of an answer. */
const SLICE_ROWS = 1_500_000;

export interface FactRange {
  tenants: readonly string[];
  from_ms: number;
  to_ms: number;
}

type Reading = (row: number) => unknown;
type Counter = (into: Combination, row: number) => void;

/** Counts everything that the raw rows of the range tell. The rollups are this function and nothing else. */
export async function countFacts(store: Store, range: FactRange): Promise<Result<RollupBuilder, StoreError>> {
  const builder = new RollupBuilder();
  const params = { tenants: range.tenants, from: range.from_ms, to: range.to_ms };
  const stages = await countStages(store, range, builder);
  if (!stages.ok) return stages;
  for (const [sql, counter] of sources()) {
    const answer = await store.native(sql, { params });
    if (!answer.ok) return answer;
    countBlocks(answer.value, builder, counter);
  }
  return ok(builder);
}

/** Stage rows are the many: they are read in slices of bounded size. */
async function countStages(
  store: Store,
  range: FactRange,
  builder: RollupBuilder,
): Promise<Result<null, StoreError>> {
  const base = { tenants: range.tenants, from: range.from_ms, to: range.to_ms };
  const buckets = await store.rows<{ bucket: number; rows: string }>(SPANS_PER_BUCKET, { params: base });
  if (!buckets.ok) return buckets;
  for (const { from_ms, to_ms, slices } of slicesOf(buckets.value, range)) {
    for (let slice = 0; slice < slices; slice++) {
      const params = { tenants: range.tenants, from: from_ms, to: to_ms, slices, slice };
      const answer = await store.native(STAGES, { params });
      if (!answer.ok) return answer;
      countBlocks(answer.value, builder, stageCounter);
    }
  }
  return ok(null);
}

function slicesOf(
  buckets: readonly { bucket: number; rows: string }[],
  range: FactRange,
): { from_ms: number; to_ms: number; slices: number }[] {
  const out: { from_ms: number; to_ms: number; slices: number; rows: number }[] = [];
  for (const { bucket, rows } of buckets) {
    const from_ms = Math.max(range.from_ms, Number(bucket) * 1000);
    const to_ms = Math.min(range.to_ms, Number(bucket) * 1000 + 300_000);
    const last = out.at(-1);
    if (last && last.rows + Number(rows) <= SLICE_ROWS) {
      last.to_ms = to_ms;
      last.rows += Number(rows);
    } else out.push({ from_ms, to_ms, rows: Number(rows), slices: 1 });
  }
  for (const one of out) one.slices = Math.ceil(one.rows / SLICE_ROWS) || 1;
  return out;
}

function countBlocks(bytes: Buffer, builder: RollupBuilder, counterOf: (view: BlockView) => Counter): void {
  let at = 0;
  while (at < bytes.length) {
    const view = readBlock(bytes, at);
    countBlock(view, builder, counterOf(view));
    at = view.end!;
  }
}

function countBlock(view: BlockView, builder: RollupBuilder, count: Counter): void {
  const tenant = reading(view, 'tenant');
  const hour = reading(view, 'hour');
  const stage = reading(view, 'stage');
  const dims = DIMENSIONS.map((name) => reading(view, name));
  for (let row = 0; row < view.rows; row++) {
    const values = dims.map((read) => read(row) as string);
    count(
      builder.combination(tenant(row) as string, Number(hour(row)) * 1000, stage(row) as string, values),
      row,
    );
  }
}

function reading(view: BlockView, name: string): Reading {
  const column = view.columns.get(name);
  if (!column) throw new Error(`no column ${name} in the answer`);
  if (column instanceof FixedView) {
    const values = column.values;
    return (row) => values[row];
  }
  if (column instanceof NullableView) {
    const inner = column.inner as FixedView;
    return (row) => (column.nulls[row] ? null : inner.values[row]);
  }
  if (column.type === 'String') {
    const text = column as TextView;
    return (row) => (text.starts[row] === text.ends[row] ? '' : text.at(row));
  }
  const { dictionary, keys } = column as DictionaryView;
  return (row) => dictionary[keys[row]!];
}

const numbers = (view: BlockView, ...names: string[]): ((row: number) => number)[] =>
  names.map((name) => {
    const read = reading(view, name);
    return (row) => Number(read(row));
  });

function stageCounter(view: BlockView): Counter {
  const [ms, wait, images, framed, cost, gpu] = numbers(
    view,
    'ms',
    'wait',
    'images',
    'framed',
    'cost_usd',
    'gpu',
  ) as [Num, Num, Num, Num, Num, Num];
  const error = reading(view, 'error_code');
  const scores = (['aesthetic', 'clip_i', 'style_distance', 'toxicity'] as const).map(
    (name) => [name, reading(view, name)] as const,
  );
  const flags = (['face_ok', 'watermark', 'nsfw'] as const).map(
    (name) => [name, reading(view, name)] as const,
  );
  return (into, row) => {
    into.count('stages');
    into.count('stage_ms', ms(row));
    if (wait(row) > 0) into.count('queue_wait_ms', wait(row));
    countError(into, error(row) as string);
    if (images(row) > 0) {
      into.count('images', images(row));
      if (framed(row)) into.count('frames', images(row));
    }
    if (cost(row) !== 0) into.count('cost_usd', cost(row));
    if (gpu(row) > 0) into.count('gpu_seconds', gpu(row));
    for (const [name, read] of scores) {
      const value = read(row);
      if (value !== null) into.count(name, value as number);
    }
    for (const [name, read] of flags) {
      const told = read(row) as number;
      if (told !== 0) into.count(name, told - 1);
    }
  };
}

type Num = (row: number) => number;

function countError(into: Combination, error: string): void {
  if (error === '') return;
  if (error !== 'safety_block' && error !== 'cancelled') into.count('errors');
  if (error === 'oom') into.count('stage_ooms');
  if (error === 'timeout') into.count('stage_timeouts');
}

function requestCounter(sessions: Map<Combination, Set<string>>): (view: BlockView) => Counter {
  return (view) => {
    const outcome = reading(view, 'outcome');
    const [ms, wait, retried] = numbers(view, 'ms', 'wait', 'retried') as [Num, Num, Num];
    const prompt = (['prompt_tokens', 'prompt_words', 'prompt_chars'] as const).map(
      (name) => [name, numbers(view, name)[0]!] as const,
    );
    const error = reading(view, 'error_code');
    const session = reading(view, 'session_id');
    return (into, row) => {
      const ended = outcome(row) as RollupMetricName;
      into.count('requests');
      into.count(ended);
      if (ended === 'succeeded' || ended === 'failed' || ended === 'timed_out' || ended === 'blocked') {
        into.count('latency_ms', ms(row));
        if (retried(row)) into.count('retried');
      }
      if (wait(row) > 0) into.count('queue_wait_ms', wait(row));
      if (error(row) === 'oom' && (ended === 'failed' || ended === 'timed_out')) into.count('oom');
      if (ended === 'timed_out' || (ended === 'failed' && error(row) === 'timeout')) into.count('timeout');
      for (const [name, read] of prompt) if (read(row) > 0) into.count(name, read(row));
      countSession(into, session(row) as string, sessions);
    };
  };
}

function countSession(into: Combination, session: string, sessions: Map<Combination, Set<string>>): void {
  if (session === '') return;
  const seen = sessions.get(into) ?? new Set();
  sessions.set(into, seen);
  if (seen.has(session)) return;
  seen.add(session);
  into.count('sessions');
}

const SCORE_METRICS: ReadonlySet<string> = new Set([
  'aesthetic',
  'clip_i',
  'style_distance',
  'face_ok',
  'watermark',
  'nsfw',
  'toxicity',
]);

function scoreCounter(view: BlockView): Counter {
  const name = reading(view, 'name');
  const [value] = numbers(view, 'value') as [Num];
  return (into, row) => {
    const metric = name(row) as string;
    if (SCORE_METRICS.has(metric)) into.count(metric as RollupMetricName, value(row));
  };
}

const ACTIONS: Readonly<Record<string, RollupMetricName>> = {
  accept: 'accepted',
  edit: 'edited',
  reroll: 'rerolled',
  reject: 'rejected_images',
  flag: 'flagged',
};

function feedbackCounter(view: BlockView): Counter {
  const action = reading(view, 'action');
  return (into, row) => {
    const metric = ACTIONS[action(row) as string];
    if (!metric) return;
    into.count(metric);
    if (metric !== 'flagged') into.count('feedback');
  };
}

function framesCounter(view: BlockView): Counter {
  const side = reading(view, 'side');
  const [frames, window_s, playing_s, dropped, duplicated] = numbers(
    view,
    'frames',
    'window_s',
    'playing_s',
    'dropped',
    'duplicated',
  ) as [Num, Num, Num, Num, Num];
  return (into, row) => {
    const delivered = side(row) === 'delivered';
    const seconds = delivered ? playing_s(row) : window_s(row);
    into.count(delivered ? 'delivered_frames' : 'produced_frames', frames(row));
    // One observation per second, so that long and short windows weigh by their time.
    if (seconds > 0)
      into
        .tally(delivered ? 'delivered_fps' : 'produced_fps')
        .add(frames(row) / seconds, Math.max(1, Math.round(seconds)));
    if (!delivered) return;
    into.count('playing_seconds', seconds);
    if (dropped(row) > 0) into.count('dropped_frames', dropped(row));
    if (duplicated(row) > 0) into.count('duplicated_frames', duplicated(row));
  };
}

function queueCounter(view: BlockView): Counter {
  const [depth, admitted, denied] = numbers(view, 'depth', 'admitted', 'denied') as [Num, Num, Num];
  return (into, row) => {
    into.count('queue_depth', depth(row));
    if (admitted(row) > 0) into.count('queue_admitted', admitted(row));
    if (denied(row) > 0) into.count('queue_denied', denied(row));
  };
}

function gpuCounter(view: BlockView): Counter {
  const [util, used, total] = numbers(view, 'util', 'mem_used_mb', 'mem_total_mb') as [Num, Num, Num];
  return (into, row) => {
    into.count('gpu_util', util(row));
    if (total(row) > 0) into.count('vram_headroom', (total(row) - used(row)) / total(row));
  };
}

function loadCounter(view: BlockView): Counter {
  const [duration] = numbers(view, 'duration_ms') as [Num];
  return (into, row) => into.count('model_load_ms', duration(row));
}

function cacheCounter(view: BlockView): Counter {
  const [hits, misses] = numbers(view, 'hits', 'misses') as [Num, Num];
  return (into, row) => {
    if (hits(row) > 0) into.count('cache_hits', hits(row));
    if (misses(row) > 0) into.count('cache_misses', misses(row));
  };
}

/** A session is counted once per count, whatever the number of blocks. */
const sources = (): readonly (readonly [string, (view: BlockView) => Counter])[] => [
  [REQUESTS, requestCounter(new Map())],
  [SCORES, scoreCounter],
  [FEEDBACK, feedbackCounter],
  [FRAMES, framesCounter],
  [QUEUES, queueCounter],
  [GPUS, gpuCounter],
  [LOADS, loadCounter],
  [CACHES, cacheCounter],
];
