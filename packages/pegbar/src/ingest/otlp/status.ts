/**
 * The few answers of OTLP, encoded by hand: `google.rpc.Status` with `BadRequest` or `RetryInfo`, and the
 * `Export*ServiceResponse`, whose partial success has the same field numbers for all three signals.
 */
import { MESSAGE_BYTES } from './limits.ts';
import type { Signal } from './sink.ts';

/** `google.rpc.Code`, as far as the servers answer with them. */
export const RPC = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Why a request was turned away; each server renders it in its own way. */
export interface Refusal {
  /** HTTP status. Retryable for a sender: 429, 502, 503, 504. */
  http: number;
  /** `google.rpc.Code`. */
  code: number;
  message: string;
  /** The counter's label: one of a short fixed list. */
  reason: string;
  /** Set on overload only: its presence makes gRPC clients retry. */
  retryAfterS?: number;
}

export type Encoding = 'protobuf' | 'json';

/** Cuts to `MESSAGE_BYTES` of UTF-8 without splitting a character. */
export function capMessage(message: string): string {
  if (message.length * 3 <= MESSAGE_BYTES) return message;
  const bytes = Buffer.from(message, 'utf8');
  if (bytes.length <= MESSAGE_BYTES) return message;
  let end = MESSAGE_BYTES - 3;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}…`;
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return Buffer.from(out);
}

const integer = (field: number, value: number): Buffer =>
  value === 0 ? Buffer.alloc(0) : Buffer.concat([varint(field << 3), varint(value)]);

function bytes(field: number, value: Buffer | string): Buffer {
  const body = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
}

const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest';
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** `google.rpc.Status` in protobuf; overload carries `RetryInfo`, bad data carries `BadRequest`. */
export function encodeStatus(refusal: Refusal): Buffer {
  const message = capMessage(refusal.message);
  const parts = [integer(1, refusal.code), bytes(2, message)];
  if (refusal.retryAfterS !== undefined) {
    const delay = bytes(1, integer(1, Math.max(1, Math.ceil(refusal.retryAfterS))));
    parts.push(bytes(3, Buffer.concat([bytes(1, RETRY_INFO), bytes(2, delay)])));
  } else if (refusal.code === RPC.invalidArgument) {
    const violation = bytes(1, Buffer.concat([bytes(1, 'body'), bytes(2, message)]));
    parts.push(bytes(3, Buffer.concat([bytes(1, BAD_REQUEST), bytes(2, violation)])));
  }
  return Buffer.concat(parts);
}

function statusJson(refusal: Refusal): object {
  const message = capMessage(refusal.message);
  if (refusal.retryAfterS !== undefined) {
    const retryDelay = `${Math.max(1, Math.ceil(refusal.retryAfterS))}s`;
    return { code: refusal.code, message, details: [{ '@type': RETRY_INFO, retryDelay }] };
  }
  if (refusal.code === RPC.invalidArgument) {
    const fieldViolations = [{ field: 'body', description: message }];
    return { code: refusal.code, message, details: [{ '@type': BAD_REQUEST, fieldViolations }] };
  }
  return { code: refusal.code, message };
}

export const renderStatus = (refusal: Refusal, encoding: Encoding): Buffer =>
  encoding === 'json' ? Buffer.from(JSON.stringify(statusJson(refusal)), 'utf8') : encodeStatus(refusal);

const REJECTED_NAME: Record<Signal, string> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
};

/** The success body. `partial_success` stays unset when nothing was rejected and there is nothing to say. */
export function renderSuccess(signal: Signal, rejected: number, message: string, encoding: Encoding): Buffer {
  const text = capMessage(message);
  if (encoding === 'json') {
    if (rejected === 0 && text === '') return Buffer.from('{}');
    // 64-bit integers are decimal strings in protobuf's JSON mapping.
    const partial = { [REJECTED_NAME[signal]]: String(rejected), errorMessage: text };
    return Buffer.from(JSON.stringify({ partialSuccess: partial }), 'utf8');
  }
  if (rejected === 0 && text === '') return Buffer.alloc(0);
  return bytes(1, Buffer.concat([integer(1, rejected), text === '' ? Buffer.alloc(0) : bytes(2, text)]));
}
