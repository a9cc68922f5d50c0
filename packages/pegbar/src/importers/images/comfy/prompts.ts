import type { Loose } from '../loose-json.ts';
import { DEPTH_MOST, type Link, linkIn, linkOf, type Node, nodeAt, type Walk } from './graph.ts';
import { numberIn } from './values.ts';

export type Side = 'positive' | 'negative';

/** What the way from a sampler's conditioning back to its texts passes. */
export interface Conditioned {
  texts: string[];
  guidance: number | undefined;
  control_nets: string[];
  /** Links to the pictures that steer: control maps, IP adapters and the like. */
  control_images: Link[];
}

/** Texts of the encoders, by the names that ComfyUI and the common packs give them. */
const ENCODER_TEXTS = [
  'text',
  'text_g',
  'clip_g',
  'text_l',
  'clip_l',
  't5xxl',
  'bert',
  'mt5xl',
  'llama',
  'prompt',
  'populated_text',
  'wildcard_text',
  'string',
  'value',
] as const;
/** Longest text taken from a graph; what is longer is no prompt. */
const TEXT_MOST = 200_000;

/** What a conditioning holds for one side, the outermost text first. */
export function conditioning(walk: Walk, start: Link | undefined, side: Side): Conditioned {
  const out: Conditioned = { texts: [], guidance: undefined, control_nets: [], control_images: [] };
  gather(walk, start, side, out, new Set(), 0);
  return out;
}

function gather(
  walk: Walk,
  link: Link | undefined,
  side: Side,
  out: Conditioned,
  seen: Set<string>,
  depth: number,
): void {
  const mark = link && `${link.id}:${link.slot}`;
  if (!link || !mark || seen.has(mark) || depth > DEPTH_MOST) return;
  seen.add(mark);
  const node = nodeAt(walk, link);
  if (!node || /zero_?out/i.test(node.type)) return;
  out.guidance ??= numberIn(walk, node, ['guidance']);
  noteControl(walk, node, out);
  const own = textsOf(walk, node, side, depth);
  if (own.length > 0) {
    for (const text of own) if (!out.texts.includes(text)) out.texts.push(text);
    return;
  }
  for (const next of conditioningLinks(walk, node, link.slot, side))
    gather(walk, next, side, out, seen, depth + 1);
}

function textsOf(walk: Walk, node: Node, side: Side, depth: number): string[] {
  // Loaders that encode too ("Efficient Loader") keep both texts under the sides' names.
  for (const key of [`${side}_prompt`, `text_${side}`, side]) {
    const value = node.inputs[key];
    if (typeof value === 'string') return value === '' ? [] : [value];
    const found = key !== side && value !== undefined ? text(walk, value, depth + 1) : undefined;
    if (found) return [found];
  }
  const texts: string[] = [];
  for (const key of ENCODER_TEXTS) {
    const found = node.inputs[key] === undefined ? undefined : text(walk, node.inputs[key], depth + 1);
    if (found && !texts.includes(found)) texts.push(found);
  }
  return texts;
}

/** Where a conditioning comes from: of a node with both sides, the one that this output is. */
function conditioningLinks(walk: Walk, node: Node, slot: number, side: Side): Link[] {
  const positive = linkOf(walk, node.inputs.positive);
  const negative = linkOf(walk, node.inputs.negative);
  if (positive && negative) {
    const isNegative = slot === 1 || (slot !== 0 && side === 'negative');
    return [isNegative ? negative : positive];
  }
  const other = side === 'positive' ? 'negative' : 'positive';
  const links: Link[] = [];
  for (const [key, value] of Object.entries(node.inputs)) {
    if (key.startsWith(other) || !/cond|positive|negative|embeds|guider|pipe|^any|^$/i.test(key)) continue;
    const link = linkOf(walk, value);
    if (link) links.push(link);
  }
  if (links.length > 0) return links;
  const all = Object.values(node.inputs).flatMap((value) => linkOf(walk, value) ?? []);
  return /reroute|passthrough/i.test(node.type) ? all : [];
}

function noteControl(walk: Walk, node: Node, out: Conditioned): void {
  const control = linkIn(walk, node, ['control_net', 'controlnet']);
  if (!control) return;
  let at = nodeAt(walk, control);
  for (let step = 0; at && step < DEPTH_MOST; step++) {
    const name = at.inputs.control_net_name;
    if (typeof name === 'string') {
      out.control_nets.push(name);
      break;
    }
    at = nodeAt(walk, linkIn(walk, at, ['control_net', 'controlnet']));
  }
  const image = linkIn(walk, node, ['image', 'control_image', 'hint']);
  if (image) out.control_images.push(image);
}

const JOINED = /^(?:text|string|prompt|str|part|input)_?(?:[a-h]|\d{1,2})$/i;
const SINGLE = ['text', 'Text', 'string', 'String', 'value', 'prompt', 'populated_text', 'wildcard_text'];

/** The text in which an input ends, through text nodes that join or hand on. */
export function text(walk: Walk, value: Loose | undefined, depth = 0): string | undefined {
  if (typeof value === 'string') return value.slice(0, TEXT_MOST);
  const node = nodeAt(walk, linkOf(walk, value));
  if (!node || depth > DEPTH_MOST) return undefined;
  const parts = Object.entries(node.inputs).filter(([key]) => JOINED.test(key));
  if (parts.length > 1) {
    const between = node.inputs.delimiter ?? node.inputs.separator;
    const texts = parts.map(([, part]) => text(walk, part, depth + 1)).filter((part) => part);
    const joined = texts.join(typeof between === 'string' ? between.replaceAll('\\n', '\n') : ' ');
    return joined.slice(0, TEXT_MOST);
  }
  // What a wildcard became is truer than what it was written as.
  const keys = node.inputs.populated_text ? ['populated_text'] : SINGLE;
  for (const key of keys) {
    const found = node.inputs[key] === undefined ? undefined : text(walk, node.inputs[key], depth + 1);
    if (found !== undefined) return found;
  }
  const only = Object.values(node.inputs);
  return only.length === 1 ? text(walk, only[0], depth + 1) : undefined;
}
