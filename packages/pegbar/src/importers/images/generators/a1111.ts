import { numberOf, seedOf } from './members.ts';
import { addMore, emptyRecipe, type Recipe } from './recipe.ts';

/** Fields of the last line that have a place of their own; the others are kept under their names. */
const PLACED = new Set([
  'Steps',
  'Sampler',
  'Schedule type',
  'CFG scale',
  'Seed',
  'Size',
  'Model hash',
  'Model',
  'Version',
  'Denoising strength',
  'User',
  'TI hashes',
  'Hashes',
  'Batch size',
  'Scheduler',
]);
/** Schedules that were a part of the sampler's name before A1111 1.9, and stay in it here: it is what the file says. */
const SCHEDULES = / (Karras|Exponential|Polyexponential)$/;

/** Whether a text is what A1111, Forge and their relatives write. */
export const isInfotext = (text: string): boolean => /(?:^|\n)[ \t]*Steps: \d+,/.test(text);

/**
 * The infotext of A1111 and Forge: the prompt, `Negative prompt: …`, and a last line of `Name: value` pairs, whose
 * values are quoted where they hold a comma.
 */
export function readA1111(text: string): Recipe {
  const recipe = emptyRecipe('a1111');
  const { prompt, negative, settings } = parts(text.replaceAll('\r\n', '\n'));
  const fields = pairs(settings);
  const field = (name: string): string | undefined => fields.get(name);
  recipe.prompt = prompt || undefined;
  recipe.negative = negative || undefined;
  recipe.version = field('Version');
  recipe.model = field('Model');
  recipe.model_hash = field('Model hash');
  const sampler = field('Sampler');
  recipe.sampler = sampler;
  recipe.scheduler = field('Schedule type') ?? field('Scheduler') ?? SCHEDULES.exec(sampler ?? '')?.[1];
  recipe.steps = numberOf(field('Steps'));
  recipe.cfg = numberOf(field('CFG scale'));
  recipe.seed = seedOf(field('Seed'));
  recipe.denoise = numberOf(field('Denoising strength'));
  const size = /^(\d+)\s*x\s*(\d+)$/.exec(field('Size') ?? '');
  recipe.width = numberOf(size?.[1]);
  recipe.height = numberOf(size?.[2]);
  recipe.batch_size = numberOf(field('Batch size'));
  recipe.user = field('User');
  recipe.loras = lorasIn(prompt);
  recipe.embeddings = names(field('TI hashes'));
  for (const [name, value] of fields) if (!PLACED.has(name)) addMore(recipe, name, value);
  return recipe;
}

interface Parts {
  prompt: string;
  negative: string;
  settings: string;
}

function parts(text: string): Parts {
  const begin = text.lastIndexOf('\nSteps: ');
  const at = begin >= 0 ? begin + 1 : text.startsWith('Steps: ') ? 0 : -1;
  const head = at < 0 ? text : text.slice(0, Math.max(0, at - 1));
  // A template of an extension may follow the line of settings.
  const settings = at < 0 ? '' : (text.slice(at).split('\n')[0] ?? '');
  const label = /(^|\n)Negative prompt:[ ]?/.exec(head);
  if (!label) return { prompt: head.trim(), negative: '', settings };
  return {
    prompt: head.slice(0, label.index).trim(),
    negative: head.slice(label.index + label[0].length).trim(),
    settings,
  };
}

/** `Name: value`, the value quoted as JSON where it holds a comma, a colon or a line's end. */
const PAIR = /\s*(\w[\w \-/.]{0,100}):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)/g;
const PAIRS_MOST = 300;
/** The longest lines list hashes of some hundred networks. */
const SETTINGS_MOST = 65_536;

function pairs(settings: string): Map<string, string> {
  const line = settings.slice(0, SETTINGS_MOST);
  const fields = new Map<string, string>();
  let end = 0;
  let last = '';
  for (const found of line.matchAll(PAIR)) {
    if (fields.size >= PAIRS_MOST) break;
    // Before 1.5 nothing was quoted: what no name leads belongs to the value before it.
    const between = line.slice(end, found.index).replace(/,$/, '');
    if (between !== '') fields.set(last, `${fields.get(last) ?? ''},${between}`);
    end = found.index + found[0].length;
    const name = (found[1] ?? '').trim();
    if (fields.has(name)) continue;
    last = name;
    fields.set(name, unquoted((found[2] ?? '').trim()));
  }
  return fields;
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value.slice(1, -1);
  }
}

const LORA = /<(?:lora|lyco):([^:<>]{1,300})(?::([^<>]{0,100}))?>/g;
const LORAS_MOST = 256;

/** `<lora:NAME:WEIGHT>` in a prompt; the weight may be `te=0.5:unet=0.8`, of which the UNet's counts. */
export function lorasIn(prompt: string): Recipe['loras'] {
  const loras: Recipe['loras'] = [];
  for (const [, id, told] of prompt.matchAll(LORA)) {
    if (!id || loras.length >= LORAS_MOST) continue;
    const named = /(?:^|:)unet=(-?[\d.]+)/.exec(told ?? '')?.[1];
    loras.push({ id, weight: numberOf(named ?? told?.split(':')[0]) ?? 1 });
  }
  return loras;
}

/** Names out of `name: hash, name: hash`. */
const names = (hashes: string | undefined): string[] =>
  (hashes ?? '')
    .split(',')
    .flatMap((one) => one.split(':')[0]?.trim() || [])
    .slice(0, LORAS_MOST);
