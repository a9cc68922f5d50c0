/**
 * Reads what `nvidia-smi --query-gpu=… --format=csv -l N` prints: a header, then a line for each GPU and tick. The
 * header says which column is which and in which unit, so that an order or a unit of another driver does no harm.
 * A field that a driver does not know ends nvidia-smi with the name of that field; it is then asked without.
 */

/** One GPU at one time. What the GPU or its driver does not tell is absent. */
export interface GpuReading {
  gpu_id: string;
  uuid?: string;
  gpu_type?: string;
  /** 0–1. */
  util?: number;
  mem_used_mib?: number;
  mem_total_mib?: number;
  temp_c?: number;
  power_w?: number;
  /** Uncorrectable ECC errors since the driver was loaded; a counter. */
  ecc_errors?: number;
  /** Number of the last XID error (DCGM), 0 where there was none. */
  last_xid?: number;
  /** PCI address in lower case, the name under which the kernel log speaks of it. */
  pci?: string;
}

/** In the order of their worth; `index` is needed, each other field may be missing. */
export const SMI_FIELDS = [
  'index',
  'uuid',
  'name',
  'utilization.gpu',
  'memory.used',
  'memory.total',
  'temperature.gpu',
  'power.draw',
  'ecc.errors.uncorrected.volatile.total',
  'pci.bus_id',
] as const;

export type SmiField = (typeof SMI_FIELDS)[number];

export function smiArguments(fields: readonly string[], everySeconds: number): string[] {
  return [`--query-gpu=${fields.join(',')}`, '--format=csv', '-l', String(everySeconds)];
}

/** The field that this driver refuses, out of what nvidia-smi said before it ended. */
export function refusedField(said: string): string | undefined {
  return /Field "([^"]+)" is not a valid field to query/.exec(said)?.[1];
}

/** Factors to what a reading holds; the header names the unit in brackets. */
const UNITS: Readonly<Record<string, number>> = {
  '%': 0.01,
  KiB: 1 / 1024,
  MiB: 1,
  GiB: 1024,
  W: 1,
  mW: 0.001,
};

const NUMBERS: Readonly<Record<string, Exclude<keyof GpuReading, 'gpu_id' | 'uuid' | 'gpu_type' | 'pci'>>> = {
  'utilization.gpu': 'util',
  'memory.used': 'mem_used_mib',
  'memory.total': 'mem_total_mib',
  'temperature.gpu': 'temp_c',
  'power.draw': 'power_w',
  'ecc.errors.uncorrected.volatile.total': 'ecc_errors',
};

interface Column {
  name: string;
  factor: number;
}

/** Longer is no line of nvidia-smi: names have at most 96 characters, and there are ten columns. */
export const SMI_LINE_MOST = 2_000;

/** What a line was: readings come after their header. `lost` says what of a line could not be understood. */
export type SmiLine = { reading: GpuReading } | { header: true } | { lost: string };

/** A reader of lines, one for each start of nvidia-smi. */
export function smiReader(): (line: string) => SmiLine {
  let columns: Column[] | undefined;
  return (line) => {
    if (line.length > SMI_LINE_MOST) return { lost: `a line of ${line.length} characters` };
    const cells = line.split(',').map((cell) => cell.trim());
    if (cells[0] === 'index') {
      columns = cells.map(column);
      return { header: true };
    }
    if (!columns || cells.length !== columns.length) return { lost: line };
    return read(columns, cells) ?? { lost: line };
  };
}

function column(title: string): Column {
  const [, name = title, unit = ''] = /^(\S+)(?: \[(.+)\])?$/.exec(title) ?? [];
  return { name, factor: UNITS[unit] ?? 1 };
}

function read(columns: readonly Column[], cells: readonly string[]): { reading: GpuReading } | undefined {
  const reading: GpuReading = { gpu_id: '' };
  for (const [at, { name, factor }] of columns.entries()) {
    const cell = cells[at] ?? '';
    if (isUnknown(cell)) continue;
    const field = NUMBERS[name];
    if (field !== undefined) {
      const number = Number.parseFloat(cell);
      if (Number.isFinite(number) && number >= 0) reading[field] = number * unitOf(cell, factor);
    } else if (name === 'index') reading.gpu_id = cell;
    else if (name === 'uuid') reading.uuid = cell;
    else if (name === 'name') reading.gpu_type = cell;
    else if (name === 'pci.bus_id') reading.pci = shortPci(cell);
  }
  return /^\d+$/.test(reading.gpu_id) ? { reading } : undefined;
}

/** Drivers without `nounits` write the unit behind the number, and the header then has it too: `12 %`, `4096 MiB`. */
function unitOf(cell: string, factor: number): number {
  const unit = /^[\d.]+\s+(\S+)$/.exec(cell)?.[1];
  return unit === undefined ? factor : (UNITS[unit] ?? factor);
}

/** `[N/A]`, `N/A`, `[Not Supported]`, `[Unknown Error]`, `[GPU requires reset]`, `[Insufficient Permissions]`. */
const isUnknown = (cell: string): boolean => cell === '' || cell === 'N/A' || cell.startsWith('[');

/** `00000000:41:00.0` and `0000:41:00` are one address: domain of four digits, bus, device. */
export function shortPci(address: string): string {
  const [, domain = '', rest = ''] = /^([0-9a-f]+):([0-9a-f]+:[0-9a-f]+)(?:\.\d+)?$/i.exec(address) ?? [];
  return rest === '' ? address.toLowerCase() : `${domain.slice(-4).padStart(4, '0')}:${rest}`.toLowerCase();
}

/** An XID of the kernel log: `NVRM: Xid (PCI:0000:41:00): 79, pid=…`. */
export function xidOf(line: string): { pci: string; xid: number } | undefined {
  const [, pci, xid] = /NVRM: Xid \(PCI:([0-9a-f:.]+)\): (\d+)/i.exec(line) ?? [];
  return pci === undefined ? undefined : { pci: shortPci(pci), xid: Number(xid) };
}
