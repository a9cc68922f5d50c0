/** Spans and stages for the API, and whole traces. */
import { ATTRIBUTES, type Attribute } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { logRow } from './logs.ts';
import * as SQL from './queries.ts';

type Row = Record<string, unknown>;

const STATUSES = ['unset', 'ok', 'error'];
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
/** Spans of one trace: what a waterfall can show. */
const TRACE_SPANS = 10_000;
const TRACE_LOGS = 5_000;
const NS_PER_MS = 1_000_000;

/** Attributes that fill a column, by the column as the API names it. */
const PROMOTED: readonly (readonly [column: string, attribute: Attribute])[] = ATTRIBUTES.filter(
  ({ levels, kind }) => levels.includes('span') && kind !== 'size' && kind !== 'derived',
).map((attribute) => [apiName(attribute.column), attribute] as const);

function apiName(column: string): string {
  if (column === 'user_hash') return 'user_id_hash';
  if (column === 'prompt_chars') return 'prompt_length';
  return column === 'nsfw' ? 'nsfw_flag' : column;
}

/** Columns that are the span itself and no attribute of it. */
const OWN: ReadonlySet<string> = new Set([
  'span_id',
  'parent_span_id',
  'trace_id',
  'name',
  'end_ns',
  'ns',
  'status',
  'kind',
  'attributes',
  'resource',
  'links',
  'trace_state',
  'scope',
  'service',
  'tenant',
]);

/**
 * A span as OpenTelemetry tells it: what fills columns of ours stands among the attributes again, under its
 * canonical name.
 */
export function spanRow(row: Row, events: readonly Row[] = []): Row {
  const told = tell(row);
  const out: Row = {
    span_id: row.span_id,
    parent_span_id: /^0*$/.test(String(row.parent_span_id)) ? null : row.parent_span_id,
    trace_id: row.trace_id,
    name: row.name,
    kind: KINDS[Number(row.kind)] ?? String(row.kind),
    service: row.service,
    scope: row.scope,
    tenant: row.tenant,
    start: instantOf(BigInt(String(row.end_ns)) - BigInt(String(row.ns))),
    end: instantOf(BigInt(String(row.end_ns))),
    duration_ms: Number(row.ns) / NS_PER_MS,
    status: STATUSES[Number(row.status)] ?? 'unset',
    attributes: { ...(row.attributes as Row), ...promoted(told) },
    events,
    links: parsed(row.links, []),
    resource: parsed(row.resource, {}),
  };
  if (row.trace_state) out.trace_state = row.trace_state;
  return out;
}

/** RFC 3339 in UTC with milliseconds; '' at the epoch, which stands for "not told". As `instantSql` has it. */
function instantOf(ns: bigint): string {
  const ms = Number(ns / BigInt(NS_PER_MS));
  return Math.floor(ms / 1000) === 0 ? '' : new Date(ms).toISOString();
}

function promoted(told: Row): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [column, { names, column: original }] of PROMOTED) {
    const value = told[column];
    if (value === undefined || OWN.has(column)) continue;
    out[names[0]] = original === 'loras' ? loraText(told) : textOf(value);
  }
  return out;
}

const textOf = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

function loraText(told: Row): string {
  const weights = (told.lora_weights as number[] | undefined) ?? [];
  return JSON.stringify(
    (told.loras as string[]).map((id, at) => (weights[at] ? `${id}:${weights[at]}` : id)),
  );
}

function parsed(text: unknown, fallback: unknown): unknown {
  if (typeof text !== 'string' || text === '') return fallback;
  try {
    return JSON.parse(text);
  } catch {
    return fallback;
  }
}

const STAGE_KEEPS = ['timestamp', 'pipeline_stage', 'latency_ms'];

export function stageRow({ status, ...row }: Row): Row {
  const told = tell(row, STAGE_KEEPS);
  return Number(status) > 0 ? { ...told, status: STATUSES[Number(status)] } : told;
}

/** All spans of a trace with their events, and its logs. Any case of the id, any age. */
export async function findTrace(
  { store }: ExploreDeps,
  { scope, signal }: Asking,
  id: string,
): Promise<Result<Row, ExploreError>> {
  const trace = id.toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(trace) || /^0+$/.test(trace))
    return refused('invalid_id', 'a trace id is 32 hexadecimal digits, not all zero', { field: 'trace_id' });
  const scoped = store.scoped(scope);
  const options = signal ? { signal } : {};
  const rows = (sql: string, limit: number) =>
    scoped.rows<Row>(sql, { params: { trace, limit }, ...options });
  const [spans, events, logs] = await Promise.all([
    rows(SQL.SPANS_OF_TRACE, TRACE_SPANS + 1),
    rows(SQL.EVENTS_OF_TRACE, TRACE_SPANS),
    rows(SQL.LOGS_OF_TRACE, TRACE_LOGS),
  ]);
  if (!spans.ok) return fromStore(spans.error);
  if (!events.ok) return fromStore(events.error);
  if (!logs.ok) return fromStore(logs.error);
  if (spans.value.length === 0 && logs.value.length === 0)
    return refused('not_found', 'there is no such trace');
  const eventsOf = new Map<string, Row[]>();
  for (const { span_id, ...event } of events.value) {
    const list = eventsOf.get(String(span_id)) ?? [];
    list.push(event);
    eventsOf.set(String(span_id), list);
  }
  const kept = spans.value.slice(0, TRACE_SPANS);
  return ok({
    trace_id: trace,
    spans: kept.map((row) => spanRow(row, eventsOf.get(String(row.span_id)) ?? [])),
    logs: logs.value.map(logRow),
    truncated: kept.length < spans.value.length,
  });
}
