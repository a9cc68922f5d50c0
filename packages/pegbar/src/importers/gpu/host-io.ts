/** Counters of a Linux host since its start, out of /proc; rates are the difference of two of them. */
export interface HostCounters {
  /** Monotonic milliseconds when they were read. */
  at_ms: number;
  disk_read: number;
  disk_written: number;
  net_received: number;
  net_sent: number;
  /** Ticks of all cores: all, and those that waited for a disk. */
  cpu_ticks: number;
  cpu_io_wait: number;
}

export interface HostRates {
  disk_read_bps: number;
  disk_write_bps: number;
  net_rx_bps: number;
  net_tx_bps: number;
  /** Share of the time of all cores, 0–1. */
  io_wait: number;
}

/** /proc/diskstats counts in sectors of 512 bytes whatever the disk's own are (Documentation/admin-guide/iostats.rst). */
const SECTOR_BYTES = 512;
/** Whole disks; partitions, device mapper and md would count the same bytes twice, loop and ram none of a disk. */
const WHOLE_DISK = /^(?:sd[a-z]+|hd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;
/** Loopback and what forwards to another interface of the list. */
const NOT_A_WIRE = /^(?:lo|veth|docker|br-|virbr|cni|flannel|cali|tun|tap|dummy|bond)/;

export interface ProcTexts {
  diskstats: string;
  netDev: string;
  stat: string;
}

export function hostCounters(at_ms: number, { diskstats, netDev, stat }: ProcTexts): HostCounters {
  const counters: HostCounters = {
    at_ms,
    disk_read: 0,
    disk_written: 0,
    net_received: 0,
    net_sent: 0,
    cpu_ticks: 0,
    cpu_io_wait: 0,
  };
  for (const line of diskstats.split('\n')) {
    const cells = line.trim().split(/\s+/);
    if (!WHOLE_DISK.test(cells[2] ?? '')) continue;
    counters.disk_read += number(cells[5]) * SECTOR_BYTES;
    counters.disk_written += number(cells[9]) * SECTOR_BYTES;
  }
  for (const line of netDev.split('\n')) {
    const [, name = '', rest = ''] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? [];
    if (name === '' || NOT_A_WIRE.test(name)) continue;
    const cells = rest.split(/\s+/);
    counters.net_received += number(cells[0]);
    counters.net_sent += number(cells[8]);
  }
  // user nice system idle iowait irq softirq steal; guest times are in user already.
  const ticks = /^cpu\s+(.*)$/m.exec(stat)?.[1]?.split(/\s+/).slice(0, 8).map(number) ?? [];
  counters.cpu_ticks = ticks.reduce((sum, one) => sum + one, 0);
  counters.cpu_io_wait = ticks[4] ?? 0;
  return counters;
}

/** Undefined where no time has passed, or where a counter went back (a disk or an interface that left). */
export function hostRates(before: HostCounters, now: HostCounters): HostRates | undefined {
  const seconds = (now.at_ms - before.at_ms) / 1_000;
  if (seconds <= 0) return undefined;
  const rate = (name: keyof HostCounters): number => (now[name] - before[name]) / seconds;
  const ticks = now.cpu_ticks - before.cpu_ticks;
  const rates: HostRates = {
    disk_read_bps: Math.round(rate('disk_read')),
    disk_write_bps: Math.round(rate('disk_written')),
    net_rx_bps: Math.round(rate('net_received')),
    net_tx_bps: Math.round(rate('net_sent')),
    io_wait: ticks > 0 ? clamp((now.cpu_io_wait - before.cpu_io_wait) / ticks) : 0,
  };
  return Object.values(rates).some((value) => value < 0) ? undefined : rates;
}

/** The kernel's iowait may run back by a tick (proc(5)). */
const clamp = (share: number): number => Math.min(1, Math.max(0, share));

const number = (text: string | undefined): number => {
  const value = Number(text);
  return Number.isFinite(value) ? value : 0;
};
