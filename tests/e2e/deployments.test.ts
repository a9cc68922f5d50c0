/** Marks on the charts: from a webhook, from CDEvents, and detected where nobody told. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Server, startServer } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

const send = (body: unknown, type = 'application/json') =>
  server.post('/api/v1/deployments', JSON.stringify(body), type);

async function marks(): Promise<Record<string, unknown>[]> {
  await server.flush();
  return (await server.get('/api/v1/deployments')).items;
}

it('a webhook that says a version is the start of that release, once however often it is delivered', async () => {
  const said = { version: 'v7', previous: 'v6', event_id: 'run-412', url: 'https://ci.example/412' };
  expect((await send(said)).json).toMatchObject({ accepted: 1 });
  expect((await send(said)).json).toMatchObject({ duplicates: 1 });
  expect((await marks()).filter(({ version }) => version === 'v7')).toEqual([
    expect.objectContaining({
      kind: 'model',
      status: 'start',
      previous: 'v6',
      url: 'https://ci.example/412',
    }),
  ]);
});

it('a rollback told by CDEvents takes back what was serving and starts what it went back to', async () => {
  const event = (what: string, version: string) => ({
    context: { id: `${what}-${version}`, source: '/argo', type: `dev.cdevents.service.${what}.0.3.0` },
    subject: { id: 'painter', content: { artifactId: `pkg:oci/painter@sha256:aa?tag=${version}` } },
  });
  const type = 'application/cloudevents+json';
  await send(event('deployed', 'p1'), type);
  await send(event('upgraded', 'p2'), type);
  await marks();
  const back = await send({ specversion: '1.0', data: event('rolledback', 'p1') }, type);
  expect(back.json.deployments).toEqual([
    { id: 'service/painter@p2', version: 'p2', status: 'rolled_back' },
    { id: 'service/painter@p1', version: 'p1', status: 'start' },
  ]);
  expect((await send(event('published', 'p3'), type)).json).toMatchObject({ deployments: [] });
});

it('a wrong status, a body that is no object and a type that is not JSON are refused by name', async () => {
  expect((await send({ version: 'v8', status: 'sideways' })).json.error).toMatchObject({ field: 'status' });
  expect((await send([])).status).toBe(400);
  expect((await send({ version: 'v8' }, 'text/plain')).status).toBe(415);
});

it('a version and a checkpoint that nobody announced are marked by themselves, an announced one is not', async () => {
  const now = Date.now();
  const stage = (version: string, checkpoint_hash: string, ago_ms: number) => ({
    timestamp: now - ago_ms,
    request_id: `r-${version}-${checkpoint_hash}`,
    pipeline_stage: 'generate',
    model: { version, checkpoint_hash },
    metrics: { latency_ms: 1000 },
    outcome: 'succeeded',
  });
  await server.store([stage('v7', 'h7', 9_000), stage('v9', 'h1', 8_000), stage('v9', 'h2', 5_000)]);
  const detected = async () =>
    (await marks()).filter(({ attributes }) => (attributes as { detected?: string })?.detected === 'true');
  await expect
    .poll(async () => (await detected()).map(({ id, timestamp }) => [id, Date.parse(timestamp as string)]), {
      timeout: 120_000,
      interval: 2_000,
    })
    .toEqual([
      ['detected:v9@h2', now - 6_000],
      ['detected:v9@h1', now - 9_000],
    ]);
});
