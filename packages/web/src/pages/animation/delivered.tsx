/** The hero: delivered FPS by region under what is produced, with the band that the objective allows. */
import { useMemo, useState } from 'react';
import { type Finding, seriesOf, useKpis, valuesOf } from '../../api/index.ts';
import {
  ChartCell,
  Diamond,
  type Exemplar,
  HERO_PX,
  type LegendColumn,
  LegendTable,
  linesBy,
  linesOf,
  type Mark,
  Peg,
  REST,
  type Series,
  useKpiChart,
} from '../../charts/index.ts';
import { formatCount, signed, UNKNOWN, wholePercent } from '../../format/index.ts';
import { Cell, Cells, Head } from '../../parts/sheet.tsx';
import { compareWords, lastOf, useContextState } from '../../url/index.ts';
import css from './animation.module.css';
import { IsItTheRelease } from './is-it-the-release.tsx';

/** Delivered may lie this share under produced. */
const ALLOWED = 0.2;
const OBJECTIVE_FPS = 24;
const FILTERS = ['workload=animation'] as const;
const PRODUCED = 'produced';
const fps = (value: number): string => (value < 1000 ? value.toFixed(1) : formatCount(value));
const last = ({ values }: Series): number | null => values.findLast((value) => value !== null) ?? null;

interface DeliveredProps {
  readonly marks: readonly Mark[];
  readonly exemplars: readonly Exemplar[];
  /** What fell, where something did. */
  readonly finding: Finding | undefined;
}

export function Delivered({ marks, exemplars, finding }: DeliveredProps) {
  const regions = useKpis({ metrics: ['delivered_fps'], by: ['region'], filters: FILTERS });
  // In the steps of the regions, so that the band lies under them.
  const all = useKpis({
    metrics: ['produced_fps'],
    filters: FILTERS,
    window: regions.window,
    compared: false,
    enabled: regions.now !== undefined,
  });
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const produced = useMemo(() => valuesOf(seriesOf(all.now, 'produced_fps')), [all.now]);
  const { now, before } = regions;
  const series = useMemo((): Series[] => {
    const lines = linesOf({ now, before }, linesBy(now, 'delivered_fps', 'region'));
    const worst = lines.toSorted((a, b) => (last(a) ?? 99) - (last(b) ?? 99))[0]?.name;
    return [
      ...lines
        .map(
          ({ ghost, ...line }): Series =>
            line.name === worst
              ? { ...line, weight: 'subject', ...(ghost ? { ghost } : {}) }
              : { ...line, weight: 'context', ...(ghost ? { earlier: ghost } : {}) },
        )
        .sort((a, b) => (last(a) ?? 99) - (last(b) ?? 99)),
      { name: PRODUCED, values: produced, colour: REST },
    ];
  }, [now, before, produced]);
  const subject = series.find((one) => one.weight === 'subject');
  const worst = subject?.name;
  const [{ compare, range }] = useContextState();
  const chart = useKpiChart(regions, FILTERS);
  const aligned = all.now?.step_ms === regions.now?.step_ms ? produced : [];
  const limit = useMemo(
    () => aligned.map((value) => (value === null ? null : value * (1 - ALLOWED))),
    [aligned],
  );
  return (
    <Cells columns="minmax(0, 1fr) 396px">
      <ChartCell
        {...chart}
        title="Delivered and produced"
        unit="FPS, mean of playing seconds"
        end={<span className="hide-s">band: up to 20 % under produced</span>}
        level={2}
        series={series}
        hidden={hidden}
        format={fps}
        scale="free"
        height={HERO_PX}
        marks={marks}
        markLabels
        exemplars={exemplars}
        bands={[{ low: limit, high: aligned }]}
        {...(worst === undefined ? {} : { breach: { series: worst, limit, side: 'under' as const } })}
        objective={{ value: OBJECTIVE_FPS, label: 'objective 24' }}
        empty="No player told of frames: send frames windows, or use the browser SDK."
      />
      <Cell flush>
        <Head alone title="By region" />
        <LegendTable
          title="Delivered"
          times={chart.times}
          step_ms={chart.step_ms}
          series={series}
          format={fps}
          latest={last}
          columns={columnsOf(aligned)}
          hidden={hidden}
          onHide={hide}
          selected={worst ?? null}
          {...(subject?.ghost
            ? { ghost: { name: `${worst}, ${compareWords(compare, lastOf(range))}`, of: subject } }
            : {})}
        />
        {finding && <IsItTheRelease finding={finding} />}
        <p className={css.keys}>
          <span>
            <Peg kind="release" /> release
          </span>
          <span>
            <Peg kind="change" /> config or data change
          </span>
          <span>
            <Diamond /> example
          </span>
        </p>
      </Cell>
    </Cells>
  );
}

/** At the moment of the figure before them: the share of what was produced, and the difference from then. */
function columnsOf(produced: Series['values']): LegendColumn[] {
  const placeOf = ({ values }: Series, at: number | null): number =>
    at ?? values.findLastIndex((value) => value !== null);
  return [
    {
      title: 'of produced',
      cell: (one, hovered) => {
        const at = placeOf(one, hovered);
        const [delivered, made] = [one.values[at] ?? null, produced[at] ?? null];
        if (one.name === PRODUCED || delivered === null || !made) return UNKNOWN;
        const share = Math.min(1, delivered / made);
        return <span className={share < 1 - ALLOWED ? 'crit' : ''}>{wholePercent(share)}</span>;
      },
    },
    {
      title: 'vs then',
      cell: (one, hovered) => {
        const at = placeOf(one, hovered);
        const [value, then] = [one.values[at] ?? null, (one.ghost ?? one.earlier)?.[at] ?? null];
        return value === null || then === null ? UNKNOWN : signed(value - then, fps);
      },
    },
  ];
}
