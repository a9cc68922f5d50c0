/** Questions about drift. */
import * as drift from './api-drift.ts';
import { type Endpoint, filter, json, list, query, range, whole } from './endpoint.ts';
import { ROLLUP_DIMENSIONS } from './vocabulary.ts';

const baseline = query(
  'baseline',
  '`28d` (where not said), `7d`: the days before, hours of the week matched; `release`: the version before; or a pinned window `FROM/TO`.',
);
const exclude = {
  ...query(
    'exclude',
    'A window `FROM/TO` to leave out of the baseline. Rolled back changes and announced load are left out anyway.',
  ),
  repeats: true,
};

export const DRIFT_ENDPOINTS: readonly Endpoint[] = [
  {
    id: 'getDrift',
    method: 'get',
    path: '/api/v1/drift',
    summary:
      'Whether one metric drifted, by segment: verdict, size in its own unit, how sure, since when, and what most likely did it.',
    scopes: ['read'],
    parameters: [
      {
        ...query('metric', 'prompt_tokens, latency_ms, style_distance, nsfw, …: docs/drift.md.'),
        required: true,
      },
      list('by', 'Segments: tenant, one other dimension, and the stage.', [
        ...ROLLUP_DIMENSIONS,
        'collection',
        'pipeline_stage',
      ]),
      filter,
      ...range,
      baseline,
      exclude,
    ],
    answer: json(drift.DriftAnswer),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'getDriftFindings',
    method: 'get',
    path: '/api/v1/drift/findings',
    summary: 'Everything that drifted, each thing once, the worst first; and what was looked at.',
    scopes: ['read'],
    parameters: [...range, baseline, exclude, query('limit', 'Findings, 20 where not said.', whole(1, 50))],
    answer: json(drift.DriftFindingsAnswer),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'getDriftReport',
    method: 'get',
    path: '/api/v1/drift/report',
    summary:
      'The drift and quality report of a day: what drifted, key figures, deployments; as JSON, HTML mail body or text.',
    scopes: ['read'],
    parameters: [
      query('day', 'UTC day `2026-03-01`, `yesterday` (where not said) or `today`.'),
      baseline,
      query('format', '`json` (where not said), `html` (styles in line, nothing is fetched) or `text`.'),
      query('mail', '`true`: the JSON holds both bodies of a mail too.'),
      query('link', 'Address of the server for the links of a mail; no links without it.'),
    ],
    answer: json(drift.DriftReportAnswer),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'listDriftMonitors',
    method: 'get',
    path: '/api/v1/drift/monitors',
    summary:
      'Monitors, declared and built in, with where they stand: last look, verdict, next look, errors, budget.',
    scopes: ['read'],
    answer: json(drift.DriftMonitorsAnswer),
  },
  {
    id: 'previewDriftMonitor',
    method: 'post',
    path: '/api/v1/drift/monitors/preview',
    summary:
      'What a monitor would have said over the last days: the looks of the watch, with its budget, one after the other.',
    scopes: ['read'],
    parameters: [query('days', 'Days back, 28 where not said.', whole(1, 28))],
    body: { 'application/yaml': 'binary' },
    answer: json(drift.DriftPreviewAnswer),
    errors: ['unknown_field', 'unsupported_media_type', 'too_large', 'query_limit', 'engine_unavailable'],
  },
];
