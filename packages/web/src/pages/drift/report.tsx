/** The drift and quality report of one day, at an address that stays: what drifted, the key figures, what was looked at. */
import type { KpiName } from '@pegbar/contract/words';
import { useMemo } from 'react';
import { type DriftFindings, totalOf, useDriftFindings, useKpis } from '../../api/index.ts';
import type { PageProps } from '../../app/routes.ts';
import { dayOf, formatCount } from '../../format/index.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { KpiCell, KpiStrip } from '../../parts/kpi-cell.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { DAY, HOUR, inSteps, useNow } from '../../url/index.ts';
import { LookedAt, NothingDrifted } from './looked-at.tsx';
import { FindingOfDrift } from './row.tsx';
import { driftSentence, thingsWords } from './words.ts';

const LOADING_PX = 272;
const FIGURES: readonly (readonly [KpiName, string])[] = [
  ['acceptance_rate', 'Accepted'],
  ['face_ok_rate', 'Accepted faces'],
  ['style_distance_mean', 'Style distance'],
  ['aesthetic_mean', 'Aesthetic score'],
  ['nsfw_rate', 'Flagged NSFW'],
  ['cost_per_1k_images_usd', 'Per 1K images'],
];
const METRICS = FIGURES.map(([metric]) => metric);

/** `2026-11-21`: the day in UTC; null where it is none. `yesterday` is the last whole one. */
function dayFrom(text: string, now_ms: number): number | null {
  const today = Math.floor(now_ms / DAY) * DAY;
  if (text === 'yesterday') return today - DAY;
  if (text === 'today') return today;
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}
const nameOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export function Page({ params }: PageProps) {
  const now_ms = useNow();
  const from_ms = dayFrom(params.day ?? '', now_ms);
  if (from_ms === null || from_ms > now_ms)
    return (
      <>
        <PageHead title="Drift report" timeless />
        <Sheet label="No such day">
          <Note
            title="No such day"
            action={<ButtonLink href="/reports/drift/yesterday">Report of yesterday</ButtonLink>}
          >
            A report is of a day that has been, written as 2026-11-21.
          </Note>
        </Sheet>
      </>
    );
  return <Report from_ms={from_ms} now_ms={now_ms} />;
}

function Report({ from_ms, now_ms }: { from_ms: number; now_ms: number }) {
  const to_ms = Math.min(from_ms + DAY, Math.ceil(now_ms / HOUR) * HOUR);
  const window = useMemo(() => ({ from_ms, to_ms }), [from_ms, to_ms]);
  const answer = useDriftFindings(true, window);
  const { data, error } = answer;
  const day = dayOf(from_ms, 'utc');
  const words = data ? headWords(data, day) : { title: `Drift and quality, ${day}` };
  const next = from_ms + DAY;
  return (
    <>
      <PageHead
        {...words}
        actions={
          <>
            <ButtonLink href={`/reports/drift/${nameOf(from_ms - DAY)}`}>Day before</ButtonLink>
            {next <= now_ms && <ButtonLink href={`/reports/drift/${nameOf(next)}`}>Day after</ButtonLink>}
          </>
        }
      />
      <Figures from_ms={from_ms} to_ms={to_ms} />
      <Sheet label="What drifted">
        <Head alone title={`What drifted on ${day}`} unit="UTC" />
        {!data && error !== null && <Failed error={error} onRetry={() => void answer.refetch()} />}
        {!data && error === null && <Loading height={LOADING_PX} label="What drifted" />}
        {data?.total === 0 && data.looked_at.series > 0 && <NothingDrifted answer={data} />}
        {data?.looked_at.series === 0 && <Note title="Nothing was told on this day" />}
        {data?.findings.map((finding) => (
          <FindingOfDrift
            key={`${finding.metric} ${JSON.stringify(finding.segment)} ${finding.against}`}
            finding={finding}
            window={{ from: new Date(from_ms).toISOString(), to: new Date(to_ms).toISOString() }}
          />
        ))}
      </Sheet>
      {data && data.looked_at.series > 0 && <LookedAt answer={data} />}
    </>
  );
}

function headWords({ total, findings, looked_at: looked }: DriftFindings, day: string) {
  const [first] = findings;
  const sentence = `Looked at ${formatCount(looked.series)} series of ${looked.metrics.length} metrics in ${looked.segments} segments.`;
  if (looked.series === 0) return { title: `Drift and quality, ${day}` };
  if (!first) return { title: `Nothing drifted on ${day}`, sentence };
  return {
    title: `${thingsWords(total)} drifted on ${day}`,
    sentence: `${driftSentence(first)}. ${sentence}`,
  };
}

/** Quality of the day against the day before. */
function Figures({ from_ms, to_ms }: { from_ms: number; to_ms: number }) {
  const window = useMemo(() => inSteps({ from_ms, to_ms, compare: 'day' }, HOUR), [from_ms, to_ms]);
  const totals = useKpis({ metrics: METRICS, as: 'total', window });
  if (totals.error && !totals.now) return <Failed error={totals.error} onRetry={totals.retry} />;
  if (totals.loading) return <Loading height={96} label="Key figures" />;
  return (
    <Sheet label="Key figures of the day">
      <KpiStrip>
        {FIGURES.map(([metric, label]) => {
          const { value, n } = totalOf(totals.now, metric);
          const before = totalOf(totals.before, metric).value;
          return (
            <KpiCell key={metric} {...{ metric, label, value, n }} then={before} than="the day before" />
          );
        })}
      </KpiStrip>
    </Sheet>
  );
}
