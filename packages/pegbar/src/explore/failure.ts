/** Why a question has no answer, in the words of the catalogue. */
import type { ErrorCode } from '@pegbar/contract';
import { fail } from '../base/result.ts';
import type { StoreError } from '../store/index.ts';

export interface ExploreError {
  code: ErrorCode;
  message: string;
  field?: string;
  hint?: string;
}

export function refused(
  code: ErrorCode,
  message: string,
  more: { field?: string; hint?: string } = {},
): { ok: false; error: ExploreError } {
  return fail({ code, message, ...more });
}

/** Numbers of ClickHouse errors that mean: this question is too heavy. */
const TOO_HEAVY: ReadonlySet<number | null> = new Set([158, 159, 160, 241, 307, 396]);
const TOO_LARGE: ReadonlySet<string> = new Set(['TOO_LARGE', 'CLIENT_TIMEOUT']);

/** What the store could not do, for the one who asked. Text of ours that the engine refused is a bug of ours. */
export function fromStore(error: StoreError): { ok: false; error: ExploreError } {
  if (error.type === 'BUSY') return refused('overloaded', error.message);
  if (error.type === 'CANCELLED') return refused('timeout', 'the caller went away');
  if (TOO_HEAVY.has(error.code) || TOO_LARGE.has(error.type))
    return refused('query_limit', 'the question needs more time or memory than one may use');
  if (error.kind === 'retryable') return refused('engine_unavailable', 'the query engine is not up');
  return refused('internal', error.message);
}
