/** What a monitor would have said over the last weeks: how often, when and why, look by look. */
import { type DriftPreview, useDriftPreview } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { ChartCell, type Series } from '../../charts/index.ts';
import { formatCount, formatSpan, formatTime, significant } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Chip } from '../../parts/chip.tsx';
import { FindingRow } from '../../parts/finding-row.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import { findingPath } from './address.ts';
import { spentWords } from './monitor-words.ts';
import css from './monitors.module.css';
import { capital, driftSentence, pWords } from './words.ts';

const LOADING_PX = 300;
const HEIGHT_PX = 190;
const GUTTER_PX = 64;
/** Between two looks where there is one alone. */
const STEP_MS = 3_600_000;

interface PreviewProps {
  /** Document of the monitor that is shown; null: it was not asked for yet. */
  readonly yaml: string | null;
  readonly baseline: string;
  /** The form says something else by now. */
  readonly stale: boolean;
  readonly onAsk: () => void;
}
export function Preview({ yaml, baseline, stale, onAsk }: PreviewProps) {
  const answer = useDriftPreview(yaml);
  const { data, error, isFetching } = answer;
  return (
    <Sheet label="Preview">
      <Head
        alone
        title={data && !error ? capital(data.words) : 'What it would have said'}
        {...(data && !error ? { unit: lookedWords(data) } : {})}
        end={
          <Button busy={isFetching} disabled={!stale && !error} onClick={onAsk}>
            {stale ? 'Preview as it is now' : 'Preview'}
          </Button>
        }
      />
      {!data && isFetching && <Loading height={LOADING_PX} label="Preview" />}
      {error && <Failed error={error} onRetry={() => void answer.refetch()} />}
      {data && !error && (
        <div className={classes(css.preview, (stale || isFetching) && css.old)} aria-busy={isFetching}>
          <Looks preview={data} />
          {data.fired.map((one) => (
            <Fired key={`${JSON.stringify(one.segment)} ${one.since}`} one={one} baseline={baseline} />
          ))}
          {data.fired.length === 0 && <Nothing preview={data} />}
        </div>
      )}
    </Sheet>
  );
}

function lookedWords({ looks, series, budget, shortened }: DriftPreview): string {
  const spent = budget === null || budget.tests === 0 ? '' : `; error budget ${spentWords(budget)} used`;
  return `${formatCount(looks.length)} looks at ${series === 1 ? 'one series' : `${series} series`}${spent}${shortened ? '; more would take too long' : ''}`;
}

/** The largest change at each look, in least effects: above the dots it matters. */
function Looks({ preview: { looks, fired } }: { preview: DriftPreview }) {
  const times = looks.map(({ at }) => Date.parse(at));
  const tested = looks.some(({ p }) => p !== null);
  const series: Series[] = [
    {
      name: 'largest change',
      colour: 'ink',
      weight: 'subject',
      values: looks.map(({ p, effect }) => (p === null ? null : effect)),
    },
  ];
  if (!tested) return null;
  return (
    <ChartCell
      title="Largest change at each look"
      unit="times the least effect"
      series={series}
      times={times}
      step_ms={(times[1] ?? 0) - (times[0] ?? 0) || STEP_MS}
      height={HEIGHT_PX}
      gutter={GUTTER_PX}
      format={(value) => significant(value, 2)}
      objective={{ value: 1, label: 'least effect' }}
      marks={fired.map((one) => ({
        at_ms: Date.parse(one.fired),
        kind: 'change' as const,
        label: 'fires',
      }))}
      markLabels
    />
  );
}

function Fired({ one, baseline }: { one: DriftPreview['fired'][number]; baseline: string }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const [path, more] = findingPath(one, baseline === '28d' ? null : baseline);
  const fired_ms = Date.parse(one.fired);
  const window = { from: new Date(fired_ms - DAY_MS).toISOString(), to: one.fired };
  const until =
    one.until === null ? 'it would still stand' : `over ${formatTime(Date.parse(one.until), now_ms, zone)}`;
  return (
    <FindingRow
      href={link(path, { ...more, ...window })}
      status={one.better === false ? 'warn' : one.better === true ? 'better' : 'none'}
      direction={(one.shift ?? 0) < 0 ? 'down' : 'up'}
      sentence={driftSentence(one)}
      evidence={
        <>
          {'Would have fired '}
          <Chip>{formatTime(fired_ms, now_ms, zone)}</Chip>
          {`, ${until}. ${pWords(one.p_adjusted)} after correction.`}
        </>
      }
      since={`since ${formatTime(Date.parse(one.since), now_ms, zone)}`}
    />
  );
}
const DAY_MS = 86_400_000;

function Nothing({ preview: { looks, from, to } }: { preview: DriftPreview }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const span = formatSpan(Date.parse(from), Date.parse(to), now_ms, zone);
  if (looks.every(({ p }) => p === null))
    return (
      <Note title="Nothing to look at">
        {`Nothing of it was told in ${span}, or nothing that it could be compared with.`}
      </Note>
    );
  const near = looks.filter(({ effect }) => effect >= 1).length;
  return (
    <Note title="It would have been quiet">
      {near === 0
        ? 'No change was as large as the least effect.'
        : `A change was large enough at ${near} of ${looks.length} looks, but not sure enough or gone too soon.`}
    </Note>
  );
}
