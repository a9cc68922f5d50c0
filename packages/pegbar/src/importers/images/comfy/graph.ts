import { isObject, type Loose, type LooseObject } from '../loose-json.ts';

/** A node of ComfyUI's API graph. An input is a constant or a link `[node id, slot]`. */
export interface Node {
  id: string;
  type: string;
  inputs: LooseObject;
}

export interface Link {
  id: string;
  slot: number;
}

/**
 * What one reading of a graph may cost. Graphs come from strangers: a ladder of nodes that each have two links to the
 * next has 2^n paths, a ring has endless ones.
 */
export interface Walk {
  nodes: ReadonlyMap<string, Node>;
  stepsLeft: number;
}

/** The largest workflows that people share have some hundreds of nodes. */
const NODES_MOST = 20_000;
const STEPS_MOST = 100_000;
/** Longest chain followed; LoRA stacks and reroutes of real graphs are some tens. */
export const DEPTH_MOST = 400;

/** A walk through an API graph, or undefined where the value is none. */
export function walkOf(graph: unknown): Walk | undefined {
  if (typeof graph !== 'object' || graph === null || Array.isArray(graph)) return undefined;
  const nodes = new Map<string, Node>();
  for (const [id, value] of Object.entries(graph as LooseObject)) {
    if (!isObject(value) || typeof value.class_type !== 'string') continue;
    nodes.set(id, { id, type: value.class_type, inputs: isObject(value.inputs) ? value.inputs : {} });
    if (nodes.size >= NODES_MOST) break;
  }
  return nodes.size === 0 ? undefined : { nodes, stepsLeft: STEPS_MOST };
}

/** The link that a value is; a list of two numbers without such a node is a constant. */
export function linkOf(walk: Walk, value: Loose | undefined): Link | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [id, slot] = value;
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof slot !== 'number') return undefined;
  return walk.nodes.has(String(id)) ? { id: String(id), slot } : undefined;
}

/** The node behind a link; counts as a step. */
export function nodeAt(walk: Walk, link: Link | undefined): Node | undefined {
  if (!link || walk.stepsLeft <= 0) return undefined;
  walk.stepsLeft--;
  return walk.nodes.get(link.id);
}

/** The link in the first of these inputs that holds one. */
export function linkIn(walk: Walk, node: Node, keys: readonly string[]): Link | undefined {
  for (const key of keys) {
    const link = linkOf(walk, node.inputs[key]);
    if (link) return link;
  }
  return undefined;
}
