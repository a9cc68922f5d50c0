/** One collection seen: its newest outliers, the pictures nearest to its centroid, and what else moved with it. */
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import type { Condition } from './filter.ts';
import { signalOf } from './page.ts';
import { REACTED, SCORED } from './picture-filters.ts';
import type { TimeRange } from './range.ts';
import { DISTANCES, IS_NOW, partingParams, picturesOf, type StyleParting } from './style-health.ts';

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

/** Columns of a tile; a flagged picture is told as such. */
const TILE = `toString(tenant) AS tenant, image_id, toString(model_version) AS model_version, width, height, nsfw,
  toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')) AS at, v`;
const joined = (pictures: string): string =>
  `${pictures} AS p INNER JOIN ${DISTANCES} AS s ON s.s_tenant = p.tenant AND s.s_image = p.image_id`;
const outliers = (pictures: string): string =>
  `SELECT ${TILE} FROM ${joined(pictures)} WHERE v > {over:Float64} ORDER BY at DESC, image_id LIMIT {newest:UInt32}`;
/** Flagged pictures are no example of a style. */
const nearest = (pictures: string): string =>
  `SELECT ${TILE} FROM ${joined(pictures)} WHERE nsfw != 2 ORDER BY v, image_id LIMIT {nearest:UInt32}`;
const outside = (pictures: string): string =>
  `SELECT countIf(v > {over:Float64}) AS n, count() AS of FROM ${joined(pictures)}`;

/** Scores and verdicts of the pictures of now and before. */
const moved = (pictures: string): string => `
SELECT name, later, avg(v) AS mean, count() AS n FROM (SELECT tenant, image_id, ${IS_NOW} AS later FROM ${pictures}) AS p
INNER JOIN (SELECT tenant AS s_tenant, image_id AS s_image, name, avg(v) AS v FROM ${SCORED} GROUP BY s_tenant, s_image, name) AS s
  ON s.s_tenant = p.tenant AND s.s_image = p.image_id
GROUP BY name, later`;
const verdicts = (pictures: string): string => `
SELECT 'accepted' AS name, later, countIf(action = 'accept') / count() AS mean, count() AS n
FROM (SELECT tenant, image_id, ${IS_NOW} AS later FROM ${pictures}) AS p
INNER JOIN (SELECT tenant AS s_tenant, image_id AS s_image, action FROM ${REACTED} WHERE action != 'flag') AS s
  ON s.s_tenant = p.tenant AND s.s_image = p.image_id
GROUP BY later`;

export async function readStylePictures(
  deps: ExploreDeps,
  asking: Asking,
  question: StylePicturesQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const { collection, over } = question;
  if (collection === '') return refused('invalid_request', 'collection is missing', { field: 'collection' });
  const pictures = await picturesOf(deps, asking, question);
  if (!pictures.ok) return pictures;
  const { share, params } = pictures.value;
  const sql = `(SELECT * FROM ${pictures.value.sql} WHERE collection = {collection:String})`;
  const all = {
    ...params,
    ...partingParams(question),
    collection,
    over,
    newest: NEWEST_LOOKED,
    nearest: NEAREST_LOOKED,
  };
  const ask = (text: string) =>
    deps.store.scoped(asking.scope).rows<Row>(text, { params: all, ...signalOf(asking) });
  const answers = await Promise.all(
    [outliers, nearest, outside, moved, verdicts].map((text) => ask(text(sql))),
  );
  for (const answer of answers) if (!answer.ok) return fromStore(answer.error);
  const [far, near, count, scores, feedback] = answers.map((answer) => (answer as { value: Row[] }).value);
  return ok({
    collection,
    over,
    outside: Number(count![0]?.n ?? 0) * share.one_in,
    of: Number(count![0]?.of ?? 0) * share.one_in,
    outliers: far!.map(tile),
    nearest: near!.map(tile),
    moved: movedOf([...scores!, ...feedback!], share.one_in),
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
