/** `pegbar import genai` of the published trace by the real command: its figures are those of the file. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Run, type Server, scratch, startServer } from './server.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/data/genai/', import.meta.url));
const FILE = `${FOLDER}lora_request_trace_until_2024-11-24.csv`;
const missing = !existsSync(FILE);
if (missing) console.warn(`skipped: the serving trace is not at ${FILE}`);

const DAY = 86_400_000;
/** The grid of the rollups. */
const GRID = 0.017;

interface Row {
  day: string;
  model: string;
  status: string;
  ms: number;
}

/** The file, read with nothing of the product. */
function rowsOfFile(): Row[] {
  const [head = '', ...lines] = readFileSync(FILE, 'utf8').trim().split(/\r?\n/);
  const names = head.split(',');
  return lines.map((line) => {
    const fields = line.split(',');
    const field = (name: string): string => fields[names.indexOf(name)] ?? '';
    return {
      day: field('gmt_create').slice(0, 10),
      model: field('checkpoint_model_version_id'),
      status: field('predict_status'),
      ms: Number(field('exec_time_seconds')) * 1000,
    };
  });
}

const rows = missing ? [] : rowsOfFile();
const days = [...new Set(rows.map((row) => row.day))].sort();
const range = {
  from: `${days[0]}T00:00:00Z`,
  to: new Date(Date.parse(`${days.at(-1)}T00:00:00Z`) + DAY).toISOString(),
};
const ended = (row: Row): boolean => row.status === 'SUCCEED' || row.status === 'FAILED';

/** Between which neighbours of the sorted values the percentile lies, with the error of the grid. */
function bounds(values: readonly number[], q: number): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const low = sorted[Math.max(0, Math.floor(place) - 1)]!;
  const high = sorted[Math.min(sorted.length - 1, Math.ceil(place) + 1)]!;
  return [low * (1 - GRID), high * (1 + GRID)];
}

/** What differs between the figures of a server and those of the rows. */
async function wrong(server: Server, by: 'model_version' | 'day'): Promise<string[]> {
  const out: string[] = [];
  const answer = await server.kpis({
    metrics: 'requests,succeeded,failed,latency_p50_ms,latency_p95_ms',
    ...range,
    ...(by === 'day' ? { step: '1d' } : { by }),
  });
  const groups = new Set(rows.map((row) => (by === 'day' ? row.day : row.model)));
  const told = new Set<string>();
  for (const { key, points } of answer.series)
    for (const { t, value } of points) {
      const group = by === 'day' ? t.slice(0, 10) : key.model_version!;
      told.add(group);
      const mine = rows.filter((row) => (by === 'day' ? row.day : row.model) === group);
      const latencies = mine.filter(ended).map((row) => row.ms);
      const counts: Record<string, number> = {
        requests: mine.length,
        succeeded: mine.filter((row) => row.status === 'SUCCEED').length,
        failed: mine.filter((row) => row.status === 'FAILED').length,
      };
      const exact = counts[key.metric!];
      if (exact !== undefined) {
        if (value !== exact) out.push(`${key.metric} of ${group}: ${value} in place of ${exact}`);
        continue;
      }
      if (latencies.length === 0) {
        if (value !== null) out.push(`${key.metric} of ${group}: ${value} of nothing`);
        continue;
      }
      const [low, high] = bounds(latencies, key.metric === 'latency_p50_ms' ? 0.5 : 0.95);
      if (value === null || value < low || value > high)
        out.push(`${key.metric} of ${group}: ${value} is not from ${low} to ${high}`);
    }
  for (const group of groups) if (!told.has(group)) out.push(`nothing of ${group}`);
  return out;
}

/** The summary that the command prints with --json. */
const summaryOf = ({ stdout }: Run): Record<string, unknown> => {
  const document = JSON.parse(stdout) as Record<string, unknown>;
  return document;
};

describe.skipIf(missing)('the GenAI serving trace', () => {
  let server: Server;
  const home = scratch('state');
  const run = (args: readonly string[] = [FILE], onStart?: Parameters<Server['cli']>[1]) =>
    server.cli(['import', 'genai', ...args, '--json'], { env: { XDG_STATE_HOME: home }, ...onStart });
  const stored = async (): Promise<number> =>
    Number((await server.sql('SELECT count() AS n FROM stages'))[0]!.n);

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());

  it('goes on after a SIGKILL in its midst and adds exactly the rest', async () => {
    const killed = await run([FILE], {
      env: { XDG_STATE_HOME: home },
      onStart(child) {
        // As soon as something of it is stored, and before all is.
        const timer = setInterval(() => {
          void server.get('/api/v1/status').then((status) => {
            if (Number(status.acked) > 0) child.kill('SIGKILL');
          });
        }, 5);
        child.once('exit', () => clearInterval(timer));
      },
    });
    expect(killed.code).toBeNull();
    await server.flush();
    const before = await stored();
    expect(before).toBeGreaterThan(0);
    const rest = await run();
    expect(rest.code, rest.stderr).toBe(0);
    await server.flush();
    expect(await stored()).toBe(rows.length);
    expect((await server.sql('SELECT uniqExact(request_id) AS n FROM stages'))[0]).toEqual({
      n: String(rows.length),
    });
  });

  it('has the requests, failures, p50 and p95 of the file by checkpoint', async () => {
    expect(await wrong(server, 'model_version')).toEqual([]);
  });

  it('has them by day', async () => {
    expect(await wrong(server, 'day')).toEqual([]);
  });

  it('adds nothing at a second run, also where the run before is forgotten', async () => {
    for (const env of [{ XDG_STATE_HOME: home }, { XDG_STATE_HOME: scratch('state-2') }]) {
      const again = await run([FILE], { env });
      expect(again.code, again.stderr).toBe(0);
      expect(summaryOf(again)).toMatchObject({ accepted: 0, duplicates: rows.length });
    }
    await server.flush();
    expect(await stored()).toBe(rows.length);
    expect(await wrong(server, 'day')).toEqual([]);
  });

  it('is mapped as outside.md says', async () => {
    const outcomes = await server.sql('SELECT outcome, count() AS n FROM requests GROUP BY outcome');
    const status: Record<string, string> = { SUCCEED: 'succeeded', FAILED: 'failed' };
    const expected: Record<string, number> = {};
    for (const row of rows) {
      const outcome = status[row.status] ?? 'pending';
      expected[outcome] = (expected[outcome] ?? 0) + 1;
    }
    expect(Object.fromEntries(outcomes.map((row) => [row.outcome, Number(row.n)]))).toEqual(expected);
    const [figures] = await server.sql(
      `SELECT uniqExact(model_version) AS models, countIf(user_id_hash = '') AS nobody,
        sum(prompt_length) AS characters, sum(steps) AS steps, sum(lora_count) AS loras,
        countIf(pipeline_stage != 'generate') AS others, sum(latency_ms) AS ms FROM stages`,
    );
    const column = (name: string): number => {
      const [head = '', ...lines] = readFileSync(FILE, 'utf8').trim().split(/\r?\n/);
      const at = head.split(',').indexOf(name);
      return lines.reduce((sum, line) => sum + (Number(line.split(',')[at]) || 0), 0);
    };
    expect(figures).toMatchObject({
      models: String(new Set(rows.map((row) => row.model)).size),
      nobody: '0',
      characters: String(column('prompt_length')),
      steps: String(column('num_inference_steps')),
      loras: String(column('num_lora')),
      others: '0',
    });
    expect(Number(figures!.ms)).toBeCloseTo(
      rows.reduce((sum, row) => sum + row.ms, 0),
      0,
    );
    expect(JSON.stringify(await server.sql('SELECT user_id_hash FROM stages LIMIT 200'))).not.toMatch(
      /G0\d\d\d/,
    );
  });

  it('takes the files of samples too, and says what it could not read', async () => {
    const files = ['queue_size_raw_8h.csv', 'pod_gpu_duty_cycle_2h.csv', 'qps_2h.csv'].map(
      (name) => FOLDER + name,
    );
    const taken = await run(files);
    expect(taken.code, taken.stderr).toBe(0);
    await server.flush();
    const lines = (file: string): number => readFileSync(file, 'utf8').trim().split('\n').length - 1;
    const count = async (view: string): Promise<number> =>
      Number((await server.sql(`SELECT count() AS n FROM ${view}`))[0]!.n);
    expect(await count('queue_samples')).toBe(lines(files[0]!));
    expect(await count('gpu_samples')).toBe(lines(files[1]!));
    expect(await count('metric_points')).toBe(lines(files[2]!));
    const twice = await run(files);
    expect(twice.code).toBe(0);
    await server.flush();
    expect(await count('metric_points')).toBe(lines(files[2]!));
  });
});
