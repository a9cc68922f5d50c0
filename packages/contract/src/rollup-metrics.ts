/** What the rollups count, hour by hour. KPIs, drift and objectives are computed from these. */

/**
 * `counter`: the sum counts. `histogram`: values lie on the grid, so that mean and quantiles can be read.
 * `gauge`: like a histogram, but a reading of a state, where only the mean and quantiles make sense.
 * `grid`: `float` = float32 bits >>> 18; `unit` = linear from 0 to 1; `ten` = linear from 1 to 10.
 * `of`: what one observation is about. Metrics of stages are kept by stage and, under the stage '', over all of
 * them; metrics of requests under ''; latency and queue wait by stage are those of the stage.
 */
export interface RollupMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'counter' | 'histogram' | 'gauge';
  readonly grid: 'none' | 'float' | 'unit' | 'ten';
  readonly of: 'request' | 'stage' | 'image' | 'sample';
  readonly doc: string;
}

type Kind = RollupMetric['kind'];
type Of = RollupMetric['of'];
const metric = <const N extends string>(
  name: N,
  unit: string,
  kind: Kind,
  grid: RollupMetric['grid'],
  of: Of,
  doc: string,
) => ({ name, unit, kind, grid, of, doc }) as const;
const counter = <const N extends string>(name: N, of: Of, doc: string, unit = '1') =>
  metric(name, unit, 'counter', 'none', of, doc);

export const ROLLUP_METRICS = [
  counter('requests', 'request', 'requests, whatever their outcome'),
  counter('succeeded', 'request', 'requests with this outcome'),
  counter('failed', 'request', 'requests with this outcome'),
  counter('timed_out', 'request', 'requests with this outcome'),
  counter('blocked', 'request', 'requests that a safety rule stopped'),
  counter('cancelled', 'request', 'requests that the user stopped'),
  counter('rejected', 'request', 'requests that validation kept out of the queue'),
  counter('pending', 'request', 'requests without a terminal event yet'),
  counter(
    'retried',
    'request',
    'succeeded, failed, timed out or blocked requests that try another one again (attempt > 1 or retry_of)',
  ),
  counter('oom', 'request', 'failed or timed out requests whose error is oom'),
  counter('timeout', 'request', 'timed out requests, and failed ones whose error is timeout'),
  metric(
    'latency_ms',
    'ms',
    'histogram',
    'float',
    'request',
    'end to end, of succeeded, failed, timed out and blocked requests',
  ),
  metric(
    'queue_wait_ms',
    'ms',
    'histogram',
    'float',
    'request',
    'sum of the waits of a request; with a stage, the wait before it',
  ),
  counter('images', 'stage', 'pictures and frames made'),
  counter('frames', 'stage', 'pictures made that belong to a sequence'),
  counter('cost_usd', 'stage', 'cost', 'usd'),
  counter('gpu_seconds', 'stage', 'GPU seconds over all GPUs (gpu_seconds × gpu_count)', 's'),
  counter('stages', 'stage', 'stages that ended'),
  counter('errors', 'stage', 'stages that ended with an error other than safety_block or cancelled'),
  counter('stage_ooms', 'stage', 'stages that ended with oom'),
  counter('stage_timeouts', 'stage', 'stages that ended with timeout'),
  metric('stage_ms', 'ms', 'histogram', 'float', 'stage', 'duration of a stage'),
  metric('prompt_tokens', '1', 'histogram', 'float', 'request', 'CLIP tokens of the prompt'),
  metric('prompt_words', '1', 'histogram', 'float', 'request', 'words of the prompt'),
  metric('prompt_chars', '1', 'histogram', 'float', 'request', 'characters of the prompt'),
  metric('queue_depth', 'jobs', 'gauge', 'float', 'sample', 'jobs that wait'),
  counter('queue_admitted', 'sample', 'jobs admitted'),
  counter('queue_denied', 'sample', 'jobs denied'),
  metric('gpu_util', '0..1', 'gauge', 'unit', 'sample', 'utilisation of a GPU'),
  metric('vram_headroom', '0..1', 'gauge', 'unit', 'sample', 'free share of the memory of a GPU'),
  metric(
    'model_load_ms',
    'ms',
    'histogram',
    'float',
    'sample',
    'duration of a model load that was not resident already',
  ),
  counter('cache_hits', 'sample', 'found in a cache of weights, VAE, LoRA or nodes'),
  counter('cache_misses', 'sample', 'not found there'),
  counter('accepted', 'image', 'feedback accept'),
  counter('edited', 'image', 'feedback edit'),
  counter('rerolled', 'image', 'feedback reroll'),
  counter('rejected_images', 'image', 'feedback reject'),
  counter('flagged', 'image', 'feedback flag'),
  counter('feedback', 'image', 'feedback accept, edit, reroll or reject'),
  counter(
    'sessions',
    'request',
    'sessions with a request in the hour; one that spans two hours counts in both',
  ),
  metric('aesthetic', '1..10', 'histogram', 'ten', 'image', 'aesthetic score'),
  metric('clip_i', '0..1', 'histogram', 'unit', 'image', 'CLIP image similarity'),
  metric('style_distance', '1', 'histogram', 'float', 'image', "distance to the collection's centroid"),
  metric('face_ok', '0..1', 'histogram', 'unit', 'image', '1 where faces are well formed, 0 where not'),
  metric('watermark', '0..1', 'histogram', 'unit', 'image', '1 where a watermark was found, 0 where not'),
  metric(
    'nsfw',
    '0..1',
    'histogram',
    'unit',
    'image',
    '1 where flagged as not safe for work, 0 where not; a probability where the scorer gives one',
  ),
  metric('toxicity', '0..1', 'histogram', 'unit', 'image', 'toxicity'),
  metric(
    'produced_fps',
    'fps',
    'histogram',
    'float',
    'sample',
    'frames per second where made, one observation per second of the window',
  ),
  metric(
    'delivered_fps',
    'fps',
    'histogram',
    'float',
    'sample',
    'frames per second where seen, one observation per second of playing',
  ),
  counter('produced_frames', 'sample', 'frames of produced windows', 'frames'),
  counter('delivered_frames', 'sample', 'frames of delivered windows', 'frames'),
  counter('dropped_frames', 'sample', 'dropped frames of delivered windows', 'frames'),
  counter(
    'duplicated_frames',
    'sample',
    'frames of delivered windows shown again without being meant to',
    'frames',
  ),
  counter('playing_seconds', 'sample', 'seconds of playing of delivered windows', 's'),
] as const satisfies readonly RollupMetric[];

export type RollupMetricName = (typeof ROLLUP_METRICS)[number]['name'];

/** What a sweep of drift looks at: kept by quarters of days, with what they are compared with. */
export const QUARTER_METRICS: readonly RollupMetricName[] = [
  ...(['prompt_tokens', 'latency_ms', 'queue_wait_ms', 'delivered_fps'] as const),
  ...(['aesthetic', 'clip_i', 'style_distance', 'face_ok', 'nsfw'] as const),
  ...(['succeeded', 'failed', 'timed_out', 'blocked', 'accepted', 'feedback'] as const),
];
/** By stage and workload; those above over all stages, by workload and by region. */
export const QUARTER_STAGE_METRICS: readonly RollupMetricName[] = ['stage_ms', 'errors', 'stages'];
