/** Which stage of a pipeline a node is, by its class; the same table as in python/comfyui_pegbar/stages.py. */
import type { LooseObject } from '../images/index.ts';

export type NodeStage = 'preprocess' | 'generate' | 'upscale' | 'postprocess';

const SAVE = /^save|preview|video_?combine|createvideo|export|websocket/i;
const DECODE = /vae_?decode/i;
const UPSCALE = /upscale|imagescale|image_?resize|rife|vfi|interpolat|gimm/i;
const LOAD = /load/i;
const ENCODE = /encode|controlnet|ipadapter|conditioning|clipvision|clipsetlastlayer|guidance/i;
const SAMPLER = /^(k?sampler(custom)?|.*ksampler.*)(advanced)?$/i;
/** KSamplerSelect names a sampler and does not sample. */
const samples = (type: string): boolean => SAMPLER.test(type) && !/select/i.test(type);
const CLIP_OUTPUT = /animated|video|webm|gif/i;

/** What the graph of a prompt says of its nodes before they run. */
export interface Shape {
  /** Class by node id. */
  classes: ReadonlyMap<string, string>;
  samplers: ReadonlySet<string>;
}

/** `passes` are the sampling nodes that the reader of graphs found on the way to the picture. */
export function shapeOf(graph: LooseObject, passes: readonly { node_id: string }[]): Shape {
  const classes = new Map<string, string>();
  for (const [id, node] of Object.entries(graph)) {
    const type =
      typeof node === 'object' && node !== null && !Array.isArray(node) ? node.class_type : undefined;
    if (typeof type === 'string') classes.set(id, type);
  }
  const samplers = new Set(passes.map((one) => one.node_id));
  for (const [id, type] of classes) if (samples(type)) samplers.add(id);
  return { classes, samplers };
}

export const isSampler = (shape: Shape, id: string, type: string): boolean =>
  shape.samplers.has(id) || (!shape.classes.has(id) && samples(type));

/** What only prepares or finishes goes by whether a sampler has run before it. */
export function stageOf(shape: Shape, id: string, type: string, hasGenerated: boolean): NodeStage {
  if (isSampler(shape, id, type)) return 'generate';
  if (SAVE.test(type) || DECODE.test(type)) return 'postprocess';
  if (UPSCALE.test(type)) return hasGenerated || shape.samplers.size === 0 ? 'upscale' : 'preprocess';
  if (LOAD.test(type) || ENCODE.test(type)) return 'preprocess';
  return hasGenerated ? 'postprocess' : 'preprocess';
}

export function workloadOf(shape: Shape, batch: number | undefined, pictures: number): string {
  for (const type of shape.classes.values())
    if (SAVE.test(type) && CLIP_OUTPUT.test(type)) return 'animation';
  return (batch ?? 1) > 1 || pictures > 1 ? 'batch_panels' : 'single_image';
}
