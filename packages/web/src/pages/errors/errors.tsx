/** Errors: what fails, since when, and what failing requests have in common; from a bar to the requests. */
import type { KpiName } from '@pegbar/contract/words';
import { totalOf, useFailures, useFailuresThen, useKpis, useRequests } from '../../api/index.ts';
import { KpiChart, type KpiLine, LatencyHeatmap, useMarks } from '../../charts/index.ts';
import { formatCount } from '../../format/index.ts';
import { FilterChips } from '../../parts/filter-chips.tsx';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { lastOf, thanWords, useContextState } from '../../url/index.ts';
import css from './errors.module.css';
import { Failing } from './failing.tsx';
import { Loops, Runs } from './runs.tsx';
import { Settings } from './settings.tsx';
import { Taxonomy } from './taxonomy.tsx';
import { findingOf, wasWords } from './words.ts';

const line = (metric: KpiName): KpiLine[] => [{ metric, name: 'now', colour: 'series-1', weight: 'subject' }];
const OOM = line('oom_rate');
const TIMEOUTS = line('timeout_rate');
const RETRIES = line('retry_rate');
const BAD = ['outcome in failed,timed_out'];
/** Requests that failed, without those that a limit stopped. */
const FAILED_ONLY = ['outcome=failed'];
const GUTTER = 72;

export function Page() {
  const [{ range, compare }] = useContextState();
  const failures = useFailures();
  const then = useFailuresThen(failures.data !== undefined && !failures.isPlaceholderData);
  const marks = useMarks();
  const { data } = failures;
  const where = lastOf(range)?.replace(/^Last/, 'the last') ?? 'this range';
  const finding = data ? findingOf(data, where) : null;
  const all = useKpis({ metrics: ['requests'], as: 'total', compared: false });
  const failed = data?.codes.reduce((sum, one) => sum + one.n, 0);
  if (all.now && totalOf(all.now, 'requests').n === 0 && !failed)
    return (
      <>
        <PageHead title="Errors" />
        <FilterChips />
        <Nothing what="requests" of="requests" />
      </>
    );
  return (
    <>
      <PageHead title={finding?.headline ?? 'Errors'} sentence={finding?.sentence ?? '\u00a0'} />
      <FilterChips />
      <Sheet label="Errors over time">
        {!data && <Head alone title="What failed" unit="requests, by error" />}
        {failures.isPending && <Loading height={300} label="Errors are loading" />}
        {failures.error && !data && (
          <Failed error={failures.error} height={300} onRetry={() => void failures.refetch()} />
        )}
        {failed === 0 && (
          <Note title="No request failed or timed out" height={72}>
            {wasWords(then, thanWords(compare, lastOf(range)))}
          </Note>
        )}
        {data && failed !== 0 && (
          <Taxonomy failures={data} then={then} marks={marks} refreshing={failures.isPlaceholderData} />
        )}
        <Cells columns={3} ruled>
          <KpiChart title="Out of memory" unit="% of requests" lines={OOM} gutter={GUTTER} marks={marks} />
          <KpiChart title="Timeouts" unit="% of requests" lines={TIMEOUTS} gutter={GUTTER} marks={marks} />
          <KpiChart title="Tried again" unit="% of requests" lines={RETRIES} gutter={GUTTER} marks={marks} />
        </Cells>
      </Sheet>
      {data && data.codes.length > 0 && (
        <div className={css.halves}>
          <Sheet label="What fails most">
            <Settings failures={data} />
          </Sheet>
          <div className={css.stack}>
            <Sheet label="In a row">
              <Runs failures={data} />
            </Sheet>
            <Sheet label="Retry loops">
              <Loops failures={data} />
            </Sheet>
          </div>
        </div>
      )}
      {failed !== 0 && <Newest failed={failed} />}
      {failed !== 0 && (
        <Sheet label="Latency of failed requests">
          <LatencyHeatmap title="Latency of failed requests" filters={FAILED_ONLY} level={2} />
        </Sheet>
      )}
    </>
  );
}

function Newest({ failed }: { failed: number | undefined }) {
  const newest = useRequests({ filters: BAD, limit: 50 });
  if (newest.rows?.length === 0) return null;
  return (
    <Sheet label="Failed requests">
      <Head
        alone
        title="Failed and timed out"
        unit={failed === undefined ? '' : `${formatCount(failed)}, newest first`}
      />
      {newest.isPending && <Loading height={240} label="Failed requests are loading" />}
      {newest.error && !newest.rows && (
        <Failed error={newest.error} height={240} onRetry={() => void newest.refetch()} />
      )}
      {newest.rows && (
        <Failing
          rows={newest.rows}
          onEnd={() => {
            if (newest.hasNextPage && !newest.isFetchingNextPage) void newest.fetchNextPage();
          }}
        />
      )}
    </Sheet>
  );
}
