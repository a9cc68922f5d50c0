/**
 * When what is in force: moments of the scenario file become epoch milliseconds, releases become shares of
 * traffic, incidents become strengths between 0 and 1.
 */
import type { Effects, Incident, Moment, Scenario } from './schema.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Where a request stands; an incident's `where` is held against it. */
interface Segment {
  tenant: string;
  region: string;
  workload: string;
  model_version: string;
  hardware_class: string;
  traffic_source: string;
  collection: string;
}

export interface PlacedIncident {
  incident: Incident;
  start_ms: number;
  /** Infinity where the scenario gives no end. */
  end_ms: number;
}

export interface PlacedVersion {
  family: string;
  version: string;
  previous: string | undefined;
  hash: string;
  deployed_ms: number;
  rollout: readonly { after: number; share: number }[];
  evaluation_pairs: number;
  note: string | undefined;
}

export interface Timeline {
  incidents: readonly PlacedIncident[];
  /** By family, oldest first. */
  versions: ReadonlyMap<string, readonly PlacedVersion[]>;
}

const FULL_ROLLOUT = [{ after: 0, share: 1 }] as const;

/** @param anchor_ms the scenario's "now", the end of its history. */
export function timelineOf(scenario: Scenario, anchor_ms: number): Timeline {
  const versions = new Map<string, PlacedVersion[]>();
  const deployed = new Map<string, number>();
  for (const [family, { versions: list }] of Object.entries(scenario.families)) {
    const placed = list
      .map((one) => ({ one, deployed_ms: placeOf(one.deployed, anchor_ms) }))
      .sort((a, b) => a.deployed_ms - b.deployed_ms)
      .map(({ one, deployed_ms }, i, all) => ({
        family,
        version: one.version,
        previous: all[i - 1]?.one.version,
        hash: one.hash,
        deployed_ms,
        rollout: one.rollout ?? FULL_ROLLOUT,
        evaluation_pairs: one.evaluation_pairs ?? 0,
        note: one.note,
      }));
    versions.set(family, placed);
    for (const one of placed) deployed.set(one.version, one.deployed_ms);
  }
  const incidents = scenario.incidents.map((incident) => {
    const { start } = incident;
    const start_ms = 'release' in start ? (deployed.get(start.release) as number) : placeOf(start, anchor_ms);
    return {
      incident,
      start_ms,
      end_ms: incident.lasts === undefined ? Infinity : start_ms + incident.lasts,
    };
  });
  return { incidents, versions };
}

export function placeOf(moment: Moment, anchor_ms: number): number {
  if ('ago' in moment) return anchor_ms - moment.ago;
  const midnight = Math.floor(anchor_ms / DAY_MS) * DAY_MS;
  return midnight - moment.days_ago * DAY_MS + moment.at;
}

/** 0 before and after, growing in a straight line over the ramp, else 1. */
function strengthAt(placed: PlacedIncident, at_ms: number): number {
  if (at_ms < placed.start_ms || at_ms >= placed.end_ms) return 0;
  const ramp = placed.incident.ramp ?? 0;
  return ramp === 0 ? 1 : Math.min(1, (at_ms - placed.start_ms) / ramp);
}

/** Share of a family's traffic that a version was promised at a moment, before newer ones take theirs. */
function rolloutShare(version: PlacedVersion, at_ms: number): number {
  const age = at_ms - version.deployed_ms;
  let share = 0;
  for (const step of version.rollout) if (age >= step.after) share = step.share;
  return age < 0 ? 0 : share;
}

/** The version that serves, by one uniform draw: the newest takes its share first, the oldest what is left. */
export function versionAt(versions: readonly PlacedVersion[], at_ms: number, uniform: number): PlacedVersion {
  let left = uniform;
  for (let i = versions.length - 1; i > 0; i--) {
    const version = versions[i] as PlacedVersion;
    const share = rolloutShare(version, at_ms);
    if (left < share) return version;
    left = share >= 1 ? 0 : (left - share) / (1 - share);
  }
  return versions[0] as PlacedVersion;
}

/** Effects in force on one request, each already scaled by the strength of its incident. */
export type InForce = { [K in NumericEffect]: number } & {
  vocabulary: string | undefined;
  lora: string | undefined;
};

type NumericEffect = Exclude<keyof Effects, 'vocabulary' | 'lora'>;

const NONE: InForce = {
  generate_latency_x: 1,
  preprocess_latency_x: 1,
  postprocess_latency_x: 1,
  deliver_latency_x: 1,
  queue_wait_x: 1,
  queue_depth_x: 1,
  traffic_x: 1,
  denied_share: 0,
  oom_rate: 0,
  timeout_rate: 0,
  safety_block_rate: 0,
  nsfw_rate_x: 1,
  face_ok_add: 0,
  aesthetic_x: 1,
  accept_add: 0,
  style_distance_add: 0,
  delivered_fps_x: 1,
  produced_fps_x: 1,
  cache_hit_x: 1,
  model_load_x: 1,
  gpu_memory_add: 0,
  gpu_util_add: 0,
  vocabulary_share: 0,
  lora_share: 0,
  picture_wash: 0,
  picture_smear: 0,
  picture_wobble: 0,
  picture_shift: 0,
  vocabulary: undefined,
  lora: undefined,
};

function reaches(incident: Incident, segment: Partial<Segment>): boolean {
  const { where } = incident;
  for (const key in where) {
    const wanted = where[key as keyof Segment];
    if (wanted !== undefined && segment[key as keyof Segment] !== wanted) return false;
  }
  return true;
}

/**
 * What acts on a segment at a moment. A field that the segment leaves out matches no incident that names it:
 * a queue sample of a tenant does not feel a change of one model.
 * @param candidates incidents that may be in force; a caller narrows them to its hour once.
 */
export function inForce(
  candidates: readonly PlacedIncident[],
  segment: Partial<Segment>,
  at_ms: number,
): InForce {
  let sum = NONE;
  for (const placed of candidates) {
    const strength = strengthAt(placed, at_ms);
    if (strength === 0 || !reaches(placed.incident, segment)) continue;
    if (sum === NONE) sum = { ...NONE };
    add(sum, placed.incident.effects, strength);
  }
  return sum;
}

function add(sum: InForce, effects: Effects, strength: number): void {
  for (const key in effects) {
    const value = effects[key as keyof Effects];
    if (typeof value === 'string') sum[key as 'vocabulary' | 'lora'] = value;
    else if (typeof value !== 'number') continue;
    else if (key.endsWith('_x')) sum[key as NumericEffect] *= 1 + (value - 1) * strength;
    else sum[key as NumericEffect] += value * strength;
  }
}

/** Incidents that touch the interval. */
export function during(timeline: Timeline, from_ms: number, to_ms: number): readonly PlacedIncident[] {
  return timeline.incidents.filter((one) => one.start_ms < to_ms && one.end_ms > from_ms);
}
