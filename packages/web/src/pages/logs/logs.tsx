/** Logs: newest first, or as they come in. */
import { useEffect, useMemo, useRef, useState } from 'react';
import {
  ApiError,
  type Facets,
  TAIL_MOST,
  type Tail,
  useFacets,
  useLogs,
  useLogTail,
} from '../../api/index.ts';
import { after } from '../../base/browser.ts';
import { formatCount } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Beside } from '../../parts/facet-aside.tsx';
import { FacetList } from '../../parts/facet-list.tsx';
import { FilterChips } from '../../parts/filter-chips.tsx';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { lastOf, useContextState, useParameter, useWindow, type Window } from '../../url/index.ts';
import { LogPeek } from './log-peek.tsx';
import { type Line, LogRows, lineKey, severityClass } from './log-rows.tsx';
import css from './logs.module.css';

const FIELDS = ['severity', 'service', 'tenant'];
const PAGE_ROWS = 200;

export function Page() {
  const [{ filters, live }, change] = useContextState();
  const [text, setText] = useParameter('text');
  const [paused, setPaused] = useState(false);
  const [open, setOpen] = useParameter('open');
  const own = text === null || text === '' ? [] : [`body~${text}`];
  const tail = useLogTail(live, paused, [...filters, ...own]);
  const { rows, logs } = useLines(live, tail, own);
  const chosen = open === null ? undefined : rows.find((row) => lineKey(row) === open);
  const empty = !live && rows.length === 0 && logs.rows !== undefined;
  const facets = useFacets('logs', { fields: FIELDS });
  const step = (by: number) => {
    const next = chosen && rows[rows.indexOf(chosen) + by];
    return next && (() => setOpen(lineKey(next)));
  };
  return (
    <>
      <PageHead
        title="Logs"
        sentence={live ? <Following paused={paused} tail={tail} /> : <Counted facets={facets.data} />}
      />
      <Beside count={filters.length} filters={<Filters facets={facets.data} />}>
        <div className={css.bar}>
          <TextFilter />
          <Button aria-pressed={live} onClick={() => change({ live: !live })}>
            {live ? 'Stop following' : 'Follow'}
          </Button>
          {live && (
            <Button aria-pressed={paused} onClick={() => setPaused(!paused)}>
              {paused ? 'Go on' : 'Pause'}
            </Button>
          )}
        </div>
        <FilterChips />
        {empty && own.length > 0 && (
          <Sheet label="No log record">
            <Note
              title={`No log record contains “${text}”`}
              action={<Button onClick={() => setText(null)}>Remove the text</Button>}
            >
              Upper and lower case are the same; the range and the filters hold as well.
            </Note>
          </Sheet>
        )}
        {empty && own.length === 0 && (
          <Nothing
            what="log records"
            of="logs"
            hint="OpenTelemetry logs arrive at the OTLP address; see Start."
          />
        )}
        {!empty && (
          <Sheet label="Log records">
            {!live && logs.isPending && <Loading height={560} label="Logs are loading" />}
            {!live && logs.error && !logs.rows && (
              <Failed error={logs.error} height={320} onRetry={() => void logs.refetch()} />
            )}
            {live && tail.error !== null && rows.length === 0 && <Failed error={tail.error} height={320} />}
            {live && tail.error === null && rows.length === 0 && logs.isPending && (
              <Loading height={320} label="Logs are loading" />
            )}
            {live && tail.error === null && rows.length === 0 && !logs.isPending && (
              <Note title={paused ? 'Paused' : 'Listening'} height={320}>
                What comes in from now on is shown here, newest first.
              </Note>
            )}
            {rows.length > 0 && (
              <LogRows
                rows={rows}
                open={open}
                onOpen={(row) => setOpen(lineKey(row))}
                onEnd={() => {
                  if (tail.gone === 0 && logs.hasNextPage && !logs.isFetchingNextPage)
                    void logs.fetchNextPage();
                }}
              />
            )}
          </Sheet>
        )}
      </Beside>
      {chosen && (
        <LogPeek row={chosen} onClose={() => setOpen(null)} onPrevious={step(-1)} onNext={step(1)} />
      )}
    </>
  );
}

function Filters({ facets }: { facets: Facets | undefined }) {
  const [{ filters }, change] = useContextState();
  if (!facets) return null;
  const weight = facets.sample.of / Math.max(1, facets.sample.rows);
  return (
    <>
      <FacetList
        facets={facets.fields}
        filters={filters}
        weight={weight}
        onChange={(next) => change({ filters: next })}
      />
      {facets.fields.every((facet) => facet.values.length === 0) && (
        <p className="small dimmer">No log record in this range.</p>
      )}
    </>
  );
}

/** How many there are, and how many of them are bad. */
function Counted({ facets }: { facets: Facets | undefined }) {
  const [{ range }] = useContextState();
  const last = lastOf(range);
  const severities = facets?.fields.find(({ field }) => field === 'severity');
  if (!facets || !severities) return <>{'\u00a0'}</>;
  const where = last === null ? 'in this range' : `in the ${last.replace(/^Last/, 'last')}`;
  const { of, rows } = facets.sample;
  if (of === 0) return <>No log records {where}.</>;
  const count = (severity: string): number =>
    severities.values
      .filter(({ value }) => severityClass(value) === severity)
      .reduce((sum, { n }) => sum + n, 0) *
    (of / Math.max(1, rows));
  const bad = [
    [count('crit'), 'error'],
    [count('warn'), 'warning'],
  ] as const;
  const told = bad
    .filter(([n]) => n > 0)
    .map(([n, word]) => `${formatCount(Math.round(n))} ${word}${Math.round(n) === 1 ? '' : 's'}`);
  return (
    <>
      {formatCount(of)} {of === 1 ? 'record' : 'records'} {where};{' '}
      {told.length === 0 ? 'no errors and no warnings' : told.join(' and ')}.
    </>
  );
}

/** Clocks of the senders may be ahead of this one by so much. */
const AHEAD_MS = 60_000;

/**
 * The list; while it is followed, what came in since over what was there when that began. The end of the list stands
 * still meanwhile: what it would tell of later is told by the tail.
 */
function useLines(live: boolean, tail: Tail, own: readonly string[]) {
  const [{ range }] = useContextState();
  const window = useWindow();
  const still = useRef<Window>(window);
  if (!live) still.current = window;
  const { began_ms } = tail;
  const held =
    live && began_ms !== null && range.to === 'now'
      ? { from_ms: still.current.from_ms, to_ms: began_ms + AHEAD_MS }
      : still.current;
  const logs = useLogs({ filters: own, limit: PAGE_ROWS, window: held });
  const rows = useMemo((): readonly Line[] => {
    const listed = logs.rows ?? [];
    if (!live) return listed;
    // Between the newest that are kept and the list something is missing then.
    if (tail.gone > 0) return tail.rows;
    const told = new Set(tail.rows.map(lineKey));
    const before = listed.map((row, at): Line => ({ ...row, place: -1 - at }));
    return [...tail.rows, ...before.filter((row) => !told.has(lineKey(row)))];
  }, [live, logs.rows, tail.rows, tail.gone]);
  return { rows, logs };
}

function Following({ paused, tail }: { paused: boolean; tail: Tail }) {
  const { gone, error } = tail;
  const count = tail.rows.length;
  const kept =
    gone > 0 ? `; the last ${formatCount(TAIL_MOST)} are kept, ${formatCount(gone)} older ones went` : '';
  return (
    <>
      {paused ? 'Paused' : 'Following'}: {formatCount(count)} {count === 1 ? 'record' : 'records'} since it
      began{kept}
      {error instanceof ApiError ? `. ${error.message} It is asked again.` : '.'}
    </>
  );
}

const TYPED_MS = 250;
/** Words that the body contains; asked when the hand rests. */
function TextFilter() {
  const [text, setText] = useParameter('text');
  const [typed, setTyped] = useState(text ?? '');
  useEffect(() => {
    if (typed === (text ?? '')) return;
    return after(TYPED_MS, () => setText(typed.trim() === '' ? null : typed.trim()));
  }, [typed, text, setText]);
  return (
    <input
      className={css.text}
      type="search"
      aria-label="Text in the record"
      placeholder="Text in the record"
      value={typed}
      maxLength={200}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
