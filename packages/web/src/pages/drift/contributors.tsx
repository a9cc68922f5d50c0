/** Which bins, words or values make the change: their share of it, and which way they went. */
import type { DriftContributor, DriftSeries } from '../../api/index.ts';
import { formatPercent } from '../../format/index.ts';
import { Icon } from '../../parts/icon.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Table } from '../../parts/table.tsx';
import { driftFigure } from './words.ts';

export function Contributors({ series }: { series: DriftSeries }) {
  const nameOf = (part: DriftContributor): string =>
    part.from === null || part.to === null
      ? part.name
      : part.from === part.to
        ? driftFigure(series.unit, part.from)
        : `${driftFigure(series.unit, part.from)} to ${driftFigure(series.unit, part.to)}`;
  return (
    <Sheet label="What makes the change">
      <Head alone title="What makes the change" unit="largest share of it first" />
      <Table
        label="Bins, words or values by their share"
        rows={series.contributors}
        keyOf={({ name }) => name}
        columns={[
          { id: 'name', title: 'What', cell: (part) => <b>{nameOf(part)}</b> },
          {
            id: 'direction',
            title: 'Direction',
            cell: ({ direction }) => (
              <span>
                <Icon name={direction === 'more' ? 'higher' : 'lower'} size={12} /> {direction}
              </span>
            ),
          },
          {
            id: 'then',
            title: 'Then',
            right: true,
            wide: true,
            cell: ({ reference }) => formatPercent(reference),
          },
          { id: 'now', title: 'Now', right: true, cell: ({ current }) => formatPercent(current) },
          { id: 'share', title: 'Of the change', right: true, cell: ({ share }) => formatPercent(share) },
        ]}
      />
    </Sheet>
  );
}
