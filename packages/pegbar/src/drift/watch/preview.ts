/** What a monitor would have said over the last weeks: the looks of the watch, one after the other, in memory. */
import { paced } from '../../base/paced.ts';
import { ok, type Result } from '../../base/result.ts';
import { type Asking, type ExploreError, refused } from '../../explore/index.ts';
import { sizeOf } from '../findings.ts';
import type { Segment } from '../series.ts';
import type { DriftDeps } from '../sweep.ts';
import { tellSeries } from '../tell.ts';
import { type Budget, type BudgetTold, budgetAt, tellBudget } from './budget.ts';
import {
  endingOf,
  isDrifting,
  type Look,
  lookAt,
  type MonitorData,
  readMonitor,
  spendLook,
  whyOfLook,
} from './look.ts';
import type { DriftMonitor } from './monitors.ts';
import { lastLook, type Plan, planOf } from './plan.ts';
import { advance, type Past, type Seen, type Sighting } from './standing.ts';
import { AFTER_HOUR_MS, sightingOf } from './watch.ts';

/** A finding that there would have been. */
export interface Fired {
  readonly segment: Segment;
  readonly told: Record<string, unknown>;
  /** When the change began, when it became a finding, and when it was over; null: it stands. */
  readonly since_ms: number;
  readonly fired_ms: number;
  readonly until_ms: number | null;
}

/** One look: the largest change in least effects, the smallest p, and the level it was held at. */
export interface LookTold {
  readonly at_ms: number;
  readonly effect: number;
  readonly p: number | null;
  readonly alpha: number;
  readonly drifting: number;
}

export interface Preview {
  readonly from_ms: number;
  readonly to_ms: number;
  /** The question was about more than is looked at in one go: the stretch is shorter than asked. */
  readonly shortened: boolean;
  readonly fired: readonly Fired[];
  readonly looks: readonly LookTold[];
  readonly series: number;
  readonly budget: BudgetTold | null;
}

export const PREVIEW_DAYS = 28;
const DAY_MS = 86_400_000;
/** Tests of one preview: some seconds of work. */
const TESTS_MOST = 20_000;

export async function previewMonitor(
  deps: DriftDeps,
  asking: Asking,
  spec: DriftMonitor,
  days: number,
): Promise<Result<Preview, ExploreError>> {
  const plan = planOf(spec);
  if (!plan.ok) return plan;
  const { every_ms } = plan.value;
  const last_ms = lastLook(plan.value, deps.clock.now() - AFTER_HOUR_MS);
  const asked_ms = last_ms - days * DAY_MS + every_ms;
  const data = await readMonitor(deps, asking, plan.value, { first_ms: asked_ms, last_ms });
  if (!data.ok) return data;
  const { series } = data.value;
  const most = Math.floor(TESTS_MOST / Math.max(1, series.length));
  if (most === 0)
    return refused('query_limit', `the monitor is about ${series.length} series`, {
      field: 'segments',
      hint: `A preview takes ${TESTS_MOST} at most: filter the segments.`,
    });
  const first_ms = Math.max(asked_ms, last_ms - (most - 1) * every_ms);
  const replayed = await paced(replay(plan.value, data.value, first_ms, last_ms, asking), deps.clock);
  return ok({
    from_ms: first_ms - every_ms,
    to_ms: last_ms,
    shortened: first_ms > asked_ms,
    ...replayed,
    series: series.length,
  });
}

type Replayed = Pick<Preview, 'fired' | 'looks' | 'budget'>;

/** A step is a look. */
export function* replay(
  plan: Plan,
  data: MonitorData,
  first_ms: number,
  last_ms: number,
  { signal }: Asking,
): Generator<undefined, Replayed> {
  let budget: Budget | null = null;
  let open: Seen[] = [];
  const over: BudgetTold[] = [];
  const fired = new Map<string, Fired>();
  const past: Past[] = [];
  const looks: LookTold[] = [];
  for (let at_ms = first_ms; at_ms <= last_ms && signal?.aborted !== true; at_ms += plan.every_ms) {
    const level: Budget = budgetAt(budget, plan.budget, at_ms - 1);
    if (budget !== null && level.since_ms > budget.since_ms) over.push(tellBudget(budget, plan.budget));
    const look = lookAt(plan, data, at_ms, level, past);
    budget = spendLook(level, look, plan);
    looks.push(tellLook(look));
    const steps = advance(
      open,
      sightingsOf(look, data, { open, past }),
      plan.persistence,
      at_ms,
      endingOf(plan, look),
    );
    for (const { kind, one } of steps) {
      keep(fired, kind, one, at_ms);
      if (kind === 'gone') past.push({ ...one, until_ms: one.missed_ms ?? at_ms });
    }
    open = steps.filter(({ kind }) => kind !== 'gone' && kind !== 'forgotten').map(({ one }) => one);
    yield;
  }
  return {
    fired: [...fired.values()],
    looks,
    budget: budget === null ? null : together([...over, tellBudget(budget, plan.budget)]),
  };
}

/** Four weeks may touch two budgets: their tests are added up, of what they used up the more is told. */
const together = (budgets: readonly BudgetTold[]): BudgetTold =>
  budgets.reduce((one, other) => ({
    ...other,
    alpha_spent: Math.max(one.alpha_spent, other.alpha_spent),
    tests: one.tests + other.tests,
    discoveries: one.discoveries + other.discoveries,
    since_ms: one.since_ms,
  }));

/** A change is dated by the first look that sees it, as the watch does it. */
function sightingsOf(
  look: Look,
  { deployed }: MonitorData,
  { open, past }: { open: readonly Seen[]; past: readonly Past[] },
): Sighting[] {
  const known = new Set(open.map(({ series }) => series));
  return look.judged.filter(isDrifting).map((one) => {
    const isKnown = known.has(JSON.stringify(one.series.segment));
    const since = isKnown ? undefined : whyOfLook(one, look, deployed).change?.at_ms;
    return sightingOf(one, look, tellSeries(one, null), { since_ms: since, past });
  });
}

/** A finding is told as it was when it became one. */
function keep(fired: Map<string, Fired>, kind: string, one: Seen, at_ms: number): void {
  const key = `${one.series} ${one.since_ms}`;
  const known = fired.get(key);
  if (kind === 'fired' && !known) {
    const segment = JSON.parse(one.series) as Segment;
    fired.set(key, { segment, told: one.told, since_ms: one.since_ms, fired_ms: at_ms, until_ms: null });
  }
  if (kind === 'gone' && known) fired.set(key, { ...known, until_ms: one.missed_ms });
}

function tellLook({ at_ms, judged, p, alpha }: Look): LookTold {
  const sizes = judged.filter(({ verdict }) => verdict !== 'insufficient_data').map(sizeOf);
  const effect = Math.max(0, ...sizes);
  return { at_ms, effect, p, alpha, drifting: judged.filter(isDrifting).length };
}
