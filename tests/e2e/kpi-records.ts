/**
 * A small scripted set of records, and every KPI computed from it by the formulas of `docs/reference/kpis.md` with
 * plain arrays. Nothing of the product takes part in it.
 */
import type { Json } from './server.ts';

export const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The set lies in two whole hours of three days ago. */
export const START = Math.floor(Date.now() / HOUR) * HOUR - 3 * DAY;

const DIMENSIONS = [
  'tenant',
  'region',
  'model_version',
  'workload',
  'hardware_class',
  'traffic_source',
] as const;
export type Dims = Record<(typeof DIMENSIONS)[number], string>;

interface Request {
  dims: Dims;
  at: number;
  outcome: string;
  latency_ms: number;
  wait_ms: number;
  error: string;
  retried: boolean;
  session: string;
}
interface Stage {
  dims: Dims;
  at: number;
  stage: string;
  ms: number;
  wait_ms: number;
  images: number;
  frames: number;
  cost_usd: number;
  gpu_s: number;
  error: string;
  steps: number;
}
/** What counts at its own time or its picture's: feedback, scores, samples. */
interface Fact {
  dims: Dims;
  at: number;
  name: string;
  value: number;
  /** Observations that it stands for. */
  times: number;
}

export interface Facts {
  requests: Request[];
  stages: Stage[];
  facts: Fact[];
}

const OUTCOMES = [
  'succeeded',
  'succeeded',
  'succeeded',
  'failed',
  'succeeded',
  'timed_out',
  'succeeded',
  'blocked',
  'succeeded',
  'cancelled',
  'rejected',
  'pending',
] as const;
const ERRORS: Record<string, string> = {
  failed: 'oom',
  timed_out: 'timeout',
  blocked: 'safety_block',
  cancelled: 'cancelled',
  rejected: 'invalid_config',
};

const cycle = <T>(values: readonly T[], at: number): T => values[at % values.length]!;

function dimsOf(index: number): Dims {
  return {
    tenant: cycle(['kpi-a', 'kpi-b', 'kpi-c'], index),
    region: cycle(['eu', 'eu', 'us'], Math.floor(index / 3)),
    model_version: cycle(['v6', 'v7'], Math.floor(index / 9)),
    workload: cycle(['animation', 'single_image'], Math.floor(index / 2)),
    hardware_class: cycle(['standard', 'large'], Math.floor(index / 7)),
    traffic_source: cycle(['app', 'api', 'batch'], Math.floor(index / 5)),
  };
}

/** The dimensions as a record tells them. */
function told({ model_version, hardware_class, ...dims }: Dims, stage: boolean): Json {
  return {
    ...dims,
    model: { version: model_version },
    ...(stage ? { resources: { hardware_class, gpu_count: 2 } } : { hardware_class }),
  };
}

class Script {
  readonly records: Json[] = [];
  readonly all: Facts = { requests: [], stages: [], facts: [] };

  request(index: number): void {
    const dims = dimsOf(index);
    const outcome = index % 24 === 3 ? 'failed' : cycle(OUTCOMES, index);
    // Another failure than OOM now and then, so that the rates differ.
    const error = index % 24 === 3 ? 'cuda' : (ERRORS[outcome] ?? '');
    const begun = START + (index % 2) * HOUR + 60_000 + index * 20_000;
    const request_id = `kpi-${index}`;
    const session = `session-${index % 36}`;
    const retried = index % 5 === 0;
    const common = {
      ...told(dims, true),
      request_id,
      session_id: session,
      ...(retried ? { attempt: 2, retry_of: `kpi-${index}-first` } : {}),
    };
    const waits = index % 4 === 0 ? 0 : 16 * index;
    const durations = { preprocess: 100 + 8 * index, generate: 1000 + 64 * index, deliver: 32 + index };
    const made = outcome === 'succeeded';
    const ends = outcome === 'succeeded' || outcome === 'pending' ? 3 : 2;
    let at = begun;
    for (const stage of (['preprocess', 'generate', 'deliver'] as const).slice(
      0,
      outcome === 'pending' ? 1 : ends,
    )) {
      at += durations[stage];
      const generate = stage === 'generate';
      const last = stage === 'deliver' || (generate && !made);
      const animated = dims.workload === 'animation';
      const steps = 20 + (index % 3) * 5;
      const figures = { latency_ms: durations[stage], ...(generate ? { queue_wait_ms: waits } : {}) };
      const cost = generate ? { gpu_seconds: 1.5 + index / 4, cost_usd: 0.25 + index / 64 } : {};
      this.records.push({
        ...common,
        timestamp: at,
        pipeline_stage: stage,
        ...(animated ? { sequence_id: `clip-${index}` } : {}),
        params: { steps },
        metrics: { ...figures, ...cost },
        ...(generate && made ? { image_id: `image-${index}` } : {}),
        ...(generate && made && index % 2 === 0
          ? { quality: { aesthetic: 4 + (index % 5), watermark: index % 8 === 0 } }
          : {}),
        ...(last && error !== '' ? { error: { code: error } } : {}),
        ...(last && !made ? { outcome } : {}),
      });
      this.all.stages.push({
        dims,
        at,
        stage,
        ms: durations[stage],
        wait_ms: generate ? waits : 0,
        images: generate && made ? 1 : 0,
        frames: generate && made && animated ? 1 : 0,
        cost_usd: cost.cost_usd ?? 0,
        gpu_s: (cost.gpu_seconds ?? 0) * 2,
        error: last ? error : '',
        steps,
      });
      if (generate && made) this.picture(index, dims, at);
    }
    const wait_ms = outcome === 'pending' ? 0 : waits;
    this.all.requests.push({ dims, at, outcome, latency_ms: at - begun, wait_ms, error, retried, session });
  }

  /** What was told of a picture, days later or with its stage, counts at its time and in its segment. */
  private picture(index: number, dims: Dims, at: number): void {
    const late = {
      tenant: dims.tenant,
      timestamp: START + 2 * DAY + index * 1000,
      image_id: `image-${index}`,
    };
    const fact = (name: string, value: number): void =>
      void this.all.facts.push({ dims, at, name, value, times: 1 });
    if (index % 2 === 0) {
      fact('aesthetic', 4 + (index % 5));
      fact('watermark', Number(index % 8 === 0));
    }
    const scores: [string, number | boolean][] = [
      ['clip_i', 0.5 + (index % 7) / 16],
      ['style_distance', (index % 6) / 8],
      ['face_ok', index % 3 !== 0],
      ['nsfw', index % 10 === 0],
    ];
    for (const [name, value] of scores) {
      this.records.push({ ...late, type: 'score', name, value, scorer: 'script', scorer_version: '1' });
      fact(name, Number(value));
    }
    const action = cycle(['accept', 'accept', 'reroll', 'edit', 'reject', 'flag'], index);
    this.records.push({ ...late, type: 'feedback', action, session_id: `session-${index % 36}` });
    fact(action, 1);
  }

  sample(index: number): void {
    const dims = dimsOf(index);
    const at = START + (index % 2) * HOUR + 30_000 + index * 25_000;
    const common = { ...told(dims, false), timestamp: at };
    const add = (record: Json, ...facts: [name: string, value: number, times?: number][]): void => {
      this.records.push({ ...common, ...record });
      for (const [name, value, times = 1] of facts) this.all.facts.push({ dims, at, name, value, times });
    };
    const produced = 24 - (index % 4);
    add(
      { type: 'frames', sequence_id: `clip-${index}`, side: 'produced', window_s: 10, frames: produced * 10 },
      ['produced_fps', produced, 10],
    );
    const [delivered, dropped, duplicated] = [8 * (produced - (index % 3)), index % 5, index % 7];
    add(
      {
        type: 'frames',
        sequence_id: `clip-${index}`,
        side: 'delivered',
        window_s: 10,
        playing_s: 8,
        frames: delivered,
        dropped,
        duplicated,
      },
      ['delivered_fps', delivered / 8, 8],
      ['delivered_frames', delivered],
      ['dropped_frames', dropped],
      ['duplicated_frames', duplicated],
    );
    add({ type: 'queue', queue: 'gpu', depth: index * 2, wait_ms: 5, admitted: 3, denied: 1 }, [
      'queue_depth',
      index * 2,
    ]);
    const used = 20_000 + 1000 * index;
    add(
      {
        type: 'gpu',
        host: 'h',
        gpu_id: '0',
        util: (index % 16) / 16,
        mem_used_mb: used,
        mem_total_mb: 80_000,
      },
      ['gpu_util', (index % 16) / 16],
      ['vram_headroom', (80_000 - used) / 80_000],
    );
    add({ type: 'model_load', action: 'load', duration_ms: 3000 + 128 * index, hit: false }, [
      'model_load_ms',
      3000 + 128 * index,
    ]);
    add({ type: 'model_load', action: 'unload', duration_ms: 99_999 });
    add(
      { type: 'cache', cache: 'weights', hits: index, misses: 5 },
      ['cache_hits', index],
      ['cache_misses', 5],
    );
  }
}

export function script(): Script {
  const set = new Script();
  for (let index = 0; index < 72; index++) set.request(index);
  for (let index = 0; index < 24; index++) set.sample(index);
  return set;
}

/** A figure, or between which observations a percentile lies. */
export type Expected = number | null | { low: number; high: number };

const count = <T>(rows: readonly T[], which: (row: T) => boolean): number => rows.filter(which).length;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const ratio = (of: number, to: number, scale = 1): number | null => (to > 0 ? (of / to) * scale : null);

function percentile(values: readonly number[], q: number): Expected {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const place = q * (sorted.length - 1);
  return {
    low: sorted[Math.max(0, Math.floor(place) - 1)]!,
    high: sorted[Math.min(sorted.length - 1, Math.ceil(place) + 1)]!,
  };
}

/** The KPIs of stages, where stages are asked for. */
export function stageKpis({ stages }: Facts, window_s: number): Record<string, Expected> {
  const bad = (row: Stage): boolean => !['', 'safety_block', 'cancelled'].includes(row.error);
  const images = sum(stages.map((row) => row.images));
  const frames = sum(stages.map((row) => row.frames));
  const cost = sum(stages.map((row) => row.cost_usd));
  const gpu = sum(stages.map((row) => row.gpu_s));
  const times = stages.map((row) => row.ms);
  return {
    requests: stages.length,
    error_rate: ratio(count(stages, bad), stages.length),
    timeout_rate: ratio(
      count(stages, (row) => row.error === 'timeout'),
      stages.length,
    ),
    oom_rate: ratio(
      count(stages, (row) => row.error === 'oom'),
      stages.length,
    ),
    latency_p50_ms: percentile(times, 0.5),
    latency_p95_ms: percentile(times, 0.95),
    latency_p99_ms: percentile(times, 0.99),
    queue_wait_p95_ms: percentile(
      stages.map((row) => row.wait_ms).filter((wait) => wait > 0),
      0.95,
    ),
    images,
    frames,
    images_per_s: images / window_s,
    frames_per_s: frames / window_s,
    jobs_per_min: (stages.length / window_s) * 60,
    cost_usd: cost,
    cost_per_1k_images_usd: ratio(cost, images, 1000),
    gpu_hours: gpu / 3600,
    gpu_hours_per_1k_images: ratio(gpu / 3600, images, 1000),
  };
}

/** All KPIs of the names in `design/outside.md`. */
export function allKpis(set: Facts, window_s: number): Record<string, Expected> {
  const { requests, facts } = set;
  const outcome = (...names: string[]): number => count(requests, (row) => names.includes(row.outcome));
  const decided = outcome('succeeded', 'failed', 'timed_out');
  const ended = requests.filter((row) =>
    ['succeeded', 'failed', 'timed_out', 'blocked'].includes(row.outcome),
  );
  const of = (name: string): Fact[] => facts.filter((fact) => fact.name === name);
  const total = (name: string): number => sum(of(name).map((fact) => fact.value));
  const mean = (name: string): number | null =>
    ratio(sum(of(name).map((fact) => fact.value * fact.times)), sum(of(name).map((fact) => fact.times)));
  const verdicts = of('accept').length + of('edit').length + of('reroll').length + of('reject').length;
  const sessions = new Set(
    requests.map((row) => `${Math.floor(row.at / HOUR)} ${row.dims.tenant} ${row.session}`),
  );
  const [produced, delivered] = [mean('produced_fps'), mean('delivered_fps')];
  const failing = (row: Request): boolean => row.outcome === 'failed' || row.outcome === 'timed_out';
  const latencies = ended.map((row) => row.latency_ms);
  const byStages = stageKpis(set, window_s);
  const {
    images,
    frames,
    images_per_s,
    frames_per_s,
    cost_usd,
    cost_per_1k_images_usd,
    gpu_hours,
    gpu_hours_per_1k_images,
  } = byStages;
  return {
    requests: requests.length,
    succeeded: outcome('succeeded'),
    failed: outcome('failed'),
    timed_out: outcome('timed_out'),
    blocked: outcome('blocked'),
    cancelled: outcome('cancelled'),
    rejected: outcome('rejected'),
    availability: ratio(outcome('succeeded'), decided),
    error_rate: ratio(outcome('failed', 'timed_out'), decided),
    timeout_rate: ratio(
      count(
        requests,
        (row) => row.outcome === 'timed_out' || (row.outcome === 'failed' && row.error === 'timeout'),
      ),
      decided,
    ),
    oom_rate: ratio(
      count(requests, (row) => failing(row) && row.error === 'oom'),
      decided,
    ),
    retry_rate: ratio(
      count(ended, (row) => row.retried),
      ended.length,
    ),
    latency_p50_ms: percentile(latencies, 0.5),
    latency_p95_ms: percentile(latencies, 0.95),
    latency_p99_ms: percentile(latencies, 0.99),
    queue_wait_p95_ms: percentile(
      requests.map((row) => row.wait_ms).filter((wait) => wait > 0),
      0.95,
    ),
    queue_depth: mean('queue_depth'),
    images: images!,
    frames: frames!,
    images_per_s: images_per_s!,
    frames_per_s: frames_per_s!,
    jobs_per_min: (requests.length / window_s) * 60,
    cost_usd: cost_usd!,
    cost_per_1k_images_usd: cost_per_1k_images_usd!,
    cost_per_accepted_image_usd: ratio(cost_usd as number, of('accept').length),
    gpu_hours: gpu_hours!,
    gpu_hours_per_1k_images: gpu_hours_per_1k_images!,
    gpu_util: mean('gpu_util'),
    vram_headroom: mean('vram_headroom'),
    model_load_p95_ms: percentile(
      of('model_load_ms').map((fact) => fact.value),
      0.95,
    ),
    cache_hit_ratio: ratio(total('cache_hits'), total('cache_hits') + total('cache_misses')),
    acceptance_rate: ratio(of('accept').length, verdicts),
    edit_rate: ratio(of('edit').length, verdicts),
    rerolls_per_session: ratio(of('reroll').length, sessions.size),
    aesthetic_mean: mean('aesthetic'),
    clip_i_mean: mean('clip_i'),
    style_distance_mean: mean('style_distance'),
    face_ok_rate: mean('face_ok'),
    watermark_rate: mean('watermark'),
    nsfw_rate: mean('nsfw'),
    policy_block_rate: ratio(outcome('blocked'), ended.length),
    produced_fps: produced,
    delivered_fps: delivered,
    fps_deviation: produced === null || delivered === null ? null : (produced - delivered) / produced,
    dropped_frame_ratio: ratio(total('dropped_frames'), total('delivered_frames') + total('dropped_frames')),
    duplicated_frame_ratio: ratio(total('duplicated_frames'), total('delivered_frames')),
  };
}

/** The facts that a predicate over dimensions, times and stages keeps. */
export function only(
  set: Facts,
  which: (dims: Dims, at: number) => boolean,
  stage: (row: Stage) => boolean = () => true,
): Facts {
  return {
    requests: set.requests.filter((row) => which(row.dims, row.at)),
    stages: set.stages.filter((row) => which(row.dims, row.at) && stage(row)),
    facts: set.facts.filter((row) => which(row.dims, row.at)),
  };
}
