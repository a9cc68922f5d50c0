// Pictures with bad bytes and bad texts: the readers answer, in time, and what they answer is a record that is taken.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parseLine } from '../../packages/contract/dist/index.js';
import { readFacts, readRecipe } from '../../packages/pegbar/dist/importers/images/index.js';
import { recordsOf } from '../../packages/pegbar/dist/importers/images/records.js';
import * as made from '../../packages/pegbar/dist/importers/images/testkit.js';
import { mutate } from './mutate.mjs';

const GRAPH = JSON.stringify({
  3: {
    class_type: 'KSampler',
    inputs: {
      seed: 1,
      steps: 20,
      cfg: 7.5,
      sampler_name: 'euler',
      scheduler: 'normal',
      denoise: 1,
      model: ['10', 0],
      positive: ['6', 0],
      negative: ['7', 0],
      latent_image: ['5', 0],
    },
  },
  4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a.safetensors' } },
  5: { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 512, batch_size: 1 } },
  6: { class_type: 'CLIPTextEncode', inputs: { text: 'a cat embedding:x', clip: ['4', 1] } },
  7: { class_type: 'CLIPTextEncode', inputs: { text: 'bad', clip: ['4', 1] } },
  8: { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
  9: { class_type: 'SaveImage', inputs: { images: ['8', 0], filename_prefix: 'x' } },
  10: { class_type: 'LoraLoader', inputs: { lora_name: 'l', strength_model: 0.5, model: ['4', 0] } },
});
const WORKFLOW = JSON.stringify({
  nodes: [
    {
      id: 1,
      type: 'KSampler',
      inputs: [{ name: 'model', link: 1 }],
      widgets_values: [5, 'fixed', 4, 1, 'lcm', 'simple', 1],
    },
    { id: 2, type: 'UNETLoader', widgets_values: ['u.safetensors'] },
    { id: 3, type: 'u', inputs: [{ name: 'x', link: 2 }] },
    { id: 4, type: 'SaveImage', inputs: [{ name: 'images', link: 3 }] },
  ],
  links: [
    [1, 2, 0, 1, 0, 'M'],
    [2, 1, 0, 3, 0, 'L'],
    [3, 3, 0, 4, 0, 'I'],
  ],
  definitions: {
    subgraphs: [
      {
        id: 'u',
        nodes: [{ id: 9, type: 'VAEDecode', inputs: [{ name: 'samples', link: 1 }] }],
        links: [
          { id: 1, origin_id: -10, origin_slot: 0, target_id: 9, target_slot: 0 },
          { id: 2, origin_id: 9, origin_slot: 0, target_id: -20, target_slot: 0 },
        ],
      },
    ],
  },
});
const INFOTEXT =
  'a cat, <lora:x:0.5>\nNegative prompt: dog [x]\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 64x64, ' +
  'Model hash: abc, Model: m, Lora hashes: "x: 1", Version: v1';
const SWARM = JSON.stringify({
  sui_image_params: { prompt: 'a', model: 'm', seed: 1, steps: 2, loras: ['x'], loraweights: ['1'] },
});
const INVOKE = JSON.stringify({
  positive_prompt: 'a',
  seed: 1,
  model: { name: 'm' },
  loras: [{ model: { name: 'x' }, weight: 1 }],
});
const SD = JSON.stringify({
  model_weights: 'm',
  image: { prompt: [{ prompt: 'a [b]', weight: 1 }], seed: 1, width: 8, height: 8 },
});
const FOOOCUS = JSON.stringify({
  metadata_scheme: 'fooocus',
  prompt: 'a',
  base_model: 'm',
  resolution: '(8, 8)',
  loras: [['x', 1, 'h']],
  seed: '1',
});
const NOVEL = JSON.stringify({
  prompt: 'a',
  uc: 'b',
  seed: 1,
  steps: 2,
  scale: 3,
  v4_prompt: { caption: { base_caption: 'c' } },
});

const { png, tEXt, zTXt, iTXt, jpeg, webp, exif, unicodeComment, mp4, webm, stealth } = made;
/** A text in the files that carry it: what is mutated is the text, so that it gets past the packing. */
const PACKED = [
  [INFOTEXT, (text) => png({ chunks: [iTXt('parameters', text)] })],
  [INFOTEXT, (text) => jpeg({ exifBlock: exif({ 37510: unicodeComment(text, false) }) })],
  [
    INFOTEXT,
    (text) =>
      png({
        width: 24,
        height: 150,
        hidden: { alpha: true, bytes: stealth('stealth_pngcomp', gzipSync(text)) },
      }),
  ],
  [GRAPH, (text) => png({ chunks: [zTXt('prompt', text)] })],
  [WORKFLOW, (text) => png({ chunks: [tEXt('workflow', text)] })],
  [GRAPH, (text) => webp({ durations: [40, 40], exifBlock: exif({ 271: `prompt:${text}` }) })],
  [`{"prompt":${GRAPH},"workflow":${WORKFLOW}}`, (text) => mp4({ comment: text }, false)],
  [GRAPH, (text) => webm({ PROMPT: text })],
  [SWARM, (text) => png({ chunks: [iTXt('parameters', text)] })],
  [INVOKE, (text) => png({ chunks: [iTXt('invokeai_metadata', text)] })],
  [SD, (text) => png({ chunks: [iTXt('sd-metadata', text)] })],
  ['"a cat [dog]" -s 50 -S 1 -W 8 -H 8 -C 5 -A k_lms', (text) => png({ chunks: [tEXt('Dream', text)] })],
  [FOOOCUS, (text) => png({ chunks: [iTXt('parameters', text), tEXt('fooocus_scheme', 'fooocus')] })],
  [NOVEL, (text) => png({ chunks: [tEXt('Software', 'NovelAI'), iTXt('Comment', text)] })],
];

/** Real files beside the clone, where they are: the small ones, so that a run stays short. */
function realFiles() {
  const folder = fileURLToPath(new URL('../../../shared/data/image_metadata/', import.meta.url));
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => folder + name)
    .filter((path) => statSync(path).size < 32_768)
    .map((path) => readFileSync(path));
}

export function picturesTarget() {
  const whole = [...PACKED.map(([text, pack]) => pack(text)), ...realFiles()];
  const pick = (list, random) => list[random(list.length)];
  return {
    input(random) {
      if (random(2) === 0) return mutate(pick(whole, random), random);
      const [text, pack] = pick(PACKED, random);
      return pack(mutate(Buffer.from(text), random).toString('utf8'));
    },
    take(bytes) {
      const facts = readFacts(bytes);
      if (!facts) return;
      const recipe = readRecipe(facts, { filename: 'x_00001_.png' });
      const digest = 'ab'.repeat(32);
      const file = {
        path: Buffer.from('/a/b.png'),
        bytes,
        complete: true,
        size: bytes.length,
        mtime_ms: 1.7e12,
        digest,
      };
      const { picture, others } = recordsOf(file, facts, recipe, {});
      for (const record of [picture, ...others]) {
        const read = parseLine(JSON.stringify(record));
        if (!read.ok) throw new Error(`a record that the contract refuses: ${JSON.stringify(read.error)}`);
      }
    },
    body: (bytes) => bytes,
  };
}
