/** Pictures: the list, newest first, and one of them with all its metadata. */
import { ok, type Result } from '../base/result.ts';
import { fieldsOf, tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, type Fields, whereOf } from './filter.ts';
import { endAfter, newestRows, signalOf } from './newest.ts';
import * as SQL from './queries.ts';
import { readCursor, type TimeRange, writeCursor } from './range.ts';
import { requestRow } from './requests.ts';

type Row = Record<string, unknown>;
interface Key {
  place: string;
  tenant: string;
  image_id: string;
}

const IMAGE_FIELDS: Fields = fieldsOf('images');
const KEEPS = ['image_id', 'timestamp'];
/** Scores and reactions of one picture. */
const ABOUT_ROWS = 1_000;

export async function listImages(
  { store }: ExploreDeps,
  asking: Asking,
  question: TimeRange & { conditions: readonly Condition[]; limit: number; cursor?: string | undefined },
): Promise<Result<{ items: Row[]; next_cursor: string | null }, ExploreError>> {
  const where = whereOf(question.conditions, IMAGE_FIELDS);
  if (!where.ok) return where;
  const cursor = readCursor(question.cursor, ['string', 'string', 'string']);
  if (!cursor.ok) return cursor;
  const after = cursor.value as [string, string, string] | undefined;
  const scoped = store.scoped(asking.scope);
  const keys = await newestRows<Key>(scoped, asking, {
    sql: SQL.listImageKeys(where.value.sql, after ? SQL.AFTER_IMAGE : '1'),
    params: { ...where.value.params, ...(after && { at: after[0], at_tenant: after[1], at_id: after[2] }) },
    count: question.limit + 1,
    from_ms: question.from_ms,
    to_ms: after ? endAfter(after[0], question.to_ms) : question.to_ms,
  });
  if (!keys.ok) return keys;
  const page = keys.value.slice(0, question.limit);
  const params = { ids: [...new Set(page.map((key) => key.image_id))] };
  const found = await scoped.rows<Row>(SQL.IMAGES_BY_ID, { params, ...signalOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const byKey = new Map(found.value.map((row) => [`${row.tenant}\n${row.image_id}`, row] as const));
  const items = page
    .map((key) => byKey.get(`${key.tenant}\n${key.image_id}`))
    .filter((row) => row !== undefined)
    .map((row) => tell(row, KEEPS));
  const last = page.at(-1);
  const more = keys.value.length > question.limit && last !== undefined;
  return ok({ items, next_cursor: more ? writeCursor([last.place, last.tenant, last.image_id]) : null });
}

/** One picture with its scores, feedback and request. */
export async function findImage(
  { store }: ExploreDeps,
  asking: Asking,
  id: string,
): Promise<Result<Row, ExploreError>> {
  const options = signalOf(asking);
  const found = await store.scoped(asking.scope).rows<Row>(SQL.IMAGE_BY_ID, { params: { id }, ...options });
  if (!found.ok) return fromStore(found.error);
  const image = found.value[0];
  if (!image) return refused('not_found', 'there is no such picture');
  // Ids are unique within a tenant only: what belongs to the picture is of its tenant.
  const scoped = store.scoped({ tenant: String(image.tenant) });
  const about = { images: [id], id: '', limit: ABOUT_ROWS };
  const [scores, feedback, requests] = await Promise.all([
    scoped.rows<Row>(SQL.SCORES_ABOUT, { params: about, ...options }),
    scoped.rows<Row>(SQL.FEEDBACK_ABOUT, { params: about, ...options }),
    scoped.rows<Row>(SQL.REQUESTS_BY_ID, {
      params: { ids: [String(image.request_id)], tenants: [String(image.tenant)] },
      ...options,
    }),
  ]);
  if (!scores.ok) return fromStore(scores.error);
  if (!feedback.ok) return fromStore(feedback.error);
  if (!requests.ok) return fromStore(requests.error);
  const request = image.request_id === '' ? undefined : requests.value[0];
  return ok({
    image: tell(image, KEEPS),
    scores: scores.value.map((row) => tell(row, ['value'])),
    feedback: feedback.value.map((row) => tell(row)),
    request: request ? requestRow(request) : null,
  });
}

export interface FoundPicture {
  tenant: string;
  /** As it was registered; '' where only its id is known. */
  uri: string;
  /** Not to be shown to everybody. */
  flagged: boolean;
}

/** Where a picture lies and whether it is flagged; undefined where nothing was told of it. */
export async function findPicture(
  { store }: ExploreDeps,
  asking: Asking,
  id: string,
): Promise<Result<FoundPicture | undefined, ExploreError>> {
  const options = { params: { id }, ...signalOf(asking) };
  const found = await store
    .scoped(asking.scope)
    .rows<{ tenant: string; uri: string; nsfw: number }>(SQL.PICTURE_FLAGS, options);
  if (!found.ok) return fromStore(found.error);
  const picture = found.value[0];
  const scope = picture ? { tenant: picture.tenant } : asking.scope;
  const scores = await store.scoped(scope).rows<{ flagged: number }>(SQL.FLAGGING_SCORES, options);
  if (!scores.ok) return fromStore(scores.error);
  const scored = scores.value[0]?.flagged === 1;
  if (!picture)
    return ok(scored ? { tenant: asking.scope.tenant ?? 'default', uri: '', flagged: true } : undefined);
  return ok({ tenant: picture.tenant, uri: picture.uri, flagged: picture.nsfw === 2 || scored });
}
