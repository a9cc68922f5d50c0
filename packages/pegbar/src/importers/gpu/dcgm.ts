import type { GpuReading } from './nvidia-smi.ts';

/**
 * Reads the page of a DCGM exporter (Prometheus text format 0.0.4) into one reading for each GPU, or for each MIG
 * instance where the exporter tells those apart. Names and units: dcgm-exporter `etc/default-counters.csv`.
 */
export function readDcgm(page: string): GpuReading[] {
  const found = new Map<string, Draft>();
  for (const line of page.split('\n')) {
    const sample = /^(DCGM_FI_[A-Z_0-9]+)\{(.*)\} (\S+)/.exec(line);
    const [, name = '', labels = '', text = ''] = sample ?? [];
    const put = FIELDS[name];
    const value = Number(text);
    if (put === undefined || !Number.isFinite(value) || value >= BLANK_LEAST) continue;
    const of = labelsOf(labels);
    const gpu = of.get('gpu');
    if (gpu === undefined) continue;
    const instance = of.get('GPU_I_ID');
    const gpu_id = instance ? `${gpu}/${instance}` : gpu;
    let draft = found.get(gpu_id);
    if (!draft) {
      if (found.size === GPUS_MOST) continue;
      draft = { reading: { gpu_id } };
      found.set(gpu_id, draft);
      const [uuid, type, pci] = [of.get('UUID'), of.get('modelName'), of.get('pci_bus_id')];
      if (uuid) draft.reading.uuid = uuid;
      if (type) draft.reading.gpu_type = type;
      if (pci) draft.reading.pci = pci.toLowerCase();
    }
    put(draft, value);
  }
  return [...found.values()].map(({ reading, freeMib }) => {
    if (freeMib !== undefined && reading.mem_used_mib !== undefined)
      reading.mem_total_mib = reading.mem_used_mib + freeMib;
    return reading;
  });
}

interface Draft {
  reading: GpuReading;
  freeMib?: number;
}

/** DCGM writes a "blank" as a number at the end of its type's range (dcgm_structs.h: DCGM_FP64_BLANK 2^47). */
const BLANK_LEAST = 2 ** 47;
/** More than any host has, MIG instances counted. */
const GPUS_MOST = 256;

const FIELDS: Readonly<Record<string, (draft: Draft, value: number) => void>> = {
  DCGM_FI_DEV_GPU_UTIL: ({ reading }, value) => {
    reading.util = value / 100;
  },
  // MIG instances have no DEV_GPU_UTIL; the engine's share of active time is what stands for it.
  DCGM_FI_PROF_GR_ENGINE_ACTIVE: ({ reading }, value) => {
    reading.util ??= value;
  },
  DCGM_FI_DEV_FB_USED: ({ reading }, value) => {
    reading.mem_used_mib = value;
  },
  DCGM_FI_DEV_FB_FREE: (draft, value) => {
    draft.freeMib = value;
  },
  DCGM_FI_DEV_GPU_TEMP: ({ reading }, value) => {
    reading.temp_c = value;
  },
  DCGM_FI_DEV_POWER_USAGE: ({ reading }, value) => {
    reading.power_w = value;
  },
  DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: ({ reading }, value) => {
    reading.ecc_errors = value;
  },
  DCGM_FI_DEV_XID_ERRORS: ({ reading }, value) => {
    reading.last_xid = value;
  },
};

function labelsOf(text: string): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g))
    labels.set(
      name,
      value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)),
    );
  return labels;
}
