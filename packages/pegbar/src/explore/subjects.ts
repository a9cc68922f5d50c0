/** What facets and comparisons are asked of: rows of a table as a subquery, what they can be filtered by, and a fair sample of them. */
import { ok, type Result } from '../base/result.ts';
import { hashText, mergedRows } from '../store/index.ts';
import { fieldsOf } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import type { Field, Fields, Where } from './filter.ts';
import { nearest } from './nearest.ts';
import { signalOf } from './page.ts';
import { REQUEST_LATENCY_MS, REQUEST_NS, REQUEST_OUTCOME, SINCE } from './queries.ts';
import type { TimeRange } from './range.ts';

export const SUBJECTS = ['requests', 'images', 'stages', 'spans', 'logs'] as const;
export type SubjectName = (typeof SUBJECTS)[number];

export interface Subject {
  /** Rows of the range: takes `from` and `to`, and a condition on the key of rows `t` in the place of `where`. */
  rows(where: string): string;
  fields: Fields;
  /** Identity of a row for people, and by which a sample is drawn. */
  id: string;
  image_id: string;
  request_id: string;
  /** A number by which rows are drawn that are compared, over their columns; rows of one trace have one. */
  draw: string;
  /** Column by which rows merge, where they do. */
  key?: string;
  /** Stages of a row: what its free attributes are looked for in; 0 where the row carries them itself. */
  stages: string;
  /** Rows in the range before any filter, cheaply and never too few. */
  count: string;
  /** A number of a row that a sample is drawn by. */
  lot: string;
}

const TIMED =
  't.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND t.timestamp < fromUnixTimestamp64Milli({to:Int64})';
const AT_IN_RANGE = 'at >= {from:Int64} * 1000000 AND at < {to:Int64} * 1000000';
const TRACE_OR_REQUEST = "if(request_id != '', request_id, lower(hex(trace_id)))";
/** Of a trace one span names the request: its number is made of the trace where there is one. */
const DRAW_OF_TRACE = "cityHash64(trace_id, if(trace_id = toFixedString('', 16), request_id, ''), 'explain')";
/** Rows of a trace stay together, and so does what one stretch of time has in common: a sample reads whole granules. */
const STRETCH = 'cityHash64(intDiv(toUnixTimestamp(t.timestamp), {stretch_s:UInt32}))';

/** A time within the range, in epoch milliseconds: what a box that was drawn over a chart selects. */
const INSTANT: Field = { sql: 'toFloat64(intDiv(at, 1000000))', kind: 'number' };

const timed = (table: string, where: string, columns = ''): Pick<Subject, 'rows' | 'count' | 'lot'> => ({
  rows: (more) =>
    `SELECT *${columns} FROM ${table} AS t PREWHERE {tenant_filter:t} AND ${TIMED} AND ${where} AND ${more}`,
  count: `SELECT count() AS n FROM ${table} AS t WHERE {tenant_filter:t} AND ${TIMED}`,
  lot: STRETCH,
});
const spansLike = (where: string): Subject => ({
  ...timed('spans', where, ', toFloat64(duration_ns / 1e6) AS ms'),
  fields: fieldsOf('spans', {
    latency_ms: { sql: 'ms', kind: 'number' },
    duration_ms: { sql: 'ms', kind: 'number' },
    timestamp: { sql: "toFloat64(toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')))", kind: 'number' },
  }),
  id: TRACE_OR_REQUEST,
  image_id: 'image_id',
  request_id: TRACE_OR_REQUEST,
  draw: DRAW_OF_TRACE,
  stages: '0',
});

const DEFINED: Readonly<Record<SubjectName, Subject>> = {
  requests: {
    rows: (where) =>
      `SELECT * FROM (SELECT *, ${REQUEST_NS} AS at FROM ${mergedRows('requests', `WHERE {tenant_filter:t} AND t.${SINCE} AND ${where}`)}) WHERE ${AT_IN_RANGE}`,
    fields: fieldsOf('requests', {
      outcome: { sql: REQUEST_OUTCOME, kind: 'text' },
      latency_ms: { sql: REQUEST_LATENCY_MS, kind: 'number' },
      timestamp: INSTANT,
    }),
    id: 'request_id',
    image_id: "''",
    request_id: 'request_id',
    key: 'request_id',
    draw: "cityHash64(request_id, 'explain')",
    stages: 'greatest(stages, spans)',
    count: `SELECT count() AS n FROM requests WHERE {tenant_filter} AND ${SINCE}`,
    lot: 'cityHash64(t.request_id)',
  },
  images: {
    rows: (where) =>
      `SELECT * FROM (SELECT *, toUnixTimestamp64Nano(timestamp::DateTime64(9, 'UTC')) AS at FROM ${mergedRows('images', `WHERE {tenant_filter:t} AND t.${SINCE} AND ${where}`)}) WHERE ${AT_IN_RANGE}`,
    fields: fieldsOf('images', { timestamp: INSTANT }),
    id: 'image_id',
    image_id: 'image_id',
    request_id: 'request_id',
    key: 'image_id',
    draw: "cityHash64(image_id, 'explain')",
    stages: '0',
    count: `SELECT count() AS n FROM images WHERE {tenant_filter} AND ${SINCE}`,
    lot: 'cityHash64(t.image_id)',
  },
  stages: spansLike("(t.pipeline_stage != '' OR t.boundary != '')"),
  spans: spansLike("t.span_id != toFixedString('', 8) AND bitAnd(t.source, 16) = 0"),
  logs: {
    ...timed('logs', '1'),
    fields: fieldsOf('logs'),
    id: TRACE_OR_REQUEST,
    image_id: 'image_id',
    request_id: TRACE_OR_REQUEST,
    draw: DRAW_OF_TRACE,
    stages: '0',
  },
};

export function subjectOf(
  name: string,
  known: readonly SubjectName[],
  parameter: string,
): Result<Subject & { name: SubjectName }, ExploreError> {
  if ((known as readonly string[]).includes(name))
    return ok({ ...DEFINED[name as SubjectName], name: name as SubjectName });
  const near = nearest(name, known);
  return refused('invalid_request', `${parameter} is not one of ${known.join(', ')}`, {
    field: parameter,
    ...(near ? { hint: `Did you mean ${near}?` } : {}),
  });
}

/** The engine looks at some ten million rows a second; beyond this a question is answered from a share of them. */
const SCAN_ROWS = 20_000_000;

export interface Sample {
  /** Rows that were looked at, and rows that there are. */
  rows: number;
  of: number;
  /** How the rows were chosen, for people. */
  how: string;
}

/** `1` where all rows are looked at, else one in so many. */
export interface Share {
  one_in: number;
  sql: string;
  params: Record<string, unknown>;
}

const WHOLE: Share = { one_in: 1, sql: '1', params: {} };
/** A sample by time is spread over so many stretches at least. */
const STRETCHES = 64;
const STRETCH_MOST_S = 300;

/** One in `one_in` of the rows of a subject. */
export function shareOf(
  subject: Subject,
  { from_ms, to_ms }: TimeRange,
  one_in: number,
  name: string,
): Share {
  if (one_in <= 1) return WHOLE;
  const stretch = Math.floor((to_ms - from_ms) / 1000 / (one_in * STRETCHES));
  return {
    one_in,
    sql: `${subject.lot} % {${name}:UInt32} = 0`,
    params: { [name]: one_in, stretch_s: Math.min(STRETCH_MOST_S, Math.max(1, stretch)) },
  };
}

export const howOf = ({ name }: { name: SubjectName }, one_in: number): string => {
  if (one_in <= 1) return 'all rows';
  const by =
    name === 'requests' || name === 'images' ? 'by the digest of their ids' : 'in whole stretches of time';
  return `one in ${one_in}, ${by}`;
};

/** A first look at so many rows says how many more are needed. */
const LOOK_ROWS = 150_000;

export interface Shares {
  /** As much of the range as is scanned at all. */
  most: Share;
  /** A quick look at it; the same where the range is small. */
  look: Share;
}

/** How much of a range is looked at. */
export async function sharesOf(
  { store }: Pick<ExploreDeps, 'store'>,
  asking: Asking,
  subject: Subject,
  range: TimeRange,
): Promise<Result<Shares, ExploreError>> {
  const params = { from: range.from_ms, to: range.to_ms };
  const found = await store
    .scoped(asking.scope)
    .rows<{ n: string }>(subject.count, { params, ...signalOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const rows = Number(found.value[0]?.n ?? 0);
  const of = (most: number): Share => shareOf(subject, range, Math.ceil(rows / most), 'scan_one_in');
  return ok({ most: of(SCAN_ROWS), look: of(LOOK_ROWS) });
}

/** Values of a field of one row as an array of text; `['']` where nothing was told. */
export function valuesSql({ sql, kind }: Field): string {
  if (typeof kind === 'object' && kind.number) return `[${hashText(sql, kind.hex)}]`;
  if (typeof kind === 'object')
    return `[if(${sql} = toFixedString('', ${kind.hex / 2}), '', lower(hex(${sql})))]`;
  switch (kind) {
    case 'list':
      return `if(empty(${sql}), [''], arrayDistinct(${sql}))`;
    case 'flag':
      return `[['', 'false', 'true'][least(${sql}, 2) + 1]]`;
    case 'number':
    case 'uint64':
      return `[if(ifNull(${sql}, 0) = 0, '', ifNull(toString(${sql}), ''))]`;
    default:
      return `[toString(${sql})]`;
  }
}

/** Rows of a subject that satisfy a where, with what each bound value is. */
export const paramsOf = (range: TimeRange, ...parts: readonly (Where | Share)[]): Record<string, unknown> =>
  Object.assign({ from: range.from_ms, to: range.to_ms }, ...parts.map((part) => part.params));
