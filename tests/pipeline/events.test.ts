import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../packages/pegbar/src/base/clock.ts';
import { createContentKeeper, createContentReader } from '../../packages/pegbar/src/rollups/index.ts';
import { engineMissing } from '../../packages/pegbar/src/store/engine/testing.ts';
import { startPipeline } from './harness.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

/** A closed hour, so that its rollup is stored. */
const HOUR = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 48 * 3_600_000;

function requestLines(index: number, options: { failed?: boolean; model?: string } = {}): string[] {
  const at = HOUR + index * 1000;
  const base = {
    request_id: `r${index}`,
    tenant: index % 2 ? 'studio-a' : 'studio-b',
    workload: 'single_image',
    region: 'eu',
    model: { version: options.model ?? 'v6' },
    session_id: `s${index % 10}`,
  };
  return [
    {
      ...base,
      timestamp: at,
      pipeline_stage: 'ingest',
      metrics: { latency_ms: 100 },
      prompt: { text: 'a cat, masterpiece' },
    },
    {
      ...base,
      timestamp: at + 2000,
      pipeline_stage: 'generate',
      image_id: `i${index}`,
      metrics: { latency_ms: 1900, queue_wait_ms: 50, gpu_seconds: 1.5, cost_usd: 0.01 },
      params: { seed: '18446744073709551615', steps: 30, resolution: '768x768' },
      quality: { aesthetic: 6 },
      ...(options.failed && { error: { code: 'oom', message: 'CUDA out of memory' }, image_id: undefined }),
    },
    ...(options.failed
      ? [
          {
            type: 'stage',
            ...base,
            timestamp: at + 2100,
            pipeline_stage: 'postprocess',
            outcome: 'failed',
            metrics: { latency_ms: 10 },
          },
        ]
      : [{ ...base, timestamp: at + 2500, pipeline_stage: 'deliver', metrics: { latency_ms: 500 } }]),
  ].map((event) => JSON.stringify(event));
}

describe.skipIf(missing)('events through the main line', () => {
  let line: Awaited<ReturnType<typeof startPipeline>>;
  beforeAll(async () => {
    line = await startPipeline();
  });
  afterAll(() => line?.stop());

  it('stores each line once, names the bad ones, and folds stages into requests', async () => {
    const lines: string[] = [];
    for (let index = 0; index < 100; index++)
      lines.push(...requestLines(index, { failed: index % 10 === 0 }));
    const body = [...lines, '{"pipeline_stage":', '{"type":"nonsense"}'].join('\n');
    const first = await line.events.accept(body, { tenant: null });
    expect(first.accepted).toBe(300);
    expect(first.rejected.map((one) => [one.line, one.code])).toEqual([
      [301, 'invalid_json'],
      [302, 'unknown_type'],
    ]);
    const again = await line.events.accept(lines.join('\n'), { tenant: null });
    expect(again).toMatchObject({ accepted: 0, duplicates: 300 });

    await line.flush();
    expect(
      await line.rows('SELECT count() AS n, countIf(seed = 18446744073709551615) AS seeds FROM spans'),
    ).toEqual([{ n: '300', seeds: '100' }]);
    expect(
      await line.rows(
        'SELECT count() AS n, sum(images) AS images, sum(stages) AS stages FROM requests FINAL',
      ),
    ).toEqual([{ n: '100', images: '90', stages: '300' }]);
    expect(await line.rows('SELECT count() AS n FROM images FINAL')).toEqual([{ n: '90' }]);
  });

  it('counts rollups that equal the raw rows', async () => {
    const rollup = await line.rows<{ metric: string; n: string; sum: string }>(
      "SELECT metric, sum(n) AS n, sum(sum) AS sum FROM roll_hours WHERE tenant != '' AND dim = 'all' AND stage = '' GROUP BY metric ORDER BY metric",
    );
    const of = (metric: string) => rollup.find((one) => one.metric === metric);
    expect(of('requests')).toMatchObject({ n: '100' });
    expect(of('succeeded')).toMatchObject({ n: '90' });
    expect(of('failed')).toMatchObject({ n: '10' });
    expect(of('oom')).toMatchObject({ n: '10' });
    expect(of('images')).toMatchObject({ sum: String(90 * 1_000_000) });
    expect(of('cost_usd')).toMatchObject({ sum: String(100 * 10_000) });
    expect(of('aesthetic')).toMatchObject({ n: '100', sum: String(600 * 1_000_000) });
  });

  it('counts a late score at the time of its picture', async () => {
    await line.events.accept(
      JSON.stringify({
        type: 'score',
        image_id: 'i1',
        name: 'face_ok',
        value: 1,
        scorer: 'x',
        scorer_version: '1',
        timestamp: Date.now(),
        tenant: 'studio-a',
      }),
      { tenant: null },
    );
    await line.flush();
    const rows = await line.rows<{ t: number; n: string }>(
      "SELECT toUnixTimestamp(t) AS t, n FROM roll_hours WHERE tenant != '' AND metric = 'face_ok' AND dim = 'all'",
    );
    expect(rows).toEqual([{ t: HOUR / 1000, n: '1' }]);
    expect(
      await line.rows(
        "SELECT sum(n) AS n FROM roll_hours WHERE tenant != '' AND metric = 'requests' AND dim = 'all'",
      ),
    ).toEqual([{ n: '100' }]);
  });

  it('keeps days that add up to their hours', async () => {
    const sums = (table: string): Promise<unknown> =>
      line.rows(
        `SELECT metric, stage, dim, value, sum(n) AS n, sum(sum) AS sum, sumMap(bins, counts).2 AS counts
         FROM ${table} GROUP BY metric, stage, dim, value ORDER BY metric, stage, dim, value`,
      );
    const days = await sums('roll_days');
    expect(days).toEqual(await sums('roll_hours'));
    expect(days).not.toEqual([]);
  });

  it('counts in how many prompts and sessions each word and tag stands, by segment and hour, and again after a change', async () => {
    const keeper = createContentKeeper({ store: line.store, clock: systemClock, onCounted: () => undefined });
    const reader = createContentReader({ store: line.store, held: () => new Map() });
    const range = { from_ms: HOUR, to_ms: HOUR + 3_600_000 };
    const ask = { scope: { tenant: 'studio-a' }, kinds: ['token', 'tag'] as const, dim: 'all', ...range };
    const read = async () => {
      const [rows, names] = [await reader.read(ask), await reader.names(ask)];
      if (!rows.ok || !names.ok) throw new Error('not read');
      return rows.value.map(({ kind, documents, sessions, cells, ...lists }) => ({
        kind,
        documents,
        sessions,
        session_squares: lists.session_squares,
        cells: Array.from(cells, (cell, at) => [
          names.value.get(`${kind} ${cell}`),
          lists.counts[at],
          lists.cell_sessions[at],
          lists.squares[at],
          lists.crosses[at],
        ]).sort(),
      }));
    };
    // One tenant and day each.
    for (let day = 0; day < 4; day++) await keeper.catchUp([]);
    // 50 requests of studio-a in 5 sessions of 10, each with the words a, cat and masterpiece.
    const of = (name: string) => [name, 50, 5, 500, 500];
    const all = { documents: 50, sessions: 5, session_squares: 500 };
    const once = await read();
    expect(once).toContainEqual({ kind: 'token', ...all, cells: ['a', 'cat', 'masterpiece'].map(of) });
    expect(once).toContainEqual({ kind: 'tag', ...all, cells: [of('masterpiece')] });
    expect(once).toHaveLength(2);
    // As if it had been counted before half of them came in: it is counted again, and read once.
    await line.store.command(
      "INSERT INTO content_hours (tenant, kind, t, counted, counts) SELECT tenant, kind, t, counted + 1, [1, 1, 1] FROM content_hours WHERE kind = 'hour' AND tenant = 'studio-a'",
    );
    const again = createContentKeeper({ store: line.store, clock: systemClock, onCounted: () => undefined });
    await again.catchUp([]);
    expect(await read()).toEqual(once);
  });
});
