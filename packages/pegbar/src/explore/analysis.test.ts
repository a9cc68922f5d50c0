/** Facets, find and explain over a whole server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { type RunningServer, startServer } from '../server.ts';
import { engineMissing } from '../store/engine/testing.ts';
import type { Explanation } from './explain.ts';
import type { Facets } from './facets.ts';
import type { Found } from './find.ts';

const missing = engineMissing();
const HOUR = 3_600_000;
const BASE = Date.now() - 6 * HOUR;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const DIGEST = 'c0ffee'.padEnd(64, '7');
const CHECKPOINT = 'e88a2f07d1c6';

type Row = Record<string, unknown>;

describe.skipIf(missing !== null)(`facets, find, explain${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let server: RunningServer;
  const data = mkdtempSync(join(tmpdir(), 'pegbar-analysis-'));

  async function ask<T>(path: string, body?: Row): Promise<T & { error?: Row }> {
    const init = body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    return (await (await fetch(`${server.url}${path}`, init)).json()) as T & { error?: Row };
  }

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
    const sent = await fetch(`${server.url}/api/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: studio()
        .map((record) => JSON.stringify(record))
        .join('\n'),
    });
    expect(await sent.json()).toMatchObject({ rejected: [] });
    await fetch(`${server.url}/api/v1/flush`, { method: 'POST' });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  const range = `from=${BASE - HOUR}&to=${BASE + 4 * HOUR}&tenant=default`;
  const facets = (query: string) => ask<Facets>(`/api/v1/facets?${range}&${query}`);
  const valuesOf = (answer: Facets, field: string) => {
    const facet = answer.fields.find((one) => one.field === field)!;
    return [facet.absent, Object.fromEntries(facet.values.map((one) => [one.value, one.n]))];
  };

  it('counts the values of fields, and those that tell nothing', async () => {
    const answer = await facets('of=requests&fields=model_version,collection,loras,steps,outcome');
    expect(answer.sample).toEqual({ rows: 600, of: 600, how: 'all rows' });
    expect(valuesOf(answer, 'model_version')).toEqual([0, { v6: 300, v7: 300 }]);
    expect(valuesOf(answer, 'loras')).toEqual([500, { 'fx-7': 100 }]);
    expect(valuesOf(answer, 'collection')).toEqual([600, {}]);
    expect(valuesOf(answer, 'steps')).toEqual([0, { 20: 300, 30: 300 }]);
    expect(valuesOf(answer, 'outcome')).toEqual([0, { succeeded: 600 }]);
  });

  it('shows the other values of a field that is filtered, and narrows the others', async () => {
    const answer = await facets('of=requests&fields=model_version,region&filter=model_version%3Dv7');
    expect(answer.sample.of).toBe(300);
    expect(valuesOf(answer, 'model_version')).toEqual([0, { v6: 300, v7: 300 }]);
    expect(valuesOf(answer, 'region')).toEqual([0, { eu: 150, us: 150 }]);
  });

  it('counts spans of the tenants that have them', async () => {
    const all = `from=${BASE - HOUR}&to=${BASE + 4 * HOUR}&of=spans&fields=tenant`;
    expect(valuesOf(await ask<Facets>(`/api/v1/facets?${all}`), 'tenant')).toEqual([0, { other: 1 }]);
  });

  it.each([
    ['images', 'model_version', 300],
    ['stages', 'pipeline_stage', 600],
  ])('counts facets of %s too', async (of, field, n) => {
    const answer = await facets(`of=${of}&fields=${field}`);
    expect(answer.fields[0]!.values[0]!.n).toBe(n);
  });

  it('counts keys of free attributes and their values', async () => {
    const answer = await facets('of=stages&fields=attributes,attributes.node');
    expect(valuesOf(answer, 'attributes')).toEqual([0, { node: 600 }]);
    expect((valuesOf(answer, 'attributes.node')[1] as Row)['n-1']).toBe(120);
  });

  it('knows the free attributes of requests and pictures, also in SQL', async () => {
    const answer = await facets('of=requests&fields=attributes.node');
    expect((valuesOf(answer, 'attributes.node')[1] as Row)['n-1']).toBe(120);
    const { image } = await ask<{ image: Row }>('/api/v1/images/r-12-img');
    expect(image).toMatchObject({ attributes: { lens: 'wide' }, model_version: 'v6' });
    const sql =
      "SELECT attributes['node'], lora_weights FROM requests WHERE request_id = 'r-6' UNION ALL SELECT attributes['lens'], [] FROM images WHERE image_id = 'r-12-img'";
    const { rows } = await ask<{ rows: unknown[][] }>('/api/v1/query', { sql });
    expect(rows.sort()).toEqual([
      ['n-1', [0.5]],
      ['wide', []],
    ]);
  });

  it('refuses what it does not know, with the nearest', async () => {
    expect((await facets('of=request')).error).toMatchObject({ field: 'of', hint: 'Did you mean requests?' });
    expect((await facets('of=requests&fields=modelversion')).error).toMatchObject({
      field: 'fields',
      hint: 'Did you mean model_version?',
    });
  });

  const find = async (id: string): Promise<Found[]> =>
    (await ask<{ found: Found[] }>(`/api/v1/find?id=${encodeURIComponent(id)}`)).found;

  it('tells of what a pasted id is', async () => {
    expect(await find(' r-12 ')).toMatchObject([
      { kind: 'request', id: 'r-12', n: 1, page: '/requests/r-12' },
    ]);
    expect(await find('r-12-img')).toMatchObject([{ kind: 'image', page: '/images/r-12-img' }]);
    expect(await find('s-3')).toMatchObject([
      {
        kind: 'session',
        n: 60,
        page: expect.stringMatching(/^\/requests\?from=[\d.:TZ-]+&to=[\d.:TZ-]+&filter=session_id%3Ds-3$/),
      },
    ]);
    expect(await find(TRACE.toUpperCase())).toMatchObject([{ kind: 'trace', id: TRACE, tenant: 'other' }]);
    expect(await find(SPAN)).toMatchObject([{ kind: 'span', page: `/traces/${TRACE}?span=${SPAN}` }]);
    expect(await find('clip-1')).toMatchObject([{ kind: 'sequence', n: 0 }]);
    expect(await find('model:v7')).toMatchObject([{ kind: 'deployment', page: '/releases/v7' }]);
    expect(await find('v7')).toMatchObject([{ kind: 'release', page: '/releases/v7' }]);
    expect(await find(DIGEST.toUpperCase())).toMatchObject([{ kind: 'artifact', page: '/images/r-12-img' }]);
    expect(await find(CHECKPOINT)).toMatchObject([{ kind: 'checkpoint', n: 1 }]);
    for (const kind of ['prompt', 'user']) {
      const { items } = await ask<{ items: Record<string, string>[] }>(
        '/api/v1/requests?from=0&filter=request_id=hashed',
      );
      const hash = items[0]![kind === 'prompt' ? 'prompt_hash' : 'user_id_hash']!;
      const [found] = await find(hash);
      expect(found).toMatchObject({ kind, id: hash, n: 1 });
      const listed = await ask<{ items: unknown[] }>(`/api/v1${found!.page}`);
      expect(listed).toMatchObject({ items: [{ request_id: 'hashed' }] });
    }
    expect(await find("nothing' OR 1=1 --")).toEqual([]);
  });

  const send = async (...records: Row[]): Promise<void> => {
    const sent = await fetch(`${server.url}/api/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: records.map((record) => JSON.stringify({ tenant: 'later', ...record })).join('\n'),
    });
    expect(await sent.json()).toMatchObject({ rejected: [] });
    await fetch(`${server.url}/api/v1/flush`, { method: 'POST' });
  };

  it('gives a picture that an artifact record alone tells of the model of its request, whichever came first', async () => {
    const picture = (image_id: string): Row => ({
      type: 'artifact',
      timestamp: BASE,
      request_id: 'late',
      image_id,
      uri: 'https://pictures.example/x.png',
      kind: 'image',
    });
    await send(picture('before'));
    const model = async (id: string): Promise<unknown> =>
      (await ask<{ image: Row }>(`/api/v1/images/${id}?tenant=later`)).image.model_version;
    expect(await model('before')).toBeUndefined();
    const stage = { timestamp: BASE, request_id: 'late', pipeline_stage: 'generate' };
    await send({ ...stage, model: { version: 'v9' }, params: { sampler: 'ddim' }, outcome: 'succeeded' });
    await send(picture('after'));
    expect([await model('before'), await model('after')]).toEqual(['v9', 'v9']);
    const sql = "SELECT image_id, sampler FROM images WHERE tenant = 'later' ORDER BY image_id";
    expect((await ask<{ rows: unknown[] }>('/api/v1/query', { sql })).rows).toEqual([
      ['after', 'ddim'],
      ['before', 'ddim'],
    ]);
  });

  it('counts pictures in the hour in which they were made, when the verdict of their request moves to another', async () => {
    const hour = Math.floor((BASE - 48 * HOUR) / HOUR) * HOUR;
    const made = { request_id: 'moves', model: { version: 'v6' }, workload: 'single_image' };
    const figures = async (): Promise<unknown> => {
      const path = `/api/v1/kpis?metrics=images,requests&tenant=later&from=${hour}&to=${hour + 3 * HOUR}&step=1h`;
      const { series } = await ask<{ series: { key: Row; points: { value: number }[] }[] }>(path);
      return Object.fromEntries(
        series.map(({ key, points }) => [key.metric, points.map((point) => point.value)]),
      );
    };
    await send({
      ...made,
      timestamp: hour + 60_000,
      pipeline_stage: 'generate',
      image_id: 'moved-1',
      outcome: 'succeeded',
    });
    expect(await figures()).toEqual({ images: [1, 0, 0], requests: [1, 0, 0] });
    await send({ ...made, timestamp: hour + 2 * HOUR, pipeline_stage: 'deliver', outcome: 'failed' });
    expect(await figures()).toEqual({ images: [1, 0, 0], requests: [0, 0, 1] });
  });

  it('pins a trace and lets it go, in the audit', async () => {
    const pin = async (method: string, id = TRACE): Promise<unknown> => {
      const answer = await fetch(`${server.url}/api/v1/traces/${id}/pin`, { method });
      return [answer.status, ((await answer.json()) as { pinned?: boolean }).pinned];
    };
    expect(await pin('GET')).toEqual([200, false]);
    expect(await pin('POST')).toEqual([200, true]);
    expect(await pin('POST')).toEqual([200, true]);
    expect(await pin('GET')).toEqual([200, true]);
    expect(await pin('DELETE')).toEqual([200, false]);
    expect((await pin('DELETE')) as unknown[]).toContain(404);
    expect((await pin('POST', 'ff'.repeat(16))) as unknown[]).toContain(404);
    const { items } = await ask<{ items: Row[] }>('/api/v1/audit');
    expect(items.slice(0, 2)).toMatchObject([
      { action: 'trace.unpin', object: TRACE, tenant: 'other' },
      { action: 'trace.pin', object: TRACE, tenant: 'other' },
    ]);
  });

  const question = {
    subject: 'requests',
    from: BASE - HOUR,
    to: BASE + 4 * HOUR,
    filters: ['tenant=default'],
    selection: ['latency_ms>=4000'],
  };
  const explained = (more: Row = {}) => ask<Explanation>('/api/v1/explain', { ...question, ...more });

  it('names the planted cause first, then the cause within it', async () => {
    const answer = await explained();
    expect(answer.error).toBeUndefined();
    expect(answer.selection).toMatchObject({ of: expect.any(Number), rows: expect.any(Number) });
    expect(answer.selection.of + answer.rest.of).toBe(600);
    const causes = answer.attributes.filter((one) => !one.consequence);
    expect(causes[0]).toMatchObject({ attribute: 'loras', value: 'fx-7' });
    expect(answer.drill_down[0]).toMatchObject({ attribute: 'loras', value: 'fx-7' });
    expect(causes[0]!.values).toContainEqual({ value: null, selection: 0, rest: 500 });
    expect(causes[0]!.examples.selection[0]).toMatchObject({
      image_id: expect.stringMatching(/^r-\d+-img$/),
    });
    const all = await explained({ limit: 100 });
    expect(all.attributes.find((one) => one.attribute === 'attributes.node')!.lcb).toBe(0);
  });

  it('drills down by holding the winner fixed', async () => {
    const answer = await explained({ selection: ['error_code=oom'] });
    expect(answer.drill_down.map((one) => `${one.attribute}=${one.value}`)).toEqual([
      'loras=fx-7',
      'attributes.node=n-1',
    ]);
  });

  it('explains stages by their own attributes and pictures by theirs', async () => {
    const stages = await explained({ subject: 'stages' });
    expect(stages.drill_down[0]).toMatchObject({ attribute: 'loras', value: 'fx-7' });
    const images = await explained({ subject: 'images', selection: ['steps=30'] });
    expect(images.attributes[0]).toMatchObject({ attribute: 'model_version', value: 'v7' });
  });

  it('says so where there is too little to compare', async () => {
    const answer = await explained({ selection: ['latency_ms>=900000'] });
    expect(answer).toMatchObject({
      attributes: [],
      drill_down: [],
      notes: [expect.stringContaining('0 rows')],
    });
    expect((await explained({ selection: [] })).error).toMatchObject({ field: 'selection' });
    expect((await explained({ subjekt: 1 })).error).toMatchObject({ code: 'unknown_field' });
  });
});

/** 600 requests: those with the LoRA fx-7 are slow, and run out of memory on node n-1. */
function studio(): Row[] {
  const out: Row[] = [];
  for (let at = 0; at < 600; at++) {
    const slow = at % 6 === 0;
    const node = `n-${at % 5}`;
    const common = {
      request_id: `r-${at}`,
      session_id: `s-${at % 10}`,
      region: at % 4 < 2 ? 'eu' : 'us',
      workload: 'single_image',
      model: { version: at % 2 ? 'v7' : 'v6', loras: slow ? [{ id: 'fx-7', weight: 0.5 }] : [] },
      params: { steps: at % 2 ? 30 : 20 },
      attributes: { node },
    };
    const oom = slow && at % 5 === 1 && at % 7 < 6;
    out.push({
      ...common,
      timestamp: BASE + at * 10_000,
      pipeline_stage: 'generate',
      image_id: `r-${at}-img`,
      metrics: { latency_ms: slow ? 5_000 + at : 1_000 + at },
      outcome: 'succeeded',
      ...(oom ? { error: { code: 'oom', message: 'no memory' } } : {}),
    });
  }
  out.push({
    request_id: 'traced',
    tenant: 'other',
    trace_id: TRACE,
    span_id: SPAN,
    timestamp: BASE,
    pipeline_stage: 'generate',
    outcome: 'succeeded',
    metrics: { latency_ms: 40 },
  });
  out.push({
    request_id: 'hashed',
    tenant: 'other',
    timestamp: BASE,
    pipeline_stage: 'generate',
    outcome: 'succeeded',
    user_id_hash: 'somebody',
    prompt: { text: 'A heron at the end of the pier' },
    model: { checkpoint_hash: CHECKPOINT },
    metrics: { latency_ms: 40 },
  });
  out.push({
    type: 'artifact',
    timestamp: BASE,
    image_id: 'r-12-img',
    uri: 'https://pictures.example/r-12.png',
    sha256: DIGEST,
    kind: 'image',
    attributes: { lens: 'wide' },
  });
  out.push({
    type: 'frames',
    timestamp: BASE,
    sequence_id: 'clip-1',
    side: 'delivered',
    window_s: 1,
    frames: 24,
    dropped: 0,
    duplicated: 0,
    held: 0,
    stalls: 0,
    playing_s: 1,
  });
  out.push({
    type: 'deployment',
    id: 'model:v7',
    kind: 'model',
    version: 'v7',
    status: 'start',
    timestamp: BASE,
  });
  return out;
}
