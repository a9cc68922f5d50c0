/** Graphs as people wire them: what counts is the sampler on the way to the picture. */
import { expect, test } from 'vitest';
import { startCpu } from '../../../base/testing.ts';
import { type ComfySettings, readComfyGraph, readComfyWorkflow } from './index.ts';

type Inputs = Record<string, unknown>;
const node = (class_type: string, inputs: Inputs = {}) => ({ class_type, inputs });
const checkpoint = (name: string) => node('CheckpointLoaderSimple', { ckpt_name: name });
const encode = (text: unknown) => node('CLIPTextEncode', { text, clip: ['ckpt', 1] });
const sampler = (seed: unknown, more: Inputs = {}) =>
  node('KSampler', {
    seed,
    steps: 20,
    cfg: 7,
    sampler_name: 'euler',
    scheduler: 'normal',
    denoise: 1,
    model: ['ckpt', 0],
    positive: ['pos', 0],
    negative: ['neg', 0],
    latent_image: ['empty', 0],
    ...more,
  });
const base = {
  ckpt: checkpoint('base.safetensors'),
  pos: encode('a cat'),
  neg: encode('blurry'),
  empty: node('EmptyLatentImage', { width: 512, height: 768, batch_size: 1 }),
};
const saved = (from: string, more: Inputs = {}) =>
  node('SaveImage', { images: [from, 0], filename_prefix: 'ComfyUI', ...more });
const decoded = (from: string) => node('VAEDecode', { samples: [from, 0], vae: ['ckpt', 2] });
const read = (graph: unknown, hint = {}): ComfySettings => readComfyGraph(graph, hint)!;

test('a sampler that nothing saved does not count, nor does a preview beside a saved picture', () => {
  const graph = {
    ...base,
    forgotten: sampler(1, { steps: 99 }),
    real: sampler(2),
    shown: sampler(3),
    d1: decoded('real'),
    d2: decoded('shown'),
    out: saved('d1'),
    preview: node('PreviewImage', { images: ['d2', 0] }),
  };
  expect(read(graph)).toMatchObject({ seed: '2', steps: 20, output: { node_id: 'out' } });
  expect(read(graph, { outputNode: 'preview' })).toMatchObject({ seed: '3' });
});

test('of several saved pictures the size, the name of the file or the output node decides', () => {
  const graph = {
    ...base,
    first: sampler(1),
    d1: decoded('first'),
    small: saved('d1', { filename_prefix: 'draft/low' }),
    up: node('LatentUpscaleBy', { samples: ['first', 0], scale_by: 1.5 }),
    second: sampler(2, { latent_image: ['up', 0], denoise: 0.5 }),
    d2: decoded('second'),
    large: saved('d2', { filename_prefix: 'final/%date%_high' }),
  };
  expect(read(graph)).toMatchObject({ seed: '2', denoise: 0.5, width: 768, height: 1152 });
  expect(read(graph).passes.map((pass) => pass.seed)).toEqual(['2', '1']);
  expect(read(graph, { width: 512, height: 768 })).toMatchObject({ seed: '1' });
  expect(read(graph, { width: 768, height: 1152 })).toMatchObject({ seed: '2' });
  expect(read(graph, { filename: 'low_00001_.png' })).toMatchObject({ seed: '1' });
  expect(read(graph, { outputNode: 'small' })).toMatchObject({ seed: '1', output: { node_id: 'small' } });
});

test('SamplerCustomAdvanced: noise, guider, sampler and sigmas are four nodes, some behind reroutes and primitives', () => {
  const graph = {
    unet: node('UNETLoader', { unet_name: 'flux1-dev.safetensors', weight_dtype: 'default' }),
    lora: node('LoraLoaderModelOnly', {
      lora_name: 'ink.safetensors',
      strength_model: 0.8,
      model: ['unet', 0],
    }),
    shift: node('ModelSamplingFlux', { max_shift: 1.15, width: ['w', 0], height: 1024, model: ['lora', 0] }),
    route: node('Reroute', { '': ['shift', 0] }),
    text: node('PrimitiveStringMultiline', { value: 'a paper lantern' }),
    pos: node('CLIPTextEncode', { text: ['text', 0], clip: ['clip', 0] }),
    clip: node('DualCLIPLoader', { clip_name1: 'a', clip_name2: 'b' }),
    guide: node('FluxGuidance', { guidance: 3.5, conditioning: ['pos', 0] }),
    guider: node('BasicGuider', { model: ['route', 0], conditioning: ['guide', 0] }),
    seed: node('PrimitiveInt', { value: 18446744073709551557n }),
    noise: node('RandomNoise', { noise_seed: ['seed', 0] }),
    select: node('KSamplerSelect', { sampler_name: 'dpmpp_2m' }),
    steps: node('INTConstant', { value: 28 }),
    sigmas: node('BasicScheduler', {
      scheduler: 'sgm_uniform',
      steps: ['steps', 0],
      denoise: 0.9,
      model: ['shift', 0],
    }),
    w: node('PrimitiveInt', { value: 832 }),
    empty: node('EmptySD3LatentImage', { width: ['w', 0], height: 1216, batch_size: 4 }),
    run: node('SamplerCustomAdvanced', {
      noise: ['noise', 0],
      guider: ['guider', 0],
      sampler: ['select', 0],
      sigmas: ['sigmas', 0],
      latent_image: ['empty', 0],
    }),
    d: node('VAEDecode', { samples: ['run', 1], vae: ['vae', 0] }),
    vae: node('VAELoader', { vae_name: 'ae.safetensors' }),
    out: saved('d'),
  };
  expect(read(graph)).toMatchObject({
    model: 'flux1-dev.safetensors',
    loras: [{ id: 'ink.safetensors', weight: 0.8 }],
    vae: 'ae.safetensors',
    seed: '18446744073709551557',
    steps: 28,
    sampler: 'dpmpp_2m',
    scheduler: 'sgm_uniform',
    denoise: 0.9,
    guidance: 3.5,
    cfg: undefined,
    width: 832,
    height: 1216,
    batch_size: 4,
    positive: 'a paper lantern',
  });
});

test('a schedule cut in two: the seed of the one that added noise, the settings of the one that ran more steps', () => {
  const advanced = (more: Inputs) =>
    node('KSamplerAdvanced', {
      add_noise: 'enable',
      noise_seed: 11,
      steps: 20,
      cfg: 3.5,
      sampler_name: 'euler',
      scheduler: 'simple',
      start_at_step: 0,
      end_at_step: 20,
      model: ['high', 0],
      positive: ['pos', 0],
      negative: ['neg', 0],
      latent_image: ['empty', 0],
      ...more,
    });
  const graph = (cut: number) => ({
    ...base,
    high: node('UNETLoader', { unet_name: 'wan_high.safetensors' }),
    low: node('UNETLoader', { unet_name: 'wan_low.safetensors' }),
    one: advanced({ end_at_step: cut }),
    two: advanced({
      add_noise: 'disable',
      noise_seed: 0,
      cfg: 1,
      start_at_step: cut,
      end_at_step: 10_000,
      model: ['low', 0],
      latent_image: ['one', 0],
    }),
    d: decoded('two'),
    out: saved('d'),
  });
  expect(read(graph(10))).toMatchObject({ seed: '11', model: 'wan_high.safetensors', cfg: 3.5 });
  expect(read(graph(4))).toMatchObject({ seed: '11', model: 'wan_low.safetensors', cfg: 1 });
});

test('LoRA stacks of the common packs, in the order of application, without those that are off', () => {
  const graph = {
    ...base,
    stack: node('CR LoRA Stack', {
      switch_1: 'On',
      lora_name_1: 'one',
      model_weight_1: 0.5,
      clip_weight_1: 1,
      switch_2: 'Off',
      lora_name_2: 'two',
      model_weight_2: 1,
      switch_3: 'On',
      lora_name_3: 'None',
    }),
    apply: node('CR Apply LoRA Stack', { model: ['ckpt', 0], clip: ['ckpt', 1], lora_stack: ['stack', 0] }),
    power: node('Power Lora Loader (rgthree)', {
      model: ['apply', 0],
      lora_1: { on: true, lora: 'three', strength: 0.9 },
      lora_2: { on: false, lora: 'four', strength: 1 },
    }),
    single: node('LoraLoader', {
      model: ['power', 0],
      lora_name: 'five',
      strength_model: -0.25,
      strength_clip: 1,
    }),
    idle: node('LoraLoader', { model: ['single', 0], lora_name: 'six', strength_model: 0, strength_clip: 0 }),
    run: sampler(5, { model: ['idle', 0] }),
    d: decoded('run'),
    out: saved('d'),
  };
  expect(read(graph)).toMatchObject({
    model: 'base.safetensors',
    loras: [
      { id: 'one', weight: 0.5 },
      { id: 'three', weight: 0.9 },
      { id: 'five', weight: -0.25 },
    ],
  });
});

test('prompts: through control nets with both sides, combined and zeroed conditioning, and text nodes', () => {
  const graph = {
    ...base,
    a: node('String Literal', { string: 'masterpiece' }),
    joined: node('Text Concatenate', { text_a: ['a', 0], text_b: 'a red fox', delimiter: ', ' }),
    pos: encode(['joined', 0]),
    second: encode('at night'),
    both: node('ConditioningCombine', { conditioning_1: ['pos', 0], conditioning_2: ['second', 0] }),
    zero: node('ConditioningZeroOut', { conditioning: ['pos', 0] }),
    net: node('ControlNetLoader', { control_net_name: 'canny.safetensors' }),
    picture: node('LoadImage', { image: 'fox.png' }),
    edges: node('Canny', { image: ['picture', 0], low_threshold: 0.1 }),
    control: node('ControlNetApplyAdvanced', {
      positive: ['both', 0],
      negative: ['zero', 0],
      control_net: ['net', 0],
      image: ['edges', 0],
      strength: 0.6,
    }),
    run: sampler(6, { positive: ['control', 0], negative: ['control', 1] }),
    d: decoded('run'),
    out: saved('d'),
  };
  const told = read(graph);
  expect(told.positive).toBe('masterpiece, a red fox\nat night');
  expect(told.negative).toBeUndefined();
  expect(told.control_maps).toEqual(['fox.png']);
});

test('repainters of parts leave the credit to the sampler before them, and take it where there is none', () => {
  const detailer = (image: string) =>
    node('FaceDetailer', {
      image: [image, 0],
      model: ['ckpt', 0],
      positive: ['pos', 0],
      negative: ['neg', 0],
      seed: 9,
      steps: 8,
      cfg: 4,
      sampler_name: 'ddim',
      scheduler: 'karras',
      denoise: 0.3,
    });
  const made = { ...base, run: sampler(8), d: decoded('run'), face: detailer('d'), out: saved('face') };
  expect(read(made)).toMatchObject({ seed: '8', sampler: 'euler' });
  const loaded = {
    ...base,
    old: node('LoadImage', { image: 'old.png' }),
    face: detailer('old'),
    out: saved('face'),
  };
  expect(read(loaded)).toMatchObject({
    seed: '9',
    sampler: 'ddim',
    denoise: 0.3,
    reference_images: ['old.png'],
  });
});

test('what only the run knows stays unknown', () => {
  const graph = {
    ...base,
    random: node('Random Number', { seed: 4, minimum: 0, maximum: 99 }),
    run: sampler(['random', 0], { steps: ['gone', 0], cfg: Number.NaN, seed: -1 }),
    d: decoded('run'),
    out: saved('d'),
  };
  expect(read(graph)).toMatchObject({ seed: undefined, steps: undefined, cfg: undefined });
});

test('rings, ladders of two links each and nonsense end at once', () => {
  const ring = { ...base, a: node('Reroute', { x: ['b', 0] }), b: node('Reroute', { x: ['a', 0] }) };
  expect(
    read({
      ...ring,
      run: sampler(['a', 0], { model: ['a', 0], positive: ['b', 0], latent_image: ['a', 0] }),
      out: saved('run'),
    }),
  ).toMatchObject({
    seed: undefined,
    model: undefined,
  });
  const ladder: Record<string, unknown> = { ...base };
  for (let step = 0; step < 200; step++) {
    const next = [`t${step + 1}`, 0];
    ladder[`t${step}`] = node('Text Concatenate', { text_a: next, text_b: next, delimiter: '' });
  }
  const spent_ms = startCpu();
  read({ ...ladder, pos: encode(['t0', 0]), run: sampler(1), d: decoded('run'), out: saved('d') });
  expect(spent_ms()).toBeLessThan(2_000);
  for (const bad of [null, 7, 'x', [], {}, { a: 1 }, { a: { class_type: 3 } }])
    expect(readComfyGraph(bad)).toBeUndefined();
});

// Workflows of the browser.

interface Drawn {
  nodes: unknown[];
  links: unknown[];
  definitions?: unknown;
}
const drawn = (
  id: number,
  type: string,
  inputs: [name: string, link: number | null][] = [],
  widgets_values: unknown[] = [],
  more: Inputs = {},
) => ({
  id,
  type,
  mode: 0,
  inputs: inputs.map(([name, link]) => ({ name, type: '*', link })),
  outputs: [{ type: '*' }],
  widgets_values,
  ...more,
});

test('a workflow: control after generate, converted widgets, primitives, muted and bypassed nodes, Get and Set', () => {
  const workflow: Drawn = {
    nodes: [
      drawn(1, 'CheckpointLoaderSimple', [], ['base.safetensors']),
      drawn(2, 'LoraLoader', [['model', 1]], ['off.safetensors', 1, 1], { mode: 4 }),
      drawn(3, 'SetNode', [['MODEL', 2]], ['weights']),
      drawn(4, 'GetNode', [], ['weights']),
      drawn(5, 'PrimitiveNode', [], [77, 'fixed']),
      drawn(6, 'CLIPTextEncode', [], ['a heron']),
      drawn(7, 'EmptyLatentImage', [], [640, 448, 2]),
      {
        ...drawn(
          8,
          'KSampler',
          [
            ['model', 3],
            ['positive', 4],
            ['latent_image', 5],
          ],
          [1, 'randomize', 12, 6.5, 'heun', 'karras', 0.75],
        ),
        inputs: [
          { name: 'model', type: 'MODEL', link: 3 },
          { name: 'positive', type: 'CONDITIONING', link: 4 },
          { name: 'latent_image', type: 'LATENT', link: 5 },
          { name: 'seed', type: 'INT', link: 6, widget: { name: 'seed' } },
        ],
      },
      drawn(9, 'Reroute', [['', 7]]),
      drawn(10, 'VAEDecode', [['samples', 8]]),
      drawn(11, 'SaveImage', [['images', 9]], ['out']),
      drawn(12, 'SaveImage', [['images', 9]], ['never'], { mode: 2 }),
    ],
    links: [
      [1, 1, 0, 2, 0, '*'],
      [2, 2, 0, 3, 0, '*'],
      [3, 4, 0, 8, 0, '*'],
      [4, 6, 0, 8, 1, '*'],
      [5, 7, 0, 8, 2, '*'],
      [6, 5, 0, 8, 3, '*'],
      [7, 8, 0, 9, 0, '*'],
      [8, 9, 0, 10, 0, '*'],
      [9, 10, 0, 11, 0, '*'],
    ],
  };
  expect(readComfyWorkflow(workflow)).toMatchObject({
    model: 'base.safetensors',
    loras: [],
    positive: 'a heron',
    seed: '77',
    steps: 12,
    cfg: 6.5,
    sampler: 'heun',
    scheduler: 'karras',
    denoise: 0.75,
    width: 640,
    height: 448,
    batch_size: 2,
    output: { node_id: '11', class_type: 'SaveImage' },
  });
});

test('a workflow with a subgraph in a subgraph reads as if it were flat', () => {
  const link = (
    id: number,
    origin_id: number,
    origin_slot: number,
    target_id: number,
    target_slot: number,
  ) => ({
    id,
    origin_id,
    origin_slot,
    target_id,
    target_slot,
    type: '*',
  });
  const workflow: Drawn = {
    nodes: [
      drawn(1, 'UNETLoader', [], ['wan.safetensors', 'default']),
      drawn(2, 'outer-uuid', [['model', 1]]),
      drawn(3, 'SaveImage', [['images', 2]], ['out']),
    ],
    links: [
      [1, 1, 0, 2, 0, '*'],
      [2, 2, 0, 3, 0, '*'],
    ],
    definitions: {
      subgraphs: [
        {
          id: 'outer-uuid',
          nodes: [drawn(4, 'inner-uuid', [['model', 1]]), drawn(5, 'VAEDecode', [['samples', 2]])],
          links: [link(1, -10, 0, 4, 0), link(2, 4, 0, 5, 0), link(3, 5, 0, -20, 0)],
        },
        {
          id: 'inner-uuid',
          nodes: [
            drawn(
              6,
              'KSampler',
              [
                ['model', 1],
                ['positive', 2],
                ['latent_image', 3],
              ],
              [42, 'fixed', 6, 1, 'lcm', 'simple', 1],
            ),
            drawn(7, 'CLIPTextEncode', [], ['a kite']),
            drawn(8, 'EmptyHunyuanLatentVideo', [], [832, 480, 49, 1]),
          ],
          links: [link(1, -10, 0, 6, 0), link(2, 7, 0, 6, 1), link(3, 8, 0, 6, 2), link(4, 6, 0, -20, 0)],
        },
      ],
    },
  };
  expect(readComfyWorkflow(workflow)).toMatchObject({
    model: 'wan.safetensors',
    seed: '42',
    steps: 6,
    sampler: 'lcm',
    positive: 'a kite',
    width: 832,
    height: 480,
    frames: 49,
    passes: [{ node_id: '2:4:6' }],
  });
});

test('a subgraph that holds itself, and links to nothing, end at once', () => {
  const self = { id: 'u', nodes: [drawn(1, 'u', [['x', 9]]), drawn(2, 'u')], links: [] };
  const workflow = {
    nodes: [drawn(1, 'u', [['x', 5]]), drawn(2, 'KSampler', [['model', 77]])],
    links: [[1, 2]],
    definitions: { subgraphs: [self] },
  };
  expect(() => readComfyWorkflow(workflow)).not.toThrow();
  for (const bad of [null, {}, { nodes: 3 }, { nodes: [null, 4, {}] }])
    expect(() => readComfyWorkflow(bad)).not.toThrow();
});
