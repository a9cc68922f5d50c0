/** Pictures that somebody named by filters, as a subquery for rooms that ask more of them. */
import { ok, type Result } from '../base/result.ts';
import type { ExploreError } from './failure.ts';
import { type Condition, whereOf } from './filter.ts';
import { PICTURE_FILTERS } from './picture-filters.ts';
import { subjectOf } from './subjects.ts';

export interface PictureSet {
  /** Merged rows of `images`; takes the parameters `from` and `to`, epoch milliseconds. */
  sql: string;
  params: Record<string, unknown>;
}

export function pictureSet(conditions: readonly Condition[]): Result<PictureSet, ExploreError> {
  const subject = subjectOf('images', ['images'], 'of');
  if (!subject.ok) return subject;
  const where = whereOf(conditions, { ...subject.value.fields, ...PICTURE_FILTERS });
  if (!where.ok) return where;
  return ok({
    sql: `(SELECT * FROM (${subject.value.rows('1')}) WHERE ${where.value.sql})`,
    params: where.value.params,
  });
}
