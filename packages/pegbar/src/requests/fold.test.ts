import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldSpans } from './fold.ts';
import { blocksOf, mergeRows, rowsIn, type SpanRow } from './testkit.ts';
import { RANK, verdictOf } from './verdict.ts';

const START_NS = 1_763_800_000_000_000_000n;
/** Sorted otherwise in UTF-16 than in UTF-8 among them. */
const word = fc.constantFrom(undefined, 'a', 'b', 'ä', '\u{1f600}', '\uffee');
const count = fc.constantFrom(undefined, 1, 2, 300);
/** Exact in a float32, so that sums do not depend on their order. */
const quarter = fc.constantFrom(undefined, 0.25, 1.5, 8);

const traceFor = (request: string, trace: number): string =>
  (request === '' ? trace : request === 'r1' ? 3 : 4).toString(16).padStart(32, '0');

/** A row of one of a few requests; what it tells changes from row to row, as with careless senders. */
const spanRow: fc.Arbitrary<SpanRow> = fc
  .record({
    tenant: fc.constantFrom('t1', 't2'),
    request: fc.constantFrom('r1', 'r2', ''),
    trace: fc.integer({ min: 1, max: 2 }),
    traceTold: fc.boolean(),
    parent: fc.boolean(),
    ms: fc.integer({ min: 0, max: 7_200_000 }),
    duration_ms: fc.integer({ min: 0, max: 60_000 }),
    source: fc.constantFrom(1, 2, 3, 6, 8),
    pipeline_stage: fc.constantFrom('', 'generate', 'deliver'),
    boundary: fc.constantFrom('', '', '', 'frame_emitted', 'deliver_complete'),
    outcome: fc.constantFrom('', '', '', 'succeeded', 'failed', 'blocked'),
    error_code: fc.constantFrom('', '', 'oom', 'timeout', 'cancelled'),
    status: fc.constantFrom(0, 1, 2),
    texts: fc.record({
      region: word,
      model_version: word,
      session_id: word,
      sampler: word,
      error_message: word,
      retry_of: word,
    }),
    numbers: fc.record({ attempt: count, steps: count, width: count, prompt_words: count }),
    seed: fc.constantFrom(undefined, 5n, 2n ** 63n + 1n, 2n ** 64n - 1n),
    cfg: fc.constantFrom(undefined, 7.5, Number.NaN),
    sums: fc.record({ queue_wait_ms: quarter, cost_usd: quarter, gpu_seconds: quarter, images: count }),
    gpu_count: count,
    loras: fc.constantFrom(undefined, ['x'], ['x', 'y'], ['z']),
    image: fc.constantFrom(undefined, 'i1', 'i2'),
  })
  .map((one) => ({
    tenant: one.tenant,
    timestamp: START_NS + BigInt(one.ms) * 1_000_000n,
    duration_ns: BigInt(one.duration_ms) * 1_000_000n,
    request_id: one.request || undefined,
    // Without an id of its own a request is its trace. A trace that is named in one segment and not in another is
    // the deriver's to bring together (tests/pipeline/otel-requests.test.ts).
    trace_id: one.request === '' || one.traceTold ? traceFor(one.request, one.trace) : undefined,
    span_id: one.source & 1 ? one.ms.toString(16).padStart(15, '0').padEnd(16, '1') : undefined,
    parent_span_id: one.parent ? 'ffffffffffffffff' : undefined,
    source: one.source,
    pipeline_stage: one.pipeline_stage || undefined,
    boundary: one.boundary || undefined,
    outcome: one.outcome || undefined,
    error_code: one.error_code || undefined,
    status: one.status,
    ...one.texts,
    ...one.numbers,
    ...one.sums,
    seed: one.seed,
    cfg: one.cfg,
    gpu_count: one.gpu_count,
    loras: one.loras,
    image_id: one.image,
    part: 0,
  }));

/** What the store makes of segments folded one by one; `seg` tells of the split and is left out. */
function folded(segments: readonly (readonly SpanRow[])[], table: 'requests' | 'images'): SpanRow[] {
  const rows = segments.flatMap((segment, index) =>
    rowsIn(foldSpans(blocksOf(segment, BigInt(index)), BigInt(index))[table]),
  );
  return [...mergeRows(table, rows)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { seg: _, ...row }]) => withoutEmpty(row));
}

/** A column is left out of a block that never sets it: left out and empty are the same. */
function withoutEmpty(row: SpanRow): SpanRow {
  const empty = (value: unknown): boolean =>
    value === '' ||
    value === 0 ||
    value === 0n ||
    (typeof value === 'string' && /^0+$/.test(value)) ||
    (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(row).filter(([, value]) => !empty(value)));
}

/** Rows in another order, cut into segments at random places. */
const split = fc.record({
  rows: fc.array(spanRow, { minLength: 1, maxLength: 24 }),
  order: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  cuts: fc.array(fc.nat(24), { maxLength: 5 }),
});

function segmentsOf(
  rows: readonly SpanRow[],
  order: Iterator<number>,
  cuts: readonly number[],
): (readonly SpanRow[])[] {
  const shuffled = rows
    .map((row) => [Number(order.next().value), row] as const)
    .sort(([a], [b]) => a - b)
    .map(([, row]) => row);
  const places = [0, ...cuts, rows.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => shuffled.slice(places[index], end));
}

describe('the fold of spans into requests', () => {
  it.each(['requests', 'images'] as const)(
    'gives the same %s whatever the order of the rows and wherever segments end',
    (table) => {
      fc.assert(
        fc.property(split, ({ rows, order, cuts }) => {
          expect(folded(segmentsOf(rows, order, cuts), table)).toEqual(folded([rows], table));
        }),
        { numRuns: 100 },
      );
    },
  );

  it('counts stages, spans and pictures, and sums what is to be summed', () => {
    const base: SpanRow = { tenant: 't', request_id: 'r', source: 1, part: 86_400_000 };
    const [request] = folded(
      [
        [
          {
            ...base,
            timestamp: 9_000_000n,
            duration_ns: 4_000_000n,
            span_id: '11'.repeat(8),
            pipeline_stage: 'generate',
            image_id: 'i',
            images: 1,
            gpu_seconds: 2,
            gpu_count: 4,
            cost_usd: 0.5,
          },
          { ...base, timestamp: 12_000_000n, boundary: 'frame_emitted', source: 18 },
          {
            ...base,
            timestamp: 11_000_000n,
            span_id: '12'.repeat(8),
            cost_usd: 0.25,
            parent_span_id: '11'.repeat(8),
          },
        ],
      ],
      'requests',
    );
    expect(request).toMatchObject({
      started: 5_000_000n,
      ended: 12_000_000n,
      stages: 1n,
      spans: 2n,
      images: 1n,
      gpu_seconds: 8,
      cost_usd: 0.75,
    });
  });

  it('has a picture for each span that is the boundary frame_emitted, with its own seed', () => {
    const base: SpanRow = { tenant: 't', request_id: 'r', boundary: 'frame_emitted', part: 86_400_000 };
    const emitted = (image_id: string, seed: bigint): SpanRow => ({
      ...base,
      timestamp: 9_000_000n,
      source: 1,
      span_id: '11'.repeat(8),
      image_id,
      seed,
      sampler: 'DDIM',
    });
    const bare: SpanRow = { ...base, timestamp: 8_000_000n, source: 17, image_id: 'c' };
    expect(folded([[emitted('a', 1n), emitted('b', 2n), bare]], 'images')).toMatchObject([
      { image_id: 'a', request_id: 'r', seed: 1n, sampler: 'DDIM', kind: 'image' },
      { image_id: 'b', request_id: 'r', seed: 2n, sampler: 'DDIM', kind: 'image' },
    ]);
  });

  it('keeps requests of tenants apart, and those without an id by their trace', () => {
    const row = (tenant: string, request_id: string | undefined, trace: string): SpanRow => ({
      tenant,
      request_id,
      trace_id: trace.repeat(32),
      timestamp: 1n,
      source: 1,
      part: 0,
    });
    const requests = folded(
      [[row('t1', 'r', 'a'), row('t2', 'r', 'b'), row('t1', undefined, 'b')]],
      'requests',
    );
    expect(requests.map((one) => `${one.tenant}/${one.request_id}`)).toEqual([
      `t1/${'b'.repeat(32)}`,
      't1/r',
      't2/r',
    ]);
  });

  it('gives rows without an id to the one request that their trace names, and to the trace where it names two', () => {
    const row = (request_id: string | undefined, trace: string): SpanRow => ({
      tenant: 't',
      request_id,
      trace_id: trace.repeat(32),
      timestamp: 1n,
      span_id: '11'.repeat(8),
      source: 1,
      part: 0,
    });
    const segment = [
      row(undefined, 'a'),
      row('r1', 'a'),
      row(undefined, 'b'),
      row('r2', 'b'),
      row('r3', 'b'),
    ];
    expect(folded([segment], 'requests').map((one) => [one.request_id, one.spans])).toEqual([
      ['b'.repeat(32), 1n],
      ['r1', 2n],
      ['r2', 1n],
      ['r3', 1n],
    ]);
  });
});

describe('the outcome of a request', () => {
  const at = (ms: number, told: SpanRow): SpanRow => ({
    tenant: 't',
    request_id: 'r',
    timestamp: BigInt(ms) * 1_000_000n,
    part: 0,
    source: 2,
    ...told,
  });
  const verdict = (...rows: SpanRow[]): unknown => folded([rows], 'requests')[0]?.verdict;

  it.each<[string, SpanRow[], bigint]>([
    ['is pending while nothing ended it', [at(5, { pipeline_stage: 'generate' })], 0n],
    [
      'is that of the root span',
      [at(5, { source: 1, span_id: '01'.repeat(8) })],
      verdictOf(RANK.root_span, 5, 'succeeded'),
    ],
    [
      'is failed where the root span says error and no more',
      [at(5, { source: 1, span_id: '01'.repeat(8), status: 2 })],
      verdictOf(RANK.root_span, 5, 'failed'),
    ],
    [
      'is not told by a span with a parent',
      [at(5, { source: 1, span_id: '01'.repeat(8), parent_span_id: '02'.repeat(8) })],
      0n,
    ],
    [
      'is that of the deliver stage, though the root span ends later',
      [
        at(5, { pipeline_stage: 'deliver' }),
        at(9, { source: 1, span_id: '01'.repeat(8), error_code: 'oom' }),
      ],
      verdictOf(RANK.deliver, 5, 'succeeded'),
    ],
    [
      'is blocked by a safety block and cancelled by a cancellation',
      [at(5, { pipeline_stage: 'deliver', error_code: 'safety_block' })],
      verdictOf(RANK.deliver, 5, 'blocked'),
    ],
    [
      'is what is stated, before anything else',
      [at(9, { boundary: 'deliver_complete' }), at(5, { outcome: 'cancelled' })],
      verdictOf(RANK.explicit, 5, 'cancelled'),
    ],
    [
      'is the later one of two that are stated',
      [at(9, { outcome: 'failed' }), at(5, { outcome: 'succeeded' })],
      verdictOf(RANK.explicit, 9, 'failed'),
    ],
    [
      'revises what the sweeper wrote, even from before it',
      [at(900, { source: 8, outcome: 'timed_out' }), at(5, { source: 1, span_id: '01'.repeat(8) })],
      verdictOf(RANK.root_span, 5, 'succeeded'),
    ],
  ])('%s', (_name, rows, expected) => {
    expect(verdict(...rows) ?? 0n).toBe(expected);
    expect(verdict(...[...rows].reverse()) ?? 0n).toBe(expected);
  });
});
