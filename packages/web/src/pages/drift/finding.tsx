/** One metric: of one segment the finding with all it rests on; of several a table of them. */
import { type DriftAnswer, type DriftSeries, useDrift } from '../../api/index.ts';
import type { PageProps } from '../../app/routes.ts';
import { formatN, formatSpan, formatTime } from '../../format/index.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { filterParts, useContextState, useNow, useParameter } from '../../url/index.ts';
import { Also } from './also.tsx';
import { Cause } from './cause.tsx';
import { Contributors } from './contributors.tsx';
import { DriftControls } from './controls.tsx';
import { Course } from './course.tsx';
import { DistributionSheet } from './distributions.tsx';
import css from './finding.module.css';
import { ExamplePictures } from './pictures.tsx';
import { SegmentTable } from './segments.tsx';
import { Size } from './size.tsx';
import { Strip } from './strip.tsx';
import {
  driftSentence,
  driftTitle,
  kindWords,
  lagWords,
  nameOfChange,
  pWords,
  verdictWords,
} from './words.ts';

const LOADING_PX = 420;

export function Page({ params }: PageProps) {
  const metric = params.metric ?? '';
  const [{ filters }] = useContextState();
  const [division] = useParameter('by');
  const fields = filters.flatMap((filter) => filterParts(filter)?.field ?? []);
  const by = [...new Set([...fields, ...(division ? [division] : [])])];
  const [baseline] = useParameter('baseline');
  // A version is compared with the one before: both are asked for, one is shown.
  const version = baseline?.startsWith('release')
    ? filters.find((filter) => filterParts(filter)?.field === 'model_version')
    : undefined;
  const answer = useDrift({ metric, by, filters: filters.filter((filter) => filter !== version) });
  const compare = <DriftControls metric={metric} />;
  const { error } = answer;
  const data = answer.data && version ? ofVersion(answer.data, version) : answer.data;
  if (!data)
    return (
      <>
        <PageHead title={driftTitle(metric)} compare={compare} />
        <Sheet label={driftTitle(metric)}>
          {error ? (
            <Failed error={error} onRetry={() => void answer.refetch()} />
          ) : (
            <Loading height={LOADING_PX} label={driftTitle(metric)} />
          )}
        </Sheet>
      </>
    );
  const [only] = data.series;
  return only !== undefined && data.series.length === 1 && !division ? (
    <OneSeries answer={data} series={only} />
  ) : (
    <>
      <PageHead title={driftTitle(metric)} sentence={tableWords(data)} compare={compare} />
      {data.series.length === 0 ? (
        <Sheet label={driftTitle(metric)}>
          <Note title="Nothing to compare">
            {
              'Nothing of it was told in the window or in the baseline. A longer window, another baseline or segment may have it.'
            }
          </Note>
        </Sheet>
      ) : (
        <SegmentTable answer={data} />
      )}
    </>
  );
}

function ofVersion(answer: DriftAnswer, filter: string): DriftAnswer {
  const value = filterParts(filter)?.value;
  return { ...answer, series: answer.series.filter(({ segment }) => segment.model_version === value) };
}

function tableWords({ series }: DriftAnswer): string {
  const drifted = series.filter(({ verdict }) => verdict === 'drift');
  const few = series.filter(({ verdict }) => verdict === 'insufficient_data').length;
  if (series.length === 0) return 'Nothing was told of it here.';
  if (drifted.length === 0)
    return `Nothing drifted among ${series.length} segments${few > 0 ? `; ${few} had not enough data to say` : ''}.`;
  const first = driftSentence(drifted[0]!);
  return `${drifted.length} of ${series.length} segments drifted. ${first}.`;
}

function OneSeries({ answer, series }: { answer: DriftAnswer; series: DriftSeries }) {
  const sentence = useSentence(answer, series);
  return (
    <>
      <PageHead
        title={driftSentence(series)}
        sentence={sentence}
        compare={<DriftControls metric={answer.metric} />}
      />
      <Strip answer={answer} series={series} />
      <div className={css.columns}>
        <div className={css.main}>
          {series.distribution && <DistributionSheet answer={answer} series={series} />}
          <Course answer={answer} series={series} />
          {!isRate(series) && series.contributors.length > 0 && <Contributors series={series} />}
          {series.examples && <ExamplePictures answer={answer} series={series} />}
        </div>
        <aside className={css.side} aria-label="Why and how large">
          {series.verdict === 'drift' && <Cause series={series} />}
          <Size answer={answer} series={series} />
          <Also series={series} />
        </aside>
      </div>
    </>
  );
}

/** Its two sides are drawn already. */
const isRate = ({ distribution }: DriftSeries): boolean =>
  distribution?.cells.length === 2 && distribution.cells.some(({ name }) => name === 'yes');

/** Since when, why, and how sure, in one line. */
function useSentence({ baseline }: DriftAnswer, series: DriftSeries): string {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  if (series.verdict !== 'drift') return verdictWords(series);
  const span = formatSpan(Date.parse(baseline.from), Date.parse(baseline.to), now_ms, zone);
  const since = series.since
    ? `Since ${formatTime(Date.parse(series.since), now_ms, zone)}`
    : `Against ${span}`;
  const { cause } = series;
  const why = cause
    ? `Likely the ${kindWords(cause.kind)} ${nameOfChange(cause)}, which started ${lagWords(cause.lag_h)}`
    : 'No release or change is a likely cause';
  return `${since}. ${why}. ${pWords(series.p_adjusted)}, ${formatN(series.n_cur)}.`;
}
