/** What every workload has behind it: what flows, and the machines. */
import type { KpiName } from '@pegbar/contract/words';
import type { ReactNode } from 'react';
import {
  FlowChart,
  type FlowLine,
  KpiChart,
  type KpiLine,
  LatencyHeatmap,
  type Mark,
  RANK_COLOURS,
} from '../charts/index.ts';
import { formatCount } from '../format/index.ts';
import { Cells, Head, Sheet } from './sheet.tsx';

/** One gutter per column, so that time lines up from chart to chart. */
export const GUTTERS = [104, 96, 104] as const;
const S = 1 / 1000;
const GB = 1 / 1024;
const MB = 1 / 1e6;

export const oneLine = (metric: KpiName, name: string): KpiLine[] => [
  { metric, name, colour: 'series-1', weight: 'subject' },
];
const WAIT: FlowLine[] = [
  { figure: 'wait_p99_ms', name: 'p99', colour: RANK_COLOURS.p99, weight: 'subject' },
  { figure: 'wait_p95_ms', name: 'p95', colour: RANK_COLOURS.p95 },
  { figure: 'wait_p50_ms', name: 'p50', colour: RANK_COLOURS.p50, ghosted: false },
];
const DOOR: FlowLine[] = [
  { figure: 'admitted_per_min', name: 'admitted', colour: 'series-1', bars: true, ghosted: false },
  { figure: 'denied_per_min', name: 'denied', colour: 'series-4', bars: true, ghosted: false },
];
const DEPTH = oneLine('queue_depth', 'depth');
const UTILISATION = { metric: 'gpu_util', by: 'hardware_class' } as const;
const HEADROOM = { metric: 'vram_headroom', by: 'hardware_class' } as const;
const UNDER_LOAD = { low: 70, high: 90 } as const;
const MEMORY: FlowLine[] = [
  { figure: 'used_mb', name: 'used', colour: 'series-1', ghosted: false },
  { figure: 'free_mb', name: 'free', colour: 'series-3', ghosted: false },
];
const LOADS: FlowLine[] = [
  { figure: 'load_p95_ms', name: 'load p95', colour: RANK_COLOURS.p95, weight: 'subject' },
  { figure: 'load_p50_ms', name: 'load p50', colour: RANK_COLOURS.p50, ghosted: false },
  { figure: 'unload_p95_ms', name: 'unload p95', colour: 'series-3', ghosted: false },
];
const CACHES = { figure: 'hit_ratio', by: 'cache' } as const;
const IO: FlowLine[] = [
  { figure: 'net_rx_bps', name: 'received', colour: 'series-1', ghosted: false },
  { figure: 'net_tx_bps', name: 'sent', colour: 'series-3', ghosted: false },
  { figure: 'disk_read_bps', name: 'read', colour: 'series-4', ghosted: false },
  { figure: 'disk_write_bps', name: 'written', colour: 'series-2', ghosted: false },
];
const whole = (value: number): string => formatCount(Math.round(value));

interface FlowProps {
  readonly filters: readonly string[];
  readonly marks: readonly Mark[];
  /** The chart of what is made: each workload counts it in its own way. */
  readonly throughput: ReactNode;
  /** What the workload promises of its queue, seconds at p95. */
  readonly wait_s?: number;
}

/** Throughput, queue, admissions. */
export function FlowSheet({ filters, marks, throughput, wait_s }: FlowProps) {
  const [left, middle, right] = GUTTERS;
  const of = { filters, marks };
  return (
    <Sheet label="Flow">
      <Head alone title="Flow" />
      <Cells ruled>
        <LatencyHeatmap filters={filters} />
      </Cells>
      <Cells columns={3} ruled>
        {throughput}
        <FlowChart
          title="Queue wait"
          unit="s"
          of="queue"
          lines={WAIT}
          factor={S}
          gutter={middle}
          {...of}
          {...(wait_s === undefined
            ? {}
            : { objective: { value: wait_s, label: `objective p95 ${wait_s} s` } })}
        />
        <KpiChart title="Queue depth" unit="requests" lines={DEPTH} gutter={right} {...of} />
      </Cells>
      <Cells columns={3} ruled>
        <FlowChart
          title="Admitted, denied"
          unit="per minute"
          of="queue"
          lines={DOOR}
          gutter={left}
          {...of}
          empty="The scheduler sent no queue samples."
        />
        <FlowChart
          title="Model load and unload"
          unit="s"
          of="models"
          lines={LOADS}
          factor={S}
          gutter={middle}
          marks={marks}
          empty="No model was loaded or unloaded."
        />
        <FlowChart
          title="Caches"
          unit="% hits, by cache"
          of="caches"
          lines={CACHES}
          factor={100}
          scale="free"
          most={100}
          gutter={right}
          marks={marks}
          empty="No cache told of hits or misses."
        />
      </Cells>
    </Sheet>
  );
}

/** GPUs and what they read and write; of all workloads, because they share them. */
export function MachineSheet({ marks }: { marks: readonly Mark[] }) {
  const [left, middle, right] = GUTTERS;
  return (
    <Sheet label="GPU">
      <Head alone title="GPU" unit="of all workloads: they share the machines" />
      <Cells columns={2} ruled>
        <KpiChart
          title="Utilisation"
          unit="%, by hardware"
          lines={UTILISATION}
          gutter={left}
          marks={marks}
          allowed={UNDER_LOAD}
          end={<span className="hide-s">band: 70 – 90 under load</span>}
          empty="No GPU sent samples."
        />
        <KpiChart
          title="VRAM headroom"
          unit="%"
          lines={HEADROOM}
          gutter={left}
          marks={marks}
          objective={{ value: 10, label: 'objective 10 %' }}
          empty="No GPU sent samples."
        />
        <FlowChart
          title="VRAM"
          unit="GB per GPU"
          of="memory"
          lines={MEMORY}
          factor={GB}
          format={whole}
          gutter={middle}
          marks={marks}
          empty="No GPU sent samples."
        />
        <FlowChart
          title="Network and disk"
          unit="MB/s per host"
          of="io"
          lines={IO}
          factor={MB}
          gutter={right}
          marks={marks}
          empty="No host sent samples."
        />
      </Cells>
    </Sheet>
  );
}
