/** Animation: what is delivered of what is produced, frame by frame, and what flows behind it. */
import type { KpiName } from '@pegbar/contract/words';
import { KpiChart, type KpiLine, RANK_COLOURS, useMarks } from '../../charts/index.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Delivered } from './delivered.tsx';

const WORKLOAD = 'animation';
const OF_WORKLOAD = [`workload=${WORKLOAD}`] as const;
/** One gutter per column, so that time lines up from chart to chart. */
const GUTTERS = [110, 80, 80] as const;

const one = (metric: KpiName, name: string): KpiLine[] => [
  { metric, name, colour: 'series-1', weight: 'subject' },
];
const LATENCY: KpiLine[] = [
  { metric: 'latency_p99_ms', name: 'p99', colour: RANK_COLOURS.p99, weight: 'subject' },
  { metric: 'latency_p95_ms', name: 'p95', colour: RANK_COLOURS.p95 },
  { metric: 'latency_p50_ms', name: 'p50', colour: RANK_COLOURS.p50, ghosted: false },
];
const LOST: KpiLine[] = [
  { metric: 'duplicated_frame_ratio', name: 'duplicated', colour: 'series-4', bars: true, ghosted: false },
  { metric: 'dropped_frame_ratio', name: 'dropped', colour: 'series-1', bars: true, ghosted: false },
];
const THROUGHPUT = one('frames_per_s', 'made');
const WAIT = one('queue_wait_p95_ms', 'p95');
const DEPTH = one('queue_depth', 'depth');
const LOADS = one('model_load_p95_ms', 'p95');
const UTILISATION = { metric: 'gpu_util', by: 'hardware_class' } as const;
const HEADROOM = { metric: 'vram_headroom', by: 'hardware_class' } as const;

export function Page() {
  const marks = useMarks(WORKLOAD);
  const [left, middle, right] = GUTTERS;
  const of = { filters: OF_WORKLOAD, marks };
  return (
    <>
      <PageHead title="Animation" />
      <Sheet label="Delivered and produced">
        <Delivered marks={marks} />
        <Cells columns={3} ruled>
          <KpiChart title="Dropped, duplicated" unit="% of frames" lines={LOST} gutter={left} {...of} />
          <KpiChart
            title="Queue wait p95"
            lines={WAIT}
            gutter={middle}
            {...of}
            objective={{ value: 30, label: 'objective 30 s' }}
          />
          <KpiChart title="Prompt to clip" lines={LATENCY} gutter={right} {...of} />
        </Cells>
      </Sheet>
      <Sheet label="Flow and GPU">
        <Head alone title="Flow" />
        <Cells columns={3} ruled>
          <KpiChart title="Throughput" unit="frames/s" lines={THROUGHPUT} gutter={left} {...of} />
          <KpiChart title="Queue depth" unit="requests" lines={DEPTH} gutter={middle} {...of} />
          <KpiChart title="Model load" lines={LOADS} gutter={right} {...of} />
        </Cells>
      </Sheet>
      <Sheet label="GPU">
        <Head alone title="GPU" />
        <Cells columns={2} ruled>
          <KpiChart
            title="Utilisation"
            unit="%, by hardware"
            lines={UTILISATION}
            gutter={left}
            marks={marks}
          />
          <KpiChart
            title="VRAM headroom"
            unit="%"
            lines={HEADROOM}
            gutter={left}
            marks={marks}
            objective={{ value: 10, label: 'objective 10 %' }}
          />
        </Cells>
      </Sheet>
    </>
  );
}
