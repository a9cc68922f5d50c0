/** Everything that is stored, looked at together: what drifted, where, since when and why. */
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreDeps, type ExploreError, likelyOf } from '../explore/index.ts';
import type { RollupReader } from '../rollups/index.ts';
import { type BesideRow, candidatesOf } from './cause.ts';
import { type Deployed, type Excluded, excludedWindows, readDeployments } from './changes.ts';
import { dateChange } from './dating.ts';
import {
  type Judged,
  judgeFamily,
  type Tested,
  type TestOptions,
  testRelease,
  testSeries,
} from './engine.ts';
import { type DriftMetric, SWEPT } from './metrics.ts';
import { type Grouping, readSeries } from './read.ts';
import { mergeHours, type Series } from './series.ts';
import type { Why } from './tell.ts';
import { type Baseline, referenceWindow, type Window } from './windows.ts';

export interface DriftDeps extends ExploreDeps {
  readonly clock: Clock;
  readonly rollups: RollupReader;
}

const WHOLE = { dims: ['workload'], by: ['tenant', 'workload'] } as const;
const VERSIONS = { dims: ['model_version'], by: ['tenant', 'model_version'] } as const;
const STAGES = { dims: ['workload'], by: ['tenant', 'workload', 'pipeline_stage'], stages: true } as const;
const REGIONS = { dims: ['region'], by: ['tenant', 'region'] } as const;
const STAGE_VERSIONS = {
  ...{ dims: ['model_version'], by: ['tenant', 'model_version', 'pipeline_stage'] },
  stages: true,
} as const;

/** What is looked at: all rows, tenants, workloads, regions, and stages of the first two. */
const OWN_PAST: readonly Grouping[] = [
  { ...WHOLE, segment: [] },
  { ...WHOLE, segment: ['tenant'] },
  { ...WHOLE, segment: ['workload'] },
  { ...REGIONS, segment: ['region'] },
  { ...STAGES, segment: ['workload', 'pipeline_stage'] },
  { ...STAGES, segment: ['tenant', 'pipeline_stage'] },
];
/** A version is compared with the one before it. */
const RELEASES: readonly Grouping[] = [
  { ...VERSIONS, segment: ['model_version'] },
  { ...STAGE_VERSIONS, segment: ['model_version', 'pipeline_stage'] },
];
/** What differences in differences need: everything by tenant and what a deployment can be limited to. */
const BESIDE: readonly Grouping[] = [
  { ...VERSIONS, segment: VERSIONS.by },
  { ...WHOLE, segment: WHOLE.by },
  { ...REGIONS, segment: REGIONS.by },
];
const BESIDE_OF_STAGES: readonly Grouping[] = [
  { ...STAGE_VERSIONS, segment: STAGE_VERSIONS.by },
  { ...STAGES, segment: STAGES.by },
];

export const besideOf = (stages: boolean): readonly Grouping[] => (stages ? BESIDE_OF_STAGES : BESIDE);

export interface SweepQuestion {
  readonly current: Window;
  readonly baseline: Baseline;
  /** Windows that the caller leaves out of the baseline. */
  readonly excluded: readonly Window[];
  readonly metrics?: readonly DriftMetric[];
  readonly options?: TestOptions;
}

export interface Sweep {
  readonly judged: readonly Judged[];
  readonly deployed: readonly Deployed[];
  readonly excluded: readonly Excluded[];
  readonly reference: Window;
  whyOf(one: Judged): Why;
}

export async function sweep(
  deps: DriftDeps,
  asking: Asking,
  question: SweepQuestion,
): Promise<Result<Sweep, ExploreError>> {
  const { current, baseline } = question;
  const reference = referenceWindow(baseline, current);
  const marks = await readMarks(deps, asking, question, reference);
  if (!marks.ok) return marks;
  const groupings = [
    ...(baseline.kind === 'release' ? [] : OWN_PAST),
    ...RELEASES,
    ...BESIDE,
    ...BESIDE_OF_STAGES,
  ];
  const read = await readSeries(deps.rollups, asking, {
    ...{ metrics: question.metrics ?? SWEPT, groupings, windows: [reference, current] },
  });
  if (!read.ok) return read;
  const { deployed, excluded } = marks.value;
  const options = { ...question.options, excluded };
  const own = read.value.filter(isOwnPast);
  const tested = await paced(testAll(own.filter(isToldIn(current)), reference, current, options), deps.clock);
  // Versions by tenant are what releases are held against; they are no findings of their own.
  const versions = read.value.filter(({ segment }) => segment.tenant === undefined);
  tested.push(...testReleases(versions, deployed, { reference, current, baseline }, options));
  const judged = judgeFamily(tested, options);
  const beside = rowsBeside(read.value);
  return ok({
    ...{ judged, deployed, excluded, reference },
    whyOf: (one) => whyOf(one, { deployed, beside, current, reference }),
  });
}

/** Versions are compared with versions; what is by tenant and a further dimension is only held against others. */
const isOwnPast = ({ segment }: Series): boolean => {
  const { pipeline_stage: _stage, ...place } = segment;
  return place.model_version === undefined && !(place.tenant !== undefined && Object.keys(place).length > 1);
};

/** One series a step: a sweep shares its thread with everything that comes in. */
function* testAll(
  series: readonly Series[],
  reference: Window,
  current: Window,
  options: TestOptions,
): Generator<undefined, Tested[]> {
  const out: Tested[] = [];
  for (const one of series) {
    out.push(testSeries(one, reference, current, options));
    yield;
  }
  return out;
}

/** Something of it lies in the window: what does not exist any more is no series. */
const isToldIn =
  ({ from_ms, to_ms }: Window) =>
  ({ parts }: Series): boolean =>
    [...parts.values()].some((hours) => [...hours.keys()].some((at) => at >= from_ms && at < to_ms));

export async function readMarks(
  deps: DriftDeps,
  asking: Asking,
  { current, excluded }: Pick<SweepQuestion, 'current' | 'excluded'>,
  reference: Window,
): Promise<Result<{ deployed: Deployed[]; excluded: Excluded[] }, ExploreError>> {
  const from_ms = Math.min(reference.from_ms, current.from_ms);
  const deployed = await readDeployments(deps, asking, { from_ms, to_ms: current.to_ms });
  if (!deployed.ok) return deployed;
  const asked = excluded.map((window) => ({
    ...window,
    ...{ tenant: '', region: undefined, workload: undefined, why: 'left out by the question' },
  }));
  return ok({
    deployed: deployed.value,
    excluded: [...asked, ...excludedWindows(deployed.value, current.to_ms)],
  });
}

/** Releases of the last week are news, also where the window begins after them. */
const RELEASE_NEWS_MS = 7 * 86_400_000;

export function testReleases(
  series: readonly Series[],
  deployed: readonly Deployed[],
  { reference, current, baseline }: { reference: Window; current: Window; baseline: Baseline },
  options: TestOptions,
): Tested[] {
  const seen = new Set<string>();
  const out: Tested[] = [];
  const since = baseline.kind === 'release' ? reference.from_ms : current.to_ms - RELEASE_NEWS_MS;
  for (const { status, version, previous, at_ms } of [...deployed].sort((a, b) => a.at_ms - b.at_ms)) {
    if (status !== 'start' || !version || !previous || at_ms < since || seen.has(version)) continue;
    seen.add(version);
    for (const next of series) {
      if (next.segment.model_version !== version) continue;
      const before = series.find(
        (one) =>
          one.metric === next.metric &&
          one.segment.tenant === next.segment.tenant &&
          one.segment.model_version === previous &&
          one.segment.pipeline_stage === next.segment.pipeline_stage,
      );
      if (before && isToldIn(current)(next))
        out.push(testRelease(next, before, at_ms, reference, current, options));
    }
  }
  return out;
}

/** The rows beside a drift, by tenant and one dimension. */
export type Beside = (one: Judged) => readonly BesideRow[];

export function rowsBeside(series: readonly Series[]): Beside {
  const known = new Map<string, BesideRow[]>();
  for (const { metric, segment, parts } of series) {
    const { pipeline_stage = '', ...place } = segment;
    if (place.tenant === undefined || Object.keys(place).length !== 2) continue;
    const key = `${metric.name}\n${pipeline_stage}`;
    const rows = known.get(key) ?? [];
    known.set(key, rows);
    rows.push({ segment: place, hours: mergeHours(parts.values()) });
  }
  return ({ series: { metric, segment } }) =>
    known.get(`${metric.name}\n${segment.pipeline_stage ?? ''}`) ?? [];
}

interface WhyContext {
  deployed: readonly Deployed[];
  beside: Beside;
  current: Window;
  reference: Window;
}

export function whyOf(one: Judged, { deployed, beside, current, reference }: WhyContext): Why {
  const { series, comparison, isReference, against } = one;
  const direction = (comparison.now ?? 0) >= (comparison.before ?? 0) ? 'up' : 'down';
  if (against !== null) return whyOfRelease(one, direction, deployed, current);
  const hours = mergeHours(series.parts.values());
  const all = { from_ms: Math.min(reference.from_ms, current.from_ms), to_ms: current.to_ms };
  const change = dateChange(series, hours, isReference, all, direction, comparison.designEffect);
  const candidates = candidatesOf({
    ...{ series, deployed, beside: beside(one), current, isReference },
    designEffect: comparison.designEffect,
    changed_ms: change?.at_ms ?? null,
  });
  const likely = likelyOf(candidates);
  return { change, candidates, lastGood: likely?.deployment.previous ?? null };
}

/** A version differs from the one before since it came: that is the change, and it the cause. */
function whyOfRelease(
  one: Judged,
  direction: 'up' | 'down',
  deployed: readonly Deployed[],
  current: Window,
): Why {
  const { series, against } = one;
  const start = deployed
    .filter(({ status, version }) => status === 'start' && version === series.segment.model_version)
    .sort((a, b) => a.at_ms - b.at_ms)[0];
  if (!start) return { change: null, candidates: [], lastGood: against };
  return {
    change: { at_ms: Math.min(start.at_ms, current.to_ms), direction },
    candidates: [{ deployment: start, lag_h: 0, did: didOfRelease(one), score: 1 }],
    lastGood: against,
  };
}

/** Those on it against the version before at the same time: that is what was compared. */
const didOfRelease = ({ comparison: { now, before } }: Judged) =>
  now === null || before === null ? null : { on: now - before, off: 0, share: 1 };
