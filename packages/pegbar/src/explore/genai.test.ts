/** The figures of the Alibaba serving trace, asked of the API: those that the file itself gives. */
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { deliver, genaiItems, type Sink } from '../importers/index.ts';
import { type RunningServer, startServer } from '../server.ts';
import { engineMissing } from '../store/engine/testing.ts';

const FILE = fileURLToPath(
  new URL('../../../../../shared/data/genai/lora_request_trace_until_2024-11-24.csv', import.meta.url),
);
const missing = engineMissing() ?? (existsSync(FILE) ? null : 'there is no ../shared/data/genai');
/** Half of a bin of the grid. */
const GRID = 0.0157;

interface Line {
  day: string;
  model: string;
  failed: boolean;
  ms: number;
}

/** The file, read without the importer. */
function readLines(): Line[] {
  const [head = '', ...lines] = readFileSync(FILE, 'utf8').trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => {
    const fields = line.split(',');
    const field = (name: string): string => fields[names.indexOf(name)] ?? '';
    return {
      day: field('gmt_create').slice(0, 10),
      model: field('checkpoint_model_version_id'),
      failed: field('predict_status') === 'FAILED',
      ms: Number(field('exec_time_seconds')) * 1000,
    };
  });
}

function groups(lines: readonly Line[], key: (line: Line) => string): Map<string, Line[]> {
  const out = new Map<string, Line[]>();
  for (const line of lines) out.set(key(line), [...(out.get(key(line)) ?? []), line]);
  return out;
}

describe.skipIf(missing !== null)(`the GenAI trace${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const lines = missing ? [] : readLines();
  const data = mkdtempSync(join(tmpdir(), 'pegbar-genai-'));
  let server: RunningServer;

  beforeAll(async () => {
    const config = loadConfig({
      argvOptions: {
        data,
        port: '0',
        'otlp-http-port': '0',
        'otlp-grpc-port': '0',
        'log-level': 'error',
        'min-free': '1MB',
      },
      env: {},
      readFile: () => undefined,
    });
    if (!config.ok) throw new Error(JSON.stringify(config.error));
    server = await startServer(config.value);
    const sink: Sink = {
      async events(body) {
        const headers = { 'content-type': 'application/x-ndjson' };
        const answer = await fetch(`${server.url}/api/v1/events?import=genai`, {
          method: 'POST',
          headers,
          body: body as BodyInit,
        });
        return { ok: true, value: (await answer.json()) as never };
      },
      points: () => Promise.reject(new Error('the request file holds no points')),
    };
    const open = () =>
      genaiItems({ name: FILE, bytes: createReadStream(FILE), kind: undefined, tenant: 'alibaba' });
    const done = await deliver({
      open,
      sink,
      cursors: undefined,
      key: undefined,
      onProgress: () => undefined,
    });
    expect(done.tally).toMatchObject({ accepted: lines.length, rejected: 0 });
    await fetch(`${server.url}/api/v1/flush`, { method: 'POST' });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  type Series = { key: Record<string, string>; points: { t: string; value: number | null; n: number }[] }[];
  async function ask(query: string): Promise<{ source: string; series: Series }> {
    const range = 'from=2024-11-01T00:00:00Z&to=2024-12-01T00:00:00Z&tenant=alibaba';
    const answer = await fetch(`${server.url}/api/v1/kpis?${range}&${query}`);
    expect(answer.status).toBe(200);
    return (await answer.json()) as { source: string; series: Series };
  }
  const pick = (series: Series, metric: string): Series => series.filter((one) => one.key.metric === metric);

  it('has the requests and failures of each checkpoint', async () => {
    const { source, series } = await ask('by=model_version&metrics=requests,failed');
    expect(source).toBe('rollup');
    const byModel = groups(lines, (line) => line.model);
    const figures = (metric: string) =>
      Object.fromEntries(
        pick(series, metric).map(({ key, points }) => [key.model_version, points[0]!.value]),
      );
    const counted = (keep: (line: Line) => boolean) =>
      Object.fromEntries([...byModel].map(([model, all]) => [model, all.filter(keep).length]));
    expect(figures('requests')).toEqual(counted(() => true));
    expect(figures('failed')).toEqual(counted((line) => line.failed));
  });

  it('has the requests and failures of each day', async () => {
    const { source, series } = await ask('step=1d&metrics=requests,failed');
    expect(source).toBe('rollup');
    const byDay = groups(lines, (line) => line.day);
    for (const [metric, keep] of [
      ['requests', () => true],
      ['failed', (line: Line) => line.failed],
    ] as const) {
      const days = pick(series, metric)[0]!.points.filter((point) => point.value !== 0);
      const counted = [...byDay]
        .map(([day, all]) => [day, all.filter(keep).length] as const)
        .filter(([, n]) => n > 0);
      expect(Object.fromEntries(days.map((point) => [point.t.slice(0, 10), point.value]))).toEqual(
        Object.fromEntries(counted),
      );
    }
  });

  it('has the quantiles of the latency, by checkpoint, by day and of the stage, within the grid', async () => {
    const quantile = (all: readonly Line[], q: number): number => {
      const sorted = all.map((line) => line.ms).sort((a, b) => a - b);
      const rank =
        q === 0.5 && sorted.length % 2 === 0 ? sorted.length / 2 - 1 : Math.floor(q * sorted.length);
      return sorted[Math.min(sorted.length - 1, rank)]!;
    };
    const near = (value: number | null, expected: number): void => {
      expect(Math.abs((value ?? Number.NaN) - expected) / expected).toBeLessThanOrEqual(GRID);
    };
    const decided = lines.filter((line) => line.ms > 0);
    const whole = await ask('metrics=latency_p50_ms,latency_p95_ms&filter=pipeline_stage=generate');
    near(pick(whole.series, 'latency_p50_ms')[0]!.points[0]!.value, quantile(decided, 0.5));
    near(pick(whole.series, 'latency_p95_ms')[0]!.points[0]!.value, quantile(decided, 0.95));
    const { series } = await ask('by=model_version&metrics=latency_p50_ms,latency_p95_ms,requests');
    const byModel = groups(lines, (line) => line.model);
    let compared = 0;
    for (const [metric, q] of [
      ['latency_p50_ms', 0.5],
      ['latency_p95_ms', 0.95],
    ] as const)
      for (const { key, points } of pick(series, metric)) {
        const [point] = points;
        if (!point!.value) continue;
        near(point!.value, quantile(byModel.get(key.model_version!)!, q));
        compared += 1;
      }
    expect(compared).toBeGreaterThan(100);
  });
});
