/** Logs: newest first, or as they come in. */
import { useEffect, useState } from 'react';
import { TAIL_MOST, useFacets, useLogs, useLogTail } from '../../api/index.ts';
import { after } from '../../base/browser.ts';
import { formatCount } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { FacetList } from '../../parts/facet-list.tsx';
import { FilterChips } from '../../parts/filter-chips.tsx';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { useContextState, useParameter } from '../../url/index.ts';
import { LogPeek } from './log-peek.tsx';
import { type Line, LogRows, lineKey } from './log-rows.tsx';
import css from './logs.module.css';

const FIELDS = ['severity', 'service', 'tenant'];
const PAGE_ROWS = 200;

export function Page() {
  const [{ filters, live }, change] = useContextState();
  const [text] = useParameter('text');
  const [paused, setPaused] = useState(false);
  const [open, setOpen] = useParameter('open');
  const own = text === null || text === '' ? [] : [`body~${text}`];
  const logs = useLogs({ filters: own, limit: PAGE_ROWS, enabled: !live });
  const tail = useLogTail(live, paused, [...filters, ...own]);
  const rows: readonly Line[] = live ? tail.rows : (logs.rows ?? []);
  const chosen = open === null ? undefined : rows.find((row) => lineKey(row) === open);
  const empty = !live && logs.rows?.length === 0;
  return (
    <>
      <PageHead
        title="Logs"
        sentence={<Sentence live={live} paused={paused} count={rows.length} gone={tail.gone} />}
      />
      <div className={css.page}>
        <Facets />
        <div className={css.list}>
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
          {empty ? (
            <Nothing what="log records" hint="OpenTelemetry logs arrive at the OTLP address; see Start." />
          ) : (
            <Sheet label="Log records">
              {!live && logs.isPending && <Loading height={560} label="Logs are loading" />}
              {!live && logs.error && !logs.rows && (
                <Failed error={logs.error} height={320} onRetry={() => void logs.refetch()} />
              )}
              {live && tail.error !== null && rows.length === 0 && <Failed error={tail.error} height={320} />}
              {live && tail.error === null && rows.length === 0 && (
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
                    if (!live && logs.hasNextPage && !logs.isFetchingNextPage) void logs.fetchNextPage();
                  }}
                />
              )}
            </Sheet>
          )}
        </div>
      </div>
      {chosen && <LogPeek row={chosen} onClose={() => setOpen(null)} />}
    </>
  );
}

function Facets() {
  const [{ filters }, change] = useContextState();
  const facets = useFacets('logs', { fields: FIELDS }).data?.fields;
  return (
    <aside className={css.facets} aria-label="Filters">
      <FacetList facets={facets ?? []} filters={filters} onChange={(next) => change({ filters: next })} />
      {facets?.every((facet) => facet.values.length === 0) && (
        <p className="small dimmer">No log record in this range.</p>
      )}
    </aside>
  );
}

function Sentence(props: { live: boolean; paused: boolean; count: number; gone: number }) {
  const { live, paused, count, gone } = props;
  if (!live) return <>Newest first. Follow shows what comes in, as it comes in.</>;
  const kept =
    gone > 0 ? `; the last ${formatCount(TAIL_MOST)} are kept, ${formatCount(gone)} older ones went` : '';
  return (
    <>
      {paused ? 'Paused' : 'Following'}: {formatCount(count)} {count === 1 ? 'record' : 'records'} since it
      began{kept}.
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
