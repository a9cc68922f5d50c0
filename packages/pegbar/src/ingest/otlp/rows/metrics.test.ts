import { tableOf } from '@pegbar/contract';
import { expect, test } from 'vitest';
import { BlockBuilder, readBlock } from '../../../native/index.ts';
import { jsonToProtobuf } from '../json.ts';
import { MalformedError } from '../spans/wire.ts';
import { decodeMetrics } from './metrics.ts';
import type { DecodedRows } from './rows.ts';

type Row = Record<string, unknown>;
const AT = 1_800_000_000_000;
const NS = BigInt(AT) * 1_000_000n;
const time = { startTimeUnixNano: String(NS - 60n), timeUnixNano: String(NS) };
const plain = {
  plain: true,
  text: (text: string) => ({ text, redactions: 0 }),
  attribute: (_key: string, value: string) => ({ keep: true, value, redactions: 0 }),
  userHash: (id: string) => id,
  identity: (id: string) => id,
  optedOut: () => false,
};
const text = (key: string, value: string): unknown => ({ key, value: { stringValue: value } });

function decode(
  metrics: unknown[],
  resource: unknown[] = [],
): { all: Record<string, Row[]>; result: DecodedRows } {
  const json = {
    resourceMetrics: [
      { resource: { attributes: resource }, scopeMetrics: [{ scope: { name: 's' }, metrics }] },
    ],
  };
  const bytes = jsonToProtobuf('metrics', Buffer.from(JSON.stringify(json)), 64 << 20);
  if (!bytes.ok) throw new Error(bytes.error.message);
  const all: Record<string, Row[]> = { metric_points: [], gpu_samples: [], queue_samples: [] };
  const sink = { append: (table: string, row: Row) => void all[table]!.push(row) };
  const result = decodeMetrics(bytes.value, { tenant: null, receivedMs: AT }, sink, () => plain);
  for (const [name, rows] of Object.entries(all)) fitsTable(name, rows);
  return { all, result };
}
const points = (metrics: unknown[], resource?: unknown[]): Row[] =>
  decode(metrics, resource).all.metric_points!;

/** The rows go into the table's own builder, so that no column is misnamed or mistyped. */
function fitsTable(name: string, rows: Row[]): void {
  const builder = new BlockBuilder(tableOf(name));
  for (const row of rows) builder.append(row);
  if (rows.length > 0) expect(readBlock(Buffer.concat(builder.encode())).rows).toBe(rows.length);
}

test('gauges and sums, of doubles and integers', () => {
  const rows = points(
    [
      {
        name: 'g',
        unit: 's',
        gauge: {
          dataPoints: [
            { ...time, asDouble: 1.5, attributes: [text('k', 'v'), text('pegbar.stage', 'generate')] },
          ],
        },
      },
      {
        name: 's',
        sum: {
          aggregationTemporality: 2,
          isMonotonic: true,
          dataPoints: [
            { ...time, asInt: '-7' },
            { ...time, asInt: 0 },
          ],
        },
      },
    ],
    [text('service.name', 'worker')],
  );
  expect(rows[0]).toEqual({
    tenant: 'default',
    name: 'g',
    kind: 'gauge',
    unit: 's',
    timestamp: NS,
    start: NS - 60n,
    temporality: 0,
    monotonic: 0,
    flags: 0,
    value: 1.5,
    pipeline_stage: 'generate',
    service: 'worker',
    scope: 's',
    resource: '{"service.name":"worker"}',
    attributes: { k: 'v' },
  });
  expect(rows.slice(1)).toMatchObject([
    { name: 's', kind: 'sum', value: -7, temporality: 2, monotonic: 1 },
    { name: 's', value: 0 },
  ]);
});

test('histograms with bounds, buckets, extremes and exemplars', () => {
  const point = {
    ...time,
    count: '6',
    sum: 10,
    min: 0,
    bucketCounts: ['1', 2, '3'],
    explicitBounds: [1, 5],
    exemplars: [
      { timeUnixNano: String(NS), asDouble: 2.5, traceId: '01'.repeat(16), spanId: '02'.repeat(8) },
      { timeUnixNano: String(NS), asInt: 3 },
    ],
  };
  const [row] = points([{ name: 'h', histogram: { aggregationTemporality: 1, dataPoints: [point] } }]);
  expect(row).toMatchObject({
    kind: 'histogram',
    value: 10,
    count: 6n,
    min: 0,
    max: undefined,
    bounds: [1, 5],
    buckets: [1, 2, 3],
    temporality: 1,
    exemplar_times: [NS, NS],
    exemplar_values: [2.5, 3],
  });
  const ids = row as { exemplar_traces: Uint8Array[]; exemplar_spans: Uint8Array[] };
  expect(Buffer.from(ids.exemplar_traces[0]!).toString('hex')).toBe('01'.repeat(16));
  expect(Buffer.from(ids.exemplar_spans[1]!).toString('hex')).toBe('00'.repeat(8));
});

test('exponential histograms and summaries', () => {
  const rows = points([
    {
      name: 'e',
      exponentialHistogram: {
        dataPoints: [
          {
            ...time,
            count: 9,
            scale: -2,
            zeroCount: '3',
            zeroThreshold: 0.5,
            positive: { offset: -4, bucketCounts: ['1', '2'] },
            negative: { offset: 7, bucketCounts: [3] },
          },
        ],
      },
    },
    {
      name: 'y',
      summary: {
        dataPoints: [
          {
            ...time,
            count: 2,
            sum: 3,
            quantileValues: [
              { quantile: 0.5, value: 1 },
              { quantile: 1, value: 2 },
            ],
          },
        ],
      },
    },
  ]);
  expect(rows).toMatchObject([
    {
      kind: 'exponential_histogram',
      value: Number.NaN,
      count: 9n,
      scale: -2,
      zero_count: 3n,
      zero_threshold: 0.5,
      positive_offset: -4,
      buckets: [1, 2],
      negative_offset: 7,
      negative_buckets: [3],
    },
    { kind: 'summary', value: 3, count: 2n, bounds: [0.5, 1], buckets: [1, 2] },
  ]);
});

test('a point without a recorded value is kept as such', () => {
  const [row] = points([{ name: 'g', gauge: { dataPoints: [{ ...time, flags: 1 }] } }]);
  expect(row).toMatchObject({ value: Number.NaN, flags: 1 });
});

test.each([
  ['no value', { gauge: { dataPoints: [{ ...time }, { ...time, asInt: 1 }] } }],
  [
    'a wrong time',
    {
      sum: {
        dataPoints: [
          { timeUnixNano: '5', asInt: 1 },
          { ...time, asInt: 1 },
        ],
      },
    },
  ],
  [
    'buckets that do not fit',
    {
      histogram: {
        dataPoints: [
          { ...time, bucketCounts: [1], explicitBounds: [1] },
          { ...time, count: 1 },
        ],
      },
    },
  ],
  [
    'bounds that do not rise',
    {
      histogram: { dataPoints: [{ ...time, bucketCounts: [1, 1, 1], explicitBounds: [2, 2] }, { ...time }] },
    },
  ],
  [
    'a quantile of 2',
    { summary: { dataPoints: [{ ...time, quantileValues: [{ quantile: 2, value: 1 }] }, { ...time }] } },
  ],
])('a point with %s is refused alone', (_why, metric) => {
  const { all, result } = decode([{ name: 'm', ...metric }]);
  expect(all.metric_points!.length).toBe(1);
  expect(result.rejected).toBe(1);
  expect(result.message).not.toBe('');
});

test('a metric without a name loses all its points, one without data has none', () => {
  const { result } = decode([
    {
      gauge: {
        dataPoints: [
          { ...time, asInt: 1 },
          { ...time, asInt: 2 },
        ],
      },
    },
    { name: 'x' },
  ]);
  expect(result).toMatchObject({ rejected: 2, rows: 0 });
});

test('a start that is unknown or after the end is the end', () => {
  const rows = points([
    {
      name: 'g',
      gauge: {
        dataPoints: [
          { timeUnixNano: String(NS), asInt: 1 },
          { timeUnixNano: String(NS), startTimeUnixNano: String(NS + 1n), asInt: 1 },
          { asInt: 1 },
        ],
      },
    },
  ]);
  expect(rows.map((row) => [row.start, row.timestamp])).toEqual([
    [NS, NS],
    [NS, NS],
    [NS, NS],
  ]);
});

test('what GPUs are doing, by OpenTelemetry and by DCGM, becomes one sample per GPU', () => {
  const gauge = (name: string, unit: string, ...all: [number, unknown[]][]): unknown => ({
    name,
    unit,
    gauge: { dataPoints: all.map(([asDouble, attributes]) => ({ ...time, asDouble, attributes })) },
  });
  const otel = decode(
    [
      gauge(
        'hw.gpu.utilization',
        '1',
        [0.5, [text('hw.id', '0'), text('hw.model', 'H100')]],
        [0, [text('hw.id', '1')]],
        [0.9, [text('hw.id', '0'), text('hw.gpu.task', 'encoder')]],
      ),
      gauge('hw.gpu.memory.usage', 'By', [2 ** 30, [text('hw.id', '0')]]),
      gauge('hw.gpu.memory.limit', 'By', [2 ** 31, [text('hw.id', '0')]], [2 ** 31, [text('hw.id', '9')]]),
      gauge(
        'hw.temperature',
        'Cel',
        [70, [text('hw.id', '0'), text('hw.type', 'gpu')]],
        [99, [text('hw.id', '0'), text('hw.type', 'cpu')]],
      ),
    ],
    [text('host.name', 'h1'), text('cloud.region', 'eu')],
  );
  expect(otel.all.metric_points!.length).toBe(8);
  expect(otel.all.gpu_samples).toEqual([
    {
      tenant: 'default',
      timestamp: NS,
      host: 'h1',
      gpu_id: '0',
      gpu_type: 'H100',
      region: 'eu',
      util: 0.5,
      mem_used_mb: 1024,
      mem_total_mb: 2048,
      temp_c: 70,
    },
    { tenant: 'default', timestamp: NS, host: 'h1', gpu_id: '1', gpu_type: '', region: 'eu', util: 0 },
  ]);
  const of = [text('UUID', 'GPU-1'), text('Hostname', 'h2'), text('modelName', 'A10')];
  const dcgm = decode([
    gauge('DCGM_FI_DEV_GPU_UTIL', '', [80, of]),
    gauge('DCGM_FI_DEV_FB_USED', '', [300, of]),
    gauge('DCGM_FI_DEV_FB_FREE', '', [700, of]),
  ]);
  expect(dcgm.all.gpu_samples).toMatchObject([
    { host: 'h2', gpu_id: 'GPU-1', gpu_type: 'A10', util: 0.8, mem_used_mb: 300, mem_total_mb: 1000 },
  ]);
});

test('queue metrics become queue samples; cumulative counters do not count as deltas', () => {
  const at = { ...time, attributes: [text('pegbar.queue', 'gpu')] };
  const { all } = decode([
    { name: 'pegbar.queue.depth', gauge: { dataPoints: [{ ...at, asInt: 4 }] } },
    { name: 'pegbar.queue.wait', unit: 's', gauge: { dataPoints: [{ ...at, asDouble: 1.5 }] } },
    { name: 'pegbar.queue.admitted', sum: { aggregationTemporality: 1, dataPoints: [{ ...at, asInt: 3 }] } },
    { name: 'pegbar.queue.denied', sum: { aggregationTemporality: 2, dataPoints: [{ ...at, asInt: 100 }] } },
  ]);
  expect(all.queue_samples).toEqual([
    { tenant: 'default', timestamp: NS, queue: 'gpu', depth: 4, wait_ms: 1500, admitted: 3 },
  ]);
});

test('broken bytes are malformed', () => {
  const sink = { append: () => {} };
  for (const hex of ['ff', '0a021205', '0a0612041202ffff', '0a08120612042a020aff']) {
    const bytes = Buffer.from(hex, 'hex');
    expect(() => decodeMetrics(bytes, { tenant: null, receivedMs: AT }, sink, () => plain)).toThrow(
      MalformedError,
    );
  }
});
