/** One metric by segment: every series with its change, its interval on a shared line, and its verdict. */
import type { DriftAnswer, DriftSeries } from '../../api/index.ts';
import { formatCount } from '../../format/index.ts';
import { Segmented } from '../../parts/button.tsx';
import { Tag } from '../../parts/chip.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Table } from '../../parts/table.tsx';
import { useGo, useParameter } from '../../url/index.ts';
import { findingPath } from './address.ts';
import css from './finding.module.css';
import { reachOf, ShiftInterval } from './interval.tsx';
import {
  DIVISIONS,
  driftFigure,
  driftStatus,
  placeTitle,
  pWords,
  shiftWords,
  VERDICTS,
  verdictWords,
} from './words.ts';

const HEIGHT_PX = 640;
const keyOf = ({ segment, against }: DriftSeries): string => `${JSON.stringify(segment)} ${against}`;

export function SegmentTable({ answer }: { answer: DriftAnswer }) {
  const { go } = useGo();
  const [baseline] = useParameter('baseline');
  const [by, setBy] = useParameter('by');
  const { series } = answer;
  const known = series.filter(({ verdict }) => verdict !== 'insufficient_data');
  const reach = Math.max(...known.map(reachOf), Number.MIN_VALUE);
  return (
    <Sheet label="Segments">
      <Head
        alone
        title="By segment"
        unit="largest change first"
        end={
          <Segmented
            label="Divide by"
            value={by ?? ''}
            choices={DIVISIONS}
            onChange={(value) => setBy(value === '' ? null : value)}
          />
        }
      />
      <Table
        label="Drift by segment"
        rows={series}
        keyOf={keyOf}
        height={HEIGHT_PX}
        onOpen={(one) => go(...findingPath(one, baseline))}
        columns={[
          { id: 'segment', title: 'Segment', cell: (one) => <b>{placeTitle(one.segment)}</b> },
          {
            id: 'verdict',
            title: 'Verdict',
            cell: (one) => (
              <span title={verdictWords(one)}>
                <Tag status={tagOf(one)}>{VERDICTS[one.verdict]}</Tag>
              </span>
            ),
          },
          {
            id: 'before',
            title: 'Was',
            right: true,
            wide: true,
            cell: (one) => driftFigure(one.unit, one.before),
          },
          { id: 'now', title: 'Is', right: true, cell: (one) => <b>{driftFigure(one.unit, one.now)}</b> },
          { id: 'shift', title: 'Shift', right: true, wide: true, cell: (one) => shiftWords(one) },
          {
            id: 'interval',
            title: 'Less – as before – more',
            wide: true,
            roomy: true,
            width: '160px',
            cell: (one) =>
              one.verdict !== 'insufficient_data' && (
                <span className={css.interval}>
                  <ShiftInterval series={one} reach={reach} />
                </span>
              ),
          },
          { id: 'p', title: 'How sure', right: true, wide: true, cell: (one) => pWords(one.p_adjusted) },
          { id: 'n', title: 'n', right: true, wide: true, cell: (one) => formatCount(one.n_cur) },
        ]}
      />
    </Sheet>
  );
}

function tagOf(series: DriftSeries): 'ok' | 'warn' | 'pen' | 'none' {
  const status = driftStatus(series);
  if (status === 'warn') return 'warn';
  if (status === 'better') return 'ok';
  return series.verdict === 'drift' ? 'pen' : 'none';
}
