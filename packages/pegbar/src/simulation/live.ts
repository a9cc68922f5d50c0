/** The studio goes on after its history: records come when their time has come. */
import type { Clock } from '../base/clock.ts';
import { deploymentsOf } from './deployments.ts';
import { randomOf } from './random.ts';
import type { DeploymentRecord, SimulatedRecord } from './records.ts';
import { tellSamples } from './samples.ts';
import type { Scenario } from './schema.ts';
import { type SessionPlace, tellSession, type WantsSpans } from './sessions.ts';
import { byTime, SPILL_HOURS, spanWish, tellTraffic } from './simulate.ts';
import { openStudio, rhythmAt, type SimulationOptions, type Studio } from './studio.ts';
import { during, HOUR_MS, inForce } from './timeline.ts';

export interface LiveOptions extends Pick<SimulationOptions, 'seed' | 'scale' | 'spans'> {
  clock: Clock;
  /** Mean requests per second, whatever the hour; left out, the scenario's own rhythm goes on. */
  rate?: number;
  /** Where the history ended; now when left out. */
  from_ms?: number;
  /** The scenario's "now"; `from_ms` when left out. Give what `simulate` was given. */
  anchor_ms?: number;
  /** Time between two batches; 1 s when left out. */
  every_ms?: number;
  signal?: AbortSignal;
}

const SECOND_MS = 1_000;
/** A process that slept tells at most this much of what it missed; older seconds are left out. */
const CATCH_UP_MS = 5 * 60 * SECOND_MS;

/**
 * Batches of records with `from_ms <= timestamp <= clock.now()`, each in time order, until the signal aborts.
 * What history's last requests still had to say comes first. Empty batches are not yielded.
 */
export async function* live(scenario: Scenario, options: LiveOptions): AsyncGenerator<SimulatedRecord[]> {
  const { clock, signal } = options;
  const from_ms = options.from_ms ?? clock.now();
  const anchor_ms = options.anchor_ms ?? from_ms;
  const studio = openStudio(scenario, {
    seed: options.seed,
    anchor_ms,
    ...(options.scale === undefined ? {} : { scale: options.scale }),
  });
  const stream = new LiveStream(studio, from_ms, options.rate, spanWish(options));
  while (!signal?.aborted) {
    const batch = stream.until(clock.now());
    if (batch.length > 0) yield batch;
    await clock.sleep(options.every_ms ?? SECOND_MS, signal);
  }
}

class LiveStream {
  private readonly studio: Studio;
  private readonly from_ms: number;
  private readonly rate: number | undefined;
  private readonly wantsSpans: WantsSpans;
  private readonly deployments: readonly DeploymentRecord[];
  private pending: SimulatedRecord[] = [];
  /** Everything that starts before this moment has been decided. */
  private decided_ms: number;

  constructor(studio: Studio, from_ms: number, rate: number | undefined, wantsSpans: WantsSpans) {
    this.studio = studio;
    this.from_ms = from_ms;
    this.rate = rate;
    this.wantsSpans = wantsSpans;
    this.deployments = deploymentsOf(studio);
    this.decided_ms = from_ms;
    this.tellLeftovers();
  }

  until(now_ms: number): SimulatedRecord[] {
    const since_ms = Math.max(this.decided_ms, now_ms - CATCH_UP_MS);
    if (now_ms > since_ms) {
      if (this.rate === undefined) this.tellOwnRhythm(this.decided_ms, now_ms);
      else this.tellAtRate(this.rate, since_ms, now_ms);
      this.tellBeside(since_ms, now_ms);
      this.decided_ms = now_ms;
    }
    const due: SimulatedRecord[] = [];
    const left: SimulatedRecord[] = [];
    for (const record of this.pending) (record.timestamp <= now_ms ? due : left).push(record);
    this.pending = left;
    return due.sort(byTime);
  }

  /** What requests of the history say after its end. */
  private tellLeftovers(): void {
    const told: SimulatedRecord[] = [];
    const hour_ms = Math.floor(this.from_ms / HOUR_MS) * HOUR_MS;
    for (let at = hour_ms - SPILL_HOURS * HOUR_MS; at <= hour_ms; at += HOUR_MS) {
      tellTraffic(this.studio, at, { from_ms: -Infinity, to_ms: this.from_ms }, this.wantsSpans, told);
    }
    this.pending = told.filter((record) => record.timestamp >= this.from_ms);
  }

  private tellOwnRhythm(from_ms: number, to_ms: number): void {
    const first = Math.floor(from_ms / HOUR_MS) * HOUR_MS;
    for (let at = first; at < to_ms; at += HOUR_MS) {
      tellTraffic(this.studio, at, { from_ms, to_ms }, this.wantsSpans, this.pending);
    }
  }

  private tellAtRate(rate: number, from_ms: number, to_ms: number): void {
    const incidents = during(this.studio.timeline, from_ms, to_ms + SPILL_HOURS * HOUR_MS);
    for (let second = Math.ceil(from_ms / SECOND_MS); second < Math.ceil(to_ms / SECOND_MS); second++) {
      const at_ms = second * SECOND_MS;
      const places = placesAt(this.studio, at_ms);
      const random = randomOf(this.studio.seed, 'live', second);
      for (const { place, share } of places) {
        const surge = inForce(
          incidents,
          { tenant: place.tenant.name, region: place.region },
          at_ms,
        ).traffic_x;
        const mean = (rate * share * surge) / this.studio.scenario.sessions.requests_mean;
        for (let n = random.poisson(mean); n > 0; n--) {
          const start_ms = at_ms + random.below(SECOND_MS);
          const own = randomOf(random.bits(), random.bits());
          tellSession(this.studio, place, start_ms, incidents, own, this.wantsSpans, this.pending);
        }
      }
    }
  }

  private tellBeside(from_ms: number, to_ms: number): void {
    const every = this.studio.scenario.samples.live_every;
    const incidents = during(this.studio.timeline, from_ms, to_ms);
    const all = { gpu: true, queue: true, io: true };
    for (let at = (Math.floor(from_ms / every) + 1) * every; at <= to_ms; at += every) {
      tellSamples(this.studio, at, every, all, incidents, this.pending);
    }
    for (const record of this.deployments) {
      if (record.timestamp >= from_ms && record.timestamp < to_ms) this.pending.push(record);
    }
  }
}

/** Places and their shares of the traffic of a moment; the shares sum to 1. */
function placesAt(studio: Studio, at_ms: number): { place: SessionPlace; share: number }[] {
  const places = studio.tenants.flatMap((tenant) =>
    tenant.regionShares.map(({ region, share, utc_offset_ms }) => ({
      place: { tenant, region, utc_offset_ms },
      share: tenant.spec.requests_per_day * share * rhythmAt(studio, utc_offset_ms, at_ms),
    })),
  );
  const total = places.reduce((sum, one) => sum + one.share, 0);
  return total > 0 ? places.map(({ place, share }) => ({ place, share: share / total })) : [];
}
