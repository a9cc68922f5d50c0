/**
 * The node in a real ComfyUI on the CPU, into a running Pegbar. It runs where a ComfyUI is installed already:
 *   PEGBAR_COMFYUI_DIR=/path/to/ComfyUI PEGBAR_COMFYUI_PYTHON=/path/to/venv/bin/python npm run e2e:comfyui
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { steadyPort } from '../../ports.mjs';
import { REPOSITORY, type Server, scratch, startServer } from '../server.ts';
import { here } from './python.ts';

const DIR = process.env.PEGBAR_COMFYUI_DIR ?? '';
const PYTHON = process.env.PEGBAR_COMFYUI_PYTHON ?? 'python3';
/** Importing torch on a busy machine takes most of a minute. */
const START_MS = 180_000;
const why = reasonToSkip();

function reasonToSkip(): string | undefined {
  if (DIR === '') return 'PEGBAR_COMFYUI_DIR names no installed ComfyUI';
  const help = spawnSync(PYTHON, ['main.py', '--help'], { cwd: DIR, encoding: 'utf8' });
  if (help.status !== 0) return `${PYTHON} cannot run ${DIR}/main.py`;
  return help.stdout.includes('--base-directory')
    ? undefined
    : 'this ComfyUI has no --base-directory (0.3.10 and later)';
}

type Json = Record<string, unknown>;
const link = (id: string): [string, number] => [id, 0];
const node = (class_type: string, inputs: Json): Json => ({ class_type, inputs });
const picture = (color: number, batch_size = 1): Json => ({
  1: node('EmptyImage', { width: 64, height: 48, batch_size, color }),
  2: node('ImageBlur', { image: link('1'), blur_radius: 2, sigma: 1 }),
  3: node('SaveImage', { images: link('2'), filename_prefix: 'pegbar/real' }),
});
const slow = (steps: number): Json => ({
  1: node('EmptyImage', { width: 64, height: 48, batch_size: 1, color: 5 }),
  2: node('PegbarTestSlow', { image: link('1'), steps, step_ms: 100 }),
  3: node('PreviewImage', { images: link('2') }),
});
const failing = (message: string): Json => ({
  1: node('EmptyImage', { width: 64, height: 48, batch_size: 1, color: 6 }),
  2: node('PegbarTestFail', { image: link('1'), message }),
  3: node('PreviewImage', { images: link('2') }),
});
const enormous = {
  1: node('EmptyImage', { width: 16384, height: 16384, batch_size: 4096, color: 0 }),
  2: node('PreviewImage', { images: link('1') }),
};

describe.skipIf(why !== undefined)(why ? `a real ComfyUI (skipped: ${why})` : 'a real ComfyUI', () => {
  let server: Server;
  let comfy: { url: string; child: ChildProcess; base: string };

  beforeAll(async () => {
    server = await startServer();
    const base = scratch('comfyui');
    for (const folder of ['models', 'input', 'output', 'temp', 'user']) mkdirSync(join(base, folder));
    cpSync(join(REPOSITORY, 'python/comfyui_pegbar'), join(base, 'custom_nodes/comfyui_pegbar'), {
      recursive: true,
    });
    cpSync(here('fixture_node'), join(base, 'custom_nodes/fixture_node'), { recursive: true });
    comfy = await startComfy(base);
  }, START_MS);
  afterAll(async () => {
    comfy?.child.kill('SIGKILL');
    await server?.stop();
  });

  async function startComfy(base: string, samePort?: number): Promise<typeof comfy> {
    const port = samePort ?? (await steadyPort());
    const args = [
      'main.py',
      '--cpu',
      '--listen',
      '127.0.0.1',
      '--port',
      String(port),
      '--base-directory',
      base,
    ];
    const database = ['--database-url', `sqlite:///${join(base, 'user/comfyui.db')}`];
    const child = spawn(PYTHON, [...args, ...database, '--disable-auto-launch', '--disable-api-nodes'], {
      cwd: DIR,
      // Two threads that fight for shared cores make ComfyUI several times slower.
      env: {
        ...process.env,
        OMP_NUM_THREADS: '1',
        PEGBAR_URL: server.url,
        PEGBAR_TENANT: 'real',
        PEGBAR_BUFFER_DIR: join(base, 'pegbar'),
      },
      stdio: 'ignore',
    });
    const url = `http://127.0.0.1:${port}`;
    for (let waited = 0; waited < START_MS; waited += 250) {
      const answer = await fetch(`${url}/queue`).catch(() => undefined);
      if (answer?.ok) return { url, child, base };
      await pause(250);
    }
    throw new Error('ComfyUI did not start');
  }

  async function ask(path: string, body?: unknown): Promise<{ status: number; json: Json }> {
    const init = {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    };
    const answer = await fetch(`${comfy.url}${path}`, body === undefined ? {} : init);
    const text = await answer.text();
    return { status: answer.status, json: text === '' ? {} : JSON.parse(text) };
  }
  const queue = async (prompt: Json): Promise<string> =>
    String((await ask('/prompt', { prompt, client_id: 'e2e' })).json.prompt_id);
  // biome-ignore lint/suspicious/noExplicitAny: an answer of ComfyUI, looked into field by field
  async function finished(id: string): Promise<any> {
    for (let tries = 0; tries < 600; tries++) {
      const { json } = await ask(`/history/${id}`);
      if (json[id]) return json[id];
      await pause(100);
    }
    throw new Error(`${id} did not finish`);
  }
  /** The request once the node has told it and the store has it. */
  async function told(id: string): Promise<Record<string, unknown>> {
    for (let tries = 0; tries < 100; tries++) {
      await server.flush();
      const [row] = await server.sql(
        `SELECT * FROM requests WHERE request_id = '${id}' AND outcome != 'pending'`,
      );
      if (row) return row;
      await pause(200);
    }
    throw new Error(`${id} was not told`);
  }

  test('a prompt that succeeds, then the same from the cache', async () => {
    const first = await queue(picture(0x112233));
    const history = await finished(first);
    const [start, end] = ['execution_start', 'execution_success'].map(
      (event) => history.status.messages.find(([name]: [string]) => name === event)[1].timestamp,
    );
    const row = await told(first);
    expect(row).toMatchObject({ tenant: 'real', outcome: 'succeeded', images: '1', error_code: '' });
    expect(Number(row.latency_ms)).toBeGreaterThanOrEqual(end - start - 1);
    const spans = await server.sql(
      `SELECT name FROM spans WHERE request_id = '${first}' AND attributes['comfyui.cached'] = 'false' ORDER BY started`,
    );
    expect(spans.map((span) => span.name)).toEqual(['EmptyImage', 'ImageBlur', 'SaveImage']);
    const [image] = await server.sql(
      `SELECT image_id, width, height, uri FROM images WHERE request_id = '${first}'`,
    );
    expect(image).toMatchObject({ width: 64, height: 48 });
    expect(decodeURIComponent(String(image?.uri))).toContain(history.outputs['3'].images[0].filename);

    let thumbnail = 404;
    for (let tries = 0; tries < 50 && thumbnail !== 200; tries++) {
      await pause(200);
      thumbnail = (await server.call(`/api/v1/thumbnails/${image?.image_id}?tenant=real`)).status;
    }
    expect(thumbnail).toBe(200);

    const again = await queue(picture(0x112233));
    await finished(again);
    expect(await told(again)).toMatchObject({ outcome: 'succeeded', images: '0', stages: '0' });
    const cached = await server.sql(
      `SELECT name FROM spans WHERE request_id = '${again}' AND attributes['comfyui.cached'] = 'true'`,
    );
    expect(cached).toHaveLength(3);
  });

  test('a batch, an error, a refused allocation', async () => {
    const batch = await queue(picture(0x445566, 3));
    const error = await queue(failing('cannot open /home/somebody/model.safetensors'));
    const memory = await queue(enormous);
    for (const id of [batch, error, memory]) await finished(id);
    expect(await told(batch)).toMatchObject({ outcome: 'succeeded', images: '3', workload: 'batch_panels' });
    expect(await told(error)).toMatchObject({
      outcome: 'failed',
      error_code: 'internal',
      error_message: 'cannot open model.safetensors',
    });
    expect(await told(memory)).toMatchObject({ outcome: 'failed', error_code: 'oom' });
  });

  test('a prompt that is refused', async () => {
    const bad = { ...picture(1), 1: node('EmptyImage', { width: 0, height: 48, batch_size: 1, color: 1 }) };
    expect((await ask('/prompt', { prompt: bad })).status).toBe(400);
    let rows: unknown[] = [];
    for (let tries = 0; tries < 100 && rows.length === 0; tries++) {
      await pause(200);
      await server.flush();
      rows = await server.sql(
        "SELECT outcome, error_code FROM requests WHERE tenant = 'real' AND outcome = 'rejected'",
      );
    }
    expect(rows).toEqual([{ outcome: 'rejected', error_code: 'invalid_config' }]);
  });

  test('one that is interrupted, one that is taken out of the queue', async () => {
    const running = await queue(slow(100));
    const waiting = await queue(slow(1));
    await pause(1_500);
    await ask('/queue', { delete: [waiting] });
    await ask('/interrupt', {});
    await finished(running);
    expect(await told(running)).toMatchObject({ outcome: 'cancelled', error_code: 'cancelled' });
    expect(await told(waiting)).toMatchObject({
      outcome: 'cancelled',
      error_message: 'removed from the queue',
    });
  });

  test(
    'a ComfyUI that is killed in the middle',
    async () => {
      const running = await queue(slow(300));
      const waiting = await queue(slow(1));
      await pause(2_500);
      comfy.child.kill('SIGKILL');
      await pause(500);
      // What a process leaves behind is found by its port.
      comfy = await startComfy(comfy.base, Number(new URL(comfy.url).port));
      expect(await told(running)).toMatchObject({
        outcome: 'failed',
        error_message: 'ComfyUI ended while the prompt ran',
      });
      expect(await told(waiting)).toMatchObject({
        outcome: 'failed',
        error_message: 'ComfyUI ended while the prompt waited',
      });
    },
    START_MS + 60_000,
  );

  test('nothing was lost on the way', async () => {
    const { json } = await ask('/pegbar');
    expect(json).toMatchObject({ dropped: {}, buffered: 0, problem: null });
    const missing = Object.entries(json.hooks as Record<string, boolean>).filter(([, found]) => !found);
    // Before 0.3.44 there is none, and nodes are told from the messages to the client.
    expect(missing.map(([name]) => name).filter((name) => name !== 'progress_registry')).toEqual([]);
  });
});
