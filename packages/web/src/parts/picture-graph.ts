/**
 * What a ComfyUI graph says of how a picture came about beside its samplers: what it began from, what steered it, what
 * made it larger. Graphs come from strangers: whatever is not as expected is passed over.
 */

export interface GraphSteps {
  /** Names of pictures that were loaded. */
  readonly sources: readonly string[];
  /** Names of control models. */
  readonly controls: readonly string[];
  /** Names of upscale models, or how else it was made larger, in the order of the picture. */
  readonly upscales: readonly string[];
}
interface Node {
  readonly class_type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}
type Graph = Readonly<Record<string, Node>>;

/** Larger graphs are read by nobody either. */
const NODES_MOST = 2_000;
const NAMES_MOST = 4;
const NAME_CHARS = 80;
const NOTHING: GraphSteps = { sources: [], controls: [], upscales: [] };

/** `workflow` is the graph that was run, as JSON; `output` the node that saved the picture. */
export function graphSteps(workflow: string | undefined, output: string | undefined): GraphSteps {
  const graph = workflow === undefined ? null : graphOf(workflow);
  if (!graph) return NOTHING;
  const ends = output !== undefined && Object.hasOwn(graph, output) ? [output] : Object.keys(graph);
  const [sources, controls, upscales] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const { class_type, inputs } of nodesBefore(graph, ends)) {
    if (/^LoadImage/.test(class_type)) add(sources, inputs.image);
    else if (inputs.control_net_name !== undefined) add(controls, inputs.control_net_name);
    else if (/upscale/i.test(class_type) && !/loader$/i.test(class_type))
      add(upscales, modelOf(graph, inputs.upscale_model) ?? howOf(class_type, inputs));
  }
  return { sources: [...sources], controls: [...controls], upscales: [...upscales] };
}

function add(names: Set<string>, name: unknown): void {
  if (typeof name === 'string' && name !== '' && names.size < NAMES_MOST)
    names.add(name.slice(0, NAME_CHARS));
}

function graphOf(text: string): Graph | null {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return null;
    const nodes = Object.entries(read).filter(
      ([, node]) => typeof node?.class_type === 'string' && typeof node?.inputs === 'object' && node.inputs,
    );
    return nodes.length === 0 || nodes.length > NODES_MOST ? null : (Object.fromEntries(nodes) as Graph);
  } catch {
    return null;
  }
}

/** The nodes that lead to some nodes, those farthest back first. */
function nodesBefore(graph: Graph, ends: readonly string[]): Node[] {
  const found = new Map<string, Node>();
  const open = [...ends];
  for (let id = open.shift(); id !== undefined; id = open.shift()) {
    const node = found.has(id) ? undefined : nodeOf(graph, id);
    if (!node) continue;
    found.set(id, node);
    for (const input of Object.values(node.inputs)) {
      const from = linkOf(input);
      if (from !== undefined) open.push(from);
    }
  }
  return [...found.values()].reverse();
}

const nodeOf = (graph: Graph, id: string): Node | undefined =>
  Object.hasOwn(graph, id) ? graph[id] : undefined;
/** A link is `[id of the node, place of its output]`. */
const linkOf = (input: unknown): string | undefined =>
  Array.isArray(input) && input.length === 2 && ['string', 'number'].includes(typeof input[0])
    ? String(input[0])
    : undefined;

function modelOf(graph: Graph, input: unknown): string | undefined {
  const from = linkOf(input);
  const name = from === undefined ? undefined : nodeOf(graph, from)?.inputs.model_name;
  return typeof name === 'string' ? name : undefined;
}

/** `latent, to 1152 × 1152`, `lanczos, 1.5 times`. */
function howOf(class_type: string, inputs: Node['inputs']): string {
  const { width, height, scale_by, upscale_method } = inputs;
  const how = /^Latent/.test(class_type)
    ? 'latent'
    : typeof upscale_method === 'string'
      ? upscale_method
      : class_type;
  if (typeof scale_by === 'number') return `${how}, ${scale_by} times`;
  return typeof width === 'number' && typeof height === 'number' && width > 0 && height > 0
    ? `${how}, to ${width} × ${height}`
    : how;
}
