/** One metric by segment: every series with its change, its interval on a shared line, and its verdict. */
import type { DriftAnswer, DriftSeries } from '../../api/index.ts';
import { formatCount } from '../../format/index.ts';
import { Segmented } from '../../parts/button.tsx';
import { Tag } from '../../parts/chip.tsx';
import { Interval } from '../../parts/interval-row.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Table } from '../../parts/table.tsx';
import { useGo, useParameter } from '../../url/index.ts';
import { findingPath } from './address.ts';
import css from './finding.module.css';
import {
  DIVISIONS,
  driftFigure,
  driftStatus,
  intervalOf,
  intervalWords,
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
  const reach = Math.max(
    ...series
      .flatMap((one) => (one.verdict === 'insufficient_data' ? [] : (intervalOf(one) ?? [])))
      .map(Math.abs),
    Number.MIN_VALUE,
  );
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
            title: 'was',
            right: true,
            wide: true,
            cell: (one) => driftFigure(one.unit, one.before),
          },
          { id: 'now', title: 'is', right: true, cell: (one) => <b>{driftFigure(one.unit, one.now)}</b> },
          { id: 'shift', title: 'Shift', right: true, wide: true, cell: (one) => shiftWords(one) },
          {
            id: 'interval',
            title: 'less – as before – more',
            wide: true,
            width: '160px',
            cell: (one) => <OnLine series={one} reach={reach} />,
          },
          { id: 'p', title: 'How sure', right: true, wide: true, cell: (one) => pWords(one.p_adjusted) },
          { id: 'n', title: 'n', right: true, wide: true, cell: (one) => formatCount(one.n_cur) },
        ]}
      />
    </Sheet>
  );
}

function OnLine({ series, reach }: { series: DriftSeries; reach: number }) {
  const ends = intervalOf(series);
  const status = driftStatus(series);
  if (ends === null || series.shift === null || series.verdict === 'insufficient_data') return null;
  return (
    <span className={css.interval}>
      <Interval
        value={series.shift}
        low={ends[0]}
        high={ends[1]}
        min={-reach}
        max={reach}
        status={status === 'better' ? 'ok' : status === 'warn' ? 'warn' : undefined}
        label={`${shiftWords(series)}, ${intervalWords(series)}`}
      />
    </span>
  );
}

function tagOf(series: DriftSeries): 'ok' | 'warn' | 'pen' | 'none' {
  const status = driftStatus(series);
  if (status === 'warn') return 'warn';
  if (status === 'better') return 'ok';
  return series.verdict === 'drift' ? 'pen' : 'none';
}
