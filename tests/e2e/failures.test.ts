/** Failures, latencies over time and outlines of traces over a whole server: figures that can be worked out by hand. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Server, startServer } from './server.ts';

const HOUR = 3_600_000;
/** The middle of an hour that is over. */
const AT = Math.floor(Date.now() / HOUR) * HOUR - HOUR / 2;
const WINDOW = `from=${AT - HOUR / 2}&to=${AT + HOUR / 2}`;
const iso = (ms: number): string => new Date(ms).toISOString();
const REQUESTS = 40;
/** These run out of memory, one after the other, on one host. */
const OOM = { from: 10, to: 14 };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

let server: Server;
beforeAll(async () => {
  server = await startServer();
  const requests = Array.from({ length: REQUESTS }, (_, at) => {
    const oom = at >= OOM.from && at < OOM.to;
    return {
      timestamp: iso(AT + at * 1_000),
      request_id: `r-${at}`,
      pipeline_stage: 'generate',
      workload: 'single_image',
      outcome: oom ? 'failed' : at === 20 ? 'timed_out' : 'succeeded',
      ...(oom ? { error_code: 'oom', error_message: 'CUDA out of memory' } : {}),
      ...(at === 20 ? { error_code: 'timeout' } : {}),
      ...(at === 30 ? { attempt: 3 } : {}),
      metrics: { latency_ms: at < 30 ? 1_200 : 6_000 },
      attributes: { host: at % 2 === 0 || oom ? 'gpu-7' : 'gpu-1' },
    };
  });
  const span = (span_id: string, more: object) => ({
    trace_id: TRACE,
    span_id,
    request_id: 'traced',
    ...more,
  });
  await server.store([
    ...requests,
    span('00f067aa0ba902b7', {
      timestamp: iso(AT + 2_000),
      pipeline_stage: 'generate',
      outcome: 'succeeded',
      metrics: { latency_ms: 1_500, queue_wait_ms: 100 },
    }),
    span('00f067aa0ba902b8', {
      timestamp: iso(AT + 500),
      pipeline_stage: 'preprocess',
      metrics: { latency_ms: 300 },
    }),
  ]);
});
afterAll(() => server?.stop());

const ask = async <Answer>(path: string): Promise<Answer> =>
  (await (await fetch(`${server.url}/api/v1/${path}`)).json()) as Answer;

describe('failures', () => {
  test('are counted by error, by what they have in common, in runs and loops', async () => {
    interface Failures {
      codes: { code: string; n: number; timed_out: number; counts: number[] }[];
      settings: { field: string; value: string; failed: number; of: number }[];
      runs: { by: string; value: string; length: number }[];
      retries: { request_id: string; attempt: number }[];
    }
    const found = await ask<Failures>(`failures?${WINDOW}&step=10m`);
    expect(found.codes.map(({ code, n, timed_out }) => [code, n, timed_out])).toEqual([
      ['oom', 4, 0],
      ['timeout', 1, 1],
    ]);
    expect(found.codes[0]!.counts.reduce((sum, one) => sum + one, 0)).toBe(4);
    const host = found.settings.find((one) => one.field === 'host' && one.value === 'gpu-7');
    expect(host).toMatchObject({ failed: 5, of: 22 });
    expect(found.runs.find((one) => one.by === 'host')).toMatchObject({ value: 'gpu-7', length: 4 });
    expect(found.retries).toEqual([expect.objectContaining({ request_id: 'r-30', attempt: 3 })]);
  });

  test('are told by code alone where only that is asked, as for a baseline', async () => {
    const all = await ask<{ codes: unknown }>(`failures?${WINDOW}&step=10m`);
    expect(await ask(`failures?${WINDOW}&step=10m&only=codes`)).toEqual({
      ...all,
      settings: [],
      runs: [],
      retries: [],
      retried: 0,
      one_in: 1,
    });
  });

  test('refuse a part that they do not have', async () => {
    const answer = await fetch(`${server.url}/api/v1/failures?${WINDOW}&step=10m&only=runs`);
    const { error } = (await answer.json()) as { error: { field: string } };
    expect([answer.status, error.field]).toEqual([400, 'only']);
  });

  test('refuse more buckets than a chart has', async () => {
    const answer = await fetch(`${server.url}/api/v1/failures?from=0&step=1s`);
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
      expect.any(Number),
      'query_limit',
    ]);
  });
});

test('latencies are counted by time and class', async () => {
  interface Latencies {
    classes: number[];
    counts: number[][];
  }
  const { classes, counts } = await ask<Latencies>(
    `latencies?${WINDOW}&step=10m&filter=workload%3Dsingle_image`,
  );
  const of = (low: number): number => counts[classes.indexOf(low)]!.reduce((sum, one) => sum + one, 0);
  expect([of(1_000), of(5_000)]).toEqual([30, 10]);
});

test('an outline tells a trace without its attributes, and each span with them', async () => {
  const outline = await ask<Record<string, never>>(`traces/${TRACE.toUpperCase()}/outline`);
  expect(outline).toMatchObject({
    trace_id: TRACE,
    stages: ['preprocess', 'generate'],
    spans: { id: ['00f067aa0ba902b8', '00f067aa0ba902b7'], parent: [-1, -1], duration_ms: [300, 1_500] },
    waits: [[1, 100]],
  });
  const { span } = await ask<{ span: { name: string; attributes: Record<string, string> } }>(
    `traces/${TRACE}/spans/00f067aa0ba902b7`,
  );
  expect(span.attributes).toMatchObject({ 'pegbar.request.id': 'traced', 'pegbar.stage': 'generate' });
  expect((await fetch(`${server.url}/api/v1/traces/${TRACE}/spans/xyz`)).status).toBe(400);
  expect((await fetch(`${server.url}/api/v1/traces/${'1'.repeat(32)}/outline`)).status).toBe(404);
  const parts = await ask<Record<string, unknown>>('requests/traced?parts=stages');
  expect(Object.keys(parts).sort()).toEqual(['request', 'stages']);
});
