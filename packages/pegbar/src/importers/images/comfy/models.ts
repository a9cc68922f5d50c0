import { isObject, type Loose, type LooseObject } from '../loose-json.ts';
import { DEPTH_MOST, type Link, linkIn, type Node, nodeAt, type Walk } from './graph.ts';
import { numberIn, textIn } from './values.ts';

export interface Lora {
  id: string;
  weight: number;
}

export interface Model {
  /** Name of the checkpoint or diffusion model as the loader has it; undefined where the chain ends elsewhere. */
  name: string | undefined;
  /** In the order of application: the one next to the checkpoint first. */
  loras: Lora[];
}

const NAMES = ['ckpt_name', 'unet_name', 'base_ckpt_name', 'model_name', 'model_path', 'gguf_name', 'model'];
/** The chain of the weights, by the names of the inputs that carry it; a merge goes on with its first model. */
const CHAIN = [
  'model',
  'model1',
  'model_a',
  'model_high_noise',
  'MODEL',
  'basic_pipe',
  'pipe',
  'any_01',
  'any',
];
const STACKS = ['lora_stack', 'optional_lora_stack', 'lora', 'prev_lora', 'loras'];
/** Stacks longer than this are read to here; the largest seen on shared pictures has 30. */
const LORAS_MOST = 256;

/** The checkpoint and the LoRAs that a model link carries. */
export function modelOf(walk: Walk, start: Link | undefined): Model {
  const stacks: Lora[][] = [];
  const seen = new Set<string>();
  let name: string | undefined;
  let link = start;
  for (let depth = 0; link && depth < DEPTH_MOST && !seen.has(link.id); depth++) {
    seen.add(link.id);
    const node = nodeAt(walk, link);
    if (!node) break;
    stacks.push(lorasOf(walk, node));
    link = linkIn(walk, node, CHAIN) ?? onlyLinkOf(walk, node);
    if (!link || isLoader(node)) name = textIn(walk, node, NAMES);
    if (name !== undefined) break;
  }
  return { name, loras: stacks.reverse().flat().slice(0, LORAS_MOST) };
}

/** A link named `lora` is a stack; one named `model` may be a text on loaders of their own kind. */
const isLoader = (node: Node): boolean => NAMES.some((key) => typeof node.inputs[key] === 'string');

function onlyLinkOf(walk: Walk, node: Node): Link | undefined {
  return /reroute|switch|any/i.test(node.type) ? linkIn(walk, node, Object.keys(node.inputs)) : undefined;
}

/** LoRAs that one node applies, with those of the stacks that are plugged into it. */
function lorasOf(walk: Walk, node: Node): Lora[] {
  const stacks = [ownLoras(walk, node)];
  const seen = new Set<string>([node.id]);
  let link = linkIn(walk, node, STACKS);
  for (let depth = 0; link && depth < DEPTH_MOST && !seen.has(link.id); depth++) {
    seen.add(link.id);
    const stack = nodeAt(walk, link);
    if (!stack) break;
    stacks.push(ownLoras(walk, stack));
    link = linkIn(walk, stack, STACKS);
  }
  return stacks.reverse().flat();
}

const isNamed = (name: unknown): name is string =>
  typeof name === 'string' && name !== '' && !/^none$/i.test(name);

function ownLoras(walk: Walk, node: Node): Lora[] {
  const { inputs } = node;
  const loras: Lora[] = [];
  const add = (name: unknown, weight: number | undefined): void => {
    if (isNamed(name) && weight !== 0 && loras.length < LORAS_MOST)
      loras.push({ id: name, weight: weight ?? 1 });
  };
  const single =
    textIn(walk, node, ['lora_name']) ?? (/lora/i.test(node.type) ? plain(inputs.lora) : undefined);
  add(
    single,
    numberIn(walk, node, ['strength_model', 'lora_model_strength', 'strength', 'lora_weight', 'weight']),
  );
  const most = numberIn(walk, node, ['lora_count']) ?? LORAS_MOST;
  for (const [key, value] of Object.entries(inputs)) {
    // "Power Lora Loader (rgthree)": lora_1: { on, lora, strength }
    if (isObject(value) && isNamed(value.lora) && value.on !== false) add(value.lora, weightOf(value));
    const numbered = /^lora(?:_name)?_0*(\d+)$/.exec(key);
    if (!numbered || typeof value !== 'string' || Number(numbered[1]) > most) continue;
    if (isOff(inputs, key, numbered[1] ?? '')) continue;
    add(value, numberIn(walk, node, weightKeys(key, numbered[1] ?? '')));
  }
  return loras;
}

const plain = (value: Loose | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

const weightOf = (value: LooseObject): number | undefined =>
  typeof value.strength === 'number' ? value.strength : undefined;

/** "CR LoRA Stack" has a switch beside each LoRA. */
const isOff = (inputs: LooseObject, key: string, number: string): boolean =>
  /^off$/i.test(plain(inputs[`switch_${number}`]) ?? '') || inputs[`${key}_on`] === false;

function weightKeys(key: string, number: string): string[] {
  const written = key.slice(key.lastIndexOf('_') + 1);
  return ['strength', 'strength_model', 'model_str', 'model_weight', 'lora_wt', 'weight'].flatMap((name) => [
    `${name}_${written}`,
    `${name}_${number}`,
  ]);
}
