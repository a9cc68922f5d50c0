/** What an address of the HTTP API is, and the pieces that several of them share. */

import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import type { Scope } from './vocabulary.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly doc: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly required?: boolean;
  readonly repeats?: boolean;
}

/** A body: media type → schema, or 'binary' for bytes and text without one. */
export type Bodies = Readonly<Record<string, z.ZodType | 'binary'>>;

export interface Endpoint {
  readonly id: string;
  readonly method: 'get' | 'put' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  /** Scopes of which the key needs one; none for open addresses. */
  readonly scopes: readonly Scope[];
  readonly parameters?: readonly Parameter[];
  readonly body?: Bodies;
  readonly status?: 200 | 201 | 204;
  readonly answer?: Bodies;
  /** Beyond what every address may answer. */
  readonly errors?: readonly ErrorCode[];
}

export const JSON_TYPE = 'application/json';
export const json = (schema: z.ZodType): Bodies => ({ [JSON_TYPE]: schema });

const text = { type: 'string' } as const;
export const whole = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum });
export const instant = { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }] } as const;
export const path = (name: string, doc: string): Parameter => ({
  name,
  in: 'path',
  doc,
  schema: text,
  required: true,
});
export const query = (name: string, doc: string, schema: Parameter['schema'] = text): Parameter => ({
  name,
  in: 'query',
  doc,
  schema,
});

export const range = [
  query('from', 'Start, RFC 3339 or epoch milliseconds, included.', instant),
  query('to', 'End, RFC 3339 or epoch milliseconds, not included; now where not said.', instant),
];
export const filter: Parameter = {
  ...query(
    'filter',
    '`field=value`, `!=`, `>`, `>=`, `<`, `<=`, `~` (contains), `field in a,b`; repeat to AND.',
  ),
  repeats: true,
};
export const paged = [
  ...range,
  filter,
  query('limit', 'Items of one page.', whole(1, 1000)),
  query('cursor', '`next_cursor` of the page before.'),
];
export const list = (name: string, doc: string, words: readonly string[]): Parameter =>
  query(name, `${doc} Comma-separated: ${words.join(', ')}.`);
