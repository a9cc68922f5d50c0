/** One small file per generator and container, made here: CI reads every kind without any picture at hand. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readFacts, readRecipe } from '../index.ts';
import { exif, iTXt, jpeg, mp4, png, stealth, tEXt, unicodeComment, webm, webp, zTXt } from '../testkit.ts';
import type { Recipe } from './recipe.ts';

function recipe(bytes: Uint8Array): Recipe | undefined {
  const facts = readFacts(bytes);
  return facts && readRecipe(facts);
}

const INFOTEXT = [
  'ein Bild, <lora:ink_v2:0.7>, <lora:grain:te=0.5:unet=0.8>, 図',
  'zweite Zeile',
  'Negative prompt: bad hands',
  'Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 18446744073709551615, Size: 832x1216, Model hash: 67ab2fd8ec, ' +
    'Model: pony, v6, Denoising strength: 0.35, Hires upscale: 1.5, TI hashes: "easynegative: c74b4e810b03", ' +
    'Lora hashes: "ink_v2: 11aa, grain: 22bb", User: ann, Version: f0.0.17',
].join('\n');
const FORGE: Partial<Recipe> = {
  generator: 'a1111',
  version: 'f0.0.17',
  prompt: 'ein Bild, <lora:ink_v2:0.7>, <lora:grain:te=0.5:unet=0.8>, 図\nzweite Zeile',
  negative: 'bad hands',
  model_hash: '67ab2fd8ec',
  sampler: 'DPM++ 2M Karras',
  scheduler: 'Karras',
  steps: 28,
  cfg: 6.5,
  seed: '18446744073709551615',
  width: 832,
  height: 1216,
  denoise: 0.35,
  user: 'ann',
  embeddings: ['easynegative'],
  loras: [
    { id: 'ink_v2', weight: 0.7 },
    { id: 'grain', weight: 0.8 },
  ],
};

const A1111_FILES: Readonly<Record<string, Uint8Array>> = {
  'PNG, UTF-8 in iTXt': png({ chunks: [iTXt('parameters', INFOTEXT)] }),
  'PNG, compressed iTXt': png({ chunks: [iTXt('parameters', INFOTEXT, true)] }),
  'JPEG, UTF-16 big endian': jpeg({ exifBlock: exif({ 37510: unicodeComment(INFOTEXT, false) }) }),
  'JPEG, UTF-16 little endian in a big-endian block': jpeg({
    exifBlock: exif({ 37510: unicodeComment(INFOTEXT, true) }),
  }),
  'WebP, UTF-16 in a little-endian block': webp({
    exifBlock: exif({ 37510: unicodeComment(INFOTEXT, true) }, true),
  }),
  'JPEG, UTF-8 after ASCII': jpeg({
    exifBlock: exif({ 37510: Buffer.concat([Buffer.from('ASCII\0\0\0'), Buffer.from(INFOTEXT)]) }),
  }),
  'stealth in alpha, gzip': png({
    width: 64,
    height: 150,
    hidden: { alpha: true, bytes: stealth('stealth_pngcomp', gzipSync(INFOTEXT)) },
  }),
  'stealth in alpha, plain, Paeth rows': png({
    width: 64,
    height: 150,
    filter: 4,
    hidden: { alpha: true, bytes: stealth('stealth_pnginfo', Buffer.from(INFOTEXT)) },
  }),
  'stealth in colours, gzip, average rows': png({
    width: 50,
    height: 60,
    filter: 3,
    hidden: { alpha: false, bytes: stealth('stealth_rgbcomp', gzipSync(INFOTEXT)) },
  }),
  'stealth in colours, plain': png({
    width: 64,
    height: 64,
    filter: 2,
    hidden: { alpha: false, bytes: stealth('stealth_rgbinfo', Buffer.from(INFOTEXT)) },
  }),
};

test.for(Object.entries(A1111_FILES))('A1111 and Forge: %s', ([, bytes]) => {
  expect(recipe(bytes)).toMatchObject(FORGE);
});

test('A1111: values with commas in quotes, colons in prompts and words like those of the last line do no harm', () => {
  const text =
    'a sign that says "Steps: 3, now", Seed: 5\nNegative prompt: one\ntwo: three\nSteps: 4, Sampler: Euler a, ' +
    'Schedule type: Automatic, CFG scale: 1, Seed: 7, Size: 8x16, Template: "a, b: \\"c\\"", Version: v1.10.1';
  expect(recipe(png({ chunks: [tEXt('parameters', text)] }))).toMatchObject({
    prompt: 'a sign that says "Steps: 3, now", Seed: 5',
    negative: 'one\ntwo: three',
    sampler: 'Euler a',
    scheduler: 'Automatic',
    steps: 4,
    seed: '7',
    version: 'v1.10.1',
    more: { 'a1111.Template': 'a, b: "c"' },
  });
});

const GRAPH = {
  '3': {
    class_type: 'KSampler',
    inputs: {
      seed: 'SEED',
      steps: 9,
      cfg: 3.5,
      sampler_name: 'euler',
      scheduler: 'beta',
      denoise: 1,
      model: ['4', 0],
      positive: ['6', 0],
      negative: ['7', 0],
      latent_image: ['5', 0],
    },
    is_changed: ['NAN'],
  },
  '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'wan.safetensors' } },
  '5': { class_type: 'EmptyLatentImage', inputs: { width: 640, height: 360, batch_size: 2 } },
  '6': { class_type: 'CLIPTextEncode', inputs: { text: 'neko 猫', clip: ['4', 1] } },
  '7': { class_type: 'CLIPTextEncode', inputs: { text: '', clip: ['4', 1] } },
  '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
  '9': { class_type: 'SaveImage', inputs: { images: ['8', 0], filename_prefix: 'x' } },
};
/** As Python writes it: a seed beyond 2^53 as a number, NaN without quotes. */
const API = JSON.stringify(GRAPH).replace('"SEED"', '18446744073709551557').replace('"NAN"', 'NaN');
const COMFY: Partial<Recipe> = {
  generator: 'comfyui',
  prompt: 'neko 猫',
  negative: undefined,
  model: 'wan.safetensors',
  seed: '18446744073709551557',
  sampler: 'euler',
  scheduler: 'beta',
  steps: 9,
  cfg: 3.5,
  width: 640,
  height: 360,
  batch_size: 2,
};
const ascii = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`);
const BOTH = `{"prompt": ${API}, "workflow": {"nodes": []}}`;

const COMFY_FILES: Readonly<Record<string, Uint8Array>> = {
  PNG: png({ chunks: [tEXt('prompt', ascii(API)), tEXt('workflow', '{}')] }),
  'PNG, compressed': png({ chunks: [zTXt('prompt', ascii(API))] }),
  'PNG, both in one text, prompt as text': png({
    chunks: [iTXt('UserComment', JSON.stringify({ prompt: API }))],
  }),
  'animated WebP': webp({
    durations: [100, 100],
    exifBlock: exif({ 271: 'workflow:{"nodes":[]}', 272: `prompt:${API}` }),
  }),
  JPEG: jpeg({ exifBlock: exif({ 271: `Prompt: ${API}` }, true) }),
  'MP4 of VideoHelperSuite': mp4({ comment: BOTH }, false),
  'MP4 of ComfyUI': mp4({ prompt: API, workflow: '{"nodes":[]}' }, true),
  'WebM of VideoHelperSuite': webm({ COMMENT: BOTH }),
  'WebM of ComfyUI': webm({ PROMPT: API, WORKFLOW: '{}' }),
};

test.for(Object.entries(COMFY_FILES))('ComfyUI: %s', ([, bytes]) => {
  expect(recipe(bytes)).toMatchObject(COMFY);
});

test('films tell their size and length, clips their frames', () => {
  expect(readFacts(mp4({}, true))).toMatchObject({
    type: 'video/mp4',
    width: 832,
    height: 480,
    duration_ms: 2_500,
  });
  expect(readFacts(webm({}))).toMatchObject({ type: 'video/webm', width: 832, height: 480 });
  expect(readFacts(webp({ width: 320, height: 200, durations: [40, 40, 45] }))).toMatchObject({
    type: 'image/webp',
    width: 320,
    height: 200,
    frames: 3,
    duration_ms: 125,
  });
});

test('InvokeAI 3: model, LoRAs, control maps and reference pictures', () => {
  const told = {
    app_version: '5.4.2',
    generation_mode: 'flux_txt2img',
    positive_prompt: 'a tin robot',
    negative_prompt: '',
    width: 896,
    height: 1152,
    seed: 4294967295,
    scheduler: 'dpmpp_2m_k',
    steps: 24,
    cfg_scale: 5.5,
    strength: 0.6,
    model: { key: 'k1', hash: 'blake3:ab12', name: 'Juggernaut XL v9', base: 'sdxl', type: 'main' },
    loras: [
      { model: { name: 'inkpen', base: 'sdxl' }, weight: 0.75 },
      { lora: { model_name: 'old' }, weight: 0.2 },
    ],
    controlnets: [{ image: { image_name: 'pose.png' }, control_model: { name: 'openpose' } }],
    ipAdapters: [{ image: { image_name: 'style.png' }, weight: 0.5 }],
    init_image: 'start.png',
  };
  expect(recipe(png({ chunks: [iTXt('invokeai_metadata', JSON.stringify(told))] }))).toMatchObject({
    generator: 'invokeai',
    version: '5.4.2',
    prompt: 'a tin robot',
    negative: undefined,
    model: 'Juggernaut XL v9',
    model_hash: 'blake3:ab12',
    family: 'sdxl',
    scheduler: 'dpmpp_2m_k',
    steps: 24,
    cfg: 5.5,
    seed: '4294967295',
    denoise: 0.6,
    width: 896,
    height: 1152,
    loras: [
      { id: 'inkpen', weight: 0.75 },
      { id: 'old', weight: 0.2 },
    ],
    control_maps: ['pose.png'],
    reference_images: ['style.png', 'start.png'],
  });
});

test('InvokeAI 2 and 1: sd-metadata, and the command line', () => {
  const sd = {
    model: 'stable diffusion',
    model_weights: 'anything-v3',
    model_hash: 'ff',
    app_version: '2.2.5',
    image: {
      prompt: [{ prompt: 'a cat [blurry, text]', weight: 1 }],
      steps: 12,
      cfg_scale: 7.5,
      height: 512,
      width: 640,
      seed: 42,
      sampler: 'ddim',
      type: 'img2img',
      strength: 0.4,
    },
  };
  expect(
    recipe(png({ chunks: [tEXt('Dream', '"other" -s 1'), tEXt('sd-metadata', JSON.stringify(sd))] })),
  ).toMatchObject({
    generator: 'invokeai',
    prompt: 'a cat',
    negative: 'blurry, text',
    model: 'anything-v3',
    model_hash: 'ff',
    steps: 12,
    cfg: 7.5,
    width: 640,
    height: 512,
    seed: '42',
    sampler: 'ddim',
    denoise: 0.4,
  });
  expect(
    recipe(
      png({
        chunks: [
          tEXt('Dream', '"a \\"red\\" ball" -s50 -S 123 -W640 -H 384 -C7.5 -A k_euler -I init.png -f 0.6'),
        ],
      }),
    ),
  ).toMatchObject({
    prompt: 'a "red" ball',
    steps: 50,
    seed: '123',
    width: 640,
    height: 384,
    cfg: 7.5,
    sampler: 'k_euler',
    denoise: 0.6,
    reference_images: ['init.png'],
  });
});

test('Fooocus: both schemes, in PNG and in JPEG', () => {
  const told = {
    metadata_scheme: 'fooocus',
    version: 'Fooocus v2.5.5',
    prompt: 'a fox',
    negative_prompt: 'text',
    base_model: 'animaPencilXL_v500',
    base_model_hash: '896faa18cd',
    loras: [
      ['sdxl_offset', 0.1, 'e3b0'],
      ['None', 1],
    ],
    sampler: 'euler',
    scheduler: 'karras',
    steps: 30,
    guidance_scale: 6,
    seed: '9223372036854775807',
    resolution: '(896, 1152)',
  };
  const expected = {
    generator: 'fooocus',
    prompt: 'a fox',
    negative: 'text',
    model: 'animaPencilXL_v500',
    model_hash: '896faa18cd',
    sampler: 'euler',
    scheduler: 'karras',
    steps: 30,
    cfg: 6,
    seed: '9223372036854775807',
    width: 896,
    height: 1152,
    loras: [{ id: 'sdxl_offset', weight: 0.1 }],
  };
  const json = JSON.stringify(told);
  expect(
    recipe(png({ chunks: [tEXt('parameters', json), tEXt('fooocus_scheme', 'fooocus')] })),
  ).toMatchObject(expected);
  const comment = Buffer.concat([Buffer.alloc(8), Buffer.from(json)]);
  expect(recipe(jpeg({ exifBlock: exif({ 37510: comment, 37500: Buffer.from('fooocus') }) }))).toMatchObject(
    expected,
  );
  const infotext =
    'a fox\nNegative prompt: text\nSteps: 30, Performance: Quality, Sampler: euler, Scheduler: karras, Seed: 9223372036854775807, ' +
    'Size: 896x1152, CFG scale: 6, Model: animaPencilXL_v500, Model hash: 896faa18cd, Lora hashes: "sdxl_offset: e3b0", ' +
    'Lora weights: "sdxl_offset: 0.1", Version: Fooocus v2.5.5';
  expect(
    recipe(png({ chunks: [tEXt('parameters', infotext), tEXt('fooocus_scheme', 'a1111')] })),
  ).toMatchObject(expected);
});

test('NovelAI: in the open and hidden in the pixels', () => {
  const comment = {
    prompt: '1girl, stars',
    uc: 'lowres',
    steps: 28,
    height: 1216,
    width: 832,
    scale: 5,
    seed: 3735928559,
    sampler: 'k_dpmpp_2m',
    noise_schedule: 'exponential',
    n_samples: 1,
    sm: false,
    signed_hash: 'x',
  };
  const expected = {
    generator: 'novelai',
    prompt: '1girl, stars',
    negative: 'lowres',
    steps: 28,
    cfg: 5,
    seed: '3735928559',
    width: 832,
    height: 1216,
    sampler: 'k_dpmpp_2m',
    scheduler: 'exponential',
    model: 'NovelAI Diffusion V4 37442FCA',
    model_hash: '37442FCA',
    latency_ms: 4_250,
  };
  const texts = {
    Title: 'AI generated image',
    Description: '1girl, stars',
    Software: 'NovelAI',
    Source: 'NovelAI Diffusion V4 37442FCA',
    'Generation time': '4.25',
    Comment: JSON.stringify(comment),
  };
  const open = Object.entries(texts).map(([keyword, text]) => tEXt(keyword, text));
  expect(recipe(png({ chunks: open }))).toMatchObject(expected);
  const hidden = stealth('stealth_pngcomp', gzipSync(JSON.stringify(texts)));
  expect(recipe(png({ width: 64, height: 128, hidden: { alpha: true, bytes: hidden } }))).toMatchObject(
    expected,
  );
});

test('NovelAI 4: captions of the picture and of each character', () => {
  const caption = (base: string, ...each: string[]) => ({
    caption: {
      base_caption: base,
      char_captions: each.map((char_caption) => ({ char_caption, centers: [] })),
    },
  });
  const comment = {
    v4_prompt: caption('two friends', 'girl', 'boy'),
    v4_negative_prompt: caption('lowres'),
    seed: 1,
  };
  const chunks = [tEXt('Software', 'NovelAI'), tEXt('Comment', JSON.stringify(comment))];
  expect(recipe(png({ chunks }))).toMatchObject({
    prompt: 'two friends\ngirl\nboy',
    negative: 'lowres',
    seed: '1',
  });
});

test('SwarmUI: parameters, LoRAs, hash of the model, time of the generation', () => {
  const told = {
    sui_image_params: {
      prompt: 'a bee',
      negativeprompt: 'wasp',
      model: 'OfficialStableDiffusion/sd_xl_base_1.0',
      seed: 1234567890123,
      steps: 20,
      cfgscale: 7,
      width: 1024,
      height: 768,
      sampler: 'dpmpp_2m',
      scheduler: 'karras',
      loras: ['ink', 'grain'],
      loraweights: ['0.5', '1'],
      initimagecreativity: 0.6,
      swarm_version: '0.9.5.0',
    },
    sui_extra_data: { date: '2025-01-31 12:30:00', generation_time: '67.34 (prep) and 34.77 (gen) seconds' },
    sui_models: [
      {
        name: 'OfficialStableDiffusion/sd_xl_base_1.0.safetensors',
        param: 'model',
        hash: '0xd7a9105a900fd52748f20725fe52fe52b507fd36bee4fc107b1550a26e6ee1d7',
      },
      { name: 'ink', param: 'loras', hash: '0x1' },
    ],
  };
  const expected = {
    generator: 'swarmui',
    version: '0.9.5.0',
    prompt: 'a bee',
    negative: 'wasp',
    steps: 20,
    cfg: 7,
    seed: '1234567890123',
    model: 'OfficialStableDiffusion/sd_xl_base_1.0',
    sampler: 'dpmpp_2m',
    scheduler: 'karras',
    width: 1024,
    height: 768,
    model_hash: '0xd7a9105a900fd52748f20725fe52fe52b507fd36bee4fc107b1550a26e6ee1d7',
    denoise: 0.6,
    latency_ms: 34_770,
    loras: [
      { id: 'ink', weight: 0.5 },
      { id: 'grain', weight: 1 },
    ],
    more: { 'swarmui.prep_time': '67.34' },
    time_ms: Date.UTC(2025, 0, 31, 12, 30),
  };
  const json = JSON.stringify(told);
  expect(recipe(png({ chunks: [tEXt('parameters', json)] }))).toMatchObject(expected);
  expect(recipe(jpeg({ exifBlock: exif({ 37510: unicodeComment(json, false) }) }))).toMatchObject(expected);
});

test('a file that says nothing of its making is a picture without a recipe', () => {
  const plain = [
    png(),
    png({ chunks: [tEXt('Software', 'GIMP'), tEXt('Comment', 'holiday')] }),
    jpeg(),
    webp(),
    mp4({}, true),
    webm({}),
  ];
  for (const bytes of plain) expect(recipe(bytes)).toBeUndefined();
  expect(readFacts(Buffer.from('GIF89a\x10\0\x08\0\0\0\0;', 'latin1'))).toMatchObject({
    type: 'image/gif',
    width: 16,
    height: 8,
  });
  expect(readFacts(Buffer.from('plain text'))).toBeUndefined();
});

test('the time that a file tells: tIME, EXIF with and without an offset', () => {
  const time = Buffer.from([0x07, 0xe8, 2, 29, 23, 59, 58]);
  const withTime = Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from('tIME'), time, Buffer.alloc(4)]);
  expect(readFacts(png({ chunks: [withTime] }))?.time_ms).toBe(Date.UTC(2024, 1, 29, 23, 59, 58));
  const date = '2024:02:29 23:59:58';
  expect(readFacts(jpeg({ exifBlock: exif({ 36867: date }) }))?.time_ms).toBe(
    Date.UTC(2024, 1, 29, 23, 59, 58),
  );
  expect(readFacts(jpeg({ exifBlock: exif({ 36867: date, 36881: '+09:00' }) }))?.time_ms).toBe(
    Date.UTC(2024, 1, 29, 14, 59, 58),
  );
});
