/** What tells the same story, where the list has it, and the ways on: to the requests, the pictures, other segments. */
import { Link } from 'wouter';
import { type DriftSeries, useDriftFindings } from '../../api/index.ts';
import { Button } from '../../parts/button.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { useGo, useParameter } from '../../url/index.ts';
import { findingPath } from './address.ts';
import css from './finding.module.css';
import { driftSentence, driftTitle, pWords, shiftWords } from './words.ts';

const FIRST = 6;
/** Fields that lists of requests and pictures do not have. */
const OF_STAGES: ReadonlySet<string> = new Set(['pipeline_stage']);

const keyOf = ({ metric, segment }: Pick<DriftSeries, 'metric' | 'segment'>): string =>
  `${metric} ${JSON.stringify(Object.entries(segment).sort())}`;

export function Also({ series }: { series: DriftSeries }) {
  const { link } = useGo();
  const [baseline] = useParameter('baseline');
  const [all, setAll] = useParameter('also');
  const findings = useDriftFindings(series.verdict === 'drift');
  const own = findings.data?.findings.find((one) =>
    [one, ...one.also].some((each) => keyOf(each) === keyOf(series)),
  );
  const others = own ? [own, ...own.also].filter((one) => keyOf(one) !== keyOf(series)) : [];
  const shown = all === null ? others.slice(0, FIRST) : others;
  const filter = Object.entries(series.segment)
    .filter(([field]) => !OF_STAGES.has(field))
    .map(([field, value]) => `${field}=${value}`);
  return (
    <Sheet label="Go on">
      {others.length > 0 && (
        <>
          <Head
            alone
            title="Drifted with it"
            {...(others.length > FIRST
              ? {
                  end: (
                    <Button kind="quiet" onClick={() => setAll(all === null ? 'all' : null)}>
                      {all === null ? `All ${others.length}` : `The first ${FIRST}`}
                    </Button>
                  ),
                }
              : {})}
          />
          <div className={css.rows}>
            {shown.map((one) => (
              <Link key={keyOf(one)} href={link(...findingPath(one, baseline))}>
                {driftSentence(one)}
                <small>{`${shiftWords(one)}, ${pWords(one.p_adjusted)}`}</small>
              </Link>
            ))}
          </div>
        </>
      )}
      <Head alone title="Look at" />
      <div className={css.links}>
        <Link href={link('/requests', { filter })}>Its requests</Link>
        <Link href={link('/images', { filter })}>Its pictures</Link>
        <Link href={link(`/drift/${series.metric}`, { baseline, by: 'tenant', filter: null })}>
          {`${driftTitle(series.metric)} by tenant`}
        </Link>
        <Link href={link('/drift', { baseline, filter: null })}>All that drifted</Link>
      </div>
    </Sheet>
  );
}
