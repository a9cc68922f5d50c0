/** `pegbar agent comfyui` against a ComfyUI that is played from recordings, into a running Pegbar. */
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pegbar, type Run, type Server, scratch, startServer } from '../server.ts';
import { FakeComfy, linesOf, type Truth } from './fake-comfy.ts';
import { PIXEL, PlayedComfy } from './played-comfy.ts';

const comfy = new PlayedComfy();
let server: Server;
let url: string;
let home: string;
let child: ChildProcess | undefined;

const agent = (): { ended: Promise<Run> } => {
  const args = [
    'agent',
    'comfyui',
    '--url',
    url,
    '--server',
    server.url,
    '--tenant',
    'watched',
    '--every',
    '1',
  ];
  return { ended: pegbar(args, { env: { XDG_STATE_HOME: home }, onStart: (started) => (child = started) }) };
};

beforeAll(async () => {
  server = await startServer();
  url = await comfy.start();
  home = scratch('state');
});
afterAll(async () => {
  child?.kill('SIGKILL');
  comfy.stop();
  await server?.stop();
});

const rowsOf = async (): Promise<Record<string, Record<string, unknown>>> => {
  await server.flush();
  const rows = await server.sql("SELECT * FROM requests WHERE tenant = 'watched'");
  return Object.fromEntries(rows.map((row) => [row.request_id, row]));
};
const outcomeOf = ({ outcome }: Truth): string | undefined => (outcome === 'lost' ? 'failed' : outcome);

describe('the agent', () => {
  test('tells what the sessions did, through a restart of itself and a kill of ComfyUI', async () => {
    const truths: Truth[] = [];
    const first = agent();
    await comfy.looked();
    truths.push(...(await comfy.play(linesOf('s03-diffusion'))));
    truths.push(...(await comfy.play(linesOf('s09-queue-clear'))));
    child?.kill('SIGKILL');
    await first.ended;
    const second = agent();
    await comfy.looked();
    for (const name of ['s06-runtime-error', 's10-two-clients', 's16-kill9'])
      truths.push(...(await comfy.play(linesOf(name))));
    await comfy.looked();
    await pause(1_000);
    child?.kill('SIGTERM');
    const ended = await second.ended;
    const rows = await rowsOf();
    const over = truths.filter((truth) => truth.outcome !== undefined);
    expect(
      Object.fromEntries(over.map((truth) => [truth.promptId, rows[truth.promptId]?.outcome])),
      ended.stderr,
    ).toEqual(Object.fromEntries(over.map((truth) => [truth.promptId, outcomeOf(truth)])));
    const spans = await server.sql(
      "SELECT request_id, count() AS n FROM spans WHERE tenant = 'watched' AND name = 'comfyui prompt' GROUP BY request_id",
    );
    for (const row of spans) expect(Number(row.n), String(row.request_id)).toBe(1);
    expect(new Set(comfy.clientIds).size).toBe(comfy.clientIds.length);
    expect(comfy.clientIds.every((id) => id.startsWith('pegbar-'))).toBe(true);
  }, 240_000);

  test('tells the settings, the picture and where it came from', async () => {
    const truth = comfyTruth('s03-diffusion');
    const row = (await rowsOf())[truth.promptId];
    expect(row).toMatchObject({
      outcome: 'succeeded',
      workload: 'single_image',
      model_version: 'pegbar-random-sd15.safetensors',
      sampler: 'euler',
      scheduler: 'normal',
      steps: 4,
      cfg: 7,
      seed: '42',
      images: '1',
      loras: ['pegbar-a.safetensors', 'pegbar-b.safetensors'],
    });
    const [image] = await server.sql(`SELECT * FROM images WHERE request_id = '${truth.promptId}'`);
    const digest = createHash('sha256').update(PIXEL).digest('hex');
    expect(image).toMatchObject({ image_id: digest, sha256: digest, bytes: String(PIXEL.length), steps: 4 });
    expect(image?.uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/view\?filename=sd_/);
    const [root] = await server.sql(
      `SELECT resource, workflow FROM spans WHERE request_id = '${truth.promptId}' AND name = 'comfyui prompt'`,
    );
    expect(root?.resource).toContain('0.3.64');
    expect(root?.resource).not.toContain('--secret');
    expect(JSON.parse(root?.workflow)['3'].class_type).toBe('KSampler');
  });

  test('leaves a ComfyUI alone that has the node, and says so', async () => {
    comfy.hasNode = true;
    const { code, stderr } = await pegbar(['agent', 'comfyui', '--url', url, '--server', server.url]);
    comfy.hasNode = false;
    expect([code, stderr]).toEqual([2, expect.stringContaining('has the Pegbar node')]);
  });

  test('looks once where that is wished, and says where nobody answers', async () => {
    const args = ['agent', 'comfyui', '--once', '--json', '--server', server.url, '--tenant', 'once'];
    const once = await pegbar([...args, '--url', url], { env: { XDG_STATE_HOME: scratch('once') } });
    expect([once.code, JSON.parse(once.stdout).prompts > 0]).toEqual([0, true]);
    const nobody = await pegbar([...args, '--url', 'http://127.0.0.1:9']);
    expect([nobody.code, nobody.stderr]).toEqual([
      3,
      expect.stringContaining('no ComfyUI answers at http://127.0.0.1:9'),
    ]);
    const wrong = await pegbar([...args, '--url', 'render-3']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--url render-3')]);
  });
});

function comfyTruth(name: string): Truth {
  const played = new FakeComfy(linesOf(name));
  for (const line of linesOf(name)) played.apply(line);
  return [...played.truths.values()][0]!;
}
