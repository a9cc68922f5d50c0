// Good inputs, from which the bad ones are made.
import { gzipSync } from 'node:zlib';
import { protoType } from '../../packages/pegbar/dist/ingest/otlp/proto.js';

export const NOW_MS = Date.UTC(2026, 10, 22, 12);
const nanos = (ms) => `${BigInt(NOW_MS + ms) * 1_000_000n}`;
const text = (key, stringValue) => ({ key, value: { stringValue } });
const resource = { attributes: [text('service.name', 'worker'), text('cloud.region', 'eu')] };
const scope = { name: 'tracer', version: '1' };
const trace = 'b3'.repeat(16);
const span = 'c4'.repeat(8);
const point = {
  startTimeUnixNano: nanos(-60_000),
  timeUnixNano: nanos(-1000),
  attributes: [text('pegbar.stage', 'generate')],
};

/** Requests in their JSON form, ids in hex. */
export const REQUESTS = {
  traces: [
    {
      resourceSpans: [
        {
          resource,
          scopeSpans: [
            {
              scope,
              spans: [
                {
                  traceId: trace,
                  spanId: span,
                  name: 'generate',
                  kind: 3,
                  startTimeUnixNano: nanos(-2000),
                  endTimeUnixNano: nanos(-1000),
                  attributes: [
                    text('pegbar.stage', 'generate'),
                    text('gen_ai.prompt', 'ein Bild, 図'),
                    { key: 'image.seed', value: { intValue: '-1' } },
                    { key: 'list', value: { arrayValue: { values: [{ doubleValue: 1.5 }, {}] } } },
                    { key: 'map', value: { kvlistValue: { values: [text('a', 'b')] } } },
                  ],
                  events: [{ timeUnixNano: nanos(-1500), name: 'frame_emitted' }],
                  status: { code: 2, message: 'out of memory' },
                },
              ],
            },
          ],
        },
      ],
    },
    {},
  ],
  metrics: [
    {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [
            {
              scope,
              metrics: [
                { name: 'g', unit: '1', gauge: { dataPoints: [{ ...point, asDouble: 0.5 }] } },
                {
                  name: 's',
                  sum: {
                    aggregationTemporality: 2,
                    isMonotonic: true,
                    dataPoints: [{ ...point, asInt: '7' }],
                  },
                },
                {
                  name: 'h',
                  histogram: {
                    aggregationTemporality: 1,
                    dataPoints: [
                      { ...point, count: '3', sum: 4.5, bucketCounts: ['1', '2'], explicitBounds: [2] },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  ],
  logs: [
    {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            {
              scope,
              logRecords: [
                {
                  timeUnixNano: nanos(-1000),
                  severityNumber: 17,
                  severityText: 'ERROR',
                  body: { stringValue: 'mail me at ann@example.org' },
                  attributes: [text('pegbar.request.id', 'r1')],
                  traceId: trace,
                  spanId: span,
                },
              ],
            },
          ],
        },
      ],
    },
  ],
};

const TYPES = { traces: 'TracesRequest', metrics: 'MetricsRequest', logs: 'LogsRequest' };

/** protobufjs takes ids as base64. */
function withBytes(value) {
  if (Array.isArray(value)) return value.map(withBytes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) =>
      key === 'traceId' || key === 'spanId' ? [key, Buffer.from(one, 'hex')] : [key, withBytes(one)],
    ),
  );
}

export const PROTOBUF = Object.fromEntries(
  Object.entries(REQUESTS).map(([signal, all]) => {
    const type = protoType(TYPES[signal]);
    return [signal, all.map((one) => Buffer.from(type.encode(type.fromObject(withBytes(one))).finish()))];
  }),
);

export const JSON_BODIES = Object.fromEntries(
  Object.entries(REQUESTS).map(([signal, all]) => [
    signal,
    all.map((one) => Buffer.from(JSON.stringify(one))),
  ]),
);

const at = NOW_MS - 1000;
const EVENTS = [
  {
    request_id: 'r1',
    timestamp: new Date(at).toISOString(),
    pipeline_stage: 'generate',
    image_id: 'i1',
    tenant: 'studio',
    model: { version: 'v7', loras: ['a', { id: 'b', weight: 0.5 }] },
    params: { seed: '18446744073709551615', resolution: '768x768', cfg: 7.5 },
    prompt: { text: '1girl, masterpiece, 猫', negative: 'blurry' },
    metrics: { latency_ms: 1200.5, cost_usd: 0.01 },
    error: { code: 'oom', message: 'card 4111 1111 1111 1111', retriable: true },
    attributes: { 'a.b': 'c' },
  },
  { type: 'boundary', request_id: 'r1', boundary: 'deliver_complete', timestamp: at },
  {
    type: 'score',
    image_id: 'i1',
    name: 'aesthetic',
    value: 6.5,
    scorer: 's',
    scorer_version: '1',
    timestamp: at,
  },
  { type: 'feedback', image_id: 'i1', action: 'accept', timestamp: at },
  { type: 'frames', sequence_id: 'q', side: 'delivered', window_s: 1, frames: 24, dropped: 0, timestamp: at },
  { type: 'gpu', host: 'h', gpu_id: '0', util: 0.5, mem_used_mb: 1, mem_total_mb: 2, timestamp: at },
];
export const NDJSON = [
  Buffer.from(EVENTS.map((one) => JSON.stringify(one)).join('\n')),
  Buffer.from(JSON.stringify(EVENTS)),
  Buffer.from(JSON.stringify(EVENTS[0])),
];

export const GZIP = [...NDJSON, ...PROTOBUF.traces, Buffer.alloc(100_000)].map((one) => gzipSync(one));

/** Small pictures of each kind that is taken, made by sharp. */
export async function pictures() {
  const { default: sharp } = await import('sharp');
  const base = sharp({
    create: { width: 24, height: 16, channels: 3, background: { r: 200, g: 80, b: 20 } },
  });
  return {
    'image/png': await base.clone().png().toBuffer(),
    'image/jpeg': await base.clone().jpeg().toBuffer(),
    'image/webp': await base.clone().webp().toBuffer(),
  };
}
