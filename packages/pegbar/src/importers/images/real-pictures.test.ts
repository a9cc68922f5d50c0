/**
 * Real pictures, and what is written in them. The expected values were written down by hand from the files' own
 * chunks, not by the readers under test. Of the graphs with several samplers: the one whose output was saved last.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Recipe, readRecipe } from './generators/index.ts';
import { parseLoose, readComfyWorkflow, readFacts } from './index.ts';

const DATA = fileURLToPath(new URL('../../../../../../shared/data', import.meta.url));
const there = existsSync(`${DATA}/image_metadata`) && existsSync(`${DATA}/comfyui`);
if (!there)
  process.stderr.write('skipped: there are no ../shared/data/image_metadata and comfyui beside this clone\n');

type Expected = Partial<Omit<Recipe, 'more'>> & { more?: Record<string, string> };

/** The negative prompt that several of these graphs share, up to where they go apart. */
const HANDS =
  '(hands), text, error, cropped, (worst quality:1.2), (low quality:1.2), normal quality, (jpeg artifacts:1.3), ' +
  'signature, watermark, username, blurry, artist name, monochrome, sketch, censorship, censor, (copyright:1.2)';
const FOREHEAD = `${HANDS}, extra legs, (forehead mark) (depth of field) (emotionless) (penis)`;
const WOMAN =
  'professional full body photo of young woman, hyper long brunette hair, elegant hair, wearing a bikini top and ' +
  'asymmetric short skirt, curvy body, long legs, (imperfect skin), detailed skin, intense freckles, super long eye ' +
  'lashes, at night, outside, city background, 8k ultra detailed, realistic, high quality, film grain, low contrast';
const NOVELAI_UC =
  'lowres, bad anatomy, bad hands, text, error, missing fingers, extra digit, fewer digits, cropped, worst quality, ' +
  'low quality, normal quality, jpeg artifacts, signature, watermark, username, blurry';
const WAN_NEGATIVE =
  '色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，JPEG压缩残留，丑陋的，' +
  '残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，手指融合，静止不动的画面，杂乱的背景，' +
  '三条腿，背景人很多，倒着走';

const SD15 = 'v1-5-pruned-emaonly.ckpt';
const DUCK: Expected = {
  generator: 'a1111',
  prompt: 'photo of a duck',
  negative: 'monochrome',
  model: 'realistic_realisticVisionV20_v20',
  model_hash: 'c0d1994c73',
  sampler: 'UniPC',
  scheduler: undefined,
  steps: 15,
  cfg: 5,
  seed: '235284042',
  width: 512,
  height: 400,
  loras: [],
};
const k = (sampler: string, scheduler: string, steps: number, cfg: number, seed: string): Expected => ({
  generator: 'comfyui',
  sampler,
  scheduler,
  steps,
  cfg,
  seed,
});
const size = (width: number | undefined, height: number | undefined): Expected => ({ width, height });

const PICTURES: Readonly<Record<string, Expected>> = {
  'image_metadata/automatic1111_cropped.png': DUCK,
  'image_metadata/automatic1111_cropped.jpg': DUCK,
  'image_metadata/automatic1111_stealth.png': {
    generator: 'a1111',
    version: 'v1.9.4-169-ga30b19dd',
    prompt: 'a circle',
    negative: 'a square',
    model: 'realisticVisionV51_v51VAE',
    model_hash: '15012c538f',
    sampler: 'Euler',
    scheduler: 'Automatic',
    steps: 20,
    cfg: 7,
    seed: '2015833630',
    ...size(64, 64),
    more: { 'a1111.Clip skip': '2' },
  },
  'image_metadata/fooocus1_cropped.png': {
    generator: 'fooocus',
    version: 'Fooocus v2.4.3',
    prompt: 'a smiling goldfish',
    negative: undefined,
    model: 'juggernautXL_v8Rundiffusion',
    model_hash: 'aeb7e9e689',
    sampler: 'dpmpp_2m_sde_gpu',
    scheduler: 'karras',
    steps: 30,
    cfg: 4,
    seed: '6952411511246973023',
    ...size(768, 1280),
    loras: [],
  },
  'image_metadata/invokeai_dream1.png': {
    generator: 'invokeai',
    prompt: WOMAN,
    negative: 'rendering, glowing eyes, skinny',
    model: undefined,
    sampler: 'k_lms',
    steps: 50,
    cfg: 5,
    seed: '2980747362',
    ...size(512, 768),
  },
  'image_metadata/invokeai_sdmeta1.png': {
    generator: 'invokeai',
    version: '2.3.0',
    prompt: WOMAN,
    negative: 'rendering, glowing eyes, skinny',
    model: 'deliberateForInvoke_v08',
    model_hash: '56d1442a0feefd64836a19ac8e3527ec71c884fc962e246ddf67b03e42921272',
    sampler: 'k_lms',
    steps: 50,
    cfg: 5,
    seed: '2980747362',
    ...size(512, 768),
  },
  'image_metadata/invokeai_imeta1.png': {
    generator: 'invokeai',
    prompt: 'digital artwork, oil painting. painterly brushstrokes, holidays,',
    negative:
      'grainy+, photo, oversaturated, overexposed, blurry, compressed jpg+, noisy++, unfocused , black and white',
    model: 'juggernautXL',
    family: 'sdxl',
    scheduler: 'euler',
    steps: 35,
    cfg: 8,
    seed: '3293022630',
    ...size(1024, 1024),
    reference_images: ['21b3ddb9-089b-49fd-b074-0b9fdac3ab3e.png'],
  },
  'image_metadata/novelai1_cropped.png': {
    generator: 'novelai',
    prompt: 'masterpiece, best quality,  cat, space, icon',
    negative: `${NOVELAI_UC}, ${NOVELAI_UC}`,
    model: 'Stable Diffusion 1D44365E',
    model_hash: '1D44365E',
    sampler: 'k_euler_ancestral',
    steps: 50,
    cfg: 10,
    seed: '2253955223',
    denoise: 0.4,
  },
  'image_metadata/img2img_cropped.png': {
    ...k('sample_dpmpp_2m', 'normal', 20, 8, '280823642470253'),
    model: SD15,
    denoise: 0.8700000000000001,
    prompt: 'photograph of victorian woman with wings, sky clouds, meadow grass\n',
    negative: 'watermark, text\n',
    reference_images: ['example.png'],
    ...size(undefined, undefined),
  },
  'image_metadata/night_evening_day_morning_cropped.png': {
    ...k('dpmpp_2m', 'simple', 14, 7, '1122440447966177'),
    model: 'AbyssOrangeMix2_hard.safetensors',
    denoise: 0.5,
    prompt:
      '(best quality) beautiful (HDR:1.2) (realistic:1.2) landscape breathtaking amazing view nature scenery ' +
      'photograph forest mountains ocean daytime night evening morning, (sky:1.2)\n',
    negative: `${FOREHEAD} (pumpkin)`,
    ...size(1088, 1920),
    more: { 'comfyui.vae': 'vae-ft-mse-840000-ema-pruned.safetensors', 'comfyui.clip_skip': '2' },
  },
  'image_metadata/noisy_latents_3_subjects_cropped.png': {
    ...k('sample_dpmpp_sde', 'simple', 9, 5.5, '1084614416978598'),
    model: 'Anything-V3.0.ckpt',
    denoise: 0.54,
    prompt:
      'girl (flat chest:0.9), (fennec ears:1.0)\u00a0 (fox ears:1.0), (messy hair), (highlights), (realistic starry ' +
      'eyes pupil:1.1), (hoodie), open jacket, running (school uniform)\nsky clouds nature national park beautiful ' +
      'winter snow scenery HDR landscape\n(sunset)\n',
    negative: `${FOREHEAD} (pumpkin)`,
    ...size(1920, 1088),
  },
  'image_metadata/unclip_2pass_cropped.png': {
    ...k('dpmpp_sde', 'normal', 8, 9, '119080905858220'),
    model: 'cardosAnimated_v20.safetensors',
    denoise: 0.5199999999999996,
    prompt: 'beautiful scenery landscape outdoors mountains',
    negative: `${HANDS.replace('(worst quality:1.2), (low quality:1.2), normal quality, ', '')}, extra legs, (forehead mark)  (penis)`,
    ...size(1920, 1088),
    more: { 'comfyui.vae': 'kl-f8-anime2.ckpt' },
  },
  'comfyui/depth_controlnet.png': {
    ...k('uni_pc_bh2', 'normal', 20, 8, '891858402356003'),
    model: SD15,
    denoise: 1,
    prompt: 'underwater photograph shark\n\n\n\n',
    negative: HANDS,
    control_maps: ['shark_depthmap.png'],
    ...size(832, 384),
  },
  'comfyui/embedding_example.png': {
    ...k('uni_pc_bh2', 'normal', 20, 8, '193694018275622'),
    model: 'v2-1_768-ema-pruned.ckpt',
    prompt: 'photograph in the style of embedding:SDA768.pt girl with blonde hair\nlandscape scenery view',
    negative: 'bad hands',
    embeddings: ['SDA768.pt'],
    ...size(768, 768),
  },
  'comfyui/esrgan_example.png': {
    ...k('euler', 'normal', 20, 8, '833543590226030'),
    model: SD15,
    prompt: 'masterpiece best quality girl standing in victorian clothing',
    negative: 'bad hands',
    ...size(512, 512),
  },
  'comfyui/flux_controlnet_example.png': {
    ...k('euler', 'normal', 20, 1, '370146334065324'),
    model: 'flux1-dev-fp8.safetensors',
    prompt:
      'anime girl smiling with long hair standing in a football arena with a single massive sword hanging from her back',
    negative: undefined,
    control_maps: ['girl_in_field.png'],
    ...size(1024, 1024),
    more: { 'comfyui.guidance': '3.5' },
  },
  'comfyui/hiresfix_latent_workflow.png': {
    ...k('dpmpp_2m', 'simple', 14, 8, '469771404043268'),
    model: 'v2-1_768-ema-pruned.ckpt',
    denoise: 0.5,
    prompt: 'masterpiece HDR victorian portrait painting of woman, blonde hair, mountain nature, blue sky\n',
    negative: 'bad hands, text, watermark\n',
    ...size(1152, 1152),
  },
  'comfyui/hypernetwork_example.png': {
    ...k('uni_pc_bh2', 'normal', 20, 8, '572636856966402'),
    model: SD15,
    prompt: 'woman (fennec ears fox ears:1.1), marble statue, museum',
    negative: 'text, watermark',
    ...size(512, 512),
  },
  'comfyui/img2img_workflow.png': {
    ...k('dpmpp_2m', 'normal', 20, 8, '280823642470253'),
    model: SD15,
    denoise: 0.8700000000000001,
    prompt: 'photograph of victorian woman with wings, sky clouds, meadow grass\n',
    negative: 'watermark, text\n',
    reference_images: ['example.png'],
  },
  'comfyui/inpaint_example.png': {
    ...k('uni_pc_bh2', 'normal', 20, 8, '1040111309094545'),
    model: '512-inpainting-ema.safetensors',
    prompt: 'closeup photograph of maine coon (cat:1.2) in the yosemite national park mountains nature',
    negative: 'watermark, text\n',
    reference_images: ['yosemite_inpaint_example.png'],
  },
  'comfyui/lora.png': {
    ...k('euler', 'normal', 20, 8, '851616030078638'),
    model: SD15,
    prompt: 'masterpiece best quality girl',
    negative: 'bad hands',
    loras: [{ id: 'epiNoiseoffset_v2.safetensors', weight: 1 }],
    ...size(512, 512),
  },
  'comfyui/lora_multiple.png': {
    ...k('euler', 'normal', 20, 8, '513173432917412'),
    model: SD15,
    prompt: 'masterpiece best quality girl',
    negative: 'bad hands',
    // In the order of application: node 11 stands next to the checkpoint.
    loras: [
      { id: 'theovercomer8sContrastFix_sd15.safetensors', weight: 1 },
      { id: 'epiNoiseoffset_v2.safetensors', weight: 1 },
    ],
    ...size(512, 512),
  },
  'comfyui/mixing_controlnets.png': {
    ...k('dpmpp_sde', 'normal', 12, 6, '894480165483805'),
    model: 'AOM3A1.safetensors',
    prompt:
      '(solo) girl photograph realistic (flat chest:0.9), (fennec ears:1.0) (fox ears:1.0), (messy hair) blonde hair, ' +
      'blue eyes, standing, serafuku sweater, (brick house) (scenery HDR landscape) (sun clouds) sky, mountains,\n\n',
    negative: FOREHEAD,
    control_maps: ['house_scribble.png', 'pose_present.png'],
    ...size(768, 768),
    more: { 'comfyui.vae': 'kl-f8-anime2.ckpt' },
  },
  // Base (node 10, 20 of 25 steps, adds the noise) and refiner (node 11, seed 0 without noise).
  'comfyui/sdxl_simple_example.png': {
    ...k('euler', 'normal', 25, 8, '721897303308196'),
    model: 'sd_xl_base_1.0.safetensors',
    prompt: 'evening sunset scenery blue sky nature, glass bottle with a galaxy in it',
    negative: 'text, watermark',
    ...size(1024, 1024),
  },
  'comfyui/mochi_simple_checkpoint.webp': {
    ...k('euler', 'simple', 30, 4.5, '93806664037998'),
    model: 'mochi_preview_fp8_scaled.safetensors',
    prompt:
      'fast driving in the beautiful winding mountain roads autumn forest  blue sky cumulus clouds, nuclear ' +
      'explosion far away',
    negative: undefined,
    ...size(848, 480),
    more: { 'comfyui.frames': '25', 'comfyui.fps': '24' },
  },
  'comfyui/text_to_video_wan.webp': {
    ...k('uni_pc', 'simple', 30, 6, '82628696717253'),
    model: 'wan2.1_t2v_1.3B_fp16.safetensors',
    prompt:
      'a fox moving quickly in a beautiful winter scenery nature trees mountains daytime tracking camera',
    negative: WAN_NEGATIVE,
    ...size(832, 480),
    more: { 'comfyui.frames': '33', 'comfyui.fps': '16', 'comfyui.vae': 'wan_2.1_vae.safetensors' },
  },
};

function recipeOf(file: string): Recipe | undefined {
  const facts = readFacts(readFileSync(`${DATA}/${file}`));
  return facts && readRecipe(facts, { filename: basename(file) });
}

test.skipIf(!there).for(Object.entries(PICTURES))('%s tells what is written in it', ([file, expected]) => {
  expect(recipeOf(file)).toMatchObject(expected);
});

test.skipIf(!there)('every picture of the folders stands in the table', () => {
  const files = ['image_metadata', 'comfyui'].flatMap((folder) =>
    readdirSync(`${DATA}/${folder}`)
      .filter((name) => /\.(png|jpg|webp)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  expect(Object.keys(PICTURES).sort()).toEqual(files.sort());
});

const FOX = PICTURES['comfyui/text_to_video_wan.webp']!;
/** Workflows as the browser saves them; no picture says how they ran. */
const WORKFLOWS = {
  'text_to_video_wan.json': {
    model: 'wan2.1_t2v_1.3B_fp16.safetensors',
    sampler: 'uni_pc',
    scheduler: 'simple',
    steps: 30,
    cfg: 6,
    seed: '82628696717253',
    denoise: 1,
    width: 832,
    height: 480,
    frames: 33,
    fps: 16,
    vae: 'wan_2.1_vae.safetensors',
    positive: FOX.prompt,
    negative: FOX.negative,
    // SaveWEBM (node 47) is bypassed.
    output: { node_id: '28', class_type: 'SaveAnimatedWEBP' },
  },
  'hunyuan_video_text_to_video.json': {
    model: 'hunyuan_video_t2v_720p_bf16.safetensors',
    sampler: 'euler',
    scheduler: 'simple',
    steps: 20,
    cfg: undefined,
    seed: '1',
    denoise: 1,
    guidance: 6,
    width: 848,
    height: 480,
    frames: 73,
    fps: 24,
    vae: 'hunyuan_video_vae_bf16.safetensors',
    positive:
      'anime style anime girl with massive fennec ears and one big fluffy tail, she has blonde hair long hair blue ' +
      'eyes wearing a pink sweater and a long blue skirt walking in a beautiful outdoor scenery with snow mountains ' +
      'in the background',
    negative: undefined,
    output: { node_id: '75', class_type: 'SaveAnimatedWEBP' },
  },
  'workflow_image_to_video.json': {
    model: 'svd.safetensors',
    sampler: 'euler',
    scheduler: 'karras',
    steps: 20,
    cfg: 2.5,
    seed: '237514639057514',
    denoise: 1,
    width: 1024,
    height: 576,
    frames: 14,
    fps: 10,
    positive: undefined,
    negative: undefined,
    reference_images: ['mountains.png'],
  },
};

test.skipIf(!there).for(Object.entries(WORKFLOWS))(
  'the workflow %s says the same as its nodes',
  ([file, expected]) => {
    const workflow = parseLoose(readFileSync(`${DATA}/comfyui/${file}`, 'utf8'));
    expect(readComfyWorkflow(workflow)).toMatchObject(expected);
  },
);

test.skipIf(!there)("the browser's workflow of a picture gives what its graph gives", () => {
  for (const file of Object.keys(PICTURES)) {
    const facts = readFacts(readFileSync(`${DATA}/${file}`));
    const workflow = facts?.texts.get('workflow');
    if (!facts || workflow === undefined) continue;
    facts.texts.delete('prompt');
    expect(readRecipe(facts), file).toEqual({ ...recipeOf(file), workflow: undefined });
  }
});
