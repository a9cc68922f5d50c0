/** What changed in a window, in which segment, since when, and what was deployed then: from rollups alone. */
import { formulaOf, type KpiName, kpiOf } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { HOUR_MS } from '../rollups/index.ts';
import type { Deployed } from './causes.ts';
import { type ChangeContext, causeOfChange } from './change-cause.ts';
import { readDeployed } from './deployments.ts';
import type { Asking } from './deps.ts';
import { type ExploreError, refused } from './failure.ts';
import type { Condition } from './filter.ts';
import { type Candidate, type Change, type Finding, findChanges, WATCHED } from './findings.ts';
import {
  addAll,
  addUp,
  againstVersion,
  candidatesOf,
  figureOf,
  type Grouped,
  type Grouping,
  type Hours,
  lengthOf,
  readHours,
} from './findings-read.ts';
import type { KpiDeps } from './kpis.ts';
import type { TimeRange } from './range.ts';

const DAY_MS = 24 * HOUR_MS;
/** Of a longer window the last week is looked at: what is older is no news. */
const WINDOW_MOST_MS = 7 * DAY_MS;
/** Hours are what is stored; fewer of them tell nothing. */
const WINDOW_LEAST_MS = 6 * HOUR_MS;
export const FINDINGS_MOST = 50;
export const COMPARISONS = ['previous', 'day', 'week'] as const;
export type Comparison = (typeof COMPARISONS)[number];

export interface FindingsQuestion extends TimeRange {
  compare: Comparison;
  conditions: readonly Condition[];
  limit: number;
}

const EXPERIENCE: readonly KpiName[] = [
  ...(['delivered_fps', 'produced_fps', 'dropped_frame_ratio', 'latency_p95_ms'] as const),
  ...(['availability', 'oom_rate'] as const),
];
const GROUPINGS: readonly Grouping[] = [
  { dims: ['workload'], by: ['tenant', 'workload'], metrics: WATCHED },
  { dims: ['workload', 'model_version'], by: ['workload', 'model_version'], metrics: WATCHED },
  { dims: ['model_version', 'region'], by: ['model_version', 'region'], metrics: EXPERIENCE },
];

export async function readFindings(
  deps: KpiDeps,
  asking: Asking,
  question: FindingsQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const hours = hoursOf(question);
  const [groups, deployed] = await Promise.all([
    Promise.all(GROUPINGS.map((one) => readHours(deps, asking, one, hours))),
    readDeployed(deps, asking, { from_ms: hours.from_ms - HOUR_MS, to_ms: hours.to_ms }),
  ]);
  if (!deployed.ok) return deployed;
  const read: Grouped[] = [];
  for (const group of groups) {
    if (!group.ok) return group;
    read.push(group.value);
  }
  const [ofTenants, ofVersions, ofRegions] = read as [Grouped, Grouped, Grouped];
  const workloadOf = new Map([...ofVersions.series.values()].map(({ key }) => [key[1]!, key[0]!] as const));
  const candidates = [
    ...ofSegments(ofTenants, ofRegions, workloadOf, lengthOf(hours)),
    ...ofReleases(ofVersions, deployed.value, hours),
  ];
  const context = { hours, deployed: deployed.value, ofTenants, ofVersions, ofRegions, workloadOf };
  const all = findChanges(candidates);
  const told = await Promise.all(
    all.slice(0, question.limit).map((finding) => tellFinding({ deps, asking, finding, ...context })),
  );
  return ok({
    from: iso(hours.from_ms),
    to: iso(hours.to_ms),
    compare: question.compare,
    shift_s: hours.shift_ms / 1000,
    step_s: HOUR_MS / 1000,
    total: all.length,
    // Releases are held against each other in the same hours: they tell nothing of what was before.
    compared: candidates.filter(({ against }) => against === undefined).length,
    findings: told,
  });
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Whole hours; the one under way is among them, as far as it has come. */
export function hoursOf({ from_ms, to_ms, compare, conditions }: FindingsQuestion): Hours {
  const end = Math.ceil(to_ms / HOUR_MS) * HOUR_MS;
  const asked = end - Math.floor(from_ms / HOUR_MS) * HOUR_MS;
  const length = Math.min(WINDOW_MOST_MS, Math.max(WINDOW_LEAST_MS, asked));
  const shift = { previous: length, day: DAY_MS, week: 7 * DAY_MS }[compare];
  const shift_ms = Math.max(shift, compare === 'day' ? DAY_MS : shift);
  return { from_ms: end - length, to_ms: end, shift_ms, conditions };
}

/** Workloads, tenants of workloads, and regions of workloads. */
function ofSegments(
  ofTenants: Grouped,
  ofRegions: Grouped,
  workloadOf: ReadonlyMap<string, string>,
  length: number,
): Candidate[] {
  const whole = addUp(ofTenants, ({ workload }) => (workload ? { workload } : null));
  const tenants = addUp(ofTenants, (key) => (key.workload ? key : null));
  const placed = (key: Readonly<Record<string, string>>) => {
    const workload = workloadOf.get(key.model_version!);
    return workload && key.region ? { workload, region: key.region } : null;
  };
  const regions = addUp(ofRegions, placed);
  // All of the workload but the segment: what the segment is held against.
  const beside = (parts: Part[], segment: Part['segment'], name: 'tenant' | 'region') =>
    addAll(
      parts.filter((one) => one.segment.workload === segment.workload && one.segment[name] !== segment[name]),
    );
  const several = (parts: Part[], name: 'tenant' | 'region', metrics?: readonly KpiName[]): Candidate[] =>
    parts.flatMap(({ segment, sides }) => {
      const rest = beside(parts, segment, name);
      return rest ? candidatesOf(segment, sides, length, { rest, ...(metrics && { metrics }) }) : [];
    });
  return [
    ...whole.flatMap(({ segment, sides }) => candidatesOf(segment, sides, length)),
    ...several(tenants, 'tenant'),
    ...several(regions, 'region', EXPERIENCE),
  ];
}
type Part = ReturnType<typeof addUp>[number];

/** Versions that began to serve in the window, against the ones that they follow. */
function ofReleases(ofVersions: Grouped, deployed: readonly Deployed[], hours: Hours): Candidate[] {
  const seen = new Set<string>();
  return deployed.flatMap(({ status, version, previous, workload, at_ms }) => {
    if (status !== 'start' || !version || !previous || at_ms < hours.from_ms || seen.has(version)) return [];
    seen.add(version);
    const sidesOf = (name: string) =>
      addUp(ofVersions, (key) =>
        key.model_version === name && (!workload || key.workload === workload)
          ? { workload: key.workload!, model_version: name }
          : null,
      )[0];
    const [next, last] = [sidesOf(version), sidesOf(previous)];
    if (!next || !last) return [];
    return candidatesOf(next.segment, againstVersion(next.sides, last.sides), lengthOf(hours), {
      against: previous,
    });
  });
}

interface Telling extends ChangeContext {
  deps: KpiDeps;
  asking: Asking;
  finding: Finding;
}

/** A quiet night hides when it began; a longer silence explains nothing. */
const SILENCE_MOST_HOURS = 8;

/** The last hour before `from` of which something is known, at most so many back. */
function lastSeen({ value }: Finding['change']['candidate'], from: number): number {
  const most = Math.max(0, from - SILENCE_MOST_HOURS);
  for (let at = from - 1; at >= most; at--) if (value('now', at, at + 1) !== null) return at;
  return from - 1;
}

async function tellFinding(telling: Telling): Promise<Record<string, unknown>> {
  const { hours, finding } = telling;
  const { change, also } = finding;
  const { candidate, from, to } = change;
  const begins_ms = hours.from_ms + from * HOUR_MS;
  const seen = lastSeen(candidate, from);
  const cause = causeOfChange(change, seen, telling);
  const length = lengthOf(hours);
  const value = (side: 'now' | 'before') =>
    Array.from({ length }, (_, at) => candidate.value(side, at, at + 1));
  const stage = candidate.metric === 'latency_p95_ms' ? await stageOf(telling) : null;
  return {
    ...toldChange(change),
    segment: candidate.segment,
    against: candidate.against ?? null,
    // Changes are known to the hour; what was deployed then dates them better.
    since: iso(cause?.at_ms ?? begins_ms),
    until: to === length ? null : iso(hours.from_ms + to * HOUR_MS),
    cause: cause && { ...cause, at_ms: undefined, timestamp: iso(cause.at_ms) },
    stage,
    alike: alikeOf(telling),
    also: also.map(toldChange),
    hours: { now: value('now'), before: value('before') },
  };
}

const toldChange = ({ candidate, now, before, n, z }: Change) => {
  const { better } = kpiOf(candidate.metric);
  const up = now > before;
  return {
    metric: candidate.metric,
    direction: up ? 'up' : 'down',
    now,
    before,
    n,
    z: Math.round(z * 10) / 10,
    better: better === 'neither' ? null : (better === 'up') === up,
  };
};

/** Versions in the region that changed: where they fell alike, it is not the release. */
function alikeOf({ ofRegions, finding: { change } }: Telling): Record<string, unknown>[] {
  const { candidate, from, to } = change;
  const { region } = candidate.segment;
  if (region === undefined || !EXPERIENCE.includes(candidate.metric)) return [];
  const formula = formulaOf(candidate.metric, false);
  return addUp(ofRegions, (key) => (key.region === region ? { model_version: key.model_version! } : null))
    .map(({ segment, sides }) => ({
      segment,
      now: figureOf(formula, sides.now, from, to),
      before: figureOf(formula, sides.before, from, to),
    }))
    .filter((one) => one.now !== null && one.before !== null);
}

/** Less than this share of a difference does not make a stage the place of it. */
const MOST_OF_IT = 0.5;

/** The stage that most of a slower latency lies in; null where it is spread. */
async function stageOf({ deps, asking, hours, finding }: Telling): Promise<string | null> {
  const { candidate, from, to } = finding.change;
  const { model_version, region, workload } = candidate.segment;
  const dim = model_version ? 'model_version' : region ? 'region' : 'workload';
  const name = model_version ?? region ?? workload!;
  const asked: Grouping = { dims: [dim], by: [dim, 'pipeline_stage'], metrics: [], stages: true };
  const read = await readHours(deps, asking, { ...asked, metrics: ['latency_p50_ms'] }, hours);
  if (!read.ok) return null;
  const mean = { op: 'mean', of: 'stage_ms' } as const;
  const of = (value: string) =>
    new Map(
      addUp(read.value, (key) => (key[dim] === value ? { stage: key.pipeline_stage! } : null)).map(
        ({ segment, sides }) => [segment.stage!, sides] as const,
      ),
    );
  const [own, other] = [of(name), candidate.against ? of(candidate.against) : null];
  const differences = [...own].map(([stage, sides]) => {
    const before = other ? other.get(stage)?.now : sides.before;
    const [now, then] = [
      figureOf(mean, sides.now, from, to),
      before ? figureOf(mean, before, other ? 0 : from, other ? lengthOf(hours) : to) : null,
    ];
    return { stage, size: now === null || then === null ? 0 : now - then };
  });
  const sign = finding.change.now > finding.change.before ? 1 : -1;
  const moved = differences.map(({ stage, size }) => ({ stage, size: Math.max(0, size * sign) }));
  const total = moved.reduce((sum, one) => sum + one.size, 0);
  const [most] = moved.sort((a, b) => b.size - a.size);
  return most && total > 0 && most.size / total >= MOST_OF_IT ? most.stage : null;
}

export const readComparison = (text: string | null): Result<Comparison, ExploreError> => {
  const found = COMPARISONS.find((one) => one === (text ?? 'day'));
  return found
    ? ok(found)
    : refused('invalid_request', `compare is none of ${COMPARISONS.join(', ')}`, { field: 'compare' });
};
