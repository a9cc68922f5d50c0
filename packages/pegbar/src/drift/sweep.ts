/** Everything that is stored, looked at together: what drifted, where, since when and why. */
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps, ExploreError } from '../explore/index.ts';
import type { QuarterReader, RollupReader } from '../rollups/index.ts';
import { mayHaveCause } from './cause.ts';
import { type Deployed, type Excluded, excludedWindows, readDeployments } from './changes.ts';
import { testContent } from './content/sweep.ts';
import {
  isToldIn,
  type Judged,
  judgeFamily,
  oneByOne,
  type Tested,
  type TestOptions,
  testRelease,
  testSeries,
} from './engine.ts';
import { type DriftMetric, SWEPT } from './metrics.ts';
import { type Grouping, readSeries } from './read.ts';
import { screen } from './screen.ts';
import type { Segment, Series } from './series.ts';
import type { Why } from './tell.ts';
import { type Beside, changeOf, rowsBeside, whyOf } from './why.ts';
import { type Baseline, ROLLING_DAYS, referenceWindow, type Window } from './windows.ts';

export interface DriftDeps extends ExploreDeps {
  readonly clock: Clock;
  readonly rollups: RollupReader;
  /** Sums that are kept for sweeps; without them hours are read. */
  readonly quarters?: QuarterReader;
}

const WHOLE = { dims: ['workload'], by: ['tenant', 'workload'] } as const;
const VERSIONS = { dims: ['model_version'], by: ['tenant', 'model_version'] } as const;
const STAGES = { dims: ['workload'], by: ['tenant', 'workload', 'pipeline_stage'], stages: true } as const;
const REGIONS = { dims: ['region'], by: ['tenant', 'region'] } as const;
const STAGE_VERSIONS = {
  dims: ['model_version'],
  by: ['tenant', 'model_version', 'pipeline_stage'],
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
  ...[
    ['workload', 'model_version'],
    ['model_version', 'region'],
  ].map((dims) => ({ dims, by: ['tenant', ...dims], segment: ['tenant', ...dims] })),
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
  const { deployed, excluded } = marks.value;
  const options = { ...question.options, excluded };
  const asked: Asked = { question, reference, deployed, options };
  const isPast = baseline.kind !== 'release';
  const hasContent = isPast && question.metrics === undefined;
  // The engine reads the one while the other is tested.
  const [own, content, released] = await Promise.all([
    isPast ? testOwnPast(deps, asking, asked) : ok([]),
    hasContent ? testContent(deps, asking, { current, reference }, options) : ok([]),
    readReleases(deps, asking, asked),
  ]);
  if (!own.ok) return own;
  if (!content.ok) return content;
  if (!released.ok) return released;
  const releases = testReleases(released.value, deployed, { reference, current, baseline }, options);
  const judged = judgeFamily([...own.value, ...content.value, ...releases], options);
  const beside = await readBeside(deps, asking, { current, reference, deployed }, judged);
  if (!beside.ok) return beside;
  return ok({
    judged,
    deployed,
    excluded,
    reference,
    whyOf: (one) => whyOf(one, { deployed, beside: beside.value, current, reference }),
  });
}

interface Asked {
  readonly question: SweepQuestion;
  readonly reference: Window;
  readonly deployed: readonly Deployed[];
  readonly options: TestOptions & { readonly excluded: readonly Excluded[] };
}

/** Every series against its own past: at once by the sums that are kept for that, and what they cannot clear by hours. */
async function testOwnPast(
  deps: DriftDeps,
  asking: Asking,
  { question, reference, options }: Asked,
): Promise<Result<Tested[], ExploreError>> {
  const { current, baseline, metrics = SWEPT } = question;
  const test = (series: readonly Series[]): Promise<Tested[]> => {
    const told = series.filter((one) => isToldIn(current, one));
    return paced(
      oneByOne(told, (one) => testSeries(one, reference, current, options)),
      deps.clock,
    );
  };
  const plainly = async (of: readonly DriftMetric[]): Promise<Result<Tested[], ExploreError>> => {
    const read = await readSeries(deps.rollups, asking, {
      metrics: of,
      groupings: OWN_PAST,
      windows: [reference, current],
    });
    return read.ok ? ok(await test(read.value)) : read;
  };
  const { quarters } = deps;
  if (!quarters || baseline.kind !== 'rolling' || baseline.days !== ROLLING_DAYS) return plainly(metrics);
  const screened = await screen({ ...deps, quarters }, asking, {
    metrics,
    groupings: OWN_PAST,
    current,
    excluded: options.excluded,
    options,
  });
  if (!screened.ok) return screened;
  if (screened.value === null) return plainly(metrics);
  const { cleared, suspects, unseen } = screened.value;
  const out = [...cleared];
  const lots = lotsOf(suspects);
  for (let at = 0; at < lots.length; at += LOTS_AT_ONCE) {
    const some = lots.slice(at, at + LOTS_AT_ONCE);
    const read = await Promise.all(
      some.map((lot) => readSeries(deps.rollups, asking, { ...lot.question, windows: [reference, current] })),
    );
    for (const [i, { segments }] of some.entries()) {
      const series = read[i]!;
      if (!series.ok) return series;
      out.push(...(await test(series.value.filter(({ segment }) => segments.has(JSON.stringify(segment))))));
    }
  }
  if (unseen.length === 0) return ok(out);
  const rest = await plainly(unseen);
  return rest.ok ? ok([...out, ...rest.value]) : rest;
}

/** Each is hours of four weeks: as many as the engine has use for, and memory. */
const LOTS_AT_ONCE = 4;

/** Suspects that are read together: of one metric and grouping. */
function lotsOf(suspects: readonly Series[]) {
  const lots = new Map<string, { metric: DriftMetric; grouping: Grouping; segments: Segment[] }>();
  for (const { metric, segment } of suspects) {
    const names = Object.keys(segment).join();
    const grouping = OWN_PAST.find((one) => one.segment.join() === names)!;
    const lot = lots.get(`${metric.name} ${names}`) ?? { metric, grouping, segments: [] };
    lots.set(`${metric.name} ${names}`, lot);
    lot.segments.push(segment);
  }
  return [...lots.values()].map(({ metric, grouping, segments }) => ({
    question: {
      metrics: [metric],
      groupings: [grouping],
      only: Object.fromEntries(
        grouping.segment.map((name) => [name, [...new Set(segments.map((one) => one[name]!))]]),
      ),
    },
    segments: new Set(segments.map((one) => JSON.stringify(one))),
  }));
}

/** Versions that came lately and those that they followed, hour by hour. */
async function readReleases(
  deps: DriftDeps,
  asking: Asking,
  { question, reference, deployed }: Asked,
): Promise<Result<Series[], ExploreError>> {
  const { current, baseline, metrics = SWEPT } = question;
  const news = deployed.filter((one) => isNews(one, { reference, current, baseline }));
  const pinned = baseline.kind === 'release' ? baseline.version : undefined;
  if (news.length === 0) return ok([]);
  const versions =
    pinned === undefined
      ? [...new Set(news.flatMap(({ version, previous }) => [version!, previous!]))]
      : [...lineOf(pinned, deployed)];
  return readSeries(deps.rollups, asking, {
    metrics,
    groupings: RELEASES,
    windows: [reference, current],
    only: { model_version: versions },
  });
}

/** What differences in differences need, where there is anything that may have done it. */
export async function readBeside(
  deps: DriftDeps,
  asking: Asking,
  { current, reference, deployed }: { current: Window; reference: Window; deployed: readonly Deployed[] },
  judged: readonly Judged[],
): Promise<Result<Beside, ExploreError>> {
  const near = judged.filter(
    (one) =>
      one.verdict === 'drift' &&
      one.against === null &&
      mayHaveCause(one, changeOf(one, current, reference), deployed, current),
  );
  const rows: Series[] = [];
  for (const stages of [false, true]) {
    const of = near.filter(({ series }) => (series.segment.pipeline_stage !== undefined) === stages);
    const metrics = [...new Set(of.map(({ series }) => series.metric))];
    if (metrics.length === 0) continue;
    const read = await readSeries(deps.rollups, asking, {
      metrics,
      groupings: besideOf(stages),
      windows: [reference, current],
    });
    if (!read.ok) return read;
    rows.push(...read.value);
  }
  return ok(rowsBeside(rows));
}

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
    tenant: '',
    region: undefined,
    workload: undefined,
    why: 'left out by the question',
  }));
  return ok({
    deployed: deployed.value,
    excluded: [...asked, ...excludedWindows(deployed.value, current.to_ms)],
  });
}

/** Releases of the last week are news, also where the window begins after them. */
const RELEASE_NEWS_MS = 7 * 86_400_000;

interface Windows {
  readonly reference: Window;
  readonly current: Window;
  readonly baseline: Baseline;
}

const isNews = (
  { status, version, previous, at_ms }: Deployed,
  { reference, current, baseline }: Windows,
): boolean =>
  status === 'start' &&
  Boolean(version && previous) &&
  at_ms >= (baseline.kind === 'release' ? reference.from_ms : current.to_ms - RELEASE_NEWS_MS);

export function testReleases(
  series: readonly Series[],
  deployed: readonly Deployed[],
  { reference, current, baseline }: Windows,
  options: TestOptions,
): Tested[] {
  if (baseline.kind === 'release' && baseline.version !== undefined)
    return testAgainst(baseline.version, series, deployed, { reference, current, baseline }, options);
  const seen = new Set<string>();
  const out: Tested[] = [];
  for (const one of [...deployed].sort((a, b) => a.at_ms - b.at_ms)) {
    const { version, previous, at_ms } = one;
    if (!isNews(one, { reference, current, baseline }) || seen.has(version!)) continue;
    seen.add(version!);
    for (const next of series) {
      if (next.segment.model_version !== version) continue;
      const before = sameOf(series, next, previous!);
      if (before && isToldIn(current, next))
        out.push(testRelease(next, before, at_ms, reference, current, options));
    }
  }
  return out;
}

/** The same series of another version. */
const sameOf = (series: readonly Series[], next: Series, version: string): Series | undefined =>
  series.find(
    (one) =>
      one.metric === next.metric &&
      one.segment.tenant === next.segment.tenant &&
      one.segment.model_version === version &&
      one.segment.pipeline_stage === next.segment.pipeline_stage,
  );

/** Every version of the same line against the one that is named: what makes something else has no place beside it. */
function testAgainst(
  version: string,
  series: readonly Series[],
  deployed: readonly Deployed[],
  { reference, current }: Windows,
  options: TestOptions,
): Tested[] {
  const line = lineOf(version, deployed);
  return series.flatMap((next) => {
    const own = next.segment.model_version;
    if (own === undefined || own === version || !line.has(own) || !isToldIn(current, next)) return [];
    const before = sameOf(series, next, version);
    const started = deployed.filter((one) => one.status === 'start' && one.version === own);
    // The first of its starts, as for the version before: another tenant may have got it later.
    const first_ms = Math.min(current.to_ms, ...started.map(({ at_ms }) => at_ms));
    const since_ms = started.length === 0 ? reference.from_ms : first_ms;
    return before ? [testRelease(next, before, since_ms, reference, current, options)] : [];
  });
}

/** Versions that followed each other, before and after the one that is named. */
function lineOf(version: string, deployed: readonly Deployed[]): ReadonlySet<string> {
  const line = new Set([version]);
  // A set that grows while it is walked is walked to its new end.
  for (const known of line)
    for (const { version: next, previous } of deployed) {
      if (next === known && previous) line.add(previous);
      if (previous === known && next) line.add(next);
    }
  return line;
}
