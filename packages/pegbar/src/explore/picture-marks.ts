/** What a tile says of a picture beside showing it: what people did with it last, and why it is flagged. */
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import { type Row, signalOf } from './page.ts';
import { FLAGGING_OF, REACTIONS_OF } from './queries.ts';

/** As the store has it: 0 not told, 1 no. */
const FLAGGED = 2;
interface Marks {
  /** The last of `accept`, `edit`, `reroll`, `reject`. */
  readonly reaction?: string;
  /** The highest score named nsfw, of flagged pictures. */
  readonly nsfw_score?: number;
}

/** Marks of rows of `images`, by `placeOf`; `from_ms` is the begin of their range. */
export async function marksOf(
  { store }: Pick<ExploreDeps, 'store'>,
  asking: Asking,
  pictures: readonly Row[],
  from_ms: number,
): Promise<Result<Map<string, Marks>, ExploreError>> {
  const marks = new Map<string, Marks>();
  if (pictures.length === 0) return ok(marks);
  const scoped = store.scoped(asking.scope);
  const ask = (sql: string, of: readonly Row[]) => {
    const params = {
      from: from_ms,
      tenants: [...new Set(of.map(({ tenant }) => String(tenant)))],
      ids: [...new Set(of.map(({ image_id }) => String(image_id)))],
    };
    return of.length === 0 ? ok<Row[]>([]) : scoped.rows<Row>(sql, { params, ...signalOf(asking) });
  };
  const [reactions, scores] = await Promise.all([
    ask(REACTIONS_OF, pictures),
    ask(
      FLAGGING_OF,
      pictures.filter(({ nsfw_flag }) => nsfw_flag === FLAGGED),
    ),
  ]);
  if (!reactions.ok) return fromStore(reactions.error);
  if (!scores.ok) return fromStore(scores.error);
  for (const row of reactions.value) marks.set(placeOf(row), { reaction: String(row.last_action) });
  for (const row of scores.value)
    marks.set(placeOf(row), { ...marks.get(placeOf(row)), nsfw_score: Number(row.score) });
  return ok(marks);
}

export const placeOf = ({ tenant, image_id }: Row): string => `${tenant}\n${image_id}`;
