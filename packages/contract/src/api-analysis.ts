/** Schemas of facets, of finding by id, and of explaining a selection. */
import { z } from 'zod';

const count = z.number().min(0);
const time = z.string().meta({ format: 'date-time', description: 'RFC 3339 in UTC, with milliseconds.' });

export const FacetsAnswer = z.looseObject({
  of: z.string(),
  from: time,
  to: time,
  sample: z
    .object({
      rows: count.describe('Rows that were counted.'),
      of: count.describe('Rows that satisfy the filters.'),
      how: z.string().describe('How the rows were chosen, in words.'),
    })
    .describe('Counts are of the rows that were looked at: times of/rows for all.'),
  fields: z.array(
    z.object({
      field: z.string(),
      absent: count.describe('Rows that tell nothing of the field.'),
      distinct: count.describe('Different values, absence not among them.'),
      values: z.array(z.object({ value: z.string(), n: count })).describe('Commonest first.'),
    }),
  ),
});

export const GalleryAnswer = z.looseObject({
  from: time,
  to: time,
  sample: z.object({ rows: count, of: count, how: z.string() }),
  total: count.describe('Pictures of the range before any filter.'),
  pictures: count.describe('Pictures that satisfy the filters.'),
  flagged: count,
  scores: z.array(
    z.object({
      name: z.string(),
      n: count,
      mean: z.number().nullable(),
      bins: z.array(z.object({ from: z.number(), to: z.number(), n: count })),
    }),
  ),
  feedback: z.array(z.object({ value: z.string(), n: count })),
  groups: z
    .array(
      z.object({
        values: z.array(z.string()).describe('Values that its pictures share; none where nothing was told.'),
        n: count,
        flagged: count,
        style_distance: z.number().nullable().describe('Mean of its pictures.'),
        newest: z
          .array(z.looseObject({ tenant: z.string(), image_id: z.string() }))
          .describe('The newest 24, as far as a tile shows them.'),
      }),
    )
    .describe('Largest first, at most 24.'),
});

const FOUND_KINDS = [
  'request',
  'trace',
  'span',
  'image',
  'artifact',
  'session',
  'sequence',
  'prompt',
  'user',
  'checkpoint',
  'deployment',
  'release',
] as const;

export const Finding = z.looseObject({
  id: z.string(),
  found: z.array(
    z.looseObject({
      kind: z.enum(FOUND_KINDS),
      id: z.string(),
      tenant: z.string(),
      timestamp: z.string(),
      n: count.describe('Requests of a session or prompt, spans of a trace, pictures of a sequence.'),
      page: z.string().describe('Address in the web UI.'),
    }),
  ),
  searched_from: time.describe(
    'Sessions, sequences and hashes are looked for from here on; spans in the last three days.',
  ),
});

const filters = z.array(z.string()).describe('As the parameter `filter`, AND-ed.');
const instant = z.union([time, z.number()]);

export const ExplainRequest = z.object({
  subject: z.enum(['requests', 'stages', 'images']),
  from: instant.optional(),
  to: instant.optional(),
  filters: filters.optional(),
  selection: filters.describe('What holds for the selected rows alone; the others are the rest.'),
  limit: z.number().int().min(1).max(100).optional().describe('Attributes that are told, 25 where not said.'),
  depth: z
    .number()
    .int()
    .min(0)
    .max(5)
    .optional()
    .describe('Attributes that are held fixed one after the other, 3 where not said.'),
});

const value = z.string().nullable().describe('null: the rows tell nothing of the attribute.');
const side = z.object({ of: count.describe('Rows.'), rows: count.describe('Rows that were compared.') });
const examples = z.array(z.object({ tenant: z.string(), id: z.string(), image_id: z.string() }));

export const Explanation = z.looseObject({
  subject: z.string(),
  from: time,
  to: time,
  selection: side,
  rest: side,
  attributes: z.array(
    z.looseObject({
      attribute: z.string(),
      value: value.describe('What the selection has more of; null for absence.'),
      lcb: z
        .number()
        .describe('Lower bound of the greatest difference of shares; 0 where chance explains it.'),
      tvd: z.number().describe('Total variation distance, 0 to 1.'),
      difference: z.number().describe('Share of `value` in the selection less that in the rest.'),
      consequence: z.boolean().describe('Follows from how it went, so no cause.'),
      distinct: count,
      values: z.array(z.object({ value, selection: count, rest: count })),
      examples: z.object({ selection: examples, rest: examples }).describe('Rows with `value`.'),
    }),
  ),
  drill_down: z
    .array(z.object({ attribute: z.string(), value, lcb: z.number(), selection: count, rest: count }))
    .describe(
      'The best cause, then the best among the rows that have it, and so on; rows of both sides that are left, estimated where not all were compared.',
    ),
  notes: z.array(z.string()).describe('What could not be compared.'),
});

const change = {
  metric: z.string(),
  direction: z.enum(['up', 'down']),
  now: z.number(),
  before: z.number(),
  n: count.describe('Observations that `now` rests on.'),
  z: z.number().describe('The difference in standard errors.'),
  better: z.boolean().nullable().describe('null where a KPI has no better direction.'),
};
const deployment = z.looseObject({
  id: z.string(),
  kind: z.string(),
  status: z.string(),
  timestamp: time,
  tenant: z.string(),
});
const hourly = z.array(z.number().nullable());

export const FindingsAnswer = z.looseObject({
  from: time,
  to: time.describe('Whole hours; the one under way is among them.'),
  compare: z.enum(['previous', 'day', 'week']),
  shift_s: z.number().describe('How far before the matched hours lie.'),
  step_s: z.number(),
  total: count,
  compared: count.describe('Series that could be held against what was before.'),
  findings: z.array(
    z.looseObject({
      ...change,
      segment: z.record(z.string(), z.string()),
      against: z.string().nullable().describe('Of a release: the version that it is compared with.'),
      since: time.describe('To the hour; the moment of the likely cause where there is one.'),
      until: time.nullable().describe('null: it goes on.'),
      cause: deployment.nullable().describe('What was deployed for the segment when it began.'),
      stage: z.string().nullable().describe('Of latency: the stage that most of the difference lies in.'),
      alike: z
        .array(z.object({ segment: z.record(z.string(), z.string()), now: z.number(), before: z.number() }))
        .describe('Of a region: the versions that serve there.'),
      also: z.array(z.object(change)).describe('What else a release changed.'),
      hours: z.object({ now: hourly, before: hourly }).describe('The KPI of each hour.'),
    }),
  ),
});

const standing = z.enum(['inside', 'near', 'outside']).nullable();

export const ObjectivesAnswer = z.looseObject({
  step_s: z.number(),
  objectives: z.array(
    z.looseObject({
      id: z.string(),
      workload: z.string().nullable().describe('null: of all.'),
      words: z.string(),
      unit: z.string(),
      side: z.enum(['at_least', 'at_most']),
      limit: z.number().nullable().describe('null where there is no baseline to hold it against.'),
      filters: z.array(z.string()),
      step_s: z.number().describe('Longer than that of the answer where too little happened.'),
      from: time.nullable().describe('Start of the first cell.'),
      cells: z.array(standing),
      values: hourly,
      inside: z.number().nullable().describe('Share of the cells that were not outside.'),
      state: standing.describe('Of the last hour.'),
      since: time.nullable().describe('Start of the run of cells outside that goes on.'),
      value: z.number().nullable().describe('Of the last cell that says anything.'),
    }),
  ),
});

export const FlowAnswer = z.looseObject({
  step_s: z.number(),
  source: z.enum(['rollup', 'raw', 'estimate']),
  series: z.array(
    z.object({
      key: z.record(z.string(), z.string()).describe('`metric` names the figure.'),
      points: z.array(z.object({ t: time, value: z.number().nullable(), n: count })),
    }),
  ),
});

export const ExamplesAnswer = z.looseObject({
  items: z.array(
    z.looseObject({
      t: time.describe('Start of the bucket.'),
      timestamp: time,
      tenant: z.string(),
      request_id: z.string(),
      sequence_id: z.string().optional(),
      image_id: z.string().nullable(),
      model_version: z.string(),
      region: z.string(),
      value: z.number().describe('Latency in milliseconds, or delivered FPS.'),
      dropped: z.number().optional(),
      frames: z.number().optional(),
    }),
  ),
});
