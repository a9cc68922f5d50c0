/** Reads quarters of days and their references: what a sweep of drift looks at. */
import type { RollupMetricName } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { type ArrayView, type FixedView, readBlock } from '../native/index.ts';
import type { Queries } from '../state/index.ts';
import { type Store, type StoreError, type TenantScope, TOTAL_TENANT } from '../store/index.ts';
import type { RollupKeeper } from './keeper.ts';
import { QUARTER_MS, quarterOf, REFERENCE_WEEKS } from './quarters.ts';
import { eachStoredBlock, STORED_COLUMNS, type StoredBlock, type StoredRow } from './stored-rows.ts';
import { dateOf, HOUR_MS } from './swap.ts';

const WEEK_MS = 7 * 24 * HOUR_MS;
/** `STORED_COLUMNS` of what has no bins, or none that are wanted. */
const NO_BINS = STORED_COLUMNS.replace(
  /bins, counts$/,
  'emptyArrayUInt16() AS bins, emptyArrayUInt32() AS counts',
);

export interface QuarterQuestion {
  readonly scope: TenantScope;
  readonly metrics: readonly RollupMetricName[];
  /** Those of them whose bins are wanted. */
  readonly bins: ReadonlySet<RollupMetricName>;
  readonly signal?: AbortSignal | undefined;
}

export interface Stretch {
  readonly from_ms: number;
  readonly to_ms: number;
}

export interface QuarterReader {
  /** Weeks of history before a moment: a reference of few weeks says little. */
  weeksBefore(at_ms: number): Promise<Result<number, StoreError>>;
  /** Current rows of the window; resolves with what of it has to be read from the hours, as it is not summed yet. */
  current(
    question: QuarterQuestion & Stretch,
    tell: (block: StoredBlock) => void,
  ): Promise<Result<Stretch[], StoreError>>;
  /** References of the quarters that the window touches, whole quarters. */
  references(
    question: QuarterQuestion & Stretch,
    tell: (block: StoredBlock) => void,
  ): Promise<Result<null, StoreError>>;
  /** Hours of each tenant, without bins. */
  hours(
    question: Pick<QuarterQuestion, 'scope' | 'metrics' | 'signal'>,
    stretches: readonly Stretch[],
    tell: (block: StoredBlock) => void,
  ): Promise<Result<null, StoreError>>;
  /** Observations and sums by day of some cells alone, without bins; `TOTAL_TENANT` is all tenants together. */
  days(
    question: Pick<QuarterQuestion, 'scope' | 'signal'> & {
      readonly cells: readonly Pick<SumsRow, 'tenant' | 'metric' | 'stage' | 'dim'>[];
    },
    stretch: Stretch,
    tell: (row: SumsRow) => void,
  ): Promise<Result<null, StoreError>>;
}

export interface SumsRow extends Pick<StoredRow, 'tenant' | 'metric' | 'stage' | 'dim' | 'value'> {
  /** Starts of days in seconds, and what was counted in each. */
  readonly starts: ArrayLike<number>;
  readonly n: ArrayLike<number>;
  readonly micro: ArrayLike<number>;
}

/** Starts of the quarters that touch a stretch. */
export function quartersOf({ from_ms, to_ms }: Stretch): number[] {
  const out: number[] = [];
  for (let t_ms = quarterOf(from_ms); t_ms < to_ms; t_ms += QUARTER_MS) out.push(t_ms);
  return out;
}

/** Hours that a quarter's reference is the sum of. */
export const sourcesOf = (t_ms: number): Stretch[] =>
  Array.from({ length: REFERENCE_WEEKS }, (_, week) => {
    const from_ms = t_ms - (week + 1) * WEEK_MS;
    return { from_ms, to_ms: from_ms + QUARTER_MS };
  });

export function createQuarterReader(deps: {
  store: Pick<Store, 'scoped' | 'rows'>;
  keeper: Pick<RollupKeeper, 'unstored'>;
  state: Queries;
}): QuarterReader {
  const { store, keeper, state } = deps;

  async function rowsOf(
    table: 'roll_quarters' | 'roll_references',
    quarters: readonly number[],
    { scope, metrics, bins, signal }: QuarterQuestion,
    tell: (block: StoredBlock) => void,
  ): Promise<Result<null, StoreError>> {
    if (quarters.length === 0) return ok(null);
    const columns = STORED_COLUMNS.replace(
      /bins, counts$/,
      'if(metric IN {bins:Array(String)}, bins, []) AS bins, if(metric IN {bins:Array(String)}, counts, []) AS counts',
    );
    const answer = await store.scoped(scope).native(
      `SELECT ${columns} FROM ${table} AS t
       WHERE {tenant_filter:t} AND toDate(t.t) IN {days:Array(Date)} AND toUInt32(toUnixTimestamp(t.t)) IN {quarters:Array(UInt32)}
         AND t.metric IN {metrics:Array(String)}`,
      {
        params: {
          days: [...new Set(quarters.map(dateOf))],
          quarters: quarters.map((t_ms) => t_ms / 1000),
          metrics: [...metrics],
          bins: [...bins],
        },
        ...(signal ? { signal } : {}),
      },
    );
    if (!answer.ok) return answer;
    eachStoredBlock(answer.value, tell);
    return ok(null);
  }

  return {
    async weeksBefore(at_ms) {
      const found = await store.rows<{ day: string }>(
        "SELECT toString(min(partition)) AS day FROM system.parts WHERE database = currentDatabase() AND table = 'roll_quarters' AND active HAVING count() > 0",
      );
      if (!found.ok) return found;
      const day = found.value[0]?.day;
      return ok(day === undefined ? 0 : (at_ms - Date.parse(day)) / WEEK_MS);
    },
    async current(question, tell) {
      // Taken before the rows are read: what is summed meanwhile is read from the hours only.
      const dirty = new Set(
        (await state.all<{ t_ms: number }>('SELECT t_ms FROM dirty_quarters')).map(({ t_ms }) => t_ms),
      );
      for (const key of keeper.unstored().keys())
        dirty.add(quarterOf(Number(key.slice(key.lastIndexOf('|') + 1)) * 1000));
      const { from_ms, to_ms } = question;
      const isWhole = (t_ms: number): boolean =>
        t_ms >= from_ms && t_ms + QUARTER_MS <= to_ms && !dirty.has(t_ms);
      const quarters = quartersOf(question);
      const read = await rowsOf('roll_quarters', quarters.filter(isWhole), question, tell);
      if (!read.ok) return read;
      const rest = quarters
        .filter((t_ms) => !isWhole(t_ms))
        .map((t_ms) => ({
          from_ms: Math.max(t_ms, from_ms),
          to_ms: Math.min(t_ms + QUARTER_MS, to_ms),
        }));
      return ok(rest);
    },
    references: (question, tell) => rowsOf('roll_references', quartersOf(question), question, tell),
    async hours({ scope, metrics, signal }, stretches, tell) {
      if (stretches.length === 0) return ok(null);
      const within = stretches.map(
        (_, at) =>
          `t.t >= fromUnixTimestamp({from${at}:UInt32}) AND t.t < fromUnixTimestamp({to${at}:UInt32})`,
      );
      const answer = await store.scoped(scope).native(
        `SELECT ${NO_BINS} FROM roll_hours AS t
         WHERE {tenant_filter:t} AND t.tenant != '${TOTAL_TENANT}' AND t.metric IN {metrics:Array(String)}
           AND t.dim IN ('workload', 'region') AND (${within.join(' OR ')})`,
        {
          params: Object.assign(
            { metrics: [...metrics] },
            ...stretches.map(({ from_ms, to_ms }, at) => ({
              [`from${at}`]: from_ms / 1000,
              [`to${at}`]: to_ms / 1000,
            })),
          ),
          ...(signal ? { signal } : {}),
        },
      );
      if (!answer.ok) return answer;
      eachStoredBlock(answer.value, tell);
      return ok(null);
    },
    async days({ scope, signal, cells }, { from_ms, to_ms }, tell) {
      if (cells.length === 0) return ok(null);
      const answer = await store.scoped(scope).native(
        `SELECT tenant, metric, stage, dim, value, groupArray(toUnixTimestamp(t.t)) AS starts, groupArray(toFloat64(t.n)) AS seen, groupArray(toFloat64(t.sum)) AS micro
         FROM roll_days AS t
         WHERE {tenant_filter:t} AND t.t >= fromUnixTimestamp({from:UInt32}) AND t.t < fromUnixTimestamp({to:UInt32})
           AND (t.tenant, t.metric, t.stage, t.dim)
             IN (SELECT one.1, one.2, one.3, one.4
             FROM (SELECT arrayJoin(arrayZip({tenants:Array(String)}, {metrics:Array(String)}, {stages:Array(String)}, {dims:Array(String)})) AS one))
         GROUP BY tenant, metric, stage, dim, value`,
        {
          params: {
            from: from_ms / 1000,
            to: to_ms / 1000,
            tenants: cells.map(({ tenant }) => tenant),
            metrics: cells.map(({ metric }) => metric),
            stages: cells.map(({ stage }) => stage),
            dims: cells.map(({ dim }) => dim),
          },
          ...(signal ? { signal } : {}),
        },
      );
      if (!answer.ok) return answer;
      for (let at = 0; at < answer.value.length; ) {
        const view = readBlock(answer.value, at);
        at = view.end ?? answer.value.length;
        const text = (name: string, row: number): string => view.columns.get(name)!.at(row) as string;
        const lists = ['starts', 'seen', 'micro'].map((name) => view.columns.get(name) as ArrayView);
        for (let row = 0; row < view.rows; row++) {
          const [starts, n, micro] = lists.map(({ ends, inner }) =>
            (inner as FixedView).values.subarray(row === 0 ? 0 : ends[row - 1]!, ends[row]!),
          ) as [Float64Array, Float64Array, Float64Array];
          const metric = text('metric', row) as RollupMetricName;
          tell({
            tenant: text('tenant', row),
            metric,
            stage: text('stage', row),
            dim: text('dim', row),
            value: text('value', row),
            starts,
            n,
            micro,
          });
        }
      }
      return ok(null);
    },
  };
}
