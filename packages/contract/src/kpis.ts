/**
 * The KPIs as formulas over the rollup metrics. A formula is data: the API, alerts, objectives and the pages compute
 * one KPI in one way, by `kpiValue`.
 */
import type { RollupMetricName } from './rollup-metrics.ts';

type M = RollupMetricName;

/** How a KPI is computed. Sums of several metrics are written as lists. `scale` multiplies the result. */
export type Formula =
  | { readonly op: 'sum'; readonly of: readonly M[]; readonly scale?: number }
  | { readonly op: 'ratio'; readonly of: readonly M[]; readonly to: readonly M[]; readonly scale?: number }
  | { readonly op: 'quantile'; readonly of: M; readonly q: number }
  | { readonly op: 'mean'; readonly of: M }
  /** Sum divided by the window, in units of `per_s` seconds. */
  | { readonly op: 'rate'; readonly of: readonly M[]; readonly per_s: number }
  /** (mean of `base` − mean of `of`) / mean of `base`. */
  | { readonly op: 'shortfall'; readonly of: M; readonly base: M };

export interface Kpi {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** In which direction it gets better; `neither` where that depends. */
  readonly better: 'up' | 'down' | 'neither';
  /** For people. */
  readonly formula: string;
  readonly needs: Formula;
  /** What it is when a stage is asked for, where that is another thing than the request's. */
  readonly needsByStage?: Formula;
}

/** In the denominators stand requests that ended in one of these: never cancelled, rejected or pending ones. */
const DECIDED = ['succeeded', 'failed', 'timed_out'] as const;
const VERDICTS = ['accepted', 'edited', 'rerolled', 'rejected_images'] as const;

const sum = (of: M, scale?: number): Formula => ({
  op: 'sum',
  of: [of],
  ...(scale === undefined ? {} : { scale }),
});
const mean = (of: M): Formula => ({ op: 'mean', of });
const quantile = (of: M, q: number): Formula => ({ op: 'quantile', of, q });
const ratio = (of: readonly M[], to: readonly M[], scale?: number): Formula => ({
  op: 'ratio',
  of,
  to,
  ...(scale === undefined ? {} : { scale }),
});
const rate = (of: M, per_s: number): Formula => ({ op: 'rate', of: [of], per_s });

type Better = Kpi['better'];
const kpi = <const N extends string>(
  name: N,
  title: string,
  unit: string,
  better: Better,
  formula: string,
  needs: Formula,
  needsByStage?: Formula,
) => ({ name, title, unit, better, formula, needs, ...(needsByStage === undefined ? {} : { needsByStage }) });

const latency = <const N extends string>(name: N, title: string, q: number) =>
  kpi(
    name,
    title,
    'ms',
    'down',
    `${q * 100}th percentile of the end-to-end latency of requests that ended, without cancelled and rejected ones; with a stage, of its duration`,
    quantile('latency_ms', q),
    quantile('stage_ms', q),
  );

export const KPIS = [
  kpi(
    'requests',
    'Requests',
    '1',
    'neither',
    'requests, whatever their outcome',
    sum('requests'),
    sum('stages'),
  ),
  kpi('succeeded', 'Succeeded', '1', 'up', 'requests with outcome succeeded', sum('succeeded')),
  kpi('failed', 'Failed', '1', 'down', 'requests with outcome failed', sum('failed')),
  kpi('timed_out', 'Timed out', '1', 'down', 'requests with outcome timed_out', sum('timed_out')),
  kpi('blocked', 'Blocked', '1', 'neither', 'requests with outcome blocked (safety)', sum('blocked')),
  kpi('cancelled', 'Cancelled', '1', 'neither', 'requests with outcome cancelled', sum('cancelled')),
  kpi(
    'rejected',
    'Rejected',
    '1',
    'down',
    'requests with outcome rejected (never entered the queue)',
    sum('rejected'),
  ),
  kpi(
    'availability',
    'Availability',
    '0..1',
    'up',
    'succeeded / (succeeded + failed + timed_out)',
    ratio(['succeeded'], DECIDED),
  ),
  kpi(
    'error_rate',
    'Error rate',
    '0..1',
    'down',
    '(failed + timed_out) / (succeeded + failed + timed_out); with a stage, stages that ended with an error / stages',
    ratio(['failed', 'timed_out'], DECIDED),
    ratio(['errors'], ['stages']),
  ),
  kpi(
    'timeout_rate',
    'Timeout rate',
    '0..1',
    'down',
    'requests that timed out, or failed with the error timeout / (succeeded + failed + timed_out); with a stage, its timeouts / stages',
    ratio(['timeout'], DECIDED),
    ratio(['stage_timeouts'], ['stages']),
  ),
  kpi(
    'oom_rate',
    'OOM rate',
    '0..1',
    'down',
    'requests that ended with the error oom / (succeeded + failed + timed_out); with a stage, its OOMs / stages',
    ratio(['oom'], DECIDED),
    ratio(['stage_ooms'], ['stages']),
  ),
  kpi(
    'retry_rate',
    'Retry rate',
    '0..1',
    'down',
    'requests that try another one again / (succeeded + failed + timed_out + blocked)',
    ratio(['retried'], [...DECIDED, 'blocked']),
  ),
  latency('latency_p50_ms', 'Latency p50', 0.5),
  latency('latency_p95_ms', 'Latency p95', 0.95),
  latency('latency_p99_ms', 'Latency p99', 0.99),
  kpi(
    'queue_wait_p95_ms',
    'Queue wait p95',
    'ms',
    'down',
    '95th percentile of the time that a request waited; with a stage, before it',
    quantile('queue_wait_ms', 0.95),
  ),
  kpi('queue_depth', 'Queue depth', 'jobs', 'down', 'mean of the sampled queue depths', mean('queue_depth')),
  kpi('images', 'Images', '1', 'up', 'pictures and frames made', sum('images')),
  kpi('frames', 'Frames', '1', 'up', 'pictures made that belong to a sequence', sum('frames')),
  kpi('images_per_s', 'Images per second', '1/s', 'up', 'images / seconds of the window', rate('images', 1)),
  kpi('frames_per_s', 'Frames per second', '1/s', 'up', 'frames / seconds of the window', rate('frames', 1)),
  kpi(
    'jobs_per_min',
    'Jobs per minute',
    '1/min',
    'up',
    'requests / minutes of the window',
    rate('requests', 60),
    rate('stages', 60),
  ),
  kpi(
    'cost_usd',
    'Cost',
    'usd',
    'down',
    'Σ cost as sent, else GPU seconds × price of the GPU type',
    sum('cost_usd'),
  ),
  kpi(
    'cost_per_1k_images_usd',
    'Cost per 1K images',
    'usd',
    'down',
    '1000 × cost_usd / images',
    ratio(['cost_usd'], ['images'], 1000),
  ),
  kpi(
    'cost_per_accepted_image_usd',
    'Cost per accepted image',
    'usd',
    'down',
    'cost_usd / accepted images',
    ratio(['cost_usd'], ['accepted']),
  ),
  kpi(
    'gpu_hours',
    'GPU-hours',
    'h',
    'down',
    'Σ gpu_seconds × gpu_count / 3600',
    sum('gpu_seconds', 1 / 3600),
  ),
  kpi(
    'gpu_hours_per_1k_images',
    'GPU-hours per 1K images',
    'h',
    'down',
    '1000 × gpu_hours / images',
    ratio(['gpu_seconds'], ['images'], 1000 / 3600),
  ),
  kpi('gpu_util', 'GPU utilisation', '0..1', 'neither', 'mean of the GPU samples', mean('gpu_util')),
  kpi(
    'vram_headroom',
    'VRAM headroom',
    '0..1',
    'up',
    'mean of (total − used) / total over the GPU samples',
    mean('vram_headroom'),
  ),
  kpi(
    'model_load_p95_ms',
    'Model load p95',
    'ms',
    'down',
    '95th percentile of the duration of model loads',
    quantile('model_load_ms', 0.95),
  ),
  kpi(
    'cache_hit_ratio',
    'Cache hit ratio',
    '0..1',
    'up',
    'hits / (hits + misses)',
    ratio(['cache_hits'], ['cache_hits', 'cache_misses']),
  ),
  kpi(
    'acceptance_rate',
    'Acceptance rate',
    '0..1',
    'up',
    'accept / (accept + edit + reroll + reject)',
    ratio(['accepted'], VERDICTS),
  ),
  kpi(
    'edit_rate',
    'Edit rate',
    '0..1',
    'down',
    'edit / (accept + edit + reroll + reject)',
    ratio(['edited'], VERDICTS),
  ),
  kpi(
    'rerolls_per_session',
    'Re-rolls per session',
    '1',
    'down',
    'reroll / sessions with a request',
    ratio(['rerolled'], ['sessions']),
  ),
  kpi('aesthetic_mean', 'Aesthetic score', '1..10', 'up', 'mean of the aesthetic scores', mean('aesthetic')),
  kpi('clip_i_mean', 'CLIP-I', '-1..1', 'up', 'mean of the CLIP image similarities, cosines', mean('clip_i')),
  kpi(
    'style_distance_mean',
    'Style distance',
    '1',
    'down',
    "mean of the distances to the collection's centroid",
    mean('style_distance'),
  ),
  kpi(
    'face_ok_rate',
    'Faces well formed',
    '0..1',
    'up',
    'pictures with well-formed faces / pictures checked',
    mean('face_ok'),
  ),
  kpi(
    'watermark_rate',
    'Watermark rate',
    '0..1',
    'down',
    'pictures with a watermark / pictures checked',
    mean('watermark'),
  ),
  kpi('nsfw_rate', 'NSFW rate', '0..1', 'down', 'pictures flagged / pictures checked', mean('nsfw')),
  kpi(
    'policy_block_rate',
    'Policy-block rate',
    '0..1',
    'down',
    'blocked / (succeeded + failed + timed_out + blocked)',
    ratio(['blocked'], [...DECIDED, 'blocked']),
  ),
  kpi(
    'produced_fps',
    'Produced FPS',
    'fps',
    'up',
    'mean over the seconds of the produced frames windows',
    mean('produced_fps'),
  ),
  kpi(
    'delivered_fps',
    'Delivered FPS',
    'fps',
    'up',
    'mean over the playing seconds of the delivered frames windows',
    mean('delivered_fps'),
  ),
  kpi('fps_deviation', 'FPS deviation', '0..1', 'down', '(produced_fps − delivered_fps) / produced_fps', {
    op: 'shortfall',
    of: 'delivered_fps',
    base: 'produced_fps',
  }),
  kpi(
    'dropped_frame_ratio',
    'Dropped frames',
    '0..1',
    'down',
    'dropped / (delivered + dropped), of delivered windows',
    ratio(['dropped_frames'], ['delivered_frames', 'dropped_frames']),
  ),
  kpi(
    'duplicated_frame_ratio',
    'Duplicated frames',
    '0..1',
    'down',
    'duplicated / delivered, of delivered windows',
    ratio(['duplicated_frames'], ['delivered_frames']),
  ),
] as const satisfies readonly Kpi[];

export type KpiName = (typeof KPIS)[number]['name'];
export const KPI_NAMES = KPIS.map((each) => each.name) as KpiName[];

const BY_NAME: ReadonlyMap<string, Kpi> = new Map(KPIS.map((each) => [each.name, each]));
export const isKpiName = (name: string): name is KpiName => BY_NAME.has(name);
export const kpiOf = (name: KpiName): Kpi => BY_NAME.get(name)!;

export const formulaOf = (name: KpiName, byStage: boolean): Formula => {
  const { needs, needsByStage } = kpiOf(name);
  return byStage ? (needsByStage ?? needs) : needs;
};
