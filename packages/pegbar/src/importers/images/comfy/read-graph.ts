import { linkIn, type Node, nodeAt, type Walk, walkOf } from './graph.ts';
import { type Lora, modelOf } from './models.ts';
import { isPass, type Pass, readPass } from './passes.ts';
import { type Extent, extentBehind, latentNumber, loadedFrom, passesBehind, pictureLinks } from './paths.ts';
import { conditioning } from './prompts.ts';
import { numberIn, textIn } from './values.ts';

/** What is known of the picture whose graph is read; it decides where a graph writes several. */
export interface ComfyHint {
  /** Id of the node that wrote it, as history and `executed` messages tell it. */
  outputNode?: string;
  /** Name of its file; a node's `filename_prefix` must fit it. */
  filename?: string;
  width?: number;
  height?: number;
}

/** One sampling node in short. */
export interface ComfyPass {
  node_id: string;
  class_type: string;
  seed: string | undefined;
  steps: number | undefined;
  sampler: string | undefined;
  scheduler: string | undefined;
  cfg: number | undefined;
  denoise: number | undefined;
}

/** Settings of the sampler that made a picture. Numbers that only the run knows are undefined. */
export interface ComfySettings {
  /** The node that wrote the picture; undefined where the graph has none. */
  output: { node_id: string; class_type: string } | undefined;
  model: string | undefined;
  loras: Lora[];
  vae: string | undefined;
  clip_skip: number | undefined;
  sampler: string | undefined;
  scheduler: string | undefined;
  steps: number | undefined;
  cfg: number | undefined;
  /** Distilled guidance of Flux and its like. */
  guidance: number | undefined;
  /** Unsigned 64 bits, in decimal digits. */
  seed: string | undefined;
  denoise: number | undefined;
  /** Size that was sampled, before what enlarges the finished picture. */
  width: number | undefined;
  height: number | undefined;
  batch_size: number | undefined;
  /** Frames of a clip. */
  frames: number | undefined;
  fps: number | undefined;
  positive: string | undefined;
  negative: string | undefined;
  reference_images: string[];
  control_maps: string[];
  embeddings: string[];
  /** All sampling nodes on the way to the picture, the last one first. */
  passes: ComfyPass[];
}

/**
 * Reads an API graph (`prompt` of a picture, third member of a queue item): the settings of the sampler that really
 * made the picture.
 *
 * From the node that wrote the picture the way of the latents is followed back. The last sampling node on it counts,
 * because it painted what is seen; nodes that repaint parts (detailers, tiled upscalers) only where nothing else
 * sampled. A schedule that is cut into several nodes (base and refiner, high and low noise) is one pass: its seed is
 * that of the node that added the noise, its settings those of the node that ran the most steps, of equals the first.
 *
 * Parse the graph with `parseLoose`: seeds have 64 bits. Undefined where the value is no graph.
 */
export function readComfyGraph(graph: unknown, hint: ComfyHint = {}): ComfySettings | undefined {
  const walk = walkOf(graph);
  if (!walk) return undefined;
  const chosen = choose(walk, hint);
  const passes = chosen.passes.map((node) => readPass(walk, node));
  const { main, seed } = mainOf(passes);
  const positive = conditioning(walk, main?.positive, 'positive');
  const negative = conditioning(walk, main?.negative, 'negative');
  const model = modelOf(walk, main?.model);
  const extent = main ? extentBehind(walk, main.latent) : chosen.extent;
  const latents = main ? main.latent : undefined;
  const painted = [positive.texts, negative.texts].map((texts) => texts.join('\n') || undefined);
  return {
    output: chosen.output && { node_id: chosen.output.id, class_type: chosen.output.type },
    model: model.name,
    loras: model.loras,
    vae: vaeOf(walk, chosen.output),
    clip_skip: clipSkip(walk, main),
    sampler: main?.sampler,
    scheduler: main?.scheduler,
    steps: main?.steps,
    cfg: main?.cfg,
    guidance: positive.guidance,
    seed,
    denoise: main?.denoise,
    width: extent?.width,
    height: extent?.height,
    batch_size: latentNumber(walk, latents, ['batch_size']),
    frames: latentNumber(walk, latents, ['length', 'num_frames', 'video_frames', 'frame_count']),
    fps: numberIn(walk, chosen.output, ['fps', 'frame_rate']),
    positive: painted[0],
    negative: painted[1],
    reference_images: loadedFrom(walk, latents ? [latents] : pictureLinksOf(walk, chosen.output)),
    control_maps: controlMaps(walk, positive),
    embeddings: embeddingsIn(`${painted[0] ?? ''}\n${painted[1] ?? ''}`),
    passes: passes.map(shortPass),
  };
}

interface Candidate {
  output: Node | undefined;
  passes: Node[];
  extent: Extent | undefined;
}

const OUTPUTS = /save|preview|video_?combine|websocket|export|sendimage/i;

function choose(walk: Walk, hint: ComfyHint): Candidate {
  const outputs = [...walk.nodes.values()].filter((node) => isOutput(walk, node));
  let left = outputs.map((output): Candidate => {
    const links = pictureLinks(walk, output);
    return { output, passes: passesBehind(walk, links), extent: extentBehind(walk, links[0]) };
  });
  if (left.length === 0) left = loose(walk);
  const narrow = (fits: (one: Candidate) => boolean): void => {
    const kept = left.filter(fits);
    if (kept.length > 0) left = kept;
  };
  narrow((one) => one.output?.id === hint.outputNode);
  narrow((one) => one.passes.length > 0);
  narrow(
    ({ output }) =>
      hint.filename !== undefined && output !== undefined && fitsPrefix(walk, output, hint.filename),
  );
  narrow(
    ({ extent }) => extent !== undefined && extent.width === hint.width && extent.height === hint.height,
  );
  narrow(({ output }) => output !== undefined && !/preview/i.test(output.type));
  // Of those that are left the one that most was done for, and of equals the last.
  const best = left.reduce<Candidate | undefined>(
    (so, one) => (so && so.passes.length > one.passes.length ? so : one),
    undefined,
  );
  return best ?? { output: undefined, passes: [], extent: undefined };
}

const isOutput = (walk: Walk, node: Node): boolean =>
  OUTPUTS.test(node.type) && pictureLinks(walk, node).length > 0 && !isPass(node);

/** A part of a graph without an output: each sampling node may be the last one. */
const loose = (walk: Walk): Candidate[] =>
  [...walk.nodes.values()].filter(isPass).map((node) => ({
    output: undefined,
    passes: [node, ...passesBehind(walk, pictureLinks(walk, node))],
    extent: extentBehind(walk, { id: node.id, slot: 0 }),
  }));

/** `%date:…%` and the like are only known to the run: what stands before them must fit. */
function fitsPrefix(walk: Walk, node: Node, filename: string): boolean {
  const prefix = textIn(walk, node, ['filename_prefix'])?.split(/[\\/]/).at(-1)?.split('%')[0];
  return prefix !== undefined && prefix !== '' && filename.startsWith(prefix);
}

function mainOf(passes: readonly Pass[]): { main: Pass | undefined; seed: string | undefined } {
  const starts = passes.findIndex((pass) => pass.addsNoise);
  const run = passes.slice(0, starts < 0 ? 1 : starts + 1);
  const starter = run.at(-1);
  const main = run.reduce<Pass | undefined>(
    (most, pass) => (most && most.ran > pass.ran ? most : pass),
    undefined,
  );
  return { main, seed: starter?.addsNoise === false && starter.seed === '0' ? undefined : starter?.seed };
}

const shortPass = ({ node, seed, steps, sampler, scheduler, cfg, denoise }: Pass): ComfyPass => ({
  node_id: node.id,
  class_type: node.type,
  seed,
  steps,
  sampler,
  scheduler,
  cfg,
  denoise,
});

const pictureLinksOf = (walk: Walk, node: Node | undefined): ReturnType<typeof pictureLinks> =>
  node ? pictureLinks(walk, node) : [];

/** The VAE that decoded the picture, where it is one of its own. */
function vaeOf(walk: Walk, output: Node | undefined): string | undefined {
  let node = output;
  for (let step = 0; node && step < 100 && !isPass(node); step++) {
    const vae = nodeAt(walk, linkIn(walk, node, ['vae']));
    if (vae) return textIn(walk, vae, ['vae_name']);
    node = nodeAt(walk, pictureLinks(walk, node)[0]);
  }
  return undefined;
}

/** The way A1111 counts: 2 leaves out the last layer. ComfyUI says -2. */
function clipSkip(walk: Walk, main: Pass | undefined): number | undefined {
  let node = nodeAt(walk, main?.positive);
  for (let step = 0; node && step < 100; step++) {
    const layer = numberIn(walk, node, ['stop_at_clip_layer']);
    if (layer !== undefined) return layer < 0 ? -layer : undefined;
    node = nodeAt(
      walk,
      linkIn(walk, node, ['clip', 'conditioning', 'conditioning_1', 'conditioning_to', 'positive']),
    );
  }
  return undefined;
}

function controlMaps(walk: Walk, positive: ReturnType<typeof conditioning>): string[] {
  const maps = loadedFrom(walk, positive.control_images);
  return maps.length > 0 ? maps : positive.control_nets;
}

/** `embedding:NAME` in a prompt, with or without a weight around it. */
function embeddingsIn(texts: string): string[] {
  const names = new Set<string>();
  for (const [, name] of texts.matchAll(/\bembedding:([^\s,:()]{1,200})/g)) if (name) names.add(name);
  return [...names];
}
