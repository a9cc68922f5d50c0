/** What was looked at: how many series came out how, and what was left out of the baseline. */
import { Link } from 'wouter';
import type { DriftFindings } from '../../api/index.ts';
import { formatCount, formatSpan } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Note } from '../../parts/states.tsx';
import { useContextState, useGo, useNow, useParameter } from '../../url/index.ts';
import css from './drift.module.css';
import { baselineWords, driftTitle } from './words.ts';

export function NothingDrifted({ answer }: { answer: DriftFindings }) {
  const { changed_but_small: small, insufficient_data: few, no_drift: same } = answer.looked_at;
  const series =
    few + small === 0 ? 'Every series is' : same === 1 ? 'One series is' : `${formatCount(same)} series are`;
  const parts = [
    ...(small > 0 ? [`${formatCount(small)} changed, but less than matters`] : []),
    ...(few > 0 ? [`${formatCount(few)} had not enough data to say`] : []),
  ];
  return (
    <Note title="Nothing drifted">
      {`${series} as in ${useBaselineWords(answer)}${parts.length === 0 ? '' : `; ${parts.join(', ')}`}.`}
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
export function LookedAt({ answer }: { answer: DriftFindings }) {
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
