/** Records over `POST /api/v1/events`: what was sent comes back under its name. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexId, type Json, type Server, startServer } from './server.ts';

/** Half past an hour of three days ago: an hour that is over, with room on both sides. */
const AT = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 72 * 3_600_000 + 1_800_000;
const iso = (ms: number): string => new Date(ms).toISOString();
/** As SQL tells a time of nanoseconds. */
const sqlTime = (ms: number, digits = 9): string =>
  iso(ms)
    .replace('T', ' ')
    .replace('Z', '')
    .padEnd(20 + digits, '0');

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

const one = async (sql: string): Promise<Record<string, unknown>> => {
  const rows = await server.sql(sql);
  expect(rows, sql).toHaveLength(1);
  return rows[0]!;
};

describe('the reference event', () => {
  const trace_id = hexId(32);
  const span_id = hexId(16);
  const parent_span_id = hexId(16);
  const event: Json = {
    event_id: 'reference-1',
    request_id: 'ref-1',
    session_id: 'session-1',
    user_id_hash: '5f4dcc3b5aa765d61d8327deb882cf99',
    timestamp: iso(AT),
    region: 'eu-west-1',
    tenant: 'studio-ref',
    workload: 'animation',
    traffic_source: 'app',
    trace_id,
    span_id,
    parent_span_id,
    image_id: 'image-1',
    sequence_id: 'clip-1',
    attempt: 2,
    retry_of: 'ref-0',
    collection: 'noir',
    pipeline_stage: 'generate',
    outcome: 'succeeded',
    model: {
      family: 'sdxl',
      version: 'v7',
      checkpoint_hash: 'abc123',
      loras: [{ id: 'ink', weight: 0.75 }, 'grain'],
    },
    params: {
      sampler: 'euler_a',
      scheduler: 'karras',
      steps: 28,
      cfg: 6.5,
      seed: '18446744073709551615',
      resolution: { width: 768, height: 1152 },
      denoise: 0.5,
    },
    prompt: {
      text: 'a lighthouse at dusk, masterpiece',
      negative: 'lowres, bad hands',
      length: 33,
      tokens: 7,
      language: 'en',
      redactions: 0,
    },
    conditioning: {
      reference_images: ['ref-a.png', 'ref-b.png'],
      control_maps: ['depth', 'canny'],
      embeddings: ['easynegative'],
    },
    resources: {
      gpu_type: 'L40S',
      gpu_mem_mb: 20480,
      gpu_count: 2,
      batch_size: 4,
      hardware_class: 'standard',
    },
    metrics: {
      latency_ms: 4250,
      rps: 3.5,
      gpu_util: 0.875,
      gpu_seconds: 4,
      cost_usd: 0.0125,
      queue_wait_ms: 312.5,
    },
    quality: {
      clip_i: 0.75,
      aesthetic: 6.25,
      nsfw_flag: false,
      toxicity: 0.0625,
      face_ok: true,
      pose_ok: true,
      style_distance: 0.25,
      watermark: false,
    },
    artifacts: { image_uri: 's3://b/1.png', thumb_uri: 's3://b/1t.webp', embedding_uri: 's3://b/1.npy' },
    consent: { state: 'granted', at: iso(AT - 86_400_000) },
    license: 'CC-BY-4.0',
    camera: { lens: '35mm' },
    shots: 3,
  };

  beforeAll(() => server.store([event]));

  const COLUMNS = {
    tenant: 'studio-ref',
    request_id: 'ref-1',
    session_id: 'session-1',
    region: 'eu-west-1',
    workload: 'animation',
    traffic_source: 'app',
    trace_id,
    span_id,
    image_id: 'image-1',
    sequence_id: 'clip-1',
    attempt: 2,
    retry_of: 'ref-0',
    collection: 'noir',
    model_family: 'sdxl',
    model_version: 'v7',
    checkpoint_hash: 'abc123',
    loras: ['ink', 'grain'],
    lora_weights: [0.75, 1],
    sampler: 'euler_a',
    scheduler: 'karras',
    steps: 28,
    cfg: 6.5,
    seed: '18446744073709551615',
    width: 768,
    height: 1152,
    denoise: 0.5,
    hardware_class: 'standard',
    consent: 'granted',
    consent_at: sqlTime(AT - 86_400_000, 3),
    license: 'CC-BY-4.0',
  };
  const pick = (row: Record<string, unknown>, names: object): Record<string, unknown> =>
    Object.fromEntries(Object.keys(names).map((name) => [name, row[name]]));

  it('comes back in `stages` field by field', async () => {
    const expected = {
      ...COLUMNS,
      timestamp: sqlTime(AT),
      started: sqlTime(AT - 4250),
      parent_span_id,
      pipeline_stage: 'generate',
      outcome: 'succeeded',
      latency_ms: 4250,
      queue_wait_ms: 312.5,
      cost_usd: 0.0125,
      gpu_seconds: 4,
      gpu_count: 2,
      gpu_type: 'L40S',
      gpu_mem_mb: 20480,
      batch_size: 4,
      rps: 3.5,
      gpu_util: 0.875,
      prompt: 'a lighthouse at dusk, masterpiece',
      negative_prompt: 'lowres, bad hands',
      prompt_length: 33,
      prompt_language: 'en',
      redactions: 0,
      reference_images: ['ref-a.png', 'ref-b.png'],
      control_maps: ['depth', 'canny'],
      conditioning_embeddings: ['easynegative'],
      clip_i: 0.75,
      aesthetic: 6.25,
      nsfw_flag: 0,
      toxicity: 0.0625,
      face_ok: 1,
      pose_ok: 1,
      style_distance: 0.25,
      watermark: 0,
      error_code: '',
      retriable: null,
      images: 1,
      image_uri: 's3://b/1.png',
      thumb_uri: 's3://b/1t.webp',
      embedding_uri: 's3://b/1.npy',
    };
    const row = await one("SELECT * FROM stages WHERE request_id = 'ref-1'");
    expect(pick(row, expected)).toEqual(expected);
  });

  it('tells its error with code, message and whether to try again', async () => {
    const error = { code: 'oom', message: 'CUDA out of memory', retriable: true };
    await server.store([
      { request_id: 'error-1', timestamp: AT, pipeline_stage: 'generate', outcome: 'failed', error },
    ]);
    const sql = (view: string): string => `SELECT * FROM ${view} WHERE request_id = 'error-1'`;
    const told = { error_code: 'oom', error_message: 'CUDA out of memory', outcome: 'failed' };
    expect(await one(sql('stages'))).toMatchObject({ ...told, retriable: 1, images: 0 });
    expect(await one(sql('requests'))).toMatchObject(told);
  });

  it('keeps fields that are not known, as text under their names', async () => {
    const { attributes } = await one("SELECT attributes FROM stages WHERE request_id = 'ref-1'");
    expect(attributes).toMatchObject({ 'camera.lens': '35mm', shots: '3' });
  });

  it('hashes the user again with the secret of the tenant', async () => {
    const { user_id_hash } = await one("SELECT user_id_hash FROM stages WHERE request_id = 'ref-1'");
    expect(user_id_hash).toMatch(/^[0-9a-f]{16}$/);
    expect(event.user_id_hash).not.toContain(user_id_hash);
    await server.store([{ ...event, event_id: 'reference-2', request_id: 'ref-2', tenant: 'studio-other' }]);
    const other = await one("SELECT user_id_hash FROM stages WHERE request_id = 'ref-2'");
    expect(other.user_id_hash).not.toBe(user_id_hash);
  });

  it('yields a span, for it has trace ids', async () => {
    const { spans } = await server.get(`/api/v1/traces/${trace_id}`);
    const mine = spans.filter((span: Json) => span.tenant === undefined || span.tenant === 'studio-ref');
    expect(mine[0]).toMatchObject({
      span_id,
      parent_span_id,
      start: iso(AT - 4250),
      end: iso(AT),
      duration_ms: 4250,
    });
  });

  it('is its request, with the columns of model and parameters', async () => {
    const row = await one("SELECT * FROM requests WHERE request_id = 'ref-1'");
    const { span_id: _span, image_id: _image, sequence_id: _clip, lora_weights: _weights, ...rest } = COLUMNS;
    const { denoise: _denoise, consent: _consent, consent_at: _at, license: _license, ...expected } = rest;
    expect(pick(row, expected)).toEqual(expected);
    expect(row).toMatchObject({
      outcome: 'succeeded',
      latency_ms: 4250,
      queue_wait_ms: 312.5,
      cost_usd: 0.0125,
      error_code: '',
      images: '1',
    });
    expect(String(row.timestamp)).toBe(sqlTime(AT));
  });

  it('is its picture, with model, parameters and address', async () => {
    const row = await one("SELECT * FROM images WHERE image_id = 'image-1' AND tenant = 'studio-ref'");
    const { span_id: _span, attempt: _attempt, retry_of: _retry, ...expected } = COLUMNS;
    expect(pick(row, expected)).toEqual(expected);
    expect(row).toMatchObject({ uri: 's3://b/1.png', thumb_uri: 's3://b/1t.webp', nsfw_flag: 0 });
  });

  it('is found by its id over the API, with stages and pictures', async () => {
    const detail = await server.get('/api/v1/requests/ref-1');
    expect(detail.request).toMatchObject({
      request_id: 'ref-1',
      timestamp: iso(AT),
      outcome: 'succeeded',
      workload: 'animation',
      model_version: 'v7',
      latency_ms: 4250,
      seed: '18446744073709551615',
    });
    expect(detail.stages).toHaveLength(1);
    expect(detail.stages[0]).toMatchObject({ pipeline_stage: 'generate', latency_ms: 4250 });
    expect(detail.images.map((image: Json) => image.image_id)).toEqual(['image-1']);
    const picture = await server.get('/api/v1/images/image-1');
    expect(JSON.stringify(picture)).toContain('18446744073709551615');
  });

  it('takes the other forms of its fields', async () => {
    await server.store([
      {
        request_id: 'forms-1',
        timestamp: AT,
        pipeline_stage: 'generate',
        model_id: 'v9',
        model: { loras: ['ink', 'grain:0.5'] },
        params: { seed: 42, resolution: '768x512' },
        metrics: { latency_ms: 10 },
      },
    ]);
    const row = await one(
      "SELECT tenant, model_version, loras, lora_weights, seed, width, height FROM stages WHERE request_id = 'forms-1'",
    );
    expect(row).toEqual({
      tenant: 'default',
      model_version: 'v9',
      loras: ['ink', 'grain'],
      lora_weights: [1, 0.5],
      seed: '42',
      width: 768,
      height: 512,
    });
  });

  it('computes prompt features where the sender did not', async () => {
    await server.store([
      {
        request_id: 'features-1',
        timestamp: AT,
        pipeline_stage: 'preprocess',
        prompt: '1girl, red_hair, standing in the rain',
      },
    ]);
    const row = await one("SELECT * FROM prompts WHERE request_id = 'features-1'");
    expect(row).toMatchObject({ prompt: '1girl, red_hair, standing in the rain', prompt_length: 37 });
    expect(Number(row.prompt_words)).toBeGreaterThan(4);
    expect(Number(row.prompt_tokens)).toBeGreaterThan(6);
    expect(row.prompt_hash).toMatch(/^[0-9a-f]{16}$/);
    expect(row.prompt_script).not.toBe('');
  });
});

describe('identity and verdicts', () => {
  const stage = (request_id: string, more: Json = {}): Json => ({
    request_id,
    timestamp: AT,
    pipeline_stage: 'generate',
    tenant: 'studio-verdicts',
    metrics: { latency_ms: 100 },
    ...more,
  });

  it('keeps good lines and names bad ones by their number', async () => {
    const lines = [
      JSON.stringify(stage('v-1')),
      '{"pipeline_stage": "generate",',
      JSON.stringify(stage('v-2', { pipeline_stage: 'rendering' })),
      JSON.stringify({ ...stage('v-3'), timestamp: undefined }),
      '',
      JSON.stringify(stage('v-4', { trace_id: 'xyz' })),
      JSON.stringify({ type: 'meteor', timestamp: AT }),
      JSON.stringify(stage('v-5')),
    ];
    const { status, json } = await server.post('/api/v1/events', lines.join('\n'), 'application/x-ndjson');
    expect(status).toBe(200);
    expect(json.accepted).toBe(2);
    expect(json.rejected.map((each: Json) => [each.line, each.field])).toEqual([
      [2, ''],
      [3, 'pipeline_stage'],
      [4, 'timestamp'],
      [6, 'trace_id'],
      [7, 'type'],
    ]);
    for (const each of json.rejected) expect(each).toMatchObject({ code: /./, message: /./ } as object);
  });

  it('takes a JSON array and gzip', async () => {
    const array = await server.post(
      '/api/v1/events',
      JSON.stringify([stage('a-1'), stage('a-2')]),
      'application/json',
    );
    expect(array.json).toMatchObject({ accepted: 2, duplicates: 0, rejected: [] });
    const zipped = await server.call('/api/v1/events', {
      method: 'POST',
      body: gzipSync(JSON.stringify(stage('z-1'))),
      headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
    });
    expect(zipped.json).toMatchObject({ accepted: 1 });
  });

  it('refuses other content types and methods', async () => {
    expect((await server.post('/api/v1/events', '{}', 'text/plain')).status).toBe(415);
    expect((await server.call('/api/v1/events', { method: 'DELETE' })).status).toBe(405);
  });

  it('counts an event of the same id as a duplicate, within its tenant only', async () => {
    const event = stage('d-1', { event_id: 'd-1' });
    expect(await server.send([event])).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(await server.send([{ ...event, metrics: { latency_ms: 7 } }])).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await server.send([{ ...event, tenant: 'studio-b' }])).toMatchObject({
      accepted: 1,
      duplicates: 0,
    });
    await server.flush();
    expect(await server.sql("SELECT tenant FROM stages WHERE request_id = 'd-1' ORDER BY tenant")).toEqual([
      { tenant: 'studio-b' },
      { tenant: 'studio-verdicts' },
    ]);
  });

  it('identifies an event without id by its canonical form', async () => {
    const { request_id, ...rest } = stage('c-1');
    expect(await server.send([{ request_id, ...rest }])).toMatchObject({ accepted: 1 });
    expect(await server.send([{ ...rest, request_id }])).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('makes a stage and no span of an event without trace ids, and names one that no request can own', async () => {
    await server.store([stage('idless-1', { tenant: 'studio-idless' })]);
    const counts = ['stages', 'spans', 'requests'].map(
      async (view) => (await one(`SELECT count() AS n FROM ${view} WHERE tenant = 'studio-idless'`)).n,
    );
    expect(await Promise.all(counts)).toEqual(['1', '0', '1']);
    const verdict = await server.send([{ timestamp: AT, pipeline_stage: 'upscale' }]);
    expect(verdict.rejected).toMatchObject([{ line: 1, code: 'missing_field', field: 'request_id' }]);
  });

  it('takes the trace for the request where no request is named', async () => {
    const trace_id = hexId(32);
    await server.store([
      stage('', { request_id: undefined, trace_id, span_id: hexId(16), outcome: 'succeeded' }),
    ]);
    expect((await server.get(`/api/v1/requests/${trace_id}`)).request).toMatchObject({
      request_id: trace_id,
    });
  });

  it('replaces bad UTF-8 and does not refuse it', async () => {
    const [head = '', tail = ''] = JSON.stringify(stage('utf-1', { collection: '@@' })).split('@@');
    const body = Buffer.concat([Buffer.from(head), Buffer.from([0xff, 0xfe]), Buffer.from(tail)]);
    const sent = await server.call('/api/v1/events', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(sent.json).toMatchObject({ accepted: 1 });
    await server.flush();
    const { collection } = await one("SELECT collection FROM stages WHERE request_id = 'utf-1'");
    expect(collection).toBe('\ufffd\ufffd');
  });

  it('makes one stage of an event and a span with the same ids', async () => {
    const [trace_id, span_id] = [hexId(32), hexId(16)];
    const attribute = (key: string, value: string): Json => ({ key, value: { stringValue: value } });
    const span = {
      traceId: trace_id,
      spanId: span_id,
      name: 'generate',
      startTimeUnixNano: String((AT - 100) * 1e6),
      endTimeUnixNano: String(AT * 1e6),
      attributes: [
        attribute('pegbar.stage', 'generate'),
        attribute('pegbar.request.id', 'both-1'),
        attribute('pegbar.tenant', 'studio-verdicts'),
      ],
    };
    const post = await fetch(`${server.ready.otlp_http}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    });
    expect(post.status).toBe(200);
    expect(await server.send([stage('both-1', { trace_id, span_id })])).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    // And the other way about.
    const [trace2, span2] = [hexId(32), hexId(16)];
    expect(await server.send([stage('both-2', { trace_id: trace2, span_id: span2 })])).toMatchObject({
      accepted: 1,
    });
    await fetch(`${server.ready.otlp_http}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, traceId: trace2, spanId: span2 }] }] }],
      }),
    });
    await server.flush();
    const counts = await server.sql(
      `SELECT trace_id, count() AS stages FROM stages WHERE trace_id IN ('${trace_id}', '${trace2}') GROUP BY trace_id`,
    );
    expect(counts.map((row) => row.stages)).toEqual(['1', '1']);
    expect(
      (await server.sql(`SELECT count() AS n FROM spans WHERE trace_id IN ('${trace_id}', '${trace2}')`))[0],
    ).toEqual({ n: '2' });
  });
});

describe('outcomes', () => {
  const tenant = 'studio-outcomes';
  const event = (request_id: string, more: Json): Json => ({
    request_id,
    tenant,
    timestamp: AT,
    metrics: { latency_ms: 1000 },
    ...more,
  });
  const outcomeOf = async (request_id: string): Promise<unknown> =>
    (await one(`SELECT outcome FROM requests WHERE request_id = '${request_id}'`)).outcome;

  it('come from the terminal event, and stand pending without one', async () => {
    await server.store([
      event('o-generate', { pipeline_stage: 'generate' }),
      event('o-deliver', { pipeline_stage: 'deliver' }),
      { type: 'boundary', request_id: 'o-boundary', tenant, timestamp: AT, boundary: 'deliver_complete' },
      event('o-failed', { pipeline_stage: 'generate', outcome: 'failed', error: { code: 'cuda' } }),
      event('o-blocked', { pipeline_stage: 'preprocess', outcome: 'blocked', error: 'safety_block' }),
      event('o-cancelled', { pipeline_stage: 'generate', outcome: 'cancelled' }),
      event('o-rejected', { pipeline_stage: 'ingest', outcome: 'rejected', error: 'invalid_config' }),
      event('o-timed-out', { pipeline_stage: 'generate', outcome: 'timed_out', error: 'timeout' }),
    ]);
    const rows = await server.sql(
      `SELECT request_id, outcome FROM requests WHERE tenant = '${tenant}' ORDER BY request_id`,
    );
    expect(Object.fromEntries(rows.map((row) => [row.request_id, row.outcome]))).toEqual({
      'o-blocked': 'blocked',
      'o-boundary': 'succeeded',
      'o-cancelled': 'cancelled',
      'o-deliver': 'succeeded',
      'o-failed': 'failed',
      'o-generate': 'pending',
      'o-rejected': 'rejected',
      'o-timed-out': 'timed_out',
    });
  });

  it('of cancelled, rejected and pending requests are in no denominator, a block only in its own', async () => {
    const answer = await server.kpis({
      metrics:
        'requests,succeeded,failed,timed_out,blocked,cancelled,rejected,availability,error_rate,policy_block_rate',
      from: iso(AT - 7_200_000),
      to: iso(AT + 7_200_000),
      filter: `tenant=${tenant}`,
    });
    const values = Object.fromEntries(answer.series.map(({ key, points }) => [key.metric, points[0]?.value]));
    expect(values).toEqual({
      requests: 8,
      succeeded: 2,
      failed: 1,
      timed_out: 1,
      blocked: 1,
      cancelled: 1,
      rejected: 1,
      availability: 2 / 4,
      error_rate: 2 / 4,
      policy_block_rate: 1 / 5,
    });
  });

  it('are revised by a later terminal event', async () => {
    await server.store([
      event('late-1', { pipeline_stage: 'generate', outcome: 'failed', error: 'internal' }),
    ]);
    expect(await outcomeOf('late-1')).toBe('failed');
    await server.store([
      event('late-1', { pipeline_stage: 'deliver', outcome: 'succeeded', timestamp: AT + 5000 }),
    ]);
    expect(await outcomeOf('late-1')).toBe('succeeded');
    const { series } = await server.kpis({
      metrics: 'requests,succeeded,failed',
      from: iso(AT - 7_200_000),
      to: iso(AT + 7_200_000),
      filter: [`tenant=${tenant}`],
    });
    expect(series.map(({ points }) => points[0]?.value)).toEqual([9, 3, 1]);
  });
});

describe('facts about a picture that come later', () => {
  const tenant = 'studio-late';
  const HOUR = 3_600_000;
  const values = async (metrics: string, model: string, at: number): Promise<unknown[]> => {
    const answer = await server.kpis({
      metrics,
      from: iso(Math.floor(at / HOUR) * HOUR),
      to: iso(Math.floor(at / HOUR) * HOUR + 3 * HOUR),
      step: '1h',
      by: 'model_version',
      filter: [`tenant=${tenant}`, `model_version=${model}`],
    });
    expect(answer.source).toBe('rollup');
    return answer.series.map(({ points }) => points.map(({ value }) => value));
  };

  it('count in the segment and the hour of the picture', async () => {
    await server.store([
      {
        request_id: 'l-1',
        tenant,
        timestamp: AT,
        pipeline_stage: 'generate',
        image_id: 'late-image',
        model: { version: 'v3' },
        metrics: { latency_ms: 50 },
      },
      { request_id: 'l-1', tenant, timestamp: AT, pipeline_stage: 'deliver', model: { version: 'v3' } },
    ]);
    await server.store([
      {
        type: 'score',
        image_id: 'late-image',
        tenant,
        timestamp: Date.now(),
        name: 'aesthetic',
        value: 7,
        scorer: 's',
        scorer_version: '1',
      },
      {
        type: 'score',
        image_id: 'late-image',
        tenant,
        timestamp: Date.now(),
        name: 'nsfw',
        value: true,
        scorer: 's',
        scorer_version: '1',
      },
      {
        type: 'feedback',
        image_id: 'late-image',
        tenant,
        timestamp: Date.now(),
        session_id: 'x',
        action: 'accept',
      },
    ]);
    expect(await values('aesthetic_mean,nsfw_rate,acceptance_rate', 'v3', AT)).toEqual([
      [7, null, null],
      [1, null, null],
      [1, null, null],
    ]);
  });

  it('count there also when they came before the picture', async () => {
    await server.store([
      {
        type: 'score',
        image_id: 'early-image',
        tenant,
        timestamp: Date.now(),
        name: 'aesthetic',
        value: 3,
        scorer: 's',
        scorer_version: '1',
      },
    ]);
    await server.store([
      {
        request_id: 'l-2',
        tenant,
        timestamp: AT,
        pipeline_stage: 'generate',
        image_id: 'early-image',
        model: { version: 'v4' },
        metrics: { latency_ms: 50 },
      },
    ]);
    expect(await values('aesthetic_mean', 'v4', AT)).toEqual([[3, null, null]]);
  });

  it('of a request count in the segment of the request', async () => {
    await server.store([
      { type: 'feedback', request_id: 'l-1', tenant, timestamp: Date.now(), action: 'reject' },
      {
        type: 'score',
        request_id: 'l-1',
        tenant,
        timestamp: Date.now(),
        name: 'clip_i',
        value: 0.75,
        scorer: 's',
      },
    ]);
    expect(await values('acceptance_rate,clip_i_mean', 'v3', AT)).toEqual([
      [0.5, null, null],
      [0.75, null, null],
    ]);
  });
});

describe('the other records', () => {
  const tenant = 'studio-records';
  const base = { tenant, timestamp: iso(AT), region: 'eu', workload: 'animation', model: { version: 'v5' } };
  const tags = { tenant, timestamp: sqlTime(AT), region: 'eu', workload: 'animation', model_version: 'v5' };
  const stored = async (view: string, record: Json, where = '1'): Promise<Record<string, unknown>> => {
    await server.store([{ ...base, ...record }]);
    return one(`SELECT * FROM ${view} WHERE tenant = '${tenant}' AND ${where}`);
  };

  it('score', async () => {
    const row = await stored('scores', {
      type: 'score',
      image_id: 'i',
      name: 'style',
      label: 'ukiyo-e',
      value: 0.5,
      scorer: 'clip',
      scorer_version: '2',
    });
    expect(row).toMatchObject({
      image_id: 'i',
      name: 'style',
      label: 'ukiyo-e',
      value: 0.5,
      scorer: 'clip',
      scorer_version: '2',
    });
  });

  it('feedback', async () => {
    const row = await stored('feedback', {
      type: 'feedback',
      request_id: 'r',
      session_id: 's',
      action: 'flag',
    });
    expect(row).toMatchObject({
      tenant,
      timestamp: sqlTime(AT),
      request_id: 'r',
      session_id: 's',
      action: 'flag',
    });
  });

  it('deployment', async () => {
    const record = {
      type: 'deployment',
      id: 'd',
      kind: 'lora',
      version: '2',
      previous: '1',
      status: 'rolled_back',
      note: 'n',
      url: 'https://x/1',
    };
    const { type: _type, ...fields } = record;
    expect(await stored('deployments', record)).toMatchObject({ ...fields, region: 'eu' });
  });

  it('frames', async () => {
    const row = await stored('frames', {
      type: 'frames',
      sequence_id: 'q',
      request_id: 'r',
      side: 'delivered',
      window_s: 10,
      frames: 230,
      dropped: 7,
      duplicated: 3,
      held: 11,
      stalls: 1,
      playing_s: 9.5,
      interval_ms: { p50: 41.5, p95: 60, p99: 80, max: 120 },
      declared_fps: 24,
    });
    expect(row).toMatchObject({
      ...tags,
      sequence_id: 'q',
      request_id: 'r',
      side: 'delivered',
      window_s: 10,
      frames: 230,
      dropped: 7,
      duplicated: 3,
      held: 11,
      stalls: 1,
      playing_s: 9.5,
      interval_p50_ms: 41.5,
      interval_p95_ms: 60,
      interval_p99_ms: 80,
      interval_max_ms: 120,
      declared_fps: 24,
    });
  });

  it('queue', async () => {
    const record = { type: 'queue', queue: 'gpu', depth: 12, wait_ms: 250.5, admitted: 9, denied: 2 };
    const { type: _type, ...fields } = record;
    expect(await stored('queue_samples', record)).toMatchObject({ ...tags, ...fields });
  });

  it('gpu', async () => {
    const record = {
      type: 'gpu',
      host: 'h',
      gpu_id: '0',
      gpu_type: 'H100',
      util: 0.5,
      mem_used_mb: 40000,
      mem_total_mb: 80000,
      temp_c: 61.5,
      power_w: 480,
      errors: 1,
    };
    const { type: _type, ...fields } = record;
    expect(await stored('gpu_samples', record)).toMatchObject({ ...tags, ...fields });
  });

  it('artifact', async () => {
    const record = {
      type: 'artifact',
      image_id: 'art-1',
      uri: 's3://x/y.png',
      kind: 'frame',
      width: 640,
      height: 480,
      bytes: 12345,
      sha256: 'a'.repeat(64),
      collection: 'noir',
      consent: 'granted',
      license: 'MIT',
    };
    const { type: _type, bytes, ...fields } = record;
    expect(await stored('images', record)).toMatchObject({ ...fields, bytes: String(bytes) });
  });

  it('boundary, which is a stage event, though no stage', async () => {
    const [trace_id, span_id] = [hexId(32), hexId(16)];
    const row = await stored(
      'stages',
      {
        type: 'boundary',
        request_id: 'r-b',
        boundary: 'inference_started',
        trace_id,
        span_id,
        image_id: 'i',
      },
      "boundary != ''",
    );
    expect(row).toMatchObject({
      ...tags,
      request_id: 'r-b',
      boundary: 'inference_started',
      trace_id,
      span_id,
      image_id: 'i',
    });
    expect(await server.sql(`SELECT name FROM spans WHERE trace_id = '${trace_id}'`)).toEqual([]);
  });

  it('stage with a boundary, which is one row with both', async () => {
    const [trace_id, span_id] = [hexId(32), hexId(16)];
    const row = await stored(
      'stages',
      {
        request_id: 'r-sb',
        pipeline_stage: 'deliver',
        boundary: 'deliver_complete',
        trace_id,
        span_id,
        metrics: { latency_ms: 70 },
      },
      "request_id = 'r-sb'",
    );
    expect(row).toMatchObject({ pipeline_stage: 'deliver', boundary: 'deliver_complete', latency_ms: 70 });
    expect(await server.sql(`SELECT duration_ms FROM spans WHERE trace_id = '${trace_id}'`)).toEqual([
      { duration_ms: 70 },
    ]);
    expect(await one("SELECT outcome, stages FROM requests WHERE request_id = 'r-sb'")).toEqual({
      outcome: 'succeeded',
      stages: '1',
    });
  });

  it.each([
    ['model_load', { action: 'load', duration_ms: 5100, bytes: 7e9, hit: false, host: 'h' }],
    ['cache', { cache: 'vae', hits: 9, misses: 1 }],
    ['io', { host: 'h', disk_read_bps: 1, disk_write_bps: 2, net_rx_bps: 3, net_tx_bps: 4, io_wait: 0.25 }],
  ])('%s', async (type, fields) => {
    expect(await server.send([{ ...base, type, ...fields }])).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [],
    });
  });
});

it('a GPU that does not tell its utilisation counts as not told, never as idle', async () => {
  const sample = (gpu_id: string, more: Json): Json => ({
    type: 'gpu',
    tenant: 'quiet-gpus',
    timestamp: Date.now(),
    host: 'h1',
    gpu_id,
    ...more,
  });
  await server.store([
    sample('0', { util: 0.8, mem_used_mb: 10, mem_total_mb: 40 }),
    sample('1', { mem_used_mb: 30, mem_total_mb: 40 }),
    sample('2', { temp_c: 40 }),
  ]);
  const { series } = await server.kpis({ metrics: 'gpu_util,vram_headroom', filter: 'tenant=quiet-gpus' });
  expect(series.map(({ points }) => points[0]?.value)).toEqual([
    expect.closeTo(0.8, 2),
    expect.closeTo(0.5, 2),
  ]);
  const rows = await server.sql(
    "SELECT util, temp_c FROM gpu_samples WHERE tenant = 'quiet-gpus' ORDER BY gpu_id",
  );
  expect(rows).toEqual([
    { util: 0.8, temp_c: null },
    { util: null, temp_c: null },
    { util: null, temp_c: 40 },
  ]);
});
