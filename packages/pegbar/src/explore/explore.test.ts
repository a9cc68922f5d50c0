import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { type RunningServer, startServer } from '../server.ts';
import { engineMissing } from '../store/engine/testing.ts';

const missing = engineMissing();
const HOUR = 3_600_000;
/** An hour that is over, so that its figures are in the rollups. */
const BASE = Math.floor(Date.now() / HOUR) * HOUR - 30 * HOUR;

type Row = Record<string, unknown>;

describe.skipIf(missing !== null)(`questions${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let server: RunningServer;
  const data = mkdtempSync(join(tmpdir(), 'pegbar-explore-'));

  async function ask(path: string, init?: RequestInit): Promise<{ status: number; body: Row }> {
    const response = await fetch(`${server.url}${path}`, init);
    return { status: response.status, body: (await response.json()) as Row };
  }
  async function good(path: string): Promise<Row> {
    const { status, body } = await ask(path);
    expect(body.error).toBeUndefined();
    expect(status).toBe(200);
    return body;
  }
  const sendAll = (records: readonly Row[]) =>
    ask('/api/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: records.map((record) => JSON.stringify(record)).join('\n'),
    });

  beforeAll(async () => {
    const config = loadConfig({
      argvOptions: {
        data,
        port: '0',
        'otlp-http-port': '0',
        'otlp-grpc-port': '0',
        'log-level': 'warn',
        'min-free': '1MB',
      },
      env: {},
      readFile: () => undefined,
    });
    if (!config.ok) throw new Error(JSON.stringify(config.error));
    server = await startServer(config.value);
    const sent = await sendAll(studio());
    expect(sent.body).toMatchObject({ rejected: [], duplicates: 0 });
    for (const [path, body] of Object.entries(otlp())) {
      const answer = await fetch(`${server.otlp_http}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(await answer.text()).toBe('{}');
    }
    await ask('/api/v1/flush', { method: 'POST' });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  it('finds the newest of all time, however old it is', async () => {
    const old = {
      tenant: 'old',
      request_id: 'long-ago',
      image_id: 'long-ago-img',
      timestamp: Date.now() - 40 * 24 * HOUR,
      pipeline_stage: 'generate',
      workload: 'single_image',
      outcome: 'succeeded',
      metrics: { latency_ms: 900 },
    };
    expect((await sendAll([old])).body).toMatchObject({ accepted: 1 });
    await ask('/api/v1/flush', { method: 'POST' });
    for (const [list, id] of [
      ['requests', 'request_id'],
      ['images', 'image_id'],
    ]) {
      const { items } = await good(`/api/v1/${list}?from=0&limit=1&tenant=old`);
      expect(items).toMatchObject([{ [id!]: (old as Row)[id!] }]);
    }
  });

  it('shows requests newest first, in pages without gaps or repeats', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    const range = `from=${BASE - HOUR}&to=${BASE + 30 * HOUR}`;
    do {
      const page: Row = await good(
        `/api/v1/requests?${range}&limit=7&tenant=default${cursor ? `&cursor=${cursor}` : ''}`,
      );
      for (const item of page.items as Row[]) seen.push(String(item.request_id));
      cursor = page.next_cursor as string | null;
    } while (cursor !== null);
    expect(seen.length).toBe(60);
    expect(new Set(seen).size).toBe(60);
    const all = await good(`/api/v1/requests?${range}&limit=100&tenant=default`);
    const times = (all.items as Row[]).map((item) => String(item.timestamp));
    expect(times).toEqual([...times].sort().reverse());
    expect((all.items as Row[])[0]).toMatchObject({
      outcome: expect.any(String),
      latency_ms: expect.any(Number),
    });
  });

  it.each([
    ['outcome=failed', 12],
    ['outcome!=failed', 48],
    ['model_version in v6,v7', 60],
    ['model_version~V7', 30],
    ['latency_ms>=1500', 25],
    ['steps>30', 0],
    ['loras=style-a', 60],
    ['tenant=nobody', 0],
  ])('filters requests by %s', async (filter, count) => {
    const page = await good(
      `/api/v1/requests?from=${BASE}&to=${BASE + 30 * HOUR}&limit=1000&tenant=default&filter=${encodeURIComponent(filter)}`,
    );
    expect((page.items as Row[]).length).toBe(count);
  });

  it('names an unknown field and the nearest one', async () => {
    const { status, body } = await ask('/api/v1/requests?filter=model_verson%3Dv7');
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: 'invalid_request',
      field: 'filter',
      hint: 'Did you mean model_version?',
    });
  });

  it('answers one request with its stages, pictures, scores and feedback', async () => {
    const body = await good('/api/v1/requests/r1');
    expect(body.request).toMatchObject({
      request_id: 'r1',
      outcome: 'succeeded',
      model_version: 'v7',
      images: 1,
    });
    expect((body.stages as Row[]).map((stage) => stage.pipeline_stage)).toEqual(['generate', 'deliver']);
    expect((body.images as Row[])[0]).toMatchObject({ image_id: 'r1-1', seed: '18446744073709551615' });
    expect((body.scores as Row[])[0]).toMatchObject({ name: 'aesthetic', value: 6 });
    expect((body.feedback as Row[])[0]).toMatchObject({ action: 'accept' });
    expect((await ask('/api/v1/requests/none')).status).toBe(404);
  });

  it('gives a trace by its id in any case, promoted columns among the attributes again', async () => {
    const trace = '0123456789abcdef0123456789abcdef';
    const body = await good(`/api/v1/traces/${trace.toUpperCase()}`);
    const [span] = body.spans as Row[];
    expect(span).toMatchObject({ span_id: '0123456789abcdef', parent_span_id: null, duration_ms: 40 });
    expect(span!.attributes).toMatchObject({ 'pegbar.model.version': 'v6', 'pegbar.stage': 'generate' });
    expect((await good(`/api/v1/requests/${trace}`)).request).toMatchObject({ request_id: 'traced' });
    expect((await ask(`/api/v1/traces/${'1'.repeat(32)}`)).status).toBe(404);
  });

  it('pages through pictures and shows one with its scores, feedback and request', async () => {
    const range = `from=${BASE}&to=${BASE + 30 * HOUR}&filter=${encodeURIComponent('sampler=euler')}`;
    const first = await good(`/api/v1/images?${range}&limit=40`);
    const rest = await good(`/api/v1/images?${range}&limit=40&cursor=${first.next_cursor}`);
    const ids = [...(first.items as Row[]), ...(rest.items as Row[])].map((item) => item.image_id);
    expect([new Set(ids).size, ids.length, rest.next_cursor]).toEqual([60, 60, null]);
    const seen = [...(first.items as Row[]), ...(rest.items as Row[])];
    expect(seen.find(({ image_id }) => image_id === 'r1-1')).toMatchObject({ reaction: 'accept' });
    expect(await good('/api/v1/images/r1-1')).toMatchObject({
      image: { image_id: 'r1-1', model_version: 'v7', width: 768, steps: 30 },
      scores: [{ name: 'aesthetic', value: 6 }],
      feedback: [{ action: 'accept' }],
      request: { request_id: 'r1' },
    });
  });

  it('lists deployments, metric series and logs', async () => {
    const deployments = await good(`/api/v1/deployments?from=${BASE - HOUR}&filter=version%3Dv7`);
    expect(deployments.items).toMatchObject([{ id: 'model:v7', status: 'start', previous: 'v6' }]);
    const range = `from=${BASE - HOUR}&to=${BASE + HOUR}`;
    const series = await good(`/api/v1/metrics/series?${range}&name=fans&step=60`);
    const byHost = Object.fromEntries(
      (series.items as { attributes: Row }[]).map((one) => [one.attributes.host, one]),
    );
    expect(byHost).toMatchObject({
      a: { name: 'fans', kind: 'gauge', unit: '1', points: [{ value: 2 }] },
      b: { points: [{ value: 5 }] },
    });
    const page = await good(`/api/v1/metrics/series?${range}&name=fans&limit=1`);
    expect((page.items as { points: unknown[] }[])[0]!.points.length).toBeGreaterThan(0);
    const next = await good(`/api/v1/metrics/series?${range}&name=fans&limit=1&cursor=${page.next_cursor}`);
    expect([(next.items as Row[]).length, next.next_cursor]).toEqual([1, null]);
    const seen: unknown[] = [];
    let cursor: unknown = null;
    do {
      const logs: Row = await good(`/api/v1/logs?${range}&limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      for (const log of logs.items as Row[]) seen.push(log.body);
      cursor = logs.next_cursor;
    } while (cursor !== null);
    // Records that are equal in everything are still records.
    expect(seen).toEqual(['last', 'same', 'same', 'same', 'first']);
    const found = await good(`/api/v1/logs?${range}&filter=attributes.worker%3Dw1&filter=body~FIRS`);
    expect(found.items).toMatchObject([{ body: 'first', severity: 'WARN', attributes: { worker: 'w1' } }]);
  });

  it('exports a view as NDJSON and Parquet within the tenant', async () => {
    const range = `from=${BASE - HOUR}&to=${BASE + 30 * HOUR}`;
    const text = await (
      await fetch(`${server.url}/api/v1/export?what=requests&${range}&tenant=default`)
    ).text();
    const rows = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    expect(rows[0]?.error).toBeUndefined();
    expect(rows.length).toBe(60);
    expect(rows.every((row) => row.tenant === 'default')).toBe(true);
    const answer = await fetch(`${server.url}/api/v1/export?what=stages&format=parquet&${range}`);
    expect(answer.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1']);
    expect((await ask('/api/v1/export?what=request')).body.error).toMatchObject({
      hint: 'Did you mean requests?',
    });
  });

  it('tails logs in the order in which they came, each once', async () => {
    let after = String((await good('/api/v1/logs?after=')).after);
    const seen: unknown[] = [];
    const more = async (): Promise<void> => {
      const page = await good(`/api/v1/logs?after=${after}&limit=2&filter=body~tail`);
      after = String(page.after);
      for (const log of page.items as Row[]) seen.push(log.body);
    };
    await more();
    expect(seen).toEqual([]);
    for (const lot of [['tail 3', 'tail 1', 'tail 2'], ['tail 0']]) {
      const logRecords = lot.map((stringValue) => ({ body: { stringValue }, timeUnixNano: `${BASE}000000` }));
      await fetch(`${server.otlp_http}/v1/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
      });
      await ask('/api/v1/flush', { method: 'POST' });
      await more();
    }
    await more();
    await more();
    expect(seen.length).toBe(4);
    expect(seen.at(-1)).toBe('tail 0');
    expect(new Set(seen).size).toBe(4);
  });

  it('keeps a picture, shows its thumbnail, and blurs it once it is flagged', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const png = await sharp({ create: { width: 500, height: 250, channels: 3, background: '#000', noise } })
      .png()
      .toBuffer();
    const path = '/api/v1/artifacts/shown%2Fone';
    const put = await ask(path, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(png),
    });
    expect(put).toMatchObject({
      status: 200,
      body: { image_id: 'shown/one', width: 500, bytes: png.length },
    });
    const wrong = await ask(path, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body: '<html>',
    });
    expect([wrong.status, (wrong.body.error as Row).code]).toEqual([415, 'unsupported_media_type']);
    const look = async (query = '', at = path): Promise<[number, string | null, Buffer]> => {
      const answer = await fetch(`${server.url}${at}${query}`);
      return [answer.status, answer.headers.get('x-pegbar-flagged'), Buffer.from(await answer.arrayBuffer())];
    };
    expect((await look())[2].equals(png)).toBe(true);
    expect((await sharp((await look('', '/api/v1/thumbnails/shown%2Fone'))[2]).metadata()).width).toBe(384);
    const score = {
      type: 'score',
      image_id: 'shown/one',
      name: 'nsfw',
      value: 0.9,
      scorer: 's',
      scorer_version: '1',
      timestamp: BASE,
    };
    await sendAll([score]);
    await ask('/api/v1/flush', { method: 'POST' });
    expect((await good('/api/v1/images/shown%2Fone')).image).toMatchObject({
      width: 500,
      height: 250,
      bytes: png.length,
    });
    const [status, flag, blurred] = await look();
    expect([status, flag, blurred.equals(png)]).toEqual([200, 'blurred', false]);
    const [, shown, whole] = await look('?unblur=true');
    expect([shown, whole.equals(png)]).toEqual(['shown', true]);
    const audit = (await good('/api/v1/audit')).items as Row[];
    expect(audit[0]).toMatchObject({ action: 'image.unblur', object: 'shown/one' });
    expect((await look('', '/api/v1/artifacts/nowhere'))[0]).toBe(404);
  });

  const figures = async (query: string): Promise<Row> =>
    good(`/api/v1/kpis?from=${BASE}&to=${BASE + 24 * HOUR}&tenant=default&${query}`);
  const values = (answer: Row): Record<string, unknown> =>
    Object.fromEntries(
      (answer.series as { key: Row; points: { value: unknown }[] }[]).map(({ key, points }) => [
        Object.values(key).join(' '),
        points.length === 1 ? points[0]!.value : points.map((point) => point.value),
      ]),
    );

  it('counts KPIs by dimension from the rollups', async () => {
    const answer = await figures('by=model_version&metrics=requests,failed,availability');
    expect(answer.source).toBe('rollup');
    expect(values(answer)).toMatchObject({
      'requests v6': 30,
      'requests v7': 30,
      'failed v6': 6,
      'failed v7': 6,
      'availability v6': 0.8,
    });
  });

  it.each([
    'by=model_version',
    'by=pipeline_stage',
    'by=model_version,pipeline_stage',
    'by=workload,model_version',
    'by=model_version,region',
    'by=tenant,region',
    'by=region&filter=region=eu',
    'filter=model_version in v6,v8',
    'filter=model_version~7&filter=workload=single_image',
    'by=region&filter=pipeline_stage=generate',
    'by=model_version&step=3600',
    'step=21600',
  ])('raw rows and rollups tell the same: %s', async (query) => {
    const metrics = [
      'requests',
      'failed',
      'error_rate',
      'availability',
      'latency_p50_ms',
      'latency_p95_ms',
      'latency_p99_ms',
      'images',
      'cost_usd',
      'gpu_hours',
      'acceptance_rate',
      // Sessions do not add up over several values of a filter; such a question goes to the raw rows.
      ...(/filter=model_version( in|~)/.test(query) ? [] : ['rerolls_per_session']),
      'aesthetic_mean',
      'nsfw_rate',
      'queue_wait_p95_ms',
      'delivered_fps',
      'dropped_frame_ratio',
      'gpu_util',
      'vram_headroom',
      'cache_hit_ratio',
      'queue_depth',
      'model_load_p95_ms',
      'face_ok_rate',
      'retry_rate',
      'oom_rate',
      'timeout_rate',
    ].join(',');
    const asked = `metrics=${metrics}&${query.replace(/ /g, '%20')}`;
    const rollup = await figures(asked);
    expect(rollup.source).toBe('rollup');
    // No rollup holds three dimensions: the same question is answered from raw rows.
    const everything = ['region', 'workload', 'hardware_class'].map((dim) => `&filter=${dim}~`).join('');
    const raw = await figures(asked + everything);
    expect(raw.source).toBe('raw');
    expect(rounded(raw.series)).toEqual(rounded(rollup.series));
  });

  it('counts the edges of a window exactly', async () => {
    const at = (minutes: number): number => BASE + minutes * 60_000;
    const count = async (from: number, to: number): Promise<unknown> =>
      values(await good(`/api/v1/kpis?from=${from}&to=${to}&tenant=default&metrics=requests`)).requests;
    // A request ends 1.2 s after each third of an hour.
    expect(await count(at(0), at(20))).toBe(1);
    expect(await count(at(10), at(610))).toBe(30);
    expect(await count(at(10), at(590))).toBe(29);
  });

  it('refuses what would draw too many points, and names what it does not know', async () => {
    const range = `from=${BASE}&to=${BASE + 24 * HOUR}`;
    expect(await ask(`/api/v1/kpis?${range}&step=1`)).toMatchObject({
      status: 422,
      body: { error: { code: 'query_limit' } },
    });
    expect(await ask(`/api/v1/kpis?${range}&metrics=request`)).toMatchObject({
      status: 400,
      body: { error: { field: 'metrics', hint: 'Did you mean requests?' } },
    });
    expect(await ask(`/api/v1/kpis?${range}&by=region&top=0`)).toMatchObject({
      status: 400,
      body: { error: { field: 'top' } },
    });
    expect(await ask(`/api/v1/kpis?${range}&by=model`)).toMatchObject({
      status: 400,
      body: { error: { field: 'by' } },
    });
    expect(await ask(`/api/v1/kpis?${range}&metrics=gpu_util&filter=steps%3E1`)).toMatchObject({
      status: 400,
      body: { error: { message: 'gpu_util cannot be filtered by steps' } },
    });
  });

  it('erases a user everywhere and counts the hours anew', async () => {
    const [image] = (await good('/api/v1/images/r1-1')).image
      ? [(await good('/api/v1/images/r1-1')).image as Row]
      : [];
    const user_hash = image!.user_id_hash;
    expect(user_hash).toMatch(/^[0-9a-f]{16}$/);
    const before = values(await figures('metrics=requests,images'));
    const { status, body } = await ask('/api/v1/erasures?tenant=default', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_hash }),
    });
    expect([status, body.requests]).toEqual([200, 12]);
    expect((await ask('/api/v1/requests/r1')).status).toBe(404);
    expect((await ask('/api/v1/images/r1-1')).status).toBe(404);
    const after = values(await figures('metrics=requests,images'));
    expect([before.requests, after.requests, before.images, after.images]).toEqual([60, 48, 48, 36]);
    const sql = `SELECT count() FROM spans WHERE user_id_hash = '${user_hash}'`;
    const left = await ask('/api/v1/query', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql }),
    });
    expect(left.body.rows).toEqual([['0']]);
    expect((await good('/api/v1/erasures')).items).toMatchObject([
      { user_hash, done_at: expect.any(String) },
    ]);
    const actions = ((await good('/api/v1/audit')).items as Row[]).map((entry) => entry.action);
    expect(actions).toContain('erasure.request');
  });
});

/** Sums of a billion millionths differ in the last bits by the order of adding. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, one) => (typeof one === 'number' ? Number(one.toPrecision(12)) : one)),
  );
}

function otlp(): Record<string, unknown> {
  const at = (seconds: number): string => `${BASE + seconds * 1000}000000`;
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const log = (seconds: number, body: string) => ({
    timeUnixNano: at(seconds),
    severityText: body === 'first' ? 'WARN' : 'INFO',
    body: { stringValue: body },
    attributes: [text('worker', 'w1')],
  });
  const fan = (host: string, seconds: number, asDouble: number) => ({
    timeUnixNano: at(seconds),
    asDouble,
    attributes: [text('host', host)],
  });
  const dataPoints = [fan('a', 1, 1), fan('a', 2, 3), fan('b', 1, 5)];
  return {
    '/v1/logs': {
      resourceLogs: [
        {
          scopeLogs: [
            { logRecords: [log(1, 'first'), log(2, 'same'), log(2, 'same'), log(2, 'same'), log(3, 'last')] },
          ],
        },
      ],
    },
    '/v1/metrics': {
      resourceMetrics: [
        { scopeMetrics: [{ metrics: [{ name: 'fans', unit: '1', gauge: { dataPoints } }] }] },
      ],
    },
  };
}

/** Two models, two regions, a request in each half hour; every fifth fails. */
function studio(): Row[] {
  const out: Row[] = [];
  for (let at = 0; at < 60; at++) {
    const id = `r${at}`;
    const end = BASE + at * (HOUR / 3) + 1_234;
    const model = { version: at % 2 ? 'v7' : 'v6', family: 'sdxl', loras: ['style-a'] };
    const common = {
      request_id: id,
      session_id: `s${at % 7}`,
      user_id_hash: `u${at % 5}`,
      region: at % 3 ? 'eu' : 'us',
      workload: at % 4 ? 'single_image' : 'animation',
      model,
    };
    out.push({
      ...common,
      timestamp: end - 100,
      pipeline_stage: 'generate',
      image_id: `${id}-1`,
      params: { sampler: 'euler', steps: 30, seed: '18446744073709551615', resolution: '768x768' },
      metrics: {
        latency_ms: 800 + at * 17.3,
        cost_usd: 0.0123,
        gpu_seconds: 0.7 + at / 100,
        queue_wait_ms: at * 3,
      },
      quality: { aesthetic: 5 + (at % 10) / 5, face_ok: at % 6 !== 0 },
      ...(at % 5 === 0 ? { error: { code: at % 2 ? 'oom' : 'timeout', message: 'no' } } : {}),
    });
    out.push({
      ...common,
      timestamp: end,
      pipeline_stage: 'deliver',
      metrics: { latency_ms: 100 },
      outcome: at % 5 === 0 ? 'failed' : 'succeeded',
    });
    out.push({
      type: 'score',
      timestamp: end + 5,
      image_id: `${id}-1`,
      name: 'aesthetic',
      value: 6,
      scorer: 'a',
      scorer_version: '1',
    });
    if (at % 2)
      out.push({
        type: 'feedback',
        timestamp: end + 9,
        image_id: `${id}-1`,
        action: at % 4 === 1 ? 'accept' : 'reroll',
      });
    const sample = { timestamp: end, region: common.region, workload: common.workload, model };
    out.push({
      ...sample,
      type: 'gpu',
      host: 'h',
      gpu_id: '0',
      gpu_type: 'a100',
      util: 0.5 + at / 200,
      mem_used_mb: 100 + at,
      mem_total_mb: 1000,
    });
    out.push({ ...sample, type: 'queue', queue: 'q', depth: at, wait_ms: 3, admitted: 2, denied: 1 });
    out.push({
      ...sample,
      type: 'frames',
      sequence_id: 'c',
      side: 'delivered',
      window_s: 2,
      frames: 40 + at,
      dropped: 3,
      duplicated: 1,
      held: 0,
      stalls: 0,
      playing_s: 2,
    });
    out.push({
      ...sample,
      type: 'frames',
      sequence_id: 'c',
      side: 'produced',
      window_s: 2,
      frames: 60,
      dropped: 0,
      duplicated: 0,
      held: 0,
      stalls: 0,
      playing_s: 2,
    });
    out.push({ ...sample, type: 'model_load', action: 'load', duration_ms: 100 + at, hit: false });
    out.push({ ...sample, type: 'cache', cache: 'vae', hits: at, misses: 2 });
  }
  out.push({
    type: 'deployment',
    id: 'model:v7',
    kind: 'model',
    version: 'v7',
    previous: 'v6',
    status: 'start',
    timestamp: BASE,
  });
  out.push({
    request_id: 'traced',
    tenant: 'other',
    trace_id: '0123456789abcdef0123456789abcdef',
    span_id: '0123456789abcdef',
    timestamp: BASE,
    pipeline_stage: 'generate',
    model: { version: 'v6' },
    outcome: 'succeeded',
    metrics: { latency_ms: 40 },
  });
  return out;
}
