/** `kind: DriftMonitor`: what is looked at every hour by itself. The built-in ones are monitors like others. */
import { z } from 'zod';
import { DRIFT_METRIC_NAMES } from './metrics.ts';
import { readBaseline, readWindow } from './windows.ts';

const SEGMENTS = [
  ...['tenant', 'region', 'model_version', 'workload', 'hardware_class', 'traffic_source', 'pipeline_stage'],
] as const;
/** Hours of a window: the shortest that the rollups tell, and a week. */
const WINDOW_MOST_H = 168;
const PERSISTENCE_MOST = 48;
const EXCLUDED_MOST = 50;

export const driftMonitorSchema = z.strictObject({
  metric: z.string().refine((name) => DRIFT_METRIC_NAMES.includes(name), {
    error: `one of ${DRIFT_METRIC_NAMES.join(', ')}`,
  }),
  segments: z
    .array(z.enum(SEGMENTS as readonly [string, ...string[]]))
    .max(3)
    .default([]),
  filter: z.array(z.string().max(500)).max(10).default([]),
  window_hours: z.number().int().min(1).max(WINDOW_MOST_H).default(24),
  baseline: z
    .string()
    .refine((text) => readBaseline(text).ok, { error: '28d, 7d, release or FROM/TO' })
    .default('28d'),
  least_effect: z.number().positive().max(10).optional(),
  alpha: z.number().positive().max(0.5).default(0.05),
  persistence: z.number().int().min(1).max(PERSISTENCE_MOST).default(2),
  minimum_n: z.number().int().min(1).max(1_000_000).default(20),
  exclude: z
    .array(z.string().refine((text) => readWindow(text) !== undefined, { error: 'FROM/TO, two times' }))
    .max(EXCLUDED_MOST)
    .default([]),
  enabled: z.boolean().default(true),
});
export type DriftMonitor = z.output<typeof driftMonitorSchema>;

/** Registered among the declared resources. */
export const driftMonitorKind = {
  kind: 'DriftMonitor',
  schema: driftMonitorSchema,
  owner: 'tenant',
} as const;

const monitor = (spec: z.input<typeof driftMonitorSchema>): DriftMonitor => driftMonitorSchema.parse(spec);
const byTenant = { segments: ['tenant'] };
const byRelease = { segments: ['model_version'], baseline: 'release' };

/** In force where nothing of the same name is declared for the installation. `enabled: false` ends one. */
export const BUILT_IN: Readonly<Record<string, DriftMonitor>> = {
  'prompt-tokens': monitor({ metric: 'prompt_tokens', ...byTenant, least_effect: 0.25 }),
  'prompt-length': monitor({ metric: 'prompt_chars', ...byTenant, least_effect: 0.25 }),
  'release-latency': monitor({ metric: 'latency_ms', ...byRelease }),
  'release-errors': monitor({ metric: 'error_rate', ...byRelease }),
  'release-cost': monitor({ metric: 'cost_per_1k_images_usd', ...byRelease }),
  'release-aesthetic': monitor({ metric: 'aesthetic', ...byRelease }),
  'release-clip-i': monitor({ metric: 'clip_i', ...byRelease }),
  'release-faces': monitor({ metric: 'face_ok', ...byRelease }),
  acceptance: monitor({ metric: 'acceptance', ...byTenant }),
  'safety-flags': monitor({ metric: 'nsfw', ...byTenant }),
  'style-distance': monitor({ metric: 'style_distance', ...byTenant }),
};
