/** What a page says of a KPI: its name, unit and better direction. The formulas and their prose stay in kpis.ts. */
import type { Kpi, KpiName } from './kpis.ts';

export type KpiWords = Pick<Kpi, 'title' | 'unit' | 'better'>;

const WORDS = {
  requests: 'Requests|1|n',
  succeeded: 'Succeeded|1|u',
  failed: 'Failed|1|d',
  timed_out: 'Timed out|1|d',
  blocked: 'Blocked|1|n',
  cancelled: 'Cancelled|1|n',
  rejected: 'Rejected|1|d',
  availability: 'Availability|0..1|u',
  error_rate: 'Error rate|0..1|d',
  timeout_rate: 'Timeout rate|0..1|d',
  oom_rate: 'OOM rate|0..1|d',
  retry_rate: 'Retry rate|0..1|d',
  latency_p50_ms: 'Latency p50|ms|d',
  latency_p95_ms: 'Latency p95|ms|d',
  latency_p99_ms: 'Latency p99|ms|d',
  queue_wait_p95_ms: 'Queue wait p95|ms|d',
  queue_depth: 'Queue depth|jobs|d',
  images: 'Images|1|u',
  frames: 'Frames|1|u',
  images_per_s: 'Images per second|1/s|u',
  frames_per_s: 'Frames per second|1/s|u',
  jobs_per_min: 'Jobs per minute|1/min|u',
  cost_usd: 'Cost|usd|d',
  cost_per_1k_images_usd: 'Cost per 1K images|usd|d',
  cost_per_accepted_image_usd: 'Cost per accepted image|usd|d',
  gpu_hours: 'GPU-hours|h|d',
  gpu_hours_per_1k_images: 'GPU-hours per 1K images|h|d',
  gpu_util: 'GPU utilisation|0..1|n',
  vram_headroom: 'VRAM headroom|0..1|u',
  model_load_p95_ms: 'Model load p95|ms|d',
  cache_hit_ratio: 'Cache hit ratio|0..1|u',
  acceptance_rate: 'Acceptance rate|0..1|u',
  edit_rate: 'Edit rate|0..1|d',
  rerolls_per_session: 'Re-rolls per session|1|d',
  aesthetic_mean: 'Aesthetic score|1..10|u',
  clip_i_mean: 'CLIP-I|-1..1|u',
  style_distance_mean: 'Style distance|1|d',
  face_ok_rate: 'Faces well formed|0..1|u',
  watermark_rate: 'Watermark rate|0..1|d',
  nsfw_rate: 'NSFW rate|0..1|d',
  policy_block_rate: 'Policy-block rate|0..1|d',
  produced_fps: 'Produced FPS|fps|u',
  delivered_fps: 'Delivered FPS|fps|u',
  fps_deviation: 'FPS deviation|0..1|d',
  dropped_frame_ratio: 'Dropped frames|0..1|d',
  duplicated_frame_ratio: 'Duplicated frames|0..1|d',
} as const satisfies Record<KpiName, string>;

export const KPI_NAMES = Object.keys(WORDS) as KpiName[];

const BETTER = { u: 'up', d: 'down', n: 'neither' } as const;

/** The words of a KPI. A test holds them against the contract. */
export function kpiOf(name: KpiName): KpiWords {
  const [title, unit, better] = WORDS[name].split('|') as [string, Kpi['unit'], keyof typeof BETTER];
  return { title, unit, better: BETTER[better] };
}
