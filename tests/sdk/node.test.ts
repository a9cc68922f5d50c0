/** @pegbar/node through two processes and a queue message into a running Pegbar: what was done is what is told. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { init, score, withRequest, withStage } from '@pegbar/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Server, scratch, startServer } from '../e2e/server.ts';
import { steadyPort } from '../ports.mjs';

interface Ran {
  stderr: string;
  // biome-ignore lint/suspicious/noExplicitAny: looked into field by field by the assertions
  told: any;
}

function run(script: string, args: readonly string[], input = ''): Promise<Ran> {
  const path = fileURLToPath(new URL(`processes/${script}.mjs`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path, ...args], { stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) reject(new Error(`${script} ended with ${code}: ${stderr}`));
      else resolve({ stderr, told: JSON.parse(stdout) });
    });
  });
}

describe('two processes of a studio', () => {
  let server: Server;
  let scheduler: Ran;
  let worker: Ran;
  beforeAll(async () => {
    server = await startServer();
    const where = [server.ready.url, server.ready.otlp_http];
    scheduler = await run('scheduler', where);
    worker = await run('worker', where, JSON.stringify(scheduler.told.job));
    await server.flush();
  });
  afterAll(() => server?.stop());

  it('deliver all they have before they end', () => {
    for (const { told } of [scheduler, worker]) {
      expect(told.sent).toBe(true);
      for (const status of [told.status.spans, told.status.records])
        expect(status).toMatchObject({ buffered: 0, dropped: {}, failures: 0 });
    }
    expect(worker.told.status).toMatchObject({ spans: { delivered: 5 }, records: { delivered: 6 } });
  });

  it('make one request of one trace, with every field that was said', async () => {
    const { request, stages, spans, scores } = await server.get('/api/v1/requests/r-1');
    expect(request).toMatchObject({
      tenant: 'studio',
      request_id: 'r-1',
      session_id: 's-1',
      workload: 'animation',
      region: 'eu-1',
      traffic_source: 'app',
      model_version: 'v7',
      model_family: 'wan',
      checkpoint_hash: 'abc123',
      loras: ['ink', 'pose'],
      sampler: 'euler',
      scheduler: 'karras',
      steps: 20,
      cfg: 6.5,
      seed: '18446744073709551615',
      width: 768,
      height: 432,
      images: 12,
      outcome: 'succeeded',
      hardware_class: 'large',
      gpu_seconds: 1,
    });
    expect(request.cost_usd).toBeCloseTo(0.002, 9);
    expect(request.queue_wait_ms).toBeGreaterThan(0);
    expect(new Set(spans.map((span: Json) => span.trace_id)).size).toBe(1);
    expect(spans.map((span: Json) => `${span.service}/${span.name}`).sort()).toEqual([
      'scheduler/ingest',
      'scheduler/request',
      'worker/continue',
      'worker/deliver',
      'worker/generate',
    ]);
    const byName = (name: string) => spans.find((span: Json) => span.name === name);
    expect(byName('continue').parent_span_id).toBe(byName('request').span_id);
    expect(byName('generate').parent_span_id).toBe(byName('continue').span_id);
    const told = stages.map((one: Json) => one.boundary || one.pipeline_stage);
    expect(told).toEqual(
      expect.arrayContaining([
        'prompt_received',
        'inference_started',
        'inference_finished',
        'ingest',
        'generate',
      ]),
    );
    const ingest = stages.find((one: Json) => one.pipeline_stage === 'ingest');
    expect(ingest).toMatchObject({ prompt: 'a fox in the snow', prompt_language: 'en' });
    const generate = stages.find((one: Json) => one.pipeline_stage === 'generate' && !one.boundary);
    expect(generate).toMatchObject({ gpu_type: 'L4', gpu_count: 2, gpu_mem_mb: 17_000, batch_size: 1 });
    expect(scores[0]).toMatchObject({ image_id: 'i-1', name: 'clip_i', value: 0.75, scorer: 'openclip' });
    const [attempt] = await server.sql("SELECT max(attempt) AS n FROM spans WHERE request_id = 'r-1'");
    expect(Number(attempt?.n)).toBe(2);
  });

  it('tell how a request failed', async () => {
    const { request } = await server.get('/api/v1/requests/r-2');
    expect(request).toMatchObject({ outcome: 'failed', error_code: 'oom', workload: 'single_image' });
    expect(request.error_message).toBe('CUDA out of memory. Tried to allocate 2 GiB');
  });

  it('write log lines that find their trace', async () => {
    const line = JSON.parse(scheduler.stderr) as Json;
    const { request } = await server.get('/api/v1/requests/r-1');
    expect(line).toMatchObject({
      msg: 'queued',
      request_id: 'r-1',
      session_id: 's-1',
      trace_id: request.trace_id,
    });
  });

  it.each([
    ['queue_samples', { queue: 'gpu', depth: 0, admitted: 1, denied: 1, region: 'eu-1' }],
    [
      'deployments',
      { id: 'd-1', kind: 'model', version: 'v7', previous: 'v6', status: 'start', note: 'canary' },
    ],
    ['feedback', { image_id: 'i-1', action: 'accept', session_id: 's-1' }],
    [
      'frames',
      {
        sequence_id: 'seq-1',
        request_id: 'r-1',
        side: 'produced',
        frames: 12,
        held: 6,
        duplicated: 0,
        declared_fps: 24,
      },
    ],
    ['images', { image_id: 'i-1', uri: 's3://out/i-1.png', width: 768, height: 432, request_id: 'r-1' }],
  ])('send records that are stored as they were said: %s', async (view, wanted) => {
    const [row, ...more] = await server.sql(`SELECT * FROM ${view} WHERE tenant = 'studio'`);
    expect(more).toEqual([]);
    expect(row).toMatchObject(wanted);
  });

  it('count with counters', async () => {
    const rows = await server.sql("SELECT value, attributes FROM metric_points WHERE name = 'studio.jobs'");
    expect(rows.at(-1)).toMatchObject({ value: 3, attributes: { queue: 'gpu' } });
  });
});

describe('a script that simply ends', () => {
  it('has sent what it had', async () => {
    const server = await startServer();
    await run('script', [server.ready.url, server.ready.otlp_http]);
    await server.flush();
    const { request } = await server.get('/api/v1/requests/script-1');
    expect(request).toMatchObject({ outcome: 'succeeded', stages: 1 });
    expect(await server.sql("SELECT action FROM feedback WHERE image_id = 'script-1'")).toEqual([
      { action: 'edit' },
    ]);
    await server.stop();
  });
});

describe('a Pegbar that is not there', () => {
  it('or never answers holds up no process: it ends in the time that it was given, and says what was lost', async () => {
    // Takes connections and says nothing.
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    for (const away of ['http://127.0.0.1:9', url]) {
      const began = performance.now();
      const { told } = await run('scheduler', [away, away]);
      expect(performance.now() - began).toBeLessThan(20_000);
      expect(told.sent).toBe(false);
      const { spans, records } = told.status;
      // What was on its way when time was up may have arrived: it is told as buffered, not as lost.
      expect(spans.buffered + (spans.dropped.closed ?? 0)).toBe(2);
      expect(records.buffered + (records.dropped.closed ?? 0)).toBe(2);
    }
    silent.closeAllConnections();
    silent.close();
  });
});

describe('a Pegbar that is killed', () => {
  it('and comes back has every stage and record once', async () => {
    const data = scratch('killed');
    const flags = ['--port', '--otlp-http-port', '--otlp-grpc-port'];
    const args: string[] = [];
    for (const flag of flags) args.push(flag, String(await steadyPort()));
    let server = await startServer({ data, args });
    const { url, otlp_http, pid } = server.ready;
    const pegbar = init({ service: 'worker', url, otlp_url: otlp_http, flush_ms: 20 });
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const work = async (from: number, count: number): Promise<void> => {
      for (let n = from; n < from + count; n++) {
        withRequest({ request_id: `k-${n}` }, () => withStage('generate', () => undefined));
        score({ image_id: `k-${n}`, name: 'aesthetic', value: 5 });
        if (n % 20 === 0) await wait(5);
      }
    };
    await work(0, 1_000);
    process.kill(pid, 'SIGKILL');
    await work(1_000, 1_000);
    expect(pegbar.status().spans.failures + pegbar.status().records.failures).toBeGreaterThan(0);
    server = await startServer({ data, args });
    await work(2_000, 1_000);
    expect(await pegbar.flush(60_000)).toBe(true);
    expect(pegbar.status()).toMatchObject({
      spans: { buffered: 0, delivered: 6_000, dropped: {} },
      records: { buffered: 0, delivered: 3_000, dropped: {} },
    });
    await pegbar.shutdown();
    await server.flush();
    const count = async (sql: string): Promise<number[]> =>
      Object.values((await server.sql(sql))[0]!).map(Number);
    expect(await count("SELECT count(), uniqExact(span_id) FROM spans WHERE service = 'worker'")).toEqual([
      6_000, 6_000,
    ]);
    expect(await count("SELECT count(), uniqExact(image_id) FROM scores WHERE name = 'aesthetic'")).toEqual([
      3_000, 3_000,
    ]);
    await server.stop();
  });
});
