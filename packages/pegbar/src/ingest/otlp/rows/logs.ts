/** Log records to rows of `logs`; `gen_ai.evaluation.result` events also become rows of `scores`. */
import { tableOf } from '@pegbar/contract';
import { protoType } from '../proto.ts';
import type { OtlpContext } from '../sink.ts';
import { MAX_NAME_BYTES } from '../spans/limits.ts';
import { MalformedError } from '../spans/wire.ts';
import { type DecodedRows, idOf, MAX_ROWS, type ProtectionOf, type RowSink, Tally, timeOf } from './rows.ts';
import { ScopeOfItems } from './scope.ts';
import { severityName, severityNumber } from './severity.ts';
import { type AnyValue, type KeyValue, type Long, plainText } from './value.ts';
import { decodeMessage, walk } from './walk.ts';

/** Bytes of one record on the wire; a larger one is refused alone. As objects it takes many times as much. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;
/** Characters of a body; what is longer is an artifact. Cut and counted. */
const MAX_LOG_BODY = 1024 * 1024;

interface LogRecord {
  timeUnixNano?: Long;
  observedTimeUnixNano?: Long;
  severityNumber: number;
  severityText: string;
  body?: AnyValue | null;
  attributes: KeyValue[];
  flags: number;
  traceId: Uint8Array;
  spanId: Uint8Array;
  eventName: string;
}

const LOG_RECORD = protoType('LogRecord');
const COLUMNS: ReadonlySet<string> = new Set(tableOf('logs').columns.map((column) => column.name));
/** Where events were named before the record had a field for it. */
const EVENT_NAME = 'event.name';
const EVALUATION = 'gen_ai.evaluation.result';

/**
 * Appends one row per record. Throws `MalformedError` where the request cannot be decoded; rows that were appended
 * before are then the caller's to take back (the intake's `transact`).
 */
export function decodeLogs(
  bytes: Uint8Array,
  context: OtlpContext,
  sink: RowSink,
  protectionOf: ProtectionOf,
): DecodedRows {
  const tally = new Tally();
  const scope = new ScopeOfItems(context, 'log', COLUMNS, protectionOf, tally);
  const arrivedNs = BigInt(Math.trunc(context.receivedMs)) * 1_000_000n;
  walk('logs', bytes, {
    resource: (slice) => scope.resource(slice),
    scope: (slice) => scope.scope(slice),
    item: (slice) => {
      if (slice.length > MAX_LOG_BYTES) {
        tally.reject(`log record larger than ${MAX_LOG_BYTES} bytes`);
        return;
      }
      const record = decodeMessage<LogRecord>(LOG_RECORD, slice);
      const row = rowOf(record, scope, arrivedNs, tally);
      if (!row) return;
      if (++tally.rows > MAX_ROWS)
        throw new MalformedError(`more than ${MAX_ROWS} log records; send smaller batches`);
      sink.append('logs', row);
      if (row.event_name === EVALUATION) score(row, sink);
    },
  });
  return tally.result();
}

function rowOf(
  record: LogRecord,
  scope: ScopeOfItems,
  arrivedNs: bigint,
  tally: Tally,
): Record<string, unknown> | undefined {
  const observed = timeOf(record.observedTimeUnixNano, arrivedNs);
  const timestamp = timeOf(record.timeUnixNano, observed ?? arrivedNs);
  if (timestamp === undefined || observed === undefined) {
    tally.reject('time before 1990 or more than a day ahead');
    return undefined;
  }
  const ground = scope.ground(record.attributes);
  if (!ground) return undefined;
  const { row, protection } = ground;
  const free = row.attributes as Record<string, string>;
  let eventName = record.eventName;
  if (eventName === '' && free[EVENT_NAME] !== undefined) {
    eventName = free[EVENT_NAME];
    delete free[EVENT_NAME];
  }
  // Structure is handed over as JSON text, which protection reads as structure.
  const { text: body, redactions } = protection.text(plainText(record.body));
  tally.redactions += redactions;
  if (body.length > MAX_LOG_BODY) tally.cut++;
  const severity = record.severityNumber || severityNumber(record.severityText);
  return Object.assign(row, {
    timestamp,
    observed,
    trace_id: idOf(record.traceId, 16),
    span_id: idOf(record.spanId, 8),
    severity_number: severity >= 1 && severity <= 24 ? severity : 0,
    severity: (record.severityText || severityName(severity)).slice(0, MAX_NAME_BYTES),
    body: body.slice(0, MAX_LOG_BODY),
    event_name: eventName.slice(0, MAX_NAME_BYTES),
    flags: record.flags >>> 0,
  });
}

/** OpenTelemetry's event for a score, if it says of what, which and how much. Reads what protection left. */
function score(row: Record<string, unknown>, sink: RowSink): void {
  const told = row.attributes as Record<string, string>;
  const name = told['gen_ai.evaluation.name'] ?? '';
  const label = told['gen_ai.evaluation.score.label'] ?? '';
  const said = told['gen_ai.evaluation.score.value'] ?? '';
  const value = said === '' || !Number.isFinite(Number(said)) ? undefined : Number(said);
  const trace = row.trace_id ? Buffer.from(row.trace_id as Uint8Array).toString('hex') : '';
  const requestId = row.request_id ?? trace;
  if (name === '' || (!row.image_id && !requestId) || (label === '' && value === undefined)) return;
  sink.append('scores', {
    tenant: row.tenant,
    timestamp: row.timestamp,
    image_id: row.image_id,
    request_id: requestId,
    name: name.slice(0, MAX_NAME_BYTES),
    value,
    label: label.slice(0, MAX_NAME_BYTES),
    scorer: told['pegbar.scorer'] ?? row.service,
    scorer_version: told['pegbar.scorer_version'],
  });
}
