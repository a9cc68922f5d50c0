/** The official OpenTelemetry client of Python, in an environment of its own beside the temporary files. */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, REPOSITORY, type Server, startServer } from './server.ts';

const run = promisify(execFile);
/** Wheels of gRPC are 10 MB; a slow registry takes its time. */
const INSTALL_MS = 240_000;

/** A Python that has the client: CI's own, else one that is made once and kept. */
async function pythonWithClient(): Promise<string> {
  const given = process.env.PEGBAR_TEST_PYTHON;
  if (given !== undefined && given !== '') return given;
  const folder = join(tmpdir(), 'pegbar-otel-py');
  const python = join(folder, 'bin', 'python');
  const done = join(folder, 'installed');
  if (existsSync(done)) return python;
  const options = { timeout: INSTALL_MS };
  await run('python3', ['-m', 'venv', '--clear', folder], options);
  const wanted = join(REPOSITORY, 'tests', 'clients', 'requirements.txt');
  await run(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', wanted],
    options,
  );
  writeFileSync(done, '');
  return python;
}

let python = '';
try {
  python = await pythonWithClient();
} catch (error) {
  console.warn(`skipped: no Python with the OpenTelemetry client: ${String(error).slice(0, 300)}`);
}

const SCRIPT = fileURLToPath(new URL('clients/send.py', import.meta.url));

interface Ids {
  trace: string;
  root: string;
  stage: string;
}

describe.skipIf(python === '')('the client of Python', () => {
  let server: Server;
  let sent: Record<'http' | 'gzip' | 'grpc', Ids> & { base: string };
  beforeAll(async () => {
    server = await startServer();
    const grpc = server.ready.otlp_grpc.replace('http://', '');
    const { stdout } = await run(python, [SCRIPT, server.ready.otlp_http, grpc], { timeout: 150_000 });
    sent = JSON.parse(stdout);
    await server.flush();
  });
  afterAll(() => server?.stop());

  const sqlTime = (more: number): string => {
    const ns = BigInt(sent.base) + BigInt(more);
    const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19).replace('T', ' ');
    return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
  };

  it.each(['http', 'gzip', 'grpc'] as const)(
    'sends spans over %s that are queried as they were',
    async (protocol) => {
      const { trace, root, stage } = sent[protocol];
      const rows = await server.sql(`SELECT * FROM spans WHERE trace_id = '${trace}' ORDER BY started`);
      expect(rows).toMatchObject([
        {
          span_id: root,
          parent_span_id: '',
          name: 'render',
          kind: 'server',
          status: 'unset',
          started: sqlTime(0),
          timestamp: sqlTime(9_000_009),
          service: 'comfy',
          scope: 'kit@4.5.6',
          region: 'ap-east-1',
          request_id: `py-${protocol}`,
        },
        {
          span_id: stage,
          parent_span_id: root,
          name: 'KSampler',
          kind: 'internal',
          status: 'error',
          error_message: 'sampling failed',
          started: sqlTime(1_000_001),
          timestamp: sqlTime(7_000_007),
          pipeline_stage: 'generate',
          workload: 'animation',
          model_version: 'wan-2.2',
          seed: '9223372036854775807',
          steps: 20,
          loras: ['ink'],
          lora_weights: [0.5],
          prompt: '1girl, red_hair',
          prompt_length: 15,
          attributes: {
            text: '日本 "x"',
            yes: 'true',
            whole: '-9223372036854775808',
            fraction: '0.25',
            texts: '["a","b"]',
            numbers: '[1,2]',
          },
        },
      ]);
      const told = await server.get(`/api/v1/traces/${trace}`);
      const byId = Object.fromEntries(told.spans.map((span: Json) => [span.span_id, span]));
      expect(byId[stage].events).toMatchObject([{ name: 'inference_finished', attributes: { step: '20' } }]);
      expect(JSON.stringify(byId[stage].links)).toContain('abcdef0123456789abcdef0123456789');
      expect(byId[root].resource).toMatchObject({
        'owner.team': 'anime',
        'telemetry.sdk.language': 'python',
      });
    },
  );

  it('sends metrics', async () => {
    const rows = await server.sql("SELECT * FROM metric_points WHERE model_version = 'py-v1' ORDER BY name");
    expect(rows).toMatchObject([
      { name: 'py.images', kind: 'sum', unit: '{image}', value: 7, monotonic: 1, service: 'comfy' },
      { name: 'py.step', kind: 'histogram', unit: 'ms', value: 12.5, count: '1', min: 12.5, max: 12.5 },
    ]);
  });

  it('sends logs of the logging module', async () => {
    expect(await server.sql("SELECT * FROM logs WHERE request_id = 'py-log'")).toMatchObject([
      {
        body: 'checkpoint v7 is missing',
        severity: 'ERROR',
        severity_number: 17,
        service: 'comfy',
        region: 'ap-east-1',
      },
    ]);
  });
});
