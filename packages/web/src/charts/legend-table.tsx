/** The legend is the tooltip: while something is hovered, its figures are those of that moment. */
import type { ReactNode } from 'react';
import { classes } from '../base/classes.ts';
import { clock } from '../format/index.ts';
import { useContextState } from '../url/index.ts';
import { cssColour } from './colours.ts';
import { useBucket } from './hover.ts';
import css from './legend-table.module.css';
import type { Series } from './types.ts';

export interface LegendColumn {
  readonly title: string;
  /** The cell of a series at the bucket that is hovered, null for none: then its latest value is shown. */
  readonly cell: (series: Series, at: number | null) => ReactNode;
}

interface LegendTableProps {
  readonly title: string;
  readonly times: readonly number[];
  readonly step_ms: number;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** What the figures are while nothing is hovered, by series: usually the last whole value. */
  readonly latest: (series: Series) => number | null;
  readonly columns?: readonly LegendColumn[];
  readonly hidden: ReadonlySet<string>;
  /** Click: only this one, and again: all. Shift-click: without this one. */
  readonly onHide: (hidden: ReadonlySet<string>) => void;
  readonly selected?: string | null;
  /** What its figures are of while nothing is hovered: `now`, `in range`. */
  readonly of?: string;
  /** The baseline of a series, as a row of its own under all. */
  readonly ghost?: { readonly name: string; readonly of: Series; readonly cells?: readonly ReactNode[] };
}

export function LegendTable(props: LegendTableProps) {
  const { series, columns = [], hidden } = props;
  const at = useBucket(props.times, props.step_ms);
  const [{ zone }] = useContextState();
  return (
    <div className={css.scroll}>
      <table className={css.legend}>
        <thead>
          <tr>
            <th scope="col">{props.title}</th>
            <th scope="col" className="r">
              {at === null ? (props.of ?? 'now') : clock(props.times[at]!, zone)}
            </th>
            {columns.map((column) => (
              <th key={column.title} scope="col" className="r">
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {series.map((one) => {
            const value = at === null ? props.latest(one) : (one.values[at] ?? null);
            return (
              <tr key={one.name} className={classes(props.selected === one.name && css.selected)}>
                <td>
                  <button
                    type="button"
                    className={css.name}
                    aria-pressed={!hidden.has(one.name)}
                    title="Click: only this one. Shift-click: hide it."
                    onClick={(event) => props.onHide(toggled(one.name, series, hidden, event.shiftKey))}
                  >
                    <Key colour={one.colour} hollow={hidden.has(one.name)} />
                    {one.name}
                  </button>
                </td>
                <td className="r">
                  <b>{value === null ? '–' : props.format(value)}</b>
                </td>
                {columns.map((column) => (
                  <td key={column.title} className="r">
                    {column.cell(one, at)}
                  </td>
                ))}
              </tr>
            );
          })}
          {props.ghost && <GhostRow {...{ ...props, ghost: props.ghost, at }} />}
        </tbody>
      </table>
    </div>
  );
}

function GhostRow(
  props: LegendTableProps & { ghost: NonNullable<LegendTableProps['ghost']>; at: number | null },
) {
  const { ghost, at, columns = [] } = props;
  const { values, ghost: then = [], colour } = ghost.of;
  const value = then[at ?? values.findLastIndex((one) => one !== null)] ?? null;
  return (
    <tr className="dim">
      <td>
        <span className={css.name}>
          <i className={css.dashed} style={{ borderColor: cssColour(colour) }} aria-hidden="true" />
          {ghost.name}
        </span>
      </td>
      <td className="r">{value === null ? '–' : props.format(value)}</td>
      {columns.map((column, place) => (
        <td key={column.title} className="r">
          {ghost.cells?.[place]}
        </td>
      ))}
    </tr>
  );
}

/** The colour of a series, beside its name. */
export const Key = ({ colour, hollow = false }: { colour: string; hollow?: boolean }) => (
  <i
    className={classes(css.key, hollow && css.hollow)}
    style={hollow ? { borderColor: cssColour(colour) } : { background: cssColour(colour) }}
    aria-hidden="true"
  />
);

function toggled(
  name: string,
  series: readonly Series[],
  hidden: ReadonlySet<string>,
  alone: boolean,
): ReadonlySet<string> {
  const others = series.filter((one) => one.name !== name).map((one) => one.name);
  if (alone) {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    return next.size === series.length ? new Set() : next;
  }
  const isSolo = !hidden.has(name) && others.every((one) => hidden.has(one));
  return new Set(isSolo ? [] : others);
}
