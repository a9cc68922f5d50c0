/** Traces as waterfalls, latencies over time, failures: what pages draw. */
import * as api from './api.ts';
import * as traces from './api-traces.ts';
import { type Endpoint, filter, json, path, query, range } from './endpoint.ts';

const trace = path('trace_id', 'The trace, 32 hexadecimal digits.');
const step = query('step', 'Length of a column: seconds, or 5m, 1h, 1d; a 96th of the range where not said.');

export const TRACES: readonly Endpoint[] = [
  {
    id: 'getTraceOutline',
    method: 'get',
    path: '/api/v1/traces/{trace_id}/outline',
    summary: 'One trace as columns without attributes: what a waterfall draws, up to 20,000 spans.',
    scopes: ['read'],
    parameters: [trace],
    answer: json(traces.TraceOutline),
    errors: ['invalid_id', 'not_found', 'engine_unavailable'],
  },
  {
    id: 'getSpan',
    method: 'get',
    path: '/api/v1/traces/{trace_id}/spans/{span_id}',
    summary: 'One span with its attributes, events and logs.',
    scopes: ['read'],
    parameters: [trace, path('span_id', 'The span, 16 hexadecimal digits.')],
    answer: json(api.AnyObject),
    errors: ['invalid_id', 'not_found', 'engine_unavailable'],
  },
  {
    id: 'getLatencies',
    method: 'get',
    path: '/api/v1/latencies',
    summary: 'How many requests took how long, over time; with a filter on pipeline_stage, how many stages.',
    scopes: ['read'],
    parameters: [...range, step, filter],
    answer: json(traces.Latencies),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'getFailures',
    method: 'get',
    path: '/api/v1/failures',
    summary:
      'Failed and timed-out requests by error code over time, what they have in common, OOMs in a row, retry loops.',
    scopes: ['read'],
    parameters: [
      ...range,
      step,
      filter,
      query('only', '`codes`: the error codes over time and nothing else, as for a baseline.', {
        type: 'string',
        enum: ['codes'],
      }),
    ],
    answer: json(traces.FailuresAnswer),
    errors: ['query_limit', 'engine_unavailable'],
  },
];
