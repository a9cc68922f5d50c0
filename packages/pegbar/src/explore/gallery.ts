/**
 * What the pictures of a range have in common: how many, how they score, what people did with them, and the groups
 * that they fall in, each with its newest ones. The pictures themselves are `GET /api/v1/images`.
 */
import { ok, type Result } from '../base/result.ts';
import { tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, type Field, type Fields, fieldNamed, whereOf } from './filter.ts';
import { signalOf } from './page.ts';
import { PICTURE_FILTERS, PICTURE_SCORES, type PictureScore, REACTED, SCORED } from './picture-filters.ts';
import { marksOf, placeOf } from './picture-marks.ts';
import type { TimeRange } from './range.ts';
import { howOf, paramsOf, type Share, type Subject, sharesOf, subjectOf } from './subjects.ts';

export interface GalleryQuestion extends TimeRange {
  conditions: readonly Condition[];
  /** A field whose values the pictures are grouped by; '' for none. */
  group: string;
}

/** More groups than this nobody scrolls through. */
const GROUPS_MOST = 24;
/** Pictures that a group shows before it is opened: two rows of a wide screen. */
const NEWEST_MOST = 24;
/** Widths of the bins of the histograms, in units of the score. */
const BIN_WIDTHS: Readonly<Record<PictureScore, number>> = {
  style_distance: 0.025,
  aesthetic: 0.25,
  clip_i: 0.025,
};
/** Scores outside of any sense do not stretch a histogram. */
const BINS_MOST = 200;

type Row = Record<string, unknown>;

export async function readGallery(
  deps: ExploreDeps,
  asking: Asking,
  question: GalleryQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const subject = subjectOf('images', ['images'], 'of');
  if (!subject.ok) return subject;
  const shares = await sharesOf(deps, asking, subject.value, question);
  if (!shares.ok) return shares;
  const reading = new Reading(deps, asking, question, subject.value, shares.value.most);
  const [total, groups, feedback, ...scores] = await Promise.all([
    reading.counts([]),
    reading.groups(),
    reading.reactions(),
    ...PICTURE_SCORES.map((name) => reading.histogram(name)),
  ]);
  const matching = await reading.counts(question.conditions);
  for (const one of [total, matching, groups, feedback, ...scores]) if (!one.ok) return one;
  const { one_in } = shares.value.most;
  const pictures = had(matching);
  return ok({
    sample: { rows: pictures.n, of: pictures.n * one_in, how: howOf(subject.value, one_in) },
    total: had(total).n * one_in,
    pictures: pictures.n * one_in,
    flagged: pictures.flagged * one_in,
    scores: scores.map(had),
    feedback: had(feedback),
    groups: had(groups),
  });
}

const had = <T>(result: Result<T, ExploreError>): T => (result as { value: T }).value;

class Reading {
  readonly #deps: ExploreDeps;
  readonly #asking: Asking;
  readonly #question: GalleryQuestion;
  readonly #subject: Subject;
  readonly #share: Share;
  readonly #fields: Fields;

  constructor(deps: ExploreDeps, asking: Asking, question: GalleryQuestion, subject: Subject, share: Share) {
    this.#deps = deps;
    this.#asking = asking;
    this.#question = question;
    this.#subject = subject;
    this.#share = share;
    this.#fields = { ...subject.fields, ...PICTURE_FILTERS };
  }

  /** Rows of a text over the pictures that satisfy conditions. */
  async #rows(
    conditions: readonly Condition[],
    sql: (pictures: string) => string,
    more: Row = {},
  ): Promise<Result<Row[], ExploreError>> {
    const where = whereOf(conditions, this.#fields);
    if (!where.ok) return where;
    const pictures = `(SELECT * FROM (${this.#subject.rows(this.#share.sql)}) WHERE ${where.value.sql})`;
    const params = { ...paramsOf(this.#question, this.#share, where.value), ...more };
    const found = await this.#deps.store
      .scoped(this.#asking.scope)
      .rows<Row>(sql(pictures), { params, ...signalOf(this.#asking) });
    return found.ok ? ok(found.value) : fromStore(found.error);
  }

  /** A filter on a field does not narrow that field's own figures. */
  #without(field: string): Condition[] {
    return this.#question.conditions.filter((one) => one.field !== field);
  }

  async counts(
    conditions: readonly Condition[],
  ): Promise<Result<{ n: number; flagged: number }, ExploreError>> {
    const found = await this.#rows(
      conditions,
      (pictures) => `SELECT count() AS n, countIf(nsfw = 2) AS flagged FROM ${pictures}`,
    );
    if (!found.ok) return found;
    const [row] = found.value;
    return ok({ n: Number(row?.n ?? 0), flagged: Number(row?.flagged ?? 0) });
  }

  async reactions(): Promise<Result<{ value: string; n: number }[], ExploreError>> {
    const found = await this.#rows(
      this.#without('feedback'),
      (pictures) => `SELECT action, uniqExact(tenant, image_id) AS n FROM ${REACTED}
        WHERE (tenant, image_id) IN (SELECT tenant, image_id FROM ${pictures}) GROUP BY action ORDER BY n DESC, action`,
    );
    return found.ok
      ? ok(found.value.map(({ action, n }) => ({ value: String(action), n: Number(n) * this.#share.one_in })))
      : found;
  }

  async histogram(name: PictureScore): Promise<Result<Record<string, unknown>, ExploreError>> {
    const width = BIN_WIDTHS[name];
    const found = await this.#rows(
      this.#without(name),
      (
        pictures,
      ) => `SELECT toInt32(floor(v / {width:Float64} + 1e-9)) AS bin, count() AS n, avg(v) AS mean FROM ${SCORED}
        WHERE name = {score:String} AND (tenant, image_id) IN (SELECT tenant, image_id FROM ${pictures})
        GROUP BY bin ORDER BY n DESC LIMIT {bins:UInt32}`,
      { score: name, width, bins: BINS_MOST },
    );
    if (!found.ok) return found;
    const rows = found.value.map((row) => ({
      bin: Number(row.bin),
      n: Number(row.n),
      mean: Number(row.mean),
    }));
    const n = rows.reduce((sum, one) => sum + one.n, 0);
    return ok({
      name,
      n: n * this.#share.one_in,
      mean: n === 0 ? null : rows.reduce((sum, one) => sum + one.mean * one.n, 0) / n,
      bins: rows
        .sort((a, b) => a.bin - b.bin)
        .map(({ bin, n: own }) => ({
          from: rounded(bin * width),
          to: rounded((bin + 1) * width),
          n: own * this.#share.one_in,
        })),
    });
  }

  async groups(): Promise<Result<Record<string, unknown>[], ExploreError>> {
    const { group, conditions } = this.#question;
    if (group === '') return ok([]);
    const params: Row = {};
    const field = fieldNamed(group, this.#subject.fields, 'g', params, 'group');
    if (!field.ok) return field;
    const values = valuesOf(field.value);
    if (values === null)
      return refused('invalid_request', `pictures cannot be grouped by ${group}`, { field: 'group' });
    const found = await this.#rows(
      conditions,
      (pictures) => `SELECT g, n, flagged, newest, style FROM (
          SELECT ${values} AS g, count() AS n, countIf(nsfw = 2) AS flagged,
            groupArraySorted(${NEWEST_MOST})((-toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')), ${TILE})) AS newest
          FROM ${pictures} GROUP BY g ORDER BY n DESC, g LIMIT ${GROUPS_MOST}) AS a
        LEFT JOIN (
          SELECT ${values} AS g, avg(v) AS style FROM ${pictures} AS p
          INNER JOIN (SELECT tenant AS s_tenant, image_id AS s_image, v FROM ${SCORED} WHERE name = 'style_distance') AS s
            ON s.s_tenant = p.tenant AND s.s_image = p.image_id
          GROUP BY g) AS b USING (g)
        ORDER BY n DESC, g`,
      params,
    );
    if (!found.ok) return found;
    const newest = found.value.map((row) => (row.newest as [number, ...unknown[]][]).map(tileOf));
    const marks = await marksOf(this.#deps, this.#asking, newest.flat(), this.#question.from_ms);
    if (!marks.ok) return marks;
    return ok(
      found.value.map((row, at) => ({
        values: row.g as string[],
        n: Number(row.n) * this.#share.one_in,
        flagged: Number(row.flagged) * this.#share.one_in,
        // The engine answers 0 where nothing was joined; no picture lies in the middle of its style.
        style_distance: Number(row.style) === 0 ? null : Number(row.style),
        newest: newest[at]!.map((tile) => ({ ...tell(tile, TILE_KEEPS), ...marks.value.get(placeOf(tile)) })),
      })),
    );
  }
}

/** What a tile shows of a picture, as columns, and the beginning of its prompt. */
const PROMPT_CHARS = 120;
const TILE_COLUMNS = ['tenant', 'image_id', 'width', 'height', 'nsfw_flag'] as const;
const TILE_KEEPS = ['image_id', 'timestamp'];
const TILE = `tenant, image_id, width, height, nsfw, substringUTF8(attributes['prompt'], 1, ${PROMPT_CHARS})`;
function tileOf([minus_ms, ...told]: readonly [number, ...unknown[]]): Row {
  const prompt = told[TILE_COLUMNS.length];
  return {
    timestamp: new Date(-Number(minus_ms)).toISOString(),
    ...Object.fromEntries(TILE_COLUMNS.map((name, at) => [name, told[at]])),
    attributes: prompt === '' ? {} : { prompt },
  };
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Values of a picture as a list of text; none where nothing was told. */
function valuesOf({ sql, kind }: Field): string | null {
  if (kind === 'list') return `arraySort(${sql})`;
  if (kind === 'flag') return `if(${sql} = 0, [], [['', 'false', 'true'][least(${sql}, 2) + 1]])`;
  if (kind === 'number' || kind === 'uint64') return `if(${sql} = 0, [], [toString(${sql})])`;
  return kind === 'text' ? `if(${sql} = '', [], [toString(${sql})])` : null;
}
