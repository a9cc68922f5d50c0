/**
 * Metrics that tell of GPUs and queues under known names, as rows of `gpu_samples` and `queue_samples`: the points
 * of one GPU or queue at one second become one sample. OpenTelemetry's `hw.gpu.*` and NVIDIA's DCGM exporter are
 * known for GPUs, `pegbar.queue.*` for queues. Units are converted to those of the tables (MiB, 0 to 1).
 *
 * A sample is only written when its leading figure was told (utilisation, depth): the others may stand at 0, which
 * means "not told", but a utilisation of 0 would be a claim.
 */
import type { RowSink } from './rows.ts';

const MIB = 1024 * 1024;
/** GPUs or queues × seconds of one request; what is beyond stays in `metric_points` only. */
const MAX_SAMPLES = 10_000;

type Convert = (value: number, unit: string) => number;
const same: Convert = (value) => value;
const percent: Convert = (value) => value / 100;
const toMib: Convert = (value, unit) => (unit === 'MiBy' || unit === 'MiB' ? value : value / MIB);
const toMs: Convert = (value, unit) => (unit === 's' ? value * 1000 : value);

/** Metric name → column and conversion. `fb_free` is no column: total = used + free. */
const GPU: Record<string, [column: string, convert: Convert]> = {
  'hw.gpu.utilization': ['util', (value, unit) => (unit === '%' ? value / 100 : value)],
  'hw.gpu.memory.usage': ['mem_used_mb', toMib],
  'hw.gpu.memory.limit': ['mem_total_mb', toMib],
  'hw.temperature': ['temp_c', same],
  'hw.power': ['power_w', same],
  DCGM_FI_DEV_GPU_UTIL: ['util', percent],
  DCGM_FI_DEV_FB_USED: ['mem_used_mb', same],
  DCGM_FI_DEV_FB_FREE: ['fb_free', same],
  DCGM_FI_DEV_GPU_TEMP: ['temp_c', same],
  DCGM_FI_DEV_POWER_USAGE: ['power_w', same],
};
const QUEUE: Record<string, [column: string, convert: Convert]> = {
  'pegbar.queue.depth': ['depth', same],
  'pegbar.queue.wait': ['wait_ms', toMs],
  'pegbar.queue.wait_ms': ['wait_ms', same],
  'pegbar.queue.admitted': ['admitted', same],
  'pegbar.queue.denied': ['denied', same],
};
/** Since the last sample, so only deltas say it. */
const DELTAS = new Set(['admitted', 'denied']);
const DELTA = 1;
const TAGS = ['region', 'workload', 'model_version', 'hardware_class', 'pipeline_stage'];

type Row = Record<string, unknown>;

export class DomainSamples {
  readonly #gpus = new Map<string, Row>();
  readonly #queues = new Map<string, Row>();

  /** Looks at one row of `metric_points`. `host`: the resource's `host.name`, as it may be stored. */
  take(row: Row, host: string): void {
    if (row.kind !== 'gauge' && row.kind !== 'sum') return;
    const name = row.name as string;
    const value = row.value as number;
    if (!Number.isFinite(value)) return;
    const gpu = GPU[name];
    if (gpu) {
      this.#takeGpu(row, gpu[0], gpu[1](value, row.unit as string), host);
      return;
    }
    const queue = QUEUE[name];
    if (!queue || (DELTAS.has(queue[0]) && row.temporality !== DELTA)) return;
    const attributes = row.attributes as Record<string, string>;
    const which = attributes['pegbar.queue'] ?? attributes['pegbar.queue.name'] ?? attributes.queue ?? '';
    const sample = sampleOf(this.#queues, row, which, { queue: which });
    if (sample) sample[queue[0]] = queue[1](value, row.unit as string);
  }

  flush(sink: RowSink): void {
    for (const { fb_free: free, ...sample } of this.#gpus.values()) {
      if (free !== undefined && sample.mem_total_mb === undefined) {
        sample.mem_total_mb = Number(free) + Number(sample.mem_used_mb ?? 0);
      }
      if (sample.util !== undefined) sink.append('gpu_samples', sample);
    }
    for (const sample of this.#queues.values()) {
      if (sample.depth !== undefined) sink.append('queue_samples', sample);
    }
  }

  #takeGpu(row: Row, column: string, value: number, host: string): void {
    const attributes = row.attributes as Record<string, string>;
    // Encoder and decoder have utilisations of their own; other hardware shares hw.temperature and hw.power.
    if ((attributes['hw.gpu.task'] ?? 'general') !== 'general') return;
    if ((row.name === 'hw.temperature' || row.name === 'hw.power') && attributes['hw.type'] !== 'gpu') return;
    const id = attributes['hw.id'] ?? attributes.UUID ?? attributes.gpu ?? '';
    const where = host || attributes.Hostname || '';
    const sample = sampleOf(this.#gpus, row, `${where}\u001f${id}`, {
      host: where,
      gpu_id: id,
      gpu_type: attributes['hw.model'] ?? attributes.modelName ?? attributes['hw.name'] ?? '',
    });
    if (sample) sample[column] = value;
  }
}

function sampleOf(samples: Map<string, Row>, row: Row, which: string, identity: Row): Row | undefined {
  const second = (row.timestamp as bigint) / 1_000_000_000n;
  const key = `${row.tenant}\u001f${second}\u001f${which}`;
  const known = samples.get(key);
  if (known) return known;
  if (samples.size >= MAX_SAMPLES) return undefined;
  const made: Row = { tenant: row.tenant, timestamp: row.timestamp, ...identity };
  for (const tag of TAGS) if (row[tag] !== undefined) made[tag] = row[tag];
  samples.set(key, made);
  return made;
}
