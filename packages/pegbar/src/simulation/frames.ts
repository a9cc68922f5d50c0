/**
 * Frames windows of one clip, a window per playing second and side. Produced windows end with the stage that
 * encoded them; delivered ones are told while the clip plays, after its delivery.
 */
import type { Random } from './random.ts';
import type { FramesRecord } from './records.ts';
import type { RequestPlan } from './request.ts';

const SECOND_MS = 1_000;
/** Drops on the way to the viewer on a normal day, beside those of the production. */
const NETWORK_DROPPED_SHARE = 0.004;
/** Share of seconds with a hiccup of a viewer's own, and what it takes from them. */
const HICCUP_SHARE = 0.006;
const HICCUP_X = 0.8;

export function frameWindows(
  plan: RequestPlan,
  side: 'produced' | 'delivered',
  at_ms: number,
  random: Random,
): FramesRecord[] {
  const windows: FramesRecord[] = [];
  for (let i = 0; i < plan.clip_seconds; i++) {
    const back = (plan.clip_seconds - 1 - i) * SECOND_MS;
    const end_ms = side === 'produced' ? Math.max(plan.start_ms, at_ms - back) : at_ms + (i + 1) * SECOND_MS;
    windows.push(windowOf(plan, side, end_ms, random));
  }
  return windows;
}

function windowOf(
  plan: RequestPlan,
  side: 'produced' | 'delivered',
  timestamp: number,
  random: Random,
): FramesRecord {
  const clip = plan.workload.spec.clip as NonNullable<RequestPlan['workload']['spec']['clip']>;
  const { effects } = plan;
  let reach = effects.produced_fps_x;
  let lost = clip.dropped_share;
  if (side === 'delivered') {
    reach *= effects.delivered_fps_x * (effects.delivered_fps_x < 1 ? random.between(0.9, 1.1) : 1);
    if (random.chance(HICCUP_SHARE)) reach *= HICCUP_X;
    lost += NETWORK_DROPPED_SHARE;
  }
  const wanted = Math.round(clip.fps * Math.min(1, reach));
  const dropped = Math.min(wanted, random.poisson(clip.fps * lost)) + Math.round(clip.fps) - wanted;
  const frames = Math.max(0, Math.round(clip.fps) - dropped);
  const interval = SECOND_MS / Math.max(1, frames);
  const jitter = side === 'delivered' ? 1.35 + 2.2 * (1 - Math.min(1, reach)) : 1.12;
  const record: FramesRecord = {
    type: 'frames',
    event_id: `${plan.sequence_id}.${side}.${timestamp}`,
    timestamp,
    tenant: plan.tenant.name,
    region: plan.region,
    workload: plan.workload.name,
    sequence_id: plan.sequence_id as string,
    request_id: plan.request_id,
    side,
    model: { family: plan.version.family, version: plan.version.version },
    window_s: 1,
    frames,
    dropped,
    duplicated: random.poisson(clip.fps * clip.duplicated_share),
    held: Math.round(frames * clip.held_share * random.between(0.8, 1.2)),
    stalls: frames < clip.fps * 0.75 && random.chance(0.2) ? 1 : 0,
    playing_s: 1,
    interval_ms: {
      p50: tenth(interval),
      p95: tenth(interval * jitter),
      p99: tenth(interval * jitter * 1.25),
      max: tenth(interval * jitter * random.between(1.4, 2.4)),
    },
    declared_fps: clip.fps,
  };
  return record;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
