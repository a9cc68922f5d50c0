import { parseRecord } from '@pegbar/contract';
import { afterEach, expect, test } from 'vitest';
import { cli, fakeServer, hastyClock, type Routes } from '../testkit.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A server whose line is whole: what is sent is there after the flush. */
async function healthy(changes: Routes = {}) {
  let trace: { traceId: string; spanId: string } | undefined;
  let flushed = false;
  const routes: Routes = {
    'GET /healthz': () => ({ body: 'ok', headers: { date: new Date().toUTCString() } }),
    'GET /api/v1/status': () => ({
      body: {
        version: '0.1.0',
        acked: 10,
        loaded: 10,
        backlog: 0,
        dropped: {},
        engine: { state: 'up', restarts: 0 },
        disk: { used: 1e6, free: 1e9, limit: 0 },
        otlp_http: server.url,
        otlp_grpc: server.url,
      },
    }),
    'GET /api/v1/keys': () => ({ body: { items: [] } }),
    'POST /v1/traces': ({ body }) => {
      trace = JSON.parse(body).resourceSpans[0].scopeSpans[0].spans[0];
      return { body: {} };
    },
    'POST /api/v1/events': ({ body }) => ({
      body: parseRecord(JSON.parse(body)).ok
        ? { accepted: 1, duplicates: 0, rejected: [] }
        : { accepted: 0, duplicates: 0, rejected: [{ line: 1, code: 'x', field: '', message: 'bad' }] },
    }),
    'POST /api/v1/flush': () => {
      flushed = true;
      return {};
    },
    'GET /api/v1/traces/*': ({ path }) =>
      flushed && trace && path.endsWith(trace.traceId)
        ? { body: { trace_id: trace.traceId, spans: [{ span_id: trace.spanId }], logs: [] } }
        : { status: 404 },
    'GET /api/v1/requests/*': () =>
      flushed
        ? { body: { request: { outcome: 'cancelled' }, stages: [{ pipeline_stage: 'deliver' }], images: [] } }
        : { status: 404 },
    ...changes,
  };
  const server = await fakeServer(routes);
  stops.push(server.stop);
  return server;
}

const clock = { ...hastyClock(), now: () => Date.now() };
const states = (stdout: string): Record<string, string> =>
  Object.fromEntries(
    JSON.parse(stdout).checks.map((check: { name: string; state: string }) => [check.name, check.state]),
  );

test('doctor finds a whole line whole, in order, with the time of each hop', async () => {
  const { url } = await healthy();
  const { exit, stdout } = await cli(['doctor', '--json', '--url', url], { clock });
  const { ok, checks } = JSON.parse(stdout);
  expect(ok).toBe(true);
  expect(exit).toBe(0);
  expect(checks.map((check: { name: string }) => check.name)).toEqual([
    'server',
    'clock',
    'status',
    'engine',
    'disk',
    'losses',
    'keys',
    'OTLP over HTTP',
    'OTLP over gRPC',
    'events',
    'flush',
    'read the span',
    'read the event',
  ]);
  expect(checks.find((check: { name: string }) => check.name === 'flush').ms).toBeGreaterThanOrEqual(0);
});

test('doctor names a span that was acknowledged and is not there', async () => {
  const { url } = await healthy({ 'GET /api/v1/traces/*': () => ({ body: { spans: [] } }) });
  const { exit, stdout, stderr } = await cli(['doctor', '--url', url], { clock });
  expect(exit).toBe(1);
  expect(stdout).toContain('FAILED');
  expect(stdout).toContain('without the span that was sent');
  expect(stderr).toContain('1 of 13 checks failed');
});

test('doctor names an engine that is down, a port that is closed and a clock that is off', async () => {
  const closed = await fakeServer({});
  await closed.stop();
  const { url } = await healthy({
    'GET /api/v1/status': () => ({
      body: { engine: { state: 'down', restarts: 3 }, otlp_http: closed.url, otlp_grpc: closed.url },
    }),
  });
  const late = { ...clock, now: () => Date.now() + 60_000 };
  const { exit, stdout } = await cli(['doctor', '--json', '--url', url], { clock: late });
  expect(exit).toBe(1);
  expect(states(stdout)).toMatchObject({
    clock: 'warning',
    engine: 'failed',
    'OTLP over HTTP': 'failed',
    'OTLP over gRPC': 'failed',
    'read the span': 'skipped',
    'read the event': 'ok',
  });
});

test('doctor ends with 3 where there is no server or it does not let us', async () => {
  const gone = await fakeServer({});
  await gone.stop();
  expect((await cli(['doctor', '--url', gone.url], { clock })).exit).toBe(3);
  const { url } = await healthy({ 'GET /api/v1/status': () => ({ status: 401 }) });
  expect((await cli(['doctor', '--url', url], { clock })).exit).toBe(3);
});

test('doctor says that a full disk is why nothing is taken in, and does not wait for it', async () => {
  const refusal = () => ({
    status: 503,
    headers: { 'retry-after': '30' },
    body: { error: { code: 'disk_full' } },
  });
  let asked = 0;
  const { url } = await healthy({
    'GET /api/v1/status': () => ({
      body: { engine: { state: 'up' }, disk: { used: 8e6, free: 25e6, limit: null, min_free: 2e9 } },
    }),
    'POST /api/v1/events': () => {
      asked++;
      return refusal();
    },
    'POST /v1/traces': refusal,
  });
  const { exit, stdout } = await cli(['doctor', '--json', '--url', url], { clock });
  expect(exit).toBe(1);
  expect(states(stdout)).toMatchObject({ disk: 'failed', events: 'failed' });
  expect(asked).toBe(1);
});
