/** Versions and other changes, newest first, each with what it did to latency, success and acceptance: from rollups alone. */
import type { KpiName } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { HOUR_MS } from '../rollups/index.ts';
import { listDeployments } from './deployments.ts';
import type { Asking } from './deps.ts';
import type { ExploreError } from './failure.ts';
import type { Condition } from './filter.ts';
import type { KpiDeps } from './kpis.ts';
import type { TimeRange } from './range.ts';
import { compareKpi, type KpiDifference, requestsIn } from './release-figures.ts';
import { hoursIn, merged, readSeriesHours, type SeriesHours, seriesParts } from './release-hours.ts';

const DAY_MS = 24 * HOUR_MS;
/** Deployments that one page looks through; each tenant tells its own. */
const DEPLOYMENTS_MOST = 2_000;
/** A longer range would read hours by the tens of thousands. */
const RANGE_MOST_MS = 35 * DAY_MS;
/** Fewer requests than this on a side are no ground to say what a change did. */
const REQUESTS_LEAST = 30;
export const RELEASES_MOST = 200;
const WATCHED: readonly KpiName[] = ['latency_p95_ms', 'availability', 'acceptance_rate'];

/** One change, told once for all tenants that got it. */
export interface Release {
  id: string;
  kind: string;
  version: string;
  previous: string | null;
  at_ms: number;
  ended_ms: number | null;
  rolled_back: boolean;
  /** Seen in the data and not told by anybody. */
  detected: boolean;
  tenants: string[];
  workload: string | null;
  region: string | null;
  model_version: string | null;
  note: string | null;
  url: string | null;
}

export interface ReleasesQuestion extends TimeRange {
  conditions: readonly Condition[];
  limit: number;
}

type Row = Readonly<Record<string, string>>;
const FIRST_SEEN = 'detected:';

/** Starts of deployments with their ends, told once where several tenants got the same; newest first. */
export function releasesOf(rows: readonly Row[]): Release[] {
  const out = new Map<string, Release>();
  const oldestFirst = [...rows].sort((a, b) => Date.parse(a.timestamp!) - Date.parse(b.timestamp!));
  for (const row of oldestFirst) {
    const at_ms = Date.parse(row.timestamp!);
    const place = `${row.kind}\n${row.id}\n${row.version}`;
    const known = out.get(place);
    if (row.status === 'start') {
      if (known && known.ended_ms === null) {
        if (!known.tenants.includes(row.tenant!)) known.tenants.push(row.tenant!);
        known.previous ??= row.previous || null;
      } else {
        // A version that comes back is another release; what ends next is that one.
        if (known) out.set(`${place}\n${known.at_ms}`, known);
        out.set(place, startOf(row, at_ms));
      }
    } else if (known && known.ended_ms === null) {
      known.ended_ms = at_ms;
      known.rolled_back = row.status === 'rolled_back';
    }
  }
  return [...out.values()].sort((a, b) => b.at_ms - a.at_ms || a.id.localeCompare(b.id));
}

const startOf = (row: Row, at_ms: number): Release => ({
  id: row.id!,
  kind: row.kind!,
  version: row.version ?? '',
  previous: row.previous || null,
  at_ms,
  ended_ms: null,
  rolled_back: false,
  detected: row.id!.startsWith(FIRST_SEEN),
  tenants: [row.tenant!],
  workload: row.workload || null,
  region: row.region || null,
  model_version: row.model_version || null,
  note: row.note || null,
  url: row.url || null,
});

export async function readReleases(
  deps: KpiDeps,
  asking: Asking,
  question: ReleasesQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const { to_ms, conditions, limit } = question;
  const from_ms = Math.max(question.from_ms, to_ms - RANGE_MOST_MS);
  const listed = await listDeployments(deps, asking, { from_ms, to_ms, conditions, limit: DEPLOYMENTS_MOST });
  if (!listed.ok) return listed;
  const all = releasesOf(listed.value.items as Row[]);
  const hours = {
    from_ms: Math.floor((from_ms - DAY_MS) / HOUR_MS) * HOUR_MS,
    to_ms: Math.ceil(to_ms / HOUR_MS) * HOUR_MS,
  };
  const [byVersion, byTenant] = await Promise.all([
    readSeriesHours(
      deps,
      asking,
      { dims: ['workload', 'model_version'], by: ['workload', 'model_version'] },
      WATCHED,
      hours,
    ),
    readSeriesHours(deps, asking, { dims: ['workload'], by: ['tenant', 'workload'] }, WATCHED, hours),
  ]);
  if (!byVersion.ok) return byVersion;
  if (!byTenant.ok) return byTenant;
  const found = all.slice(0, limit);
  return ok({
    from: iso(from_ms),
    to: iso(to_ms),
    total: all.length,
    truncated: listed.value.truncated === true || all.length > limit,
    releases: found.map((release) => ({
      ...tellRelease(release),
      ...effectOf(release, byVersion.value, byTenant.value, to_ms),
    })),
  });
}

export const iso = (ms: number): string => new Date(ms).toISOString();
export function tellRelease({ at_ms, ended_ms, ...rest }: Release): Record<string, unknown> {
  return { ...rest, timestamp: iso(at_ms), ended: ended_ms === null ? null : iso(ended_ms) };
}

interface Effect {
  /** What it is held against: a version, or the same hours of the day before. */
  against: string | null;
  effect: KpiDifference[];
}

function effectOf(release: Release, byVersion: SeriesHours, byTenant: SeriesHours, now_ms: number): Effect {
  const { at_ms, ended_ms, version, kind, workload, tenants } = release;
  const end = Math.min(at_ms + DAY_MS, ended_ms ?? now_ms, now_ms);
  const served = (name: string) =>
    merged(byVersion, ([of, one]) => one === name && (workload === null || of === workload));
  const now = hoursIn(served(version), { from_ms: at_ms, to_ms: end });
  if (kind === 'model' && requestsIn(now) > 0) {
    const against = release.previous ?? rivalOf(release, byVersion);
    if (against === null) return { against: null, effect: [] };
    const other = served(against);
    const beside = hoursIn(other, { from_ms: at_ms, to_ms: end });
    const before =
      requestsIn(beside) >= REQUESTS_LEAST
        ? beside
        : hoursIn(other, { from_ms: at_ms - DAY_MS, to_ms: at_ms });
    return { against, effect: compared(now, before) };
  }
  // A change of something else: its tenants before and after it, at the same hours of the day.
  const touched = merged(
    byTenant,
    ([tenant, of]) => tenants.includes(tenant!) && (workload === null || of === workload),
  );
  const start = Math.ceil(at_ms / HOUR_MS) * HOUR_MS;
  if (end <= start) return { against: null, effect: [] };
  const after = hoursIn(touched, { from_ms: start, to_ms: end });
  const before = hoursIn(touched, { from_ms: start - DAY_MS, to_ms: end - DAY_MS });
  return { against: null, effect: compared(after, before) };
}

function compared(
  now: Parameters<typeof requestsIn>[0],
  before: Parameters<typeof requestsIn>[0],
): KpiDifference[] {
  if (Math.min(requestsIn(now), requestsIn(before)) < REQUESTS_LEAST) return [];
  return WATCHED.map((metric) => compareKpi(metric, now, before)).filter((one) => one !== null);
}

/** The version that served most in the same workload on the day before. */
export function rivalOf(
  { version, at_ms, workload }: Pick<Release, 'version' | 'at_ms' | 'workload'>,
  series: SeriesHours,
): string | null {
  const own = new Set(
    [...series.keys()]
      .map(seriesParts)
      .filter(([, one]) => one === version)
      .map(([of]) => of),
  );
  let best: string | null = null;
  let most = 0;
  const names = new Set([...series.keys()].map((key) => seriesParts(key)[1]!));
  for (const name of names) {
    if (name === version || name === '') continue;
    const hours = merged(
      series,
      ([of, one]) => one === name && (workload === null ? own.has(of) : of === workload),
    );
    const n = requestsIn(hoursIn(hours, { from_ms: at_ms - DAY_MS, to_ms: at_ms }));
    if (n > most) {
      most = n;
      best = name;
    }
  }
  return best;
}
