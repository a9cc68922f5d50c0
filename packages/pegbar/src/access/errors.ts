import type { ErrorCode } from '@pegbar/contract';
import type { z } from 'zod';
import { fail } from '../base/result.ts';

/** Why something is refused, ready for `{"error": …}`. Codes come from the catalogue. */
export interface AccessError {
  code: Extract<
    ErrorCode,
    | 'unauthenticated'
    | 'forbidden'
    | 'not_found'
    | 'invalid_request'
    | 'unknown_field'
    | 'conflict'
    | 'too_large'
  >;
  message: string;
  field?: string;
  hint?: string;
}

export function refuse(
  code: AccessError['code'],
  message: string,
  more: { field?: string; hint?: string } = {},
): { ok: false; error: AccessError } {
  return fail({ code, message, ...more });
}

/** The first problem that a schema found, as `spec.retention.spans`; `where` goes before the message. */
export function schemaError(error: z.ZodError, where = ''): AccessError {
  const issue = error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const field = fieldPath([...issue.path, issue.keys[0]!]);
    return { code: 'unknown_field', message: `${where}unknown field ${field}`, field };
  }
  const field = fieldPath(issue.path);
  const message = `${where}${field === '' ? '' : `${field}: `}${issue.message}`;
  return field === '' ? { code: 'invalid_request', message } : { code: 'invalid_request', message, field };
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
