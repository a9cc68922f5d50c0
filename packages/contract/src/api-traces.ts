/** Schemas of traces as waterfalls, of latencies over time, and of failures. */
import { z } from 'zod';

const count = z.number().min(0);
const time = z.string().meta({ format: 'date-time', description: 'RFC 3339 in UTC, with milliseconds.' });
const numbers = z.array(z.number());
const place = z.number().int().min(-1);

export const TraceOutline = z.looseObject({
  trace_id: z.string(),
  tenant: z.string(),
  start: time.describe('Start of the first span.'),
  duration_ms: count,
  truncated: z.boolean(),
  names: z.array(z.string()),
  stages: z.array(z.string()),
  spans: z
    .object({
      id: z.array(z.string()),
      parent: z.array(place).describe('Place of the parent; -1 where it has none here.'),
      name: z.array(place).describe('Place in `names`.'),
      stage: z.array(place).describe('Place in `stages`.'),
      start_ms: numbers,
      duration_ms: numbers,
      status: z.array(z.number()).describe('0 unset, 1 ok, 2 error.'),
    })
    .describe('Columns, a place per span, earliest first; milliseconds after `start`.'),
  waits: z.array(z.tuple([place, z.number()])).describe('Queue wait in milliseconds, by place.'),
  pictures: z.array(z.tuple([place, z.string()])).describe('Picture of a span, by place.'),
  misses: z.array(place).describe('Places of spans that missed a cache.'),
  events: z
    .array(z.tuple([place, z.number(), z.string(), z.number()]))
    .describe('Place, milliseconds after `start`, name, 1 where it warns.'),
});

export const Latencies = z.looseObject({
  step_s: z.number(),
  source: z.enum(['rollup', 'raw', 'estimate']),
  times: z.array(time).describe('Starts of the columns.'),
  classes: numbers.describe('Lower edges in milliseconds, lowest first; each ends where the next begins.'),
  counts: z.array(numbers).describe('`counts[class][time]`.'),
});

export const FailuresAnswer = z.looseObject({
  step_s: z.number(),
  times: z.array(time),
  codes: z
    .array(
      z.object({
        code: z.string(),
        counts: numbers.describe('By time.'),
        n: count,
        failed: count,
        timed_out: count,
      }),
    )
    .describe('Requests that failed or timed out by error code, most first; `none` where they tell none.'),
  settings: z
    .array(z.object({ field: z.string(), value: z.string(), failed: count, of: count, code: z.string() }))
    .describe('What failing requests have in common, with the requests that have it.'),
  runs: z
    .array(
      z.object({
        by: z.enum(['host', 'model_version']),
        value: z.string(),
        length: count,
        from: time,
        to: time,
      }),
    )
    .describe('Requests in a row that ran out of memory, three at least, longest first.'),
  retries: z
    .array(
      z.object({
        tenant: z.string(),
        request_id: z.string(),
        timestamp: time,
        attempt: count,
        outcome: z.string(),
        code: z.string(),
      }),
    )
    .describe('Third attempts and later ones, the latest attempt first.'),
  retried: count.describe('Third attempts and later ones of the range.'),
  one_in: count.describe('More than 1: `of` of settings is estimated from one in so many requests.'),
});
