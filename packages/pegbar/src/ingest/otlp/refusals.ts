/** The one place where a reason for turning a request away meets its HTTP status and gRPC code. */
import { RETRY_AFTER_S } from './limits.ts';
import { type Refusal, RPC } from './status.ts';

export const malformed = (message: string): Refusal => ({
  http: 400,
  code: RPC.invalidArgument,
  message,
  reason: 'malformed',
});

/** Never with `RetryInfo`: the same request would be refused again. */
export const tooLarge = (limitBytes: number, what: string): Refusal => ({
  http: 413,
  code: RPC.resourceExhausted,
  message: `${what} is larger than ${limitBytes} bytes; send smaller batches`,
  reason: 'too_large',
});

export const overloaded = (message: string, retryAfterS: number): Refusal => ({
  http: 503,
  code: RPC.unavailable,
  message,
  reason: 'overloaded',
  retryAfterS,
});

export const inFlightFull = (): Refusal => ({
  http: 429,
  code: RPC.unavailable,
  message: 'too many bytes in flight; retry shortly',
  reason: 'in_flight',
  retryAfterS: RETRY_AFTER_S,
});

export const notDurable = (): Refusal => ({
  http: 503,
  code: RPC.unavailable,
  message: 'the request could not be made durable and was not stored; retry',
  reason: 'not_durable',
  retryAfterS: RETRY_AFTER_S,
});

export const stopping = (): Refusal => ({
  http: 503,
  code: RPC.unavailable,
  message: 'the server is stopping; retry',
  reason: 'stopping',
  retryAfterS: RETRY_AFTER_S,
});

export const unsupportedEncoding = (encoding: string, accepted: string): Refusal => ({
  http: 415,
  code: RPC.unimplemented,
  message: `content encoding ${JSON.stringify(encoding.slice(0, 40))} is not supported; use one of ${accepted}`,
  reason: 'unsupported_encoding',
});

export const internal = (message: string): Refusal => ({
  http: 500,
  code: RPC.internal,
  message,
  reason: 'internal',
});
