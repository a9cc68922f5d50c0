import type { HostRates } from './host-io.ts';
import type { GpuReading } from './nvidia-smi.ts';

/** What stands on every record of one host. */
export interface HostWords {
  host: string;
  tenant?: string | undefined;
  region?: string | undefined;
  hardware_class?: string | undefined;
}

export type HostRecord = Record<string, unknown>;

const told = (words: HostWords): HostRecord =>
  Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined));

/** Counters of errors become errors since the last sample, which is what a `gpu` record holds. */
export function gpuRecords(
  words: HostWords,
): (reading: GpuReading, at_ms: number, xids?: readonly number[]) => HostRecord {
  const before = new Map<string, GpuReading>();
  return (reading, at_ms, xids = []) => {
    const last = before.get(reading.gpu_id);
    before.set(reading.gpu_id, reading);
    const codes = [...xids, ...newXid(last, reading)];
    const counted =
      last?.ecc_errors !== undefined || reading.ecc_errors !== undefined || reading.last_xid !== undefined;
    const errors = eccSince(last, reading) + codes.length;
    const attributes: Record<string, string> = {};
    if (reading.uuid) attributes['hw.id'] = reading.uuid;
    if (codes.length > 0) attributes['pegbar.gpu.xid'] = codes.join(',');
    return {
      type: 'gpu',
      event_id: `gpu:${words.host}:${reading.uuid ?? ''}:${reading.gpu_id}:${at_ms}`,
      timestamp: at_ms,
      ...told(words),
      gpu_id: reading.gpu_id,
      ...(reading.gpu_type === undefined ? {} : { gpu_type: reading.gpu_type }),
      ...(reading.util === undefined ? {} : { util: Math.min(1, reading.util) }),
      ...(reading.mem_used_mib === undefined ? {} : { mem_used_mb: reading.mem_used_mib }),
      ...(reading.mem_total_mib === undefined ? {} : { mem_total_mb: reading.mem_total_mib }),
      ...(reading.temp_c === undefined ? {} : { temp_c: reading.temp_c }),
      ...(reading.power_w === undefined ? {} : { power_w: reading.power_w }),
      ...(counted || codes.length > 0 ? { errors } : {}),
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    };
  };
}

/** A counter below its last value began anew (driver reloaded): all it holds is new. */
function eccSince(last: GpuReading | undefined, { ecc_errors }: GpuReading): number {
  if (ecc_errors === undefined || last?.ecc_errors === undefined) return 0;
  return ecc_errors >= last.ecc_errors ? ecc_errors - last.ecc_errors : ecc_errors;
}

/** DCGM tells the last XID only: another number is a new error, the same one twice cannot be told apart. */
function newXid(last: GpuReading | undefined, { last_xid }: GpuReading): number[] {
  if (!last_xid || last === undefined || last.last_xid === last_xid) return [];
  return [last_xid];
}

export function ioRecord(words: HostWords, rates: HostRates, at_ms: number): HostRecord {
  return { type: 'io', event_id: `io:${words.host}:${at_ms}`, timestamp: at_ms, ...told(words), ...rates };
}
