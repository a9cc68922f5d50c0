/**
 * KPIs by segment and time. Whole hours come from the rollups where they hold the grouping; the rest of a window,
 * short windows, fine steps and other filters are counted from raw rows, beyond a bound from a sample of requests.
 */
import {
  type Formula,
  formulaOf,
  isKpiName,
  KPI_NAMES,
  type KpiName,
  kpiValue,
  metricsOf,
  ROLLUP_METRICS,
  ROLLUP_PAIRS,
  type RollupMetricName,
} from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import {
  DIMENSIONS,
  HOUR_MS,
  type KeyCondition,
  type RollupReader,
  type Tally,
  type Told,
  wholeHours,
} from '../rollups/index.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, matchesText, whereOf } from './filter.ts';
import { nearest } from './nearest.ts';
import type { TimeRange } from './range.ts';
import { countRaw } from './raw-facts.ts';

/** A figure that is none of the published KPIs, computed as they are. */
export interface Figure {
  name: string;
  formula: Formula;
}

export interface KpiQuestion extends TimeRange {
  metrics: readonly string[];
  /** In place of `metrics`. */
  figures?: readonly Figure[];
  by: readonly string[];
  /** Length of a point; null for one point over the whole window. */
  step_ms: number | null;
  conditions: readonly Condition[];
  /** Only so many values of the dimensions: those with most observations of the first figure. */
  top?: number | undefined;
}

export interface KpiAnswer {
  step_s: number;
  source: 'rollup' | 'raw' | 'estimate';
  series: { key: Record<string, string>; points: { t: string; value: number | null; n: number }[] }[];
}

export interface KpiDeps extends ExploreDeps {
  rollups: RollupReader;
}

export const DEFAULT_METRICS: readonly KpiName[] = [
  'requests',
  'availability',
  'error_rate',
  'latency_p50_ms',
  'latency_p95_ms',
  'latency_p99_ms',
  'images',
  'cost_usd',
];

/** Windows up to this are counted from raw rows: they are few, and newer than any rollup. */
const RAW_WINDOW_MS = 2 * HOUR_MS;
/** Points of one answer: more than a page of charts can draw. */
const POINTS_MOST = 60_000;
/** Points of one series. */
const STEPS_MOST = 11_000;
/** Counts of different things, which do not add up over values of a dimension. */
const DISTINCT: ReadonlySet<RollupMetricName> = new Set(['sessions']);
const FREE: ReadonlySet<string> = new Set(['tenant', 'pipeline_stage']);
const GROUPS: readonly string[] = ['tenant', ...DIMENSIONS, 'pipeline_stage'];

interface Plan {
  kpis: readonly Figure[];
  metrics: RollupMetricName[];
  quantiles: ReadonlySet<RollupMetricName>;
  /** Which quantiles; undefined where whole distributions are wanted. */
  at?: readonly number[];
  by: readonly string[];
  stages: boolean;
  conditions: readonly Condition[];
  step_ms: number | null;
}

export async function readKpis(
  deps: KpiDeps,
  asking: Asking,
  question: KpiQuestion,
): Promise<Result<KpiAnswer, ExploreError>> {
  const plan = planOf(question);
  if (!plan.ok) return plan;
  const buckets = bucketsOf(question);
  if (buckets.length > STEPS_MOST) return tooMany();
  const counts = new Counts(question.step_ms === null ? question.from_ms : null);
  const source = await count(deps, asking, question, plan.value, counts.add);
  if (!source.ok) return source;
  const [figure] = plan.value.kpis;
  const keys = counts.keys(question.top, figure ? metricsOf(figure.formula) : []);
  if (keys.length === 0 && plan.value.by.length === 0) keys.push([]);
  if (keys.length * plan.value.kpis.length * buckets.length > POINTS_MOST) return tooMany();
  const now = deps.clock.now();
  const series = plan.value.kpis.flatMap((kpi) =>
    keys.map((key) => ({
      key: { metric: kpi.name, ...Object.fromEntries(plan.value.by.map((dim, at) => [dim, key[at]!])) },
      points: buckets.map((bucket) => pointOf(kpi, counts, key, bucket, plan.value.stages, now)),
    })),
  );
  const step_s = (question.step_ms ?? question.to_ms - question.from_ms) / 1000;
  return ok({ step_s, source: source.value, series });
}

const tooMany = () =>
  refused(
    'query_limit',
    `the answer would have more than ${POINTS_MOST} points, or ${STEPS_MOST} in one series`,
    {
      hint: 'Take a longer step, a shorter window, fewer metrics, or filter the segments.',
    },
  );

function planOf({ metrics, figures, by, conditions, step_ms }: KpiQuestion): Result<Plan, ExploreError> {
  const names = metrics.length === 0 ? DEFAULT_METRICS : [...new Set(metrics)];
  const wrong = names.find((name) => !isKpiName(name));
  if (wrong !== undefined) {
    const near = nearest(wrong, KPI_NAMES);
    return refused('invalid_request', `there is no KPI ${wrong.slice(0, 80)}`, {
      field: 'metrics',
      hint: near ? `Did you mean ${near}?` : `KPIs: ${KPI_NAMES.join(', ')}.`,
    });
  }
  const wrongGroup = by.find((name) => !GROUPS.includes(name));
  if (wrongGroup !== undefined) {
    const near = nearest(wrongGroup, GROUPS);
    return refused('invalid_request', `there is no dimension ${wrongGroup.slice(0, 80)}`, {
      field: 'by',
      hint: near ? `Did you mean ${near}?` : `Dimensions: ${GROUPS.join(', ')}.`,
    });
  }
  const stages = by.includes('pipeline_stage') || conditions.some((one) => one.field === 'pipeline_stage');
  const kpis = figures ?? (names as KpiName[]).map((name) => ({ name, formula: formulaOf(name, stages) }));
  const needed = new Set(kpis.flatMap(({ formula }) => metricsOf(formula)));
  const quantiles = new Set(kpis.flatMap(({ formula }) => (formula.op === 'quantile' ? [formula.of] : [])));
  const at = kpis.flatMap(({ formula }) => (formula.op === 'quantile' ? [formula.q] : []));
  return ok({ kpis, metrics: [...needed], quantiles, at, by: [...new Set(by)], stages, conditions, step_ms });
}

/** The stored grouping that answers, or null where only raw rows can. */
function groupingOf({ by, conditions, stages, metrics }: Plan): string[] | null {
  // A session that used two regions is in both; the sum over a list of regions would count it twice.
  const several = conditions.some(({ field, op }) => op !== '=' && !FREE.has(field) && !by.includes(field));
  if (several && metrics.some((name) => DISTINCT.has(name))) return null;
  const dims = [...new Set([...by, ...conditions.map((one) => one.field)])].filter((name) => !FREE.has(name));
  if (!dims.every((name) => (DIMENSIONS as readonly string[]).includes(name))) return null;
  if (conditions.some(({ op }) => op !== '=' && op !== '!=' && op !== 'in' && op !== '~')) return null;
  if (dims.length <= 1) return dims;
  const pair = ROLLUP_PAIRS.find((each) => dims.length === 2 && each.every((dim) => dims.includes(dim)));
  // Pairs are kept over all stages only.
  return pair && !stages ? [...pair] : null;
}

/** Tallies of one metric with its bins, by bucket: what a distribution over time is made of. */
export function countDistribution(
  deps: KpiDeps,
  asking: Asking,
  question: TimeRange & { step_ms: number; conditions: readonly Condition[] },
  metric: RollupMetricName,
  tell: Told,
): Promise<Result<KpiAnswer['source'], ExploreError>> {
  const { step_ms, conditions } = question;
  const stages = conditions.some((one) => one.field === 'pipeline_stage');
  const metrics = { metrics: [metric], quantiles: new Set([metric]), kpis: [] };
  const asked = { ...question, metrics: [], by: [] };
  return count(deps, asking, asked, { ...metrics, by: [], stages, conditions, step_ms }, tell);
}

/** Tallies of segments hour by hour: from the rollups where they hold the grouping, else from raw rows. */
export function countHours(
  deps: KpiDeps,
  asking: Asking,
  question: TimeRange & { by: readonly string[]; stages: boolean; conditions: readonly Condition[] },
  read: { metrics: RollupMetricName[]; quantiles: ReadonlySet<RollupMetricName> },
  tell: Told,
): Promise<Result<KpiAnswer['source'], ExploreError>> {
  const { by, conditions } = question;
  const stages = question.stages || conditions.some((one) => one.field === 'pipeline_stage');
  const asked = { ...question, metrics: [], step_ms: HOUR_MS };
  return count(deps, asking, asked, { ...read, kpis: [], by, stages, conditions, step_ms: HOUR_MS }, tell);
}

async function count(
  deps: KpiDeps,
  asking: Asking,
  { from_ms, to_ms, step_ms }: KpiQuestion,
  plan: Plan,
  tell: Told,
): Promise<Result<KpiAnswer['source'], ExploreError>> {
  const raw = async (from: number, to: number): Promise<Result<boolean, ExploreError>> =>
    from < to ? countRaw(deps, asking, { ...plan, from_ms: from, to_ms: to }, tell) : ok(false);
  const dims = groupingOf(plan);
  const fine = step_ms !== null && step_ms % HOUR_MS !== 0;
  if (dims === null || fine || to_ms - from_ms <= RAW_WINDOW_MS) {
    const counted = await raw(from_ms, to_ms);
    return counted.ok ? ok(counted.value ? 'estimate' : 'raw') : counted;
  }
  // What is not over yet is in the rollups as far as it has come.
  const end = to_ms >= deps.clock.now() ? Math.ceil(to_ms / HOUR_MS) * HOUR_MS : to_ms;
  const whole = wholeHours(from_ms, end);
  const [before, after] = [await raw(from_ms, whole.from_ms), await raw(whole.to_ms, end)];
  if (!before.ok) return before;
  if (!after.ok) return after;
  const conditions = plan.conditions.map(keyCondition);
  const read = await deps.rollups.read(
    { ...plan, ...whole, scope: asking.scope, dims, conditions, signal: asking.signal },
    tell,
  );
  if (!read.ok) return fromStore(read.error);
  return ok(before.value || after.value ? 'estimate' : 'rollup');
}

/** SQL of `whereOf` and the function that says the same. */
function keyCondition(condition: Condition, index: number): KeyCondition {
  const where = whereOf([condition], { [condition.field]: { sql: '{key}', kind: 'text' } }, `k${index}v`);
  if (!where.ok) throw new Error(where.error.message);
  const { sql, params } = where.value;
  return {
    key: condition.field,
    sql: (expression) => sql.replaceAll('{key}', () => expression),
    params,
    matches: (text) => matchesText(condition, text),
    single: condition.op === '=',
  };
}

/** Starts of the points. */
function bucketsOf({
  from_ms,
  to_ms,
  step_ms,
}: KpiQuestion): { start_ms: number; from_ms: number; to_ms: number }[] {
  if (step_ms === null) return [{ start_ms: from_ms, from_ms, to_ms }];
  const first = Math.floor(from_ms / step_ms) * step_ms;
  const length = Math.min(STEPS_MOST + 1, Math.ceil((to_ms - first) / step_ms));
  return Array.from({ length }, (_, at) => {
    const start_ms = first + at * step_ms;
    return { start_ms, from_ms: Math.max(from_ms, start_ms), to_ms: Math.min(to_ms, start_ms + step_ms) };
  });
}

interface Counted {
  readonly key: readonly string[];
  /** By bucket and metric. */
  readonly cells: Map<string, Tally>;
}

/** What was counted, by series and bucket. */
class Counts {
  private readonly series = new Map<string, Counted>();
  private readonly only: number | null;

  /** `only`: the one bucket of an answer without steps. */
  constructor(only: number | null) {
    this.only = only;
  }

  readonly add: Told = (key, bucket_ms, metric, tally) => {
    const name = key.join('\n');
    const known = this.series.get(name) ?? { key, cells: new Map<string, Tally>() };
    this.series.set(name, known);
    const cell = `${this.only ?? bucket_ms}\n${metric}`;
    const sum = known.cells.get(cell);
    if (sum) sum.merge(tally);
    else known.cells.set(cell, tally);
  };

  /** In order; of more than `top` those that most was counted of. */
  keys(top: number | undefined, metrics: readonly RollupMetricName[]): (readonly string[])[] {
    const all = [...this.series.values()];
    const known = top === undefined || all.length <= top ? all : this.largest(all, metrics).slice(0, top);
    return known.map(({ key }) => key).sort((a, b) => (a.join('\n') < b.join('\n') ? -1 : 1));
  }

  private largest(series: readonly Counted[], metrics: readonly RollupMetricName[]): Counted[] {
    const sizeOf = ({ cells }: Counted): number => {
      let n = 0;
      for (const [cell, tally] of cells)
        if (metrics.includes(cell.slice(cell.indexOf('\n') + 1) as RollupMetricName)) n += tally.n;
      return n;
    };
    return series
      .map((one) => ({ one, size: sizeOf(one) }))
      .sort((a, b) => b.size - a.size)
      .map(({ one }) => one);
  }

  get(key: readonly string[], bucket_ms: number, metric: RollupMetricName): Tally | undefined {
    return this.series.get(key.join('\n'))?.cells.get(`${bucket_ms}\n${metric}`);
  }
}

const METRICS = new Map(ROLLUP_METRICS.map((metric) => [metric.name as string, metric]));
const MICRO = 1_000_000;

function pointOf(
  { formula }: Figure,
  counts: Counts,
  key: readonly string[],
  bucket: { start_ms: number; from_ms: number; to_ms: number },
  stages: boolean,
  now_ms: number,
): { t: string; value: number | null; n: number } {
  const t = new Date(bucket.start_ms).toISOString();
  if (stages && !hasStages(formula)) return { t, value: null, n: 0 };
  const window_s =
    Math.max(0, Math.min(bucket.to_ms, Math.max(now_ms, bucket.from_ms)) - bucket.from_ms) / 1000;
  const { value, n } = kpiValue(
    formula,
    (metric) => {
      const tally = counts.get(key, bucket.start_ms, metric);
      if (!tally) return undefined;
      return {
        n: tally.n,
        sum: tally.micro / MICRO,
        quantile: (q) => tally.quantile(q),
      };
    },
    window_s,
  );
  return { t, value, n };
}

/** Whether what a formula reads is counted by stage. */
const hasStages = (formula: Formula): boolean =>
  metricsOf(formula).every(
    (name) => METRICS.get(name)!.of === 'stage' || name === 'queue_wait_ms' || QUALITY.has(name),
  );
/** Told with a stage they count at it; told as scores they count at the picture. */
const QUALITY: ReadonlySet<string> = new Set([
  'aesthetic',
  'clip_i',
  'style_distance',
  'toxicity',
  'face_ok',
  'watermark',
  'nsfw',
]);
