/** SQL of a comparison of selected rows with the rest; rows are those of a subject (`subjects.ts`). */
import type { Field, Fields, Where } from './filter.ts';
import { type Subject, valuesSql } from './subjects.ts';

/** Names, addresses and prose: never a cause, and dear to count. */
const NAMES =
  /(^|_)(id|uri)$|^(retry_of|sha256|prompt|negative_prompt|workflow|error_message|trace_state|links|resource|attributes|seed|timestamp)$/;
const SUMMARIES: ReadonlySet<string> = new Set(['lora_count', 'images']);
/** Rows of a sample carry examples: so many of one value. */
const EXAMPLES = 3;
/** Rarer values than these of one attribute are counted, but not told. */
const VALUES_MOST = 200;
/** A number with no more values than these is compared value by value, else by its tenths. */
export const EXACT_VALUES = 12;
const TENTHS = Array.from({ length: 9 }, (_, at) => (at + 1) / 10);

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
  /** One in so many of each side. */
  selection_one_in: number;
  rest_one_in: number;
  /** Conditions of the drill-down. */
  given: readonly string[];
}

const badOf = (selection: Where): string => `ifNull(${selection.sql}, 0) != 0`;

export const countSides = ({ subject, scan, filters, selection, given }: Compared): string => `
SELECT toFloat64(countIf(bad)) AS selection, toFloat64(countIf(NOT bad)) AS rest
FROM (SELECT ${badOf(selection)} AS bad FROM (${subject.rows(scan)}) WHERE ${[filters.sql, ...given].join(' AND ')})`;

/** Rows of the sample with `bad`; a lot of its own, so that rows of one request stay on one side of the draw. */
export const sampledRows = ({ subject, scan, filters, selection, given, ...shares }: Compared): string => `
SELECT *, ${badOf(selection)} AS bad FROM (${subject.rows(scan)})
WHERE ${[filters.sql, ...given].join(' AND ')}
  AND cityHash64(${subject.id}, 'explain') % if(bad, ${shares.selection_one_in}, ${shares.rest_one_in}) = 0`;

/** Places between the tenths of each number, and whether it has few values. */
export function shapeOfNumbers(rows: string, numbers: readonly Field[]): string {
  const told = numbers.map(({ sql }, index) => {
    const x = `toFloat64(ifNull(${sql}, 0))`;
    return `[toFloat64(uniqUpToIf(${EXACT_VALUES + 1})(${x}, ${x} != 0))] AS d${index}, quantilesIf(${TENTHS.join(', ')})(${x}, ${x} != 0) AS q${index}`;
  });
  return `SELECT ${told.join(', ')} FROM (${rows})`;
}

/** A field of which every row has a list of values as text; numbers of many values by their tenth. */
export interface Comparable {
  name: string;
  values: string;
}

export function comparable(name: string, field: Field, edges: readonly number[] | undefined): Comparable {
  if (!edges) return { name, values: valuesSql(field) };
  const x = `toFloat64(ifNull(${field.sql}, 0))`;
  const bin = `toString(arrayCount(e -> ${x} >= e, [${edges.join(', ')}]))`;
  return { name, values: `[if(${x} = 0, '', ${bin})]` };
}

const COUNTED = `toFloat64(countIf(bad)) AS b, toFloat64(countIf(NOT bad)) AS g,
  groupArrayIf(${EXAMPLES})(example, bad) AS worse, groupArrayIf(${EXAMPLES})(example, NOT bad) AS better`;
const FOLDED = `k, sum(b) AS told_b, sum(g) AS told_g, toFloat64(count()) AS distinct,
  arraySlice(arrayReverseSort(x -> x.2 + x.3, groupArray((v, b, g, worse, better))), 1, ${VALUES_MOST}) AS top`;

/** Counts of every value of every field on both sides. */
export function countFields({ subject }: Compared, rows: string, fields: readonly Comparable[]): string {
  const lists = fields.map(({ values }, index) => `arrayMap(x -> (toUInt16(${index}), x), ${values})`);
  return `
SELECT ${FOLDED} FROM (
  SELECT pair.1 AS k, pair.2 AS v, ${COUNTED} FROM (
    SELECT bad, (tenant, toString(${subject.id}), toString(${subject.image_id})) AS example, arrayJoin(arrayConcat(${lists.join(', ')})) AS pair
    FROM (${rows})
  ) GROUP BY k, v
) GROUP BY k`;
}

/** Counts of free attributes that the rows carry themselves. */
export const countAttributes = ({ subject }: Compared, rows: string, map: string): string => `
SELECT ${FOLDED} FROM (
  SELECT pair.1 AS k, pair.2 AS v, ${COUNTED} FROM (
    SELECT bad, (tenant, toString(${subject.id}), toString(${subject.image_id})) AS example,
      arrayJoin(arrayZip(mapKeys(${map}), mapValues(${map}))) AS pair
    FROM (${rows})
  ) GROUP BY k, v
) GROUP BY k`;

const REQUEST_OF_SPAN = "if(request_id != '', request_id, lower(hex(trace_id)))";
/** Stages of a request lie around its own time. */
const NEAR = `{tenant_filter} AND timestamp >= fromUnixTimestamp64Milli(greatest(0, {from:Int64} - 21600000)) AND timestamp < fromUnixTimestamp64Milli({to:Int64} + 21600000)`;

export const COUNT_NEAR = `SELECT count() AS n FROM spans WHERE ${NEAR}`;

/** Counts of the free attributes of the stages of requests: a request has a value where any of its stages has. */
export const countStageAttributes = (rows: string): string => `
WITH chosen AS (SELECT tenant, toString(request_id) AS id, bad FROM (${rows}))
SELECT ${FOLDED} FROM (
  SELECT pair.1 AS k, pair.2 AS v, ${COUNTED} FROM (
    SELECT DISTINCT bad, (tenant, id, '') AS example, pair FROM (
      SELECT tenant, ${REQUEST_OF_SPAN} AS id, arrayJoin(arrayZip(mapKeys(attributes), mapValues(attributes))) AS pair
      FROM spans WHERE ${NEAR} AND notEmpty(attributes) AND (tenant, ${REQUEST_OF_SPAN}) IN (SELECT tenant, id FROM chosen)
    ) AS a INNER JOIN chosen USING (tenant, id)
  ) GROUP BY k, v
) GROUP BY k`;

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
