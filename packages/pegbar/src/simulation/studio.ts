/** A scenario made ready to play: every weighted choice prepared once, so that a request costs draws, not set-up. */

import type { Workload } from '@pegbar/contract';
import { type ReadyEmbedder, readyEmbedder } from './embeddings.ts';
import { type People, peopleOf } from './people.ts';
import { hashOf, type Weighted, weighted } from './random.ts';
import type { Lora } from './records.ts';
import type { Scenario, TenantSpec, Vocabulary, WorkloadSpec } from './schema.ts';
import { type PlacedVersion, placeOf, type Timeline, timelineOf } from './timeline.ts';

export interface SimulationOptions {
  seed: number;
  /** First moment told, epoch milliseconds. */
  from_ms: number;
  /** Moment after the last one told. */
  to_ms: number;
  /** Multiplies the traffic; 1 when left out. */
  scale?: number;
  /** The scenario's "now", from which its moments count backwards; `to_ms` when left out. */
  anchor_ms?: number;
  /** Yield spans beside the records: for all requests, or for those that start at `from_ms` or later. */
  spans?: boolean | { from_ms: number };
}

export interface Hardware {
  name: string;
  gpu: string;
  memory_mb: number;
  speed: number;
  usd_per_hour: number;
}

interface Sampler {
  sampler: string;
  scheduler: string;
}

export interface ReadyWorkload {
  name: Workload;
  spec: WorkloadSpec;
  sizes: Weighted<string>;
  samplers: Weighted<Sampler>;
  cfg: number;
  weights_mb: number;
  versions: readonly PlacedVersion[];
}

export interface Gpu {
  tenant: string;
  region: string;
  host: string;
  gpu_id: string;
  hardware: Hardware;
}

export interface ReadyTenant {
  name: string;
  spec: TenantSpec;
  workloads: Weighted<ReadyWorkload>;
  workloadList: readonly ReadyWorkload[];
  hardware: Weighted<Hardware>;
  sources: Weighted<string>;
  collections: Weighted<string>;
  regionShares: readonly { region: string; share: number; utc_offset_ms: number }[];
  vocabulary: ReadyVocabulary;
  loras: readonly { share: number; lora: Lora }[];
  gpus: readonly Gpu[];
  people: People;
}

export interface ReadyVocabulary {
  name: string;
  language: string;
  subjects: readonly string[];
  looks: readonly (readonly [string, string])[];
  places: readonly (readonly [string, string])[];
  moods: readonly (readonly [string, string])[];
  styles: readonly string[];
  negative: string;
}

export interface Studio {
  scenario: Scenario;
  seed: number;
  scale: number;
  timeline: Timeline;
  tenants: readonly ReadyTenant[];
  vocabularies: ReadonlyMap<string, ReadyVocabulary>;
  embedder: ReadyEmbedder | undefined;
  /** Mean 1 over the hours of a day and the days of a week. */
  hourFactor: readonly number[];
  dayFactor: readonly number[];
  peakFactor: number;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export function openStudio(
  scenario: Scenario,
  options: { seed: number; anchor_ms: number; scale?: number },
): Studio {
  const timeline = timelineOf(scenario, options.anchor_ms);
  const vocabularies = new Map(
    Object.entries(scenario.vocabularies).map(([name, spec]) => [name, readyVocabulary(name, spec)]),
  );
  const workloads = new Map<string, ReadyWorkload>();
  for (const [name, spec] of Object.entries(scenario.workloads)) {
    if (spec) workloads.set(name, readyWorkload(scenario, timeline, name as Workload, spec));
  }
  const hourFactor = meanOne(scenario.rhythm.hours);
  return {
    scenario,
    seed: options.seed,
    scale: options.scale ?? 1,
    timeline,
    tenants: Object.entries(scenario.tenants).map(([name, spec]) =>
      readyTenant(scenario, name, spec, workloads, vocabularies, options.anchor_ms),
    ),
    vocabularies,
    embedder: embedderOf(scenario, options.anchor_ms),
    hourFactor,
    dayFactor: meanOne(scenario.rhythm.days),
    peakFactor: Math.max(...hourFactor),
  };
}

function embedderOf({ embedder }: Scenario, anchor_ms: number): ReadyEmbedder | undefined {
  if (!embedder) return undefined;
  const versions = embedder.versions
    .map(({ version, deployed }) => ({ version, from_ms: placeOf(deployed, anchor_ms) }))
    .sort((a, b) => a.from_ms - b.from_ms);
  return readyEmbedder({ ...embedder, versions });
}

function meanOne(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => (mean > 0 ? value / mean : 0));
}

/** Relative traffic of a region at a moment: its local hour, blended to the next, times its local weekday. */
export function rhythmAt(studio: Studio, utc_offset_ms: number, at_ms: number): number {
  const local = at_ms + utc_offset_ms;
  const hours = local / HOUR_MS;
  const hour = Math.floor(hours);
  const here = studio.hourFactor[((hour % 24) + 24) % 24] as number;
  const next = studio.hourFactor[(((hour + 1) % 24) + 24) % 24] as number;
  // 1970-01-01 was a Thursday; the list begins on Monday.
  const weekday = (Math.floor(hours / 24) + 3) % 7;
  return (here + (next - here) * (hours - hour)) * (studio.dayFactor[weekday] as number);
}

function readyVocabulary(name: string, spec: Vocabulary): ReadyVocabulary {
  return {
    name,
    language: spec.language,
    subjects: spec.subjects,
    looks: Object.entries(spec.looks),
    places: Object.entries(spec.places),
    moods: Object.entries(spec.moods),
    styles: spec.styles,
    negative: spec.negative,
  };
}

function readyWorkload(
  scenario: Scenario,
  timeline: Timeline,
  name: Workload,
  spec: WorkloadSpec,
): ReadyWorkload {
  const family = scenario.families[spec.family] as Scenario['families'][string];
  return {
    name,
    spec,
    sizes: weighted(Object.entries(spec.sizes)),
    samplers: weighted(
      Object.entries(family.samplers).map(([text, weight]) => {
        const [sampler = text, scheduler = 'normal'] = text.split('/');
        return [{ sampler, scheduler }, weight] as const;
      }),
    ),
    cfg: family.cfg,
    weights_mb: family.weights_mb,
    versions: timeline.versions.get(spec.family) as readonly PlacedVersion[],
  };
}

function readyTenant(
  scenario: Scenario,
  name: string,
  spec: TenantSpec,
  workloads: ReadonlyMap<string, ReadyWorkload>,
  vocabularies: ReadonlyMap<string, ReadyVocabulary>,
  anchor_ms: number,
): ReadyTenant {
  const hardware = Object.entries(spec.hardware).map(
    ([key, weight]) =>
      [{ name: key, ...(scenario.hardware[key] as Scenario['hardware'][string]) }, weight] as const,
  );
  const served = Object.entries(spec.workloads).flatMap(([key, weight]) => {
    const workload = workloads.get(key);
    return workload ? [[workload, weight] as const] : [];
  });
  const regionTotal = Object.values(spec.regions).reduce((sum, weight) => sum + weight, 0);
  return {
    name,
    spec,
    workloads: weighted(served),
    workloadList: served.map(([workload]) => workload),
    hardware: weighted(hardware),
    sources: weighted(Object.entries(spec.sources)),
    collections: weighted(Object.entries(spec.collections)),
    regionShares: Object.entries(spec.regions).map(([region, weight]) => ({
      region,
      share: weight / regionTotal,
      utc_offset_ms: (scenario.regions[region]?.utc_offset ?? 0) * 60 * MINUTE_MS,
    })),
    vocabulary: vocabularies.get(spec.vocabulary) as ReadyVocabulary,
    people: peopleOf(name, spec, anchor_ms),
    loras: spec.loras.map(({ id, share, weight }) => ({ share, lora: { id, weight } })),
    gpus: Object.entries(spec.gpus).flatMap(([region, count]) =>
      Array.from({ length: count }, (_, i) => ({
        tenant: name,
        region,
        host: `${name}-${region}-${i + 1}`,
        gpu_id: 'gpu-0',
        hardware: (hardware[(hashOf(name, region) + i) % hardware.length] as (typeof hardware)[number])[0],
      })),
    ),
  };
}
