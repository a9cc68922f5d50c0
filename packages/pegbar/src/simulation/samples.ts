/** What machines say beside the requests: GPUs, queues, caches, model loads, disks and networks. */
import { type Random, randomOf } from './random.ts';
import type { CacheRecord, ModelLoadRecord, SimulatedRecord } from './records.ts';
import { type Gpu, type ReadyTenant, type ReadyWorkload, rhythmAt, type Studio } from './studio.ts';
import { HOUR_MS, inForce, type PlacedIncident } from './timeline.ts';

/** Utilisation of an idle and of a fully loaded worker. */
const UTIL_IDLE = 0.24;
const UTIL_BUSY = 0.63;
const MEMORY_SHARE = 0.71;
const POWER_W: Record<string, number> = { L40S: 330, H100: 640, A10G: 145 };
const POWER_OTHER_W = 300;
/** Hit ratio of a warm cache, and lookups of a tenant per hour of full load. */
const CACHES = [
  ['weights', 0.955, 240],
  ['vae', 0.985, 240],
  ['lora', 0.93, 320],
  ['node', 0.91, 60],
] as const satisfies readonly (readonly [CacheRecord['cache'], number, number])[];
/** Cold loads per worker and hour on a normal day; a cold cache makes up to this many times as many. */
const LOADS_PER_HOUR = 0.5;
const COLD_LOADS_X = 8;
/** Read rate of the model store, bytes per second: sets how long a load takes. */
const STORE_BPS = 1.15e9;
const MEGABYTE = 1_000_000;
/** Making room takes this long, median. */
const UNLOAD_MS = 340;
/** Loads that find the weights resident, per worker and hour of full load. */
const WARM_LOADS_PER_HOUR = 3;
const WARM_LOAD_MS = 18;
/** XID errors per card and sample on a normal day. */
const XID_RATE = 0.0008;
/** Bytes of a cold load come from the disk within the sample. */
const COLD_READ_BPS = 3.4e8;

interface SampleKinds {
  gpu: boolean;
  queue: boolean;
  io: boolean;
}

/** All samples of one moment; `every_ms` is the time they stand for. */
export function tellSamples(
  studio: Studio,
  at_ms: number,
  every_ms: number,
  kinds: SampleKinds,
  incidents: readonly PlacedIncident[],
  out: SimulatedRecord[],
): void {
  const random = randomOf(studio.seed, 'samples', at_ms);
  for (const tenant of studio.tenants) {
    if (kinds.gpu) for (const gpu of tenant.gpus) tellGpu(studio, tenant, gpu, at_ms, incidents, random, out);
    if (kinds.queue) tellQueues(studio, tenant, at_ms, every_ms, incidents, random, out);
    if (!kinds.io) continue;
    tellCaches(studio, tenant, at_ms, every_ms, incidents, random, out);
    for (const gpu of tenant.gpus) {
      tellLoads(studio, tenant, gpu, at_ms, every_ms, incidents, random, out);
      tellIo(studio, tenant, gpu, at_ms, incidents, random, out);
    }
  }
}

/** Load of a region, 0 to about 1.2. */
function loadOf(studio: Studio, tenant: ReadyTenant, region: string, at_ms: number): number {
  const offset = tenant.regionShares.find((one) => one.region === region)?.utc_offset_ms ?? 0;
  return rhythmAt(studio, offset, at_ms) / studio.peakFactor;
}

/** Load of a tenant over its regions. */
function meanLoad(studio: Studio, tenant: ReadyTenant, at_ms: number): number {
  let sum = 0;
  for (const { share, utc_offset_ms } of tenant.regionShares)
    sum += share * rhythmAt(studio, utc_offset_ms, at_ms);
  return sum / studio.peakFactor;
}

function tellGpu(
  studio: Studio,
  tenant: ReadyTenant,
  gpu: Gpu,
  at_ms: number,
  incidents: readonly PlacedIncident[],
  random: Random,
  out: SimulatedRecord[],
): void {
  const segment = { tenant: tenant.name, region: gpu.region, hardware_class: gpu.hardware.name };
  const { gpu_memory_add, gpu_util_add } = inForce(incidents, segment, at_ms);
  const load = loadOf(studio, tenant, gpu.region, at_ms);
  const util = clamp01(UTIL_IDLE + UTIL_BUSY * load + gpu_util_add + 0.035 * random.normal());
  const memory = Math.min(0.995, MEMORY_SHARE + 0.09 * load + gpu_memory_add + 0.012 * random.normal());
  out.push({
    type: 'gpu',
    event_id: `gpu.${gpu.host}.${gpu.gpu_id}.${at_ms}`,
    timestamp: at_ms,
    tenant: tenant.name,
    region: gpu.region,
    host: gpu.host,
    gpu_id: gpu.gpu_id,
    gpu_type: gpu.hardware.gpu,
    hardware_class: gpu.hardware.name,
    util: Math.round(util * 1000) / 1000,
    mem_used_mb: Math.round(gpu.hardware.memory_mb * memory),
    mem_total_mb: gpu.hardware.memory_mb,
    temp_c: Math.round(38 + 36 * util + random.normal()),
    power_w: Math.round((POWER_W[gpu.hardware.gpu] ?? POWER_OTHER_W) * (0.25 + 0.72 * util)),
    errors: random.chance(XID_RATE) ? 1 : 0,
  });
}

function tellQueues(
  studio: Studio,
  tenant: ReadyTenant,
  at_ms: number,
  every_ms: number,
  incidents: readonly PlacedIncident[],
  random: Random,
  out: SimulatedRecord[],
): void {
  const load = meanLoad(studio, tenant, at_ms);
  const weights = Object.values(tenant.spec.workloads).reduce((sum, weight) => sum + weight, 0);
  for (const workload of tenant.workloadList) {
    const effects = inForce(incidents, { tenant: tenant.name, workload: workload.name }, at_ms);
    const { traffic_x } = inForce(incidents, { tenant: tenant.name }, at_ms);
    const share = (tenant.spec.workloads[workload.name] ?? 0) / weights;
    const arrivals =
      ((tenant.spec.requests_per_day * share * every_ms) / (24 * HOUR_MS)) * load * studio.peakFactor;
    const admitted = random.poisson(arrivals * traffic_x * studio.scale);
    out.push({
      type: 'queue',
      event_id: `queue.${tenant.name}.${workload.name}.${at_ms}`,
      timestamp: at_ms,
      tenant: tenant.name,
      workload: workload.name,
      queue: workload.name,
      depth: random.poisson((0.4 + 3.2 * load * load) * effects.queue_depth_x),
      wait_ms: Math.round(
        random.around(workload.spec.queue_wait_ms * (0.35 + 0.65 * load), 0.3) * effects.queue_wait_x,
      ),
      admitted,
      denied: random.poisson(admitted * effects.denied_share),
    });
  }
}

function tellCaches(
  studio: Studio,
  tenant: ReadyTenant,
  at_ms: number,
  every_ms: number,
  incidents: readonly PlacedIncident[],
  random: Random,
  out: SimulatedRecord[],
): void {
  const { cache_hit_x } = inForce(incidents, { tenant: tenant.name }, at_ms);
  const load = meanLoad(studio, tenant, at_ms);
  for (const [cache, ratio, perHour] of CACHES) {
    const lookups = random.poisson(perHour * (every_ms / HOUR_MS) * load);
    const hits = Math.min(lookups, Math.round(lookups * ratio * cache_hit_x + random.normal() * 0.6));
    out.push({
      type: 'cache',
      event_id: `cache.${tenant.name}.${cache}.${at_ms}`,
      timestamp: at_ms,
      tenant: tenant.name,
      cache,
      hits: Math.max(0, hits),
      misses: lookups - Math.max(0, hits),
    });
  }
}

function tellLoads(
  studio: Studio,
  tenant: ReadyTenant,
  gpu: Gpu,
  at_ms: number,
  every_ms: number,
  incidents: readonly PlacedIncident[],
  random: Random,
  out: SimulatedRecord[],
): void {
  const effects = inForce(incidents, { tenant: tenant.name, region: gpu.region }, at_ms);
  const cold = 1 + (COLD_LOADS_X - 1) * (1 - Math.min(1, effects.cache_hit_x));
  const hours = every_ms / HOUR_MS;
  const loads = random.poisson(LOADS_PER_HOUR * hours * cold);
  const warm = random.poisson(WARM_LOADS_PER_HOUR * hours * loadOf(studio, tenant, gpu.region, at_ms));
  for (let i = 0; i < loads; i++) {
    const workload = random.pick(tenant.workloadList);
    const bytes = workload.weights_mb * MEGABYTE;
    const took = random.around((bytes / STORE_BPS) * 1000, 0.25) * effects.model_load_x;
    // Weights that were there have to make room.
    const before = random.pick(tenant.workloadList);
    const gone = { action: 'unload', duration_ms: random.around(UNLOAD_MS, 0.3), hit: false } as const;
    out.push(loadRecord(gpu, before, at_ms, `${i}.unload`, gone));
    out.push(loadRecord(gpu, workload, at_ms, `${i}`, { action: 'load', duration_ms: took, hit: false }));
  }
  for (let i = 0; i < warm; i++) {
    const told = { action: 'load', duration_ms: random.around(WARM_LOAD_MS, 0.3), hit: true } as const;
    out.push(loadRecord(gpu, random.pick(tenant.workloadList), at_ms, `${i}.warm`, told));
  }
}

function loadRecord(
  gpu: Gpu,
  workload: ReadyWorkload,
  at_ms: number,
  id: string,
  told: Pick<ModelLoadRecord, 'action' | 'duration_ms' | 'hit'>,
): ModelLoadRecord {
  const version = workload.versions.findLast((one) => one.deployed_ms <= at_ms) ?? workload.versions[0];
  return {
    type: 'model_load',
    event_id: `load.${gpu.host}.${at_ms}.${id}`,
    timestamp: at_ms,
    tenant: gpu.tenant,
    region: gpu.region,
    workload: workload.name,
    model: { family: workload.spec.family, version: version?.version ?? '' },
    ...told,
    duration_ms: Math.round(told.duration_ms),
    bytes: workload.weights_mb * MEGABYTE,
    host: gpu.host,
  };
}

function tellIo(
  studio: Studio,
  tenant: ReadyTenant,
  gpu: Gpu,
  at_ms: number,
  incidents: readonly PlacedIncident[],
  random: Random,
  out: SimulatedRecord[],
): void {
  const { cache_hit_x } = inForce(incidents, { tenant: tenant.name, region: gpu.region }, at_ms);
  const cold = 1 - Math.min(1, cache_hit_x);
  const load = 0.1 + loadOf(studio, tenant, gpu.region, at_ms);
  out.push({
    type: 'io',
    event_id: `io.${gpu.host}.${at_ms}`,
    timestamp: at_ms,
    tenant: tenant.name,
    region: gpu.region,
    host: gpu.host,
    disk_read_bps: Math.round(random.around(4.2e7 * load, 0.4) + COLD_READ_BPS * cold),
    disk_write_bps: Math.round(random.around(9e6 * load, 0.4)),
    net_rx_bps: Math.round(random.around(2.4e7 * load, 0.35)),
    net_tx_bps: Math.round(random.around(5.1e7 * load, 0.35)),
    io_wait: Math.round(clamp01(random.around(0.012 + 0.01 * load, 0.5) + 0.09 * cold) * 1000) / 1000,
  });
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}
