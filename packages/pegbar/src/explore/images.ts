/** Pictures: the list, newest first, and one of them with all its metadata. */
import { ok, type Result } from '../base/result.ts';
import { fieldsOf, tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import type { Fields } from './filter.ts';
import { type MergedList, type Page, type PageQuestion, type Row, readPage, signalOf } from './page.ts';
import { PICTURE_FILTERS } from './picture-filters.ts';
import { marksOf, placeOf } from './picture-marks.ts';
import * as SQL from './queries.ts';
import { requestRow } from './requests.ts';

const IMAGE_FIELDS: Fields = { ...fieldsOf('images'), ...PICTURE_FILTERS };
const KEEPS = ['image_id', 'timestamp'];
/** Scores and reactions of one picture. */
const ABOUT_ROWS = 1_000;

const IMAGE_LIST: MergedList = {
  table: 'images',
  id: 'image_id',
  at: "toUnixTimestamp64Nano(timestamp::DateTime64(9, 'UTC'))",
  fields: IMAGE_FIELDS,
  byId: SQL.IMAGES_OF_PAGE,
};

export async function listImages(
  deps: ExploreDeps,
  asking: Asking,
  question: PageQuestion,
): Promise<Result<Page, ExploreError>> {
  const page = await readPage(deps, asking, IMAGE_LIST, question);
  if (!page.ok) return page;
  const { items, next_cursor } = page.value;
  const marks = await marksOf(deps, asking, items, question.from_ms);
  if (!marks.ok) return marks;
  return ok({
    items: items.map((row) => ({ ...tell(row, KEEPS), ...marks.value.get(placeOf(row)) })),
    next_cursor,
  });
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
