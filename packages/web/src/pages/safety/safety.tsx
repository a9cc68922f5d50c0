/** Safety and compliance: moderated content by class, model and tenant; the review queue; consent, licence, redactions. */
import { useMemo } from 'react';
import { type KpiResult, seriesOf, totalOf, useFlow, useKpis } from '../../api/index.ts';
import {
  ChartCell,
  flowSeries,
  linesBy,
  linesOf,
  type Mark,
  useKpiChart,
  useMarks,
} from '../../charts/index.ts';
import { formatCount, percentFigure, significant } from '../../format/index.ts';
import { Segmented } from '../../parts/button.tsx';
import { FigureCell, KpiCell, KpiStrip } from '../../parts/kpi-cell.tsx';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { lastOf, thanWords, useContextState, useParameter, useWindow } from '../../url/index.ts';
import { ClassTable } from './class-table.tsx';
import { CLASSES, METRICS, risesOf, safetyWords } from './classes.ts';
import { Compliance } from './compliance.tsx';
import { ReviewQueue } from './review.tsx';

export const WAYS = [
  ['model_version', 'Model'],
  ['tenant', 'Tenant'],
] as const;
export type Way = (typeof WAYS)[number][0];
const GUTTER = 128;
const POINTS = 28;

export function Page() {
  const [{ compare, range }] = useContextState();
  const [asked, choose] = useParameter('by');
  const way: Way = WAYS.find(([id]) => id === asked)?.[0] ?? 'model_version';
  const all = useKpis({ metrics: METRICS });
  const totals = useKpis({ metrics: METRICS, as: 'total' });
  const parts = useKpis({ metrics: METRICS, by: [way], as: 'total' });
  const other = useKpis({
    metrics: METRICS,
    by: [way === 'tenant' ? 'model_version' : 'tenant'],
    as: 'total',
  });
  const texts = useFlow({ of: 'safety', as: 'total' });
  const than = thanWords(compare, lastOf(range));
  const words = useMemo(
    () =>
      safetyWords(
        totals,
        [...risesOf(parts, way), ...risesOf(other, way === 'tenant' ? 'model_version' : 'tenant')].sort(
          (a, b) => b.z - a.z,
        ),
        than ?? '',
      ),
    [totals, parts, other, way, than],
  );
  const nothing =
    totals.now !== undefined &&
    !totals.refreshing &&
    METRICS.every((metric) => totalOf(totals.now, metric).n === 0);
  return (
    <>
      <PageHead title={words.title} {...(words.sentence === '' ? {} : { sentence: words.sentence })} />
      {nothing ? (
        <Nothing
          what="moderated content"
          hint="It comes with scores named nsfw, toxicity or watermark, with quality.nsfw_flag of a stage, and with requests that a safety rule blocked."
        />
      ) : (
        <>
          <Figures {...{ all, totals, texts }} than={than && 'before'} />
          <Trends way={way} choose={choose} />
          <Sheet label="By value">
            <Head alone title={`By ${way === 'tenant' ? 'tenant' : 'model'}`} unit="this range" />
            <ClassTable parts={parts} way={way} than={than} />
          </Sheet>
          <ReviewQueue />
          <Compliance />
        </>
      )}
    </>
  );
}

function Figures(props: {
  all: KpiResult;
  totals: KpiResult;
  texts: KpiResult<string>;
  than: string | undefined;
}) {
  const { all, totals, texts, than } = props;
  if (totals.error && !totals.now)
    return (
      <Sheet label="Key figures">
        <Failed error={totals.error} onRetry={totals.retry} />
      </Sheet>
    );
  if (totals.loading) return <Loading height={126} label="Key figures" />;
  const nsfw = totalOf(totals.now, 'nsfw_rate');
  const toxic = totalOf(texts.now, 'toxicity_p95');
  const toxicBefore = totalOf(texts.before, 'toxicity_p95').value;
  const reported = totalOf(texts.now, 'reported').value;
  return (
    <Sheet label="Key figures">
      <KpiStrip>
        {CLASSES.map(({ metric, title }) => {
          const { value, n } = totalOf(totals.now, metric);
          return (
            <KpiCell
              key={metric}
              {...{ metric, value, n, than }}
              label={title}
              then={totals.before && totalOf(totals.before, metric).value}
              values={seriesOf(all.now, metric)?.values}
              ghost={seriesOf(all.before, metric)?.values}
            />
          );
        })}
        <FigureCell
          label="Toxicity p95"
          figure={toxic.value === null ? '–' : significant(toxic.value, 2)}
          words={
            toxic.value === null
              ? 'no prompt was scored'
              : toxicBefore === null || than === undefined
                ? '0 to 1'
                : `0 to 1, was ${significant(toxicBefore, 2)}`
          }
        />
        <FigureCell
          label="Flagged pictures"
          figure={nsfw.value === null ? '–' : formatCount(Math.round(nsfw.value * nsfw.n))}
          words={nsfw.value === null ? 'no picture was checked' : `of ${formatCount(nsfw.n)} checked`}
        />
        <FigureCell
          label="Flagged by people"
          figure={reported === null ? '–' : formatCount(reported)}
          words="feedback with action flag"
        />
      </KpiStrip>
    </Sheet>
  );
}

/** Every class over time, a line per model or tenant. */
function Trends({ way, choose }: { way: Way; choose: (way: Way) => void }) {
  // What is rare is told in longer steps: a share of some ten pictures is noise.
  const window = useWindow(POINTS);
  const series = useKpis({ metrics: METRICS, by: [way], window });
  const texts = useFlow({ of: 'safety', by: [way], window });
  const marks = useMarks();
  return (
    <Sheet label="Moderated content over time">
      <Head
        alone
        title="Over time"
        end={<Segmented label="By" value={way} choices={WAYS} onChange={choose} />}
      />
      <Cells columns={2} ruled>
        <ClassChart {...CLASSES[0]} {...{ series, way, marks }} />
        <ClassChart {...CLASSES[1]} {...{ series, way, marks }} />
      </Cells>
      <Cells columns={2} ruled>
        <ClassChart {...CLASSES[2]} {...{ series, way, marks }} />
        <Toxicity {...{ texts, way, marks }} />
      </Cells>
    </Sheet>
  );
}

interface ClassChartProps {
  readonly metric: (typeof METRICS)[number];
  readonly title: string;
  readonly of: string;
  readonly series: KpiResult;
  readonly way: Way;
  readonly marks: readonly Mark[];
}
const percent = (value: number): string => percentFigure(value / 100);

function ClassChart({ metric, title, of, series, way, marks }: ClassChartProps) {
  const chart = useKpiChart(series, []);
  const { now, before } = series;
  const lines = useMemo(
    () =>
      linesOf(
        { now, before },
        linesBy(now, metric, way).map((line) => ({ ...line, ghosted: false })),
      ),
    [now, before, metric, way],
  );
  return (
    <ChartCell
      {...chart}
      {...{ title, marks, series: lines, gutter: GUTTER, height: 160 }}
      unit={of}
      format={percent}
      empty="Nothing was checked for this in this range."
    />
  );
}

function Toxicity({ texts, way, marks }: { texts: KpiResult<string>; way: Way; marks: readonly Mark[] }) {
  const chart = useKpiChart(texts, []);
  const { now, before } = texts;
  const lines = useMemo(() => {
    const named = linesBy(now as never, 'toxicity_p95' as never, way);
    return flowSeries(
      { now, before },
      named.map(({ name, colour, key }) => ({
        figure: 'toxicity_p95',
        name,
        colour,
        ghosted: false,
        ...(key ? { key } : {}),
      })),
    );
  }, [now, before, way]);
  return (
    <ChartCell
      {...chart}
      {...{ marks, series: lines, gutter: GUTTER, height: 160 }}
      title="Toxicity p95"
      unit="score, 0 to 1"
      format={twoDigits}
      empty="No toxicity was told in this range: send quality.toxicity or scores of that name."
    />
  );
}
const twoDigits = (value: number): string => significant(value, 2);
