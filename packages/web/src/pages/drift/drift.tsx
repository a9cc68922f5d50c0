/** Drift: what drifted, where, since when, how much, how sure and why; or that nothing did, and what was looked at. */
import { Link } from 'wouter';
import {
  type DriftFinding,
  type DriftFindings,
  useDriftFindings,
  useMay,
  useNewest,
} from '../../api/index.ts';
import { formatCount } from '../../format/index.ts';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, FilteredOut, Loading } from '../../parts/states.tsx';
import { filterParts, lastOf, useContextState, useWindow } from '../../url/index.ts';
import { DriftControls } from './controls.tsx';
import { LookedAt, NothingDrifted } from './looked-at.tsx';
import { FindingOfDrift } from './row.tsx';
import { driftSentence, thingsWords } from './words.ts';

const LOADING_PX = 272;

export function Page() {
  const answer = useDriftFindings();
  const newest = useNewest();
  const admin = useMay('admin');
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
                ? { unit: `the worst ${data.findings.length} of ${data.total}` }
                : {})}
              end={
                <>
                  <Link href="/reports/drift/yesterday">Report of yesterday</Link>
                  {admin && <Link href="/drift/monitors">Monitors</Link>}
                </>
              }
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
    title: count === 1 ? driftSentence(first) : `${thingsWords(count)} drifted in ${last}`,
    sentence: count === 1 ? `Nothing else of ${looked}.` : `${driftSentence(first)}. Looked at ${looked}.`,
  };
}
