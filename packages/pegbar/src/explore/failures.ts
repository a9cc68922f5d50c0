/**
 * Why requests failed, over time and by what they have in common: error codes by bucket, the values that fail most
 * with what they fail of, runs of OOMs on one host or model, and requests that were tried again and again.
 */
import { ok, type Result } from '../base/result.ts';
import { mergedRows } from '../store/index.ts';
import { fieldsOf } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, type Fields, whereOf } from './filter.ts';
import { type Row, signalOf } from './page.ts';
import { REQUEST_LATENCY_MS, REQUEST_NS, REQUEST_OUTCOME, SINCE } from './queries.ts';
import type { TimeRange } from './range.ts';
import { type Share, shareOf, subjectOf } from './subjects.ts';

export interface FailuresQuestion extends TimeRange {
  step_ms: number;
  conditions: readonly Condition[];
  /** Nothing but the codes over time: what a baseline is drawn of costs one question, not six. */
  only_codes?: boolean;
}

export interface Failures {
  step_s: number;
  times: string[];
  /** Requests that failed or timed out, by error code; `none` where they tell none. Most first. */
  codes: { code: string; counts: number[]; n: number; failed: number; timed_out: number }[];
  /** Values that fail most; `of` is how many requests have them, estimated where `one_in` is more than 1. */
  settings: { field: string; value: string; failed: number; of: number; code: string }[];
  /** Requests in a row that ran out of memory on one host or model, longest first. */
  runs: { by: 'host' | 'model_version'; value: string; length: number; from: string; to: string }[];
  /** Requests that were tried again most. */
  retries: {
    tenant: string;
    request_id: string;
    timestamp: string;
    attempt: number;
    outcome: string;
    code: string;
  }[];
  retried: number;
  one_in: number;
}

const STEPS_MOST = 400;
const CODES_MOST = 12;
const SETTINGS_MOST = 60;
const RUNS_MOST = 10;
const RETRIES_MOST = 10;
/** Two in a row are chance, three are a host that needs a look. */
const RUN_LEAST = 3;
/** Requests of one host or model that are looked through for runs. */
const RUN_ROWS = 200_000;
/** What settings fail of is counted over so many rows; from more a share is drawn. */
const COUNTED_ROWS = 60_000;
/** Runs are looked for where no more rows than these lie in the range. */
const RUNS_OF_ROWS = 1_000_000;
/** A third attempt is a loop. */
const LOOP_LEAST = 3;

const FIELDS: Fields = fieldsOf('requests', {
  outcome: { sql: REQUEST_OUTCOME, kind: 'text' },
  latency_ms: { sql: REQUEST_LATENCY_MS, kind: 'number' },
});
const BAD = `${REQUEST_OUTCOME} IN ('failed', 'timed_out')`;
const DECIDED = `${REQUEST_OUTCOME} IN ('succeeded', 'failed', 'timed_out')`;
const CODE = "if(error_code = '', 'none', toString(error_code))";
const AT_MS = `intDiv(${REQUEST_NS}, 1000000)`;
const IN_RANGE = 'at_ms >= {from:Int64} AND at_ms < {to:Int64}';

/** Merged requests of the range; `more` chooses rows `t` of the table before they are merged. */
const requests = (more: string): string =>
  `SELECT *, ${AT_MS} AS at_ms FROM ${mergedRows('requests', `WHERE {tenant_filter:t} AND t.${SINCE} AND ${more}`)}`;
/**
 * Requests of which a row satisfies a condition, to be read whole and asked again: by the digest of their ids, a set of
 * numbers, which costs a third of one of ids with their tenants.
 */
const having = (condition: string): string =>
  `cityHash64(t.request_id) IN (SELECT cityHash64(request_id) FROM requests WHERE {tenant_filter} AND ${SINCE} AND ${condition})`;
/** An error is told by one row of its request: most requests have none. */
const ERRONEOUS = having("error_code != ''");
const AGAIN = having(`attempt >= ${LOOP_LEAST}`);

/** What people can change about a request, and where it ran. */
const SETTINGS = `arrayConcat([('model_version', toString(model_version)), ('workload', toString(workload)), ('host', attributes['host']),
  ('hardware_class', toString(hardware_class)), ('region', toString(region)), ('tenant', toString(tenant)), ('sampler', toString(sampler)),
  ('steps', if(steps = 0, '', toString(steps))), ('size', if(width = 0, '', concat(toString(width), ' × ', toString(height))))],
  arrayMap(lora -> ('loras', lora), arrayDistinct(loras)))`;

const codesSql = (where: string): string => `
SELECT intDiv(at_ms, {step:Int64}) * {step:Int64} AS bucket, ${CODE} AS code,
  toUInt32(countIf(${REQUEST_OUTCOME} = 'failed')) AS failed, toUInt32(countIf(${REQUEST_OUTCOME} = 'timed_out')) AS timed_out
FROM (${requests(ERRONEOUS)}) WHERE ${IN_RANGE} AND ${BAD} AND (${where}) GROUP BY bucket, code`;

const failedSql = (where: string): string => `
SELECT setting.1 AS field, setting.2 AS value, toUInt32(count()) AS failed, topK(1)(${CODE})[1] AS code
FROM (${requests(ERRONEOUS)}) ARRAY JOIN ${SETTINGS} AS setting
WHERE ${IN_RANGE} AND ${BAD} AND value != '' AND (${where}) GROUP BY field, value ORDER BY failed DESC LIMIT ${SETTINGS_MOST}`;

const allSql = (where: string, share: string): string => `
SELECT setting.1 AS field, setting.2 AS value, toUInt32(count()) AS n
FROM (${requests(share)}) ARRAY JOIN ${SETTINGS} AS setting
WHERE ${IN_RANGE} AND ${DECIDED} AND (field, value) IN (SELECT arrayJoin(arrayZip({fields:Array(String)}, {values:Array(String)}))) AND (${where})
GROUP BY field, value`;

/**
 * Runs among what ended in order of time, of the hosts and models that ran out of memory often enough. Each is compared with
 * a list of those before: a function that looked into the list itself was given a copy of it per request.
 */
const suspected = (value: string): string => having(`${value} IN {suspects:Array(String)}`);
const runsSql = (where: string, by: 'host' | 'model_version', value: string): string => `
SELECT '${by}' AS by, value, run.1 AS length, run.2 AS from_ms, run.3 AS to_ms FROM (
  SELECT value, arraySort(groupArray(${RUN_ROWS})((at_ms, oom))) AS ended,
    arrayMap(one -> one.2, ended) AS ooms, arrayPushFront(arrayPopBack(ooms), ooms[1]) AS before,
    arraySplit((one, last) -> one.2 != last, ended, before) AS parts,
    arrayMap(part -> (toUInt32(length(part)), part[1].1, part[-1].1), arrayFilter(part -> part[1].2 = 1, parts)) AS runs
  FROM (SELECT ${value} AS value, at_ms, toUInt8(error_code = 'oom') AS oom FROM (${requests(suspected(value))}) WHERE ${IN_RANGE} AND ${DECIDED} AND (${where}))
  WHERE value IN {suspects:Array(String)} GROUP BY value
) ARRAY JOIN runs AS run WHERE length >= ${RUN_LEAST} ORDER BY length DESC LIMIT ${RUNS_MOST}`;

const suspectsSql = (where: string): string => `
SELECT by.1 AS field, by.2 AS value FROM (${requests(ERRONEOUS)})
ARRAY JOIN [('host', attributes['host']), ('model_version', toString(model_version))] AS by
WHERE ${IN_RANGE} AND ${BAD} AND error_code = 'oom' AND value != '' AND (${where})
GROUP BY field, value HAVING count() >= ${RUN_LEAST}`;

const retriesSql = (where: string): string => `
SELECT tenant, request_id, at_ms, toUInt32(attempt) AS attempt, ${REQUEST_OUTCOME} AS outcome, ${CODE} AS code, toUInt32(count() OVER ()) AS n
FROM (${requests(AGAIN)}) WHERE ${IN_RANGE} AND attempt >= ${LOOP_LEAST} AND (${where})
ORDER BY attempt DESC, at_ms DESC LIMIT ${RETRIES_MOST}`;

export async function readFailures(
  deps: ExploreDeps,
  asking: Asking,
  question: FailuresQuestion,
): Promise<Result<Failures, ExploreError>> {
  const { from_ms, to_ms, step_ms } = question;
  const first = Math.floor(from_ms / step_ms) * step_ms;
  const steps = Math.ceil((to_ms - first) / step_ms);
  if (steps > STEPS_MOST)
    return refused('query_limit', `more than ${STEPS_MOST} buckets`, {
      field: 'step',
      hint: 'Take a longer step or a shorter window.',
    });
  const where = whereOf(question.conditions, FIELDS);
  if (!where.ok) return where;
  const subject = subjectOf('requests', ['requests'], 'of');
  if (!subject.ok) return subject;
  const scoped = deps.store.scoped(asking.scope);
  const base = { ...where.value.params, from: from_ms, to: to_ms, step: step_ms };
  const ask = (sql: string, more: Record<string, unknown> = {}) =>
    scoped.rows<Row>(sql, { params: { ...base, ...more }, ...signalOf(asking) });
  const { sql } = where.value;
  const axis = { first, step_ms, steps };
  if (question.only_codes === true) {
    const told = await ask(codesSql(sql));
    return told.ok ? ok({ ...overTime(told.value, axis), ...NOTHING_MORE }) : fromStore(told.error);
  }
  const [counted, codes, failed, retries, suspects] = await Promise.all([
    ask(subject.value.count),
    ask(codesSql(sql)),
    ask(failedSql(sql)),
    ask(retriesSql(sql)),
    ask(suspectsSql(sql)),
  ]);
  for (const part of [counted, codes, failed, retries, suspects]) if (!part.ok) return fromStore(part.error);
  const rows = Number(rowsOf(counted)[0]?.n ?? 0);
  const look = shareOf(subject.value, question, Math.ceil(rows / COUNTED_ROWS), 'share_one_in');
  const all =
    rowsOf(failed).length === 0
      ? ok<Row[]>([])
      : await ask(allSql(sql, look.sql), ofAll(rowsOf(failed), look));
  if (!all.ok) return fromStore(all.error);
  const runs: Row[] = [];
  for (const [by, value] of [
    ['host', "attributes['host']"],
    ['model_version', 'toString(model_version)'],
  ] as const) {
    const named = rowsOf(suspects).filter((row) => row.field === by);
    if (named.length === 0 || rows > RUNS_OF_ROWS) continue;
    const found = await ask(runsSql(sql, by, value), { suspects: named.map((row) => row.value) });
    if (!found.ok) return fromStore(found.error);
    runs.push(...found.value);
  }
  return ok({
    ...overTime(rowsOf(codes), axis),
    settings: settingsOf(rowsOf(failed), all.value, look.one_in),
    runs: runs.map(runOf).sort((a, b) => b.length - a.length),
    retries: rowsOf(retries).map(retryOf),
    retried: Number(rowsOf(retries)[0]?.n ?? 0),
    one_in: look.one_in,
  });
}

const rowsOf = <T>(result: Result<T[], unknown>): T[] => (result.ok ? result.value : []);
const iso = (ms: number): string => new Date(ms).toISOString();
const ofAll = (failed: readonly Row[], share: Share): Record<string, unknown> => ({
  ...share.params,
  fields: failed.map((row) => row.field),
  values: failed.map((row) => row.value),
});

const runOf = (row: Row): Failures['runs'][number] => ({
  by: row.by as 'host' | 'model_version',
  value: String(row.value),
  length: Number(row.length),
  from: iso(Number(row.from_ms)),
  to: iso(Number(row.to_ms)),
});
const retryOf = (row: Row): Failures['retries'][number] => ({
  tenant: String(row.tenant),
  request_id: String(row.request_id),
  timestamp: iso(Number(row.at_ms)),
  attempt: Number(row.attempt),
  outcome: String(row.outcome),
  code: String(row.code),
});
const NOTHING_MORE = { settings: [], runs: [], retries: [], retried: 0, one_in: 1 };

interface Axis {
  first: number;
  step_ms: number;
  steps: number;
}
const overTime = (rows: readonly Row[], axis: Axis): Pick<Failures, 'step_s' | 'times' | 'codes'> => ({
  step_s: axis.step_ms / 1000,
  times: Array.from({ length: axis.steps }, (_, at) => iso(axis.first + at * axis.step_ms)),
  codes: codesOf(rows, axis),
});

function codesOf(rows: readonly Row[], { first, step_ms, steps }: Axis): Failures['codes'] {
  const out = new Map<string, Failures['codes'][number]>();
  for (const row of rows) {
    const code = String(row.code);
    const known = out.get(code) ?? { code, counts: Array(steps).fill(0), n: 0, failed: 0, timed_out: 0 };
    out.set(code, known);
    const at = Math.floor((Number(row.bucket) - first) / step_ms);
    const n = Number(row.failed) + Number(row.timed_out);
    if (at >= 0 && at < steps) known.counts[at]! += n;
    known.n += n;
    known.failed += Number(row.failed);
    known.timed_out += Number(row.timed_out);
  }
  return [...out.values()].sort((a, b) => b.n - a.n).slice(0, CODES_MOST);
}

function settingsOf(failed: readonly Row[], all: readonly Row[], one_in: number): Failures['settings'] {
  const of = new Map(all.map((row) => [`${row.field}\n${row.value}`, Number(row.n) * one_in]));
  return failed.map((row) => ({
    field: String(row.field),
    value: String(row.value),
    failed: Number(row.failed),
    of: Math.max(Number(row.failed), of.get(`${row.field}\n${row.value}`) ?? 0),
    code: String(row.code),
  }));
}
