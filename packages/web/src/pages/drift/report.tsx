/** The drift and quality report of one day, at an address that stays: the same that is mailed. */
import type { KpiName } from '@pegbar/contract/words';
import { Link } from 'wouter';
import { addressOf, type DriftReport, useDriftReport } from '../../api/index.ts';
import type { PageProps } from '../../app/routes.ts';
import { dayOf, differenceWords, formatCount, formatKpi, formatTime } from '../../format/index.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { Command } from '../../parts/command.tsx';
import { KpiCell, KpiStrip } from '../../parts/kpi-cell.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { DAY, useContextState, useGo, useNow } from '../../url/index.ts';
import { LookedAt, NothingDrifted } from './looked-at.tsx';
import css from './report.module.css';
import { FindingOfDrift } from './row.tsx';
import { driftSentence, kindWords, thingsWords } from './words.ts';

const LOADING_PX = 420;
/** Figures of the strip; the table has all. */
const FIRST: ReadonlySet<string> = new Set([
  'acceptance_rate',
  'face_ok_rate',
  'style_distance_mean',
  'aesthetic_mean',
  'nsfw_rate',
  'cost_per_1k_images_usd',
]);

/** `2026-11-21`: the day in UTC; null where it is none. `yesterday` is the last whole one. */
function dayFrom(text: string, now_ms: number): number | null {
  const today = Math.floor(now_ms / DAY) * DAY;
  if (text === 'yesterday') return today - DAY;
  if (text === 'today') return today;
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isFinite(ms) && nameOf(ms) === text ? ms : null;
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
  const [{ tenant }] = useContextState();
  const answer = useDriftReport(nameOf(from_ms));
  const { error } = answer;
  const data = answer.data?.day === nameOf(from_ms) ? answer.data : undefined;
  const day = dayOf(from_ms, 'utc');
  const words = data ? headWords(data, day) : { title: `Drift and quality, ${day}` };
  const next = from_ms + DAY;
  const mail = { day: nameOf(from_ms), format: 'html', link: location.origin, tenant };
  return (
    <>
      <PageHead
        {...words}
        actions={
          <>
            <ButtonLink href={`/reports/drift/${nameOf(from_ms - DAY)}`}>Day before</ButtonLink>
            {next <= now_ms && <ButtonLink href={`/reports/drift/${nameOf(next)}`}>Day after</ButtonLink>}
            <a className={css.mail} href={addressOf('drift/report', mail)} target="_blank" rel="noreferrer">
              As a mail
            </a>
          </>
        }
      />
      {!data && (
        <Sheet label="Report">
          {error !== null && !answer.isFetching ? (
            <Failed error={error} onRetry={() => void answer.refetch()} />
          ) : (
            <Loading height={LOADING_PX} label="Report" />
          )}
        </Sheet>
      )}
      {data && <Sheets report={data} day={day} />}
    </>
  );
}

function Sheets({ report, day }: { report: DriftReport; day: string }) {
  const { from, to, total, findings, looked_at: looked, figures } = report;
  const strip = figures.filter(({ metric, now }) => FIRST.has(metric) && now !== null);
  return (
    <>
      {strip.length > 0 && (
        <Sheet label="Quality of the day">
          <KpiStrip>
            {strip.map(({ metric, title, now, n, day_before }) => (
              <KpiCell
                key={metric}
                metric={metric as KpiName}
                label={title}
                value={now}
                n={n}
                then={day_before}
                than="the day before"
              />
            ))}
          </KpiStrip>
        </Sheet>
      )}
      <Sheet label="What drifted">
        <Head
          alone
          title={`What drifted on ${day}`}
          unit={total > findings.length ? `the worst ${findings.length} of ${total}, UTC` : 'UTC'}
        />
        {looked.series === 0 && <Note title="Nothing was told on this day" />}
        {looked.series > 0 && total === 0 && <NothingDrifted answer={report} />}
        {findings.map((finding) => (
          <FindingOfDrift
            key={`${finding.metric} ${JSON.stringify(finding.segment)} ${finding.against}`}
            finding={finding}
            window={{ from, to }}
          />
        ))}
      </Sheet>
      <div className={css.columns}>
        <Figures report={report} />
        <Deployments report={report} />
      </div>
      {looked.series > 0 && <LookedAt answer={report} />}
      <Sheet label="As a mail">
        <Head
          alone
          title="Every morning, as a mail"
          unit="HTML with a text alternative; sent by your own mailer"
        />
        <Cell>
          <Command
            text={`(echo "To: team@studio.example"; pegbar report drift --link ${location.origin} --format mail) | sendmail -t`}
          />
        </Cell>
      </Sheet>
    </>
  );
}

function headWords(report: DriftReport, day: string) {
  const { total, findings, looked_at: looked, partial } = report;
  const [first] = findings;
  const so_far = partial ? ' so far' : '';
  const sentence = `Looked at ${formatCount(looked.series)} series of ${looked.metrics.length} metrics in ${looked.segments} segments.`;
  if (looked.series === 0) return { title: `Drift and quality, ${day}` };
  if (!first) return { title: `Nothing drifted on ${day}${so_far}`, sentence };
  return {
    title: `${thingsWords(total)} drifted on ${day}${so_far}`,
    sentence: `${driftSentence(first)}. ${sentence}`,
  };
}

/** Every figure beside the day before and the week before. */
function Figures({ report: { figures } }: { report: DriftReport }) {
  const told = figures.filter(({ now, day_before: before }) => now !== null || before !== null);
  return (
    <Sheet label="Key figures">
      <Head alone title="Key figures" unit="7 days before: all of them, counts by the day" />
      {told.length === 0 && <Note title="No figure was told on this day" />}
      {told.length > 0 && (
        <Table
          label="Key figures of the day"
          rows={told}
          keyOf={({ metric }) => metric}
          columns={[
            { id: 'what', title: 'What', cell: ({ title }) => title },
            {
              id: 'now',
              title: 'The day',
              right: true,
              cell: ({ metric, now }) => <b>{formatKpi(metric as KpiName, now)}</b>,
            },
            {
              id: 'day',
              title: 'Day before',
              right: true,
              wide: true,
              cell: ({ metric, day_before }) => formatKpi(metric as KpiName, day_before),
            },
            {
              id: 'week',
              title: '7 days before',
              right: true,
              wide: true,
              cell: ({ metric, week_before }) => formatKpi(metric as KpiName, week_before),
            },
            {
              id: 'difference',
              title: 'Difference',
              right: true,
              cell: ({ metric, now, day_before }) => (
                <span className="dim">{differenceWords(metric as KpiName, now, day_before, 'before')}</span>
              ),
            },
          ]}
        />
      )}
    </Sheet>
  );
}

const STATUSES: Readonly<Record<string, string>> = {
  start: 'started',
  end: 'ended',
  rolled_back: 'rolled back',
};

function Deployments({ report: { deployments } }: { report: DriftReport }) {
  const now_ms = useNow();
  const { link } = useGo();
  return (
    <Sheet label="Deployed">
      <Head alone title="Deployed" unit="UTC" />
      {deployments.length === 0 && <Note title="Nothing was deployed on this day" />}
      {deployments.length > 0 && (
        <ul className={css.deployed}>
          {deployments.map(({ timestamp, id, kind, status, version, tenants }) => (
            <li key={`${timestamp} ${id} ${status}`}>
              <span className="dimmer nw">{formatTime(Date.parse(timestamp), now_ms, 'utc')}</span>
              <p>
                <Link href={link(`/releases/${encodeURIComponent(version ?? id)}`, { filter: null })}>
                  {version ?? id}
                </Link>
                <span className="dim">
                  {`, ${kindWords(kind)} of ${tenants.length === 1 ? tenants[0] : `${tenants.length} tenants`} ${STATUSES[status] ?? status}`}
                </span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </Sheet>
  );
}
