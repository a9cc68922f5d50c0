/** Batch panels: whether jobs come through, how long they wait, how many are done. */
import { useMemo, useState } from 'react';
import { useKpis } from '../../api/index.ts';
import {
  ChartCell,
  HERO_PX,
  KpiChart,
  LegendTable,
  linesBy,
  linesOf,
  type Series,
  useKpiChart,
  useMarks,
} from '../../charts/index.ts';
import { percentFigure } from '../../format/index.ts';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { useNothingOf, useWorkloadWords } from '../../parts/use-workload.ts';
import { LOST_LINES, useLatencyChart } from '../../parts/workload-latency.ts';
import { FlowSheet, GUTTERS, MachineSheet, oneLine } from '../../parts/workload-sheets.tsx';
import { Outcomes } from './outcomes.tsx';

const FILTERS = ['workload=batch_panels'] as const;
const OBJECTIVE = { value: 99.5, label: 'objective 99.5 %' } as const;
const WAIT_S = 30;
const SUCCESS = oneLine('availability', 'all jobs');
const JOBS = oneLine('jobs_per_min', 'jobs');
const PANELS = oneLine('images_per_s', 'panels');
const RETRIES = oneLine('retry_rate', 'retries');
const COST = oneLine('cost_per_1k_images_usd', 'cost');
const percent = (value: number): string => percentFigure(value / 100);
const last = ({ values }: Series): number | null => values.findLast((value) => value !== null) ?? null;
export function Page() {
  const marks = useMarks('batch_panels');
  const nothing = useNothingOf('batch_panels');
  const words = useWorkloadWords('batch_panels');
  const [left, middle, right] = GUTTERS;
  const of = { filters: FILTERS, marks };
  if (nothing)
    return (
      <>
        <PageHead title="Batch panels" />
        <Nothing what="jobs" hint="Send them with workload=batch_panels." />
      </>
    );
  return (
    <>
      <PageHead
        title={words.title ?? 'Batch panels'}
        {...(words.sentence ? { sentence: words.sentence } : {})}
      />
      <Sheet label="Success">
        <Success marks={marks} />
        <Cells columns={3} ruled>
          <Latency marks={marks} />
          <KpiChart title="Timeouts, OOM" unit="% of jobs" lines={LOST_LINES} gutter={middle} {...of} />
          <KpiChart title="Retries" unit="% of jobs" lines={RETRIES} gutter={right} {...of} />
        </Cells>
      </Sheet>
      <FlowSheet
        filters={FILTERS}
        marks={marks}
        wait_s={WAIT_S}
        throughput={<KpiChart title="Throughput" unit="jobs/min" lines={JOBS} gutter={left} {...of} />}
      />
      <Sheet label="Panels and their cost">
        <Head alone title="Panels and their cost" />
        <Cells columns={2} ruled>
          <KpiChart title="Panels made" unit="panels/s" lines={PANELS} gutter={left} {...of} />
          <KpiChart title="Cost" unit="USD per 1K images" lines={COST} gutter={left} {...of} />
        </Cells>
      </Sheet>
      <MachineSheet marks={marks} />
    </>
  );
}

type Marks = ReturnType<typeof useMarks>;

function Success({ marks }: { marks: Marks }) {
  const all = useKpis({ metrics: ['availability'], filters: FILTERS });
  const versions = useKpis({ metrics: ['availability'], by: ['model_version'], filters: FILTERS });
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const { now, before } = all;
  const series = useMemo((): Series[] => {
    const total = linesOf({ now, before }, SUCCESS);
    const each = linesOf(versions, linesBy(versions.now, 'availability', 'model_version'));
    return each.length > 1
      ? [...total, ...each.map((one): Series => ({ ...one, weight: 'context' }))]
      : total;
  }, [now, before, versions]);
  const chart = useKpiChart(all, FILTERS);
  return (
    <Cells columns="minmax(0, 1fr) 396px">
      <ChartCell
        {...chart}
        title="Success"
        unit="% of jobs that ended"
        level={2}
        series={series}
        hidden={hidden}
        format={percent}
        scale="free"
        most={100}
        height={HERO_PX}
        marks={marks}
        markLabels
        objective={OBJECTIVE}
      />
      <Cell flush>
        <Head alone title={series.length > 1 ? 'By version' : 'All versions'} />
        <LegendTable
          title="Success"
          times={chart.times}
          step_ms={chart.step_ms}
          series={series}
          format={percent}
          latest={last}
          hidden={hidden}
          onHide={hide}
        />
        <Outcomes filters={FILTERS} />
      </Cell>
    </Cells>
  );
}

function Latency({ marks }: { marks: Marks }) {
  const chart = useLatencyChart(FILTERS);
  return <ChartCell {...chart} title="Job latency" unit="s" marks={marks} gutter={GUTTERS[0]} />;
}
