/** How jobs ended, over the range and then. */
import type { KpiName } from '@pegbar/contract/words';
import { totalOf, useKpis } from '../../api/index.ts';
import { formatCount, UNKNOWN } from '../../format/index.ts';
import { Head } from '../../parts/sheet.tsx';
import { Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';

const ROWS: readonly (readonly [KpiName, string])[] = [
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['timed_out', 'timed out'],
  ['blocked', 'blocked'],
  ['cancelled', 'cancelled'],
  ['rejected', 'rejected'],
];
const METRICS: readonly KpiName[] = ['requests', ...ROWS.map(([metric]) => metric)];
const HEIGHT_PX = 190;
/** With one decimal, so that shares stand under each other. */
const shareOf = (n: number | null, all: number | null): string =>
  n === null || !all ? UNKNOWN : `${n === 0 ? 0 : ((n / all) * 100).toFixed(1)} %`;

export function Outcomes({ filters }: { filters: readonly string[] }) {
  const { now, before, loading } = useKpis({ metrics: METRICS, filters, as: 'total' });
  const all = totalOf(now, 'requests').value;
  const compared = before !== undefined;
  const rows = ROWS.map(([metric, name]) => ({
    name,
    n: totalOf(now, metric).value,
    earlier: totalOf(before, metric).value,
  }));
  return (
    <>
      <Head alone title="How jobs ended" {...(all === null ? {} : { unit: `${formatCount(all)} jobs` })} />
      {loading && <Loading height={HEIGHT_PX} label="Outcomes" />}
      {now && (
        <Table
          label="How jobs ended"
          rows={rows}
          keyOf={(row) => row.name}
          columns={[
            { id: 'name', title: 'Outcome', cell: (row) => row.name },
            { id: 'n', title: 'jobs', right: true, cell: (row) => <b>{formatCount(row.n)}</b> },
            {
              id: 'share',
              title: 'share',
              right: true,
              cell: (row) => shareOf(row.n, all),
            },
            ...(compared
              ? [
                  {
                    id: 'then',
                    title: 'then',
                    right: true,
                    cell: (row: (typeof rows)[number]) => formatCount(row.earlier),
                  },
                ]
              : []),
          ]}
        />
      )}
    </>
  );
}
