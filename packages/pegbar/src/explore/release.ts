/** One version against another: KPIs with their intervals, where it is slower, and in which stage. */
import type { KpiName } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { HOUR_MS } from '../rollups/index.ts';
import { listDeployments } from './deployments.ts';
import type { Asking } from './deps.ts';
import { type ExploreError, refused } from './failure.ts';
import type { KpiDeps } from './kpis.ts';
import type { TimeRange } from './range.ts';
import { compareKpi, type HourTallies, type KpiDifference, requestsIn } from './release-figures.ts';
import {
  hoursIn,
  merged,
  readSeriesHours,
  type SeriesHours,
  seriesKey,
  seriesParts,
} from './release-hours.ts';
import { readSegments } from './release-segments.ts';
import { iso, type Release, releasesOf, rivalOf, tellRelease } from './releases.ts';

const DAY_MS = 24 * HOUR_MS;
/** What a release did shows in its first week; later hours differ by more than the release. */
const WINDOW_MOST_MS = 7 * DAY_MS;
/** How far back a version is looked for. */
export const LOOK_BACK_MS = 90 * DAY_MS;
const DEPLOYMENTS_MOST = 2_000;
/** Fewer requests than this beside it, and the other version is read in the time before. */
const BESIDE_LEAST = 30;
/** Versions that are offered to be compared with. */
const OTHERS_MOST = 20;

const KPIS: readonly KpiName[] = [
  ...([
    'latency_p95_ms',
    'delivered_fps',
    'dropped_frame_ratio',
    'style_distance_mean',
    'aesthetic_mean',
  ] as const),
  ...(['face_ok_rate', 'clip_i_mean', 'acceptance_rate', 'availability', 'oom_rate'] as const),
  ...(['policy_block_rate', 'nsfw_rate', 'cost_per_1k_images_usd'] as const),
];

export interface ReleaseQuestion {
  version: string;
  /** '' for the version before it. */
  against: string;
  now_ms: number;
}

/** Two versions and the hours that they are held against each other in. */
export interface Bout {
  version: string;
  against: string;
  release: Release | null;
  window: TimeRange;
  /** Of the other version: the same hours, or those before. */
  before: TimeRange;
  beside: boolean;
  others: string[];
  series: SeriesHours;
}

/** Finds out what a version is held against, and when. */
export async function readBout(
  deps: KpiDeps,
  asking: Asking,
  { version, against, now_ms }: ReleaseQuestion,
  kpis: readonly KpiName[] = [],
): Promise<Result<Bout, ExploreError>> {
  const range = { from_ms: now_ms - LOOK_BACK_MS, to_ms: now_ms };
  const conditions = [{ field: 'version', op: '=' as const, values: [version] }];
  const listed = await listDeployments(deps, asking, { ...range, conditions, limit: DEPLOYMENTS_MOST });
  if (!listed.ok) return listed;
  const told = releasesOf(listed.value.items as Record<string, string>[]);
  // Told before detected: who released it knows when.
  const release = told.find((one) => !one.detected && one.kind === 'model') ?? told[0] ?? null;
  const since = release?.at_ms ?? (await firstServed(deps, asking, version, range));
  if (typeof since !== 'number')
    return since.ok ? refused('not_found', 'no request and no deployment tells of this version') : since;
  const end = Math.min(now_ms, release?.ended_ms ?? now_ms, since + WINDOW_MOST_MS);
  const hours = {
    from_ms: Math.floor(since / HOUR_MS) * HOUR_MS - WINDOW_MOST_MS,
    to_ms: Math.ceil(end / HOUR_MS) * HOUR_MS,
  };
  const grouping = { dims: ['workload', 'model_version'], by: ['workload', 'model_version'] };
  const read = await readSeriesHours(deps, asking, grouping, kpis, hours);
  if (!read.ok) return read;
  const series = read.value;
  const workload = release?.workload ?? null;
  const others = othersOf(series, version);
  const other =
    against !== ''
      ? against
      : (release?.previous ?? rivalOf({ version, at_ms: since, workload }, series) ?? others[0] ?? '');
  const window = { from_ms: since, to_ms: end };
  const beside =
    requestsIn(
      hoursIn(
        merged(series, ([, one]) => one === other),
        window,
      ),
    ) >= BESIDE_LEAST;
  const before = beside ? window : { from_ms: since - Math.max(DAY_MS, end - since), to_ms: since };
  return ok({ version, against: other, release, window, before, beside, others, series });
}

async function firstServed(
  deps: KpiDeps,
  asking: Asking,
  version: string,
  range: TimeRange,
): Promise<number | Result<null, ExploreError>> {
  const hours = {
    from_ms: Math.floor(range.from_ms / HOUR_MS) * HOUR_MS,
    to_ms: Math.ceil(range.to_ms / HOUR_MS) * HOUR_MS,
  };
  const read = await readSeriesHours(
    deps,
    asking,
    { dims: ['model_version'], by: ['model_version'] },
    [],
    hours,
  );
  if (!read.ok) return read;
  const own = read.value.get(seriesKey([version]));
  return own && own.size > 0 ? Math.min(...own.keys()) : ok(null);
}

/** Versions of the same workloads in the same time, those with most requests first. */
function othersOf(series: SeriesHours, version: string): string[] {
  const keys = [...series.keys()].map((key) => seriesParts(key) as [string, string]);
  const own = new Set(keys.filter(([, name]) => name === version).map(([workload]) => workload));
  const counts = new Map<string, number>();
  for (const [workload, name] of keys) {
    if (name === version || name === '' || !own.has(workload)) continue;
    const n = requestsIn([...series.get(seriesKey([workload, name]))!.values()]);
    counts.set(name, (counts.get(name) ?? 0) + n);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name]) => name)
    .slice(0, OTHERS_MOST);
}

export async function readRelease(
  deps: KpiDeps,
  asking: Asking,
  question: ReleaseQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const found = await readBout(deps, asking, question, KPIS);
  if (!found.ok) return found;
  const bout = found.value;
  const { version, against, release, window, before, beside, others, series } = bout;
  const workloads = [
    ...new Set(
      [...series.keys()]
        .map(seriesParts)
        .filter(([, name]) => name === version)
        .map(([of]) => of!),
    ),
  ];
  const of = (name: string, range: TimeRange) =>
    hoursIn(
      merged(series, ([workload, one]) => one === name && workloads.includes(workload!)),
      range,
    );
  const [own, other] = [of(version, window), of(against, before)];
  const all = hoursIn(
    merged(series, ([workload]) => workloads.includes(workload!)),
    window,
  );
  const [stages, segments] = await Promise.all([
    readStages(deps, asking, bout),
    against === '' ? ok([]) : readSegments(deps, asking, bout),
  ]);
  if (!stages.ok) return stages;
  if (!segments.ok) return segments;
  const kpis =
    against === ''
      ? []
      : KPIS.map((metric) => compareKpi(metric, own, other)).filter(
          (one): one is KpiDifference => one !== null && told(one),
        );
  return ok({
    version,
    against: against === '' ? null : against,
    others,
    workloads,
    release: release && tellRelease(release),
    since: iso(window.from_ms),
    window: { from: iso(window.from_ms), to: iso(window.to_ms) },
    before: { from: iso(before.from_ms), to: iso(before.to_ms), beside },
    requests: { now: requestsIn(own), before: requestsIn(other), all: requestsIn(all) },
    kpis,
    stages: stages.value,
    segments: segments.value,
  });
}

/** A rate that is nought on both sides says nothing. */
const told = ({ now, before }: KpiDifference): boolean =>
  !(now.value === 0 && before.value === 0) && now.n > 0;

/** Mean duration of each stage on both sides, ms. */
async function readStages(
  deps: KpiDeps,
  asking: Asking,
  { version, against, window, before }: Bout,
): Promise<Result<{ stage: string; now: number | null; before: number | null; n: number }[], ExploreError>> {
  const hours = {
    from_ms: Math.floor(Math.min(window.from_ms, before.from_ms) / HOUR_MS) * HOUR_MS,
    to_ms: Math.ceil(window.to_ms / HOUR_MS) * HOUR_MS,
  };
  const grouping = { dims: ['model_version'], by: ['model_version', 'pipeline_stage'], stages: true };
  const read = await readSeriesHours(deps, asking, grouping, [], hours, ['stage_ms']);
  if (!read.ok) return read;
  const mean = (name: string, stage: string, range: TimeRange) => {
    const tallies = hoursIn(read.value.get(seriesKey([name, stage])), range).map((hour: HourTallies) =>
      hour.get('stage_ms'),
    );
    const n = tallies.reduce((sum, one) => sum + (one?.n ?? 0), 0);
    const micro = tallies.reduce((sum, one) => sum + (one?.micro ?? 0), 0);
    return { n, value: n === 0 ? null : micro / 1e6 / n };
  };
  const stages = [...read.value.keys()]
    .map(seriesParts)
    .filter(([name, stage]) => name === version && stage !== '')
    .map(([, stage]) => stage!);
  return ok(
    stages.map((stage) => {
      const [now, then] = [mean(version, stage, window), mean(against, stage, before)];
      return { stage, now: now.value, before: then.value, n: now.n };
    }),
  );
}
