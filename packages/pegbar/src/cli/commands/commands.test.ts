import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRecord } from '@pegbar/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, fakeServer, type Routes } from '../testkit.ts';

const stops: (() => Promise<void>)[] = [];
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pegbar-cli-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const stop of stops.splice(0)) await stop();
});

/** Runs a command against a server with these routes. */
async function ask(routes: Routes, argv: readonly string[], io: Parameters<typeof cli>[1] = {}) {
  const server = await fakeServer(routes);
  stops.push(server.stop);
  return { ...(await cli([...argv, '--url', server.url], io)), seen: server.seen, url: server.url };
}

const KPIS = {
  step_s: null,
  source: 'rollup',
  series: [
    {
      key: { metric: 'requests', model_version: 'v6' },
      points: [{ t: '2026-02-22T12:00:00.000Z', value: 12_345, n: 12_345 }],
    },
    {
      key: { metric: 'latency_p95_ms', model_version: 'v6' },
      points: [{ t: '2026-02-22T12:00:00.000Z', value: 812.4, n: 9 }],
    },
    {
      key: { metric: 'availability', model_version: 'v7' },
      points: [{ t: '2026-02-22T12:00:00.000Z', value: 0.9953, n: 9 }],
    },
  ],
};

test('kpis shows one row per segment, numbers with their units', async () => {
  const argv = [
    'kpis',
    '--by',
    'model_version',
    '--last',
    '7d',
    '--metrics',
    'requests,latency_p95_ms,availability',
  ];
  const { exit, stdout, seen } = await ask({ 'GET /api/v1/kpis': () => ({ body: KPIS }) }, argv);
  expect(exit).toBe(0);
  expect(stdout).toBe(
    [
      'model_version  requests  latency_p95_ms  availability',
      'v6               12,345          812 ms             –',
      'v7                    –               –       99.53 %',
      '',
    ].join('\n'),
  );
  const query = Object.fromEntries(seen[0]?.query ?? []);
  expect(query).toMatchObject({
    by: 'model_version',
    from: '2026-02-22T12:00:00.000Z',
    to: '2026-03-01T12:00:00.000Z',
  });
});

test('csv and ndjson carry plain numbers, --json the answer of the API', async () => {
  const routes: Routes = { 'GET /api/v1/kpis': () => ({ body: KPIS }) };
  const argv = ['kpis', '--by', 'model_version', '--metrics', 'requests,latency_p95_ms'];
  expect((await ask(routes, [...argv, '--format', 'csv'])).stdout).toBe(
    'model_version,requests,latency_p95_ms\nv6,12345,812.4\nv7,,\n',
  );
  expect(JSON.parse((await ask(routes, [...argv, '--json'])).stdout)).toEqual(KPIS);
  const ndjson = (await ask(routes, [...argv, '--format', 'ndjson'])).stdout.split('\n');
  expect(JSON.parse(ndjson[0] ?? '')).toEqual({
    model_version: 'v6',
    requests: 12_345,
    latency_p95_ms: 812.4,
  });
});

test('requests follows cursors up to its limit and says that there are more', async () => {
  const routes: Routes = {
    'GET /api/v1/requests': ({ query }) => {
      const at = Number(query.get('cursor') ?? 0);
      const limit = Math.min(2, Number(query.get('limit')));
      const items = Array.from({ length: limit }, (_, index) => ({
        request_id: `r${at + index}`,
        latency_ms: 5,
        outcome: 'failed',
      }));
      return { body: { items, next_cursor: String(at + limit) } };
    },
  };
  const { exit, stdout, stderr, seen } = await ask(routes, [
    'requests',
    '--limit',
    '5',
    '--filter',
    'a=b',
    '--filter',
    'c>1',
    '--format',
    'ndjson',
  ]);
  expect(exit).toBe(0);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).request_id),
  ).toEqual(['r0', 'r1', 'r2', 'r3', 'r4']);
  expect(stderr).toContain('there are more');
  expect(seen.length).toBe(3);
  expect(seen[0]?.query.getAll('filter')).toEqual(['a=b', 'c>1']);
});

test('a trace is drawn as a tree whose orphans stand at the top', async () => {
  const span = (
    span_id: string,
    parent: string | null,
    name: string,
    start: number,
    ms: number,
    status = 'ok',
  ) => ({
    span_id,
    parent_span_id: parent,
    name,
    start: new Date(Date.parse('2026-03-01T00:00:00Z') + start).toISOString(),
    end: new Date(Date.parse('2026-03-01T00:00:00Z') + start + ms).toISOString(),
    duration_ms: ms,
    status,
    attributes: status === 'error' ? { 'error.message': 'out of\u001b[31m memory' } : {},
    events: [],
  });
  const spans = [
    span('02', '01', 'generate', 100, 800),
    span('01', null, 'request', 0, 1_000),
    span('03', '02', 'step', 100, 400),
    span('04', '01', 'deliver', 900, 100, 'error'),
    span('05', 'ff', 'lost', 500, 10),
  ];
  const id = 'ab'.repeat(16);
  const { exit, stdout } = await ask(
    { [`GET /api/v1/traces/${id}`]: () => ({ body: { trace_id: id, spans, logs: [] } }) },
    ['trace', id],
  );
  expect(exit).toBe(0);
  expect(stdout).toContain('5 spans  1 s  2026-03-01 00:00:00.000  1 failed');
  const names = stdout
    .split('\n')
    .slice(2)
    .map((line) => line.split(/ {2,}/)[0]);
  expect(names.slice(0, 4)).toEqual(['request', '├ generate', '│ └ step', '└ deliver']);
  expect(stdout).toContain('lost');
  expect(stdout).not.toContain('\u001b');
});

test('logs --follow shows each record once, also one that came late', async () => {
  const log = (second: number, body: string) => ({
    timestamp: `2026-03-01T11:59:${second}.000Z`,
    severity: 'INFO',
    body,
  });
  const rounds = [[log(50, 'a')], [log(50, 'a'), log(52, 'c')], [log(50, 'a'), log(51, 'b'), log(52, 'c')]];
  const stop = new AbortController();
  let asked = 0;
  const routes: Routes = {
    'GET /api/v1/logs': () => {
      const items = rounds[Math.min(asked++, rounds.length - 1)];
      if (asked > rounds.length) stop.abort();
      return { body: { items, next_cursor: null } };
    },
  };
  const { exit, stdout } = await ask(routes, ['logs', '--follow', '--format', 'ndjson'], {
    signal: stop.signal,
  });
  expect(exit).toBe(0);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).body),
  ).toEqual(['a', 'c', 'b']);
});

test('query reads standard input and ends with 1 where the answer was cut', async () => {
  const routes: Routes = {
    'POST /api/v1/query': ({ body }) => ({
      body: {
        columns: [
          { name: 'n', type: 'UInt64' },
          { name: 's', type: 'String' },
        ],
        rows: [['1', JSON.parse(body).sql]],
        truncated: true,
      },
    }),
  };
  async function* stdin(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('SELECT 1\n');
  }
  const { exit, stdout, stderr } = await ask(routes, ['query', '-', '--format', 'csv'], { stdin: stdin() });
  expect(exit).toBe(1);
  expect(stdout).toBe('n,s\n1,"SELECT 1\n"\n');
  expect(stderr).toContain('was cut');
});

test('export writes a whole file or none', async () => {
  const out = join(folder, 'requests.parquet');
  const routes: Routes = { 'GET /api/v1/export': () => ({ body: Buffer.from('PAR1…PAR1') }) };
  const { exit, seen } = await ask(routes, [
    'export',
    'requests',
    '--from',
    '2026-02-01',
    '--to',
    '2026-02-02',
    '--out',
    out,
  ]);
  expect(exit).toBe(0);
  expect(readFileSync(out, 'utf8')).toBe('PAR1…PAR1');
  expect(Object.fromEntries(seen[0]?.query ?? [])).toEqual({
    what: 'requests',
    format: 'parquet',
    from: '2026-02-01T00:00:00.000Z',
    to: '2026-02-02T00:00:00.000Z',
  });
  expect((await ask({}, ['export', 'logs', '--out', join(folder, 'x.ndjson')])).exit).toBe(2);
  expect(readdirSync(folder)).toEqual(['requests.parquet']);
  const piped = await ask({ 'GET /api/v1/export': () => ({ body: '{"a":1}\n' }) }, [
    'export',
    '--what',
    'logs',
  ]);
  expect(piped.stdout).toBe('{"a":1}\n');
});

test('keys create prints the key alone on stdout, and the document with --json', async () => {
  const made = { key: 'pk_secret', id: 'key_1', tenant: 'studio-a' };
  const routes: Routes = { 'POST /api/v1/keys': () => ({ status: 201, body: made }) };
  const argv = ['keys', 'create', '--tenant', 'studio-a', '--scopes', 'ingest,read'];
  const plain = await ask(routes, argv);
  expect(plain).toMatchObject({ exit: 0, stdout: 'pk_secret\n' });
  expect(JSON.parse(plain.seen[0]?.body ?? '')).toEqual({ tenant: 'studio-a', scopes: ['ingest', 'read'] });
  expect(JSON.parse((await ask(routes, [...argv, '--json'])).stdout)).toEqual(made);
});

test('a deployment becomes a record that the contract takes, and its end finds its start', async () => {
  const routes: Routes = {
    'POST /api/v1/events': () => ({ body: { accepted: 1, duplicates: 0, rejected: [] } }),
  };
  const start = await ask(routes, [
    'deployment',
    'start',
    '--version',
    'v7',
    '--previous',
    'v6',
    '--note',
    'n',
    '--link',
    'https://ci.example/1',
  ]);
  const end = await ask(routes, ['deployment', 'end', '--version', 'v7', '--rolled-back']);
  expect([start.exit, end.exit]).toEqual([0, 0]);
  expect(start.stdout).toBe('model:v7\n');
  expect(end.stdout).toBe('model:v7\n');
  const parsed = parseRecord(JSON.parse(start.seen[0]?.body ?? ''));
  expect(parsed).toMatchObject({
    ok: true,
    value: { type: 'deployment', id: 'model:v7', previous: 'v6', status: 'start', attributes: {} },
  });
  expect(JSON.parse(end.seen[0]?.body ?? '')).toMatchObject({ status: 'rolled_back' });
});

test('apply refuses broken YAML with its line and sends the rest as it is', async () => {
  const file = join(folder, 'tenant.yaml');
  writeFileSync(file, 'apiVersion: pegbar/v1\nkind: [Tenant\n');
  const broken = await ask({}, ['apply', '-f', file]);
  expect(broken.exit).toBe(2);
  expect(broken.stderr).toContain('line 3');
  expect(broken.seen).toEqual([]);
  const yaml = 'apiVersion: pegbar/v1\nkind: Tenant\nmetadata: { name: a }\n---\nkind: Tenant\n';
  writeFileSync(file, yaml);
  const routes: Routes = {
    'POST /api/v1/resources': () => ({
      body: { applied: [{ kind: 'Tenant', name: 'a', action: 'created' }] },
    }),
  };
  const sent = await ask(routes, ['apply', '-f', file]);
  expect(sent).toMatchObject({ exit: 0, stdout: 'kind    name  action\nTenant  a     created\n' });
  expect(sent.seen[0]).toMatchObject({ body: yaml, headers: { 'content-type': 'application/yaml' } });
});

test('get prints YAML that apply takes', async () => {
  const items = [{ apiVersion: 'pegbar/v1', kind: 'Tenant', metadata: { name: 'a' }, spec: {} }];
  const { stdout } = await ask({ 'GET /api/v1/resources/tenant': () => ({ body: { items } }) }, [
    'get',
    'tenant',
  ]);
  expect(stdout).toBe('apiVersion: pegbar/v1\nkind: Tenant\nmetadata:\n  name: a\nspec: {}\n');
});

test('replay ends with 1 where something failed again', async () => {
  const done = { replayed: 3, failed: [{ id: 'd1', message: 'still bad' }] };
  const { exit, stderr, seen } = await ask({ 'POST /api/v1/dead-letters/replay': () => ({ body: done }) }, [
    'replay',
    'd1',
    'd2',
  ]);
  expect(exit).toBe(1);
  expect(stderr).toContain('3 replayed, 1 failed again\nd1: still bad');
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ ids: ['d1', 'd2'] });
});
