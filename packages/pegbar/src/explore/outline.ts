/**
 * A trace as its waterfall needs it: columns without attributes, so that ten thousand spans are there at once. What a
 * row tells beside them is asked for when it is chosen.
 */
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { logRow } from './logs.ts';
import { type Row, signalOf } from './page.ts';
import * as SQL from './queries.ts';
import { spanRow } from './spans.ts';

/** Spans and events of one trace that are drawn. */
const SPANS_MOST = 20_000;
const EVENTS_MOST = 5_000;
const SPAN_EVENTS_MOST = 1_000;
const SPAN_LOGS_MOST = 1_000;

/** Of equal length, a place per span, earliest first. Times are milliseconds after the trace's start. */
interface SpanColumns {
  /** Places in `names` and `stages`. */
  name: number[];
  stage: number[];
  start_ms: number[];
  duration_ms: number[];
  /** 0 unset, 1 ok, 2 error. */
  status: number[];
}
/** What is told once, and the places at which something is told that few spans have. */
interface Marks {
  names: string[];
  stages: string[];
  waits: [span: number, ms: number][];
  pictures: [span: number, image_id: string][];
  misses: number[];
}
export interface Outline extends Marks {
  trace_id: string;
  tenant: string;
  start: string;
  duration_ms: number;
  truncated: boolean;
  spans: SpanColumns & {
    id: string[];
    /** Place of the parent; -1 where it has none here. */
    parent: number[];
  };
  events: [span: number, at_ms: number, name: string, warns: 0 | 1][];
}

/** The one row that a trace is read as. */
interface Columns extends SpanColumns, Marks {
  tenant: string;
  /** Nanoseconds since the epoch. */
  first: string;
  ids: string[];
  /** Ids; of spans that are not here as well. */
  parents: string[];
}

const NS = 1e6;

export async function findOutline(
  { store }: ExploreDeps,
  asking: Asking,
  id: string,
): Promise<Result<Outline, ExploreError>> {
  const trace = traceOf(id);
  if (!trace.ok) return trace;
  const scoped = store.scoped(asking.scope);
  const ask = <T>(sql: string, limit: number) =>
    scoped.rows<T>(sql, { params: { trace: trace.value, limit }, ...signalOf(asking) });
  const [spans, events] = await Promise.all([
    ask<Columns>(SQL.OUTLINE_OF_TRACE, SPANS_MOST + 1),
    ask<{ span_id: string; ns: string; name: string; warns: 0 | 1 }>(SQL.MARKS_OF_TRACE, EVENTS_MOST),
  ]);
  if (!spans.ok) return fromStore(spans.error);
  if (!events.ok) return fromStore(events.error);
  const read = spans.value[0];
  if (!read || read.ids.length === 0) return refused('not_found', 'there is no such trace');
  const first = BigInt(read.first);
  const since = (ns: string): number => Number(BigInt(ns) - first) / NS;
  const truncated = read.ids.length > SPANS_MOST;
  const shown = <T>(column: T[]): T[] => (truncated ? column.slice(0, SPANS_MOST) : column);
  const here = ([span]: readonly [number, ...unknown[]]): boolean => span < SPANS_MOST;
  const ids = shown(read.ids);
  const places = new Map(ids.map((span_id, at) => [span_id, at]));
  const [start_ms, duration_ms] = [shown(read.start_ms), shown(read.duration_ms)];
  return ok({
    trace_id: trace.value,
    tenant: read.tenant,
    start: new Date(Number(first / 1_000_000n)).toISOString(),
    duration_ms: micro(duration_ms.reduce((end, ms, at) => Math.max(end, start_ms[at]! + ms), 0)),
    truncated,
    names: read.names,
    stages: read.stages,
    spans: {
      id: ids,
      parent: shown(read.parents).map((span_id) => places.get(span_id) ?? -1),
      name: shown(read.name),
      stage: shown(read.stage),
      start_ms,
      duration_ms,
      status: shown(read.status),
    },
    waits: read.waits.filter(here),
    pictures: read.pictures.filter(here),
    misses: read.misses.filter((span) => span < SPANS_MOST),
    events: events.value.flatMap(({ span_id, ns, name, warns }) => {
      const at = places.get(span_id);
      return at === undefined ? [] : [[at, micro(since(ns)), name, warns] as [number, number, string, 0 | 1]];
    }),
  });
}

/** To the microsecond: more says nothing on a screen. */
const micro = (ms: number): number => Math.round(ms * 1000) / 1000;

const traceOf = (id: string): Result<string, ExploreError> => {
  const trace = id.toLowerCase();
  return /^[0-9a-f]{32}$/.test(trace) && !/^0+$/.test(trace)
    ? ok(trace)
    : refused('invalid_id', 'a trace id is 32 hexadecimal digits, not all zero', { field: 'trace_id' });
};

/** One span with its attributes, events and logs. */
export async function findSpan(
  { store }: ExploreDeps,
  asking: Asking,
  trace_id: string,
  span_id: string,
): Promise<Result<Row, ExploreError>> {
  const trace = traceOf(trace_id);
  if (!trace.ok) return trace;
  const span = span_id.toLowerCase();
  if (!/^[0-9a-f]{16}$/.test(span))
    return refused('invalid_id', 'a span id is 16 hexadecimal digits', { field: 'span_id' });
  const scoped = store.scoped(asking.scope);
  const ask = (sql: string, limit: number) =>
    scoped.rows<Row>(sql, { params: { trace: trace.value, span, limit }, ...signalOf(asking) });
  const [spans, events, logs] = await Promise.all([
    ask(SQL.SPAN_OF_TRACE, 1),
    ask(SQL.EVENTS_OF_SPAN, SPAN_EVENTS_MOST),
    ask(SQL.LOGS_OF_SPAN, SPAN_LOGS_MOST),
  ]);
  for (const part of [spans, events, logs]) if (!part.ok) return fromStore(part.error);
  const found = rowsOf(spans)[0];
  if (!found) return refused('not_found', 'there is no such span');
  return ok({ span: spanRow(found, rowsOf(events)), logs: rowsOf(logs).map(logRow) });
}

const rowsOf = <T>(result: Result<T[], unknown>): T[] => (result.ok ? result.value : []);
