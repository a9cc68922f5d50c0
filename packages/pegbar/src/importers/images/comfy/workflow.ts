import { isObject, type Loose, type LooseObject } from '../loose-json.ts';
import { type ComfyHint, type ComfySettings, readComfyGraph } from './read-graph.ts';
import { widgetsOf } from './widgets.ts';

/** Nodes of one workflow with all its subgraphs, and how deep these may stand in each other. */
const NODES_MOST = 20_000;
const SUBGRAPH_DEPTH_MOST = 16;
/** Reroutes, bypassed nodes and borders of subgraphs passed on the way of one link. */
const HOPS_MOST = 400;
/** Modes of a node: it never runs; it hands its inputs on. */
const NEVER = 2;
const BYPASSED = 4;
/** Ids that stand for the border of a subgraph, on its own list of links. */
const INPUTS_ID = '-10';
const OUTPUTS_ID = '-20';

/**
 * Reads the workflow that the browser keeps (`workflow` of a picture, a saved .json): what would have been sent as an
 * API graph, with reroutes, primitives, Get and Set nodes, bypassed and muted nodes and subgraphs resolved.
 */
export function readComfyWorkflow(workflow: unknown, hint: ComfyHint = {}): ComfySettings | undefined {
  const graph = apiGraphOf(workflow as Loose);
  return graph && readComfyGraph(graph, hint);
}

interface Origin {
  id: string;
  slot: number;
}

/** A workflow or a subgraph at the place where it is used. */
interface Scope {
  prefix: string;
  nodes: Map<string, LooseObject>;
  /** By the id of the link. */
  links: Map<string, Origin>;
  /** What the outputs of a subgraph are. */
  outputs: Map<number, Origin>;
  outer: { scope: Scope; instance: LooseObject } | undefined;
  inner: Map<string, Scope>;
}

function apiGraphOf(workflow: Loose): LooseObject | undefined {
  if (!isObject(workflow) || !Array.isArray(workflow.nodes)) return undefined;
  const definitions = new Map<string, LooseObject>();
  const told = isObject(workflow.definitions) ? workflow.definitions.subgraphs : undefined;
  for (const one of Array.isArray(told) ? told : []) {
    if (isObject(one)) definitions.set(idOf(one.id), one);
  }
  const budget = { left: NODES_MOST };
  const graph: LooseObject = Object.create(null);
  write(scopeOf(workflow, '', undefined, { definitions, budget, depth: 0 }), graph);
  return graph;
}

interface Making {
  definitions: ReadonlyMap<string, LooseObject>;
  budget: { left: number };
  depth: number;
}

function scopeOf(drawn: LooseObject, prefix: string, outer: Scope['outer'], making: Making): Scope {
  const scope: Scope = {
    prefix,
    nodes: new Map(),
    links: new Map(),
    outputs: new Map(),
    outer,
    inner: new Map(),
  };
  for (const link of Array.isArray(drawn.links) ? drawn.links : []) addLink(scope, link);
  for (const node of Array.isArray(drawn.nodes) ? drawn.nodes : []) {
    if (!isObject(node) || making.budget.left-- <= 0) continue;
    const id = idOf(node.id);
    scope.nodes.set(id, node);
    const definition = making.definitions.get(idOf(node.type));
    if (!definition || making.depth >= SUBGRAPH_DEPTH_MOST) continue;
    const deeper = { ...making, depth: making.depth + 1 };
    scope.inner.set(id, scopeOf(definition, `${prefix}${id}:`, { scope, instance: node }, deeper));
  }
  return scope;
}

/** `[id, from, slot, to, slot, type]`, in subgraphs an object. */
function addLink(scope: Scope, link: Loose): void {
  const [id, from, slot, to, toSlot] = Array.isArray(link)
    ? link
    : isObject(link)
      ? [link.id, link.origin_id, link.origin_slot, link.target_id, link.target_slot]
      : [];
  if (id === undefined || from === undefined || from === null) return;
  const origin = { id: idOf(from), slot: slotOf(slot) };
  scope.links.set(idOf(id), origin);
  if (idOf(to) === OUTPUTS_ID) scope.outputs.set(slotOf(toSlot), origin);
}

/** Ids and names are texts or numbers; anything else in their place stands for nothing. */
const idOf = (value: Loose | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
const slotOf = (value: Loose | undefined): number => (typeof value === 'number' ? value : -1);

const inputsOf = (node: LooseObject): LooseObject[] =>
  Array.isArray(node.inputs) ? node.inputs.filter((input) => isObject(input)) : [];
const firstValue = (node: LooseObject): Loose | undefined =>
  Array.isArray(node.widgets_values) ? node.widgets_values[0] : undefined;

/** Nodes that the browser resolves itself. */
const VIRTUAL = new Set(['Reroute', 'PrimitiveNode', 'Note', 'MarkdownNote', 'GetNode', 'SetNode']);

function write(scope: Scope, graph: LooseObject): void {
  for (const [id, node] of scope.nodes) {
    const inner = scope.inner.get(id);
    if (node.mode === NEVER || node.mode === BYPASSED) continue;
    if (inner) write(inner, graph);
    const type = idOf(node.type);
    if (inner || VIRTUAL.has(type)) continue;
    const inputs = widgetsOf(type, node.widgets_values, widgetNames(node));
    for (const input of inputsOf(node)) {
      if (input.link === null || input.link === undefined) continue;
      const value = follow(scope, scope.links.get(idOf(input.link)), 0);
      if (value !== undefined) inputs[idOf(input.name)] = value;
    }
    graph[`${scope.prefix}${id}`] = { class_type: type, inputs };
  }
}

const widgetNames = (node: LooseObject): string[] =>
  inputsOf(node).flatMap((input) => (isObject(input.widget) ? [idOf(input.widget.name)] : []));

/** What stands at the far end of a link: `[id, slot]` of a node that runs, or a constant. */
function follow(scope: Scope, origin: Origin | undefined, hops: number): Loose | undefined {
  if (!origin || hops > HOPS_MOST) return undefined;
  const back = (to: Scope, link: Loose | undefined): Loose | undefined =>
    link === undefined || link === null ? undefined : follow(to, to.links.get(idOf(link)), hops + 1);
  if (origin.id === INPUTS_ID) {
    if (!scope.outer) return undefined;
    return back(scope.outer.scope, inputsOf(scope.outer.instance)[origin.slot]?.link);
  }
  const node = scope.nodes.get(origin.id);
  if (!node || node.mode === NEVER) return undefined;
  if (node.mode === BYPASSED) return back(scope, bypass(node, origin.slot));
  const inner = scope.inner.get(origin.id);
  if (inner) return follow(inner, inner.outputs.get(origin.slot), hops + 1);
  switch (node.type) {
    case 'Reroute':
    case 'SetNode':
      return back(scope, inputsOf(node)[0]?.link);
    case 'PrimitiveNode':
      return firstValue(node);
    case 'GetNode': {
      const set = [...scope.nodes.values()].find(
        (one) => one.type === 'SetNode' && firstValue(one) === firstValue(node),
      );
      return back(scope, set && inputsOf(set)[0]?.link);
    }
    default:
      return [`${scope.prefix}${origin.id}`, origin.slot];
  }
}

/** A bypassed node hands on its first input of the output's type. */
function bypass(node: LooseObject, slot: number): Loose | undefined {
  const output = Array.isArray(node.outputs) ? node.outputs[slot] : undefined;
  const type = isObject(output) ? output.type : undefined;
  const inputs = inputsOf(node);
  const same = inputs[slot]?.type === type ? inputs[slot] : inputs.find((input) => input.type === type);
  return same?.link;
}
