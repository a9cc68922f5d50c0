import { describe, expect, it } from 'vitest';
import type { RequestRow, TraceOutline, UsualTimes } from '../../api/index.ts';
import { headlineOf, sentenceOf } from './finding.ts';
import { axisOf, outlineOfStages, waterfallOf } from './model.ts';

const OUTLINE: TraceOutline = {
  trace_id: 't',
  tenant: 'a',
  start: '2026-10-14T15:38:21.000Z',
  duration_ms: 1000,
  truncated: false,
  names: ['request', 'generate', 'sampler', 'deliver'],
  stages: ['', 'generate', 'deliver'],
  spans: {
    id: ['r', 'g', 's', 'd'],
    parent: [-1, 0, 1, 0],
    name: [0, 1, 2, 3],
    stage: [0, 1, 0, 2],
    start_ms: [0, 200, 210, 900],
    duration_ms: [1000, 700, 600, 100],
    status: [0, 2, 0, 0],
  },
  waits: [[1, 150]],
  pictures: [],
  misses: [2],
  events: [[1, 205, 'vram low', 1]],
};
const ALL = { folded: new Set<string>(), stagesOnly: false };

describe('a waterfall', () => {
  it('shows spans as a tree, a wait before what waited', () => {
    const { rows, all, marks } = waterfallOf(OUTLINE, ALL);
    expect(rows.map((row) => [row.depth, row.name, row.kind, row.within])).toEqual([
      [0, 'request', 'root', ''],
      [1, 'queue wait', 'wait', ''],
      [1, 'generate', 'stage', 'generate'],
      [2, 'sampler', 'span', 'generate'],
      [1, 'deliver', 'stage', 'deliver'],
    ]);
    expect([all, rows[0]!.below, rows[2]!.below]).toEqual([5, 4, 1]);
    expect(rows[1]).toMatchObject({ start_ms: 50, duration_ms: 150 });
    expect([rows[2]!.failed, rows[3]!.missed]).toEqual([true, true]);
    expect(marks.get('g')).toEqual([{ at_ms: 205, name: 'vram low', warns: true }]);
  });

  it('leaves out what is folded, and spans where only stages are wanted', () => {
    const names = (seen: typeof ALL) => waterfallOf(OUTLINE, seen).rows.map((row) => row.name);
    expect(names({ ...ALL, folded: new Set(['g']) })).toEqual([
      'request',
      'queue wait',
      'generate',
      'deliver',
    ]);
    expect(names({ ...ALL, stagesOnly: true })).toEqual(['request', 'queue wait', 'generate', 'deliver']);
    expect(names({ ...ALL, folded: new Set(['r']) })).toEqual(['request']);
  });

  it('takes a chain of 20,000 spans, and a span that calls itself its parent', () => {
    const count = 20_000;
    const line = (of: (at: number) => number) => Array.from({ length: count }, (_, at) => of(at));
    const spans = {
      id: line((at) => at).map(String),
      parent: line((at) => (at === 0 ? 0 : at - 1)),
      name: line(() => 0),
      stage: line(() => 0),
      status: line(() => 0),
      start_ms: line((at) => at),
      duration_ms: line(() => 1),
    };
    const { rows } = waterfallOf({ ...OUTLINE, spans, waits: [], misses: [], events: [] }, ALL);
    expect([rows.length, rows.at(-1)!.depth, rows[0]!.below]).toEqual([count, count - 1, count - 1]);
  });

  it('is made of stages where there are no spans', () => {
    const stage = (name: 'generate' | 'deliver', end: string, latency_ms: number) => ({
      tenant: 'a',
      timestamp: end,
      pipeline_stage: name,
      latency_ms,
    });
    const outline = outlineOfStages(
      [
        stage('deliver', '2026-10-14T15:00:03.000Z', 500),
        stage('generate', '2026-10-14T15:00:02.000Z', 2000),
      ],
      '',
    )!;
    expect(waterfallOf(outline, ALL).rows.map((row) => [row.name, row.start_ms, row.duration_ms])).toEqual([
      ['generate', 0, 2000],
      ['deliver', 2500, 500],
    ]);
    expect(outlineOfStages([], '')).toBeNull();
  });

  it('has round moments under it', () => {
    expect(axisOf(6412, 7).map((one) => one.text)).toEqual(['0 s', '1 s', '2 s', '3 s', '4 s', '5 s', '6 s']);
    expect(axisOf(53, 6).map((one) => one.text)).toEqual([
      '0 ms',
      '10 ms',
      '20 ms',
      '30 ms',
      '40 ms',
      '50 ms',
    ]);
    expect(axisOf(1300, 7)[1]!.text).toBe('0.2 s');
    expect(axisOf(0, 7)).toEqual([]);
  });
});

describe('the finding of a request', () => {
  const request = { outcome: 'succeeded', latency_ms: 6412, tenant: 'a', request_id: 'r' } as RequestRow;
  const usual: UsualTimes = {
    version: 'v6',
    previous: true,
    request: { p50_ms: 4310, p95_ms: 5000, n: 8377 },
    stages: new Map([['upscale', { p50_ms: 550, p95_ms: 710, n: 8000 }]]),
  };
  it('says how long it took, and what others take', () => {
    expect(headlineOf(request, usual)).toBe('This request took 6.4 s; v6 takes 4.3 s');
    expect(headlineOf({ ...request, latency_ms: 4500 }, usual)).toBe(
      'This request took 4.5 s, as long as v6',
    );
    expect(headlineOf(request, null)).toBe('This request took 6.4 s');
    expect(
      headlineOf({ ...request, outcome: 'failed', latency_ms: 53, error_message: 'worker lost' }, usual),
    ).toBe('This request failed after 53 ms: worker lost');
  });
  it('names the stage that differs most', () => {
    const told = [{ name: 'upscale', ms: 2650 }];
    expect(sentenceOf(request, told, usual)).toBe('Upscale is 2.1 s longer than the median of v6.');
    expect(sentenceOf(request, [{ name: 'upscale', ms: 560 }], usual)).toBe(
      'Every stage took about as long as the median of v6.',
    );
    expect(sentenceOf(request, told, null)).toBeNull();
  });
});
