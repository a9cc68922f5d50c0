import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseLine } from '@pegbar/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, fakeServer, type Routes } from './testkit.ts';

const stops: (() => Promise<void>)[] = [];
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pegbar-import-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const stop of stops.splice(0)) await stop();
});

/** Keeps what is sent, as the real server does: by id, and by row id for points. */
async function store(changes: (base: Routes) => Routes = (base) => base) {
  const events = new Map<string, string>();
  const points = new Map<string, number>();
  const known = (sql: string): string[] => [...points.keys()].filter((id) => sql.includes(`'${id}'`));
  const base: Routes = {
    'POST /api/v1/events': ({ body }) => {
      const verdict = { accepted: 0, duplicates: 0, rejected: [] as unknown[] };
      for (const [index, line] of body.trim().split('\n').entries()) {
        const parsed = parseLine(line);
        const id = parsed.ok ? (parsed.value.event_id ?? line) : '';
        if (!parsed.ok) verdict.rejected.push({ line: index + 1, ...parsed.error });
        else if (events.has(id)) verdict.duplicates++;
        else {
          events.set(id, line);
          verdict.accepted++;
        }
      }
      return { body: verdict };
    },
    'GET /api/v1/me': () => ({ body: { otlp_http: server.url } }),
    'POST /api/v1/flush': () => ({}),
    'POST /api/v1/query': ({ body }) => ({
      body: {
        columns: [{ name: 'id', type: 'String' }],
        rows: known(JSON.parse(body).sql).map((id) => [id]),
        truncated: false,
      },
    }),
    'POST /v1/metrics': ({ body }) => {
      for (const metric of JSON.parse(body).resourceMetrics[0].scopeMetrics[0].metrics) {
        for (const point of metric.gauge.dataPoints) {
          const id = point.attributes.find((one: { key: string }) => one.key === 'pegbar.import.id').value
            .stringValue;
          points.set(id, (points.get(id) ?? 0) + 1);
        }
      }
      return {};
    },
  };
  const server = await fakeServer(changes(base));
  stops.push(server.stop);
  const run = (...argv: string[]) => cli([...argv, '--url', server.url], { env: { XDG_STATE_HOME: folder } });
  return { events, points, server, run };
}

const event = (n: number): string =>
  JSON.stringify({
    event_id: `e${n}`,
    request_id: `r${n}`,
    timestamp: 1_700_000_000_000 + n,
    pipeline_stage: 'generate',
  });
const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${event(index)}\n`).join('');
const cursors = (): string[] => readdirSync(join(folder, 'pegbar', 'imports'));

test('a file is sent in batches, marked as an import, and a second run finds only duplicates', async () => {
  const { run, events, server } = await store();
  const file = join(folder, 'e.ndjson');
  writeFileSync(file, lines(4_500));
  const first = await run('import', 'events', file, '--json');
  expect(first.exit).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({
    read: 4_500,
    accepted: 4_500,
    duplicates: 0,
    rejected: 0,
  });
  expect(events.size).toBe(4_500);
  const sent = server.seen.filter((one) => one.path === '/api/v1/events');
  expect(sent.length).toBe(3);
  expect(
    sent.every((one) => one.query.get('import') === 'events' && one.headers['content-encoding'] === 'gzip'),
  ).toBe(true);
  expect(cursors()).toEqual([]);
  const second = await run('import', 'events', file, '--json');
  expect(second.exit).toBe(0);
  expect(JSON.parse(second.stdout)).toMatchObject({ accepted: 0, duplicates: 4_500 });
});

test('what cannot be read is named by file, line, field and message, and ends with 1', async () => {
  const { run } = await store();
  const file = join(folder, 'e.ndjson.gz');
  const bad = JSON.stringify({ request_id: 'r', timestamp: 'soon', pipeline_stage: 'generate' });
  writeFileSync(file, gzipSync(`${event(1)}\n\nno json\n${bad}\n${event(2)}\n`));
  const { exit, stdout, stderr } = await run('import', 'events', file);
  expect(exit).toBe(1);
  expect(stdout).toMatch(/4 +2 +0 +2/);
  expect(stderr).toContain(`${file}:3:`);
  expect(stderr).toContain('1 × invalid_record in timestamp');
  expect(stderr).toContain(`${file}:4:`);
});

test('where nothing can be read the status is 2, and a good file beside it makes it 1', async () => {
  const { run } = await store();
  const good = join(folder, 'good.ndjson');
  const empty = join(folder, 'empty.ndjson');
  writeFileSync(good, lines(2));
  writeFileSync(empty, '');
  const gone = join(folder, 'gone.ndjson');
  expect((await run('import', 'events', gone)).stderr).toContain('there is no such file');
  expect((await run('import', 'events', gone)).exit).toBe(2);
  expect((await run('import', 'events', empty)).exit).toBe(2);
  expect((await run('import', 'events', gone, good)).exit).toBe(1);
});

test('an import that was cut off goes on where it stopped, with the counts of the whole', async () => {
  let batchesLeft = 2;
  const { run, events, server } = await store((base) => ({
    ...base,
    'POST /api/v1/events': (seen) =>
      batchesLeft-- > 0 ? base['POST /api/v1/events']!(seen) : { status: 401 },
  }));
  const file = join(folder, 'e.ndjson');
  writeFileSync(file, `no json\n${lines(5_999)}`);
  const first = await run('import', 'events', file);
  expect(first.exit).toBe(3);
  expect(first.stderr).toContain('the same command again goes on from here');
  expect(cursors().length).toBe(1);
  expect(events.size).toBe(3_999);
  const before = server.seen.length;
  batchesLeft = 100;
  const second = await run('import', 'events', file, '--json');
  expect(second.exit).toBe(1);
  expect(JSON.parse(second.stdout)).toMatchObject({
    read: 6_000,
    accepted: 5_999,
    duplicates: 0,
    rejected: 1,
  });
  expect(second.stderr).toContain('went on after 4,000 lines of an earlier run');
  // The last batch that was answered once more, as a proof, and the one that was missing.
  expect(server.seen.length - before).toBe(2);
  expect(events.size).toBe(5_999);
  expect(cursors()).toEqual([]);
});

test('a file that changed since is another file', async () => {
  let limit = 1;
  const { run, server } = await store((base) => ({
    ...base,
    'POST /api/v1/events': (seen) => (limit-- > 0 ? base['POST /api/v1/events']!(seen) : { status: 401 }),
  }));
  const file = join(folder, 'e.ndjson');
  writeFileSync(file, lines(4_000));
  expect((await run('import', 'events', file)).exit).toBe(3);
  appendFileSync(file, `${event(9_999)}\n`);
  limit = 100;
  const again = JSON.parse((await run('import', 'events', file, '--json')).stdout);
  expect(again).toMatchObject({ read: 4_001, accepted: 2_001, duplicates: 2_000 });
  expect(server.seen.length).toBe(5);
});

test('a cursor that was written for another store does not lose a row', async () => {
  let batchesLeft = 2;
  const { run, events } = await store((base) => ({
    ...base,
    'POST /api/v1/events': (seen) =>
      batchesLeft-- > 0 ? base['POST /api/v1/events']!(seen) : { status: 401 },
  }));
  const file = join(folder, 'e.ndjson');
  writeFileSync(file, lines(5_000));
  expect((await run('import', 'events', file)).exit).toBe(3);
  events.clear(); // a new data folder behind the same address
  batchesLeft = 100;
  const { exit, stdout } = await run('import', 'events', file, '--json');
  expect(exit).toBe(0);
  expect(events.size).toBe(5_000);
  expect(JSON.parse(stdout)).toMatchObject({ read: 5_000, accepted: 3_000, duplicates: 2_000 });
});

test('a batch over the limit of the server is halved until it passes', async () => {
  const { run, events } = await store((base) => ({
    ...base,
    'POST /api/v1/events': (seen) =>
      seen.body.length > 20_000 ? { status: 413 } : base['POST /api/v1/events']!(seen),
  }));
  const file = join(folder, 'e.ndjson');
  const huge = JSON.stringify({ ...JSON.parse(event(7_777)), prompt: 'x'.repeat(30_000) });
  writeFileSync(file, `${lines(1_000)}${huge}\n`);
  const { exit, stdout } = await run('import', 'events', file, '--json');
  expect(exit).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    accepted: 1_000,
    rejected: 1,
    reasons: [{ code: 'too_large', examples: [{ line: 1_001 }] }],
  });
  expect(events.size).toBe(1_000);
});

test('standard input is imported too', async () => {
  const { server, events } = await store();
  async function* stdin(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(lines(3));
  }
  const { exit } = await cli(['import', 'events', '-', '--url', server.url], {
    stdin: stdin(),
    env: { XDG_STATE_HOME: folder },
  });
  expect(exit).toBe(0);
  expect(events.size).toBe(3);
});

test('a server that restarts in the middle of an import is waited for', async () => {
  let answered = 0;
  const { run, events } = await store((base) => ({
    ...base,
    'POST /api/v1/events': (seen) =>
      ++answered === 2 || answered === 3 ? { hangUp: true } : base['POST /api/v1/events']!(seen),
  }));
  const file = join(folder, 'e.ndjson');
  writeFileSync(file, lines(4_500));
  expect((await run('import', 'events', file)).exit).toBe(0);
  expect(events.size).toBe(4_500);
});

test('points of the GenAI trace are stored once, also when a longer piece of the file comes later', async () => {
  const { run, points } = await store();
  const row = (n: number): string => `${100 + n},${1_662_858_720 + n}.0,c${n % 7}\n`;
  const rows = (count: number): string =>
    `value,timestamp_anon,container_ip\n${Array.from({ length: count }, (_, n) => row(n)).join('')}`;
  const file = join(folder, 'queue_rt_raw.csv');
  writeFileSync(file, rows(1_500));
  expect(JSON.parse((await run('import', 'genai', file, '--json')).stdout)).toMatchObject({
    accepted: 1_500,
    duplicates: 0,
  });
  writeFileSync(file, rows(2_300));
  expect(JSON.parse((await run('import', 'genai', file, '--json')).stdout)).toMatchObject({
    accepted: 800,
    duplicates: 1_500,
  });
  expect(points.size).toBe(2_300);
  expect([...points.values()].every((times) => times === 1)).toBe(true);
});

test('a file that is not of the trace is told, and the others are imported', async () => {
  const { run, events } = await store();
  const other = join(folder, 'data_trace_processed.csv');
  writeFileSync(other, 'a,b\n1,2\n');
  const queue = join(folder, 'queue_size.csv');
  writeFileSync(queue, 'value,container_ip,timestamp_anon\n1.0,,1662858720.0\n');
  const { exit, stderr } = await run('import', 'genai', other, queue);
  expect(exit).toBe(1);
  expect(stderr).toContain('carries no time');
  expect(events.size).toBe(1);
});
