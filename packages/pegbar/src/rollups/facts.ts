import type { RollupMetricName } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import { ok, type Result } from '../base/result.ts';
import { readBlock } from '../native/index.ts';
import type { Store, StoreError } from '../store/index.ts';
import { RollupBuilder } from './builder.ts';
import { type Counting, Facts } from './group.ts';
import type { OpenStages } from './open-stages.ts';
import {
  CACHES,
  FEEDBACK,
  FILLED_TABLES,
  FRAMES,
  GPUS,
  LOADS,
  QUEUES,
  REQUEST_SCORES,
  REQUESTS,
  REQUESTS_OF_FEW,
  SCORES,
  SPANS_PER_BUCKET,
  STAGES,
  STAGES_SLICE,
} from './queries.ts';

/** Stage rows that are read in one answer: at some 60 bytes each, well below the bound of an answer. */
export const SLICE_ROWS = 1_500_000;

/** Rows of a block of an answer, which is counted in one step of some milliseconds. */
export const STEP = { max_block_size: 8_192 };

export interface FactRange {
  tenants: readonly string[];
  from_ms: number;
  to_ms: number;
}

/** Counts the rows of one block. */
type Count = (facts: Facts) => void;

/** Stages of five minutes. */
export interface SpanCount {
  readonly from_ms: number;
  readonly rows: number;
}

/** What is known of the stages of a range: those of an open hour that are counted already, or how many there are. */
export type KnownStages = { readonly open: OpenStages } | { readonly spans: readonly SpanCount[] };

/** Counts everything that the raw rows of the range tell. The rollups are this function and nothing else. */
export async function countFacts(
  store: Store,
  clock: Clock,
  range: FactRange,
  known?: KnownStages,
): Promise<Result<RollupBuilder, StoreError>> {
  const builder = new RollupBuilder();
  const params = paramsOf(range);
  const stages = await (known && 'open' in known
    ? known.open.count(range, builder)
    : countStages(store, clock, range, builder, known?.spans));
  if (!stages.ok) return stages;
  const there = await store.rows<{ name: string }>(FILLED_TABLES);
  if (!there.ok) return there;
  const filled = new Set(there.value.map(({ name }) => name));
  for (const [table, sql, count] of sources(range)) {
    if (!filled.has(table)) continue;
    const answer = await store.native(sql, { params, settings: STEP });
    if (!answer.ok) return answer;
    await paced(countBlocks(answer.value, builder, count), clock);
  }
  return ok(builder);
}

const paramsOf = ({ tenants, from_ms, to_ms }: FactRange) => ({ tenants, from: from_ms, to: to_ms });

/** How many stages there are in a range, by five minutes. */
export async function spansIn(
  store: Pick<Store, 'rows'>,
  range: FactRange,
): Promise<Result<SpanCount[], StoreError>> {
  const params = paramsOf(range);
  const found = await store.rows<{ bucket: number; rows: string }>(SPANS_PER_BUCKET, { params });
  if (!found.ok) return found;
  return ok(found.value.map(({ bucket, rows }) => ({ from_ms: Number(bucket) * 1000, rows: Number(rows) })));
}

/** Stage rows are the many: they are read in slices of bounded size. */
async function countStages(
  store: Store,
  clock: Clock,
  range: FactRange,
  builder: RollupBuilder,
  known?: readonly SpanCount[],
): Promise<Result<null, StoreError>> {
  const found = known ? ok([...known]) : await spansIn(store, range);
  if (!found.ok) return found;
  const { from_ms, to_ms } = range;
  const spans = found.value.filter((one) => one.from_ms + SPAN_MS > from_ms && one.from_ms < to_ms);
  for (const { from_ms, to_ms, slices } of slicesOf(spans, range)) {
    for (let slice = 0; slice < slices; slice++) {
      const params = paramsOf({ tenants: range.tenants, from_ms, to_ms });
      const answer = await (slices === 1
        ? store.native(STAGES, { params, settings: STEP })
        : store.native(STAGES_SLICE, { params: { ...params, slices, slice }, settings: STEP }));
      if (!answer.ok) return answer;
      await paced(countBlocks(answer.value, builder, countStageRows), clock);
    }
  }
  return ok(null);
}

const SPAN_MS = 300_000;

function slicesOf(
  spans: readonly SpanCount[],
  range: FactRange,
): { from_ms: number; to_ms: number; slices: number }[] {
  const out: { from_ms: number; to_ms: number; slices: number; rows: number }[] = [];
  for (const span of spans) {
    const from_ms = Math.max(range.from_ms, span.from_ms);
    const to_ms = Math.min(range.to_ms, span.from_ms + SPAN_MS);
    const last = out.at(-1);
    if (last && last.rows + span.rows <= SLICE_ROWS) {
      last.to_ms = to_ms;
      last.rows += span.rows;
    } else out.push({ from_ms, to_ms, rows: span.rows, slices: 1 });
  }
  for (const one of out) one.slices = Math.ceil(one.rows / SLICE_ROWS) || 1;
  return out;
}

export function* countBlocks(bytes: Buffer, counting: Counting, count: Count): Generator<undefined, void> {
  let at = 0;
  while (at < bytes.length) {
    const view = readBlock(bytes, at);
    if (view.rows > 0) count(new Facts(view, counting));
    at = view.end!;
    yield;
  }
}

export function countStageRows(facts: Facts): void {
  const [stages, stageMs, waits] = [
    facts.counter('stages'),
    facts.counter('stage_ms'),
    facts.counter('queue_wait_ms'),
  ];
  const [images, frames] = [facts.counter('images'), facts.counter('frames')];
  const [cost, gpu] = [facts.counter('cost_usd'), facts.counter('gpu_seconds')];
  const [ms, wait] = [facts.numbers('ms'), facts.numbers('wait')];
  const [made, framed] = [facts.numbers('images'), facts.numbers('framed')];
  const [costs, gpus] = [facts.numbers('cost_usd'), facts.numbers('gpu')];
  for (let row = 0; row < facts.rows; row++) {
    stages.add(row);
    if (ms[row]! > 0) stageMs.add(row, ms[row]!);
    if (wait[row]! > 0) waits.add(row, wait[row]!);
    if (made[row]! > 0) {
      images.add(row, made[row]!);
      if (framed[row]) frames.add(row, made[row]!);
    }
    if (costs[row] !== 0) cost.add(row, costs[row]!);
    if (gpus[row]! > 0) gpu.add(row, gpus[row]!);
  }
  countErrors(facts);
  for (const name of ['aesthetic', 'clip_i', 'style_distance', 'toxicity'] as const) {
    const counter = facts.counter(name);
    const { nulls, values } = facts.optional(name);
    for (let row = 0; row < facts.rows; row++) if (nulls[row] === 0) counter.add(row, values[row]!);
  }
  for (const name of ['face_ok', 'watermark', 'nsfw'] as const) {
    const counter = facts.counter(name);
    const told = facts.numbers(name);
    for (let row = 0; row < facts.rows; row++) if (told[row] !== 0) counter.add(row, told[row]! - 1);
  }
}

function countErrors(facts: Facts): void {
  const { keys, texts } = facts.texts('error_code');
  const [errors, ooms, timeouts] = [
    facts.counter('errors'),
    facts.counter('stage_ooms'),
    facts.counter('stage_timeouts'),
  ];
  for (let row = 0; row < facts.rows; row++) {
    const error = texts[keys[row]!]!;
    if (error === '') continue;
    if (error !== 'safety_block' && error !== 'cancelled') errors.add(row);
    if (error === 'oom') ooms.add(row);
    if (error === 'timeout') timeouts.add(row);
  }
}

/** What a request that ran to its end is. */
const RAN: ReadonlySet<string> = new Set(['succeeded', 'failed', 'timed_out', 'blocked']);

function countRequests(facts: Facts): void {
  const outcome = facts.texts('outcome');
  const error = facts.texts('error_code');
  const ended = outcome.texts.map((name) =>
    name === '' ? undefined : facts.counter(name as RollupMetricName),
  );
  const [requests, latency, retries] = [
    facts.counter('requests'),
    facts.counter('latency_ms'),
    facts.counter('retried'),
  ];
  const [waits, ooms, timeouts] = [
    facts.counter('queue_wait_ms'),
    facts.counter('oom'),
    facts.counter('timeout'),
  ];
  const [ms, wait, retried] = [facts.numbers('ms'), facts.numbers('wait'), facts.numbers('retried')];
  for (let row = 0; row < facts.rows; row++) {
    const how = outcome.texts[outcome.keys[row]!]!;
    const why = error.texts[error.keys[row]!]!;
    requests.add(row);
    ended[outcome.keys[row]!]?.add(row);
    if (RAN.has(how)) {
      // A picture from a folder does not tell how long it took: 0 is "not told" and no latency.
      if (ms[row]! > 0) latency.add(row, ms[row]!);
      if (retried[row]) retries.add(row);
    }
    if (wait[row]! > 0) waits.add(row, wait[row]!);
    if (why === 'oom' && (how === 'failed' || how === 'timed_out')) ooms.add(row);
    if (how === 'timed_out' || (how === 'failed' && why === 'timeout')) timeouts.add(row);
  }
  for (const name of ['prompt_tokens', 'prompt_words', 'prompt_chars'] as const)
    countPositive(facts, name, name);
  countSessions(facts);
}

/** Counts the numbers of a column that are above zero. */
function countPositive(facts: Facts, name: string, metric: RollupMetricName): void {
  const counter = facts.counter(metric);
  const values = facts.numbers(name);
  for (let row = 0; row < facts.rows; row++) if (values[row]! > 0) counter.add(row, values[row]!);
}

function countSessions(facts: Facts): void {
  const { keys, texts } = facts.texts('session_id');
  for (let row = 0; row < facts.rows; row++) {
    const session = texts[keys[row]!]!;
    if (session !== '') facts.addSession(row, session);
  }
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

function countScores(facts: Facts): void {
  const { keys, texts } = facts.texts('name');
  const counters = texts.map((name) =>
    SCORE_METRICS.has(name) ? facts.counter(name as RollupMetricName) : undefined,
  );
  const values = facts.numbers('value');
  for (let row = 0; row < facts.rows; row++) counters[keys[row]!]?.add(row, values[row]!);
}

const ACTIONS: Readonly<Record<string, RollupMetricName>> = {
  accept: 'accepted',
  edit: 'edited',
  reroll: 'rerolled',
  reject: 'rejected_images',
  flag: 'flagged',
};

function countFeedback(facts: Facts): void {
  const { keys, texts } = facts.texts('action');
  const counters = texts.map((action) => {
    const metric = ACTIONS[action];
    return metric && facts.counter(metric);
  });
  const feedback = facts.counter('feedback');
  for (let row = 0; row < facts.rows; row++) {
    const counter = counters[keys[row]!];
    if (!counter) continue;
    counter.add(row);
    if (texts[keys[row]!] !== 'flag') feedback.add(row);
  }
}

function countFrames(facts: Facts): void {
  const { keys, texts } = facts.texts('side');
  const [frames, window_s, playing_s] = ['frames', 'window_s', 'playing_s'].map((name) =>
    facts.numbers(name),
  );
  const [dropped, duplicated] = ['dropped', 'duplicated'].map((name) => facts.numbers(name));
  const of = {
    produced: { frames: facts.counter('produced_frames'), fps: facts.counter('produced_fps') },
    delivered: { frames: facts.counter('delivered_frames'), fps: facts.counter('delivered_fps') },
  };
  const playing = facts.counter('playing_seconds');
  const [drops, doubles] = [facts.counter('dropped_frames'), facts.counter('duplicated_frames')];
  for (let row = 0; row < facts.rows; row++) {
    const delivered = texts[keys[row]!] === 'delivered';
    const seconds = (delivered ? playing_s : window_s)![row]!;
    const { frames: counted, fps } = delivered ? of.delivered : of.produced;
    counted.add(row, frames![row]!);
    // One observation per second, so that long and short windows weigh by their time.
    if (seconds > 0) fps.add(row, frames![row]! / seconds, Math.max(1, Math.round(seconds)));
    if (!delivered) continue;
    playing.add(row, seconds);
    if (dropped![row]! > 0) drops.add(row, dropped![row]!);
    if (duplicated![row]! > 0) doubles.add(row, duplicated![row]!);
  }
}

function countQueues(facts: Facts): void {
  const depths = facts.counter('queue_depth');
  const depth = facts.numbers('depth');
  for (let row = 0; row < facts.rows; row++) depths.add(row, depth[row]!);
  countPositive(facts, 'admitted', 'queue_admitted');
  countPositive(facts, 'denied', 'queue_denied');
}

function countGpus(facts: Facts): void {
  const [utils, headrooms] = [facts.counter('gpu_util'), facts.counter('vram_headroom')];
  const [util, headroom] = [facts.numbers('utilisation'), facts.numbers('headroom')];
  for (let row = 0; row < facts.rows; row++) {
    if (!Number.isNaN(util[row]!)) utils.add(row, util[row]!);
    if (!Number.isNaN(headroom[row]!)) headrooms.add(row, headroom[row]!);
  }
}

function countLoads(facts: Facts): void {
  const loads = facts.counter('model_load_ms');
  const duration = facts.numbers('duration_ms');
  for (let row = 0; row < facts.rows; row++) loads.add(row, duration[row]!);
}

function countCaches(facts: Facts): void {
  countPositive(facts, 'hits', 'cache_hits');
  countPositive(facts, 'misses', 'cache_misses');
}

const DAY_MS = 86_400_000;
/** From this long after the beginning of its first day on, a range holds the smaller part of the requests of its days. */
const EARLY_MS = 2 * 3_600_000;

function sources({ from_ms, to_ms }: FactRange): readonly (readonly [string, string, Count])[] {
  const few = to_ms - from_ms <= EARLY_MS && from_ms % DAY_MS >= EARLY_MS;
  return [
    ['requests', few ? REQUESTS_OF_FEW : REQUESTS, countRequests],
    ['scores', SCORES, countScores],
    ['scores', REQUEST_SCORES, countScores],
    ['feedback', FEEDBACK, countFeedback],
    ['frames', FRAMES, countFrames],
    ['queue_samples', QUEUES, countQueues],
    ['gpu_samples', GPUS, countGpus],
    ['model_loads', LOADS, countLoads],
    ['cache_events', CACHES, countCaches],
  ];
}
