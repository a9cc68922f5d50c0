/**
 * What prompts are about, as a tenant's users change it within a day; and vectors that come with stages. Everything is
 * sent as a pipeline would, and asked as a user does.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pegbar, type Server, scratch, startServer } from './server.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Math.floor(Date.now() / HOUR) * HOUR;
const DAYS = 12;
/** Content is counted some seconds after the rollups; a loaded machine is slow. */
const COUNTED_MS = 120_000;

const SUBJECTS = [
  '1girl, solo, long hair',
  'old castle on a hill, clouds',
  'cat on a red chair, window light',
];
const STYLES = ['ink, monochrome', 'cel shading, detailed background', 'soft light, clean line art'];

/** Sessions of two prompts each, three an hour; in the last day every other session of `changing` asks for watercolor. */
function stages(): object[] {
  const out: object[] = [];
  for (const tenant of ['changing', 'steady', 'private'])
    for (let at = NOW - DAYS * DAY; at < NOW - HOUR; at += HOUR)
      for (let session = 0; session < 3; session++) {
        const pick = (list: readonly string[], salt: number): string =>
          list[Math.floor((at / HOUR) * 7 + session * 5 + salt * 3 + ((at / DAY) | 0)) % list.length]!;
        const isNew = tenant !== 'steady' && at >= NOW - DAY && (session + at / HOUR) % 2 === 0;
        for (let n = 0; n < 2; n++)
          out.push({
            tenant,
            timestamp: at + (session * 10 + n) * 60_000,
            request_id: `${tenant}-${at}-${session}-${n}`,
            session_id: `${tenant}-${at}-${session}`,
            pipeline_stage: 'generate',
            workload: 'single_image',
            model: { version: 'v1' },
            outcome: 'succeeded',
            metrics: { latency_ms: 900 },
            prompt: {
              text: isNew
                ? `watercolor, hana (garden), wet paper, ${pick(STYLES, n)}`
                : `${pick(SUBJECTS, n)}, ${pick(STYLES, n + 1)}`,
            },
          });
      }
  return out;
}

let server: Server;
const roots = scratch('vectors');

beforeAll(async () => {
  mkdirSync(join(roots, 'ours'), { recursive: true });
  server = await startServer();
  const documents = [
    `apiVersion: pegbar/v1\nkind: Tenant\nmetadata: { name: private }\nspec:\n  prompts: hash\n`,
    `apiVersion: pegbar/v1\nkind: Tenant\nmetadata: { name: studio }\nspec:\n  prompts: redact\n  artifact_roots: ["${join(roots, 'ours')}"]\n`,
  ];
  const applied = await server.post('/api/v1/resources', documents.join('---\n'), 'application/yaml');
  expect(applied.text).toContain('created');
  const all = stages();
  for (let at = 0; at < all.length; at += 1_000) await server.send(all.slice(at, at + 1_000) as never);
  await server.flush();
}, 300_000);
afterAll(() => server?.stop());

const from = new Date(NOW - DAY).toISOString();
const to = new Date(NOW).toISOString();
const ask = (metric: string, more = '') =>
  server.get(`/api/v1/drift?metric=${metric}&by=tenant&from=${from}&to=${to}${more}`);
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
const of = (answer: any, tenant: string) =>
  answer.series.find((one: { segment: { tenant: string } }) => one.segment.tenant === tenant);

it('says which words came, in how many prompts, and that nothing changed elsewhere', async () => {
  const isCounted = async (): Promise<boolean> => {
    const answer = await ask('prompt_tokens_content');
    return ['changing', 'steady', 'private'].every((tenant) => of(answer, tenant)?.n_ref > 1_400);
  };
  await expect.poll(isCounted, { timeout: COUNTED_MS, interval: 3_000 }).toBe(true);
  const answer = await ask('prompt_tokens_content');
  expect(of(answer, 'changing')).toMatchObject({ verdict: 'drift', unit: 'share' });
  expect(of(answer, 'changing').words).toMatch(
    /^`(watercolor|hana|garden|wet|paper)` in (4|5)\d(\.\d)? % of prompts, was 0 %$/,
  );
  expect(of(answer, 'changing').contributors.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(['watercolor', 'wet', 'paper']),
  );
  expect(of(answer, 'changing').kl).toBeGreaterThan(0.2);
  expect(Math.abs(Date.parse(of(answer, 'changing').since) - (NOW - DAY))).toBeLessThanOrEqual(3 * HOUR);
  expect(of(answer, 'steady').verdict).not.toBe('drift');
  // Of a tenant whose text may not be stored the words have no names, and drift is found all the same.
  expect(of(answer, 'private').verdict).toBe('drift');
  expect(of(answer, 'private').words).toMatch(/^`private word \d+` in/);
});

it('knows tags, characters, languages and the divergence, by other segments too', async () => {
  const tags = of(await ask('prompt_tags_content'), 'changing');
  expect(tags.verdict).toBe('drift');
  expect(tags.contributors.map(({ name }: { name: string }) => name)).toContain('wet paper');
  expect(of(await ask('characters'), 'changing').words).toMatch(/^`hana \(garden\)` in/);
  expect(of(await ask('prompt_language'), 'changing')).toMatchObject({ verdict: 'no_drift' });
  expect(of(await ask('prompt_tokens_kl'), 'changing').words).toMatch(
    /^divergence of words in prompts is \d\.\d+ nats, was /,
  );
  const versions = await server.get(
    `/api/v1/drift?metric=prompt_tokens_content&by=model_version&from=${from}&to=${to}`,
  );
  expect(versions.series.map((one: { segment: object }) => one.segment)).toEqual([{ model_version: 'v1' }]);
  const refused = await server.call(`/api/v1/drift?metric=prompt_language&by=hardware_class`);
  expect(refused.status).toBe(400);
  expect(refused.json.error.message).toBe('prompt_language is not kept by hardware_class');
});

it('answers the same on the command line', async () => {
  const run = await pegbar([
    'drift',
    '--metric',
    'prompt_tokens_content',
    '--by',
    'tenant',
    '--url',
    server.url,
    '--from',
    from,
    '--to',
    to,
  ]);
  expect(run.stdout).toMatch(/changing +drift +`\w+` in \d+(\.\d)? % of prompts, was 0 %/);
  expect(run.code).toBe(1);
});

it('takes vectors from attributes and from files under the roots of the tenant, and no others', async () => {
  writeFileSync(join(roots, 'ours', 'a.json'), '{"vector":[0,1,0],"embedder":"clip","embedder_version":"3"}');
  writeFileSync(join(roots, 'theirs.json'), '[1,0,0]');
  const vector = Array.from({ length: 64 }, (_, at) => Math.sin(at * 12.9898) / 3);
  const clip = { 'pegbar.embedding.model': 'clip', 'pegbar.embedding.version': '3' };
  const stage = (image_id: string, more: object) => ({
    tenant: 'studio',
    timestamp: NOW - 2 * HOUR,
    request_id: `r-${image_id}`,
    image_id,
    pipeline_stage: 'generate',
    outcome: 'succeeded',
    ...more,
  });
  await server.send([
    stage('by-record', { attributes: { ...clip, 'pegbar.embedding.vector': vector } }),
    stage('by-file', { artifacts: { embedding_uri: join(roots, 'ours', 'a.json') } }),
    stage('outside', { artifacts: { embedding_uri: join(roots, 'theirs.json') }, attributes: clip }),
    stage('elsewhere', { artifacts: { embedding_uri: 'https://example.com/a.npy' }, attributes: clip }),
    stage('no-version', { attributes: { 'pegbar.embedding.vector': vector } }),
  ] as never);
  const attribute = (key: string, value: object) => ({ key, value });
  const span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    name: 'generate',
    kind: 1,
    startTimeUnixNano: String((NOW - 2 * HOUR) * 1e6),
    endTimeUnixNano: String((NOW - 2 * HOUR + 900) * 1e6),
    attributes: [
      attribute('pegbar.stage', { stringValue: 'generate' }),
      attribute('pegbar.image.id', { stringValue: 'by-span' }),
      attribute('pegbar.embedding.model', { stringValue: 'clip' }),
      attribute('pegbar.embedding.version', { stringValue: '3' }),
      attribute('pegbar.embedding.vector', {
        arrayValue: { values: vector.map((doubleValue) => ({ doubleValue })) },
      }),
    ],
  };
  const otlp = {
    resourceSpans: [
      {
        resource: { attributes: [attribute('pegbar.tenant', { stringValue: 'studio' })] },
        scopeSpans: [{ spans: [span] }],
      },
    ],
  };
  const sent = await fetch(`${server.ready.otlp_http}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(otlp),
  });
  expect(sent.status).toBe(200);
  const stored = async () => {
    await server.flush();
    const rows = await server.sql(
      'SELECT image_id, embedder, embedder_version AS version, length(vector) AS n FROM embeddings ORDER BY image_id',
    );
    return rows.map(({ image_id, embedder, version, n }) => [image_id, embedder, version, Number(n)]);
  };
  await expect.poll(stored, { timeout: COUNTED_MS, interval: 3_000 }).toEqual([
    ['by-file', 'clip', '3', 3],
    ['by-record', 'clip', '3', 64],
    ['by-span', 'clip', '3', 64],
  ]);
});
