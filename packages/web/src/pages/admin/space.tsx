/** How long each signal is kept, and the space that it takes. */
import { type TableSpace, useStorage, useTenants } from '../../api/index.ts';
import { formatBytes, formatCount, significant, UNKNOWN } from '../../format/index.ts';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import css from './admin.module.css';
import { lifeText } from './policy.ts';

export function Part() {
  const { data, error, isPending, refetch } = useStorage();
  const tenants = useTenants().data ?? [];
  if (!data)
    return (
      <Sheet label="Space">
        {isPending ? (
          <Loading height={400} label="Space" />
        ) : (
          <Failed error={error} onRetry={() => void refetch()} />
        )}
      </Sheet>
    );
  const lifeOf = (signal: string | null): string => {
    if (signal === null) return 'for good';
    const lives = tenants.map(({ policy }) => policy.retention_ms[signal] ?? 0);
    if (lives.length === 0) return UNKNOWN;
    const [least, most] = [Math.min(...lives), Math.max(...lives)];
    return least === most ? lifeText(most) : `${lifeText(least)} – ${lifeText(most)}`;
  };
  const known: Row[] = [
    ...data.tables.filter(({ rows }) => rows > 0),
    ...data.folders.map(
      ({ name, doc, bytes }): Row => ({
        table: `${name}/`,
        doc,
        bytes,
        raw_bytes: 0,
        rows: 0,
        days: 0,
        signal: name === 'artifacts' ? 'artifacts' : null,
      }),
    ),
  ].sort((a, b) => b.bytes - a.bytes);
  const total = known.reduce((sum, { bytes }) => sum + bytes, 0);
  const most = Math.max(1, ...known.map(({ bytes }) => bytes));
  return (
    <Sheet label="Space by signal">
      <Head
        alone
        title="Space by signal"
        unit="all tenants, compressed"
        end={<span>{formatBytes(total)} in all</span>}
      />
      <Table
        label="List: space by signal"
        rows={known}
        keyOf={(row) => row.table}
        columns={[
          { id: 'table', title: 'Table', cell: (row) => <span className="mono">{row.table}</span> },
          {
            id: 'doc',
            title: 'Holds',
            wide: true,
            cell: (row) => <span className={css.doc}>{row.doc.replace(/[:.].*$/s, '')}</span>,
          },
          {
            id: 'life',
            title: 'Kept',
            cell: (row) => (row.table === 'spool/' ? 'until loaded' : lifeOf(row.signal)),
          },
          {
            id: 'bar',
            title: 'Share',
            wide: true,
            roomy: true,
            width: '160px',
            cell: (row) => <Bar share={row.bytes / most} />,
          },
          { id: 'bytes', title: 'Space', right: true, cell: (row) => <b>{formatBytes(row.bytes)}</b> },
          {
            id: 'rows',
            title: 'Rows',
            right: true,
            wide: true,
            cell: (row) => (row.rows === 0 ? '–' : formatCount(row.rows)),
          },
          {
            id: 'each',
            title: 'Per row',
            right: true,
            wide: true,
            roomy: true,
            cell: (row) => (row.rows === 0 ? '–' : `${significant(row.bytes / row.rows, 2)} B`),
          },
          {
            id: 'ratio',
            title: 'Compressed',
            right: true,
            wide: true,
            roomy: true,
            cell: (row) => (row.raw_bytes === 0 ? '–' : `${significant(row.raw_bytes / row.bytes, 2)} ×`),
          },
          {
            id: 'days',
            title: 'Partitions',
            right: true,
            wide: true,
            cell: (row) => (row.days === 0 ? '–' : formatCount(row.days)),
          },
        ]}
      />
    </Sheet>
  );
}

type Row = TableSpace;

const Bar = ({ share }: { share: number }) => (
  <svg className={css.bar} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect width={Math.max(share * 100, 0.5)} height="8" fill="var(--ink-4)" />
  </svg>
);
