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
  metricsOf,
  ROLLUP_PAIRS,
  type RollupMetricName,
} from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import {
  DIMENSIONS,
  HOUR_MS,
  type KeyCondition,
  type RollupReader,
  type Told,
  wholeHours,
} from '../rollups/index.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, matchesText, whereOf } from './filter.ts';
import { bucketsOf, Counts, pointOf, STEPS_MOST } from './kpi-points.ts';
import type { Longer } from './longer.ts';
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
  /** Whether the points should be longer ones; asked once. */
  longer?: Longer | undefined;
  /** Counted from here on in place of `from_ms`, so that the first of longer points is a whole one. */
  since_ms?: number | undefined;
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

type Answer = Result<KpiAnswer, ExploreError>;

export async function readKpis(deps: KpiDeps, asking: Asking, question: KpiQuestion): Promise<Answer> {
  let answer: Answer | undefined;
  await readTogether(deps, asking, [question], (_, told) => {
    answer = told;
  });
  return answer!;
}

/**
 * Several questions: what they ask of the same rows in the same points is counted once. Each is told of by its place as
 * soon as it is known, with an answer or an error of its own.
 */
export async function readTogether(
  deps: KpiDeps,
  asking: Asking,
  questions: readonly KpiQuestion[],
  tell: (at: number, answer: Answer) => void,
): Promise<void> {
  const groups = new Map<string, Asked[]>();
  for (const [at, question] of questions.entries()) {
    const plan = planOf(question);
    if (!plan.ok) tell(at, plan);
    else if (bucketsOf(question).length > STEPS_MOST) tell(at, tooMany());
    else {
      const { since_ms, from_ms, to_ms, step_ms, conditions } = question;
      const rows = [since_ms, from_ms, to_ms, step_ms, plan.value.by, conditions, groupingOf(plan.value)];
      const name = JSON.stringify(rows);
      groups.set(name, [...(groups.get(name) ?? []), { at, question, plan: plan.value }]);
    }
  }
  await Promise.all([...groups.values()].map((group) => answerGroup(deps, asking, group, tell)));
}

interface Asked {
  at: number;
  question: KpiQuestion;
  plan: Plan;
}

async function answerGroup(
  deps: KpiDeps,
  asking: Asking,
  group: readonly Asked[],
  tell: (at: number, answer: Answer) => void,
): Promise<void> {
  const [{ question, plan }] = group as readonly [Asked];
  const all: Plan = {
    ...plan,
    kpis: group.flatMap((one) => one.plan.kpis),
    metrics: [...new Set(group.flatMap((one) => one.plan.metrics))],
    quantiles: new Set(group.flatMap((one) => [...one.plan.quantiles])),
    at: [...new Set(group.flatMap((one) => one.plan.at ?? []))],
  };
  const counts = new Counts(question.step_ms === null ? question.from_ms : null);
  const counted = { ...question, from_ms: question.since_ms ?? question.from_ms };
  const source = await count(deps, asking, counted, all, counts.add);
  // One of them asks what these rows cannot be asked: each by itself, so that the others have their answers.
  if (!source.ok && source.error.code === 'invalid_request' && group.length > 1)
    for (const one of group) await answerGroup(deps, asking, [one], tell);
  else if (!source.ok) for (const { at } of group) tell(at, source);
  else await tellGroup(deps, asking, { group, counts, source: source.value }, tell);
}

interface CountedGroup {
  group: readonly Asked[];
  counts: Counts;
  source: KpiAnswer['source'];
}

/** What wants longer points is added up to them; quantiles as they are stored and sessions do not add up. */
async function tellGroup(
  deps: KpiDeps,
  asking: Asking,
  { group, counts, source }: CountedGroup,
  tell: (at: number, answer: Answer) => void,
): Promise<void> {
  const now_ms = deps.clock.now();
  const again: { at: number; question: KpiQuestion }[] = [];
  for (const one of group) {
    const { at, question, plan } = one;
    const answer = toldOf(one, counts, source, now_ms);
    const step_ms = (answer.ok && question.longer?.(answer.value.series)) || null;
    if (step_ms === null) {
      tell(at, answer);
      continue;
    }
    const from_ms = Math.floor(question.from_ms / step_ms) * step_ms;
    const whole = (question.since_ms ?? question.from_ms) <= from_ms;
    const wider = { ...question, from_ms: whole ? from_ms : question.from_ms, step_ms, longer: undefined };
    if (source === 'rollup' || plan.metrics.some((name) => DISTINCT.has(name)))
      again.push({ at, question: { ...wider, from_ms, since_ms: undefined } });
    else tell(at, toldOf({ ...one, question: wider }, counts.inSteps(step_ms), source, now_ms));
  }
  const questions = again.map(({ question }) => question);
  if (again.length > 0)
    await readTogether(deps, asking, questions, (place, answer) => tell(again[place]!.at, answer));
}

/** Its own figures of what was counted for all of a group. */
function toldOf(
  { question, plan }: Asked,
  counts: Counts,
  source: KpiAnswer['source'],
  now_ms: number,
): Answer {
  const buckets = bucketsOf(question);
  const [figure] = plan.kpis;
  const own = new Set(plan.metrics);
  const keys = counts.keys(own, question.top, figure ? metricsOf(figure.formula) : []);
  if (keys.length === 0 && plan.by.length === 0) keys.push([]);
  if (keys.length * plan.kpis.length * buckets.length > POINTS_MOST) return tooMany();
  const series = plan.kpis.flatMap((kpi) =>
    keys.map((key) => ({
      key: { metric: kpi.name, ...Object.fromEntries(plan.by.map((dim, at) => [dim, key[at]!])) },
      points: buckets.map((bucket) => pointOf(kpi.formula, counts, key, bucket, plan.stages, now_ms)),
    })),
  );
  const step_s = (question.step_ms ?? question.to_ms - question.from_ms) / 1000;
  return ok({ step_s, source, series });
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
