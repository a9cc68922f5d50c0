/**
 * Style health: how far the pictures of each collection lie from its centroid, as it was told with the pictures or by a
 * scorer. One look at the range gives counts per collection, model and step; all figures come from these.
 */
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, whereOf } from './filter.ts';
import { signalOf } from './page.ts';
import { PICTURE_FILTERS, SCORED } from './picture-filters.ts';
import type { TimeRange } from './range.ts';
import { addBins, BIN_MOST, BIN_WIDTH, type Bins, countOf, quantileOf, shareAbove } from './style-bins.ts';
import { howOf, paramsOf, type Share, type Subject, sharesOf, subjectOf } from './subjects.ts';

/** What is set apart as now, beside what was before: from a moment on, or all but the pictures of a version. */
export interface StyleParting {
  readonly split_ms: number | null;
  readonly release: string | null;
}
export interface StyleQuestion extends TimeRange, StyleParting {
  step_ms: number;
  conditions: readonly Condition[];
}

const STEPS_MOST = 400;
/** Collections that are told, those with the most pictures. */
const COLLECTIONS_MOST = 50;
/** Versions of one collection, likewise. */
const MODELS_MOST = 6;
/** Groups of one answer: what some fifty collections of a few models have in four hundred steps. */
const ROWS_MOST = 120_000;

/** Whether a picture is of now: takes `split` and `release`. */
export const IS_NOW = `if({release:String} != '', toString(model_version) != {release:String},
  toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')) >= {split:Int64})`;

/** One distance per picture: scored twice, it counts once. */
export const DISTANCES = `(SELECT tenant AS s_tenant, image_id AS s_image, avg(v) AS v FROM ${SCORED}
  WHERE name = 'style_distance' GROUP BY s_tenant, s_image)`;

const counts = (pictures: string): string => `
SELECT tenant, collection, model, step, later, sumMap([bin], [toUInt64(1)]) AS bins
FROM (
  SELECT toString(tenant) AS tenant, toString(collection) AS collection, toString(model_version) AS model,
    toInt64(intDiv(toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')) - {first:Int64}, {step:Int64})) AS step,
    ${IS_NOW} AS later, toUInt16(least({bin_most:UInt16}, greatest(0, floor(v / {width:Float64} + 1e-9)))) AS bin
  FROM ${pictures} AS p INNER JOIN ${DISTANCES} AS s ON s.s_tenant = p.tenant AND s.s_image = p.image_id)
GROUP BY tenant, collection, model, step, later ORDER BY step LIMIT {rows:UInt32}`;

interface Row {
  tenant: string;
  collection: string;
  model: string;
  step: string | number;
  later: number;
  bins: readonly [readonly number[], readonly (string | number)[]];
}

interface Gathered {
  tenant: string;
  collection: string;
  now: Map<number, number>;
  before: Map<number, number>;
  steps: Map<number, Map<number, number>>;
  models: Map<string, Map<number, Map<number, number>>>;
}

/** Pictures of a range that satisfy conditions, as a subquery, with what it binds. */
export interface Pictures {
  sql: string;
  params: Record<string, unknown>;
  subject: Subject & { name: 'images' };
  share: Share;
}

export async function picturesOf(
  deps: ExploreDeps,
  asking: Asking,
  question: TimeRange & { conditions: readonly Condition[] },
): Promise<Result<Pictures, ExploreError>> {
  const subject = subjectOf('images', ['images'], 'of');
  if (!subject.ok) return subject;
  const shares = await sharesOf(deps, asking, subject.value, question);
  if (!shares.ok) return shares;
  const where = whereOf(question.conditions, { ...subject.value.fields, ...PICTURE_FILTERS });
  if (!where.ok) return where;
  const share = shares.value.most;
  return ok({
    sql: `(SELECT * FROM (${subject.value.rows(share.sql)}) WHERE collection != '' AND (${where.value.sql}))`,
    params: paramsOf(question, share, where.value),
    subject: subject.value as Pictures['subject'],
    share,
  });
}

export const partingParams = ({ split_ms, release, to_ms }: StyleParting & TimeRange) => ({
  split: split_ms ?? to_ms,
  release: release ?? '',
});

export async function readStyleHealth(
  deps: ExploreDeps,
  asking: Asking,
  question: StyleQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const { from_ms, to_ms, step_ms } = question;
  const first = Math.floor(from_ms / step_ms) * step_ms;
  const steps = Math.ceil((to_ms - first) / step_ms);
  if (steps > STEPS_MOST)
    return refused('query_limit', `more than ${STEPS_MOST} points`, {
      field: 'step',
      hint: 'Take a longer step or a shorter window.',
    });
  const pictures = await picturesOf(deps, asking, question);
  if (!pictures.ok) return pictures;
  const { sql, params, subject, share } = pictures.value;
  const own = { first, step: step_ms, width: BIN_WIDTH, bin_most: BIN_MOST, rows: ROWS_MOST };
  const found = await deps.store.scoped(asking.scope).rows<Row>(counts(sql), {
    params: { ...params, ...partingParams(question), ...own },
    ...signalOf(asking),
  });
  if (!found.ok) return fromStore(found.error);
  const parted = question.split_ms !== null || question.release !== null;
  const gathered = gather(found.value, parted);
  return ok({
    sample: { one_in: share.one_in, how: howOf(subject, share.one_in) },
    step_s: step_ms / 1000,
    times: Array.from({ length: steps }, (_, at) => new Date(first + at * step_ms).toISOString()),
    bin_width: BIN_WIDTH,
    collections: gathered
      .sort((a, b) => sizeOf(b) - sizeOf(a))
      .slice(0, COLLECTIONS_MOST)
      .map((one) => toldCollection(one, steps, share.one_in)),
  });
}

const sizeOf = ({ now, before }: Gathered): number => countOf(now) + countOf(before);

function gather(rows: readonly Row[], parted: boolean): Gathered[] {
  const found = new Map<string, Gathered>();
  for (const { tenant, collection, model, step, later, bins } of rows) {
    const key = `${tenant}\n${collection}`;
    const known = found.get(key) ?? {
      ...{ tenant, collection, now: new Map(), before: new Map(), steps: new Map(), models: new Map() },
    };
    found.set(key, known);
    const pairs = bins[0].map((bin, at) => [Number(bin), Number(bins[1][at])] as const);
    addBins(!parted || Number(later) === 1 ? known.now : known.before, pairs);
    addBins(at(known.steps, Number(step)), pairs);
    const ofModel = known.models.get(model) ?? new Map<number, Map<number, number>>();
    known.models.set(model, ofModel);
    addBins(at(ofModel, Number(step)), pairs);
  }
  return [...found.values()];
}

function at(steps: Map<number, Map<number, number>>, step: number): Map<number, number> {
  const known = steps.get(step) ?? new Map<number, number>();
  steps.set(step, known);
  return known;
}

const listOf = (bins: Bins): [number, number][] => [...bins].sort((a, b) => a[0] - b[0]);

function toldCollection(one: Gathered, steps: number, one_in: number) {
  const { tenant, collection, now, before, models } = one;
  const limit = quantileOf(before, 0.95);
  const side = (bins: Bins) => ({
    n: countOf(bins) * one_in,
    p50: quantileOf(bins, 0.5),
    p95: quantileOf(bins, 0.95),
    bins: listOf(bins),
  });
  const sum = (all: Map<number, Map<number, number>>): number =>
    [...all.values()].reduce((total, bins) => total + countOf(bins), 0);
  return {
    ...{ tenant, collection },
    now: side(now),
    before: countOf(before) === 0 ? null : side(before),
    over: limit === null ? null : shareAbove(now, limit),
    points: series(one.steps, steps, (bins) => ({
      n: countOf(bins) * one_in,
      p5: quantileOf(bins, 0.05),
      p50: quantileOf(bins, 0.5),
      p95: quantileOf(bins, 0.95),
    })),
    models: [...models]
      .map(([model_version, own]) => ({
        model_version,
        n: sum(own) * one_in,
        p50: series(own, steps, (bins) => quantileOf(bins, 0.5)),
      }))
      .sort((a, b) => b.n - a.n)
      .slice(0, MODELS_MOST),
  };
}

const series = <Point>(
  known: ReadonlyMap<number, Bins>,
  steps: number,
  point: (bins: Bins) => Point,
): Point[] => Array.from({ length: steps }, (_, at) => point(known.get(at) ?? new Map()));
