/** One prompt as a watcher from outside knows it. */
import { type ComfySettings, type LooseObject, readComfyGraph } from '../images/index.ts';
import type { RunError } from './errors.ts';
import { digest, traceIdOf, workflowHash } from './identity.ts';
import { isSampler, type NodeStage, type Shape, shapeOf, stageOf } from './stages.ts';

/** Times are milliseconds since the epoch. */
export interface NodeRun {
  id: string;
  type: string;
  start: number;
  end: number | undefined;
  stage: StageRun;
  /** First and last step that were seen: time and value; and how many there are. */
  steps: { from: number; to: number; first: number; last: number; most: number } | undefined;
  error: RunError | undefined;
}

export interface StageRun {
  name: NodeStage;
  index: number;
  start: number;
  end: number;
}

export interface Picture {
  node: string;
  filename: string;
  subfolder: string;
  type: string;
}

/** Nodes told of one prompt; the largest shared workflows have some hundreds. */
const NODES_MOST = 5_000;

export class Run {
  readonly prompt_id: string;
  readonly trace_id: string;
  readonly graph: LooseObject;
  readonly settings: ComfySettings | undefined;
  readonly shape: Shape;
  readonly workflow_hash: string;
  /** When it was first seen in the queue, or when ComfyUI says it was made. */
  readonly put: number;
  /** The server's own clock; undefined until it ran. */
  start: number | undefined;
  end: number | undefined;
  isRunning = false;
  /** It was never in the queue when we looked: only the history told of it, and its wait is unknown. */
  readonly isLate: boolean;
  outcome: string | undefined;
  error: RunError | undefined;
  cached: string[] = [];
  readonly nodes = new Map<string, NodeRun>();
  readonly stages: StageRun[] = [];
  pictures: Picture[] = [];
  hasGenerated = false;

  constructor(promptId: string, graph: LooseObject, put: number, isLate = false) {
    this.prompt_id = promptId;
    this.trace_id = traceIdOf(promptId);
    this.graph = graph;
    this.put = put;
    this.isLate = isLate;
    this.settings = readComfyGraph(graph);
    this.shape = shapeOf(graph, this.settings?.passes ?? []);
    this.workflow_hash = workflowHash(graph);
  }

  /** Ids depend on what ComfyUI says alone, so that a second watcher and a second look give them again. */
  spanId(...what: readonly unknown[]): string {
    return digest(this.trace_id, this.prompt_id, 'agent', ...what).slice(0, 16);
  }

  eventId(...what: readonly unknown[]): string {
    return `comfyui:${this.trace_id}:${this.spanId(...what)}:${String(what[0])}`;
  }

  /** When it came: at the latest when it began to run, for a look may come later than both. */
  get received(): number {
    return Math.min(this.put, this.start ?? this.put);
  }

  /** Milliseconds in the queue; undefined where nobody saw it wait. */
  get waited(): number | undefined {
    const { start, put } = this;
    return start === undefined || this.isLate || put > start ? undefined : start - put;
  }

  get rootSpan(): string {
    return this.spanId('root');
  }

  startNode(id: string, at: number): NodeRun | undefined {
    if (this.nodes.has(id) || this.nodes.size >= NODES_MOST) return undefined;
    const type = this.shape.classes.get(id) ?? 'unknown';
    const name = stageOf(this.shape, id, type, this.hasGenerated);
    const node: NodeRun = {
      id,
      type,
      start: at,
      end: undefined,
      stage: this.stage(name, at),
      steps: undefined,
      error: undefined,
    };
    this.nodes.set(id, node);
    if (isSampler(this.shape, id, type) || (this.shape.samplers.size === 0 && name !== 'preprocess'))
      this.hasGenerated = true;
    return node;
  }

  stage(name: NodeStage, at: number): StageRun {
    const last = this.stages.at(-1);
    if (last?.name === name) return last;
    const made: StageRun = { name, index: this.stages.length, start: at, end: at };
    this.stages.push(made);
    return made;
  }

  endNode(node: NodeRun, at: number): void {
    node.end = Math.max(at, node.start);
    node.stage.end = Math.max(node.stage.end, node.end);
  }
}
