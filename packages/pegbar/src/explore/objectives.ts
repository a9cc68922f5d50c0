/** The default objectives bucket by bucket: inside, near the limit, outside, or nothing to say. */
import { DEFAULT_OBJECTIVES, metricsOf, type Objective } from '@pegbar/contract';
import { chi2Cdf } from '@pegbar/stats';
import { ok, type Result } from '../base/result.ts';
import type { Asking } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import { type Condition, matchesText, parseFilters } from './filter.ts';
import { type KpiAnswer, type KpiDeps, type KpiQuestion, readTogether } from './kpis.ts';
import { signalOf } from './page.ts';
import type { TimeRange } from './range.ts';
import { countable } from './raw-facts.ts';

const HOUR_MS = 3_600_000;
const QUARTER_MS = HOUR_MS / 4;
const DAY_MS = 24 * HOUR_MS;
/** Cells that can be told apart in a row. */
const CELLS_MOST = 96;
/** Quarter hours are counted from raw rows; beyond so many of them hours of the rollups answer. */
const RAW_ROWS_MOST = 3_000_000;
/** Within this share of the limit a value is near it. */
const NEAR = 0.1;
/** Lengths of cells where less happens. */
const STEPS_MS: readonly number[] = [0.5, 1, 2, 3, 4, 6, 12].map((hours) => hours * HOUR_MS);
const OBSERVED_LEAST = 20;
/** A share over its limit that is as likely as this where the limit is just kept is near it. */
const CHANCE = 0.05;

export type Cell = 'inside' | 'near' | 'outside' | null;

const ROWS = `SELECT toUInt32(least(4000000000, count())) AS rows FROM spans
WHERE {tenant_filter} AND timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND timestamp < fromUnixTimestamp64Milli({to:Int64})`;

/**
 * Where a value stands. Shares and percentiles of few observations are unsure: fewer than 20 say nothing. Near is a
 * tenth of the limit away from it on the good side; of a share, a tenth of what it may lack.
 */
export function cellOf(objective: Objective, value: number | null, n: number, baseline: number | null): Cell {
  if (value === null || n < OBSERVED_LEAST) return null;
  const limit = objective.relative ? objective.limit * (baseline ?? Number.NaN) : objective.limit;
  if (!Number.isFinite(limit) || limit <= 0) return null;
  const atMost = objective.side === 'at_most';
  if (atMost ? value > limit : value < limit)
    return mayBeChance(objective, value, n, limit) ? 'near' : 'outside';
  if (atMost) return value > limit * (1 - NEAR) ? 'near' : 'inside';
  if (objective.unit === '0..1') return value < 1 && value < limit + (1 - limit) * NEAR ? 'near' : 'inside';
  return value < limit * (1 + NEAR) ? 'near' : 'inside';
}

/** Of a share: as many as there were come by chance too where exactly as many as allowed are due (Poisson). */
function mayBeChance({ unit, side }: Objective, value: number, n: number, limit: number): boolean {
  if (unit !== '0..1') return false;
  const [bad, allowed] = side === 'at_most' ? [value * n, limit * n] : [(1 - value) * n, (1 - limit) * n];
  // P(X >= k) of a Poisson variable is the χ² distribution function with 2k degrees of freedom at twice its mean.
  return chi2Cdf(2 * allowed, 2 * Math.max(1, Math.round(bad))) > CHANCE;
}

/** The range, and the segment that is looked at. */
type Asked = TimeRange & { conditions: readonly Condition[] };

export async function readObjectives(
  deps: KpiDeps,
  asking: Asking,
  range: Asked & { workload?: string | undefined },
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const { workload } = range;
  const asked = DEFAULT_OBJECTIVES.filter(
    (one) => (workload === undefined || one.workload === workload) && meets(one, range.conditions),
  );
  const known = asked.filter(({ formula }) => countable(metricsOf(formula), range.conditions));
  // Where none of them can be asked, the first says why.
  const objectives = known.length === 0 ? asked : known;
  const step_ms = await stepFor(deps, asking, range);
  if (!step_ms.ok) return step_ms;
  const rows = await readRows(deps, asking, range, objectives, step_ms.value);
  return rows.ok ? ok({ step_s: step_ms.value / 1000, objectives: rows.value }) : rows;
}

/** Of one workload there is nothing to say where another one is asked for. */
const meets = ({ workload }: Objective, conditions: readonly Condition[]): boolean =>
  workload === undefined || conditions.every((one) => one.field !== 'workload' || matchesText(one, workload));

/** Quarter hours where they can be counted, else hours, else as many hours as make a cell wide enough to be seen. */
async function stepFor(
  { store }: KpiDeps,
  asking: Asking,
  { from_ms, to_ms }: TimeRange,
): Promise<Result<number, ExploreError>> {
  const length = to_ms - from_ms;
  if (length <= CELLS_MOST * QUARTER_MS + QUARTER_MS) {
    const params = { from: from_ms, to: to_ms };
    const counted = await store
      .scoped(asking.scope)
      .rows<{ rows: number }>(ROWS, { params, ...signalOf(asking) });
    if (!counted.ok) return fromStore(counted.error);
    if ((counted.value[0]?.rows ?? 0) <= RAW_ROWS_MOST) return ok(QUARTER_MS);
  }
  return ok(Math.max(1, Math.ceil(length / HOUR_MS / CELLS_MOST)) * HOUR_MS);
}

/** All of them together: what several count is counted once. */
async function readRows(
  deps: KpiDeps,
  asking: Asking,
  range: Asked,
  objectives: readonly Objective[],
  least_ms: number,
): Promise<Result<Record<string, unknown>[], ExploreError>> {
  const asked: { objective: Objective; question: KpiQuestion }[] = [];
  for (const objective of objectives) {
    const own = parseFilters(objective.filters);
    if (!own.ok) return own;
    const step_ms = objective.hourly ? Math.max(HOUR_MS, least_ms) : least_ms;
    const question = {
      ...startingOn(range, step_ms),
      metrics: [],
      figures: [{ name: objective.id, formula: objective.formula }],
      by: [],
      conditions: [...own.value, ...range.conditions],
      step_ms,
      longer: (series: readonly { readonly points: Points }[]) =>
        longerStep(series[0]?.points ?? [], step_ms),
    };
    asked.push({ objective, question });
  }
  // What a relative objective is held against.
  const held = asked.filter(({ objective }) => objective.relative);
  const questions = asked.map(({ question }) => question);
  const questionsBefore = held.map(({ question }) => ({
    ...question,
    ...weekBefore(range.from_ms),
    step_ms: null,
    longer: undefined,
  }));
  const [first, before] = await Promise.all([
    answersOf(deps, asking, questions),
    answersOf(deps, asking, questionsBefore),
  ]);
  if (!first.ok) return first;
  if (!before.ok) return before;
  return ok(
    asked.map((one, at) => {
      const answer = first.value[at]!;
      const then = before.value[held.indexOf(one)];
      const baseline = then ? (pointsOf(then)[0]?.value ?? null) : null;
      return toldRow(one.objective, pointsOf(answer), baseline, answer.step_s * 1000);
    }),
  );
}

/** In their order; the first that cannot be answered says why none is. */
async function answersOf(
  deps: KpiDeps,
  asking: Asking,
  questions: readonly KpiQuestion[],
): Promise<Result<KpiAnswer[], ExploreError>> {
  const answers: KpiAnswer[] = [];
  let wrong: Result<never, ExploreError> | undefined;
  await readTogether(deps, asking, questions, (at, answer) => {
    if (answer.ok) answers[at] = answer.value;
    else wrong ??= answer;
  });
  return wrong ?? ok(answers);
}

type Points = readonly { readonly value: number | null; readonly n: number }[];
const pointsOf = (answer: KpiAnswer) => answer.series[0]?.points ?? [];
const startingOn = ({ from_ms, to_ms }: TimeRange, step_ms: number): TimeRange => ({
  from_ms: Math.floor(from_ms / step_ms) * step_ms,
  to_ms,
});

/** Where cells are too poor to say anything, they are made longer: rare is not missing. Null where they will do. */
export function longerStep(points: Points, step_ms: number): number | null {
  const counts = points.map(({ n }) => n).filter((n) => n > 0);
  if (counts.length === 0) return null;
  const mean = counts.reduce((sum, n) => sum + n, 0) / points.length;
  if (mean >= OBSERVED_LEAST) return null;
  return (
    STEPS_MS.find(
      (step) => step > step_ms && step % step_ms === 0 && (mean * step) / step_ms >= OBSERVED_LEAST,
    ) ?? null
  );
}

/** What a relative objective is held against: the week before, in whole hours. */
const weekBefore = (from_ms: number): TimeRange => {
  const to_ms = Math.floor(from_ms / HOUR_MS) * HOUR_MS;
  return { from_ms: to_ms - 7 * DAY_MS, to_ms };
};

/** Most of the last hour makes it outside now: one bad quarter is no alarm. */
const NOW_MS = HOUR_MS;

function toldRow(
  objective: Objective,
  points: ReturnType<typeof pointsOf>,
  baseline: number | null,
  step_ms: number,
): Record<string, unknown> {
  const cells = points.map(({ value, n }) => cellOf(objective, value, n, baseline));
  const known = cells.filter((cell) => cell !== null);
  const latest = known.slice(-Math.max(1, NOW_MS / step_ms));
  const outside = latest.filter((cell) => cell === 'outside').length;
  const at = cells.findLastIndex((cell) => cell !== null);
  const first = cells.findLastIndex((cell, index) => index <= at && cell !== null && cell !== 'outside');
  const since = cells.findIndex((cell, index) => index > first && cell === 'outside');
  const state = known.length === 0 ? null : outside * 2 > latest.length ? 'outside' : (latest.at(-1) ?? null);
  return {
    id: objective.id,
    workload: objective.workload ?? null,
    words: objective.words,
    unit: objective.unit,
    side: objective.side,
    limit: objective.relative ? (baseline === null ? null : objective.limit * baseline) : objective.limit,
    filters: objective.filters,
    step_s: step_ms / 1000,
    from: points[0]?.t ?? null,
    cells,
    values: points.map(({ value }) => value),
    inside: known.length === 0 ? null : known.filter((cell) => cell !== 'outside').length / known.length,
    state,
    since: state === 'outside' && since >= 0 ? points[since]!.t : null,
    value: points.findLast(({ value, n }) => value !== null && n >= OBSERVED_LEAST)?.value ?? null,
  };
}
