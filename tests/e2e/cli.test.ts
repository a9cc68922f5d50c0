/** The command line against a server: answers, formats, exit statuses. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexId, type Json, pegbar, type Run, type Server, scratch, startServer } from './server.ts';

let server: Server;
const folder = scratch('cli');
const AT = Date.now() - 1_800_000;
const trace_id = hexId(32);
const span_id = hexId(16);

const record = (index: number, more: Json = {}): Json => ({
  request_id: `cli-${index}`,
  timestamp: AT + index * 1000,
  pipeline_stage: 'deliver',
  workload: 'single_image',
  model: { version: index % 2 ? 'v7' : 'v6' },
  metrics: { latency_ms: 100 * (index + 1) },
  ...more,
});

beforeAll(async () => {
  server = await startServer();
  await server.store([
    ...Array.from({ length: 9 }, (_, index) => record(index)),
    record(9, { trace_id, span_id, outcome: 'failed', error: { code: 'oom', message: 'no memory' } }),
  ]);
});
afterAll(() => server?.stop());

/** Runs a command that must end with the status, and gives what it printed. */
async function cli(status: number, args: readonly string[], input?: string): Promise<Run> {
  const run = await server.cli(args, input === undefined ? {} : { input });
  expect(run.code, `pegbar ${args.join(' ')}\n${run.stdout}\n${run.stderr}`).toBe(status);
  return run;
}
/** The one document of a command with --json. */
async function document(
  args: readonly string[],
  status = 0,
  input?: string,
): Promise<ReturnType<typeof JSON.parse>> {
  return JSON.parse((await cli(status, [...args, '--json'], input)).stdout);
}

describe('questions', () => {
  it('query: a table, CSV, NDJSON and one document, from an argument and from standard input', async () => {
    const sql =
      'SELECT model_version, count() AS n FROM requests GROUP BY model_version ORDER BY model_version';
    const table = await cli(0, ['query', sql]);
    expect(table.stdout).toMatch(/model_version\s+n\nv6\s+5\nv7\s+5/);
    expect((await cli(0, ['query', sql, '--format', 'csv'])).stdout.trim().split(/\r?\n/)).toEqual([
      'model_version,n',
      'v6,5',
      'v7,5',
    ]);
    const lines = (await cli(0, ['query', '-', '--format', 'ndjson'], sql)).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).model_version)).toEqual(['v6', 'v7']);
    expect(await document(['query', '-'], 0, sql)).toMatchObject({
      columns: [{ name: 'model_version' }, { name: 'n', type: 'UInt64' }],
      rows: [
        ['v6', '5'],
        ['v7', '5'],
      ],
      truncated: false,
    });
  });

  it('kpis: by a dimension, over the last time', async () => {
    const answer = await document([
      'kpis',
      '--by',
      'model_version',
      '--last',
      '7d',
      '--metrics',
      'requests,failed',
    ]);
    const told = Object.fromEntries(
      answer.series.map(({ key, points }: { key: Json; points: { value: number }[] }) => [
        `${key.metric} ${key.model_version}`,
        points[0]?.value,
      ]),
    );
    expect(told).toEqual({ 'requests v6': 5, 'requests v7': 5, 'failed v6': 0, 'failed v7': 1 });
    expect((await cli(0, ['kpis', '--by', 'model_version'])).stdout).toContain('v7');
  });

  it('requests: a list and one in full', async () => {
    const page = await document(['requests', '--last', '24h', '--filter', 'outcome=failed']);
    expect(page.items).toMatchObject([{ request_id: 'cli-9', outcome: 'failed', error_code: 'oom' }]);
    const one = await document(['requests', 'cli-9']);
    expect(one).toMatchObject({ request: { request_id: 'cli-9' }, stages: [{ pipeline_stage: 'deliver' }] });
    expect(
      (await cli(0, ['requests', '--limit', '3', '--format', 'ndjson'])).stdout.trim().split('\n'),
    ).toHaveLength(3);
  });

  it('trace and logs', async () => {
    expect(await document(['trace', trace_id])).toMatchObject({ trace_id, spans: [{ span_id }] });
    expect((await cli(0, ['trace', trace_id])).stdout).toContain('deliver');
    await fetch(`${server.ready.otlp_http}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: [
                  { timeUnixNano: `${AT}000000`, severityText: 'WARN', body: { stringValue: 'slow disk' } },
                ],
              },
            ],
          },
        ],
      }),
    });
    await server.flush();
    expect((await document(['logs', '--last', '2h'])).items).toMatchObject([
      { severity: 'WARN', body: 'slow disk' },
    ]);
  });
});

describe('exit statuses', () => {
  it.each([
    [['nonsense']],
    [['query']],
    [['query', 'SELEC 1']],
    [['query', 'SELECT 1 FROM nowhere']],
    [['kpis', '--metrics', 'happiness']],
    [['kpis', '--by', 'weather']],
    [['requests', '--last', 'yesterday-ish']],
    [['export', 'planets']],
    [['apply', '-f', '/nowhere/at/all.yaml']],
    [['keys', 'create', '--scopes', 'everything']],
    [['get', 'planet']],
  ])('2 for wrong usage or input: %s', async (args) => {
    const { stdout, stderr } = await cli(2, args);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
    expect(stderr).not.toContain('    at ');
  });

  it('3 where no server answers, and where the key may not', async () => {
    const away = await pegbar(['query', 'SELECT 1', '--url', 'http://127.0.0.1:9']);
    expect(away.code).toBe(3);
    const { key } = await document(['keys', 'create', '--tenant', 'cli-t', '--scopes', 'read']);
    await cli(3, ['keys', 'list', '--key', key]);
    await cli(3, ['query', 'SELECT 1', '--key', 'pk_wrongwrongwrongwrongwrongwrongwrong1']);
  });

  it('1 for a finding or a partial result: nothing of that name, lines that were not taken, an answer that was cut', async () => {
    await cli(1, ['get', 'tenant', 'nobody']);
    const file = join(folder, 'mixed.ndjson');
    writeFileSync(file, `${JSON.stringify(record(20))}\n{"nope":\n`);
    const run = await cli(1, ['import', 'events', file]);
    expect(`${run.stdout}${run.stderr}`).toMatch(/2/);
    await cli(1, ['query', 'SELECT number FROM numbers(200000)', '--format', 'csv']);
    await cli(2, ['import', 'events', '/nowhere/at/all.ndjson']);
  });
});

describe('import events', () => {
  it('takes files and standard input, and a second time nothing', async () => {
    const lines = [30, 31, 32].map((index) => JSON.stringify(record(index))).join('\n');
    const file = join(folder, 'events.ndjson');
    writeFileSync(file, lines);
    const env = { XDG_STATE_HOME: folder };
    const first = await server.cli(['import', 'events', file, '--json'], { env });
    expect([first.code, JSON.parse(first.stdout)]).toMatchObject([0, { read: 3, accepted: 3, rejected: 0 }]);
    const second = await server.cli(['import', 'events', '-', '--json'], { env, input: lines });
    expect([second.code, JSON.parse(second.stdout)]).toMatchObject([0, { accepted: 0, duplicates: 3 }]);
  });
});

describe('keys, resources, deployments', () => {
  it('keys: created, listed without their secret, revoked', async () => {
    const made = await document(['keys', 'create', '--tenant', 'studio-k', '--scopes', 'ingest,read']);
    expect(made).toEqual({
      key: expect.stringMatching(/^\S{20,}$/),
      id: expect.any(String),
      tenant: 'studio-k',
    });
    const listed = await cli(0, ['keys', 'list', '--json']);
    expect(listed.stdout).not.toContain(made.key);
    expect(JSON.parse(listed.stdout).items).toContainEqual(
      expect.objectContaining({ id: made.id, tenant: 'studio-k', scopes: ['ingest', 'read'] }),
    );
    expect((await server.query('SELECT 1', made.key)).status).toBe(200);
    await cli(0, ['keys', 'revoke', made.id]);
    expect((await server.query('SELECT 1', made.key)).status).toBe(401);
    await cli(1, ['keys', 'revoke', 'key_nobody']);
  });

  it('apply, get, delete: several documents, and an unknown field names its path and changes nothing', async () => {
    const tenant = (name: string, spec: string): string =>
      `apiVersion: pegbar/v1\nkind: Tenant\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`;
    const file = join(folder, 'tenants.yaml');
    writeFileSync(
      file,
      `${tenant('one', 'prompts: hash')}---\n${tenant('two', 'retention: { spans: 24h }')}`,
    );
    await cli(0, ['apply', '-f', file]);
    expect((await cli(0, ['get', 'tenant', 'one'])).stdout).toMatch(/prompts: hash/);
    expect((await cli(0, ['get', 'tenants'])).stdout).toMatch(/name: one[\s\S]*name: two/);
    const wrong = await cli(
      2,
      ['apply', '-f', '-'],
      `${tenant('three', 'prompts: keep')}---\n${tenant('four', 'redact: { pattern: [] }')}`,
    );
    expect(wrong.stderr).toContain('spec.redact.pattern');
    await cli(1, ['get', 'tenant', 'three']);
    // What `get` tells, `apply` takes.
    await cli(0, ['apply', '-f', '-'], (await cli(0, ['get', 'tenant', 'one'])).stdout);
    await cli(0, ['delete', 'tenant', 'one']);
    await cli(1, ['get', 'tenant', 'one']);
  });

  it('deployment: start and end stand in the view', async () => {
    await cli(0, ['deployment', 'start', '--version', 'v9', '--previous', 'v8', '--note', 'slow start']);
    await cli(0, ['deployment', 'end', '--version', 'v9', '--rolled-back']);
    await server.flush();
    expect(
      await server.sql(
        "SELECT kind, version, previous, status, note FROM deployments WHERE version = 'v9' ORDER BY timestamp",
      ),
    ).toEqual([
      { kind: 'model', version: 'v9', previous: 'v8', status: 'start', note: 'slow start' },
      { kind: 'model', version: 'v9', previous: '', status: 'rolled_back', note: '' },
    ]);
    await cli(2, ['deployment', 'start']);
  });
});

describe('export', () => {
  it('writes NDJSON with every row and column', async () => {
    const file = join(folder, 'requests.ndjson');
    await cli(0, ['export', 'requests', '--last', '24h', '--out', file]);
    const rows = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [count] = await server.sql('SELECT count() AS n FROM requests');
    expect(rows).toHaveLength(Number(count!.n));
    expect(rows.find((row) => row.request_id === 'cli-9')).toMatchObject({
      outcome: 'failed',
      model_version: 'v7',
    });
  });

  it('writes Parquet, whole and never half', async () => {
    const file = join(folder, 'stages.parquet');
    await cli(0, ['export', 'stages', '--last', '24h', '--out', file]);
    const bytes = readFileSync(file);
    expect(bytes.subarray(0, 4).toString()).toBe('PAR1');
    expect(bytes.subarray(-4).toString()).toBe('PAR1');
    const footer = bytes.readUInt32LE(bytes.length - 8);
    const metadata = bytes.subarray(bytes.length - 8 - footer, bytes.length - 8);
    for (const column of ['pipeline_stage', 'request_id', 'latency_ms', 'attributes'])
      expect(metadata.includes(column), column).toBe(true);
    const [count] = await server.sql('SELECT count() AS n FROM stages');
    expect(rowsOf(metadata)).toBe(Number(count!.n));
    await cli(2, ['export', 'planets', '--out', join(folder, 'planets.parquet')]);
    expect(existsSync(join(folder, 'planets.parquet'))).toBe(false);
    expect(existsSync(join(folder, 'planets.parquet.part'))).toBe(false);
  });
});

/** Field 3 (num_rows) of a Parquet footer, which is Thrift in its compact form. */
function rowsOf(footer: Buffer): number {
  let at = 0;
  const varint = (): number => {
    let [value, shift] = [0, 1];
    for (;;) {
      const byte = footer[at++]!;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
      shift *= 128;
    }
  };
  const skip = (type: number): void => {
    if (type === 3) at++;
    else if (type >= 4 && type <= 6) varint();
    else if (type === 7) at += 8;
    else if (type === 8) {
      const size = varint();
      at += size;
    } else if (type === 9 || type === 10) {
      const head = footer[at++]!;
      const size = head >> 4 === 15 ? varint() : head >> 4;
      for (let item = 0; item < size; item++)
        if ((head & 15) <= 2) at++;
        else skip(head & 15);
    } else if (type === 12) struct(() => false);
  };
  const struct = (visit: (field: number) => boolean): void => {
    for (let field = 0; ; ) {
      const head = footer[at++]!;
      if (head === 0) return;
      field = head >> 4 === 0 ? varint() / 2 : field + (head >> 4);
      if (!visit(field)) skip(head & 15);
    }
  };
  let rows = -1;
  struct((field) => {
    if (field !== 3) return false;
    rows = varint() / 2;
    return true;
  });
  return rows;
}

describe('the server about itself', () => {
  it('keeps its data in ./pegbar-data where no folder is said', async () => {
    const data = scratch('default');
    const own = await startServer({ data, defaultData: true });
    try {
      expect(own.ready.data_dir).toBe(join(data, 'pegbar-data'));
      expect((await own.sql('SELECT 1 AS one'))[0]).toEqual({ one: 1 });
    } finally {
      await own.stop();
    }
  });

  it('doctor finds everything green within ten seconds, or ten starts of a command on a busy machine', async () => {
    const began = performance.now();
    await cli(0, ['--version']);
    const start_ms = performance.now() - began;
    const asked = performance.now();
    const { stdout } = await cli(0, ['doctor']);
    expect(performance.now() - asked).toBeLessThan(Math.max(10_000, 10 * start_ms));
    const states = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s/)[0]);
    expect(states.length).toBeGreaterThan(8);
    expect(new Set(states)).toEqual(new Set(['ok']));
    expect(await document(['doctor'])).toBeTypeOf('object');
    const away = await pegbar(['doctor', '--url', 'http://127.0.0.1:9']);
    expect(away.code).not.toBe(0);
  });

  it('doctor leaves the success figures alone', async () => {
    const names = 'succeeded,failed,timed_out,availability';
    const before = await document(['kpis', '--metrics', names, '--last', '24h']);
    await cli(0, ['doctor']);
    const after = await document(['kpis', '--metrics', names, '--last', '24h']);
    const values = (answer: { series: { points: { value: number }[] }[] }) =>
      answer.series.map(({ points }) => points[0]?.value);
    expect(values(after)).toEqual(values(before));
  });

  it('replay says that there is nothing to replay', async () => {
    expect(await document(['replay', '--list'])).toMatchObject({ items: [] });
    await cli(0, ['replay']);
  });

  it('help and version need no server', async () => {
    for (const args of [['--help'], ['query', '--help'], ['--version']]) {
      const run = await pegbar(args, { env: { PEGBAR_URL: 'http://127.0.0.1:9' } });
      expect(run.code, args.join(' ')).toBe(0);
      expect(run.stdout).not.toBe('');
    }
  });

  it('a second server on the same data directory is refused, with what to do', async () => {
    const run = await pegbar([
      'up',
      '--data',
      server.ready.data_dir,
      '--port',
      '0',
      '--otlp-http-port',
      '0',
      '--otlp-grpc-port',
      '0',
    ]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/one server per data directory/);
  });

  it('a start that cannot be says why and what to do: a taken port, a file in the way', async () => {
    const port = new URL(server.ready.url).port;
    const free = ['--otlp-http-port', '0', '--otlp-grpc-port', '0', '--json'];
    const taken = await pegbar([
      'up',
      '--data',
      join(server.ready.data_dir, 'other'),
      '--port',
      port,
      ...free,
    ]);
    expect(taken.code).toBe(2);
    expect(taken.stderr).toContain(`--port ${port} (API and UI) is taken`);
    expect(JSON.parse(taken.stdout.trim()).error).toMatchObject({ code: 'not_started' });
    const lock = join(server.ready.data_dir, 'lock');
    const file = await pegbar(['up', '--data', lock, '--port', '0', ...free]);
    expect(file.code).toBe(2);
    expect(file.stderr).toContain('is a file, not a folder');
  });
});
