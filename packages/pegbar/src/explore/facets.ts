/**
 * Facets: the commonest values of fields with their counts, absence among them, over the rows of a filter.
 *
 * A filter on a field does not narrow that field's own values: whoever chose one model still sees the others.
 */
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, type Field, fieldNamed, whereOf } from './filter.ts';
import { signalOf } from './page.ts';
import { PICTURE_FILTERS } from './picture-filters.ts';
import type { TimeRange } from './range.ts';
import {
  howOf,
  paramsOf,
  type Sample,
  type Share,
  type Subject,
  type SubjectName,
  shareOf,
  sharesOf,
  subjectOf,
  valuesSql,
} from './subjects.ts';

const FACET_SUBJECTS: readonly SubjectName[] = ['requests', 'images', 'stages', 'spans', 'logs'];
const FIELDS_MOST = 24;
export const FACET_VALUES_MOST = 100;
/** More rows than these do not make a share of them visibly truer: its error is less than half a percent. */
const ROWS_MOST = 60_000;
/** Where a first look finds fewer rows than these, all that may be scanned are. */
const LOOK_LEAST = 5_000;
/** A value longer than this is told by its beginning: it is prose and no facet. */
const VALUE_LENGTH = 200;

const USUAL: Readonly<Record<SubjectName, readonly string[]>> = {
  requests: [
    'outcome',
    'workload',
    'model_version',
    'region',
    'hardware_class',
    'error_code',
    'sampler',
    'loras',
  ],
  images: ['workload', 'model_version', 'collection', 'region', 'sampler', 'loras', 'nsfw_flag', 'consent'],
  stages: [
    'pipeline_stage',
    'workload',
    'model_version',
    'region',
    'hardware_class',
    'error_code',
    'service',
  ],
  spans: ['name', 'service', 'pipeline_stage', 'workload', 'model_version', 'region', 'error_code'],
  logs: ['severity', 'service', 'workload', 'model_version', 'region', 'pipeline_stage', 'event_name'],
};

export interface FacetQuestion extends TimeRange {
  of: string;
  fields: readonly string[];
  conditions: readonly Condition[];
  /** Values per field. */
  limit: number;
}

export interface Facet {
  field: string;
  /** Rows that tell nothing of the field. */
  absent: number;
  /** Different values, absence not among them. */
  distinct: number;
  values: { value: string; n: number }[];
}

export interface Facets {
  of: SubjectName;
  /** Rows that satisfy all filters, as far as they were looked at. */
  sample: Sample;
  fields: Facet[];
}

export async function readFacets(
  deps: ExploreDeps,
  asking: Asking,
  question: FacetQuestion,
): Promise<Result<Facets, ExploreError>> {
  const subject = subjectOf(question.of, FACET_SUBJECTS, 'of');
  if (!subject.ok) return subject;
  const names = question.fields.length === 0 ? USUAL[subject.value.name] : [...new Set(question.fields)];
  if (names.length > FIELDS_MOST)
    return refused('invalid_request', `more than ${FIELDS_MOST} fields`, { field: 'fields' });
  const whole = whereOf(question.conditions, filtersOf(subject.value));
  if (!whole.ok) return whole;
  const shares = await sharesOf(deps, asking, subject.value, question);
  if (!shares.ok) return shares;
  const count = async (share: Share): Promise<Result<number, ExploreError>> => {
    const found = await deps.store
      .scoped(asking.scope)
      .rows<{ n: string }>(
        `SELECT count() AS n FROM (${subject.value.rows(share.sql)}) WHERE ${whole.value.sql}`,
        { params: paramsOf(question, share, whole.value), ...signalOf(asking) },
      );
    return found.ok ? ok(Number(found.value[0]?.n ?? 0)) : fromStore(found.error);
  };
  let scan = shares.value.look;
  let matching = await count(scan);
  if (matching.ok && matching.value < LOOK_LEAST && scan.one_in > shares.value.most.one_in) {
    scan = shares.value.most;
    matching = await count(scan);
  }
  if (!matching.ok) return matching;
  const one_in = Math.max(1, Math.ceil(matching.value / ROWS_MOST)) * scan.one_in;
  const groups = groupsOf(names, question.conditions);
  const answers = await Promise.all(
    groups.map((group) => countGroup(deps, asking, question, subject.value, group, one_in)),
  );
  const fields = new Map<string, Facet>();
  for (const answer of answers) {
    if (!answer.ok) return answer;
    for (const facet of answer.value) fields.set(facet.field, facet);
  }
  const sample = {
    rows: Math.round(matching.value / (one_in / scan.one_in)),
    of: matching.value * scan.one_in,
    how: howOf(subject.value, one_in),
  };
  const nothing = (field: string): Facet => ({ field, absent: 0, distinct: 0, values: [] });
  return ok({
    of: subject.value.name,
    sample,
    fields: names.map((name) => fields.get(name) ?? nothing(name)),
  });
}

/** What rows can be filtered by, also where it cannot be counted. */
const filtersOf = ({ name, fields }: Subject & { name: SubjectName }) =>
  name === 'images' ? { ...fields, ...PICTURE_FILTERS } : fields;

interface Group {
  names: string[];
  conditions: readonly Condition[];
}

/** Fields that see the same rows are counted together. */
function groupsOf(names: readonly string[], conditions: readonly Condition[]): Group[] {
  const filtered = (name: string): boolean => conditions.some((one) => one.field === name);
  const free = names.filter((name) => !filtered(name));
  return [
    ...(free.length === 0 ? [] : [{ names: free, conditions }]),
    ...names
      .filter(filtered)
      .map((name) => ({ names: [name], conditions: conditions.filter((one) => one.field !== name) })),
  ];
}

async function countGroup(
  { store }: ExploreDeps,
  asking: Asking,
  question: FacetQuestion,
  subject: Subject & { name: SubjectName },
  { names, conditions }: Group,
  one_in: number,
): Promise<Result<Facet[], ExploreError>> {
  const where = whereOf(conditions, filtersOf(subject));
  if (!where.ok) return where;
  const params: Record<string, unknown> = {};
  const lists: string[] = [];
  for (const [index, name] of names.entries()) {
    const list = facetSql(name, subject, `v${index}`, params);
    if (!list.ok) return list;
    lists.push(`arrayMap(x -> (toUInt8(${index}), substringUTF8(x, 1, ${VALUE_LENGTH})), ${list.value})`);
  }
  const share = shareOf(subject, question, one_in, 'one_in');
  const sql = `
SELECT k, sumIf(n, v = '') AS absent, countIf(v != '') AS distinct,
  arraySlice(arraySort(x -> (-x.2, x.1), groupArrayIf((v, toFloat64(n)), v != '')), 1, {values:UInt16}) AS top
FROM (
  SELECT pair.1 AS k, pair.2 AS v, count() AS n
  FROM (SELECT arrayJoin(arrayConcat(${lists.join(', ')})) AS pair FROM (${subject.rows(share.sql)}) WHERE ${where.value.sql})
  GROUP BY k, v
) GROUP BY k`;
  const found = await store.scoped(asking.scope).rows<{
    k: number;
    absent: string;
    distinct: string;
    top: [string, number][];
  }>(sql, {
    params: { ...paramsOf(question, share, where.value), ...params, values: question.limit },
    ...signalOf(asking),
  });
  if (!found.ok) return fromStore(found.error);
  return ok(
    found.value.map((row) => ({
      field: names[row.k]!,
      absent: Number(row.absent),
      distinct: Number(row.distinct),
      values: row.top.map(([value, n]) => ({ value, n })),
    })),
  );
}

/** `attributes` alone stands for the keys that rows carry. */
function facetSql(
  name: string,
  { fields }: Subject,
  param: string,
  params: Record<string, unknown>,
): Result<string, ExploreError> {
  if (name === 'attributes' && fields.attributes)
    return ok(`if(empty(${fields.attributes.sql}), [''], mapKeys(${fields.attributes.sql}))`);
  const found: Result<Field, ExploreError> = fieldNamed(name, fields, param, params, 'fields');
  return found.ok ? ok(valuesSql(found.value)) : found;
}
