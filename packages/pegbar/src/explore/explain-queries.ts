/** SQL of a comparison of selected rows with the rest; rows are those of a subject (`subjects.ts`). */
import { digestSql, sampledMap, sampledSql } from './explain-sample.ts';
import type { Field, Fields, Where } from './filter.ts';
import { type Subject, valuesSql } from './subjects.ts';

/** Names, addresses and prose: never a cause, and dear to count. */
const NAMES =
  /(^|_)(id|uri)$|^(retry_of|sha256|prompt|negative_prompt|workflow|error_message|trace_state|links|resource|attributes|seed|timestamp)$/;
const SUMMARIES: ReadonlySet<string> = new Set(['lora_count', 'images']);

/** Fields that are compared: all but names and those that made the selection. */
export function comparedFields(fields: Fields, without: ReadonlySet<string>): Map<string, Field> {
  const known = Object.entries(fields);
  const summaries = known.filter(([name]) => SUMMARIES.has(name));
  // What only sums up another field comes after it, where both tell as much.
  return new Map(
    [...known.filter(([name]) => !SUMMARIES.has(name)), ...summaries].filter(
      ([name, { kind }]) =>
        !NAMES.test(name) && !without.has(name) && typeof kind !== 'object' && kind !== 'uint64',
    ),
  );
}

/** The rows of both sides that are compared; a row knows in `bad` whether it is of the selection. */
export interface Compared {
  subject: Subject;
  scan: string;
  filters: Where;
  selection: Where;
  /** One in so many of each side; the greater is a multiple of the other. */
  selection_one_in: number;
  rest_one_in: number;
  /** Conditions of the drill-down. */
  given: readonly string[];
}

const badOf = (selection: Where): string => `ifNull(${selection.sql}, 0) != 0`;

/** How many rows of each side there are and, of requests, how many stages they have. */
export const countSides = ({ subject, scan, filters, selection, given }: Compared): string => `
SELECT toFloat64(countIf(bad)) AS selection, toFloat64(countIf(NOT bad)) AS rest, toFloat64(sum(near)) AS near
FROM (SELECT ${badOf(selection)} AS bad, ${subject.stages} AS near FROM (${subject.rows(scan)}) WHERE ${[filters.sql, ...given].join(' AND ')})`;

/** The sample with `bad`; a lot of its own, so that rows of one request stay on one side of the draw. */
const drawn = ({ subject, filters, selection, given, ...shares }: Compared, scan: string): string => `
SELECT *, ${badOf(selection)} AS bad FROM (${subject.rows(scan)})
WHERE ${[filters.sql, ...given].join(' AND ')}
  AND ${subject.draw} % if(bad, ${shares.selection_one_in}, ${shares.rest_one_in}) = 0`;

/**
 * Rows that merge are drawn by the few columns that choose them, and then merged with all columns: merging every row of
 * a range with all its columns took most of an explanation. Of other rows those that no side would draw are passed over
 * before their columns are read: the share of one side is a multiple of the other's.
 */
function sampledRows(compared: Compared): string {
  const { subject, scan, selection_one_in, rest_one_in } = compared;
  if (subject.key === undefined)
    return drawn(compared, `${scan} AND ${subject.draw} % ${Math.min(selection_one_in, rest_one_in)} = 0`);
  const chosen = `cityHash64(t.${subject.key}) IN (SELECT cityHash64(${subject.key}) FROM (${drawn(compared, scan)}))`;
  return drawn(compared, `${scan} AND ${chosen}`);
}

/** Rows of the sample as `Sample` reads them. */
export function sampleOf(
  compared: Compared,
  fields: ReadonlyMap<string, Field>,
  map: string | undefined,
): string {
  const { subject } = compared;
  const columns = [...fields.values()].map((field, at) => `${sampledSql(field)} AS f${at}`);
  if (map !== undefined) columns.push(`${sampledMap(map)} AS free`);
  return `
SELECT toUInt8(bad) AS bad, toLowCardinality(toString(tenant)) AS tenant, toString(${subject.id}) AS id, toString(${subject.image_id}) AS image,
  ${digestSql('tenant', 'id')} AS digest, ${columns.join(', ')}
FROM (${sampledRows(compared)})`;
}

/** The condition that a row has a value of a field; numbers by the stretch between two edges where there are any. */
export function fieldGiven(field: Field, edges: readonly number[] | undefined, param: string): string {
  if (field.kind !== 'number') return `has(${valuesSql(field)}, {${param}:String})`;
  const x = `toFloat64(ifNull(${field.sql}, 0))`;
  if (edges)
    return `if(${x} = 0, '', toString(arrayCount(e -> ${x} >= e, [${edges.join(', ')}]))) = {${param}:String}`;
  return `toFloat32(${x}) = toFloat32(toFloat64OrZero({${param}:String}))`;
}

const REQUEST_OF_SPAN = "if(request_id != '', request_id, lower(hex(trace_id)))";
/** Stages of a request lie around its own time. */
const NEAR = `{tenant_filter} AND timestamp >= fromUnixTimestamp64Milli(greatest(0, {from:Int64} - 21600000)) AND timestamp < fromUnixTimestamp64Milli({to:Int64} + 21600000)`;

/** Free attributes of the stages of requests, each once: a request has a value where any of its stages has. */
export const stageAttributesOf = (compared: Compared): string => `
SELECT DISTINCT digest, toLowCardinality(pair.1) AS k, toLowCardinality(pair.2) AS v FROM (
  SELECT ${digestSql('toString(tenant)', REQUEST_OF_SPAN)} AS digest, arrayJoin(arrayZip(mapKeys(attributes), mapValues(attributes))) AS pair
  FROM spans WHERE ${NEAR} AND notEmpty(attributes) AND ${digestSql('toString(tenant)', REQUEST_OF_SPAN)} IN (
    SELECT ${digestSql('toString(tenant)', 'toString(request_id)')} FROM (${drawn(compared, compared.scan)}))
)`;

/** The condition that a row has, or with '' has not, a value of a free attribute. */
export function attributeGiven(map: string, key: string, value: string): string {
  return value === ''
    ? `NOT mapContains(${map}, {${key}:String})`
    : `${map}[{${key}:String}] = {${value}:String}`;
}

export function stageAttributeGiven(key: string, value: string): string {
  const has =
    value === ''
      ? `mapContains(attributes, {${key}:String})`
      : `attributes[{${key}:String}] = {${value}:String}`;
  return `(tenant, toString(request_id)) ${value === '' ? 'NOT IN' : 'IN'} (SELECT tenant, ${REQUEST_OF_SPAN} FROM spans WHERE ${NEAR} AND ${has})`;
}

/** A picture of each of some requests. */
export const PICTURES_OF = `
SELECT tenant, ${REQUEST_OF_SPAN} AS id, any(image_id) AS picture FROM spans
WHERE ${NEAR} AND image_id != '' AND (request_id IN {ids:Array(String)} OR trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16)))
GROUP BY tenant, id`;
