/**
 * Brush to explain: what tells selected rows from the rest of a range. Every attribute is compared, absence as a
 * value; the best by lower bound is then held fixed, and the comparison asked again among the rows that have it.
 */
import { ok, type Result } from '../base/result.ts';
import { type BlockView, readBlock } from '../native/index.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import {
  attributeGiven,
  type Compared,
  comparedFields,
  countSides,
  fieldGiven,
  PICTURES_OF,
  sampleOf,
  stageAttributeGiven,
  stageAttributesOf,
} from './explain-queries.ts';
import { type Ranked, rankAttributes } from './explain-rank.ts';
import { addStageAttributes, type Place, Sample, type Sides } from './explain-sample.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, whereOf } from './filter.ts';
import { keptFirst } from './kept-first.ts';
import { signalOf } from './page.ts';
import type { TimeRange } from './range.ts';
import { paramsOf, type Share, type Subject, type SubjectName, sharesOf, subjectOf } from './subjects.ts';

const EXPLAINED: readonly SubjectName[] = ['requests', 'stages', 'images'];
/** Rows of one side that are compared: differences of some percent are certain with them. */
const SIDE_ROWS = 12_000;
/** Where fewer rows than these of a side are left of a sample, and not all of that side were drawn, it is drawn anew. */
const LEFT_LEAST = 500;
/** Where a first look finds fewer rows than these of one side, all that may be scanned are. */
const LOOK_LEAST = 2_000;
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
  'outcome',
  'error_code',
  'status',
  'retriable',
  'latency_ms',
  'duration_ms',
  'gpu_seconds',
  'cost_usd',
  'stages',
  'spans',
  'boundary',
  'images',
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
      selection_one_in: 1,
      rest_one_in: 1,
      given: [],
    },
    params: paramsOf(question, scan, filters.value, selection.value),
    stageAttributes,
  });
  // Whole stretches of time are no fair draw of stages; requests and pictures are drawn by their ids.
  let scan = subject.value.name === 'stages' ? shares.value.most : shares.value.look;
  let sides = await sidesOf(contextOf(scan, false));
  const few = sides.ok && Math.min(sides.value.selection, sides.value.rest) < LOOK_LEAST;
  if (few && scan.one_in > shares.value.most.one_in) {
    scan = shares.value.most;
    sides = await sidesOf(contextOf(scan, false));
  }
  if (!sides.ok) return sides;
  const near = sides.value.near * scan.one_in;
  const stageAttributes = near > 0 && near <= NEAR_ROWS_MOST;
  return compare(contextOf(scan, stageAttributes), sides.value, scan, notesOf(sides.value, scan, near));
}

async function compare(
  context: Context,
  all: Sides,
  scan: Share,
  notes: string[],
): Promise<Result<Explanation, ExploreError>> {
  const { limit, depth } = context.question;
  const drill_down: Explanation['drill_down'] = [];
  let attributes: Difference[] = [];
  let told: Sides = { selection: 0, rest: 0 };
  let sides = all;
  let now = context;
  let drawn = Math.min(sides.selection, sides.rest) < SIDE_LEAST ? null : await draw(now, sides);
  for (let step = 0; drawn !== null; step++) {
    if (!drawn.ok) return drawn;
    const { sample, rows, shares } = drawn.value;
    const level = rankAttributes(sample.sides(rows), sample.count(rows));
    if (step === 0) {
      told = sample.sides(rows);
      attributes = level.slice(0, limit).map((one) => differenceOf(one, sample, rows));
    }
    const fixed = new Set(drill_down.map((one) => one.attribute));
    const best = level.find(
      (one) => one.lcb > 0 && !CONSEQUENCES.has(one.attribute) && !fixed.has(one.attribute),
    );
    if (!best || step === depth) break;
    now = given(now, best, sample.edges(best.attribute), step);
    const left = sample.having(rows, best.attribute, best.culprit.value);
    const counts = sample.sides(left);
    sides = { selection: counts.selection * shares.selection, rest: counts.rest * shares.rest };
    const value = valueName(best, best.culprit.value, sample);
    const found = times(sides, scan.one_in);
    drill_down.push({ attribute: best.attribute, value, lcb: rounded(best.lcb), ...found });
    const scarce = (['selection', 'rest'] as const).some(
      (side) => counts[side] < LEFT_LEAST && shares[side] > 1,
    );
    if (scarce) drawn = await draw(now, sides);
    else if (Math.min(counts.selection, counts.rest) < SIDE_LEAST) break;
    else drawn = ok({ sample, rows: left, shares });
  }
  const pictures = await addPictures(context, attributes);
  if (!pictures.ok) return pictures;
  await chooseExamples(context, attributes);
  return ok({
    subject: context.subject.name,
    selection: { of: all.selection * scan.one_in, rows: told.selection },
    rest: { of: all.rest * scan.one_in, rows: told.rest },
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

async function sidesOf(context: Context): Promise<Result<Sides & { near: number }, ExploreError>> {
  const found = await ask<Sides & { near: number }>(context, countSides(context.compared));
  return found.ok ? ok(found.value[0] ?? { selection: 0, rest: 0, near: 0 }) : found;
}

/** Rows of a sample that are compared; `shares` says what each row of a side stands for. */
interface Drawn {
  sample: Sample;
  rows: Int32Array;
  shares: Sides;
}

/** One in so many of each side; the greater is a multiple of the other, so that one draw serves both. */
function sharesOfSides({ selection, rest }: Sides): Sides {
  const [few, many] = [Math.min(selection, rest), Math.max(selection, rest)];
  const least = Math.max(1, Math.ceil(few / SIDE_ROWS));
  const most = Math.ceil(many / SIDE_ROWS / least) * least;
  return selection <= rest ? { selection: least, rest: most } : { selection: most, rest: least };
}

/** Reads so many rows of each side as are compared; all of a small one. */
async function draw(context: Context, sides: Sides): Promise<Result<Drawn, ExploreError>> {
  const { subject, question, stageAttributes } = context;
  const shares = sharesOfSides(sides);
  const compared = {
    ...context.compared,
    selection_one_in: shares.selection,
    rest_one_in: shares.rest,
  };
  const fields = comparedFields(subject.fields, new Set(question.selection.map((one) => one.field)));
  const map = stageAttributes ? undefined : subject.fields.attributes?.sql;
  const [told, free] = await Promise.all([
    blocksOf(context, sampleOf(compared, fields, map)),
    stageAttributes ? blocksOf(context, stageAttributesOf(compared)) : ok([]),
  ]);
  if (!told.ok) return told;
  if (!free.ok) return free;
  const sample = new Sample(told.value, fields);
  if (free.value.length > 0) addStageAttributes(sample, free.value);
  return ok({ sample, rows: sample.all(), shares });
}

async function blocksOf(
  { deps, asking, params }: Context,
  sql: string,
): Promise<Result<BlockView[], ExploreError>> {
  const answer = await deps.store.scoped(asking.scope).native(sql, { params, ...signalOf(asking) });
  if (!answer.ok) return fromStore(answer.error);
  const blocks: BlockView[] = [];
  for (let at = 0; at < answer.value.length; ) {
    const block = readBlock(answer.value, at);
    blocks.push(block);
    at = block.end ?? answer.value.length;
  }
  return ok(blocks);
}

const ATTRIBUTE = 'attributes.';

/** The same question among the rows that have the winner's value. */
function given(context: Context, best: Ranked, edges: readonly number[] | undefined, step: number): Context {
  const { value } = best.culprit;
  const field = Object.hasOwn(context.subject.fields, best.attribute)
    ? context.subject.fields[best.attribute]
    : undefined;
  const [keyParam, valueParam] = [`given${step}key`, value === '' ? '' : `given${step}value`];
  let condition: string;
  let more: Record<string, unknown> = { [keyParam]: best.attribute.slice(ATTRIBUTE.length) };
  if (field) {
    condition = fieldGiven(field, edges, `given${step}value`);
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
function valueName({ attribute }: Ranked, value: string, sample: Sample): string | null {
  if (value === '') return null;
  const edges = sample.edges(attribute);
  if (!edges) return value;
  const text = (at: number): string => String(Number(edges[at]!.toPrecision(6)));
  const bin = Number(value);
  if (bin === 0) return `< ${text(0)}`;
  return bin >= edges.length ? `>= ${text(edges.length - 1)}` : `${text(bin - 1)} to ${text(bin)}`;
}

function differenceOf(one: Ranked, sample: Sample, rows: Int32Array): Difference {
  const found = sample.examples(rows, one.attribute, one.culprit.value);
  const placed = (places: readonly Place[]): Example[] =>
    places.map(([tenant, id, image_id]) => ({ tenant, id, image_id }));
  const weight = (value: { selection: number; rest: number }): number => value.selection + value.rest;
  const shown = [...one.values].sort((a, b) => weight(b) - weight(a)).slice(0, TOLD_VALUES);
  if (!shown.includes(one.culprit)) shown.push(one.culprit);
  return {
    attribute: one.attribute,
    value: valueName(one, one.culprit.value, sample),
    lcb: rounded(one.lcb),
    tvd: rounded(one.tvd),
    difference: rounded(one.difference),
    consequence: CONSEQUENCES.has(one.attribute),
    distinct: one.distinct,
    values: shown.map((each) => ({ ...each, value: valueName(one, each.value, sample) })),
    examples: { selection: placed(found.selection), rest: placed(found.rest) },
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

/** Of the rows that may show a value, those that are told: with a picture that can be seen, where there is one. */
const EXAMPLES_TOLD = 3;
async function chooseExamples({ deps }: Context, attributes: readonly Difference[]): Promise<void> {
  for (const { examples } of attributes)
    for (const side of ['selection', 'rest'] as const)
      examples[side] = await keptFirst(examples[side], EXAMPLES_TOLD, deps.kept);
}
