/** Animation: what is delivered of what is produced, frame by frame, and what flows behind it. */
import { type Example, useFindings, useKpis } from '../../api/index.ts';
import {
  FlowChart,
  type FlowLine,
  KpiChart,
  type KpiLine,
  RANK_COLOURS,
  useMarks,
} from '../../charts/index.ts';
import { formatCount, significant } from '../../format/index.ts';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cells, Sheet } from '../../parts/sheet.tsx';
import { useExemplars } from '../../parts/use-exemplars.ts';
import { useNothingOf, useWorkloadWords } from '../../parts/use-workload.ts';
import { FlowSheet, GUTTERS, MachineSheet } from '../../parts/workload-sheets.tsx';
import { Delivered } from './delivered.tsx';
import { WorstSequence } from './worst-sequence.tsx';

const WORKLOAD = 'animation';
const FILTERS = [`workload=${WORKLOAD}`] as const;
const S = 1 / 1000;
const PERCENT = 100;

const ranks = (figures: readonly [p99: string, p95: string, p50: string]): FlowLine[] => [
  { figure: figures[0], name: 'p99', colour: RANK_COLOURS.p99, weight: 'subject' },
  { figure: figures[1], name: 'p95', colour: RANK_COLOURS.p95 },
  { figure: figures[2], name: 'p50', colour: RANK_COLOURS.p50, ghosted: false },
];
const LOST: FlowLine[] = [
  { figure: 'held_ratio', name: 'held', colour: 'series-rest', bars: true, ghosted: false },
  { figure: 'duplicated_ratio', name: 'duplicated', colour: 'series-4', bars: true, ghosted: false },
  { figure: 'dropped_ratio', name: 'dropped', colour: 'series-1', bars: true, ghosted: false },
];
const INTERVALS = ranks(['interval_p99_ms', 'interval_p95_ms', 'interval_p50_ms']);
const FIRST = ranks(['wait_p99_ms', 'wait_p95_ms', 'wait_p50_ms']);
const MADE: FlowLine[] = [
  { figure: 'produced_per_s', name: 'produced', colour: 'series-rest', ghosted: false },
  { figure: 'delivered_per_s', name: 'delivered', colour: 'series-1', weight: 'subject' },
];
const CLIPS: KpiLine[] = [
  { metric: 'latency_p99_ms', name: 'p99', colour: RANK_COLOURS.p99, weight: 'subject' },
  { metric: 'latency_p95_ms', name: 'p95', colour: RANK_COLOURS.p95 },
  { metric: 'latency_p50_ms', name: 'p50', colour: RANK_COLOURS.p50, ghosted: false },
];
const SUCCESS: KpiLine[] = [
  { metric: 'availability', name: 'success', colour: 'series-1', weight: 'subject' },
];
const labelOf = (one: Example): string =>
  `${one.sequence_id ?? one.request_id}: ${significant(one.value)} FPS, ${one.dropped ?? 0} of ${(one.frames ?? 0) + (one.dropped ?? 0)} dropped${one.model_version === '' ? '' : `, ${one.model_version}`}`;
const whole = (value: number): string => formatCount(Math.round(value));

export function Page() {
  const marks = useMarks(WORKLOAD);
  const nothing = useNothingOf(WORKLOAD);
  const words = useWorkloadWords(WORKLOAD);
  const findings = useFindings();
  const [left] = GUTTERS;
  const of = { filters: FILTERS, marks };
  const { window, now } = useKpis({ metrics: ['delivered_fps'], by: ['region'], filters: FILTERS });
  const { exemplars, worst } = useExemplars({
    of: 'sequences',
    filters: FILTERS,
    // In the steps of the chart, which are known with its answer.
    step_ms: now ? window.step_ms : 0,
    label: labelOf,
  });
  const fell = findings.data?.findings.find(
    ({ metric, segment, better }) =>
      metric === 'delivered_fps' && segment.workload === WORKLOAD && better === false,
  );
  if (nothing)
    return (
      <>
        <PageHead title="Animation" />
        <Nothing what="clips" hint="Send them with workload=animation." />
      </>
    );
  return (
    <>
      <PageHead
        title={words.title ?? 'Animation'}
        {...(words.sentence ? { sentence: words.sentence } : {})}
      />
      <Sheet label="Delivered and produced">
        <Delivered marks={marks} exemplars={exemplars} finding={fell} />
        <Frames marks={marks} />
      </Sheet>
      <WorstSequence worst={worst} />
      <FlowSheet
        filters={FILTERS}
        marks={marks}
        throughput={
          <FlowChart title="Throughput" unit="frames/s" of="frames" lines={MADE} gutter={left} {...of} />
        }
      />
      <Sheet label="Clips">
        <Cells columns={2}>
          <KpiChart title="Prompt to clip" level={2} lines={CLIPS} gutter={left} {...of} />
          <KpiChart title="Success" level={2} lines={SUCCESS} scale="free" gutter={left} {...of} />
        </Cells>
      </Sheet>
      <MachineSheet marks={marks} />
    </>
  );
}

/** What became of the frames, how evenly they came, and how soon the first. */
function Frames({ marks }: { marks: ReturnType<typeof useMarks> }) {
  const [left, middle, right] = GUTTERS;
  const of = { filters: FILTERS, marks };
  return (
    <Cells columns={3} ruled>
      <FlowChart
        title="Dropped, duplicated, held"
        unit="% of frames"
        of="frames"
        lines={LOST}
        factor={PERCENT}
        gutter={left}
        {...of}
      />
      <FlowChart
        title="Frame interval"
        unit="ms, of a typical window"
        of="frames"
        lines={INTERVALS}
        format={whole}
        gutter={middle}
        {...of}
        empty="No player told of frame intervals."
      />
      <FlowChart
        title="Prompt to first frame"
        unit="s"
        of="first_frame"
        lines={FIRST}
        factor={S}
        gutter={right}
        {...of}
        empty="No request told of its first frame: send the boundary frame_emitted."
      />
    </Cells>
  );
}
