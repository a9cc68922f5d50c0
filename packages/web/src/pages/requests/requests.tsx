/** Requests: the newest first, with facets beside them; a row opens beside the list. */
import { useCallback } from 'react';
import { type RequestRow, useFacets, useMe, useRequests } from '../../api/index.ts';
import { LatencyHeatmap } from '../../charts/latency-heatmap.tsx';
import { formatCount, formatPercent } from '../../format/index.ts';
import { Beside } from '../../parts/facet-aside.tsx';
import { FilterChips } from '../../parts/filter-chips.tsx';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { useRowKeys } from '../../parts/row-keys.ts';
import { Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { filterParts, lastOf, useContextState, useParameter } from '../../url/index.ts';
import { useColumns } from './columns.tsx';
import { Filters } from './filters.tsx';
import { RequestPeek } from './request-peek.tsx';
import css from './requests.module.css';

const PAGE_ROWS = 100;
/** With the list scrolled under the top bar, what of the window is not rows. */
const AROUND_PX = 96;
const FIELDS = [
  'outcome',
  'workload',
  'model_version',
  'error_code',
  'tenant',
  'region',
  'hardware_class',
  'traffic_source',
  'loras',
  'sampler',
  'collection',
];
const keyOf = (row: RequestRow): string => `${row.tenant}/${row.request_id}`;

export function Page() {
  const [context] = useContextState();
  const [open, setOpen] = useParameter('open');
  const everyTenant = useMe().data?.tenant === null;
  const requests = useRequests({ limit: PAGE_ROWS });
  const facets = useFacets('requests', { fields: FIELDS });
  const rows = requests.rows ?? [];
  const none = requests.rows?.length === 0;
  const columns = useColumns(everyTenant, rows);
  const openRow = useCallback((row: RequestRow) => setOpen(keyOf(row)), [setOpen]);
  useRowKeys(rows, keyOf, open, openRow);
  const at = rows.findIndex((row) => keyOf(row) === open);
  const step = (by: number) => {
    const next = rows[at + by];
    return next ? () => openRow(next) : undefined;
  };
  const weight = facets.data ? facets.data.sample.of / Math.max(1, facets.data.sample.rows) : 1;
  return (
    <>
      <PageHead title="Requests" sentence={<Sentence facets={facets.data} last={lastOf(context.range)} />} />
      <Beside
        count={context.filters.length}
        alone={none && context.filters.length === 0}
        filters={<Filters facets={facets.data?.fields ?? []} weight={weight} />}
      >
        <FilterChips />
        {!none && (
          <Sheet label="Latency">
            <LatencyHeatmap level={2} height={132} />
          </Sheet>
        )}
        {none ? (
          <Nothing what="requests" of="requests" />
        ) : (
          <Sheet label="Requests">
            {requests.isPending && <Loading height={640} label="Requests are loading" />}
            {requests.error && !requests.rows && (
              <Failed error={requests.error} height={320} onRetry={() => void requests.refetch()} />
            )}
            {rows.length > 0 && (
              <div className={requests.isPlaceholderData ? css.old : undefined}>
                <Table
                  label="Requests, newest first"
                  columns={columns}
                  rows={rows}
                  keyOf={keyOf}
                  selected={open}
                  onOpen={openRow}
                  height={Math.max(420, innerHeight - AROUND_PX)}
                  onEnd={() => {
                    if (requests.hasNextPage && !requests.isFetchingNextPage) void requests.fetchNextPage();
                  }}
                />
              </div>
            )}
          </Sheet>
        )}
      </Beside>
      {open !== null && (
        <RequestPeek
          id={open.slice(open.indexOf('/') + 1)}
          tenant={open.slice(0, Math.max(0, open.indexOf('/'))) || null}
          onClose={() => setOpen(null)}
          onPrevious={at > 0 ? step(-1) : undefined}
          onNext={at >= 0 ? step(1) : undefined}
        />
      )}
    </>
  );
}

function Sentence(props: { facets: ReturnType<typeof useFacets>['data']; last: string | null }) {
  const { facets, last } = props;
  const [{ filters }] = useContextState();
  const outcomes = facets?.fields.find((one) => one.field === 'outcome');
  if (!facets || !outcomes) return <>{'\u00a0'}</>;
  const counted = outcomes.values.reduce((sum, { n }) => sum + n, 0);
  const of = (...names: string[]): number =>
    outcomes.values.filter(({ value }) => names.includes(value)).reduce((sum, { n }) => sum + n, 0);
  const bad = of('failed', 'timed_out');
  const where = last === null ? 'in this range' : `in the ${last.replace(/^Last/, 'last')}`;
  if (facets.sample.of === 0) return <>No requests {where}.</>;
  const all = `${formatCount(facets.sample.of)} ${facets.sample.of === 1 ? 'request' : 'requests'} ${where}`;
  const estimate = facets.sample.rows < facets.sample.of ? ' Counts beside are from a sample.' : '';
  // What the outcomes are is then asked for: they are counted without that condition.
  if (counted === 0 || filters.some((filter) => filterParts(filter)?.field === 'outcome'))
    return (
      <>
        {all}.{estimate}
      </>
    );
  const decided = bad + of('succeeded');
  const share = decided === 0 ? '' : ` (${formatPercent(bad / decided)} of those that ended)`;
  return (
    <>
      {all}; {bad === 0 ? 'none' : formatCount(Math.round((bad / counted) * facets.sample.of))} failed or
      timed out
      {bad === 0 ? '' : share}.{estimate}
    </>
  );
}
