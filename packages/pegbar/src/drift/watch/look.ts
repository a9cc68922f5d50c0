/** One look of one monitor: the same for the hourly watch and for a preview on history. */
import { ok, type Result } from '../../base/result.ts';
import { type Asking, type ExploreError, matchesText } from '../../explore/index.ts';
import { type Deployed, type Excluded, excludedWindows, readDeployments } from '../changes.ts';
import { type Judged, judgeFamily, type TestOptions, testSeries } from '../engine.ts';
import { readSeries } from '../read.ts';
import { HOUR_MS, type Series } from '../series.ts';
import { besideOf, type DriftDeps, testReleases } from '../sweep.ts';
import type { Why } from '../tell.ts';
import { type Beside, rowsBeside, whyOf } from '../why.ts';
import { referenceWindow, type Window } from '../windows.ts';
import { type Budget, lookLevel, spend } from './budget.ts';
import { isOver, isShort } from './over.ts';
import type { Plan } from './plan.ts';
import type { Ending, Past } from './standing.ts';

/** What a monitor reads: its series over all windows and references that were asked for, and what was deployed. */
export interface MonitorData {
  readonly series: readonly Series[];
  readonly deployed: readonly Deployed[];
}

export interface Look {
  /** End of its window. */
  readonly at_ms: number;
  readonly current: Window;
  readonly reference: Window;
  readonly judged: readonly Judged[];
  /** The α that it was held at. */
  readonly alpha: number;
  /** Smallest p after correction for all series; null where nothing could be tested. */
  readonly p: number | null;
}

/** The window of a look that ends at `at_ms`. */
export const windowOf = ({ window_ms }: Plan, at_ms: number): Window => ({
  from_ms: at_ms - window_ms,
  to_ms: at_ms,
});

/** Everything that looks ending in (`first_ms`, `last_ms`) need, in one question. */
export async function readMonitor(
  deps: DriftDeps,
  asking: Asking,
  plan: Plan,
  { first_ms, last_ms }: { first_ms: number; last_ms: number },
): Promise<Result<MonitorData, ExploreError>> {
  const reference = referenceWindow(plan.baseline, windowOf(plan, first_ms));
  const windows = [reference, { from_ms: windowOf(plan, first_ms).from_ms, to_ms: last_ms }];
  const from_ms = Math.min(...windows.map((one) => one.from_ms));
  const [deployed, read] = await Promise.all([
    readDeployments(deps, asking, { from_ms, to_ms: last_ms }),
    readSeries(deps.rollups, asking, { metrics: [plan.metric], groupings: [plan.grouping], windows }),
  ]);
  if (!deployed.ok) return deployed;
  if (!read.ok) return read;
  return ok({ series: read.value, deployed: deployed.value });
}

/** Hours by tenant and what a deployment can be limited to, which a likely cause is found with; read only where something drifted. */
export async function readBeside(
  deps: DriftDeps,
  asking: Asking,
  plan: Plan,
  windows: readonly Window[],
): Promise<Result<Beside, ExploreError>> {
  const { stages = false } = plan.grouping;
  const read = await readSeries(deps.rollups, asking, {
    metrics: [plan.metric],
    groupings: besideOf(stages),
    windows,
  });
  return read.ok ? ok(rowsBeside(read.value)) : read;
}

/**
 * Tests the window that ends at `at_ms` with what was known then, at the level that the budget gives. `past`: what the
 * monitor found before and is over.
 */
export function lookAt(
  plan: Plan,
  data: MonitorData,
  at_ms: number,
  budget: Budget,
  past: readonly Past[],
): Look {
  const current = windowOf(plan, at_ms);
  const reference = referenceWindow(plan.baseline, current);
  const alpha = lookLevel(budget, plan.budget);
  const deployed = deployedBy(data.deployed, reference, at_ms);
  const options = optionsOf(plan, deployed, at_ms, alpha);
  const isAsked = ({ segment }: Series): boolean =>
    plan.conditions.every((one) => matchesText(one, segment[one.field] ?? ''));
  // A filter chooses the versions that are judged; what they are judged against is another version.
  const tested =
    plan.baseline.kind === 'release'
      ? testReleases(data.series, deployed, { reference, current, baseline: plan.baseline }, options).filter(
          ({ series }) => isAsked(series),
        )
      : data.series.filter(isAsked).map((series) => {
          const spoilt = spoiltBy(past, series, reference);
          const excluded = [...(options.excluded ?? []), ...spoilt];
          return testSeries(series, reference, current, { ...options, excluded });
        });
  const judged = judgeFamily(tested, options).map((one) => (isOver(one, plan, current) ? passed(one) : one));
  const ps = judged.filter(isTested).map(({ judgement }) => judgement.pAdjusted);
  return { at_ms, current, reference, judged, alpha, p: ps.length === 0 ? null : Math.min(...ps) };
}

const passed = (one: Judged): Judged => ({
  ...one,
  verdict: 'no_drift',
  judgement: { ...one.judgement, verdict: 'no_drift', reason: 'passing' },
});

/** A finding that lasted longer was no incident: by its end the baseline had become like it. */
const INCIDENT_MOST = 0.25;

/** An incident that is over is no normal time: without it, the return to normal would be drift. */
function spoiltBy(past: readonly Past[], { segment }: Series, { from_ms, to_ms }: Window): Excluded[] {
  const name = JSON.stringify(segment);
  return past
    .filter(
      ({ series, since_ms, until_ms }) =>
        series === name && until_ms - since_ms <= (to_ms - from_ms) * INCIDENT_MOST,
    )
    .map(({ since_ms, until_ms }) => ({
      from_ms: Math.floor(since_ms / HOUR_MS) * HOUR_MS,
      to_ms: until_ms,
      tenant: '',
      region: undefined,
      workload: undefined,
      why: 'found by the monitor before',
    }));
}

const isTested = ({ comparison: { evidence } }: Judged): boolean =>
  evidence.nReference > 0 && evidence.nCurrent > 0;

/** What had been told by then, of the stretch that one look reads. */
const deployedBy = (deployed: readonly Deployed[], reference: Window, at_ms: number): Deployed[] =>
  deployed.filter((one) => one.at_ms >= reference.from_ms && one.at_ms < at_ms);

function optionsOf(plan: Plan, deployed: readonly Deployed[], to_ms: number, alpha: number): TestOptions {
  const { excluded, options } = plan;
  const declared = excluded.map((window) => ({
    ...window,
    tenant: '',
    region: undefined,
    workload: undefined,
    why: 'left out by the monitor',
  }));
  return {
    ...options,
    alpha,
    excluded: [...declared, ...excludedWindows(deployed, to_ms)],
    // Half of a few hours is not waited for: looks in a row say how long it lasts.
    persistence: !isShort(plan),
  };
}

export const isDrifting = ({ verdict }: Judged): boolean => verdict === 'drift';

/** The budget after a look. */
export const spendLook = (budget: Budget, { judged, p }: Look, plan: Plan): Budget =>
  spend(budget, p, judged.some(isDrifting), plan.budget);

/** Since when and why; without `beside` the cause is judged by its time alone. */
export const whyOfLook = (
  one: Judged,
  { current, reference }: Look,
  deployed: readonly Deployed[],
  beside: Beside = () => [],
): Why => whyOf(one, { deployed, beside, current, reference });

/** Nothing is over that was not seen for so long: an hour or two of a night say little. */
const GONE_LEAST_MS = 6 * HOUR_MS;

/** When what this look does not see is over. */
export const endingOf = ({ persistence, every_ms }: Plan, { judged }: Look): Ending => ({
  after: Math.max(persistence, Math.ceil(GONE_LEAST_MS / every_ms)),
  silent: new Set(
    judged
      .filter(({ verdict }) => verdict === 'insufficient_data')
      .map(({ series: { segment } }) => JSON.stringify(segment)),
  ),
});
