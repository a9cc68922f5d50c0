import { DEPTH_MOST, type Link, linkOf, type Node, nodeAt, type Walk } from './graph.ts';
import { isPass, repaints } from './passes.ts';
import { numberIn, textIn } from './values.ts';

/** Inputs that carry a picture or its latent, the first the one that the others are laid upon. */
const PICTURES = [
  'images',
  'image',
  'pixels',
  'samples',
  'latent_image',
  'latent',
  'latents',
  'samples_to',
  'samples1',
  'samples_from',
  'samples2',
  'destination',
  'image1',
  'image_1',
  'video',
  'frames',
  'init_image',
  'start_image',
  'source',
] as const;
/** Links that never lead to what was painted. */
const NOT_PICTURES =
  /^(model|clip|vae|control_net|clip_vision|positive|negative|conditioning|upscale_model|audio|mask|noise|guider|sampler|sigmas|text|prompt)/i;

/** Links of a node along which its picture came, the likeliest first. */
export function pictureLinks(walk: Walk, node: Node): Link[] {
  const chosen = numberIn(walk, node, ['select']);
  const picked = chosen === undefined ? undefined : linkOf(walk, node.inputs[`input${chosen}`]);
  if (picked) return [picked];
  const links: Link[] = [];
  for (const key of PICTURES) {
    const link = linkOf(walk, node.inputs[key]);
    if (link) links.push(link);
  }
  for (const [key, value] of Object.entries(node.inputs)) {
    if (NOT_PICTURES.test(key) || (PICTURES as readonly string[]).includes(key)) continue;
    const link = linkOf(walk, value);
    if (link) links.push(link);
  }
  return links;
}

/** Sampling nodes from this link back, the last one first. */
export function passesBehind(walk: Walk, start: readonly Link[]): Node[] {
  const passes: Node[] = [];
  const seen = new Set<string>();
  let from = start;
  while (passes.length < DEPTH_MOST) {
    const found = nearestPass(walk, from, seen, 0);
    if (!found) break;
    passes.push(found);
    from = pictureLinks(walk, found);
  }
  // A repainter made the picture only where nothing painted it before.
  const painters = passes.filter((node) => !repaints(node));
  return painters.length > 0 ? painters : passes;
}

function nearestPass(walk: Walk, links: readonly Link[], seen: Set<string>, depth: number): Node | undefined {
  if (depth > DEPTH_MOST) return undefined;
  for (const link of links) {
    if (seen.has(link.id)) continue;
    seen.add(link.id);
    const node = nodeAt(walk, link);
    if (!node) continue;
    const found = isPass(node) ? node : nearestPass(walk, pictureLinks(walk, node), seen, depth + 1);
    if (found) return found;
  }
  return undefined;
}

export interface Extent {
  width: number;
  height: number;
}

/** Size of the picture behind a link, as the graph tells it; undefined where only the run would know. */
export function extentBehind(walk: Walk, link: Link | undefined, depth = 0): Extent | undefined {
  const node = nodeAt(walk, link);
  if (!node || depth > DEPTH_MOST) return undefined;
  const width = numberIn(walk, node, ['width', 'empty_latent_width', 'resize_width']);
  const height = numberIn(walk, node, ['height', 'empty_latent_height', 'resize_height']);
  if (width !== undefined && height !== undefined && width > 0 && height > 0) return { width, height };
  const written = /^\s*(\d{2,5})\s*[x×]\s*(\d{2,5})\b/.exec(
    textIn(walk, node, ['resolution', 'dimensions']) ?? '',
  );
  if (written) return { width: Number(written[1]), height: Number(written[2]) };
  // How much a model enlarges stands in its weights, not in the graph.
  if (node.inputs.upscale_model !== undefined) return undefined;
  const factor = numberIn(walk, node, ['scale_by', 'upscale_by', 'scale_factor']) ?? 1;
  for (const next of pictureLinks(walk, node)) {
    const before = extentBehind(walk, next, depth + 1);
    if (before)
      return { width: Math.round(before.width * factor), height: Math.round(before.height * factor) };
  }
  return undefined;
}

/** A number on the node where the latents begin: length of a clip, size of a batch. */
export function latentNumber(
  walk: Walk,
  link: Link | undefined,
  keys: readonly string[],
): number | undefined {
  return search(walk, link, (node) => numberIn(walk, node, keys), new Set(), 0);
}

/** Names of the files that the pictures behind these links were loaded from. */
export function loadedFrom(walk: Walk, links: readonly Link[]): string[] {
  const names: string[] = [];
  for (const link of links) {
    const file = search(walk, link, loadedName, new Set(), 0);
    if (file !== undefined && !names.includes(file)) names.push(file);
  }
  return names;
}

function loadedName(node: Node): string | undefined {
  const name = node.inputs.image ?? node.inputs.video ?? node.inputs.file;
  return /load/i.test(node.type) && typeof name === 'string' && name !== '' ? name : undefined;
}

function search<T>(
  walk: Walk,
  link: Link | undefined,
  ask: (node: Node) => T | undefined,
  seen: Set<string>,
  depth: number,
): T | undefined {
  if (!link || depth > DEPTH_MOST || seen.has(link.id)) return undefined;
  seen.add(link.id);
  const node = nodeAt(walk, link);
  if (!node) return undefined;
  const own = ask(node);
  if (own !== undefined) return own;
  for (const next of pictureLinks(walk, node)) {
    const found = search(walk, next, ask, seen, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
