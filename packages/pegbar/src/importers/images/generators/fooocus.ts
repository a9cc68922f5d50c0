import { type LooseObject, parseLooseObject } from '../loose-json.ts';
import { isInfotext, readA1111 } from './a1111.ts';
import { listOf, numberOf, objectOf, seedOf, shortOf, textOf } from './members.ts';
import { addMore, emptyRecipe, type Recipe } from './recipe.ts';

const PLACED = new Set([
  'prompt',
  'negative_prompt',
  'full_prompt',
  'full_negative_prompt',
  'prompt_expansion',
  'base_model',
  'base_model_hash',
  'loras',
  'sampler',
  'scheduler',
  'steps',
  'guidance_scale',
  'seed',
  'resolution',
  'version',
  'metadata_scheme',
  'width',
  'height',
  'cfg',
  'created_by',
  'software',
]);

/** Whether JSON under `parameters` is Fooocus' own scheme, or that of its forks. */
export const isFooocus = (told: LooseObject): boolean =>
  told.metadata_scheme === 'fooocus' ||
  (told.base_model !== undefined && told.guidance_scale !== undefined) ||
  told.software === 'RuinedFooocus';

/** Both schemes of Fooocus: `fooocus` is JSON, `a1111` the infotext. */
export function readFooocus(text: string): Recipe | undefined {
  const told = parseLooseObject(text);
  if (told) return fromJson(told);
  if (!isInfotext(text)) return undefined;
  const recipe = readA1111(text);
  const more = Object.entries(recipe.more).map(([key, value]) => [key.replace(/^a1111/, 'fooocus'), value]);
  const loras = recipe.loras.length > 0 ? recipe.loras : lorasOf(recipe.more);
  return { ...recipe, generator: 'fooocus', loras, more: Object.fromEntries(more) };
}

function fromJson(told: LooseObject): Recipe {
  const recipe = emptyRecipe('fooocus');
  recipe.version = textOf(told.version);
  // What the user wrote, not what the styles made of it: the expansion is kept beside it.
  recipe.prompt = textOf(told.prompt);
  recipe.negative = textOf(told.negative_prompt);
  recipe.model = textOf(told.base_model);
  recipe.model_hash = textOf(told.base_model_hash);
  recipe.sampler = textOf(told.sampler);
  recipe.scheduler = textOf(told.scheduler);
  recipe.steps = numberOf(told.steps);
  recipe.cfg = numberOf(told.guidance_scale) ?? numberOf(told.cfg);
  recipe.seed = seedOf(told.seed);
  const size = /(\d+)\D+(\d+)/.exec(shortOf(told.resolution).slice(0, 40));
  recipe.width = numberOf(size?.[1]) ?? numberOf(told.width);
  recipe.height = numberOf(size?.[2]) ?? numberOf(told.height);
  recipe.loras = loras(told);
  addMore(recipe, 'prompt_expansion', told.prompt_expansion);
  for (const [name, value] of Object.entries(told))
    if (!PLACED.has(name) && !isLora(name)) addMore(recipe, name, value);
  return recipe;
}

const isLora = (name: string): boolean => name.startsWith('lora_combined_');

/** `loras` is a list of [name, weight, hash]; older versions have `lora_combined_1: "name : 0.5"`. */
function loras(told: LooseObject): Recipe['loras'] {
  const listed = listOf(told.loras).flatMap((one) => {
    const [name, weight] = Array.isArray(one) ? one : [objectOf(one).name, objectOf(one).weight];
    const id = textOf(name);
    return id === undefined || id === 'None' ? [] : [{ id, weight: numberOf(weight) ?? 1 }];
  });
  if (listed.length > 0) return listed;
  return Object.entries(told).flatMap(([name, value]) => (isLora(name) ? combined(shortOf(value)) : []));
}

function combined(value: string): Recipe['loras'] {
  const found = /^(.*?)\s*:\s*(-?[\d.]+)$/.exec(value);
  return found?.[1] ? [{ id: found[1].trim(), weight: numberOf(found[2]) ?? 1 }] : [];
}

/** The infotext of Fooocus has `Lora weights: "name: weight, name: weight"` in place of tags in the prompt. */
const lorasOf = (more: Recipe['more']): Recipe['loras'] =>
  (more['a1111.Lora weights'] ?? '').split(',').flatMap(combined);
