/** Every monitor with where it stands: when it was looked at, what it saw, what of its budget is used up. */
import { readInstant } from '@pegbar/contract';
import type { Queries } from '../../state/index.ts';
import { instant } from '../windows.ts';
import { tellBudget } from './budget.ts';
import { allMonitors, isMuted, type Monitor, nameOf } from './in-force.ts';
import type { DriftMonitor } from './monitors.ts';
import { lastLook, type Plan, planOf } from './plan.ts';
import { type Standing, standingIn } from './standing.ts';
import { readWatched, type Watched } from './state.ts';
import { AFTER_HOUR_MS } from './watch.ts';

type Told = Record<string, unknown>;

/** Of `tenant` its own and those of the installation, of which it is told what is about it; null sees all. */
export async function listMonitors(
  state: Queries,
  now_ms: number,
  tenant: string | null,
): Promise<readonly Told[]> {
  const [monitors, watched, standing] = await Promise.all([
    allMonitors(state),
    readWatched(state),
    standingIn(state, { from_ms: now_ms, to_ms: now_ms + 1 }, tenant),
  ]);
  return monitors
    .filter((one) => tenant === null || one.tenant === '' || one.tenant === tenant)
    .map((one) => {
      const found = standing.filter((each) => each.monitor === one.name && each.tenant === one.tenant);
      const isWhole = tenant === null || one.tenant === tenant;
      return tellMonitor(one, watched.get(nameOf(one)) ?? null, found, { now_ms, isWhole });
    })
    .sort((a, b) => RANK.indexOf(String(a.state)) - RANK.indexOf(String(b.state)));
}

/** What wants to be seen first. */
const RANK = ['failing', 'drift', 'waiting', 'insufficient_data', 'no_drift', 'off'];

function tellMonitor(
  one: Monitor,
  watched: Watched | null,
  found: readonly Standing[],
  { now_ms, isWhole }: { now_ms: number; isWhole: boolean },
): Told {
  const { name, tenant, origin, replaces, written } = one;
  const head = { name, tenant, origin, replaces, written };
  if (!one.spec.ok)
    return { ...head, spec: null, state: 'failing', error: one.spec.error, ...NEVER, findings: [] };
  const spec = one.spec.value;
  const plan = planOf(spec);
  const until = isMuted(spec, now_ms) ? instant(readInstant(spec.muted_until!)!.ms) : null;
  const common = { ...head, spec, muted_until: until };
  if (!plan.ok) return { ...common, state: 'failing', error: plan.error.message, ...NEVER, findings: [] };
  return {
    ...common,
    ...stateOf(spec, watched, found, isWhole),
    error: watched?.error ?? null,
    last_look: watched && watched.looked_ms > 0 ? instant(watched.looked_ms) : null,
    next_look: spec.enabled ? instant(nextLook(plan.value, watched, now_ms)) : null,
    every_hours: plan.value.every_ms / 3_600_000,
    series: isWhole ? (watched?.series ?? 0) : null,
    drifting: isWhole ? (watched?.drifting ?? 0) : found.length,
    budget: budgetOf(plan.value, watched),
    findings: found.map(({ segment, words, since_ms }) => ({ segment, words, since: instant(since_ms) })),
  };
}

const NEVER = {
  muted_until: null,
  last_look: null,
  next_look: null,
  every_hours: null,
  series: null,
  drifting: 0,
  budget: null,
};

/** A drift that was not seen often enough yet is none that stands. */
function stateOf(
  { enabled }: DriftMonitor,
  watched: Watched | null,
  found: readonly Standing[],
  isWhole: boolean,
): Told {
  if (!enabled) return { state: 'off' };
  if (watched?.error) return { state: 'failing' };
  if (found.length > 0) return { state: 'drift' };
  if (!watched || watched.looked_ms === 0) return { state: 'waiting' };
  const isUndecided = isWhole && watched.verdict === 'insufficient_data';
  return { state: isUndecided ? 'insufficient_data' : 'no_drift' };
}

/** The end of its window and the minutes that its last hour takes to be counted. */
function nextLook({ every_ms }: Plan, watched: Watched | null, now_ms: number): number {
  const last = lastLook({ every_ms }, now_ms - AFTER_HOUR_MS);
  const next = watched && watched.looked_ms >= last ? last + every_ms : last;
  return Math.max(now_ms, next + AFTER_HOUR_MS);
}

function budgetOf(plan: Plan, watched: Watched | null): Told | null {
  if (!watched?.budget) return null;
  const { since_ms, until_ms, ...rest } = tellBudget(watched.budget, plan.budget);
  return { ...rest, since: instant(since_ms), until: instant(until_ms) };
}
