/** Looks through every monitor at its hours, and keeps what it saw. */
import type { Clock } from '../../base/clock.ts';
import type { Counters } from '../../base/counters.ts';
import type { Log } from '../../base/log.ts';
import { createRollupReader, type RollupKeeper } from '../../rollups/index.ts';
import type { State } from '../../state/index.ts';
import type { Store } from '../../store/index.ts';
import { overall } from '../answers.ts';
import { UNCOUNTED_HOURS } from '../queries.ts';
import type { DriftDeps } from '../sweep.ts';
import { tellSeries } from '../tell.ts';
import { referenceWindow } from '../windows.ts';
import { budgetAt } from './budget.ts';
import { allMonitors, type Monitor, nameOf } from './in-force.ts';
import {
  endingOf,
  isDrifting,
  type Look,
  lookAt,
  type MonitorData,
  readBeside,
  readMonitor,
  spendLook,
  whyOfLook,
  windowOf,
} from './look.ts';
import type { DriftMonitor } from './monitors.ts';
import { lastLook, type Plan, planOf } from './plan.ts';
import { endOthers, note, type Past, pastOf, type Sighting } from './standing.ts';
import { forgetWatched, putWatched, readWatched, type Watched } from './state.ts';

export interface WatchOptions extends Omit<DriftDeps, 'rollups'> {
  readonly store: Store;
  readonly keeper: Pick<RollupKeeper, 'unstored' | 'content'>;
  readonly state: State;
  readonly clock: Clock;
  readonly counters: Pick<Counters, 'add'>;
  readonly log: Log;
}

export interface DriftWatch {
  /** Looks through all monitors that are due; resolves with how many series were tested. */
  look(): Promise<number>;
  start(): () => void;
}

/** An hour is closed and counted some minutes after its end. */
export const AFTER_HOUR_MS = 8 * 60_000;
const CHECK_EVERY_MS = 60_000;
/** What failed is looked at again after this. */
const RETRY_MS = 10 * 60_000;
/** What had nothing to look at: what was just told is counted within minutes. */
const NOTHING_RETRY_MS = 2 * 60_000;
/** Hours of tenants that are not counted yet though they are long over, beyond which an import is under way. */
const UNCOUNTED_MOST = 200;
const UNDER_WAY_MS = 6 * 3_600_000;
const WAITED_MOST_MS = 3_600_000;
/** Monitors of one installation; those beyond it are counted and not looked at. */
const MONITORS_MOST = 500;

interface InForce extends Monitor {
  readonly watched: DriftMonitor;
}

export function createDriftWatch(options: WatchOptions): DriftWatch {
  const { state, clock, counters, log } = options;
  const deps = { ...options, rollups: createRollupReader(options) };
  let busy = false;
  let waits_ms: number | null = null;

  /** An import that is still being counted would look like a change. It is not waited for without end. */
  async function isBehind(now_ms: number): Promise<boolean> {
    const row = await state.get<{ hours: number }>(UNCOUNTED_HOURS, [now_ms - UNDER_WAY_MS]);
    if ((row?.hours ?? 0) <= UNCOUNTED_MOST) {
      waits_ms = null;
      return false;
    }
    waits_ms ??= now_ms;
    return now_ms - waits_ms < WAITED_MOST_MS;
  }

  async function look(): Promise<number> {
    if (await isBehind(clock.now())) return 0;
    const all = await allMonitors(state);
    const inForce = all.flatMap((one): InForce[] =>
      one.spec.ok && one.spec.value.enabled ? [{ ...one, watched: one.spec.value }] : [],
    );
    const known = await readWatched(state);
    await forget(state, inForce, known, clock.now());
    if (inForce.length > MONITORS_MOST)
      counters.add('pegbar_drift_monitors_skipped_total', {}, inForce.length - MONITORS_MOST);
    let tested = 0;
    for (const one of inForce.slice(0, MONITORS_MOST)) {
      const before = known.get(nameOf(one)) ?? null;
      const found = await lookAtOne(deps, one, before).catch((error: unknown) => String(error));
      if (typeof found === 'number') tested += found;
      else {
        counters.add('pegbar_drift_failures_total');
        log.warn(
          { monitor: one.name, error: found },
          'a drift monitor could not be looked at; it is soon again',
        );
        await putWatched(state, failedLook(one, before, found, clock.now()));
      }
    }
    counters.add('pegbar_drift_series_tested_total', {}, tested);
    return tested;
  }

  return {
    look,
    start() {
      return clock.every(CHECK_EVERY_MS, () => {
        if (busy) return;
        busy = true;
        void look()
          .catch((error: unknown) => log.warn({ error: String(error) }, 'drift monitors could not be read'))
          .finally(() => {
            busy = false;
          });
      });
    },
  };
}

/** What is no more, or off, or declared otherwise, ends with what it found. */
async function forget(
  state: State,
  inForce: readonly InForce[],
  known: Map<string, Watched>,
  now_ms: number,
): Promise<void> {
  const specs = new Map(inForce.map((one) => [nameOf(one), specText(one.watched)]));
  const gone = [...known.values()].filter((one) => specs.get(nameOf(one)) !== one.spec);
  for (const one of gone) known.delete(nameOf(one));
  await state.transaction(async (tx) => {
    await forgetWatched(tx, gone);
    const changed = new Set(gone.map(nameOf));
    await endOthers(
      tx,
      inForce.filter((one) => !changed.has(nameOf(one))),
      now_ms,
    );
  });
}

/** Whether somebody is told of it changes nothing about what is looked at. */
const specText = ({ muted_until: _, ...spec }: DriftMonitor): string => JSON.stringify(spec);

/** Tests one monitor, where looks at it are due; the message of what went wrong, or the number of series. */
async function lookAtOne(
  options: WatchOptions & DriftDeps,
  one: InForce,
  before: Watched | null,
): Promise<number | string> {
  const { clock } = options;
  const plan = planOf(one.watched);
  if (!plan.ok) return plan.error.message;
  const now = clock.now();
  const due = looksDue(plan.value, before, lastLook(plan.value, now - AFTER_HOUR_MS));
  const [first_ms] = due;
  const last_ms = due.at(-1);
  // What failed, or had nothing to look at yet, is looked at again after a while.
  const isTooSoon = before !== null && before.looked_ms === 0 && now - before.at_ms < NOTHING_RETRY_MS;
  const isFailing = before !== null && before.error !== null && now - before.at_ms < RETRY_MS;
  if (first_ms === undefined || last_ms === undefined || isTooSoon || isFailing) return 0;
  const asking = { scope: { tenant: one.tenant === '' ? null : one.tenant } };
  const data = await readMonitor(options, asking, plan.value, { first_ms, last_ms });
  if (!data.ok) return data.error.message;
  let tested = 0;
  let standing = before;
  for (const at_ms of due) {
    const seen = await lookOnce(
      options,
      one,
      { plan: plan.value, asking, data: data.value, at_ms },
      standing,
    );
    if (typeof seen === 'string') return seen;
    standing = seen;
    tested += seen.series;
  }
  return tested;
}

/**
 * Ends of the looks that are due. One that was never looked at begins as many looks back as make a finding, so that what
 * has long drifted is told at once; after a pause the looks that were missed are made up for.
 */
export function looksDue(plan: Plan, before: Pick<Watched, 'looked_ms'> | null, last_ms: number): number[] {
  const { every_ms, persistence } = plan;
  const known = before?.looked_ms ?? 0;
  const first_ms =
    known === 0
      ? last_ms - (persistence - 1) * every_ms
      : Math.max(known + every_ms, last_ms - (MISSED_MOST - 1) * every_ms);
  const count = Math.max(0, Math.round((last_ms - first_ms) / every_ms) + 1);
  return Array.from({ length: count }, (_, at) => first_ms + at * every_ms);
}
/** Two days of the usual monitor. */
const MISSED_MOST = 16;

interface OneLook {
  readonly plan: Plan;
  readonly asking: { readonly scope: { readonly tenant: string | null } };
  readonly data: MonitorData;
  readonly at_ms: number;
}

/** One look and what is kept of it, in one transaction; what went wrong as text. */
async function lookOnce(
  options: WatchOptions & DriftDeps,
  one: InForce,
  { plan, asking, data, at_ms }: OneLook,
  before: Watched | null,
): Promise<Watched | string> {
  const { state, clock } = options;
  const { persistence } = plan;
  const of = { monitor: one.name, tenant: one.tenant, persistence };
  const past = await pastOf(state, of, referenceWindow(plan.baseline, windowOf(plan, at_ms)).from_ms);
  const budget = budgetAt(before?.budget ?? null, plan.budget, at_ms - 1);
  const look = lookAt(plan, data, at_ms, budget, past);
  const sightings = await sightingsOf(options, asking, plan, data, { look, past });
  if (typeof sightings === 'string') return sightings;
  const isNothing = look.p === null && (before === null || before.looked_ms === 0);
  const seen: Watched = {
    name: one.name,
    tenant: one.tenant,
    at_ms: clock.now(),
    spec: specText(one.watched),
    error: null,
    looked_ms: isNothing ? 0 : at_ms,
    verdict: overall(look.judged),
    series: look.judged.length,
    drifting: look.judged.filter(isDrifting).length,
    budget: isNothing ? null : spendLook(budget, look, plan),
  };
  await state.transaction(async (tx) => {
    await note(tx, of, sightings, at_ms, endingOf(plan, look));
    await putWatched(tx, seen);
  });
  return seen;
}

async function sightingsOf(
  deps: DriftDeps,
  asking: { scope: { tenant: string | null } },
  plan: Plan,
  { deployed }: MonitorData,
  { look, past }: { look: Look; past: readonly Past[] },
): Promise<Sighting[] | string> {
  const drifting = look.judged.filter(isDrifting);
  if (drifting.length === 0) return [];
  const beside = await readBeside(deps, asking, plan, [look.reference, look.current]);
  if (!beside.ok) return beside.error.message;
  return drifting.map((one) => {
    const why = whyOfLook(one, look, deployed, beside.value);
    const told = { ...tellSeries(one, why), persistence: plan.persistence };
    return sightingOf(one, look, told, { since_ms: why.change?.at_ms, past });
  });
}

/** What is over and comes again began after its end, whatever the series says when it left its course. */
export function sightingOf(
  { series: { segment } }: Look['judged'][number],
  { current }: Look,
  told: Record<string, unknown>,
  { since_ms, past }: { since_ms: number | undefined; past: readonly Past[] },
): Sighting {
  const series = JSON.stringify(segment);
  const ends = past.filter((one) => one.series === series).map(({ until_ms }) => until_ms);
  return { series, drifts: true, told, since_ms: Math.max(since_ms ?? current.from_ms, ...ends) };
}

const failedLook = (
  { name, tenant, watched }: InForce,
  before: Watched | null,
  error: string,
  at_ms: number,
): Watched => ({
  name,
  tenant,
  looked_ms: before?.looked_ms ?? 0,
  at_ms,
  spec: specText(watched),
  error,
  verdict: before?.verdict ?? null,
  series: before?.series ?? 0,
  drifting: before?.drifting ?? 0,
  budget: before?.budget ?? null,
});
