/** Drift: what drifted, where, since when, how much, how sure and why; or that nothing did, and what was looked at. */
import { Link } from 'wouter';
import { type DriftFinding, type DriftFindings, useDriftFindings, useNewest } from '../../api/index.ts';
import { formatCount, formatSpan } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, FilteredOut, Loading, Note } from '../../parts/states.tsx';
import {
  filterParts,
  lastOf,
  useContextState,
  useGo,
  useNow,
  useParameter,
  useWindow,
} from '../../url/index.ts';
import { DriftControls } from './controls.tsx';
import css from './drift.module.css';
import { FindingOfDrift } from './row.tsx';
import { baselineWords, driftSentence, driftTitle } from './words.ts';

const LOADING_PX = 272;

export function Page() {
  const answer = useDriftFindings();
  const newest = useNewest();
  const [{ range, filters }, change] = useContextState();
  const { from_ms } = useWindow();
  const last = lastOf(range)?.replace(/^Last/, 'the last') ?? 'this range';
  const { data, error } = answer;
  const shown = data?.findings.filter((one) => matches(one, filters)) ?? [];
  const head = data && data.looked_at.series > 0 ? headWords(data, shown, last) : { title: 'Drift' };
  const compare = <DriftControls metric={null} />;
  if (typeof newest.data === 'number' && newest.data < from_ms)
    return (
      <>
        <PageHead title="Drift" compare={compare} />
        <Nothing what="data" />
      </>
    );
  return (
    <>
      <PageHead {...head} compare={compare} />
      {!data && (
        <Sheet label="What drifted">
          {error ? (
            <Failed error={error} onRetry={() => void answer.refetch()} />
          ) : (
            <Loading height={LOADING_PX} label="What drifted" />
          )}
        </Sheet>
      )}
      {data && data.looked_at.series === 0 && <Nothing what="counts by the hour" hint={WAIT} />}
      {data && data.looked_at.series > 0 && (
        <>
          <Sheet label="What drifted">
            <Head
              alone
              title={`What drifted in ${last}`}
              {...(data.total > data.findings.length
                ? { end: `the worst ${data.findings.length} of ${data.total}` }
                : {})}
            />
            {data.total === 0 && <NothingDrifted answer={data} />}
            {data.total > 0 && shown.length === 0 && (
              <FilteredOut what="finding" count={filters.length} onClear={() => change({ filters: [] })} />
            )}
            {shown.map((finding) => (
              <FindingOfDrift key={keyOf(finding)} finding={finding} />
            ))}
          </Sheet>
          <LookedAt answer={data} />
        </>
      )}
    </>
  );
}
const WAIT = 'Drift is read from counts by the hour; the first are there minutes after the first data.';

const keyOf = ({ metric, segment, against }: DriftFinding): string =>
  `${metric} ${JSON.stringify(segment)} ${against}`;

/** The list is of everything; the segment of the context takes from it what is of its own. */
function matches({ segment }: DriftFinding, filters: readonly string[]): boolean {
  return filters.every((filter) => {
    const parts = filterParts(filter);
    if (!parts) return true;
    const of = segment[parts.field];
    if (parts.op === '=') return of === parts.value;
    if (parts.op === '!=') return of !== parts.value;
    if (parts.op.toLowerCase() === 'in') return of !== undefined && parts.value.split(',').includes(of);
    return true;
  });
}

const COUNTS = [
  'No thing',
  'One thing',
  'Two things',
  'Three things',
  'Four things',
  'Five things',
  'Six things',
];
function headWords(
  { total, looked_at: { series, metrics, segments } }: DriftFindings,
  shown: readonly DriftFinding[],
  last: string,
): { title: string; sentence: string } {
  const [first] = shown;
  const looked = `${formatCount(series)} series of ${metrics.length} metrics in ${segments} segments`;
  if (total === 0 || !first) return { title: `Nothing drifted in ${last}`, sentence: `Looked at ${looked}.` };
  const count = shown.length === total || total > shown.length ? shown.length : total;
  return {
    title: count === 1 ? driftSentence(first) : `${COUNTS[count] ?? `${count} things`} drifted in ${last}`,
    sentence: count === 1 ? `Nothing else of ${looked}.` : `${driftSentence(first)}. Looked at ${looked}.`,
  };
}

function NothingDrifted({ answer }: { answer: DriftFindings }) {
  const { changed_but_small: small, insufficient_data: few } = answer.looked_at;
  const parts = [
    ...(small > 0 ? [`${formatCount(small)} changed, but less than matters`] : []),
    ...(few > 0 ? [`${formatCount(few)} had not enough data to say`] : []),
  ];
  return (
    <Note title="Nothing drifted">
      {`Every series is as in ${useBaselineWords(answer)}${parts.length === 0 ? '' : `; ${parts.join(', ')}`}.`}
    </Note>
  );
}

function useBaselineWords({ baseline }: DriftFindings): string {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  return baselineWords(
    baseline,
    formatSpan(Date.parse(baseline.from), Date.parse(baseline.to), now_ms, zone),
  );
}

/** What was looked at: how many came out how, each metric with a way to all of its series, and what was left out. */
function LookedAt({ answer }: { answer: DriftFindings }) {
  const { looked_at: looked, baseline, alpha } = answer;
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const [asked] = useParameter('baseline');
  const [all, setAll] = useParameter('left_out');
  const figures = [
    ['Drifted', looked.drift, 'sure, as large as matters, lasting'],
    ['Changed, but small', looked.changed_but_small, 'sure, but less than matters'],
    ['As before', looked.no_drift, 'no more than chance explains'],
    ['Not enough data', looked.insufficient_data, 'a change that matters could go unseen'],
  ] as const;
  return (
    <Sheet label="What was looked at">
      <Head
        alone
        title="What was looked at"
        unit={`${formatCount(looked.series)} series against ${useBaselineWords(answer)}`}
        end={`α ${alpha}, corrected over all`}
      />
      <div className={css.ruled}>
        <Cells columns={4}>
          {figures.map(([label, count, words]) => (
            <div key={label} className={css.figure}>
              <span>{label}</span>
              <b>{formatCount(count)}</b>
              <span className="dimmer">{words}</span>
            </div>
          ))}
        </Cells>
      </div>
      <Cell ruled>
        <ul className={css.metrics} aria-label="Metrics that were looked at">
          {looked.metrics.map((metric) => (
            <li key={metric}>
              <Link href={link(`/drift/${metric}`, { baseline: asked, by: 'tenant', filter: null })}>
                {driftTitle(metric)}
              </Link>
            </li>
          ))}
        </ul>
        {baseline.excluded.length > 0 && (
          <div className={css.excluded}>
            <p className="small dim">
              {`Left out of the baseline: ${baseline.excluded.length === 1 ? 'one window' : `${baseline.excluded.length} windows`} of changes that were rolled back or announced. `}
              <Button
                kind="quiet"
                onClick={() => setAll(all === null ? 'shown' : null)}
                aria-expanded={all !== null}
              >
                {all === null ? 'Show' : 'Hide'}
              </Button>
            </p>
            {all !== null && (
              <ul className="small">
                {baseline.excluded.map(({ from, to, why }) => (
                  <li key={`${from} ${why}`}>
                    <span className="dimmer">
                      {formatSpan(Date.parse(from), Date.parse(to), now_ms, zone)}
                    </span>{' '}
                    {why}
                  </li>
                ))}
              </ul>
            )}
          </div>
        )}
      </Cell>
    </Sheet>
  );
}
