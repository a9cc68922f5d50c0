/** The Alibaba serving trace through importer and main line: its figures are those of the file. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliver, genaiItems, type Sink } from '../../packages/pegbar/src/importers/index.ts';
import { engineMissing } from '../../packages/pegbar/src/store/engine/testing.ts';
import { startPipeline } from './harness.ts';

const FILE = fileURLToPath(
  new URL('../../../shared/data/genai/lora_request_trace_until_2024-11-24.csv', import.meta.url),
);
const missing = engineMissing() ?? (existsSync(FILE) ? undefined : 'there is no ../shared/data/genai');
if (missing) console.warn(`skipped: ${missing}`);

interface Row {
  day: string;
  model: string;
  failed: boolean;
  ms: number;
}

/** The file, read independently of the importer. */
function rowsOfFile(): Row[] {
  const [head = '', ...lines] = readFileSync(FILE, 'utf8').trim().split('\n');
  const names = head.split(',');
  const at = (name: string) => names.indexOf(name);
  return lines.map((line) => {
    const fields = line.split(',');
    const field = (name: string) => fields[at(name)] ?? '';
    return {
      day: field('gmt_create').slice(0, 10),
      model: field('checkpoint_model_version_id'),
      failed: field('predict_status') === 'FAILED',
      ms: Number(field('exec_time_seconds')) * 1000,
    };
  });
}

function tally(rows: readonly Row[], key: (row: Row) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[key(row)] = (counts[key(row)] ?? 0) + 1;
  return counts;
}

describe.skipIf(missing)('the GenAI trace', () => {
  let line: Awaited<ReturnType<typeof startPipeline>>;
  const rows = missing ? [] : rowsOfFile();
  beforeAll(async () => {
    line = await startPipeline();
  });
  afterAll(() => line?.stop());

  const run = () => {
    const sink: Sink = {
      events: async (body) => ({
        ok: true,
        value: await line.events.accept(Buffer.from(body).toString('utf8'), {
          tenant: null,
          import: 'genai',
        }),
      }),
      points: () => Promise.reject(new Error('the request file holds no points')),
    };
    const open = () =>
      genaiItems({ name: FILE, bytes: createReadStream(FILE), kind: undefined, tenant: 'alibaba' });
    return deliver({ open, sink, cursors: undefined, key: undefined, onProgress: () => undefined });
  };

  it('is taken whole, and once', async () => {
    expect((await run()).tally).toMatchObject({ read: rows.length, accepted: rows.length, rejected: 0 });
    expect((await run()).tally).toMatchObject({ accepted: 0, duplicates: rows.length });
    await line.flush();
    expect(await line.rows('SELECT count() AS n, countIf(imported) AS imported FROM requests FINAL')).toEqual(
      [{ n: String(rows.length), imported: String(rows.length) }],
    );
  });

  it.each([
    ['requests', () => true],
    ['failed', (row: Row) => row.failed],
  ] as const)('has the %s of the file by day and checkpoint', async (metric, counts) => {
    const stored = await line.rows<{ key: string; n: string }>(
      `SELECT concat(toString(toDate(t)), ' ', value) AS key, sum(n) AS n FROM roll_hours
       WHERE tenant != '' AND metric = '${metric}' AND stage = '' AND dim = 'model_version' GROUP BY key`,
    );
    const expected = tally(rows.filter(counts), (row) => `${row.day} ${row.model}`);
    expect(Object.fromEntries(stored.map(({ key, n }) => [key, Number(n)]))).toEqual(expected);
  });

  it('has the latencies of the file, of the request and of its generate stage', async () => {
    const sorted = rows.map((row) => row.ms).sort((a, b) => a - b);
    const quantile = (q: number) => sorted[Math.floor(q * sorted.length)];
    const stored = await line.rows<{ p50: number; p95: number }>(
      `SELECT quantileExact(0.5)(ms) AS p50, quantileExact(0.95)(ms) AS p95 FROM
       (SELECT (toUnixTimestamp64Nano(ended) - toUnixTimestamp64Nano(started)) / 1e6 AS ms FROM requests FINAL)`,
    );
    expect(stored).toEqual([{ p50: quantile(0.5), p95: quantile(0.95) }]);
    const sums = await line.rows<{ s: number }>(
      "SELECT sum(sum) / 1e6 AS s FROM roll_hours WHERE tenant != '' AND metric = 'latency_ms' AND dim = 'all' AND stage = ''",
    );
    const sum = rows.reduce((total, row) => total + row.ms, 0);
    expect(sums).toEqual([{ s: sum }]);
    const stages = await line.rows<{ p95: number }>(
      "SELECT quantileExact(0.95)(duration_ns / 1e6) AS p95 FROM spans WHERE pipeline_stage = 'generate'",
    );
    expect(stages).toEqual([{ p95: quantile(0.95) }]);
  });
});
