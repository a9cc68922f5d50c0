/** Single image: how long a picture takes, in which stage, and whether it comes. */
import { useMemo } from 'react';
import { seriesOf, useKpis, valuesOf } from '../../api/index.ts';
import {
  ChartCell,
  HERO_PX,
  KpiChart,
  type Series,
  STAGE_COLOURS,
  useKpiChart,
  useMarks,
} from '../../charts/index.ts';
import { useNear } from '../../parts/near.ts';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { useNothingOf, useWorkloadWords } from '../../parts/use-workload.ts';
import { LATENCY_LINES, LOST_LINES, secondsText, useLatencyChart } from '../../parts/workload-latency.ts';
import { FlowSheet, GUTTERS, MachineSheet, oneLine } from '../../parts/workload-sheets.tsx';
import { Stages } from './stages.tsx';

const FILTERS = ['workload=single_image'] as const;
/** What the objective is about: others take as long as they are large. */
const STANDARD = [...FILTERS, 'hardware_class=standard', 'width=768', 'height=768'] as const;
const OBJECTIVE = { value: 5, label: 'objective p95 5 s' } as const;
const SUCCESS = oneLine('availability', 'success');
const IMAGES = oneLine('images_per_s', 'images');
const ACCEPTED = oneLine('acceptance_rate', 'accepted');
const ONE_S = 1 / 1000;

export function Page() {
  const marks = useMarks('single_image');
  const nothing = useNothingOf('single_image');
  const words = useWorkloadWords('single_image');
  const [left, middle, right] = GUTTERS;
  const of = { filters: FILTERS, marks };
  const latency = useLatencyChart(FILTERS);
  if (nothing)
    return (
      <>
        <PageHead title="Single image" />
        <Nothing what="pictures of this workload" hint="Send them with workload=single_image." />
      </>
    );
  return (
    <>
      <PageHead
        title={words.title ?? 'Single image'}
        {...(words.sentence ? { sentence: words.sentence } : {})}
      />
      <Sheet label="Latency">
        <Cells columns="minmax(0, 1fr) 396px">
          <ChartCell
            {...latency}
            title="Prompt to image"
            unit="s, end to end"
            level={2}
            height={HERO_PX}
            marks={marks}
            markLabels
          />
          <Stages filters={FILTERS} />
        </Cells>
        <Cells columns={3} ruled>
          <KpiChart
            title="At 768 × 768"
            unit="s, standard hardware"
            lines={LATENCY_LINES}
            gutter={left}
            filters={STANDARD}
            marks={marks}
            objective={OBJECTIVE}
            empty="No picture of 768 × 768 on standard hardware: the default objective is about those."
          />
          <KpiChart title="Success" lines={SUCCESS} scale="free" gutter={middle} {...of} />
          <KpiChart title="Timeouts, OOM" unit="% of requests" lines={LOST_LINES} gutter={right} {...of} />
        </Cells>
      </Sheet>
      <ByStage marks={marks} />
      <FlowSheet
        filters={FILTERS}
        marks={marks}
        throughput={<KpiChart title="Throughput" unit="images/s" lines={IMAGES} gutter={left} {...of} />}
      />
      <Taste marks={marks} />
      <MachineSheet marks={marks} />
    </>
  );
}
const REROLLS = oneLine('rerolls_per_session', 're-rolls');

const STAGES = ['preprocess', 'generate', 'upscale', 'postprocess', 'deliver'] as const;

/** p95 of each stage, on one scale: small multiples. */
function ByStage({ marks }: { marks: ReturnType<typeof useMarks> }) {
  const [anchor, near] = useNear();
  const stages = useKpis({
    metrics: ['latency_p95_ms'],
    by: ['pipeline_stage'],
    filters: FILTERS,
    enabled: near,
  });
  const chart = useKpiChart(stages, FILTERS);
  const { now } = stages;
  const series = useMemo(
    (): Series[] =>
      STAGES.flatMap((stage) => {
        const values = valuesOf(seriesOf(now, 'latency_p95_ms', { pipeline_stage: stage }), ONE_S);
        return values.some((value) => value !== null)
          ? [{ name: stage, values, colour: STAGE_COLOURS[stage] ?? 'series-rest' }]
          : [];
      }),
    [now],
  );
  return (
    <Sheet label="Latency by stage">
      <ChartCell
        {...chart}
        {...(near ? {} : { loading: true })}
        anchor={anchor}
        title="p95 by stage"
        unit="s"
        level={2}
        series={series}
        format={secondsText}
        marks={marks}
        gutter={132}
        height={190}
        empty="No stage told of itself: send pipeline_stage with each event."
      />
    </Sheet>
  );
}

function Taste({ marks }: { marks: ReturnType<typeof useMarks> }) {
  const [left] = GUTTERS;
  const of = { filters: FILTERS, marks };
  return (
    <Sheet label="Taste">
      <Head alone title="What people say" />
      <Cells columns={2} ruled>
        <KpiChart title="Accepted" unit="% of feedback" lines={ACCEPTED} gutter={left} {...of} />
        <KpiChart
          title="Re-rolls"
          unit="per session"
          lines={REROLLS}
          gutter={left}
          {...of}
          empty="Nobody re-rolled a picture."
        />
      </Cells>
    </Sheet>
  );
}
