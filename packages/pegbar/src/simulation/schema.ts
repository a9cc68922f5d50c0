/** The shape of a scenario file. `docs/simulation.md` tells it to people; unknown fields are errors. */
import { PROMPT_POLICIES } from '@pegbar/contract';
import { z } from 'zod';

const MINUTE_MS = 60_000;
/** An hour of a tenant is held in memory at once. */
const MAX_REQUESTS_PER_DAY = 5_000_000;
const UNIT_MS: Record<string, number> = {
  s: 1_000,
  m: MINUTE_MS,
  h: 60 * MINUTE_MS,
  d: 24 * 60 * MINUTE_MS,
};

/** `90m`, `20h`, `2d`, `15s` → milliseconds. */
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?[smhd]$/, 'a duration is a number and s, m, h or d, such as 90m')
  .transform((text) => Number(text.slice(0, -1)) * (UNIT_MS[text.at(-1) as string] as number));

/** A period between samples: a shorter one would tell of machines and of nothing else. */
const period = duration.refine((ms) => ms >= 1_000, 'a period is at least 1s');

/** A clock time of UTC → milliseconds after midnight. */
const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time is HH:MM, UTC')
  .transform((text) => (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) * MINUTE_MS);

const name = z.string().min(1).max(200);
const share = z.number().min(0).max(1);
const positive = z.number().positive();
const weights = z
  .record(name, z.number().min(0))
  .refine((entries) => Object.values(entries).some((weight) => weight > 0), 'one weight must be above 0');
/** One name for all, or names with weights. */
const nameOrWeights = z.union([name.transform((one): Record<string, number> => ({ [one]: 1 })), weights]);
const someTraffic = (numbers: readonly number[]): boolean => numbers.some((number) => number > 0);
const workload = z.enum(['animation', 'single_image', 'batch_panels']);

const moment = z.union([
  z.strictObject({ ago: duration }),
  z.strictObject({ days_ago: z.int().min(0), at: timeOfDay }),
]);

const stageMs = z.strictObject({
  ingest: positive,
  preprocess: positive,
  generate: positive,
  upscale: positive,
  postprocess: positive,
  deliver: positive,
});

const workloadSpec = z.strictObject({
  family: name,
  stages_ms: stageMs,
  upscale_share: share,
  images: z.tuple([z.int().min(1).max(16), z.int().min(1).max(16)]),
  queue_wait_ms: positive,
  sizes: z
    .record(z.string().regex(/^\d{2,5}x\d{2,5}$/, 'a size is WIDTHxHEIGHT'), positive)
    .refine((sizes) => Object.keys(sizes).length > 0, 'one size is needed'),
  steps: z.array(z.int().min(1).max(500)).min(1),
  clip: z
    .strictObject({
      fps: positive.max(240),
      seconds: z.tuple([z.int().min(1).max(60), z.int().min(1).max(60)]),
      dropped_share: share,
      duplicated_share: share,
      held_share: share,
    })
    .optional(),
});

const version = z.strictObject({
  version: name,
  hash: name,
  deployed: moment,
  rollout: z
    .array(z.strictObject({ after: duration, share }))
    .min(1)
    .optional(),
  evaluation_pairs: z.int().min(0).max(1000).optional(),
  note: z.string().optional(),
});

const family = z.strictObject({
  samplers: weights,
  cfg: positive,
  weights_mb: positive,
  versions: z.array(version).min(1),
});

const tenant = z.strictObject({
  requests_per_day: positive.max(MAX_REQUESTS_PER_DAY),
  regions: weights,
  hardware: weights,
  workloads: weights,
  sources: weights,
  collections: weights,
  vocabulary: name,
  loras: z.array(z.strictObject({ id: name, share, weight: z.number() })),
  nsfw_rate: share,
  gpus: z.record(name, z.int().min(0).max(64)),
  consent: nameOrWeights,
  license: nameOrWeights,
  prompts: z.enum(PROMPT_POLICIES).optional(),
  personal_share: share.optional(),
  opt_outs: z.int().min(0).max(100).optional(),
});

const words = z.array(z.string().min(1)).min(1);
const vocabulary = z.strictObject({
  language: z.string().min(2).max(8),
  subjects: words,
  looks: z.record(z.string(), z.enum(['blue', 'green'])),
  places: z.record(z.string(), z.enum(['meadow', 'uni', 'club', 'lecturehall'])),
  moods: z.record(z.string(), z.enum(['normal', 'smile', 'giggle', 'surprised'])),
  styles: words,
  negative: z.string(),
});

/** `_x` multiplies, `_add` is added, `_rate` and `_share` are probabilities added; all fade in with the ramp. */
const effects = z.strictObject({
  generate_latency_x: positive.optional(),
  preprocess_latency_x: positive.optional(),
  postprocess_latency_x: positive.optional(),
  deliver_latency_x: positive.optional(),
  queue_wait_x: positive.optional(),
  queue_depth_x: positive.optional(),
  traffic_x: positive.optional(),
  denied_share: share.optional(),
  oom_rate: share.optional(),
  timeout_rate: share.optional(),
  safety_block_rate: share.optional(),
  nsfw_rate_x: positive.optional(),
  face_ok_add: z.number().min(-1).max(1).optional(),
  aesthetic_x: positive.optional(),
  accept_add: z.number().min(-1).max(1).optional(),
  style_distance_add: z.number().min(-1).max(1).optional(),
  delivered_fps_x: positive.optional(),
  produced_fps_x: positive.optional(),
  cache_hit_x: positive.optional(),
  model_load_x: positive.optional(),
  gpu_memory_add: z.number().min(-1).max(1).optional(),
  gpu_util_add: z.number().min(-1).max(1).optional(),
  vocabulary: name.optional(),
  vocabulary_share: share.optional(),
  lora: name.optional(),
  lora_share: share.optional(),
  picture_wash: share.optional(),
  picture_smear: share.optional(),
  picture_wobble: share.optional(),
  picture_shift: share.optional(),
});

const incident = z.strictObject({
  id: name,
  kind: z.enum([
    'bad_release',
    'style_drift',
    'prompt_drift',
    'oom_burst',
    'cdn_slow',
    'queue_surge',
    'nsfw_rise',
    'planned_load',
    'regression',
  ]),
  what: z.string().min(1),
  where: z.strictObject({
    tenant: name.optional(),
    region: name.optional(),
    workload: workload.optional(),
    model_version: name.optional(),
    hardware_class: name.optional(),
    traffic_source: name.optional(),
    collection: name.optional(),
  }),
  release: name.optional(),
  start: z.union([z.strictObject({ release: name }), moment]),
  lasts: duration.optional(),
  ramp: duration.optional(),
  deployment: z
    .strictObject({
      id: name,
      kind: z.enum(['model', 'lora', 'pipeline', 'config', 'data', 'planned_load']),
      version: name,
      previous: name.optional(),
      ends_as: z.enum(['end', 'rolled_back']).optional(),
      lead: duration.optional(),
      note: z.string().optional(),
    })
    .optional(),
  effects,
});

export const scenarioSchema = z.strictObject({
  name,
  about: z.string(),
  history_days: z.int().min(1).max(400),
  rhythm: z.strictObject({
    hours: z.array(z.number().min(0)).length(24).refine(someTraffic, 'one number must be above 0'),
    days: z.array(z.number().min(0)).length(7).refine(someTraffic, 'one number must be above 0'),
  }),
  sessions: z.strictObject({
    requests_mean: z.number().min(1).max(6),
    think_s: positive.max(120),
    feedback_share: share,
    retry_share: share,
  }),
  samples: z.strictObject({
    gpu_every: period,
    queue_every: period,
    io_every: period,
    live_every: period,
  }),
  regions: z.record(name, z.strictObject({ utc_offset: z.number().min(-12).max(14) })),
  hardware: z.record(
    name,
    z.strictObject({ gpu: name, memory_mb: positive, speed: positive, usd_per_hour: positive }),
  ),
  errors: z.strictObject({
    oom: share,
    timeout: share,
    cuda: share,
    internal: share,
    invalid_config: share,
    safety_block: share,
    cancelled: share,
  }),
  workloads: z.strictObject({
    single_image: workloadSpec.optional(),
    animation: workloadSpec.optional(),
    batch_panels: workloadSpec.optional(),
  }),
  families: z.record(name, family),
  collections: z.record(
    name,
    z.strictObject({
      grade: z.enum(['spring', 'noir', 'campus', 'paper', 'night']),
      style_distance: share,
      references: z.int().min(0),
    }),
  ),
  tenants: z.record(name, tenant).refine((all) => Object.keys(all).length > 0, 'one tenant is needed'),
  vocabularies: z.record(name, vocabulary),
  embedder: z
    .strictObject({
      name,
      dimensions: z.int().min(2).max(1024),
      share,
      versions: z.array(z.strictObject({ version: name, deployed: moment })).min(1),
    })
    .optional(),
  incidents: z.array(incident),
});

export type Scenario = z.output<typeof scenarioSchema>;
export type Incident = Scenario['incidents'][number];
export type Effects = Incident['effects'];
export type Moment = z.output<typeof moment>;
export type Grade = Scenario['collections'][string]['grade'];
export type Vocabulary = Scenario['vocabularies'][string];
export type WorkloadSpec = z.output<typeof workloadSpec>;
export type TenantSpec = Scenario['tenants'][string];
