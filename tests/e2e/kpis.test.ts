/** Every KPI of `design/outside.md`, computed by hand from a scripted set and asked for in every way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allKpis,
  type Dims,
  type Expected,
  type Facts,
  HOUR,
  only,
  START,
  script,
  stageKpis,
} from './kpi-records.ts';
import { type Kpis, type Server, startServer } from './server.ts';

const NAMES = (
  'requests, succeeded, failed, timed_out, blocked, cancelled, rejected, availability, error_rate, timeout_rate, ' +
  'oom_rate, retry_rate, latency_p50_ms, latency_p95_ms, latency_p99_ms, queue_wait_p95_ms, queue_depth, images, ' +
  'frames, images_per_s, frames_per_s, jobs_per_min, cost_usd, cost_per_1k_images_usd, ' +
  'cost_per_accepted_image_usd, gpu_hours, gpu_hours_per_1k_images, gpu_util, vram_headroom, model_load_p95_ms, ' +
  'cache_hit_ratio, acceptance_rate, edit_rate, rerolls_per_session, aesthetic_mean, clip_i_mean, ' +
  'style_distance_mean, face_ok_rate, watermark_rate, nsfw_rate, policy_block_rate, produced_fps, delivered_fps, ' +
  'fps_deviation, dropped_frame_ratio, duplicated_frame_ratio'
).split(', ');
/** The grid of the rollups: 32 bits of a float cut to 14 are within 1.6 %. */
const GRID = 0.017;
/** The two hours of the set: short enough to be counted from raw rows. */
const RAW = { from: START, to: START + 2 * HOUR };
/** With an hour on both sides, rollups answer. */
const ROLLUP = { from: START - HOUR, to: START + 3 * HOUR };

const { records, all } = script();
let server: Server;
beforeAll(async () => {
  server = await startServer();
  await server.store(records.slice(0, 200));
  await server.store(records.slice(200));
});
afterAll(() => server?.stop());

interface Window {
  from: number;
  to: number;
}
const seconds = ({ from, to }: Window): number => (to - from) / 1000;
const ask = (window: Window, more: Record<string, string | readonly string[]> = {}): Promise<Kpis> =>
  server.kpis({
    metrics: NAMES.join(','),
    from: new Date(window.from).toISOString(),
    to: new Date(window.to).toISOString(),
    ...more,
  });

/** What differs between an answer's value and what was computed; empty where they agree. */
function difference(value: number | null | undefined, expected: Expected): string {
  if (expected === null || value === null || value === undefined)
    return value === expected ? '' : `${value} in place of ${JSON.stringify(expected)}`;
  if (typeof expected === 'number') {
    const near = Math.abs(value - expected) <= 1e-5 * Math.max(1, Math.abs(expected));
    return near ? '' : `${value} in place of ${expected}`;
  }
  const { low, high } = expected;
  const inside = value >= low * (1 - GRID) && value <= high * (1 + GRID);
  return inside ? '' : `${value} not from ${low} to ${high}`;
}

const keyOf = (key: Record<string, string>): string =>
  JSON.stringify(
    Object.entries(key)
      .filter(([name]) => name !== 'metric')
      .sort(),
  );

/** All points of an answer against the figures of their series, `{}` where all agree. */
function wrong(
  answer: Kpis,
  figures: (key: Record<string, string>, at: number) => Record<string, Expected>,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { key, points } of answer.series)
    points.forEach(({ t, value }) => {
      const expected = figures(key, Date.parse(t));
      if (!(key.metric! in expected)) return;
      const told = difference(value, expected[key.metric!]!);
      if (told !== '') out[`${key.metric} ${keyOf(key)} ${t}`] = told;
    });
  return out;
}

const groupsOf = (set: Facts, by: string): number => {
  const names = by.split(',') as (keyof Dims)[];
  const rows = [...set.requests, ...set.stages, ...set.facts];
  return new Set(rows.map(({ dims }) => JSON.stringify(names.map((name) => dims[name])))).size;
};
const matches =
  (key: Record<string, string>) =>
  (dims: Dims): boolean =>
    Object.entries(key).every(([name, value]) => name === 'metric' || dims[name as keyof Dims] === value);

describe('every KPI', () => {
  it('is known by its name, and no other name is', async () => {
    const answer = await ask(ROLLUP);
    expect([...new Set(answer.series.map(({ key }) => key.metric))].sort()).toEqual([...NAMES].sort());
    const other = await server.call('/api/v1/kpis?metrics=happiness');
    expect(other.status).toBe(400);
    expect(other.json.error).toMatchObject({ code: 'invalid_request', field: 'metrics' });
  });

  it.each([
    ['rollups', ROLLUP, 'rollup'],
    ['raw rows', RAW, 'raw'],
  ])('has the figure computed by hand, from %s', async (_name, window, source) => {
    const answer = await ask(window);
    expect(answer.source).toBe(source);
    expect(answer.series).toHaveLength(NAMES.length);
    expect(wrong(answer, () => allKpis(all, seconds(window)))).toEqual({});
  });

  it.each([
    'tenant',
    'region',
    'model_version',
    'workload',
    'hardware_class',
    'traffic_source',
    'workload,model_version',
    'model_version,region',
    'tenant,model_version',
  ])('by %s, from rollups and the same from raw rows', async (by) => {
    for (const [window, source] of [
      [ROLLUP, 'rollup'],
      [RAW, 'raw'],
    ] as const) {
      const answer = await ask(window, { by });
      expect(answer.source).toBe(source);
      expect(answer.series).toHaveLength(NAMES.length * groupsOf(all, by));
      expect(wrong(answer, (key) => allKpis(only(all, matches(key)), seconds(window)))).toEqual({});
    }
  });

  it.each(['workload,region', 'region,hardware_class,traffic_source'])(
    'by %s, a combination that is not stored, from raw rows',
    async (by) => {
      const answer = await ask(ROLLUP, { by });
      expect(answer.source).toBe('raw');
      expect(answer.series).toHaveLength(NAMES.length * groupsOf(all, by));
      expect(wrong(answer, (key) => allKpis(only(all, matches(key)), seconds(ROLLUP)))).toEqual({});
    },
  );

  it.each([
    ['1h', HOUR, ROLLUP, 'rollup'],
    ['30m', HOUR / 2, ROLLUP, 'raw'],
    ['3600', HOUR, ROLLUP, 'rollup'],
  ])('in steps of %s', async (step, length, window, source) => {
    const answer = await ask(window, { step });
    expect(answer).toMatchObject({ source, step_s: length / 1000 });
    for (const { points } of answer.series) expect(points).toHaveLength((window.to - window.from) / length);
    const at = (start: number): Facts => only(all, (_dims, time) => time >= start && time < start + length);
    expect(wrong(answer, (_key, start) => allKpis(at(start), length / 1000))).toEqual({});
  });

  it('with filters: one dimension, a list, several AND-ed, a negation', async () => {
    const cases: [string | string[], (dims: Dims) => boolean, string][] = [
      ['model_version=v7', (dims) => dims.model_version === 'v7', 'rollup'],
      ['model_version!=v7', (dims) => dims.model_version !== 'v7', 'raw'],
      ['traffic_source in app,api', (dims) => dims.traffic_source !== 'batch', 'raw'],
      ['region~u', () => true, 'raw'],
      [
        ['workload=animation', 'model_version=v6'],
        (dims) => dims.workload === 'animation' && dims.model_version === 'v6',
        'rollup',
      ],
      [['tenant=kpi-a', 'region=us'], (dims) => dims.tenant === 'kpi-a' && dims.region === 'us', 'rollup'],
      [
        ['region=us', 'workload=animation', 'traffic_source=app'],
        (dims) => dims.region === 'us' && dims.workload === 'animation' && dims.traffic_source === 'app',
        'raw',
      ],
    ];
    for (const [filter, which, source] of cases) {
      const answer = await ask(ROLLUP, { filter });
      expect([filter, answer.source]).toEqual([filter, source]);
      expect([filter, wrong(answer, () => allKpis(only(all, which), seconds(ROLLUP)))]).toEqual([filter, {}]);
    }
  });

  it('several values of a dimension come from rollups, unless sessions are asked for, which do not add up', async () => {
    const filter = 'traffic_source in app,api';
    const of = async (metrics: string) => (await ask(ROLLUP, { filter, metrics })).source;
    expect(await of('requests,latency_p95_ms,acceptance_rate')).toBe('rollup');
    expect(await of('requests,rerolls_per_session')).toBe('raw');
  });
});

describe('with stages', () => {
  const names = Object.keys(stageKpis(all, 1));
  const figures =
    (set: Facts) =>
    (key: Record<string, string>): Record<string, Expected> => {
      const { pipeline_stage, ...dims } = key;
      const kept = only(
        set,
        matches(dims),
        (row) => pipeline_stage === undefined || row.stage === pipeline_stage,
      );
      return stageKpis(kept, seconds(ROLLUP));
    };

  it.each(['pipeline_stage', 'pipeline_stage,model_version', 'tenant,pipeline_stage'])(
    'by %s the figures are those of the stages, from rollups',
    async (by) => {
      const answer = await ask(ROLLUP, { by, metrics: names.join(',') });
      expect(answer.source).toBe('rollup');
      expect(new Set(answer.series.map(({ key }) => key.pipeline_stage))).toEqual(
        new Set(['preprocess', 'generate', 'deliver']),
      );
      expect(wrong(answer, figures(all))).toEqual({});
    },
  );

  it("filtered by a stage the latency is the stage's", async () => {
    const answer = await ask(ROLLUP, { filter: 'pipeline_stage=generate', metrics: names.join(',') });
    expect(answer.source).toBe('rollup');
    const generate = only(
      all,
      () => true,
      (row) => row.stage === 'generate',
    );
    expect(wrong(answer, () => stageKpis(generate, seconds(ROLLUP)))).toEqual({});
  });

  it('filtered by a parameter they come from raw rows', async () => {
    const answer = await ask(ROLLUP, {
      filter: ['pipeline_stage=generate', 'steps>=25'],
      metrics: names.join(','),
    });
    expect(answer.source).toBe('raw');
    const kept = only(
      all,
      () => true,
      (row) => row.stage === 'generate' && row.steps >= 25,
    );
    expect(wrong(answer, () => stageKpis(kept, seconds(ROLLUP)))).toEqual({});
  });
});

it('sums of absurd amounts are absurd, and never negative', async () => {
  const from = START + 48 * HOUR;
  const [rows, seconds_each, gpus] = [40, 1e9, 512];
  await server.store(
    Array.from({ length: rows }, (_, at) => ({
      timestamp: new Date(from + (at % 4) * HOUR + at * 1_000).toISOString(),
      request_id: `req-absurd-${at}`,
      tenant: 'absurd',
      pipeline_stage: 'generate',
      workload: 'single_image',
      outcome: 'succeeded',
      resources: { gpu_count: gpus },
      metrics: { latency_ms: 1_000, gpu_seconds: seconds_each },
    })),
  );
  for (const window of [
    { from: from - HOUR, to: from + 5 * HOUR },
    { from: from - 30 * 24 * HOUR, to: from + 30 * 24 * HOUR },
  ]) {
    const { series } = await ask(window, { filter: 'tenant=absurd', metrics: 'gpu_hours' });
    const hours = series[0]!.points[0]!.value!;
    const share = hours / ((rows * seconds_each * gpus) / 3_600);
    // Stored days end at 2⁶³ millionths.
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(1.000_001);
  }
});
