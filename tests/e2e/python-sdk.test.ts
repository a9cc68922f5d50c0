/**
 * The Python SDK: its own tests, and what a service on it did against what is queried. Runs where PEGBAR_TEST_PYTHON
 * names a Python with tests/clients/requirements.txt, as CI has it; torch and real pipelines are `npm run e2e:diffusers`.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY, type Server, startServer } from './server.ts';

const run = promisify(execFile);
const python = process.env.PEGBAR_TEST_PYTHON ?? '';
if (python === '') console.warn('skipped: the Python SDK is tested where PEGBAR_TEST_PYTHON names a Python');

const SDK = join(REPOSITORY, 'python');
const SCRIPT = fileURLToPath(new URL('clients/python_sdk.py', import.meta.url));
/** Threads that wait for servers that hang; 25 s on two idle cores. */
const SUITE_MS = 240_000;

const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PEGBAR|OTEL)_/.test(name))),
  PYTHONPATH: SDK,
  PYTHONDONTWRITEBYTECODE: '1',
});

describe.skipIf(python === '')('the Python SDK', () => {
  it(
    'passes its own tests',
    async () => {
      const args = ['-m', 'unittest', 'discover', '-t', '.', '-s', 'tests'];
      const { stderr } = await run(python, args, { cwd: SDK, env: environment(), timeout: SUITE_MS });
      expect(stderr).toMatch(/^OK( \(skipped=\d+\))?$/m);
    },
    SUITE_MS,
  );

  describe('against a server', () => {
    let server: Server;
    let told: { ids: [string, string]; flushed: boolean; stats: { dropped: object; sent: object } };
    beforeAll(async () => {
      server = await startServer();
      const { stdout } = await run(python, [SCRIPT, server.url, server.ready.otlp_http], {
        env: environment(),
        timeout: 150_000,
      });
      told = JSON.parse(stdout);
      await server.flush();
    });
    afterAll(() => server?.stop());

    it('sends everything', () => {
      expect(told.flushed).toBe(true);
      expect(told.stats.dropped).toEqual({});
      expect(told.stats.sent).toMatchObject({ records: 6 });
    });

    it('makes one request in one trace of what two processes did', async () => {
      const [request] = await server.sql("SELECT * FROM requests WHERE request_id = 'py-sdk-1'");
      expect(request).toMatchObject({
        tenant: 'studio-py',
        outcome: 'succeeded',
        workload: 'batch_panels',
        session_id: 's-1',
        region: 'eu-west',
        attempt: 2,
        images: '2',
        model_version: 'toy-v1',
        model_family: 'toy',
        cost_usd: 0.25,
      });
      const stages = await server.sql(
        "SELECT * FROM stages WHERE request_id = 'py-sdk-1' AND pipeline_stage != '' ORDER BY timestamp",
      );
      expect(stages.map((stage) => stage.pipeline_stage)).toEqual([
        'ingest',
        'preprocess',
        'generate',
        'postprocess',
        'upscale',
        'deliver',
      ]);
      expect(new Set(stages.map((stage) => stage.trace_id)).size).toBe(1);
      expect(stages.filter((stage) => stage.queue_wait_ms > 0).map((stage) => stage.pipeline_stage)).toEqual([
        'preprocess',
      ]);
      expect(stages[2]).toMatchObject({
        images: 2,
        steps: 3,
        cfg: 6.5,
        seed: '18446744073709551615',
        width: 24,
        height: 16,
        batch_size: 2,
        prompt: 'a house',
        negative_prompt: 'blurry',
        scheduler: 'FakeScheduler',
        hardware_class: 'cpu-2',
        gpu_seconds: 0,
        service: 'py-sdk',
      });
    });

    it('has a picture of each, with its own seed and prompt', async () => {
      const rows = await server.sql("SELECT * FROM images WHERE request_id = 'py-sdk-1'");
      expect(told.ids.map((id) => rows.find(({ image_id }) => image_id === id))).toMatchObject([
        { seed: '18446744073709551615', prompt: 'a house', width: 24, height: 16, tenant: 'studio-py' },
        { seed: '7', prompt: 'a boat', model_version: 'toy-v1', steps: 3, sampler: 'Fake', kind: 'image' },
      ]);
      expect(rows).toHaveLength(2);
    });

    it('tells scores, feedback, frames and the queue, and the same word twice once', async () => {
      const [first, second] = told.ids;
      expect(await server.sql(`SELECT * FROM scores WHERE image_id = '${first}'`)).toMatchObject([
        { name: 'aesthetic', value: 6.25, scorer: 'toy', scorer_version: '2', tenant: 'studio-py' },
      ]);
      expect(await server.sql(`SELECT * FROM feedback WHERE image_id = '${second}'`)).toMatchObject([
        { action: 'accept', session_id: 's-1', timestamp: expect.stringContaining('2026-01-02') },
      ]);
      expect(await server.sql("SELECT * FROM frames WHERE sequence_id = 'seq-1'")).toMatchObject([
        {
          side: 'produced',
          frames: 48,
          window_s: 2,
          declared_fps: 24,
          request_id: 'py-sdk-1',
          workload: 'batch_panels',
        },
      ]);
      expect(await server.sql("SELECT * FROM queue_samples WHERE queue = 'render'")).toMatchObject([
        { depth: 3, wait_ms: 12.5, tenant: 'studio-py' },
      ]);
    });

    it('tells a failure by the taxonomy, at its stage', async () => {
      const [request] = await server.sql("SELECT * FROM requests WHERE request_id = 'py-sdk-2'");
      expect(request).toMatchObject({ outcome: 'failed', error_code: 'oom', images: '0' });
      const failed = await server.sql(
        "SELECT * FROM stages WHERE request_id = 'py-sdk-2' AND error_code != '' AND pipeline_stage != ''",
      );
      expect(failed).toMatchObject([{ pipeline_stage: 'generate', error_code: 'oom', retriable: 1 }]);
    });
  });
});
