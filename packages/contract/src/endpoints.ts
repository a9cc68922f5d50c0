/** The addresses of the HTTP API as data: the OpenAPI document is made of it. */

import type { z } from 'zod';
import * as api from './api.ts';
import type { ErrorCode } from './errors.ts';
import { KPI_NAMES } from './kpis.ts';
import { ROLLUP_DIMENSIONS, type Scope } from './vocabulary.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly doc: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly required?: boolean;
  readonly repeats?: boolean;
}

/** A body: media type → schema, or 'binary' for bytes and text without one. */
type Bodies = Readonly<Record<string, z.ZodType | 'binary'>>;

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

const JSON_TYPE = 'application/json';
const json = (schema: z.ZodType): Bodies => ({ [JSON_TYPE]: schema });

const text = { type: 'string' } as const;
const instant = { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }] } as const;
const path = (name: string, doc: string): Parameter => ({
  name,
  in: 'path',
  doc,
  schema: text,
  required: true,
});
const query = (name: string, doc: string, schema: Parameter['schema'] = text): Parameter => ({
  name,
  in: 'query',
  doc,
  schema,
});

const range = [
  query('from', 'Start, RFC 3339 or epoch milliseconds, included.', instant),
  query('to', 'End, RFC 3339 or epoch milliseconds, not included; now where not said.', instant),
];
const filter: Parameter = {
  ...query(
    'filter',
    '`field=value`, `!=`, `>`, `>=`, `<`, `<=`, `~` (contains), `field in a,b`; repeat to AND.',
  ),
  repeats: true,
};
const paged = [
  ...range,
  filter,
  query('limit', 'Items of one page.', { type: 'integer', minimum: 1, maximum: 1000 }),
  query('cursor', '`next_cursor` of the page before.'),
];
const list = (name: string, doc: string, words: readonly string[]): Parameter =>
  query(name, `${doc} Comma-separated: ${words.join(', ')}.`);

export const ENDPOINTS: readonly Endpoint[] = [
  {
    id: 'sendEvents',
    method: 'post',
    path: '/api/v1/events',
    summary: 'Send records, one JSON object per line or one JSON array. Good lines are kept, bad ones named.',
    scopes: ['ingest', 'beacon'],
    body: { 'application/x-ndjson': 'binary', [JSON_TYPE]: api.Events },
    answer: json(api.EventsAnswer),
    errors: [
      'invalid_json',
      'invalid_encoding',
      'too_large',
      'unsupported_media_type',
      'overloaded',
      'disk_full',
    ],
  },
  {
    id: 'putArtifact',
    method: 'put',
    path: '/api/v1/artifacts/{image_id}',
    summary: 'Store the bytes of a picture.',
    scopes: ['ingest'],
    parameters: [path('image_id', 'The picture.')],
    body: { 'image/*': 'binary', 'application/octet-stream': 'binary' },
    answer: json(api.AnyObject),
    errors: ['too_large', 'unsupported_media_type', 'overloaded', 'disk_full'],
  },
  {
    id: 'getArtifact',
    method: 'get',
    path: '/api/v1/artifacts/{image_id}',
    summary:
      'The picture. Flagged pictures are blurred unless `unblur` is asked for and permitted, which is audited.',
    scopes: ['read'],
    parameters: [
      path('image_id', 'The picture.'),
      query('size', 'Longest side in pixels.', { type: 'integer', minimum: 1, maximum: 4096 }),
      query('unblur', 'Show a flagged picture; needs the scope `unblur`.', { type: 'boolean' }),
    ],
    answer: { 'image/*': 'binary' },
    errors: ['not_found'],
  },
  {
    id: 'putThumbnail',
    method: 'put',
    path: '/api/v1/thumbnails/{image_id}',
    summary: 'Store the thumbnail of a picture.',
    scopes: ['ingest'],
    parameters: [path('image_id', 'The picture.')],
    body: { 'image/*': 'binary', 'application/octet-stream': 'binary' },
    answer: json(api.AnyObject),
    errors: ['too_large', 'unsupported_media_type', 'overloaded', 'disk_full'],
  },
  {
    id: 'getThumbnail',
    method: 'get',
    path: '/api/v1/thumbnails/{image_id}',
    summary: 'The thumbnail of a picture, blurred like the picture.',
    scopes: ['read'],
    parameters: [
      path('image_id', 'The picture.'),
      query('size', 'Longest side in pixels.', { type: 'integer', minimum: 1, maximum: 4096 }),
      query('unblur', 'Show a flagged picture; needs the scope `unblur`.', { type: 'boolean' }),
    ],
    answer: { 'image/*': 'binary' },
    errors: ['not_found'],
  },
  {
    id: 'listRequests',
    method: 'get',
    path: '/api/v1/requests',
    summary: 'Requests, newest first.',
    scopes: ['read'],
    parameters: paged,
    answer: json(api.RequestsPage),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'getRequest',
    method: 'get',
    path: '/api/v1/requests/{id}',
    summary: 'One request with its stages and pictures.',
    scopes: ['read'],
    parameters: [path('id', 'The request.')],
    answer: json(api.RequestDetail),
    errors: ['not_found', 'engine_unavailable'],
  },
  {
    id: 'getTrace',
    method: 'get',
    path: '/api/v1/traces/{trace_id}',
    summary: 'One trace with its spans and logs.',
    scopes: ['read'],
    parameters: [path('trace_id', 'The trace, 32 hexadecimal digits.')],
    answer: json(api.Trace),
    errors: ['not_found', 'engine_unavailable'],
  },
  {
    id: 'getImage',
    method: 'get',
    path: '/api/v1/images/{id}',
    summary: 'One picture with all its metadata.',
    scopes: ['read'],
    parameters: [path('id', 'The picture.')],
    answer: json(api.ImageDetail),
    errors: ['not_found', 'engine_unavailable'],
  },
  {
    id: 'listLogs',
    method: 'get',
    path: '/api/v1/logs',
    summary: 'Log records, newest first.',
    scopes: ['read'],
    parameters: paged,
    answer: json(api.LogsPage),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'listMetricSeries',
    method: 'get',
    path: '/api/v1/metrics/series',
    summary: 'Series of metric points as they were sent.',
    scopes: ['read'],
    parameters: paged,
    answer: json(api.MetricSeriesPage),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'getKpis',
    method: 'get',
    path: '/api/v1/kpis',
    summary: 'KPIs by dimension and time. Without `step` one point per series.',
    scopes: ['read'],
    parameters: [
      { ...list('metrics', 'KPIs.', KPI_NAMES), required: true },
      list('by', 'Dimensions.', [...ROLLUP_DIMENSIONS, 'pipeline_stage']),
      ...range,
      query('step', 'Length of a point: seconds, or 5m, 1h, 1d.'),
      filter,
    ],
    answer: json(api.KpiSeries),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'query',
    method: 'post',
    path: '/api/v1/query',
    summary: 'Read-only SQL over the published views: at most 100,000 rows, 64 MB, 30 s.',
    scopes: ['read'],
    body: json(api.Query),
    answer: json(api.QueryAnswer),
    errors: ['query_rejected', 'query_limit', 'engine_unavailable', 'unsupported_media_type', 'too_large'],
  },
  {
    id: 'flush',
    method: 'post',
    path: '/api/v1/flush',
    summary: 'Answers when all that was acknowledged before can be queried and is in the rollups.',
    scopes: ['ingest', 'read', 'admin'],
    answer: json(api.AnyObject),
    errors: ['timeout', 'engine_unavailable'],
  },
  {
    id: 'getStatus',
    method: 'get',
    path: '/api/v1/status',
    summary: 'What was taken, what was lost and why, and how the parts are.',
    scopes: ['read', 'admin'],
    answer: json(api.Status),
  },
  {
    id: 'createKey',
    method: 'post',
    path: '/api/v1/keys',
    summary: 'Make a key. It is shown once.',
    scopes: ['admin'],
    body: json(api.KeyRequest),
    status: 201,
    answer: json(api.KeyAnswer),
    errors: ['unsupported_media_type'],
  },
  {
    id: 'listKeys',
    method: 'get',
    path: '/api/v1/keys',
    summary: 'Keys, without their secrets.',
    scopes: ['admin'],
    answer: json(api.KeysPage),
  },
  {
    id: 'revokeKey',
    method: 'delete',
    path: '/api/v1/keys/{id}',
    summary: 'Revoke a key.',
    scopes: ['admin'],
    parameters: [path('id', 'The key.')],
    answer: json(api.AnyObject),
    errors: ['not_found'],
  },
  {
    id: 'applyResources',
    method: 'post',
    path: '/api/v1/resources',
    summary: 'Declare resources; nothing is changed unless all documents are right.',
    scopes: ['admin'],
    body: { 'application/yaml': 'binary' },
    answer: json(api.Applied),
    errors: ['unknown_field', 'unsupported_media_type', 'too_large'],
  },
  {
    id: 'listResources',
    method: 'get',
    path: '/api/v1/resources/{kind}',
    summary: 'Declared resources of a kind.',
    scopes: ['admin'],
    parameters: [path('kind', 'Kind: tenant.')],
    answer: json(api.Items),
    errors: ['not_found'],
  },
  {
    id: 'getResource',
    method: 'get',
    path: '/api/v1/resources/{kind}/{name}',
    summary: 'One declared resource.',
    scopes: ['admin'],
    parameters: [path('kind', 'Kind: tenant.'), path('name', 'Its name.')],
    answer: json(api.AnyObject),
    errors: ['not_found'],
  },
  {
    id: 'deleteResource',
    method: 'delete',
    path: '/api/v1/resources/{kind}/{name}',
    summary: 'Delete a declared resource; what it governed falls back to the defaults.',
    scopes: ['admin'],
    parameters: [path('kind', 'Kind: tenant.'), path('name', 'Its name.')],
    answer: json(api.AnyObject),
    errors: ['not_found'],
  },
  {
    id: 'export',
    method: 'get',
    path: '/api/v1/export',
    summary: 'A view as Parquet or NDJSON, streamed.',
    scopes: ['read'],
    parameters: [
      { ...query('what', 'The view.'), required: true },
      query('format', 'Format.', { type: 'string', enum: ['parquet', 'ndjson'] }),
      ...range,
    ],
    answer: { 'application/x-ndjson': 'binary', 'application/vnd.apache.parquet': 'binary' },
    errors: ['not_found', 'engine_unavailable'],
  },
  {
    id: 'listDeadLetters',
    method: 'get',
    path: '/api/v1/dead-letters',
    summary: 'What was acknowledged and could not be loaded, and why.',
    scopes: ['admin'],
    answer: json(api.Items),
  },
  {
    id: 'replayDeadLetters',
    method: 'post',
    path: '/api/v1/dead-letters/replay',
    summary: 'Try dead letters again.',
    scopes: ['admin'],
    body: json(api.AnyObject),
    answer: json(api.Replayed),
    errors: ['unsupported_media_type', 'engine_unavailable'],
  },
  {
    id: 'healthz',
    method: 'get',
    path: '/healthz',
    summary: 'The process answers.',
    scopes: [],
    answer: json(api.AnyObject),
  },
  {
    id: 'readyz',
    method: 'get',
    path: '/readyz',
    summary: 'It takes data and answers questions; 503 while it does not.',
    scopes: [],
    answer: json(api.AnyObject),
    errors: ['unavailable'],
  },
  {
    id: 'metrics',
    method: 'get',
    path: '/metrics',
    summary: 'Its own metrics, in the Prometheus text format.',
    scopes: ['read', 'admin'],
    answer: { 'text/plain': 'binary' },
  },
  {
    id: 'openapi',
    method: 'get',
    path: '/api/v1/openapi.json',
    summary: 'This document.',
    scopes: [],
    answer: json(api.AnyObject),
  },
];
