/**
 * The studio's records in time order, one hour at a time.
 *
 * Every hour's traffic follows from (scenario, seed, anchor, hour) and nothing else. What starts in an hour may
 * end in a later one, so telling an interval first plays the hours before it and keeps what falls inside:
 * simulate(a, b) followed by simulate(b, c) is simulate(a, c), record for record, for one `anchor_ms`.
 */
import { deploymentsOf } from './deployments.ts';
import { tellEvaluations } from './evaluation.ts';
import type { SimulatedRecord } from './records.ts';
import { tellSamples } from './samples.ts';
import type { Scenario } from './schema.ts';
import { tellHourOf, type WantsSpans } from './sessions.ts';
import { openStudio, type SimulationOptions, type Studio } from './studio.ts';
import { during, HOUR_MS } from './timeline.ts';

/** Hours that a session can reach over its first: eight slow requests with long pauses stay below. */
export const SPILL_HOURS = 2;

/** @returns records with `from_ms <= timestamp < to_ms`, ordered by timestamp. */
export function* simulate(scenario: Scenario, options: SimulationOptions): Generator<SimulatedRecord> {
  const { from_ms, to_ms } = options;
  if (!(from_ms < to_ms)) return;
  const studio = openStudio(scenario, { ...options, anchor_ms: options.anchor_ms ?? to_ms });
  const wantsSpans = spanWish(options);
  const later = new Map<number, SimulatedRecord[]>();
  const firstHour = Math.floor(from_ms / HOUR_MS);
  const deployments = deploymentsOf(studio);
  for (let hour = firstHour - SPILL_HOURS; hour * HOUR_MS < to_ms; hour++) {
    const told: SimulatedRecord[] = [];
    tellTraffic(studio, hour * HOUR_MS, EVER, wantsSpans, told);
    sortIntoHours(told, hour, later);
    if (hour < firstHour) continue;
    const now = later.get(hour) ?? [];
    later.delete(hour);
    tellHourSamples(studio, hour * HOUR_MS, now);
    for (const record of deployments) if (Math.floor(record.timestamp / HOUR_MS) === hour) now.push(record);
    now.sort(byTime);
    for (const record of now) {
      if (record.timestamp >= from_ms && record.timestamp < to_ms) yield record;
    }
  }
}

const EVER = { from_ms: -Infinity, to_ms: Infinity };

export function byTime(a: SimulatedRecord, b: SimulatedRecord): number {
  return a.timestamp - b.timestamp;
}

export function spanWish(options: Pick<SimulationOptions, 'spans'>): WantsSpans {
  const { spans } = options;
  if (typeof spans === 'object') return (start_ms) => start_ms >= spans.from_ms;
  return () => spans === true;
}

/** All that requests say that start within the hour and within `startsIn`, whenever they say it. */
export function tellTraffic(
  studio: Studio,
  hour_ms: number,
  startsIn: { from_ms: number; to_ms: number },
  wantsSpans: WantsSpans,
  out: SimulatedRecord[],
): void {
  const incidents = during(studio.timeline, hour_ms, hour_ms + (SPILL_HOURS + 1) * HOUR_MS);
  for (const tenant of studio.tenants) {
    for (const { region, share, utc_offset_ms } of tenant.regionShares) {
      const place = { tenant, region, utc_offset_ms };
      tellHourOf(studio, place, share, hour_ms, incidents, startsIn, wantsSpans, out);
    }
  }
  const within = {
    from_ms: Math.max(hour_ms, startsIn.from_ms),
    to_ms: Math.min(hour_ms + HOUR_MS, startsIn.to_ms),
  };
  tellEvaluations(studio, within, incidents, wantsSpans, out);
}

function sortIntoHours(
  told: readonly SimulatedRecord[],
  hour: number,
  later: Map<number, SimulatedRecord[]>,
): void {
  for (const record of told) {
    const at = Math.min(hour + SPILL_HOURS, Math.max(hour, Math.floor(record.timestamp / HOUR_MS)));
    const bucket = later.get(at);
    if (bucket) bucket.push(record);
    else later.set(at, [record]);
  }
}

function tellHourSamples(studio: Studio, hour_ms: number, out: SimulatedRecord[]): void {
  const { gpu_every, queue_every, io_every } = studio.scenario.samples;
  const incidents = during(studio.timeline, hour_ms, hour_ms + HOUR_MS);
  const kinds = [
    [gpu_every, { gpu: true, queue: false, io: false }],
    [queue_every, { gpu: false, queue: true, io: false }],
    [io_every, { gpu: false, queue: false, io: true }],
  ] as const;
  for (const [every, which] of kinds) {
    for (let at = Math.ceil(hour_ms / every) * every; at < hour_ms + HOUR_MS; at += every) {
      tellSamples(studio, at, every, which, incidents, out);
    }
  }
}
