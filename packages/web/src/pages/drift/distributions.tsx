/** Then and now over each other: a curve of numbers, bars of names. */
import { useState } from 'react';
import type { DriftAnswer, DriftDistribution, DriftSeries } from '../../api/index.ts';
import { Distribution } from '../../charts/index.ts';
import { formatCount, formatPercent } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Table } from '../../parts/table.tsx';
import { curveOf, isCurve } from './cells.ts';
import css from './finding.module.css';
import { driftFigure, driftSentence, driftStatus, driftTitle } from './words.ts';

interface DistributionSheetProps {
  readonly answer: DriftAnswer;
  readonly series: DriftSeries;
}
const HEIGHT_PX = 210;
const TICKS = 5;

export function DistributionSheet({ series }: DistributionSheetProps) {
  const [asTable, setTable] = useState(false);
  const distribution = series.distribution!;
  const then = series.against ?? 'baseline';
  return (
    <Sheet label="Then and now">
      <Cell>
        <Head
          title="Then and now"
          unit={unitWords(series)}
          end={
            <>
              <span className={css.keys}>
                <span>
                  <Swatch then /> {then}, {formatCount(series.n_ref)}
                </span>
                <span>
                  <Swatch /> now, {formatCount(series.n_cur)}
                </span>
              </span>
              <Button kind="quiet" aria-pressed={asTable} onClick={() => setTable(!asTable)}>
                {asTable ? 'As a picture' : 'As a table'}
              </Button>
            </>
          }
        />
        {asTable ? (
          <CellTable distribution={distribution} unit={series.unit} />
        ) : isCurve(distribution) ? (
          <Curve series={series} distribution={curveOf(distribution, series.unit)} />
        ) : (
          <Bars series={series} distribution={distribution} />
        )}
      </Cell>
    </Sheet>
  );
}

const unitWords = ({ metric, unit }: DriftSeries): string => {
  if (unit === 'share') return `${driftTitle(metric).toLowerCase()}, share`;
  return unit === ''
    ? driftTitle(metric).toLowerCase()
    : `${driftTitle(metric).toLowerCase()}, ${unit}`.replace(/(\w+), \1$/, '$1');
};

export const Swatch = ({ then = false }: { then?: boolean }) => (
  <svg width="14" height="10" aria-hidden="true">
    <rect
      x="1"
      y="1"
      width="12"
      height="8"
      fill={then ? 'none' : 'var(--ink-3)'}
      opacity={then ? 1 : 0.45}
      stroke={then ? 'var(--pencil-line)' : 'none'}
      strokeWidth="1.5"
    />
  </svg>
);

function Curve({ series, distribution }: { series: DriftSeries; distribution: DriftDistribution }) {
  const { cells, reference, current } = distribution;
  const [low, high] = [cells[0]?.from ?? 0, cells.at(-1)?.to ?? 0];
  const ticks = Array.from({ length: TICKS }, (_, at) => {
    const place = at / (TICKS - 1);
    return { at: place, text: driftFigure(series.unit, round(low + place * (high - low), high - low)) };
  });
  const status = driftStatus(series);
  return (
    <Distribution
      label={`${driftSentence(series)}. Baseline outlined, now filled.`}
      then={reference}
      now={current}
      ticks={ticks}
      height={HEIGHT_PX}
      {...(status === 'warn' ? { status: 'warn' as const } : {})}
    />
  );
}

/** Ticks with no more digits than their distance has. */
function round(value: number, span: number): number {
  const unit = 10 ** Math.floor(Math.log10(span || 1) - 1);
  return Number((Math.round(value / unit) * unit).toPrecision(6));
}

const BARS_MOST = 12;
const MARKS: Readonly<Record<string, string>> = { true: 'yes', false: 'no' };

function Bars({ series, distribution }: { series: DriftSeries; distribution: DriftDistribution }) {
  const { cells, reference, current } = distribution;
  const rows = cells
    .map(({ name }, at) => ({ name, was: reference[at] ?? 0, now: current[at] ?? 0 }))
    // The other side of a rate says nothing that the first does not.
    .filter(({ name }) => !(cells.length === 2 && name === 'no'))
    .sort((a, b) => Math.abs(b.now - b.was) - Math.abs(a.now - a.was))
    .slice(0, BARS_MOST);
  const most = Math.max(...rows.flatMap(({ was, now }) => [was, now]), Number.MIN_VALUE);
  const warn = driftStatus(series) === 'warn';
  return (
    <div className={css.shares}>
      {rows.map(({ name, was, now }) => (
        <BarPair
          key={name}
          name={cells.length === 2 ? driftTitle(series.metric) : (MARKS[name] ?? name)}
          {...{ was, now, most, warn }}
        />
      ))}
    </div>
  );
}

const BAR_PX = 14;
const WHOLE_WIDTH = 1_000;
function BarPair(props: { name: string; was: number; now: number; most: number; warn: boolean }) {
  const { name, was, now, most, warn } = props;
  const bar = (share: number, isThen: boolean) => (
    <svg
      width="100%"
      height={BAR_PX}
      viewBox={`0 0 ${WHOLE_WIDTH} ${BAR_PX}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect
        x="1"
        y="1"
        width={Math.max(2, (share / most) * (WHOLE_WIDTH - 2))}
        height={BAR_PX - 2}
        fill={isThen ? 'none' : warn ? 'var(--warn-mark)' : 'var(--ink-3)'}
        opacity={isThen ? 1 : 0.45}
        stroke={isThen ? 'var(--pencil-line)' : 'none'}
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
  return (
    <>
      <span className={css.name}>{name}</span>
      {bar(was, true)}
      <span className="r dim">{formatPercent(was)}</span>
      {bar(now, false)}
      <b className="r">{formatPercent(now)}</b>
    </>
  );
}

const TABLE_PX = 260;
function CellTable({ distribution, unit }: { distribution: DriftDistribution; unit: string }) {
  const rows = distribution.cells.map((cell, at) => ({
    name: cell.from === null ? cell.name : `${driftFigure(unit, cell.from)} to ${driftFigure(unit, cell.to)}`,
    was: distribution.reference[at] ?? 0,
    now: distribution.current[at] ?? 0,
  }));
  return (
    <Table
      label="Shares then and now"
      rows={rows}
      keyOf={({ name }) => name}
      height={TABLE_PX}
      columns={[
        { id: 'name', title: 'Cell', cell: ({ name }) => name },
        { id: 'then', title: 'then', right: true, cell: ({ was }) => formatPercent(was) },
        { id: 'now', title: 'now', right: true, cell: ({ now }) => formatPercent(now) },
      ]}
    />
  );
}
