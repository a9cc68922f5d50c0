import { type Loose, type LooseObject, parseLooseObject } from '../loose-json.ts';
import { listOf, numberOf, objectOf, seedOf, shortOf, textOf } from './members.ts';
import { addMore, emptyRecipe, type Recipe } from './recipe.ts';

const PLACED = new Set([
  'prompt',
  'negativeprompt',
  'model',
  'seed',
  'steps',
  'cfgscale',
  'width',
  'height',
  'sampler',
  'scheduler',
  'loras',
  'loraweights',
  'initimagecreativity',
  'swarm_version',
  'autowebuisampler',
  'comfyuisampler',
  'comfyuischeduler',
  'batchsize',
  'date',
  'generation_time',
]);

/** SwarmUI: `{"sui_image_params": …, "sui_extra_data": …, "sui_models": …}`. */
export function readSwarmui(text: string): Recipe | undefined {
  const told = parseLooseObject(text);
  const params = told && objectOf(told.sui_image_params);
  if (!told || !params || told.sui_image_params === undefined) return undefined;
  const extra = objectOf(told.sui_extra_data);
  const recipe = emptyRecipe('swarmui');
  recipe.version = textOf(params.swarm_version);
  recipe.prompt = textOf(params.prompt);
  recipe.negative = textOf(params.negativeprompt);
  recipe.model = textOf(params.model);
  recipe.model_hash = hashOf(told.sui_models, recipe.model);
  recipe.sampler = textOf(params.sampler) ?? textOf(params.comfyuisampler) ?? textOf(params.autowebuisampler);
  recipe.scheduler = textOf(params.scheduler) ?? textOf(params.comfyuischeduler);
  recipe.steps = numberOf(params.steps);
  recipe.cfg = numberOf(params.cfgscale);
  recipe.seed = seedOf(params.seed);
  recipe.width = numberOf(params.width);
  recipe.height = numberOf(params.height);
  recipe.denoise = numberOf(params.initimagecreativity);
  recipe.batch_size = numberOf(params.batchsize);
  recipe.loras = loras(params);
  recipe.latency_ms = generation(shortOf(extra.generation_time ?? params.generation_time));
  recipe.time_ms = dateOf(shortOf(extra.date ?? params.date));
  for (const [name, value] of Object.entries(params)) if (!PLACED.has(name)) addMore(recipe, name, value);
  addMore(recipe, 'prep_time', prepTime(shortOf(extra.generation_time ?? params.generation_time)));
  return recipe;
}

/** Names and weights are two lists, or two texts with commas. */
function loras(params: LooseObject): Recipe['loras'] {
  const parted = (value: Loose | undefined): Loose[] =>
    typeof value === 'string' ? value.split(',').map((one) => one.trim()) : listOf(value);
  const weights = parted(params.loraweights);
  return parted(params.loras).flatMap((one, index) => {
    const id = textOf(one);
    return id === undefined ? [] : [{ id, weight: numberOf(weights[index]) ?? 1 }];
  });
}

/** `sui_models` lists the files with their hashes; the base model's is the checkpoint's. */
function hashOf(models: Loose | undefined, name: string | undefined): string | undefined {
  const listed = listOf(models).map(objectOf);
  const bare = (text: string | undefined): string | undefined => text?.replace(/\.[a-z]+$/i, '');
  const own =
    listed.find((one) => one.param === 'model') ??
    listed.find((one) => bare(textOf(one.name)) === bare(name));
  return textOf(own?.hash);
}

/** `67.34 (prep) and 34.77 (gen) seconds`, or `12.3 seconds`. */
function generation(text: string): number | undefined {
  const seconds = /([\d.]+)\s*\(gen\)/.exec(text)?.[1] ?? /^([\d.]+)\s*s/.exec(text)?.[1];
  const number = numberOf(seconds ?? null);
  return number === undefined ? undefined : Math.round(number * 1_000);
}

const prepTime = (text: string): string | undefined => /([\d.]+)\s*\(prep\)/.exec(text)?.[1];

const DATE = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}:\d{2})?$/;

/** `2024-10-23` tells the day only: then the file's time is the better one. A time without an offset is read as UTC. */
function dateOf(text: string): number | undefined {
  const [, day, hour, offset = 'Z'] = DATE.exec(text) ?? [];
  const time = day === undefined ? Number.NaN : Date.parse(`${day}T${hour}${offset}`);
  return Number.isNaN(time) ? undefined : time;
}
