/**
 * Tables of rows that can be sorted, chosen and opened; past a hundred rows only those in sight exist. `j`/`k` move,
 * Enter opens.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { classes } from '../base/classes.ts';
import css from './table.module.css';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Figures stand at the right. */
  readonly right?: boolean;
  /** Left out on phones. */
  readonly wide?: boolean;
  /** Left out where the window is no wider than a tablet. */
  readonly roomy?: boolean;
  readonly sortable?: boolean;
  /** A CSS length; the rest is shared. */
  readonly width?: string;
}

export interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly selected?: string | null;
  readonly onOpen?: (row: Row) => void;
  readonly sort?: { readonly id: string; readonly down: boolean };
  readonly onSort?: (id: string) => void;
  /** The end is near: more can be fetched. */
  readonly onEnd?: () => void;
  /** Height of what scrolls; rows past it are virtual. Without it the table is as tall as its rows. */
  readonly height?: number;
}

const seenOf = ({ right, wide, roomy }: Pick<Column<never>, 'right' | 'wide' | 'roomy'>) =>
  classes(right && 'r', wide && 'hide-s', roomy && css.roomy);

const ROW_PX = 32;
const COARSE_ROW_PX = 44;
/** Fewer rows than this are all there. */
const VIRTUAL_FROM = 100;
const AHEAD = 12;

export function Table<Row>(props: TableProps<Row>) {
  const { rows, columns, keyOf, selected, onOpen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = rows.length > VIRTUAL_FROM && props.height !== undefined;
  const row_px = matchMedia('(pointer: coarse)').matches ? COARSE_ROW_PX : ROW_PX;
  const windowed = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => row_px,
    overscan: AHEAD,
    enabled: virtual,
    onChange: (instance) => {
      const last = instance.getVirtualItems().at(-1);
      if (last && last.index >= rows.length - AHEAD) props.onEnd?.();
    },
  });
  const items = virtual ? windowed.getVirtualItems() : rows.map((_, index) => ({ index, start: 0, end: 0 }));
  const [before, after] = virtual
    ? [items[0]?.start ?? 0, windowed.getTotalSize() - (items.at(-1)?.end ?? 0)]
    : [0, 0];
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || !onOpen || rows.length === 0) return;
    const at = rows.findIndex((row) => keyOf(row) === selected);
    const next = Math.max(0, Math.min(rows.length - 1, at + step));
    onOpen(rows[next]!);
    if (virtual) windowed.scrollToIndex(next);
    event.preventDefault();
  };
  return (
    <section
      ref={scroller}
      className={css.scroll}
      style={props.height === undefined ? undefined : { maxHeight: props.height }}
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and j and k move in it
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <table aria-rowcount={rows.length}>
        <Headings {...props} />
        <tbody>
          {before > 0 && <tr style={{ height: before }} />}
          {items.map(({ index }) => {
            const row = rows[index]!;
            return (
              <tr
                key={keyOf(row)}
                // Rows of several lines are as tall as they are.
                ref={virtual ? windowed.measureElement : undefined}
                data-index={index}
                aria-selected={onOpen ? keyOf(row) === selected : undefined}
                className={classes(onOpen && css.opens)}
                onClick={onOpen && (() => onOpen(row))}
              >
                {columns.map((column) => (
                  <td key={column.id} className={seenOf(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          {after > 0 && <tr style={{ height: after }} />}
        </tbody>
      </table>
    </section>
  );
}

function Headings<Row>({ columns, sort, onSort }: TableProps<Row>) {
  return (
    <thead className={css.heads}>
      <tr>
        {columns.map((column) => {
          const sorted = sort?.id === column.id ? (sort.down ? 'descending' : 'ascending') : undefined;
          return (
            <th
              key={column.id}
              scope="col"
              aria-sort={sorted}
              style={column.width === undefined ? undefined : { width: column.width }}
              className={seenOf(column)}
            >
              {column.sortable && onSort ? (
                <button type="button" className={css.sort} onClick={() => onSort(column.id)}>
                  {column.title}
                  {sorted === 'descending' && ' ↓'}
                  {sorted === 'ascending' && ' ↑'}
                </button>
              ) : (
                column.title
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
