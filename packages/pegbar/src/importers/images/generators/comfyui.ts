import { workflowHash } from '../../comfyui/identity.ts';
import { type ComfyHint, type ComfySettings, readComfyGraph, readComfyWorkflow } from '../comfy/index.ts';
import { isObject, type Loose, parseLoose } from '../loose-json.ts';
import { addMore, emptyRecipe, type Recipe } from './recipe.ts';

/** The graph that ran, or else the picture of it that the browser keeps. */
export function readComfyui(
  prompt: string | undefined,
  workflow: string | undefined,
  hint: ComfyHint,
): Recipe | undefined {
  const graph = prompt === undefined ? undefined : parseLoose(prompt);
  const settings = graph === undefined ? undefined : readComfyGraph(graph, hint);
  if (settings && settings.passes.length > 0) return { ...recipeOf(settings), workflow: workflowOf(graph) };
  const drawn = workflow === undefined ? undefined : parseLoose(workflow);
  const fromDrawing = drawn === undefined ? undefined : readComfyWorkflow(drawn, hint);
  const best = fromDrawing && fromDrawing.passes.length > 0 ? fromDrawing : (settings ?? fromDrawing);
  return best && recipeOf(best);
}

/** Seeds of 64 bits are texts in it, as in the graphs that ComfyUI's own senders tell. */
function workflowOf(graph: Loose | undefined): Recipe['workflow'] {
  const hash = isObject(graph) ? workflowHash(graph) : '';
  if (!isObject(graph) || hash === '') return undefined;
  const text = JSON.stringify(graph, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
  return { text, hash };
}

export function recipeOf(settings: ComfySettings): Recipe {
  const recipe = emptyRecipe('comfyui');
  const { model, loras, sampler, scheduler, steps, cfg, seed, denoise, width, height } = settings;
  Object.assign(recipe, { model, loras, sampler, scheduler, steps, cfg, seed, denoise, width, height });
  recipe.prompt = settings.positive;
  recipe.negative = settings.negative;
  recipe.batch_size = settings.batch_size;
  recipe.reference_images = settings.reference_images;
  recipe.control_maps = settings.control_maps;
  recipe.embeddings = settings.embeddings;
  addMore(recipe, 'vae', settings.vae);
  addMore(recipe, 'clip_skip', settings.clip_skip);
  addMore(recipe, 'guidance', settings.guidance);
  addMore(recipe, 'frames', settings.frames);
  addMore(recipe, 'fps', settings.fps);
  addMore(recipe, 'output_node', settings.output?.node_id);
  if (settings.passes.length > 1) addMore(recipe, 'passes', settings.passes);
  return recipe;
}
