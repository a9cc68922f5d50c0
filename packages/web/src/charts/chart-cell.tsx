/** A chart with its title, unit, end note and states, as a cell of a sheet. */
import { type ReactNode, type RefObject, useState } from 'react';
import { classes } from '../base/classes.ts';
import { Cell, Head } from '../parts/sheet.tsx';
import { Failed, Loading, Note } from '../parts/states.tsx';
import css from './chart-cell.module.css';
import { CHART_PX, TimeChart } from './time-chart.tsx';
import { TwinButton } from './twin-button.tsx';
import type { TimeChartProps } from './types.ts';

export interface ChartCellProps extends Omit<TimeChartProps, 'label'> {
  readonly title: string;
  readonly unit?: string;
  /** What those who do not see the chart are told it is; else title and unit. */
  readonly label?: string;
  readonly end?: ReactNode;
  readonly level?: 2 | 3;
  readonly hidden?: ReadonlySet<string>;
  readonly loading?: boolean;
  /** Older figures are shown while newer ones come. */
  readonly refreshing?: boolean;
  readonly error?: unknown;
  readonly onRetry?: () => void;
  /** Said where there is nothing: why, if the page knows. */
  readonly empty?: string;
  /** `estimate` is told in the end note. */
  readonly source?: 'rollup' | 'raw' | 'estimate' | undefined;
  /** `useNear` looks at it. */
  readonly anchor?: RefObject<HTMLDivElement | null>;
}

export function ChartCell(props: ChartCellProps) {
  const { title, unit, height = CHART_PX, loading = false, error, end, level = 3, source } = props;
  const [asTable, setTable] = useState(false);
  const toggle = (): void => setTable((now) => !now);
  const nothing = props.series.every((one) => one.values.every((value) => value === null));
  const estimate = source === 'estimate' ? 'from a sample' : null;
  return (
    <Cell>
      <div ref={props.anchor} className={css.top}>
        <Head
          title={title}
          level={level}
          unit={
            <>
              {unit}
              <TwinButton title={title} pressed={asTable} onClick={toggle} />
            </>
          }
          end={
            <>
              {estimate}
              {end}
            </>
          }
        />
        {props.refreshing === true && <span className={css.bar} aria-hidden="true" />}
      </div>
      {loading && <Loading height={height} label={`${title} is loading`} />}
      {!loading && error !== undefined && error !== null && nothing && (
        <Failed error={error} height={height} {...(props.onRetry ? { onRetry: props.onRetry } : {})} />
      )}
      {!loading && !error && nothing && (
        <Note title="No data in this range" height={height}>
          {props.empty ?? ''}
        </Note>
      )}
      {!loading && !nothing && (
        <div className={classes(props.refreshing && css.old)}>
          <TimeChart
            {...props}
            label={props.label ?? (unit ? `${title}, ${unit}` : title)}
            height={height}
            asTable={asTable}
            onTable={toggle}
          />
        </div>
      )}
    </Cell>
  );
}
