/** Pictures that somebody named by filters, as a subquery for rooms that ask more of them. */
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import type { ExploreError } from './failure.ts';
import { type Condition, whereOf } from './filter.ts';
import { PICTURE_FILTERS } from './picture-filters.ts';
import type { TimeRange } from './range.ts';
import { howOf, paramsOf, sharesOf, subjectOf } from './subjects.ts';

export interface PictureSet {
  /** Merged rows of `images`; takes the parameters `from` and `to`, epoch milliseconds. */
  sql: string;
  params: Record<string, unknown>;
}

export function pictureSet(conditions: readonly Condition[]): Result<PictureSet, ExploreError> {
  const found = setOf(conditions, '1');
  return found.ok ? ok({ sql: found.value.sql, params: found.value.where.params }) : found;
}

/** A fair share of the pictures of a range, by the digest of their ids; `params` binds the range too. */
export interface SampledPictures extends PictureSet {
  one_in: number;
  /** How they were chosen, for people. */
  how: string;
}

export async function sampledPictures(
  deps: Pick<ExploreDeps, 'store'>,
  asking: Asking,
  question: TimeRange & { conditions: readonly Condition[] },
): Promise<Result<SampledPictures, ExploreError>> {
  const subject = subjectOf('images', ['images'], 'of');
  if (!subject.ok) return subject;
  const shares = await sharesOf(deps, asking, subject.value, question);
  if (!shares.ok) return shares;
  const share = shares.value.most;
  const found = setOf(question.conditions, share.sql);
  if (!found.ok) return found;
  return ok({
    sql: found.value.sql,
    params: paramsOf(question, share, found.value.where),
    one_in: share.one_in,
    how: howOf(subject.value, share.one_in),
  });
}

function setOf(conditions: readonly Condition[], share: string) {
  const subject = subjectOf('images', ['images'], 'of');
  if (!subject.ok) return subject;
  const where = whereOf(conditions, { ...subject.value.fields, ...PICTURE_FILTERS });
  if (!where.ok) return where;
  return ok({
    sql: `(SELECT * FROM (${subject.value.rows(share)}) WHERE ${where.value.sql})`,
    where: where.value,
  });
}
