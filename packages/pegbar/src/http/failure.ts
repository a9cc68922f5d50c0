/** Errors as the API answers them. */
import { apiError, type ErrorCode } from '@pegbar/contract';
import { errorPage } from './pages.ts';

/** A refusal on its way to the caller; thrown by handlers, answered in one place. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: ErrorCode;
  readonly details: { field?: string; hint?: string };
  readonly headers: Record<string, string>;

  constructor(
    code: ErrorCode,
    message: string,
    details: { field?: string; hint?: string } = {},
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** Seconds after which trying again makes sense, where nobody knows better: a restart of the engine takes less. */
const RETRY_S = 1;
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'overloaded',
  'unavailable',
  'disk_full',
  'engine_unavailable',
]);

/** JSON in the catalogue's shape; a page where a browser asked for one. */
export function answerOf({ code, message, details, headers }: Refusal, asPage = false): Response {
  const { status, body } = apiError(code, message, details);
  const retry = RETRYABLE.has(code) ? { 'retry-after': String(RETRY_S) } : {};
  return new Response(asPage ? errorPage(status, body.error) : JSON.stringify(body), {
    status,
    headers: {
      'content-type': asPage ? 'text/html; charset=utf-8' : 'application/json',
      ...retry,
      ...headers,
    },
  });
}

interface Told {
  code: ErrorCode;
  message: string;
  field?: string;
  hint?: string;
}

/** The value of a result; its error becomes the answer. */
export function orRefuse<T>(result: { ok: true; value: T } | { ok: false; error: Told }): T {
  if (result.ok) return result.value;
  const { code, message, field, hint } = result.error;
  throw new Refusal(code, message, {
    ...(field === undefined ? {} : { field }),
    ...(hint === undefined ? {} : { hint }),
  });
}
