/** Schemas of style: distances to a centroid, drift, and the pictures that tell it. */
import { z } from 'zod';

const count = z.number().min(0);
const time = z.string().meta({ format: 'date-time', description: 'RFC 3339 in UTC, with milliseconds.' });
const share = z.number().min(0).max(1);
const range = z.object({ from: time, to: time });

const picture = {
  tenant: z.string(),
  image_id: z.string(),
  timestamp: time,
  flagged: z.boolean(),
};
const measured = z.array(z.object({ ...picture, distance: share }));
const witnessed = z.array(z.object({ ...picture, witness: z.number() }));
const spread = {
  n: count,
  median: share.nullable(),
  p5: share.nullable(),
  p95: share.nullable(),
};

const StyleDrift = z.object({
  distance: z.number().describe('Between the two means, Euclidean, of vectors of length 1.'),
  expected: z.number().describe('What it would be had nothing changed.'),
  ratio: z.number().nullable().describe('Distance over expected.'),
  p: z.number().nullable().describe('Chance of as much had nothing changed; null with too few pictures.'),
  n_now: count,
  n_before: count,
  units_now: count.describe('Sessions, or requests: what is independent.'),
  units_before: count,
});

export const CollectionStyleAnswer = z.looseObject({
  collection: z.string(),
  declared: z.boolean().describe('Whether there is a Collection of this name.'),
  embedder: z.string(),
  embedder_version: z.string(),
  from: time,
  to: time,
  baseline: range,
  sample: z.object({
    now: z.object({ rows: count, of: count }),
    before: z.object({ rows: count, of: count }),
  }),
  centroid: z
    .object({
      of: z.enum(['references', 'baseline']).describe('What it is the mean of.'),
      version: count.nullable(),
      made_at: time.nullable(),
      n: count,
      reach: z.number().describe('Distance within which 95 % of them lie; style distance 0.5.'),
    })
    .nullable(),
  days: z.array(
    z.object({
      day: z.string(),
      ...spread,
      palette: z.array(z.object({ colour: z.string(), share })).describe('Six tones, commonest first.'),
    }),
  ),
  distances: z.object({
    now: z.object(spread),
    before: z.object(spread),
    bins: z.array(z.object({ from: share, to: z.number(), now: count, before: count })),
  }),
  drift: z
    .object({
      centroid: StyleDrift.describe('Have the means moved apart?'),
      mmd: StyleDrift.describe('Has the distribution changed in any way? In a space of random features.'),
    })
    .nullable(),
  outliers: measured.describe('Farthest from the centroid, at most 6, one per session.'),
  nearest: measured,
  most_new: witnessed.describe('Of the window, where it is denser than the baseline; most first, at most 6.'),
  most_lost: witnessed.describe('Of the baseline, where it is denser than the window.'),
});

export const CentroidAnswer = z.object({
  collection: z.string(),
  version: count,
  embedder: z.string(),
  embedder_version: z.string(),
  n: count,
  reach: z.number(),
  made_at: time,
});
