/**
 * Brush to explain: what tells selected rows from the rest of a range. Every attribute is compared, absence as a
 * value; the best by lower bound is then held fixed, and the comparison asked again among the rows that have it.
 */
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import {
  attributeGiven,
  COUNT_NEAR,
  type Comparable,
  type Compared,
  comparable,
  comparedFields,
  countAttributes,
  countFields,
  countSides,
  countStageAttributes,
  EXACT_VALUES,
  PICTURES_OF,
  sampledRows,
  shapeOfNumbers,
  stageAttributeGiven,
} from './explain-queries.ts';
import { type AttributeCounts, type Ranked, rankAttributes } from './explain-rank.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, whereOf } from './filter.ts';
import { signalOf } from './page.ts';
import type { TimeRange } from './range.ts';
import { paramsOf, type Share, type Subject, type SubjectName, sharesOf, subjectOf } from './subjects.ts';

const EXPLAINED: readonly SubjectName[] = ['requests', 'stages', 'images'];
/** Rows of one side that are compared: differences of some percent are certain with them. */
const SIDE_ROWS = 20_000;
/** Where a first look finds fewer rows than these of one side, all that may be scanned are. */
const LOOK_LEAST = 5_000;
/** Fewer rows than these of one side say nothing about a share. */
const SIDE_LEAST = 10;
export const DEPTH_MOST = 5;
export const ATTRIBUTES_MOST = 100;
/** Free attributes of stages are looked for where no more rows than these lie in the range. */
const NEAR_ROWS_MOST = 2_000_000;
/** Values of one attribute that are told. */
const TOLD_VALUES = 12;

/** What follows from how a request went cannot be why: told, and never held fixed. */
const CONSEQUENCES: ReadonlySet<string> = new Set([
  ...['outcome', 'error_code', 'status', 'retriable', 'latency_ms', 'duration_ms', 'gpu_seconds', 'cost_usd'],
  ...['stages', 'spans', 'boundary', 'images'],
]);

export interface ExplainQuestion extends TimeRange {
  subject: string;
  /** Which rows there are. */
  conditions: readonly Condition[];
  /** Which of them were selected. */
  selection: readonly Condition[];
  /** Attributes that are told. */
  limit: number;
  /** Attributes that are held fixed, one after the other. */
  depth: number;
}

export interface Example {
  tenant: string;
  id: string;
  /** '' where no picture is known. */
  image_id: string;
}

export interface Difference {
  attribute: string;
  /** The value that the selection has more of; null where it is absence. */
  value: string | null;
  lcb: number;
  tvd: number;
  difference: number;
  /** Something that follows from how it went, and so no cause. */
  consequence: boolean;
  distinct: number;
  values: { value: string | null; selection: number; rest: number }[];
  examples: { selection: Example[]; rest: Example[] };
}

export interface Explanation {
  subject: SubjectName;
  /** Rows of each side: how many there are, and how many were compared. */
  selection: { of: number; rows: number };
  rest: { of: number; rows: number };
  attributes: Difference[];
  /** The best cause, then the best among the rows that have it, and so on. */
  drill_down: { attribute: string; value: string | null; lcb: number; selection: number; rest: number }[];
  /** What could not be compared, for people. */
  notes: string[];
}

interface Context {
  deps: ExploreDeps;
  asking: Asking;
  question: ExplainQuestion;
  subject: Subject & { name: SubjectName };
  compared: Compared;
  params: Record<string, unknown>;
  stageAttributes: boolean;
}
interface Sides {
  selection: number;
  rest: number;
}
type Told = [value: string, b: number, g: number, worse: Place[], better: Place[]];
type Place = [tenant: string, id: string, image_id: string];

export async function explain(
  deps: ExploreDeps,
  asking: Asking,
  question: ExplainQuestion,
): Promise<Result<Explanation, ExploreError>> {
  const subject = subjectOf(question.subject, EXPLAINED, 'subject');
  if (!subject.ok) return subject;
  if (question.selection.length === 0)
    return refused('invalid_request', 'selection is empty', {
      field: 'selection',
      hint: 'Write filters that hold for the selected rows, such as latency_ms>=5000.',
    });
  const filters = whereOf(question.conditions, subject.value.fields);
  if (!filters.ok) return filters;
  const selection = whereOf(question.selection, subject.value.fields, 's');
  if (!selection.ok) return selection;
  const shares = await sharesOf(deps, asking, subject.value, question);
  if (!shares.ok) return shares;
  const contextOf = (scan: Share, stageAttributes: boolean): Context => ({
    deps,
    asking,
    question,
    subject: subject.value,
    compared: {
      subject: subject.value,
      scan: scan.sql,
      filters: filters.value,
      selection: selection.value,
      ...{ selection_one_in: 1, rest_one_in: 1, given: [] },
    },
    params: paramsOf(question, scan, filters.value, selection.value),
    stageAttributes,
  });
  // Whole stretches of time are no fair draw of stages; requests and pictures are drawn by their ids.
  let scan = subject.value.name === 'stages' ? shares.value.most : shares.value.look;
  const first = contextOf(scan, false);
  const near = subject.value.name === 'requests' ? await nearRows(deps, asking, first.params) : ok(0);
  if (!near.ok) return near;
  const stageAttributes = near.value > 0 && near.value <= NEAR_ROWS_MOST;
  let sides = await sidesOf(first);
  const few = sides.ok && Math.min(sides.value.selection, sides.value.rest) < LOOK_LEAST;
  if (few && scan.one_in > shares.value.most.one_in) {
    scan = shares.value.most;
    sides = await sidesOf(contextOf(scan, false));
  }
  if (!sides.ok) return sides;
  const notes = notesOf(sides.value, scan, near.value);
  return compare(contextOf(scan, stageAttributes), sides.value, scan, notes);
}

async function compare(
  context: Context,
  all: Sides,
  scan: Share,
  notes: string[],
): Promise<Result<Explanation, ExploreError>> {
  const drill_down: Explanation['drill_down'] = [];
  let attributes: Difference[] = [];
  let sample: Sides = { selection: 0, rest: 0 };
  let now = context;
  let sides = all;
  for (let step = 0; step <= context.question.depth; step++) {
    if (Math.min(sides.selection, sides.rest) < SIDE_LEAST) break;
    const level = await rank(now, sides);
    if (!level.ok) return level;
    if (step === 0) {
      sample = level.value.sample;
      attributes = level.value.ranked
        .slice(0, context.question.limit)
        .map((one) => differenceOf(one, level.value.names, level.value.examples));
    }
    const fixed = new Set(drill_down.map((one) => one.attribute));
    const best = level.value.ranked.find(
      (one) => one.lcb > 0 && !CONSEQUENCES.has(one.attribute) && !fixed.has(one.attribute),
    );
    if (!best || step === context.question.depth) break;
    now = given(now, best, level.value.comparables, step);
    const left = await sidesOf(now);
    if (!left.ok) return left;
    sides = left.value;
    const value = valueName(best, best.culprit.value, level.value.names);
    drill_down.push({
      attribute: best.attribute,
      value,
      lcb: rounded(best.lcb),
      ...times(sides, scan.one_in),
    });
  }
  const pictures = await addPictures(context, attributes);
  if (!pictures.ok) return pictures;
  return ok({
    subject: context.subject.name,
    selection: { of: all.selection * scan.one_in, rows: sample.selection },
    rest: { of: all.rest * scan.one_in, rows: sample.rest },
    attributes,
    drill_down,
    notes,
  });
}

const times = ({ selection, rest }: Sides, factor: number): Sides => ({
  selection: selection * factor,
  rest: rest * factor,
});

function notesOf(sides: Sides, scan: Share, near: number): string[] {
  const notes: string[] = [];
  if (scan.one_in > 1) notes.push(`The range holds too many rows: one in ${scan.one_in} was looked at.`);
  if (near > NEAR_ROWS_MOST)
    notes.push(
      'The range holds too many stages: of free attributes those of root spans and events were compared. Take a shorter one.',
    );
  for (const side of ['selection', 'rest'] as const)
    if (sides[side] < SIDE_LEAST)
      notes.push(`The ${side} has ${sides[side]} rows: fewer than ${SIDE_LEAST} say nothing about a share.`);
  return notes;
}

async function ask<T>({ deps, asking, params }: Context, sql: string, more: Record<string, unknown> = {}) {
  const options = { params: { ...params, ...more }, ...signalOf(asking) };
  const found = await deps.store.scoped(asking.scope).rows<T>(sql, options);
  return found.ok ? ok(found.value) : fromStore(found.error);
}

async function nearRows(
  { store }: ExploreDeps,
  asking: Asking,
  params: Record<string, unknown>,
): Promise<Result<number, ExploreError>> {
  const found = await store
    .scoped(asking.scope)
    .rows<{ n: string }>(COUNT_NEAR, { params, ...signalOf(asking) });
  return found.ok ? ok(Number(found.value[0]?.n ?? 0)) : fromStore(found.error);
}

async function sidesOf(context: Context): Promise<Result<Sides, ExploreError>> {
  const found = await ask<Sides>(context, countSides(context.compared));
  return found.ok ? ok(found.value[0] ?? { selection: 0, rest: 0 }) : found;
}

interface Level {
  sample: Sides;
  ranked: Ranked[];
  comparables: ReadonlyMap<string, Comparable>;
  /** Names of the values of numbers that are compared by their tenths. */
  names: ReadonlyMap<string, readonly number[]>;
  examples: ReadonlyMap<string, { selection: Place[]; rest: Place[] }>;
}
interface Counted {
  k: number | string;
  told_b: number;
  told_g: number;
  distinct: number;
  top: Told[];
}

/** One comparison of the two sides. */
async function rank(context: Context, sides: Sides): Promise<Result<Level, ExploreError>> {
  const { subject, question } = context;
  const compared = {
    ...context.compared,
    selection_one_in: Math.max(1, Math.ceil(sides.selection / SIDE_ROWS)),
    rest_one_in: Math.max(1, Math.ceil(sides.rest / SIDE_ROWS)),
  };
  const rows = sampledRows(compared);
  const fields = comparedFields(subject.fields, new Set(question.selection.map((one) => one.field)));
  const numbers = [...fields].filter(([, { kind }]) => kind === 'number');
  const shapes = await ask<Record<string, number[]>>(
    context,
    shapeOfNumbers(
      rows,
      numbers.map(([, field]) => field),
    ),
  );
  if (!shapes.ok) return shapes;
  const names = new Map<string, readonly number[]>();
  for (const [index, [name]] of numbers.entries()) {
    const [few, edges] = [shapes.value[0]?.[`d${index}`]?.[0] ?? 0, shapes.value[0]?.[`q${index}`] ?? []];
    if (few > EXACT_VALUES) names.set(name, [...new Set(edges)].filter(Number.isFinite));
  }
  const comparables = [...fields].map(([name, field]) => comparable(name, field, names.get(name)));
  const map = subject.fields.attributes?.sql;
  const [told, free, sample] = await Promise.all([
    ask<Counted>(context, countFields(compared, rows, comparables)),
    context.stageAttributes
      ? ask<Counted>(context, countStageAttributes(rows))
      : map === undefined
        ? ok<Counted[]>([])
        : ask<Counted>(context, countAttributes(compared, rows, map)),
    ask<Sides>(
      context,
      `SELECT toFloat64(countIf(bad)) AS selection, toFloat64(countIf(NOT bad)) AS rest FROM (${rows})`,
    ),
  ]);
  if (!told.ok) return told;
  if (!free.ok) return free;
  if (!sample.ok) return sample;
  const counts = new Map<string, AttributeCounts>();
  const examples: Map<string, { selection: Place[]; rest: Place[] }> = new Map();
  const take = (name: string, { told_b, told_g, distinct, top }: Counted): void => {
    const values = top.map(([value, selection, rest]) => ({ value, selection, rest }));
    counts.set(name, { values, told: { selection: told_b, rest: told_g }, distinct });
    for (const [value, , , worse, better] of top)
      examples.set(`${name}\n${value}`, { selection: worse, rest: better });
  };
  for (const row of told.value) take(comparables[Number(row.k)]!.name, row);
  for (const row of free.value) take(`attributes.${row.k}`, row);
  return ok({
    sample: sample.value[0]!,
    ranked: rankAttributes(sample.value[0]!, counts),
    comparables: new Map(comparables.map((one) => [one.name, one])),
    names,
    examples,
  });
}

const ATTRIBUTE = 'attributes.';

/** The same question among the rows that have the winner's value. */
function given(context: Context, best: Ranked, fields: Level['comparables'], step: number): Context {
  const { value } = best.culprit;
  const field = fields.get(best.attribute);
  const [keyParam, valueParam] = [`given${step}key`, value === '' ? '' : `given${step}value`];
  let condition: string;
  let more: Record<string, unknown> = { [keyParam]: best.attribute.slice(ATTRIBUTE.length) };
  if (field) {
    condition = `has(${field.values}, {given${step}value:String})`;
    more = {};
  } else if (context.stageAttributes) condition = stageAttributeGiven(keyParam, valueParam);
  else condition = attributeGiven(context.subject.fields.attributes!.sql, keyParam, valueParam);
  return {
    ...context,
    compared: { ...context.compared, given: [...context.compared.given, condition] },
    params: { ...context.params, ...more, [`given${step}value`]: value },
  };
}

const rounded = (share: number): number => Math.round(share * 1e4) / 1e4;

/** `null` for absence, the stretch for a number that is compared by its tenths. */
function valueName({ attribute }: Ranked, value: string, names: Level['names']): string | null {
  if (value === '') return null;
  const edges = names.get(attribute);
  if (!edges) return value;
  const text = (at: number): string => String(Number(edges[at]!.toPrecision(6)));
  const bin = Number(value);
  if (bin === 0) return `< ${text(0)}`;
  return bin >= edges.length ? `>= ${text(edges.length - 1)}` : `${text(bin - 1)} to ${text(bin)}`;
}

function differenceOf(one: Ranked, names: Level['names'], examples: Level['examples']): Difference {
  const found = examples.get(`${one.attribute}\n${one.culprit.value}`);
  const placed = (places: readonly Place[] = []): Example[] =>
    places.map(([tenant, id, image_id]) => ({ tenant, id, image_id }));
  const weight = (value: { selection: number; rest: number }): number => value.selection + value.rest;
  const shown = [...one.values].sort((a, b) => weight(b) - weight(a)).slice(0, TOLD_VALUES);
  if (!shown.includes(one.culprit)) shown.push(one.culprit);
  return {
    attribute: one.attribute,
    value: valueName(one, one.culprit.value, names),
    lcb: rounded(one.lcb),
    tvd: rounded(one.tvd),
    difference: rounded(one.difference),
    consequence: CONSEQUENCES.has(one.attribute),
    distinct: one.distinct,
    values: shown.map((each) => ({ ...each, value: valueName(one, each.value, names) })),
    examples: { selection: placed(found?.selection), rest: placed(found?.rest) },
  };
}

/** Requests are shown by a picture of theirs. */
async function addPictures(
  context: Context,
  attributes: readonly Difference[],
): Promise<Result<null, ExploreError>> {
  const examples = attributes.flatMap((one) => [...one.examples.selection, ...one.examples.rest]);
  if (context.subject.name !== 'requests' || examples.length === 0) return ok(null);
  const ids = [...new Set(examples.map((one) => one.id))];
  const traces = ids.filter((id) => /^[0-9a-f]{32}$/.test(id));
  const found = await ask<{ tenant: string; id: string; picture: string }>(context, PICTURES_OF, {
    ids,
    traces,
  });
  if (!found.ok) return found;
  const pictures = new Map(found.value.map((row) => [`${row.tenant}\n${row.id}`, row.picture]));
  for (const one of examples) one.image_id = pictures.get(`${one.tenant}\n${one.id}`) ?? '';
  return ok(null);
}
