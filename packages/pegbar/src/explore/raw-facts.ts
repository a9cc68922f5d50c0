/** Counts facts from raw rows in the engine: any filter, any grouping, any step, within a bound. */
import type { RollupMetricName } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { type Told, tallyOf } from '../rollups/index.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { binSql, FACTS, type FactSql, SOURCES, type SourceName, STAGE_QUEUE_WAIT } from './fact-queries.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, whereOf } from './filter.ts';

export interface RawQuestion {
  metrics: readonly RollupMetricName[];
  quantiles: ReadonlySet<RollupMetricName>;
  /** `tenant`, `pipeline_stage` and dimensions. */
  by: readonly string[];
  /** Whether stages are asked for, in `by` or in a condition. */
  stages: boolean;
  conditions: readonly Condition[];
  from_ms: number;
  to_ms: number;
  step_ms: number | null;
}

/** Whether the rows that the metrics are counted from have every field of the conditions. */
export const countable = (metrics: readonly RollupMetricName[], conditions: readonly Condition[]): boolean =>
  metrics
    .flatMap((metric) => FACTS[metric])
    .every(({ source }) => conditions.every(({ field }) => Object.hasOwn(SOURCES[source].fields, field)));

/** The engine counts some ten million rows a second on one core; more than this is answered from a sample. */
const RAW_ROWS_MOST = 20_000_000;
/** What is as short as this is the smaller part of the days that it is looked for in: an hour that a range begins within. */
const SHORT_MS = 2 * 3_600_000;
/** One request in so many is counted then, chosen by the digest of its id. */
const SAMPLE_OF = 32;

const ROWS_IN_RANGE = `SELECT toUInt32(least(4000000000, count())) AS rows FROM spans
WHERE {tenant_filter} AND timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND timestamp < fromUnixTimestamp64Milli({to:Int64})`;

/** Tells what was counted; `true` where it is an estimate. */
export async function countRaw(
  { store }: ExploreDeps,
  asking: Asking,
  question: RawQuestion,
  tell: Told,
): Promise<Result<boolean, ExploreError>> {
  const scoped = store.scoped(asking.scope);
  const options = asking.signal ? { signal: asking.signal } : {};
  const range = { from: question.from_ms, to: question.to_ms };
  const counted = await scoped.rows<{ rows: number }>(ROWS_IN_RANGE, { params: range, ...options });
  if (!counted.ok) return fromStore(counted.error);
  const every = (counted.value[0]?.rows ?? 0) > RAW_ROWS_MOST ? SAMPLE_OF : 1;
  for (const [source, facts] of bySource(question)) {
    const texts = queriesOf(source, facts, question, every);
    if (!texts.ok) return texts;
    for (const { sql, params, read } of texts.value) {
      const answer = await scoped.rows<Row>(sql, { params: { ...range, ...params }, ...options });
      if (!answer.ok) return fromStore(answer.error);
      for (const row of answer.value) read(row, tell);
    }
  }
  return ok(every > 1);
}

type Row = Record<string, unknown>;
type Fact = FactSql & { metric: RollupMetricName };

function bySource({ metrics, stages }: RawQuestion): Map<SourceName, Fact[]> {
  const out = new Map<SourceName, Fact[]>();
  for (const metric of metrics) {
    const facts = stages && metric === 'queue_wait_ms' ? [STAGE_QUEUE_WAIT] : FACTS[metric];
    for (const fact of facts) {
      // Facts about requests, pictures and samples have no stage.
      if (stages && fact.source !== 'stages') continue;
      out.set(fact.source, [...(out.get(fact.source) ?? []), { ...fact, metric }]);
    }
  }
  return out;
}

interface Reading {
  sql: string;
  params: Record<string, unknown>;
  read: (row: Row, tell: Told) => void;
}

/** One text for all counts and sums of a source, and one for each histogram. */
function queriesOf(
  name: SourceName,
  facts: readonly Fact[],
  question: RawQuestion,
  every: number,
): Result<Reading[], ExploreError> {
  const source = SOURCES[name];
  const where = whereOf(question.conditions, source.fields);
  if (!where.ok) {
    const wrong = question.conditions.find((one) => !Object.hasOwn(source.fields, one.field));
    if (!wrong) return where;
    return refused('invalid_request', `${facts[0]!.metric} cannot be filtered by ${wrong.field}`, {
      field: 'filter',
      ...(where.error.hint === undefined ? {} : { hint: where.error.hint }),
    });
  }
  const { by, step_ms } = question;
  const factor = source.request ? every : 1;
  const sampled = factor > 1 ? ` AND cityHash64(${source.request}) % ${SAMPLE_OF} = 0` : '';
  const bucket = step_ms === null ? 'toInt64(0)' : 'intDiv(at_ms, {step_ms:Int64}) * {step_ms:Int64}';
  const keys = by.map((key, index) => `toString(${key}) AS key${index}`);
  const groups = ['bucket', ...by.map((_, index) => `key${index}`)].join(', ');
  const lead = `${bucket} AS bucket${keys.map((key) => `, ${key}`).join('')}`;
  const isShort = question.to_ms - question.from_ms <= SHORT_MS;
  const rest = `FROM (${(isShort && source.few) || source.sql}) WHERE (${where.value.sql})${sampled}`;
  const params = { ...where.value.params, ...(step_ms !== null && { step_ms }) };
  const keyOf = (row: Row): string[] => by.map((_, index) => String(row[`key${index}`]));
  const plain = facts.filter((fact) => !question.quantiles.has(fact.metric));
  const binned = facts.filter((fact) => question.quantiles.has(fact.metric));
  const out: Reading[] = binned.map((fact) => ({
    sql: `SELECT ${groups}, toFloat64(sum(times)) AS n, sum(micro) AS micro, groupArray(bin) AS codes, groupArray(times) AS counts FROM (
        SELECT ${lead}, ${binSql(fact.metric, fact.value)} AS bin, toUInt32(sum(${fact.times ?? '1'})) AS times, ${microSql(fact, '1')} AS micro
        ${rest} AND (${fact.when}) GROUP BY ${groups}, bin
      ) GROUP BY ${groups}`,
    params,
    read: (row, tell) => {
      const counts = (row.counts as unknown[]).map((count) => Number(count) * factor);
      tell(
        keyOf(row),
        Number(row.bucket),
        fact.metric,
        tallyOf(
          fact.metric,
          Number(row.n) * factor,
          Number(row.micro) * factor,
          row.codes as unknown[],
          counts,
        ),
      );
    },
  }));
  if (plain.length === 0) return ok(out);
  const sums = plain.map(
    (fact, index) => `${countSql(fact)} AS n${index}, ${microSql(fact, fact.when)} AS micro${index}`,
  );
  out.push({
    sql: `SELECT ${lead}, ${sums.join(', ')} ${rest} GROUP BY ${groups}`,
    params,
    read: (row, tell) => {
      plain.forEach(({ metric }, index) => {
        const n = Number(row[`n${index}`]) * factor;
        if (n > 0)
          tell(
            keyOf(row),
            Number(row.bucket),
            metric,
            tallyOf(metric, n, Number(row[`micro${index}`]) * factor),
          );
      });
    },
  });
  return ok(out);
}

const countSql = ({ when, times, distinct }: Fact): string => {
  if (distinct) return `toFloat64(uniqExactIf(${distinct}, ${when}))`;
  return times ? `toFloat64(sumIf(${times}, ${when}))` : `toFloat64(countIf(${when}))`;
};

/** Whole millionths, as the rollups add them. */
const microSql = ({ value, times = '1', distinct }: Fact, when: string): string =>
  distinct
    ? `toFloat64(uniqExactIf(${distinct}, ${when})) * 1000000`
    : `toFloat64(sumIf(toInt64(floor((${value}) * 1000000 + 0.5)) * toInt64(${times}), ${when}))`;
