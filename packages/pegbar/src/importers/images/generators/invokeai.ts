import { isObject, type LooseObject, parseLooseObject } from '../loose-json.ts';
import { listOf, numberOf, objectOf, seedOf, textOf } from './members.ts';
import { addMore, emptyRecipe, type Recipe } from './recipe.ts';

/** InvokeAI 3 and later: one JSON object, `invokeai_metadata`. */
export function readInvokeMetadata(text: string): Recipe | undefined {
  const told = parseLooseObject(text);
  if (!told) return undefined;
  const recipe = emptyRecipe('invokeai');
  const model = objectOf(told.model);
  recipe.version = textOf(told.app_version);
  recipe.prompt = textOf(told.positive_prompt);
  recipe.negative = textOf(told.negative_prompt);
  recipe.model = textOf(model.model_name) ?? textOf(model.name) ?? textOf(told.model);
  recipe.model_hash = textOf(model.hash);
  recipe.family = textOf(model.base_model) ?? textOf(model.base);
  recipe.scheduler = textOf(told.scheduler);
  recipe.sampler = recipe.scheduler;
  recipe.steps = numberOf(told.steps);
  recipe.cfg = numberOf(told.cfg_scale);
  recipe.seed = seedOf(told.seed);
  recipe.width = numberOf(told.width);
  recipe.height = numberOf(told.height);
  recipe.denoise = numberOf(told.strength);
  recipe.loras = listOf(told.loras).flatMap(loraOf);
  recipe.control_maps = [...listOf(told.controlnets), ...listOf(told.t2iAdapters)].flatMap(imageOf);
  recipe.reference_images = [...listOf(told.ipAdapters).flatMap(imageOf), ...initImage(told)];
  addMore(recipe, 'generation_mode', told.generation_mode);
  addMore(recipe, 'guidance', told.guidance);
  addMore(recipe, 'rand_device', told.rand_device);
  addMore(recipe, 'vae', textOf(objectOf(told.vae).model_name) ?? textOf(objectOf(told.vae).name));
  addMore(recipe, 'positive_style_prompt', told.positive_style_prompt);
  addMore(recipe, 'negative_style_prompt', told.negative_style_prompt);
  return recipe;
}

function loraOf(value: unknown): Recipe['loras'] {
  if (!isObject(value as LooseObject)) return [];
  const one = value as LooseObject;
  const model = objectOf(one.lora ?? one.model);
  const id = textOf(model.model_name) ?? textOf(model.name) ?? textOf(model.key);
  return id === undefined ? [] : [{ id, weight: numberOf(one.weight) ?? 1 }];
}

function imageOf(value: unknown): string[] {
  const image = textOf(objectOf(objectOf(value as LooseObject).image).image_name);
  return image === undefined ? [] : [image];
}

const initImage = (told: LooseObject): string[] => {
  const name = textOf(told.init_image) ?? textOf(objectOf(told.init_image).image_name);
  return name === undefined ? [] : [name];
};

/** InvokeAI 2: `sd-metadata`. */
export function readSdMetadata(text: string): Recipe | undefined {
  const told = parseLooseObject(text);
  if (!told) return undefined;
  const recipe = emptyRecipe('invokeai');
  const image = objectOf(told.image ?? listOf(told.images)[0]);
  recipe.version = textOf(told.app_version);
  recipe.model = textOf(told.model_weights) ?? textOf(told.model);
  recipe.model_hash = textOf(told.model_hash);
  const prompt = listOf(image.prompt)
    .flatMap((one) => textOf(objectOf(one).prompt) ?? [])
    .join('\n');
  setPrompt(recipe, prompt || textOf(image.prompt));
  recipe.steps = numberOf(image.steps);
  recipe.cfg = numberOf(image.cfg_scale);
  recipe.seed = seedOf(image.seed);
  recipe.sampler = textOf(image.sampler);
  recipe.width = numberOf(image.width);
  recipe.height = numberOf(image.height);
  recipe.denoise = numberOf(image.strength);
  addMore(recipe, 'type', image.type);
  if (listOf(image.postprocessing).length > 0) addMore(recipe, 'postprocessing', image.postprocessing);
  if (listOf(image.variations).length > 0) addMore(recipe, 'variations', image.variations);
  return recipe;
}

/** The negative prompt of InvokeAI 1 and 2 stands in brackets at any place of the prompt. */
function setPrompt(recipe: Recipe, written: string | undefined): void {
  if (written === undefined) return;
  const negatives = [...written.matchAll(/\[([^[\]]*)\]/g)].map((found) => found[1]?.trim() ?? '');
  recipe.prompt = written.replace(/\s{0,8}\[[^[\]]*\]/g, '').trim() || undefined;
  recipe.negative = negatives.filter((one) => one !== '').join(', ') || undefined;
}

/** A command line is typed by people. */
const DREAM_MOST = 65_536;

/** InvokeAI 1 and its ancestor: the command line that made the picture, `Dream`. */
export function readDream(written: string): Recipe {
  const text = written.slice(0, DREAM_MOST);
  const recipe = emptyRecipe('invokeai');
  const quoted = /^\s*"((?:\\.|[^"\\])*)"/.exec(text);
  const line = quoted ? text.slice(quoted[0].length) : text;
  const flags = new Map<string, string>();
  const first = /(^|\s)-{1,2}[a-zA-Z]/.exec(line)?.index ?? line.length;
  for (const [, name, value] of line
    .slice(first)
    .matchAll(/(?:^|\s)(-{1,2}[a-zA-Z][a-zA-Z_]*)(?:[ =]?([^\s-][^\s]*|-\d[^\s]*))?/g)) {
    if (name && !flags.has(name)) flags.set(name, value ?? '');
  }
  setPrompt(recipe, (quoted?.[1]?.replace(/\\(.)/g, '$1') ?? line.slice(0, first)).trim() || undefined);
  const flag = (...names: string[]): string | undefined =>
    names.map((name) => flags.get(name)).find((value) => value !== undefined);
  recipe.steps = numberOf(flag('-s', '--steps'));
  recipe.seed = seedOf(flag('-S', '--seed'));
  recipe.width = numberOf(flag('-W', '--width'));
  recipe.height = numberOf(flag('-H', '--height'));
  recipe.cfg = numberOf(flag('-C', '--cfg_scale'));
  recipe.sampler = flag('-A', '--sampler');
  recipe.denoise = numberOf(flag('-f', '--strength'));
  const init = flag('-I', '--init_img');
  if (init) recipe.reference_images = [init];
  addMore(recipe, 'dream', text.slice(quoted?.[0].length ?? 0).trim());
  return recipe;
}
