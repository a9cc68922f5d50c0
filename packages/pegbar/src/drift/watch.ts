/** Looks through every monitor once an hour. */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { parseFilters } from '../explore/index.ts';
import { createRollupReader, type RollupKeeper } from '../rollups/index.ts';
import type { Queries } from '../state/index.ts';
import type { Store } from '../store/index.ts';
import { driftOf } from './answers.ts';
import { BUILT_IN, type DriftMonitor, driftMonitorSchema } from './monitors.ts';
import { DECLARED_MONITORS } from './queries.ts';
import { note, type Sighting } from './standing.ts';
import type { DriftDeps } from './sweep.ts';
import { tellSeries } from './tell.ts';
import { currentWindow, readBaseline, readWindow, type Window } from './windows.ts';

export interface WatchOptions extends Omit<DriftDeps, 'rollups'> {
  readonly store: Store;
  readonly keeper: Pick<RollupKeeper, 'unstored'>;
  readonly state: Queries;
  readonly clock: Clock;
  readonly counters: Pick<Counters, 'add'>;
  readonly log: Log;
}

export interface DriftWatch {
  /** Looks through all monitors at once; resolves with how many series were tested. */
  look(): Promise<number>;
  start(): () => void;
}

const HOUR_MS = 3_600_000;
/** An hour is closed and counted some minutes after its end. */
const AFTER_HOUR_MS = 8 * 60_000;
const CHECK_EVERY_MS = 60_000;
/** Monitors of one installation; those beyond it are counted and not looked at. */
const MONITORS_MOST = 500;

interface Named {
  name: string;
  tenant: string;
  spec: DriftMonitor;
}

export function createDriftWatch(options: WatchOptions): DriftWatch {
  const { state, clock, counters, log } = options;
  const deps = { ...options, rollups: createRollupReader(options) };
  let looked = -1;
  let busy = false;

  async function look(): Promise<number> {
    let tested = 0;
    const monitors = await monitorsOf(state);
    if (monitors.length > MONITORS_MOST)
      counters.add('pegbar_drift_monitors_skipped_total', {}, monitors.length - MONITORS_MOST);
    for (const one of monitors.slice(0, MONITORS_MOST)) {
      const found = await lookAt(deps, one).catch((error: unknown) => String(error));
      if (typeof found === 'number') tested += found;
      else {
        counters.add('pegbar_drift_failures_total');
        log.warn(
          { monitor: one.name, error: found },
          'a drift monitor could not be looked at; it is again in an hour',
        );
      }
    }
    counters.add('pegbar_drift_series_tested_total', {}, tested);
    return tested;
  }

  return {
    look,
    start() {
      return clock.every(CHECK_EVERY_MS, () => {
        const hour = Math.floor((clock.now() - AFTER_HOUR_MS) / HOUR_MS);
        if (hour === looked || busy) return;
        busy = true;
        looked = hour;
        void look()
          .catch((error: unknown) => log.warn({ error: String(error) }, 'drift monitors could not be read'))
          .finally(() => {
            busy = false;
          });
      });
    },
  };
}

/** Declared ones, and the built-in ones that nobody declared otherwise; disabled ones are none. */
export async function monitorsOf(state: Queries): Promise<Named[]> {
  const rows = await state.all<{ tenant: string; name: string; spec: string }>(DECLARED_MONITORS);
  const declared = rows.flatMap(({ tenant, name, spec }): Named[] => {
    const read = driftMonitorSchema.safeParse(JSON.parse(spec));
    return read.success ? [{ tenant, name, spec: read.data }] : [];
  });
  const own = new Set(declared.filter(({ tenant }) => tenant === '').map(({ name }) => name));
  const builtIn = Object.entries(BUILT_IN)
    .filter(([name]) => !own.has(name))
    .map(([name, spec]): Named => ({ tenant: '', name, spec }));
  return [...declared, ...builtIn].filter(({ spec }) => spec.enabled);
}

/** Tests one monitor over its window of whole hours and notes what it saw; the message of what went wrong, or n. */
async function lookAt(
  options: WatchOptions & DriftDeps,
  { name, tenant, spec }: Named,
): Promise<number | string> {
  const now = options.clock.now();
  const to_ms = Math.floor(now / HOUR_MS) * HOUR_MS;
  const current = currentWindow({ from_ms: to_ms - spec.window_hours * HOUR_MS, to_ms });
  const baseline = readBaseline(spec.baseline);
  const conditions = parseFilters(spec.filter);
  if (!current.ok) return current.error.message;
  if (!baseline.ok) return baseline.error.message;
  if (!conditions.ok) return conditions.error.message;
  const excluded = spec.exclude.map(readWindow).filter((one): one is Window => one !== undefined);
  const { alpha, minimum_n: leastObservations, least_effect: leastEffect, persistence } = spec;
  const found = await driftOf(
    options,
    { scope: { tenant: tenant === '' ? null : tenant } },
    {
      ...{ metric: spec.metric, by: spec.segments, conditions: conditions.value },
      ...{ current: current.value, baseline: baseline.value, excluded },
      options: { alpha, leastObservations, ...(leastEffect === undefined ? {} : { leastEffect }) },
    },
  );
  if (!found.ok) return found.error.message;
  const sightings = found.value.judged.map((one): Sighting => {
    const drifts = one.verdict === 'drift';
    const why = drifts ? found.value.whyOf(one) : null;
    const told = drifts ? { ...tellSeries(one, why), persistence } : {};
    const series = JSON.stringify(one.series.segment);
    const since_ms = why?.change?.at_ms ?? current.value.from_ms;
    return { monitor: name, tenant, series, drifts, since_ms, told };
  });
  await note(options.state, { monitor: name, tenant, persistence }, sightings, now);
  return sightings.length;
}
