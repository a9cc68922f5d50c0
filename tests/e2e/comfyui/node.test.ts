/** The node of ComfyUI: its own tests, its reading of graphs, and what it tells a running Pegbar. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workflowHash } from '../../../packages/pegbar/src/importers/comfyui/identity.ts';
import {
  isSampler,
  shapeOf,
  stageOf,
  workloadOf,
} from '../../../packages/pegbar/src/importers/comfyui/stages.ts';
import { parseLoose, readComfyGraph } from '../../../packages/pegbar/src/importers/index.ts';
import { type Server, startServer } from '../server.ts';
import { linesOf, RECORDINGS } from './fake-comfy.ts';
import { hasPython, python, WITHOUT_PYTHON } from './python.ts';

const title = hasPython ? 'the node' : `the node (skipped: ${WITHOUT_PYTHON})`;

describe.skipIf(!hasPython)(title, () => {
  test.each(['test_recordings', 'test_sending', 'test_hooks', 'test_media'])('%s', (name) => {
    const { code, stderr } = python(['-m', 'unittest', name]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Ran [1-9]\d* tests/);
  });

  test('reads every graph as the importer of pictures does', () => {
    const texts = [...graphsOfRecordings(), ...HARD_GRAPHS.map((graph) => JSON.stringify(graph))];
    const { code, stdout, stderr } = python(['read_graphs.py'], `[${texts.join(',')}]`);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual(texts.map(readHere));
  });
});

function* graphsOfRecordings(): Generator<string> {
  for (const name of RECORDINGS)
    for (const line of linesOf(name)) {
      if (line.kind !== 'http_request' || line.path !== '/prompt' || typeof line.body !== 'string') continue;
      if (!line.body.startsWith('{"')) continue;
      const { prompt } = JSON.parse(line.body);
      if (prompt && Object.keys(prompt).length > 0) yield JSON.stringify(prompt);
    }
}

function readHere(text: string): unknown {
  const graph = parseLoose(text) as Parameters<typeof workflowHash>[0];
  const settings = readComfyGraph(graph);
  const shape = shapeOf(graph, settings?.passes ?? []);
  let hasGenerated = false;
  const stages: Record<string, string> = {};
  for (const [id, type] of shape.classes) {
    stages[id] = stageOf(shape, id, type, hasGenerated);
    if (isSampler(shape, id, type) || (shape.samplers.size === 0 && stages[id] !== 'preprocess'))
      hasGenerated = true;
  }
  const samplers = [...shape.samplers].sort();
  const told = {
    settings: settings ?? null,
    hash: workflowHash(graph),
    samplers,
    stages,
    workload: workloadOf(shape, settings?.batch_size, 1),
  };
  return JSON.parse(JSON.stringify(told, (_key, value) => (value === undefined ? null : value)));
}

const node = (class_type: string, inputs: object): object => ({ class_type, inputs });
const ENCODE = {
  6: node('CLIPTextEncode', { clip: ['4', 1], text: 'a harbour' }),
  7: node('CLIPTextEncode', { clip: ['4', 1], text: 'fog' }),
};
const LOADER = { 4: node('CheckpointLoaderSimple', { ckpt_name: 'sd/xl.safetensors' }) };
const HARD_GRAPHS = [
  // Flux: noise, guider, sampler and schedule are nodes of their own; the seed has 64 bits.
  {
    1: node('UNETLoader', { unet_name: 'flux1-dev.safetensors' }),
    2: node('LoraLoaderModelOnly', { model: ['1', 0], lora_name: 'ink.safetensors', strength_model: 0.65 }),
    3: node('RandomNoise', { noise_seed: '18446744073709551615' }),
    4: node('DualCLIPLoader', {}),
    5: node('FluxGuidance', { conditioning: ['6', 0], guidance: 3.5 }),
    6: node('CLIPTextEncode', { clip: ['4', 0], text: ['14', 0] }),
    8: node('BasicGuider', { model: ['2', 0], conditioning: ['5', 0] }),
    9: node('KSamplerSelect', { sampler_name: 'euler' }),
    10: node('BasicScheduler', { model: ['2', 0], scheduler: 'simple', steps: 20, denoise: 1 }),
    11: node('EmptySD3LatentImage', { width: 1024, height: 768, batch_size: 2 }),
    12: node('SamplerCustomAdvanced', {
      noise: ['3', 0],
      guider: ['8', 0],
      sampler: ['9', 0],
      sigmas: ['10', 0],
      latent_image: ['11', 0],
    }),
    13: node('VAEDecode', { samples: ['12', 0], vae: ['15', 0] }),
    14: node('PrimitiveNode', { value: 'a lighthouse, embedding:night' }),
    15: node('VAELoader', { vae_name: 'ae.safetensors' }),
    16: node('SaveImage', { images: ['13', 0], filename_prefix: 'flux' }),
  },
  // Base and refiner share a schedule; the picture is enlarged by a factor afterwards.
  {
    ...LOADER,
    ...ENCODE,
    1: node('KSamplerAdvanced', {
      model: ['4', 0],
      positive: ['6', 0],
      negative: ['7', 0],
      latent_image: ['5', 0],
      add_noise: 'enable',
      noise_seed: 99,
      steps: 25,
      cfg: 8,
      sampler_name: 'dpmpp_2m',
      scheduler: 'karras',
      start_at_step: 0,
      end_at_step: 20,
    }),
    2: node('KSamplerAdvanced', {
      model: ['4', 0],
      positive: ['6', 0],
      negative: ['7', 0],
      latent_image: ['1', 0],
      add_noise: 'disable',
      noise_seed: 0,
      steps: 25,
      cfg: 8,
      sampler_name: 'euler',
      scheduler: 'normal',
      start_at_step: 20,
      end_at_step: 10000,
    }),
    5: node('EmptyLatentImage', { width: 768, height: 512, batch_size: 4 }),
    8: node('VAEDecode', { samples: ['2', 0], vae: ['4', 2] }),
    9: node('ImageScaleBy', { image: ['8', 0], scale_by: 1.5 }),
    10: node('SaveImage', { images: ['9', 0] }),
    11: node('PreviewImage', { images: ['8', 0] }),
  },
  // Stacks of LoRAs, reroutes, a control net, a clip for an animation.
  {
    ...LOADER,
    1: node('Power Lora Loader (rgthree)', {
      model: ['4', 0],
      lora_1: { on: true, lora: 'a.safetensors', strength: 0.4 },
      lora_2: { on: false, lora: 'b.safetensors', strength: 1 },
    }),
    2: node('Reroute', { '': ['1', 0] }),
    3: node('KSampler', {
      model: ['2', 0],
      positive: ['12', 0],
      negative: ['12', 1],
      latent_image: ['5', 0],
      seed: ['13', 0],
      steps: 8,
      cfg: 1.5,
      sampler_name: 'lcm',
      scheduler: 'sgm_uniform',
      denoise: 0.75,
    }),
    5: node('VAEEncode', { pixels: ['10', 0], vae: ['4', 2] }),
    6: node('CLIPTextEncode', { clip: ['4', 1], text: 'walk cycle' }),
    7: node('ConditioningZeroOut', { conditioning: ['6', 0] }),
    8: node('VAEDecode', { samples: ['3', 0], vae: ['4', 2] }),
    9: node('VHS_VideoCombine', { images: ['14', 0], frame_rate: 12, filename_prefix: 'clip' }),
    10: node('LoadImage', { image: 'start.png' }),
    11: node('ControlNetLoader', { control_net_name: 'openpose.safetensors' }),
    12: node('ControlNetApplyAdvanced', {
      positive: ['6', 0],
      negative: ['7', 0],
      control_net: ['11', 0],
      image: ['10', 0],
    }),
    13: node('Seed (rgthree)', { seed: 123456789 }),
    14: node('RIFE VFI', { frames: ['8', 0] }),
  },
];

describe.skipIf(!hasPython)(`${title} and a running Pegbar`, () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
    const ran = python(['send_recording.py'], '', {
      PEGBAR_URL: server.url,
      PEGBAR_TENANT: 'comfy',
      PEGBAR_REGION: 'studio',
    });
    expect(ran.code, `${ran.stdout}\n${ran.stderr}`).toBe(0);
    await server.flush();
  });
  afterAll(() => server?.stop());

  const observed = linesOf('observer-inprocess');
  const done = (): Map<string, { outcome: string; images: number }> => {
    const items = new Map<number, string>();
    const ended = new Map<string, { outcome: string; images: number }>();
    for (const line of observed) {
      if (line.kind === 'queue_get') items.set(line.item_id, line.prompt_id);
      if (line.kind !== 'task_done') continue;
      const messages: [string, { nodes?: string[] }][] = line.status.messages;
      const cached = messages.flatMap(([event, data]) =>
        event === 'execution_cached' ? (data.nodes ?? []) : [],
      );
      const files = Object.entries(line.outputs as Record<string, { images?: { type: string }[] }>).flatMap(
        ([id, output]) => (cached.includes(id) ? [] : (output.images ?? [])),
      );
      const saved = files.filter((one) => one.type === 'output');
      const images = (saved.length > 0 ? saved : files.filter((one) => one.type === 'temp')).length;
      const last = messages.at(-1)?.[0];
      const outcome =
        last === 'execution_success'
          ? 'succeeded'
          : last === 'execution_interrupted'
            ? 'cancelled'
            : 'failed';
      ended.set(items.get(line.item_id)!, { outcome, images });
    }
    return ended;
  };

  test('every prompt is a request with its outcome and pictures', async () => {
    const rows = await server.sql("SELECT request_id, outcome, images FROM requests WHERE tenant = 'comfy'");
    const told = rows.map((row) => [row.request_id, { outcome: row.outcome, images: Number(row.images) }]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(done()));
  });

  test('the first request has the settings of its graph, field by field', async () => {
    const [first] = [...done().keys()];
    const [row] = await server.sql(`SELECT * FROM requests WHERE request_id = '${first}'`);
    expect(row).toMatchObject({
      tenant: 'comfy',
      region: 'studio',
      workload: 'single_image',
      outcome: 'succeeded',
      model_version: 'pegbar-random-sd15.safetensors',
      sampler: 'euler',
      scheduler: 'normal',
      steps: 4,
      cfg: 7,
      seed: '42',
      width: 64,
      height: 64,
      loras: ['pegbar-a.safetensors', 'pegbar-b.safetensors'],
      images: '1',
      stages: '3',
    });
    const [put, , end] = ['queue_put', 'queue_get', 'task_done'].map(
      (kind) => observed.find((line) => line.kind === kind)?.mono_ns,
    );
    expect(row?.latency_ms).toBeCloseTo((end - put) / 1e6, 1);
    const [image] = await server.sql(`SELECT * FROM images WHERE request_id = '${first}'`);
    expect(image).toMatchObject({
      steps: 4,
      seed: '42',
      prompt: 'a wooden toy house on a hill, morning light',
      kind: 'image',
    });
    const [root] = await server.sql(
      `SELECT workflow FROM spans WHERE request_id = '${first}' AND name = 'comfyui prompt'`,
    );
    expect(JSON.parse(root?.workflow)['3'].inputs.sampler_name).toBe('euler');
  });

  test('every node is a span with its time, cached ones without', async () => {
    const rows = await server.sql(
      "SELECT request_id, attributes['comfyui.node_id'] AS node, attributes['comfyui.cached'] AS cached, duration_ms FROM spans WHERE tenant = 'comfy' AND attributes['comfyui.node_id'] != ''",
    );
    const started = new Set(
      observed.filter((line) => line.kind === 'node_start').map((line) => `${line.prompt_id} ${line.node}`),
    );
    const executed = rows.filter((row) => row.cached === 'false');
    expect(new Set(executed.map((row) => `${row.request_id} ${row.node}`))).toEqual(started);
    for (const row of rows) if (row.cached === 'true') expect(row.duration_ms).toBe(0);
    const sampler = observed
      .filter((line) => line.node === '3' && /^node_(start|finish)$/.test(line.kind))
      .slice(0, 2);
    const first = executed.find((row) => row.request_id === sampler[0]?.prompt_id && row.node === '3');
    expect(first?.duration_ms).toBeCloseTo((sampler[1]?.mono_ns - sampler[0]?.mono_ns) / 1e6, 3);
  });

  test('OOMs are told as such, and KPIs count them', async () => {
    const rows = await server.sql(
      "SELECT count() AS n FROM requests WHERE tenant = 'comfy' AND error_code = 'oom'",
    );
    const truth = observed.filter(
      (line) =>
        line.kind === 'add_message' &&
        /memory/i.test(`${line.data.exception_type}${line.data.exception_message}`),
    );
    expect(Number(rows[0]?.n)).toBe(truth.length);
  });

  test('the KPI of pictures counts what was written', async () => {
    const answer = await server.kpis({
      metrics: 'images',
      from: '2026-11-22T00:00:00Z',
      to: '2026-11-23T00:00:00Z',
      filter: 'tenant=comfy',
    });
    const written = [...done().values()].reduce((sum, { images }) => sum + images, 0);
    expect(answer.series[0]?.points[0]?.value).toBe(written);
  });

  test('queue, models and caches have their records', async () => {
    const puts = observed.filter((line) => line.kind === 'queue_put').length;
    const [queue] = await server.sql(
      "SELECT sum(admitted) AS admitted, countIf(wait_ms > 0) AS waited FROM queue_samples WHERE tenant = 'comfy'",
    );
    expect([Number(queue?.admitted), Number(queue?.waited)]).toEqual([puts, puts]);
  });

  test('sent again, nothing is doubled', async () => {
    const before = await server.sql("SELECT count() AS n FROM spans WHERE tenant = 'comfy'");
    python(['send_recording.py'], '', {
      PEGBAR_URL: server.url,
      PEGBAR_TENANT: 'comfy',
      PEGBAR_REGION: 'studio',
    });
    await server.flush();
    expect(await server.sql("SELECT count() AS n FROM spans WHERE tenant = 'comfy'")).toEqual(before);
  });
});
