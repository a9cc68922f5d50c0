/** Schemas of versions and what they did. */
import { z } from 'zod';

const count = z.number().min(0);
const time = z.string().meta({ format: 'date-time', description: 'RFC 3339 in UTC, with milliseconds.' });

const difference = z
  .object({ value: z.number(), low: z.number(), high: z.number() })
  .describe('Now minus before, and the ends of its 95 % interval.');
const side = z.object({ value: z.number().nullable(), n: count });

const KpiDifference = z.object({
  metric: z.string(),
  now: side,
  before: side,
  difference: difference.nullable(),
  relative: difference.nullable().describe('The same as a share of the value before.'),
  verdict: z
    .enum(['better', 'worse', 'changed', 'same', 'unknown'])
    .describe('`same` where the interval holds no change, `unknown` where there is too little on a side.'),
  method: z
    .enum(['newcombe', 'bootstrap', 'hours'])
    .describe('Shares: score intervals. Means and quantiles: bins resampled. Sums: whole hours resampled.'),
});

const Release = z.looseObject({
  id: z.string(),
  kind: z.string(),
  version: z.string(),
  previous: z.string().nullable(),
  timestamp: time,
  ended: time.nullable(),
  rolled_back: z.boolean(),
  detected: z.boolean().describe('Seen in the data for the first time; nobody told of it.'),
  tenants: z.array(z.string()),
  workload: z.string().nullable(),
  region: z.string().nullable(),
  note: z.string().nullable(),
  url: z.string().nullable(),
});

export const ReleasesAnswer = z.looseObject({
  from: time,
  to: time,
  total: count,
  truncated: z.boolean(),
  releases: z.array(
    Release.extend({
      against: z
        .string()
        .nullable()
        .describe('The version it is held against; null: the same hours of the day before.'),
      effect: z.array(KpiDifference).describe('Empty where there were too few requests to say.'),
    }),
  ),
});

export const ReleaseAnswer = z.looseObject({
  version: z.string(),
  against: z.string().nullable(),
  others: z.array(z.string()).describe('Versions that it can be held against.'),
  workloads: z.array(z.string()),
  release: Release.nullable(),
  since: time,
  window: z.object({ from: time, to: time }),
  before: z.object({
    from: time,
    to: time,
    beside: z
      .boolean()
      .describe('Whether the other version served in the same hours; else it is read before.'),
  }),
  requests: z.object({ now: count, before: count, all: count.describe('Of all versions in the window.') }),
  kpis: z.array(KpiDifference),
  stages: z.array(
    z.object({ stage: z.string(), now: z.number().nullable(), before: z.number().nullable(), n: count }),
  ),
  segments: z.array(
    z.object({
      segment: z.record(z.string(), z.string()),
      n: count,
      n_before: count,
      now: z.number().describe('p95, ms.'),
      before: z.number(),
      difference,
    }),
  ),
});

const picture = z.looseObject({
  image_id: z.string(),
  request_id: z.string(),
  timestamp: time,
  width: count,
  height: count,
  nsfw_flag: z.boolean(),
  scores: z.record(z.string(), z.number()),
});

export const PairsAnswer = z.looseObject({
  version: z.string(),
  against: z.string().nullable(),
  pairs: z.array(
    z.object({
      tenant: z.string(),
      seed: z.string(),
      width: count,
      height: count,
      prompt: z.string().nullable().describe('null where the policy keeps no text.'),
      now: picture,
      before: picture,
    }),
  ),
  nearest: z
    .array(
      z.looseObject({ tenant: z.string(), alike: z.number().min(0).max(1), now: picture, before: picture }),
    )
    .describe('Only where there is no equal pair; `alike` is the share of words that both prompts have.'),
});
