/** Lines of a log: those in sight exist. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { Link } from 'wouter';
import type { LogRow } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { clockFine, dayOf, iso } from '../../format/index.ts';
import { useRowKeys } from '../../parts/row-keys.ts';
import { useContextState, useGo } from '../../url/index.ts';
import css from './logs.module.css';

/** A row of the list, or of one that is followed, where it knows its place. */
export type Line = LogRow & { readonly place?: number };

const ROW_PX = 26;
/** On a phone the words have a line of their own. */
const TALL_PX = 46;
const NARROW = '(max-width: 719px)';
const rowPx = (): number => (matchMedia(NARROW).matches ? TALL_PX : ROW_PX);
const AHEAD = 20;
/** What of the window is not rows. */
const AROUND_PX = 236;
const BODY_MOST = 600;

/** Records have no id: this tells one from the others of its moment. */
export const lineKey = (row: Line): string =>
  `${Date.parse(row.timestamp)}.${row.span_id ?? ''}.${hash(row.body)}`;
function hash(text: string): string {
  let sum = 5381;
  for (let at = 0; at < Math.min(text.length, BODY_MOST); at++) sum = (sum * 33 + text.charCodeAt(at)) >>> 0;
  return sum.toString(36);
}

export const severityClass = (severity: string): string | undefined => {
  if (/^(err|fatal|crit)/i.test(severity)) return 'crit';
  return /^warn/i.test(severity) ? 'warn' : undefined;
};

/** Whoever has scrolled down reads on where they are, whatever comes in above. */
function useStandstill(scroller: RefObject<HTMLDivElement | null>, rows: readonly Line[]): void {
  const top = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    const was = top.current;
    top.current = rows[0]?.place;
    const box = scroller.current;
    if (box === null || was === undefined || box.scrollTop === 0) return;
    const came = rows.findIndex(({ place }) => place === was);
    if (came > 0) box.scrollTop += came * rowPx();
  }, [scroller, rows]);
}

interface LogRowsProps {
  readonly rows: readonly Line[];
  readonly open: string | null;
  readonly onOpen: (row: Line) => void;
  readonly onEnd: () => void;
}

export function LogRows({ rows, open, onOpen, onEnd }: LogRowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [{ zone }] = useContextState();
  const { link } = useGo();
  const windowed = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: rowPx,
    overscan: AHEAD,
  });
  useRowKeys(rows, lineKey, open, onOpen);
  useStandstill(scroller, rows);
  const items = windowed.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    if (last >= rows.length - AHEAD) end.current();
  }, [last, rows.length]);
  const today = rows[0] ? dayOf(Date.parse(rows[0].timestamp), zone) : '';
  return (
    <section
      ref={scroller}
      className={css.rows}
      style={{ height: Math.min(windowed.getTotalSize(), Math.max(360, innerHeight - AROUND_PX)) }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
      aria-label="Log records, newest first"
    >
      <div className={css.all} style={{ height: windowed.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = rows[index]!;
          const ms = Date.parse(row.timestamp);
          const day = dayOf(ms, zone);
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: j and k open rows
            // biome-ignore lint/a11y/noStaticElementInteractions: as above
            <div
              key={row.place ?? index}
              className={classes(css.row, lineKey(row) === open && css.chosen)}
              style={{ transform: `translateY(${start}px)` }}
              onClick={() => onOpen(row)}
            >
              <time className="dimmer" dateTime={row.timestamp} title={iso(ms)}>
                {day === today ? '' : `${day} `}
                {clockFine(ms, zone)}
              </time>
              <span className={classes(css.severity, severityClass(row.severity))}>
                {row.severity.slice(0, 5).toUpperCase()}
              </span>
              <span className={css.body}>
                {row.body === '' ? (
                  <span className="dimmer">empty</span>
                ) : (
                  row.body.slice(0, BODY_MOST).replace(/\s+/g, ' ')
                )}
              </span>
              {row.trace_id ? (
                <Link
                  href={link(`/traces/${row.trace_id}${row.span_id ? `?span=${row.span_id}` : ''}`)}
                  onClick={(event) => event.stopPropagation()}
                  aria-label={`Trace ${row.trace_id}`}
                >
                  trace
                </Link>
              ) : (
                <span />
              )}
            </div>
          );
        })}
      </div>
    </section>
  );
}
