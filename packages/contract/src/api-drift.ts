/** Schemas of drift. */
import { z } from 'zod';

const count = z.number().min(0);
const time = z.string().meta({ format: 'date-time', description: 'RFC 3339 in UTC, with milliseconds.' });
const side = z.number().nullable().describe('A median, or a share; null where there is nothing.');
const segment = z.record(z.string(), z.string()).describe('Empty for all rows.');

const deployment = z.looseObject({
  id: z.string(),
  kind: z.string(),
  timestamp: time,
  lag_h: z.number().describe('Hours from it to the change.'),
  did: z
    .object({ on: z.number(), off: z.number(), share: z.number() })
    .nullable()
    .describe('Change of those on it, of those without it, and the share of the first beyond the second.'),
  score: z.number().describe('0 to 1; below 0.5 it is not called likely.'),
});
const examples = z.array(
  z.object({
    tenant: z.string(),
    request_id: z.string(),
    image_id: z.string().nullable(),
    kept: z.boolean().describe('Its file is kept here.'),
  }),
);

export const DriftSeries = z.looseObject({
  metric: z.string(),
  segment,
  against: z.string().nullable().describe('Of a release: the version that it is compared with.'),
  verdict: z.enum(['drift', 'no_drift', 'insufficient_data', 'changed_but_small']),
  reason: z.enum(['changed', 'small', 'passing', 'unchanged', 'too_few']),
  words: z.string().describe('`median prompt is 31 tokens, was 22`.'),
  unit: z.string().describe('`share` of rates.'),
  now: side,
  before: side,
  shift: z.number().nullable().describe('Hodges–Lehmann of numbers, difference of shares; in the unit.'),
  shift_interval: z.array(z.number()).nullable().describe('95 %.'),
  better: z.boolean().nullable(),
  because: z.array(z.string()).describe('What carries the verdict: value, tail, new, missing, within.'),
  p: z.number(),
  p_adjusted: z.number().describe('After Benjamini–Hochberg over all series of the question.'),
  kl: z.number().optional().describe('Of content: Kullback–Leibler divergence of now from before, nats.'),
  psi: z.number(),
  psi_debiased: z.number(),
  least_effect: z.number().describe('Debiased PSI that matters here.'),
  n_ref: count,
  n_cur: count,
  n_needed: z.number().nullable().describe('Observations that would be enough; of `insufficient_data`.'),
  design_effect: z.number().describe('How much more days vary than their counts explain.'),
  persists: z.boolean().nullable().describe('Whether both halves of the window say the same.'),
  within: z.number().nullable().describe('Change inside the parts of the segment, as debiased PSI.'),
  mix: z.number().nullable().describe('What the mix of the parts explains, as PSI.'),
  contributors: z.array(
    z.object({
      name: z.string(),
      from: z.number().nullable(),
      to: z.number().nullable(),
      share: z.number().describe('Of the change.'),
      direction: z.enum(['more', 'less']),
      reference: z.number(),
      current: z.number(),
    }),
  ),
  since: time.nullable().optional(),
  cause: deployment.nullable().optional(),
  cause_words: z.string().optional().describe('`none likely` where nothing is.'),
  alternatives: z.array(deployment).optional(),
  last_good_version: z.string().nullable().optional(),
  distribution: z
    .object({
      cells: z.array(z.object({ name: z.string(), from: z.number().nullable(), to: z.number().nullable() })),
      reference: z.array(z.number()),
      current: z.array(z.number()),
    })
    .optional()
    .describe('Shares of both sides in the same cells, hours of the week matched. Of drift only.'),
  examples: z
    .object({
      most_new: examples,
      most_lost: examples,
      new_words: z.string().describe('How they were chosen, or why there are none.'),
      lost_words: z.string(),
    })
    .optional()
    .describe('Six of each at most, newest first, of what gained and lost most; kept ones before others.'),
});

const head = {
  from: time,
  to: time.describe('Whole hours; the one under way is among them.'),
  baseline: z.object({
    kind: z.enum(['rolling', 'release', 'pinned']),
    asked: z.string(),
    from: time,
    to: time,
    matched: z.string(),
    excluded: z.array(z.object({ from: time, to: time, why: z.string() })),
  }),
  alpha: z.number(),
};

export const DriftAnswer = z.looseObject({
  ...head,
  metric: z.string(),
  by: z.array(z.string()),
  verdict: z.enum(['drift', 'no_drift', 'insufficient_data']),
  tested: count,
  series: z.array(DriftSeries).describe('Largest change first, at most 500.'),
});

export const DriftFindingsAnswer = z.looseObject({
  ...head,
  looked_at: z.looseObject({
    series: count,
    metrics: z.array(z.string()),
    segments: count,
    drift: count,
    no_drift: count,
    changed_but_small: count,
    insufficient_data: count,
  }),
  total: count,
  findings: z
    .array(
      DriftSeries.extend({
        title: z.string(),
        also: z
          .array(DriftSeries)
          .describe(
            'What tells the same story, worse before better, larger before smaller: other metrics and segments that the same release or change moved, or that began with it in rows that hold each other.',
          ),
      }),
    )
    .describe('Worse before better, larger before smaller.'),
  monitors: z
    .array(
      z.looseObject({
        monitor: z.string(),
        tenant: z.string().describe('Owner of the monitor; empty for the installation.'),
        metric: z.string(),
        segment,
        words: z.string(),
        since: time,
        until: time.nullable().describe('null: it stands.'),
        muted: z.boolean(),
      }),
    )
    .describe('What declared and built-in monitors found and stood in the window.'),
});

const budget = z.object({
  alpha: z.number().describe('Bound on the share of what it tells in 28 days that is wrong (ADDIS).'),
  alpha_spent: z.number().describe('What of α is used up; it may exceed α once something was found.'),
  tests: count.describe('Periods that were tested: a day, or the window where that is longer.'),
  discoveries: count,
});

export const DriftMonitorsAnswer = z.object({
  items: z.array(
    z.looseObject({
      name: z.string(),
      tenant: z.string().describe('Owner; empty for the installation.'),
      origin: z.enum(['declared', 'built_in']),
      replaces: z.boolean().describe('A declared one in the place of a built-in one.'),
      written: z.unknown().describe('The spec as it was declared.'),
      spec: z.looseObject({}).nullable().describe('With what holds where nothing was said.'),
      state: z
        .enum(['failing', 'drift', 'waiting', 'insufficient_data', 'no_drift', 'off'])
        .describe('`waiting`: not looked at yet.'),
      muted_until: time.nullable(),
      error: z.string().nullable().describe('Why it could not be looked at.'),
      last_look: time.nullable().describe('End of the window that was looked at last.'),
      next_look: time.nullable(),
      every_hours: z.number().nullable().describe('Between looks: an eighth of the window, at least 1.'),
      series: count.nullable().describe('null where it looks at tenants beyond the one of the key.'),
      drifting: count.describe('Also those that were not seen often enough yet.'),
      budget: budget
        .extend({
          level: z.number().describe('Of this period; a look is held at its share of it.'),
          since: time,
          until: time.describe('Then the budget is new.'),
        })
        .nullable(),
      findings: z.array(z.object({ segment, words: z.string(), since: time })).describe('What stands.'),
    }),
  ),
});

export const DriftPreviewAnswer = z.object({
  from: time,
  to: time,
  days: count,
  shortened: z.boolean().describe('There is more to test than is tested in one go.'),
  series: count,
  words: z.string().describe('`would have fired 2 times in 28 days`.'),
  fired: z.array(
    z.looseObject({
      segment,
      words: z.string(),
      since: time.describe('When the change began.'),
      fired: time.describe('When it would have been told.'),
      until: time.nullable(),
    }),
  ),
  looks: z.array(
    z.object({
      at: time,
      effect: z.number().describe('Largest change, in least effects: from 1 on it matters.'),
      p: z.number().nullable().describe('Smallest after correction for all series.'),
      alpha: z.number().describe('What the look was held at.'),
      drifting: count,
    }),
  ),
  budget: budget.nullable(),
});

export const DriftReportAnswer = z.looseObject({
  ...head,
  day: z.string().describe('UTC, `2026-03-01`.'),
  partial: z.boolean().describe('The day is not over.'),
  total: count,
  findings: z.array(z.looseObject({})).describe('As `/drift/findings` tells them.'),
  looked_at: z.looseObject({}),
  figures: z.array(
    z.object({
      metric: z.string(),
      title: z.string(),
      unit: z.string(),
      better: z.enum(['up', 'down', 'neither']),
      now: z.number().nullable(),
      day_before: z.number().nullable(),
      week_before: z.number().nullable().describe('Over the seven days before; of counts per day.'),
      n: count,
    }),
  ),
  deployments: z.array(
    z.looseObject({
      timestamp: time,
      id: z.string(),
      kind: z.string(),
      status: z.string(),
      tenants: z.array(z.string()),
    }),
  ),
  mail: z
    .object({ subject: z.string(), html: z.string(), text: z.string(), message: z.string() })
    .optional()
    .describe('With `mail=true`: both bodies, and the message of RFC 5322 that holds them.'),
});
