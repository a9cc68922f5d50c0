/** What comes in and what goes out whole: records, pictures, exports. */
import * as api from './api.ts';
import { type Endpoint, JSON_TYPE, json, path, query, range } from './endpoint.ts';

export const TELEMETRY: readonly Endpoint[] = [
  {
    id: 'sendEvents',
    method: 'post',
    path: '/api/v1/events',
    summary: 'Send records, one JSON object per line or one JSON array. Good lines are kept, bad ones named.',
    scopes: ['ingest', 'beacon'],
    parameters: [
      query(
        'import',
        'Name of the import that sends: its records never time out, and are told again without effect.',
      ),
    ],
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
    id: 'sendCmcd',
    method: 'post',
    path: '/api/v1/cmcd',
    summary:
      'Reports of a video player, CMCD v2 in event mode: its dropped frames (`dfa`) become frames windows of the sequence `cid`.',
    scopes: ['ingest', 'beacon'],
    parameters: [
      {
        ...query('fps', 'Frame rate that the clip declares: CMCD does not tell how many frames were shown.', {
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 1000,
        }),
        required: true,
      },
      query('request_id', 'The request that made the clip.'),
      query('trace_id', 'The trace that made the clip.'),
    ],
    body: { 'application/cmcd': 'binary' },
    answer: json(api.EventsAnswer),
    errors: ['too_large', 'unsupported_media_type', 'overloaded', 'disk_full'],
  },
  {
    id: 'sendDeployment',
    method: 'post',
    path: '/api/v1/deployments',
    summary:
      'Mark a release or a change from a webhook: a `deployment` record (type and timestamp may be missing) or a CDEvent of a service.',
    scopes: ['ingest'],
    body: { [JSON_TYPE]: api.AnyObject, 'application/cloudevents+json': api.AnyObject },
    answer: json(api.AnyObject),
    errors: [
      'invalid_json',
      'invalid_record',
      'too_large',
      'unsupported_media_type',
      'overloaded',
      'engine_unavailable',
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
    id: 'flush',
    method: 'post',
    path: '/api/v1/flush',
    summary: 'Answers when all that was acknowledged before can be queried and is in the rollups.',
    scopes: ['ingest', 'read', 'admin'],
    answer: json(api.AnyObject),
    errors: ['timeout', 'engine_unavailable'],
  },
];
