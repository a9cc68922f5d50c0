import { isObject, type LooseObject, parseLooseObject } from '../loose-json.ts';
import { listOf, numberOf, objectOf, seedOf, shortOf, textOf } from './members.ts';
import { addMore, emptyRecipe, type Recipe } from './recipe.ts';

const PLACED = new Set([
  'prompt',
  'uc',
  'steps',
  'sampler',
  'seed',
  'scale',
  'width',
  'height',
  'strength',
  'noise_schedule',
  'signed_hash',
  'v4_prompt',
  'v4_negative_prompt',
  'n_samples',
  'reference_image_multiple',
]);

export interface NovelAiTexts {
  Comment?: string | undefined;
  Description?: string | undefined;
  Source?: string | undefined;
  Software?: string | undefined;
  'Generation time'?: string | undefined;
}

/** NovelAI's chunks, or the same as one JSON object hidden in the pixels. */
export function readNovelai(texts: NovelAiTexts): Recipe | undefined {
  const told = parseLooseObject(texts.Comment ?? '');
  if (!told) return undefined;
  const recipe = emptyRecipe('novelai');
  recipe.prompt = textOf(told.prompt) ?? caption(told.v4_prompt) ?? textOf(texts.Description ?? null);
  recipe.negative = textOf(told.uc) ?? caption(told.v4_negative_prompt);
  // "Stable Diffusion 1D44365E": what the service calls its model, with the hash of it.
  const source = /^(.*?)\s*([0-9A-F]{8})?$/.exec(shortOf(texts.Source?.trim()));
  recipe.model = texts.Source?.trim() || undefined;
  recipe.model_hash = source?.[2];
  recipe.sampler = textOf(told.sampler);
  recipe.scheduler = textOf(told.noise_schedule);
  recipe.steps = numberOf(told.steps);
  recipe.cfg = numberOf(told.scale);
  recipe.seed = seedOf(told.seed);
  recipe.width = numberOf(told.width);
  recipe.height = numberOf(told.height);
  recipe.denoise = numberOf(told.strength);
  recipe.batch_size = numberOf(told.n_samples);
  const seconds = numberOf(shortOf(texts['Generation time']).replace(/\s*s(econds)?$/, ''));
  recipe.latency_ms = seconds === undefined ? undefined : seconds * 1_000;
  for (const [name, value] of Object.entries(told)) if (!PLACED.has(name)) addMore(recipe, name, value);
  return recipe;
}

/** Version 4 has a caption for the picture and one for each character. */
function caption(value: unknown): string | undefined {
  const told = objectOf(objectOf(value as LooseObject).caption);
  const characters = listOf(told.char_captions).flatMap((one) => textOf(objectOf(one).char_caption) ?? []);
  return (
    [textOf(told.base_caption), ...characters].filter((one) => one !== undefined).join('\n') || undefined
  );
}

/** The texts of a hidden message, where it is NovelAI's; its Comment is text or, in copies of others, an object. */
export function hiddenNovelai(text: string): NovelAiTexts | undefined {
  const told = parseLooseObject(text);
  if (!told || told.Comment === undefined) return undefined;
  const comment = isObject(told.Comment)
    ? JSON.stringify(told.Comment, (_key, value) => (typeof value === 'bigint' ? String(value) : value))
    : textOf(told.Comment);
  return {
    Comment: comment,
    Description: textOf(told.Description),
    Source: textOf(told.Source),
    Software: textOf(told.Software),
    'Generation time': textOf(told['Generation time'] ?? told.Generation_time),
  };
}
