/**
 * Reads the rollups: stored hours, and in their place the hours that the keeper holds in memory.
 *
 * A question names one stored grouping: `all`, a dimension or a stored pair. The tenant is free in every question;
 * stages are asked for by `stages`, else the rows over all stages answer. Whoever sees all tenants and asks for none
 * reads the sums that stand beside them. Where a cell of the answer is one stored row, the stored quantiles are read in
 * place of the bins.
 */
import { type RollupMetricName, STORED_QUANTILES, storedQuantile } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import {
  type ArrayView,
  type BlockView,
  type ColumnView,
  type FixedView,
  readBlock,
} from '../native/index.ts';
import { type Store, type StoreError, type TenantScope, TOTAL_TENANT } from '../store/index.ts';
import type { Bins } from './bins.ts';
import { PAIR_SEPARATOR, type RollupRow, Tally } from './builder.ts';
import { type ContentReader, createContentReader } from './content-reader.ts';
import type { RollupKeeper, Unstored } from './keeper.ts';
import { HOUR_MS } from './swap.ts';

const DAY_MS = 24 * HOUR_MS;

/** A condition on one part of a row's key, in SQL and as a function: both say the same. */
export interface KeyCondition {
  /** `tenant`, `pipeline_stage`, or a dimension of the grouping. */
  key: string;
  /** SQL over `{key}`, which the reader replaces by its expression. */
  sql: (expression: string) => string;
  params: Record<string, unknown>;
  matches: (value: string) => boolean;
  /** Whether it holds for one value only. */
  single?: boolean;
}

export interface RollupQuestion {
  scope: TenantScope;
  metrics: readonly RollupMetricName[];
  /** Those of them whose quantiles are wanted; the bins of the others are not read. */
  quantiles: ReadonlySet<RollupMetricName>;
  /** Which quantiles, where they are all that is read from the bins; the tallies may then have no bins. */
  at?: readonly number[];
  /** Dimensions of the grouping, in the order of the stored pair; none for all rows. */
  dims: readonly string[];
  /** What the answer is keyed by, in this order: `tenant`, `pipeline_stage` and dimensions of the grouping. */
  by: readonly string[];
  /** Rows by stage in place of those over all stages. */
  stages: boolean;
  conditions: readonly KeyCondition[];
  /** Whole hours. */
  from_ms: number;
  to_ms: number;
  /** A multiple of an hour; null for one bucket. */
  step_ms: number | null;
  signal?: AbortSignal | undefined;
}

/** Told of everything counted; several tellings of one (key, bucket, metric) add up. The tally is the listener's. */
export type Told = (
  key: readonly string[],
  bucket_ms: number,
  metric: RollupMetricName,
  tally: Tally,
) => void;

export interface RollupReader {
  read(question: RollupQuestion, tell: Told): Promise<Result<null, StoreError>>;
  /** What prompts and pictures are about. */
  readonly content: ContentReader;
}

export function createRollupReader(deps: {
  store: Pick<Store, 'scoped'>;
  keeper: Pick<RollupKeeper, 'unstored' | 'content'>;
}): RollupReader {
  return {
    content: createContentReader({ store: deps.store, held: () => deps.keeper.content?.() ?? new Map() }),
    async read(question, tell) {
      // Taken before the query: an hour that is stored meanwhile is then read from here only.
      const held = heldHours(deps.keeper.unstored(), question);
      const parts = partsOf(question, held);
      const answers = await Promise.all(
        parts.map((part) =>
          deps.store.scoped(question.scope).native(sqlOf(question, part), {
            params: paramsOf(question, part, held),
            ...(question.signal ? { signal: question.signal } : {}),
          }),
        ),
      );
      for (const [i, answer] of answers.entries()) {
        if (!answer.ok) return answer;
        for (let at = 0; at < answer.value.length; ) {
          const view = readBlock(answer.value, at);
          at = view.end ?? answer.value.length;
          tellBlock(view, question, parts[i]!, tell);
        }
      }
      for (const { rows } of held) for (const row of rows()) tellRow(row, question, tell);
      return ok(null);
    },
  };
}

interface HeldHour {
  key: string;
  t_s: number;
  rows: () => readonly RollupRow[];
}

function heldHours(unstored: Unstored, { scope, from_ms, to_ms }: RollupQuestion): HeldHour[] {
  const out: HeldHour[] = [];
  for (const [key, rows] of unstored) {
    const cut = key.lastIndexOf('|');
    const t_s = Number(key.slice(cut + 1));
    if (scope.tenant !== null && key.slice(0, cut) !== scope.tenant) continue;
    if (t_s * 1000 >= from_ms && t_s * 1000 < to_ms) out.push({ key, t_s, rows });
  }
  return out;
}

interface Part {
  table: 'roll_hours' | 'roll_days';
  from_ms: number;
  to_ms: number;
  /** Rows of all tenants together, or of each that may be seen. */
  whose: 'all' | 'each';
  /** How rows of hours that the keeper holds are kept out: `hours` are left out or asked for whole, `buckets` one by one. */
  held?: 'not hours' | 'not buckets' | 'only hours';
}

/** Fewer days than this are read from their hours: one query instead of two or three. */
const LEAST_DAYS = 3;

/**
 * Whole days are read from the day rows, where the steps allow it: a twenty-fourth of the rows, and what there is
 * beyond the retention of the hours. Days of which the keeper holds an hour are read by the hour.
 *
 * The keeper holds an hour of some tenants, and the sum of that hour may have them or not: it is added up from the
 * rows of each.
 */
function partsOf(question: RollupQuestion, held: readonly HeldHour[]): Part[] {
  const { from_ms, to_ms, step_ms, by, conditions } = question;
  const summed =
    question.scope.tenant === null && ![...by, ...conditions.map((one) => one.key)].includes('tenant');
  const whose = summed ? 'all' : 'each';
  const hours = (from: number, to: number): Part[] => {
    if (from >= to) return [];
    const part: Part = { table: 'roll_hours', from_ms: from, to_ms: to, whose };
    if (held.length === 0) return [part];
    if (!summed) return [{ ...part, held: 'not buckets' }];
    const starts = held.map((one) => one.t_s * 1000);
    const open = { from_ms: Math.min(...starts), to_ms: Math.max(...starts) + HOUR_MS };
    return [
      { ...part, held: 'not hours' },
      { ...part, ...open, whose: 'each', held: 'only hours' },
    ];
  };
  const firstHeld = held.reduce((least, one) => Math.min(least, one.t_s * 1000), Number.POSITIVE_INFINITY);
  const first = Math.ceil(from_ms / DAY_MS) * DAY_MS;
  const last = Math.floor(Math.min(to_ms, firstHeld) / DAY_MS) * DAY_MS;
  const daily = (step_ms === null || step_ms % DAY_MS === 0) && last - first >= LEAST_DAYS * DAY_MS;
  if (!daily) return hours(from_ms, to_ms);
  const edge: Part = { table: 'roll_hours', from_ms, to_ms: first, whose };
  return [
    ...(from_ms < first ? [edge] : []),
    { table: 'roll_days', from_ms: first, to_ms: last, whose },
    ...hours(last, to_ms),
  ];
}

const NOT_HELD = "concat(t.tenant, '|', toString(toUnixTimestamp(t.t))) NOT IN {held:Array(String)}";
const OF_HELD_HOURS = 't.t IN (SELECT fromUnixTimestamp(arrayJoin({held_s:Array(UInt32)})))';
const HELD: Readonly<Record<NonNullable<Part['held']>, string>> = {
  'not hours': `NOT (${OF_HELD_HOURS})`,
  'not buckets': `(NOT (${OF_HELD_HOURS}) OR ${NOT_HELD})`,
  'only hours': `${OF_HELD_HOURS} AND ${NOT_HELD}`,
};

/** Whether each cell of the answer is one stored row, whose quantiles then stand beside it. */
function isWhole(question: RollupQuestion, part: Part): boolean {
  const { scope, at, dims, by, stages, step_ms, conditions } = question;
  if (!at?.every((q) => (STORED_QUANTILES as readonly number[]).includes(q))) return false;
  if (part.held === 'only hours' || step_ms !== (part.table === 'roll_days' ? DAY_MS : HOUR_MS)) return false;
  const fixed = (key: string): boolean =>
    by.includes(key) || conditions.some((one) => one.key === key && one.single === true);
  const ofOne = part.whose === 'all' || scope.tenant !== null || fixed('tenant');
  return ofOne && dims.every(fixed) && (!stages || fixed('pipeline_stage'));
}

/** Whether no two stored rows are of one cell of the answer, so that there is nothing to add up. */
function isOneRow({ by, dims, stages, step_ms }: RollupQuestion, { table, whose }: Part): boolean {
  const keys = [...(whose === 'each' ? ['tenant'] : []), ...dims, ...(stages ? ['pipeline_stage'] : [])];
  return step_ms === (table === 'roll_days' ? DAY_MS : HOUR_MS) && keys.every((key) => by.includes(key));
}

function sqlOf(question: RollupQuestion, part: Part): string {
  const { by, conditions, stages, step_ms, quantiles } = question;
  const keys = by.map((key, index) => `${keySql(key, question)} AS key${index}`);
  const bucket =
    step_ms === null
      ? 'toUInt32(0)'
      : 'toUInt32(intDiv(toUnixTimestamp(t.t), {step_s:UInt32}) * {step_s:UInt32})';
  const where = [
    part.whose === 'all' ? '{tenant_total:t}' : `{tenant_filter:t} AND t.tenant != '${TOTAL_TENANT}'`,
    't.metric IN {metrics:Array(String)}',
    't.dim = {dim:String}',
    stages ? "t.stage != ''" : "t.stage = ''",
    't.t >= fromUnixTimestamp({from_s:UInt32}) AND t.t < fromUnixTimestamp({to_s:UInt32})',
    ...conditions.map((one) => one.sql(keySql(one.key, question))),
    ...(part.held === undefined ? [] : [HELD[part.held]]),
  ];
  const lead = `t.metric AS of_metric, ${bucket} AS bucket${keys.map((key) => `, ${key}`).join('')}`;
  const rest = `FROM ${part.table} AS t WHERE ${where.join(' AND ')}`;
  const sums = 'toFloat64(t.n) AS seen, toFloat64(t.sum) AS micro';
  if (quantiles.size > 0 && isWhole(question, part))
    return `SELECT ${lead}, ${sums}, ${STORED_QUANTILES.map((q) => `t.${storedQuantile(q)}`).join(', ')} ${rest}`;
  // Histograms are added here, not there: sumMap took ten times as long as reading the rows that it adds.
  if (quantiles.size > 0)
    return `SELECT ${lead}, ${sums},
      if(t.metric IN {quantiles:Array(String)}, t.bins, []) AS codes, if(t.metric IN {quantiles:Array(String)}, t.counts, []) AS seen_per_code ${rest}`;
  // As doubles: sums of absurd amounts are absurd, and never negative.
  return `SELECT ${lead}, toFloat64(sum(t.n)) AS seen, sum(toFloat64(t.sum)) AS micro ${rest}
    GROUP BY ${['of_metric', 'bucket', ...by.map((_, index) => `key${index}`)].join(', ')}`;
}

/** Values of a pair are joined; its parts are taken out again. */
function keySql(key: string, { dims }: RollupQuestion): string {
  if (key === 'tenant') return 't.tenant';
  if (key === 'pipeline_stage') return 't.stage';
  if (dims.length <= 1) return 't.value';
  return `splitByChar('\\x1f', toString(t.value))[${dims.indexOf(key) + 1}]`;
}

function paramsOf(
  { metrics, quantiles, dims, conditions, step_ms }: RollupQuestion,
  { from_ms, to_ms, held: leaves }: Part,
  held: readonly HeldHour[],
): Record<string, unknown> {
  return {
    metrics: [...metrics],
    ...(quantiles.size > 0 && { quantiles: [...quantiles] }),
    dim: groupingOf(dims),
    from_s: from_ms / 1000,
    to_s: to_ms / 1000,
    ...(step_ms !== null && { step_s: step_ms / 1000 }),
    ...(leaves !== undefined && {
      held: held.map((one) => one.key),
      held_s: [...new Set(held.map((one) => one.t_s))],
    }),
    ...Object.assign({}, ...conditions.map((one) => one.params)),
  };
}

const groupingOf = (dims: readonly string[]): string => (dims.length === 0 ? 'all' : dims.join('*'));

function tellBlock(view: BlockView, question: RollupQuestion, part: Part, tell: Told): void {
  const { by } = question;
  const isRow = isOneRow(question, part);
  const column = (name: string): ColumnView => {
    const found = view.columns.get(name);
    if (!found) throw new Error(`no column ${name} in the answer`);
    return found;
  };
  const metric = column('of_metric');
  const bucket = column('bucket');
  const [seen, micro] = [column('seen'), column('micro')];
  const keys = by.map((_, index) => column(`key${index}`));
  const codes = view.columns.get('codes') as ArrayView | undefined;
  const counts = view.columns.get('seen_per_code') as ArrayView | undefined;
  const stored = view.columns.has(storedQuantile(STORED_QUANTILES[0]))
    ? STORED_QUANTILES.map((q) => [q, column(storedQuantile(q))] as const)
    : undefined;
  const told = new Map<string, { key: string[]; bucket_ms: number; name: RollupMetricName; tally: Tally }>();
  for (let row = 0; row < view.rows; row++) {
    const name = metric.at(row) as RollupMetricName;
    const key = keys.map((one) => one.at(row) as string);
    const bucket_ms = Number(bucket.at(row)) * 1000;
    if (stored) {
      const tally = new Tally(name);
      tally.n = Number(seen.at(row));
      tally.micro = Number(micro.at(row));
      tally.stored = new Map(stored.map(([q, code]) => [q, Number(code.at(row))]));
      tell(key, bucket_ms, name, tally);
      continue;
    }
    const place = isRow ? '' : `${name}\n${bucket_ms}\n${key.join('\n')}`;
    const known = isRow ? undefined : told.get(place);
    const tally = known?.tally ?? new Tally(name);
    tally.n += Number(seen.at(row));
    tally.micro += Number(micro.at(row));
    if (codes && counts && tally.bins) addBins(tally.bins, codes, counts, row);
    if (isRow) tell(key, bucket_ms, name, tally);
    else if (!known) told.set(place, { key, bucket_ms, name, tally });
  }
  for (const { key, bucket_ms, name, tally } of told.values()) tell(key, bucket_ms, name, tally);
}

function addBins(bins: Bins, { ends, inner }: ArrayView, counts: ArrayView, row: number): void {
  const [from, to] = [row === 0 ? 0 : ends[row - 1]!, ends[row]!];
  if (from === to) return;
  const columns = [(inner as FixedView).values, (counts.inner as FixedView).values] as const;
  bins.lay({ codes: columns[0] as Uint16Array, counts: columns[1] as Uint32Array, from, to });
}

/** A tally of what was read; counts may be text, numbers or big integers. */
export function tallyOf(
  metric: RollupMetricName,
  n: number,
  micro: number,
  codes: readonly unknown[] = [],
  counts: readonly unknown[] = [],
): Tally {
  const tally = new Tally(metric);
  tally.n = n;
  tally.micro = micro;
  codes.forEach((code, index) => {
    tally.bins?.add(Number(code), Number(counts[index]));
  });
  return tally;
}

function tellRow(row: RollupRow, question: RollupQuestion, tell: Told): void {
  const { metrics, dims, stages, conditions, by, step_ms } = question;
  if (row.dim !== groupingOf(dims) || (row.stage !== '') !== stages || !metrics.includes(row.metric)) return;
  const parts = dims.length === 2 ? row.value.split(PAIR_SEPARATOR) : [row.value];
  const part = (key: string): string => {
    if (key === 'tenant') return row.tenant;
    return key === 'pipeline_stage' ? row.stage : (parts[dims.indexOf(key)] ?? '');
  };
  if (!conditions.every((one) => one.matches(part(one.key)))) return;
  const bucket = step_ms === null ? 0 : Math.floor(row.t_ms / step_ms) * step_ms;
  // The keeper's own tally stays as it is: who is told may add to what he gets.
  const copy = new Tally(row.metric);
  copy.merge(row.tally);
  tell(by.map(part), bucket, row.metric, copy);
}

export const wholeHours = (from_ms: number, to_ms: number): { from_ms: number; to_ms: number } => ({
  from_ms: Math.ceil(from_ms / HOUR_MS) * HOUR_MS,
  to_ms: Math.floor(to_ms / HOUR_MS) * HOUR_MS,
});
