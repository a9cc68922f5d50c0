/** What was planted, for whoever checks whether Pegbar found it. Made from the effects that `simulate` plays. */
import type { Effects, Incident, Scenario } from './schema.ts';
import { DAY_MS, during, type PlacedIncident, timelineOf } from './timeline.ts';

/** How a figure moves: by a factor (`ratio`), or by an amount in the figure's own unit (`amount`). */
export interface Expected {
  direction: 'up' | 'down' | 'same' | 'changed';
  ratio?: number;
  amount?: number;
  /** Set where the figure is that of one stage. */
  pipeline_stage?: string;
}

export interface Planted {
  id: string;
  kind: Incident['kind'] | 'quiet';
  /** One sentence for people. */
  what: string;
  tenant?: string;
  /** Dimensions that a request must have to be touched; empty for all. */
  segment: Record<string, string>;
  release?: string;
  /** RFC 3339. */
  start: string;
  /** Null while it is still in force at the end of the interval. */
  end: string | null;
  /** Seconds from the start to full strength. */
  ramp_s: number;
  /** False where nothing should wake anybody: announced load, quiet weeks. */
  alarming: boolean;
  /** Id of the deployment record that announced or caused it. */
  deployment?: string;
  /** By KPI name, or by a name of the same pattern where no KPI has it. */
  expected: Record<string, Expected>;
}

export type Truth = Planted[];

/** A stretch without incidents is worth naming from this length on: a week, the shortest rolling baseline. */
const QUIET_FROM_MS = 7 * DAY_MS;

const METRIC_OF: Partial<Record<keyof Effects, readonly [string, string?]>> = {
  generate_latency_x: ['latency_p95_ms', 'generate'],
  preprocess_latency_x: ['latency_p95_ms', 'preprocess'],
  postprocess_latency_x: ['latency_p95_ms', 'postprocess'],
  deliver_latency_x: ['latency_p95_ms', 'deliver'],
  queue_wait_x: ['queue_wait_p95_ms'],
  queue_depth_x: ['queue_depth'],
  traffic_x: ['requests'],
  denied_share: ['rejected'],
  oom_rate: ['oom_rate'],
  timeout_rate: ['timeout_rate'],
  safety_block_rate: ['policy_block_rate'],
  nsfw_rate_x: ['nsfw_rate'],
  face_ok_add: ['face_ok_rate'],
  aesthetic_x: ['aesthetic_mean'],
  accept_add: ['acceptance_rate'],
  style_distance_add: ['style_distance_mean'],
  delivered_fps_x: ['delivered_fps'],
  produced_fps_x: ['produced_fps'],
  cache_hit_x: ['cache_hit_ratio'],
  model_load_x: ['model_load_p95_ms'],
  gpu_memory_add: ['gpu_memory_used'],
  gpu_util_add: ['gpu_util'],
};

/**
 * @param options the same as those of the `simulate` call that it is about.
 * @returns incidents that touch the interval and quiet stretches of a week and more, by start.
 */
export function truthOf(
  scenario: Scenario,
  options: { from_ms: number; to_ms: number; seed?: number; anchor_ms?: number },
): Truth {
  const { from_ms, to_ms } = options;
  const timeline = timelineOf(scenario, options.anchor_ms ?? to_ms);
  const placed = during(timeline, from_ms, to_ms);
  return [...placed.map((one) => plantedOf(one, to_ms)), ...quietOf(placed, from_ms, to_ms)].sort((a, b) =>
    a.start < b.start ? -1 : a.start > b.start ? 1 : 0,
  );
}

function plantedOf(placed: PlacedIncident, to_ms: number): Planted {
  const { incident, start_ms, end_ms } = placed;
  const { tenant, ...segment } = incident.where;
  return {
    id: incident.id,
    kind: incident.kind,
    what: incident.what,
    ...(tenant === undefined ? {} : { tenant }),
    segment: Object.fromEntries(Object.entries(segment).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >,
    ...(incident.release === undefined ? {} : { release: incident.release }),
    start: new Date(start_ms).toISOString(),
    end: end_ms > to_ms ? null : new Date(end_ms).toISOString(),
    ramp_s: (incident.ramp ?? 0) / 1000,
    alarming: incident.kind !== 'planned_load',
    ...deploymentOf(incident),
    expected: expectedOf(incident.effects),
  };
}

function deploymentOf(incident: Incident): { deployment?: string } {
  const id = incident.deployment?.id ?? incident.release;
  return id === undefined ? {} : { deployment: id };
}

function expectedOf(effects: Effects): Record<string, Expected> {
  const expected: Record<string, Expected> = {};
  for (const [key, value] of Object.entries(effects)) {
    const [metric, pipeline_stage] = METRIC_OF[key as keyof Effects] ?? [];
    if (metric === undefined || typeof value !== 'number') continue;
    const byFactor = key.endsWith('_x');
    expected[metric] = {
      direction: value > (byFactor ? 1 : 0) ? 'up' : 'down',
      ...(byFactor ? { ratio: value } : { amount: value }),
      ...(pipeline_stage === undefined ? {} : { pipeline_stage }),
    };
  }
  if (effects.delivered_fps_x !== undefined && effects.produced_fps_x === undefined) {
    expected.produced_fps = { direction: 'same' };
  }
  if (effects.vocabulary !== undefined) {
    expected.prompt_tokens = { direction: 'changed', amount: effects.vocabulary_share ?? 0 };
  }
  return expected;
}

function quietOf(placed: readonly PlacedIncident[], from_ms: number, to_ms: number): Planted[] {
  const quiet: Planted[] = [];
  let since = from_ms;
  const ends = [...placed].sort((a, b) => a.start_ms - b.start_ms);
  for (const { start_ms, end_ms } of [...ends, { start_ms: to_ms, end_ms: to_ms }]) {
    if (start_ms - since >= QUIET_FROM_MS) quiet.push(quietBetween(since, start_ms));
    since = Math.max(since, end_ms);
  }
  return quiet;
}

function quietBetween(start_ms: number, end_ms: number): Planted {
  return {
    id: `quiet-${new Date(start_ms).toISOString().slice(0, 10)}`,
    kind: 'quiet',
    what: 'Nothing is planted here: whatever fires is a false alarm.',
    segment: {},
    start: new Date(start_ms).toISOString(),
    end: new Date(end_ms).toISOString(),
    ramp_s: 0,
    alarming: false,
    expected: {},
  };
}
