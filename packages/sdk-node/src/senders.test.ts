import { metrics, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, describe, expect, it } from 'vitest';
import {
  counter,
  countFrames,
  deployment,
  feedback,
  type InitOptions,
  init,
  type Pegbar,
  queueSample,
  score,
  watchQueue,
  withRequest,
  withStage,
} from './index.ts';
import { type TestRuntime, testRuntime } from './testkit.ts';

interface Sent {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
  records: Record<string, unknown>[];
}

let pegbar: Pegbar | undefined;
let runtime: TestRuntime;
let sent: Sent[] = [];
/** What the server answers; throws where it is away. */
let answer: (url: string) => Response;

function start(more: Partial<InitOptions> = {}): Pegbar {
  sent = [];
  answer = (url) =>
    url.endsWith('/events') ? Response.json({ accepted: 1, duplicates: 0, rejected: [] }) : new Response();
  runtime = testRuntime(async (url, request) => {
    const body = request!.body as Uint8Array;
    const { headers } = request as { headers: Record<string, string> };
    const text = headers['content-type'] === 'application/x-ndjson' && !headers['content-encoding'];
    const lines = text ? new TextDecoder().decode(body).split('\n') : [];
    sent.push({ url: String(url), headers, body, records: lines.map((line) => JSON.parse(line)) });
    return answer(String(url));
  });
  pegbar = init({ service: 'test', runtime, ...more });
  return pegbar;
}

async function end(): Promise<void> {
  if (!pegbar) return;
  const over = pegbar.shutdown(10);
  await runtime.advance(20);
  await over;
  pegbar = undefined;
}
afterEach(end);

const records = () => sent.flatMap((one) => one.records);

describe('records', () => {
  it('go to the API with the key, each with an id, and nothing is taken before init or after the end', async () => {
    expect(score({ image_id: 'i', name: 'aesthetic', value: 5 })).toBe(false);
    start({ url: 'https://pegbar.example/', key: 'pk_1', tenant: 'a' });
    expect(score({ image_id: 'i', name: 'aesthetic', value: 5 })).toBe(true);
    await runtime.advance(1_000);
    expect(sent[0]).toMatchObject({
      url: 'https://pegbar.example/api/v1/events',
      headers: { authorization: 'Bearer pk_1', 'content-type': 'application/x-ndjson' },
    });
    expect(records()).toEqual([
      {
        type: 'score',
        timestamp: 1_700_000_000_000,
        tenant: 'a',
        image_id: 'i',
        name: 'aesthetic',
        value: 5,
        event_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ]);
    await end();
    expect(feedback({ image_id: 'i', action: 'accept' })).toBe(false);
  });

  it('have the same id when the same is said again, and another when it counts again', async () => {
    start();
    for (let twice = 0; twice < 2; twice++) {
      feedback({ image_id: 'i', action: 'accept', timestamp: new Date(0) });
      queueSample({ queue: 'q', depth: 1, admitted: 3 });
    }
    feedback({ image_id: 'i', action: 'accept', event_id: 'mine' });
    await runtime.advance(1_000);
    const ids = records().map(({ event_id }) => event_id);
    expect(ids[0]).toBe(ids[2]);
    expect(ids[1]).not.toBe(ids[3]);
    expect(ids[4]).toBe('mine');
  });

  it('are tied to the request and span at hand, where they belong to one', async () => {
    start();
    withRequest({ request_id: 'r1', session_id: 's1' }, () => {
      score({ image_id: 'i', name: 'nsfw', value: false });
      deployment({ kind: 'model', version: 'v7', status: 'start' });
    });
    await runtime.advance(1_000);
    expect(records()[0]).toMatchObject({ request_id: 'r1', session_id: 's1', trace_id: expect.any(String) });
    expect(records()[1]).not.toHaveProperty('request_id');
  });

  it('that cannot be JSON, or that the server rejects, are counted', async () => {
    const { status } = start();
    expect(score({ image_id: 'i', name: 'x', attributes: { n: 1n as never } })).toBe(false);
    answer = () => Response.json({ accepted: 0, rejected: [{ line: 1, field: 'name', message: 'x' }] });
    score({ image_id: 'i', name: '' });
    await runtime.advance(1_000);
    expect(status().records).toMatchObject({ delivered: 0, dropped: { invalid: 1, rejected: 1 } });
  });
});

describe('a server that is away', () => {
  it.each([
    [
      'is down',
      () => {
        throw new TypeError('fetch failed');
      },
    ],
    ['answers 429', () => new Response('', { status: 429, headers: { 'retry-after': '7' } })],
    ['answers 500', () => new Response('a bug', { status: 500 })],
    ['answers 503', () => new Response('', { status: 503 })],
    ['does not know the key', () => new Response('', { status: 401 })],
  ] as [string, () => Response][])('and %s costs nothing that the buffer can hold', async (_, refuse) => {
    const { status } = start();
    const works = answer;
    answer = refuse;
    for (let i = 0; i < 1_000; i++) {
      withStage('generate', () => undefined);
      score({ image_id: `i${i}`, name: 'aesthetic', value: i });
    }
    await runtime.advance(600_000);
    expect(status()).toMatchObject({ spans: { buffered: 1_000 }, records: { buffered: 1_000 } });
    answer = works;
    await runtime.advance(60_000);
    expect(status()).toMatchObject({
      spans: { buffered: 0, delivered: 1_000, dropped: {} },
      records: { buffered: 0, delivered: 1_000, dropped: {} },
    });
  });

  it('is asked again after the time that it asks for', async () => {
    start();
    answer = () => new Response('', { status: 503, headers: { 'retry-after': '120' } });
    score({ image_id: 'i', name: 'aesthetic', value: 1 });
    await runtime.advance(100_000);
    expect(sent).toHaveLength(1);
    await runtime.advance(30_000);
    expect(sent).toHaveLength(2);
  });

  it('makes the oldest go when the buffers are full, each counted and told', async () => {
    const heard: string[] = [];
    const { status } = start({
      buffer: { spans: 600, records: 600 },
      onDrop: (signal, reason, count) => heard.push(...Array<string>(count).fill(`${signal} ${reason}`)),
    });
    answer = () => new Response('', { status: 503 });
    for (let i = 0; i < 1_000; i++) {
      withStage('generate', () => undefined);
      score({ image_id: `i${i}`, name: 'aesthetic', value: i });
    }
    await runtime.advance(10_000);
    expect(status()).toMatchObject({
      spans: { buffered: 600, dropped: { buffer_full: 400 } },
      records: { buffered: 600, dropped: { buffer_full: 400 } },
    });
    expect(heard.filter((one) => one === 'spans buffer_full')).toHaveLength(400);
    expect(heard.filter((one) => one === 'records buffer_full')).toHaveLength(400);
  });
});

describe('init', () => {
  it('sends spans to port 4318 of the same host, packed when they are many', async () => {
    start({ url: 'http://render-1:4300' });
    for (let i = 0; i < 600; i++) withStage('generate', () => undefined);
    await runtime.advance(0);
    expect(sent[0]).toMatchObject({
      url: 'http://render-1:4318/v1/traces',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
    });
  });

  it('uses the provider that is there', () => {
    const provider = new NodeTracerProvider();
    provider.register();
    expect(start().uses_existing_provider).toBe(true);
    trace.disable();
  });

  it('changes nothing when it is called again', () => {
    const first = start();
    expect(init({ service: 'other' })).toBe(first);
  });

  it('sends counters, losses among them', async () => {
    start({ metrics_ms: 60_000, buffer: { records: 1 } });
    counter('panels').add(3);
    for (let i = 0; i < 3; i++) score({ image_id: `i${i}`, name: 'aesthetic', value: i });
    await end();
    const metric = sent
      .filter(({ url }) => url.endsWith('/v1/metrics'))
      .map(({ body }) => new TextDecoder().decode(body));
    expect(metric.join()).toContain('panels');
    expect(metric.join()).toContain('pegbar.sdk.dropped');
    metrics.disable();
  });
});

describe('a queue that is watched', () => {
  it('tells its depth, the mean wait, and whom it let in and turned away, since the last sample', async () => {
    start();
    const queue = watchQueue('gpu', { runtime, sample_ms: 5_000 });
    const [first, second, third] = [queue.admit(), queue.admit(), queue.admit()];
    queue.deny();
    await runtime.advance(1_000);
    expect(first.start()).toBe(1_000);
    expect(first.start()).toBe(0);
    await runtime.advance(1_000);
    second.start();
    await runtime.advance(10_000);
    third.leave();
    queue.stop();
    await runtime.advance(60_000);
    const samples = records().map(({ depth, wait_ms, admitted, denied }) => ({
      depth,
      wait_ms,
      admitted,
      denied,
    }));
    expect(samples).toEqual([
      { depth: 1, wait_ms: 1_500, admitted: 3, denied: 1 },
      { depth: 1, wait_ms: undefined, admitted: 0, denied: 0 },
    ]);
  });

  it('elsewhere is asked for its depth, and what was counted goes also when it does not answer', async () => {
    start();
    let depth: () => Promise<number> = async () => 42;
    const queue = watchQueue('gpu', { runtime, depth: () => depth() });
    queue.admit();
    await queue.sample();
    depth = () => Promise.reject(new Error('redis is away'));
    queue.admit();
    await queue.sample();
    queue.stop();
    await runtime.advance(1_000);
    expect(records()).toMatchObject([
      { depth: 42, admitted: 1 },
      { depth: 2, admitted: 1 },
    ]);
  });
});

describe('frames that are counted', () => {
  it('make a window per second, with held and duplicated frames apart', async () => {
    start();
    const frames = countFrames({ sequence_id: 's1', declared_fps: 24, hold: 2, runtime });
    // On twos; the last drawing of the first second stands too long.
    for (let i = 0; i < 24; i++) {
      frames.frame(Math.min(i >> 1, 10));
      await runtime.advance(i < 23 ? 40 : 80);
    }
    await runtime.advance(2_000);
    frames.frame('next');
    frames.dropped(2);
    await runtime.advance(500);
    frames.end();
    await runtime.advance(1_000);
    expect(records()).toMatchObject([
      {
        type: 'frames',
        side: 'produced',
        sequence_id: 's1',
        window_s: 1,
        frames: 24,
        declared_fps: 24,
        held: 11,
        duplicated: 2,
        interval_ms: { p50: 40, p95: 40, p99: 40, max: 40 },
        timestamp: 1_700_000_001_000,
      },
      { window_s: 0.5, frames: 1, dropped: 2, timestamp: 1_700_000_003_500 },
    ]);
  });
});
