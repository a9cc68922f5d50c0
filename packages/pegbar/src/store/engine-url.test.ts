/** A whole server over an engine that somebody else runs (`--engine URL`): here a second child of the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { type RunningServer, startServer } from '../server.ts';
import { engineMissing, startTestEngine, type TestEngine } from './engine/testing.ts';

const missing = engineMissing();

describe.skipIf(missing !== null)(
  `an engine by its address${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    const data = mkdtempSync(join(tmpdir(), 'pegbar-url-'));
    let engine: TestEngine;
    let server: RunningServer;

    async function start(): Promise<RunningServer> {
      const { url, user, password } = engine.supervisor.current()!;
      const address = new URL(url);
      address.username = user;
      address.password = password;
      const config = loadConfig({
        argvOptions: {
          data,
          engine: address.href,
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
      return startServer(config.value);
    }
    const post = async (path: string, type: string, body: string) => {
      const answer = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const tell = (id: string) =>
      post(
        '/api/v1/events',
        'application/x-ndjson',
        JSON.stringify({
          request_id: id,
          timestamp: Date.now(),
          pipeline_stage: 'generate',
          outcome: 'succeeded',
          image_id: `${id}-1`,
          metrics: { latency_ms: 10 },
        }),
      );
    const outcomes = async (): Promise<unknown[]> => {
      await post('/api/v1/flush', 'application/json', '{}');
      const page = (await (await fetch(`${server.url}/api/v1/requests`)).json()) as {
        items: { request_id: string; outcome: string }[];
      };
      return page.items.map((one) => [one.request_id, one.outcome]).sort();
    };

    beforeAll(async () => {
      engine = await startTestEngine();
      server = await start();
    });
    afterAll(async () => {
      await server?.stop();
      await engine?.stop();
      rmSync(data, { recursive: true, force: true });
    });

    it('stores and answers, and leaves the engine running when it stops', async () => {
      expect((await tell('r1')).body).toMatchObject({ accepted: 1 });
      expect(await outcomes()).toEqual([['r1', 'succeeded']]);
      await server.stop();
      expect(engine.supervisor.state()).toBe('up');
      server = await start();
      await tell('r2');
      expect(await outcomes()).toEqual([
        ['r1', 'succeeded'],
        ['r2', 'succeeded'],
      ]);
    });

    it('refuses SQL of people, with the reason, where it may make no users there', async () => {
      const answer = await post('/api/v1/query', 'application/json', JSON.stringify({ sql: 'SELECT 1' }));
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({
        message: expect.stringContaining('SQL over the views is off'),
      });
    });
  },
);
