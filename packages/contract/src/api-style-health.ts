/** Schemas of style health: distances as they were told with the pictures or by a scorer. */
import { z } from 'zod';

const count = z.number().min(0);
const time = z.string().meta({ format: 'date-time', description: 'RFC 3339 in UTC, with milliseconds.' });
const maybe = z.number().nullable();
const side = z.object({
  n: count.describe('Pictures.'),
  p50: maybe,
  p95: maybe,
  bins: z
    .array(z.tuple([z.number(), z.number()]))
    .describe('Number of the bin, from bin × bin_width; pictures in it.'),
});

const shares = z
  .array(z.number())
  .nullable()
  .describe('Shares of `tones`, in their order, 0 to 1; null where no picture has a palette.');
const palette = z
  .object({
    tones: z.array(z.string()).describe('`#rrggbb`, at most six, commonest in the range first.'),
    now: shares,
    before: shares,
    points: z.array(shares).describe('By the times of the points.'),
  })
  .nullable()
  .describe(
    'Six tones of all pictures of the range, and how much of them there was. Null without palettes, and of the smaller collections where points are many.',
  );

export const StyleHealthAnswer = z.looseObject({
  from: time,
  to: time,
  step_s: z.number(),
  times: z.array(time).describe('Starts of the points.'),
  bin_width: z.number(),
  collections: z
    .array(
      z.looseObject({
        tenant: z.string(),
        collection: z.string(),
        now: side,
        before: side.nullable(),
        over: maybe.describe('Share of the pictures of now that lie beyond 95 % of those of before.'),
        palette,
        points: z.array(z.object({ n: count, p5: maybe, p50: maybe, p95: maybe })),
        models: z
          .array(
            z.object({
              model_version: z.string(),
              n: count,
              p50: z.array(maybe),
              palette: z.array(shares).nullable().describe('By point, of the tones of the collection.'),
            }),
          )
          .describe('Those with the most pictures, at most 6.'),
      }),
    )
    .describe('Those with the most pictures, at most 50.'),
});

const picture = z.looseObject({
  tenant: z.string(),
  image_id: z.string(),
  timestamp: time,
  model_version: z.string(),
  style_distance: z.number(),
});
const moved = z.object({ mean: z.number(), n: count }).nullable();

export const StylePicturesAnswer = z.looseObject({
  from: time,
  to: time,
  collection: z.string(),
  over: z.number(),
  outside: count.describe('Pictures of the range that lie farther than `over`.'),
  of: count,
  outliers: z
    .array(
      picture.extend({
        apart: z
          .object({
            lightness: z.number().describe('Paler above 0, of -1 to 1.'),
            chroma: z.number().describe('Times as vivid.'),
            hue: z.number().nullable().describe('Degrees between the hues, to 180; null where one is grey.'),
          })
          .optional()
          .describe('How its colours differ from those of the nearest pictures, where both were looked at.'),
      }),
    )
    .describe('Those whose files are kept first, newest first.'),
  nearest: z
    .array(picture)
    .describe('Those whose files are kept first, nearest to the centroid first; none that is flagged.'),
  moved: z.array(z.object({ name: z.string(), now: moved, before: moved })),
});
