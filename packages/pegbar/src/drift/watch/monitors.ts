/** `kind: DriftMonitor`: what is looked at by itself. The built-in ones are monitors like others. */

import { ROLLUP_DIMENSIONS, readInstant } from '@pegbar/contract';
import { z } from 'zod';
import { says } from '../../base/schema-words.ts';
import { DRIFT_METRIC_NAMES } from '../metrics.ts';
import { readBaseline, readWindow } from '../windows.ts';
import { planOf } from './plan.ts';

const SEGMENTS = [...ROLLUP_DIMENSIONS, 'collection', 'pipeline_stage'] as const;
/** Hours of a window: the shortest that the rollups tell, and a week. */
const WINDOW_MOST_H = 168;
const PERSISTENCE_MOST = 48;
const EXCLUDED_MOST = 50;
const FILTERS_MOST = 10;
const FILTER_MOST = 500;

const number = (least: number, most: number, isWhole = true) => {
  const cure = `${isWhole ? 'a whole number' : 'a number'} from ${least} to ${most}`;
  const error = says(cure);
  const some = isWhole ? z.number({ error }).int({ error }) : z.number({ error });
  return some.min(least, { error }).max(most, { error });
};
/** α and effects of 0 would never, or always, be reached. */
const ABOVE_ZERO = 1e-6;

const fields = z.strictObject(
  {
    metric: z
      .string({ error: says(`one of ${DRIFT_METRIC_NAMES.join(', ')}`) })
      .refine((name) => DRIFT_METRIC_NAMES.includes(name), {
        error: says(`one of ${DRIFT_METRIC_NAMES.join(', ')}`),
      }),
    segments: z
      .array(
        z.enum(SEGMENTS as readonly [string, ...string[]], { error: says(`one of ${SEGMENTS.join(', ')}`) }),
        { error: says('a list of segments: [tenant]') },
      )
      .max(3, { error: says('a list of three segments at most') })
      .default([]),
    filter: z
      .array(
        z
          .string({ error: says("a filter: 'tenant=mangatan'") })
          .max(FILTER_MOST, { error: says(`a filter of at most ${FILTER_MOST} characters`) }),
        {
          error: says("a list of filters: ['tenant=mangatan']"),
        },
      )
      .max(FILTERS_MOST, { error: `more than ${FILTERS_MOST} filters` })
      .default([]),
    window_hours: number(1, WINDOW_MOST_H).default(24),
    baseline: z
      .string({ error: says('28d, 7d, release, release:VERSION or FROM/TO') })
      .refine((text) => readBaseline(text).ok, {
        error: says('28d, 7d, release, release:VERSION or FROM/TO at most 90 days apart'),
      })
      .default('28d'),
    least_effect: number(ABOVE_ZERO, 10, false).optional(),
    alpha: number(ABOVE_ZERO, 0.5, false).default(0.05),
    persistence: number(1, PERSISTENCE_MOST).default(2),
    minimum_n: number(1, 1_000_000).default(20),
    exclude: z
      .array(
        z
          .string({ error: says('FROM/TO, two times') })
          .refine((text) => readWindow(text) !== undefined, { error: says('FROM/TO, two times') }),
        { error: says('a list of windows FROM/TO') },
      )
      .max(EXCLUDED_MOST, { error: `more than ${EXCLUDED_MOST} windows` })
      .default([]),
    muted_until: z
      .string({ error: says('a time: 2026-03-01T12:00:00Z') })
      .refine((text) => readInstant(text) !== undefined, { error: says('a time: 2026-03-01T12:00:00Z') })
      .optional(),
    enabled: z.boolean({ error: says('true or false') }).default(true),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'a monitor needs `metric:`' : undefined) },
);

/** Refuses also what reads well and cannot be looked at: segments that are not kept together, say. */
export const driftMonitorSchema = fields.superRefine((spec, context) => {
  const plan = planOf(spec);
  if (plan.ok) return;
  const { message, hint, field } = plan.error;
  const path = field === 'by' ? 'segments' : (field ?? 'metric');
  context.addIssue({ code: 'custom', path: [path], message: hint ? `${message}. ${hint}` : message });
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
  // The seed's "for 30 minutes": docs/decisions/drift-thirty-minutes.md.
  'prompt-content': monitor({
    metric: 'prompt_tokens_content',
    ...byTenant,
    least_effect: 0.25,
    window_hours: 6,
  }),
  // A spike need not last: one look is enough, and must be surer.
  'prompt-kl': monitor({
    metric: 'prompt_tokens_kl',
    ...byTenant,
    least_effect: 0.5,
    window_hours: 1,
    persistence: 1,
    alpha: 0.01,
  }),
  'prompt-language': monitor({ metric: 'prompt_language', ...byTenant }),
  'prompt-tags': monitor({ metric: 'prompt_tags_content', ...byTenant, least_effect: 0.25 }),
  characters: monitor({ metric: 'characters', ...byTenant }),
  palette: monitor({ metric: 'palette', ...byTenant }),
  'release-latency': monitor({ metric: 'latency_ms', ...byRelease }),
  'release-errors': monitor({ metric: 'error_rate', ...byRelease }),
  'release-cost': monitor({ metric: 'cost_per_1k_images_usd', ...byRelease }),
  'release-aesthetic': monitor({ metric: 'aesthetic', ...byRelease }),
  'release-clip-i': monitor({ metric: 'clip_i', ...byRelease }),
  'release-faces': monitor({ metric: 'face_ok', ...byRelease }),
  acceptance: monitor({ metric: 'acceptance', ...byTenant }),
  'safety-flags': monitor({ metric: 'nsfw', ...byTenant }),
  'safety-blocks': monitor({ metric: 'blocked', ...byTenant }),
  'style-distance': monitor({ metric: 'style_distance', ...byTenant }),
  'style-collection': monitor({
    metric: 'style_distance',
    segments: ['tenant', 'collection'],
    baseline: '7d',
  }),
};
