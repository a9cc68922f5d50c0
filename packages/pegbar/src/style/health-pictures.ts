/** One collection seen: its newest outliers, the pictures nearest to its centroid, and what else moved with it. */
import { ok, type Result } from '../base/result.ts';
import {
  type Asking,
  type Condition,
  type ExploreDeps,
  type ExploreError,
  refused,
  sampledPictures,
  type TimeRange,
} from '../explore/index.ts';
import { LOOK } from './descriptor.ts';
import { coloursOf, differenceOf, usualColours } from './differs.ts';
import { FARTHEST, MOVED, NEAREST, OF_COLLECTION, OUTSIDE, PALETTES_OF, VERDICTS } from './health-queries.ts';
import { partingParams, rowsOf, type StyleParting } from './sides.ts';

export interface StylePicturesQuestion extends TimeRange, StyleParting {
  collection: string;
  /** Farther than this is an outlier. */
  over: number;
  conditions: readonly Condition[];
}
export const STYLE_PICTURES_MOST = 60;
/** More than are shown: those whose files are kept are shown first. */
const NEWEST_LOOKED = 60;
const NEAREST_LOOKED = 600;

type Row = Record<string, string | number>;

export async function readStylePictures(
  deps: ExploreDeps,
  asking: Asking,
  question: StylePicturesQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const { collection, over } = question;
  if (collection === '') return refused('invalid_request', 'collection is missing', { field: 'collection' });
  const pictures = await sampledPictures(deps, asking, question);
  if (!pictures.ok) return pictures;
  const { one_in, params } = pictures.value;
  const sql = OF_COLLECTION(pictures.value.sql);
  const all = {
    ...params,
    ...partingParams(question),
    collection,
    over,
    look: LOOK,
    newest: NEWEST_LOOKED,
    nearest: NEAREST_LOOKED,
  };
  const answers = await Promise.all(
    [FARTHEST, NEAREST, OUTSIDE, MOVED, VERDICTS].map((text) => rowsOf<Row>(deps, asking, text(sql), all)),
  );
  for (const answer of answers) if (!answer.ok) return answer;
  const [far, near, count, scores, feedback] = answers.map((answer) => (answer as { value: Row[] }).value);
  const ids = [...far!, ...near!.slice(0, USUAL_PICTURES)].map(({ image_id }) => String(image_id));
  const palettes = await rowsOf<PaletteRow>(deps, asking, PALETTES_OF, { ...all, ids });
  if (!palettes.ok) return palettes;
  return ok({
    collection,
    over,
    outside: Number(count![0]?.n ?? 0) * one_in,
    of: Number(count![0]?.of ?? 0) * one_in,
    outliers: setApart(far!, near!, palettes.value),
    nearest: near!.map(tile),
    moved: movedOf([...scores!, ...feedback!], one_in),
  });
}

/** So many of those nearest to the centroid tell what its colours usually are. */
const USUAL_PICTURES = 24;
interface PaletteRow {
  tenant: string;
  image_id: string;
  tones: string[];
}

/** Outliers with what sets their colours apart, where both sides were looked at. */
function setApart(far: readonly Row[], near: readonly Row[], palettes: readonly PaletteRow[]) {
  const known = new Map(
    palettes.map(({ tenant, image_id, tones }) => [`${tenant}\n${image_id}`, coloursOf(tones)] as const),
  );
  const coloursFor = ({ tenant, image_id }: Row) => known.get(`${tenant}\n${image_id}`) ?? null;
  const usual = usualColours(near.map(coloursFor).filter((one) => one !== null));
  return far.map((row) => {
    const own = coloursFor(row);
    return { ...tile(row), ...(own && usual && { apart: differenceOf(own, usual) }) };
  });
}

const tile = ({ at, nsfw, width, height, v, ...row }: Row) => ({
  ...row,
  timestamp: new Date(Number(at)).toISOString(),
  ...(Number(width) > 0 ? { width: Number(width), height: Number(height) } : {}),
  ...(Number(nsfw) === 0 ? {} : { nsfw_flag: Number(nsfw) === 2 }),
  style_distance: Number(v),
});

function movedOf(rows: readonly Row[], one_in: number) {
  const names = [...new Set(rows.map(({ name }) => String(name)))].sort();
  const side = (name: string, later: number) => {
    const row = rows.find((one) => one.name === name && Number(one.later) === later);
    return row ? { mean: Number(row.mean), n: Number(row.n) * one_in } : null;
  };
  return names.map((name) => ({ name, now: side(name, 1), before: side(name, 0) }));
}
