/** Each model, tenant or workload with what it cost and what its images cost, now and then. */
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { colourNames, Key, REST, SERIES_MOST, Spark } from '../../charts/index.ts';
import { formatCount, formatKpi, formatMoney, signed, significant, UNKNOWN } from '../../format/index.ts';
import { type Column, Table } from '../../parts/table.tsx';
import { useGo } from '../../url/index.ts';
import css from './cost.module.css';
import { type CostRow, changeOf, shareWords } from './figures.ts';

interface CostTableProps {
  readonly rows: readonly CostRow[];
  /** The dimension, which a row's link filters by. */
  readonly way: string;
  readonly title: string;
  readonly than: string | undefined;
}

/** Of more rows than these the table scrolls by itself. */
const ROWS_MOST = 20;
const HEIGHT_PX = 672;

const ORDER: Readonly<Record<string, (row: CostRow) => number>> = {
  cost: (row) => row.cost ?? 0,
  per_1k: (row) => row.per_1k ?? 0,
  change: (row) => changeOf(row.per_1k, row.per_1k_before) ?? Number.NEGATIVE_INFINITY,
  per_accepted: (row) => row.per_accepted ?? 0,
  gpu_hours: (row) => row.gpu_hours ?? 0,
  images: (row) => row.images ?? 0,
};

export function CostTable({ rows, way, title, than }: CostTableProps) {
  const [sort, setSort] = useState({ id: 'cost', down: true });
  const { link } = useGo();
  const order = ORDER[sort.id] ?? ORDER.cost!;
  const sorted = [...rows].sort((a, b) => (order(b) - order(a)) * (sort.down ? 1 : -1));
  const colours = colourNames(
    rows
      .slice(0, SERIES_MOST)
      .map((row) => row.name)
      .sort(),
  );
  const columns: Column<CostRow>[] = [
    {
      id: 'name',
      title: title.slice(0, 1).toUpperCase() + title.slice(1),
      cell: (row) => (
        <Link className={css.name} href={link('/cost', { filter: [`${way}=${row.name}`] })}>
          <Key colour={colours.get(row.name) ?? REST} />
          <span title={row.name}>{row.name || 'not told'}</span>
        </Link>
      ),
    },
    { id: 'share', title: 'Share', wide: true, width: '130px', cell: (row) => <Share share={row.share} /> },
    figure('cost', 'Cost', (row) => <b>{formatMoney(row.cost)}</b>),
    figure('per_1k', 'Per 1K images', (row) => formatMoney(row.per_1k)),
    ...(than === undefined
      ? []
      : [{ ...figure('change', `Against ${than}`, (row) => <Change row={row} />), wide: true }]),
    {
      id: 'line',
      title: 'Over time',
      wide: true,
      roomy: true,
      width: '110px',
      cell: (row) => <Line row={row} />,
    },
    { ...figure('per_accepted', 'Per accepted', (row) => formatMoney(row.per_accepted)), wide: true },
    { ...figure('images', 'Images', (row) => formatCount(row.images)), wide: true },
    { ...figure('gpu_hours', 'GPU-hours', (row) => formatKpi('gpu_hours', row.gpu_hours)), wide: true },
    {
      ...figure('gpu_1k', 'GPU-hours per 1K', (row) => formatKpi('gpu_hours', row.gpu_hours_per_1k)),
      sortable: false,
      wide: true,
      roomy: true,
    },
  ];
  return (
    <Table
      label={`Cost by ${title}`}
      columns={columns}
      rows={sorted}
      keyOf={(row) => row.name}
      sort={sort}
      {...(sorted.length > ROWS_MOST ? { height: HEIGHT_PX } : {})}
      onSort={(id) => setSort((now) => ({ id, down: now.id === id ? !now.down : true }))}
    />
  );
}

const figure = (id: string, title: string, cell: (row: CostRow) => ReactNode): Column<CostRow> => ({
  id,
  title,
  cell,
  right: true,
  sortable: true,
});

const Line = ({ row }: { row: CostRow }) => <Spark values={row.values} ghost={row.ghost} height={20} />;

/** A bar as wide as the share, and the share in figures. */
const Share = ({ share }: { share: number | null }) => (
  <span className={css.share}>
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="8" fill="var(--sunken)" />
      <rect width={(share ?? 0) * 100} height="8" fill="var(--ink-4)" />
    </svg>
    {shareWords(share)}
  </span>
);

/** Dearer by a tenth is a thing to look at; a word is said either way. */
const DEARER = 0.1;
function Change({ row }: { row: CostRow }) {
  const change = changeOf(row.per_1k, row.per_1k_before);
  if (change === null) return <span className="dimmer">{UNKNOWN}</span>;
  const text = signed(change * 100, (size) => significant(size, size < 9.5 ? 1 : 2));
  return (
    <span className={change > DEARER ? 'warn' : 'dim'} title={`was ${formatMoney(row.per_1k_before)}`}>
      {text} %
    </span>
  );
}
