/**
 * What a watcher from outside makes of a ComfyUI: its queue, its history and the messages that it sends to everybody.
 *
 * Pure: what was read goes in with its time, what is finished comes out. ComfyUI sends the messages of a prompt to the
 * client that queued it and to nobody else; a second socket with that client's id would take them away from it. So
 * node times are seen of prompts without a client alone, and all else comes from queue and history.
 */
import { type Loose, type LooseObject, parseLoose } from '../images/index.ts';
import { classify, outcomeOf, shownMessage } from './errors.ts';
import { tellLost, tellQueue, tellReceived } from './finish.ts';
import { type Picture, Run } from './run.ts';
import type { Tags, Told } from './tell.ts';

/** Prompts known at once and remembered as told; ComfyUI's own history keeps 10,000. */
const RUNS_MOST = 10_000;
const PICTURES_MOST = 2_000;
const SAMPLE_EVERY_MS = 30_000;
const OUTPUT_KEYS = ['images', 'gifs', 'videos', 'video', 'animated'];

export interface ObserverOptions {
  tags: Tags;
  /** Prompts that an earlier run of the agent has told to the end. */
  told?: Iterable<string>;
}

export class Observer {
  private readonly tags: Tags;
  private readonly runs = new Map<string, Run>();
  private readonly told: Set<string>;
  /** Prompts that were open when the connection was lost: where they do not come back, ComfyUI ended under them. */
  private readonly beforeLoss = new Set<string>();
  private sampled = { depth: -1, at: 0 };
  /** Open prompts that were let go because there were too many. */
  forgotten = 0;

  constructor({ tags, told = [] }: ObserverOptions) {
    this.tags = tags;
    this.told = new Set(told);
  }

  /** Answer of `GET /queue`. `missing` are prompts that left the queue: ask the history for them. */
  queue(text: string, at: number): { told: Told; missing: string[] } {
    const answer = parseLoose(text);
    if (!isRecord(answer)) return { told: nothing(), missing: [] };
    const running = itemsOf(answer.queue_running);
    const pending = itemsOf(answer.queue_pending);
    const told = nothing();
    const seen = new Set<string>();
    for (const item of [...running, ...pending]) {
      seen.add(item.promptId);
      if (this.told.has(item.promptId)) continue;
      let run = this.runs.get(item.promptId);
      if (!run) {
        run = new Run(item.promptId, item.graph, item.createdAt ?? at);
        this.add(run);
        add(told, tellReceived(run, this.tags));
      }
      run.isRunning ||= running.includes(item);
    }
    this.sample(told, pending.length, at);
    return { told, missing: [...this.runs.keys()].filter((id) => !seen.has(id)) };
  }

  /** Answer of `GET /history…`: finished prompts, the oldest first. They come back in `finished`, to be told. */
  history(text: string, at: number): Told {
    const answer = parseLoose(text);
    const told = nothing();
    if (!isRecord(answer)) return told;
    for (const [promptId, entry] of Object.entries(answer)) {
      if (this.told.has(promptId) || !isRecord(entry)) continue;
      const run = this.runs.get(promptId) ?? lateRun(promptId, entry, at);
      readEntry(run, entry, at);
      this.finish(promptId);
      told.finished.push(run);
    }
    return told;
  }

  /**
   * Prompts that are neither in the queue nor in the history. What waited was taken out by a person, or ComfyUI was
   * stopped under it; of what ran and left no history nobody knows how it ended.
   */
  vanished(promptIds: readonly string[], at: number): Told {
    const told = nothing();
    for (const promptId of promptIds) {
      const run = this.runs.get(promptId);
      if (!run) continue;
      const isLost = this.beforeLoss.has(promptId);
      this.finish(promptId);
      run.end = at;
      if (isLost) {
        add(told, tellLost(run, this.tags, at));
        continue;
      }
      if (!run.isRunning) {
        run.outcome = 'cancelled';
        run.error = { code: 'cancelled', message: 'removed from the queue' };
      }
      told.finished.push(run);
    }
    return told;
  }

  /** The connection is gone, and with it perhaps the process. */
  disconnected(): void {
    for (const promptId of this.runs.keys()) this.beforeLoss.add(promptId);
  }

  /** After a whole look: who is still open was never lost. */
  settle(): void {
    this.beforeLoss.clear();
  }

  /** How many entries an answer of the history has, and how many of them were told before. */
  knownIn(text: string): { all: number; known: number } {
    const answer = parseLoose(text);
    const ids = isRecord(answer) ? Object.keys(answer) : [];
    return { all: ids.length, known: ids.filter((id) => this.told.has(id)).length };
  }

  /** A text message of the socket. True where the queue has changed and is worth a look. */
  message(text: string, at: number): boolean {
    const message = parseLoose(text);
    if (!isRecord(message) || typeof message.type !== 'string') return false;
    if (message.type === 'status') return true;
    const data = message.data;
    if (message.type === 'progress_state' && isRecord(data)) this.progress(data, at);
    return false;
  }

  /** States of all nodes of a prompt that nobody queued as a client. */
  private progress(data: LooseObject, at: number): void {
    const run = this.runs.get(textOf(data.prompt_id));
    if (!run || !isRecord(data.nodes)) return;
    for (const [id, state] of Object.entries(data.nodes)) {
      if (!isRecord(state)) continue;
      const node = run.nodes.get(id) ?? (state.state === 'running' ? run.startNode(id, at) : undefined);
      if (!node || node.end !== undefined) continue;
      const [value, most] = [Number(state.value), Number(state.max)];
      if (most > 1 && value > 0) {
        const steps = node.steps ?? { from: at, to: at, first: value, last: value, most };
        node.steps = value > steps.last ? { ...steps, to: at, last: value } : steps;
      }
      if (state.state === 'finished') run.endNode(node, at);
    }
  }

  /** The depth of the queue when it changes, and every so often that it is still so. */
  private sample(told: Told, depth: number, at: number): void {
    if (depth === this.sampled.depth && at - this.sampled.at < SAMPLE_EVERY_MS) return;
    this.sampled = { depth, at };
    add(told, tellQueue(this.tags, depth, at));
  }

  private add(run: Run): void {
    const oldest = this.runs.size >= RUNS_MOST ? this.runs.keys().next().value : undefined;
    if (oldest !== undefined) {
      this.runs.delete(oldest);
      this.forgotten++;
    }
    this.runs.set(run.prompt_id, run);
  }

  private finish(promptId: string): void {
    this.runs.delete(promptId);
    this.beforeLoss.delete(promptId);
    this.told.add(promptId);
    const oldest = this.told.size > RUNS_MOST ? this.told.values().next().value : undefined;
    if (oldest !== undefined) this.told.delete(oldest);
  }
}

interface QueueItem {
  promptId: string;
  graph: LooseObject;
  createdAt: number | undefined;
}

/** `[number, prompt_id, graph, extra_data, outputs, …]`: read by place, because later versions add members. */
function itemsOf(list: Loose | undefined): QueueItem[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => {
    if (!Array.isArray(item) || typeof item[1] !== 'string') return [];
    const [, promptId, graph, extra] = item;
    return [{ promptId, graph: isRecord(graph) ? graph : {}, createdAt: createdAt(extra) }];
  });
}

const createdAt = (extra: Loose | undefined): number | undefined =>
  isRecord(extra) && typeof extra.create_time === 'number' ? extra.create_time : undefined;

/** A prompt that came and went between two looks. */
function lateRun(promptId: string, entry: LooseObject, at: number): Run {
  const [item] = itemsOf([entry.prompt ?? null]);
  const created = item?.createdAt;
  const start = messagesOf(entry).find(([event]) => event === 'execution_start')?.[1];
  return new Run(promptId, item?.graph ?? {}, created ?? timeOf(start) ?? at, created === undefined);
}

function readEntry(run: Run, entry: LooseObject, at: number): void {
  for (const [event, data] of messagesOf(entry)) {
    const time = timeOf(data);
    if (event === 'execution_start') run.start = time;
    else if (event === 'execution_cached') run.cached = listOf(data.nodes).map(textOf);
    else {
      run.end = time;
      readEnd(run, event, data);
    }
  }
  const status = isRecord(entry.status) ? entry.status.status_str : undefined;
  if (run.outcome === undefined && status === 'success') run.outcome = 'succeeded';
  if (run.outcome === undefined && status === 'error') {
    run.outcome = 'failed';
    run.error = { code: 'internal', message: 'ended without saying why' };
  }
  run.end ??= at;
  const parts = run.start === undefined ? [run.end] : [run.end, run.start];
  run.end = Math.max(...parts);
  run.pictures = picturesOf(run, entry.outputs);
}

function readEnd(run: Run, event: string, data: LooseObject): void {
  if (event === 'execution_success') run.outcome = 'succeeded';
  if (event === 'execution_interrupted') {
    run.outcome = 'cancelled';
    run.error = { code: 'cancelled', message: 'interrupted' };
  }
  if (event === 'execution_error') {
    const [type, message] = [textOf(data.exception_type), textOf(data.exception_message)];
    const code = classify(type, message);
    run.outcome = outcomeOf(code);
    run.error = { code, message: shownMessage(message), type };
  }
  const node = run.error && run.nodes.get(textOf(data.node_id));
  if (node) {
    node.error = run.error;
    run.endNode(node, run.end ?? node.start);
  }
}

function messagesOf(entry: LooseObject): [string, LooseObject][] {
  const messages = isRecord(entry.status) ? listOf(entry.status.messages) : [];
  return messages.flatMap((message): [string, LooseObject][] => {
    const [event, data] = Array.isArray(message) ? message : [];
    return typeof event === 'string' && isRecord(data) ? [[event, data]] : [];
  });
}

/** Files that this run wrote: those of cached nodes are of an earlier one, previews count where nothing was saved. */
function picturesOf(run: Run, outputs: Loose | undefined): Picture[] {
  const found: Picture[] = [];
  for (const [node, output] of Object.entries(isRecord(outputs) ? outputs : {})) {
    if (run.cached.includes(node) || !isRecord(output)) continue;
    for (const one of OUTPUT_KEYS.flatMap((key) => listOf(output[key]))) {
      if (!isRecord(one) || typeof one.filename !== 'string' || found.length >= PICTURES_MOST) continue;
      const { filename } = one;
      found.push({ node, filename, subfolder: textOf(one.subfolder), type: textOf(one.type) });
    }
  }
  const saved = found.filter((one) => one.type === 'output');
  return saved.length > 0 ? saved : found.filter((one) => one.type === 'temp');
}

const isRecord = (value: Loose | undefined): value is LooseObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: Loose | undefined): string => (typeof value === 'string' ? value : '');
const listOf = (value: Loose | undefined): Loose[] => (Array.isArray(value) ? value : []);
const timeOf = (data: LooseObject | undefined): number | undefined =>
  typeof data?.timestamp === 'number' ? data.timestamp : undefined;

export const nothing = (): Told => ({ spans: [], records: [], finished: [] });

export function add(to: Told, more: Told): void {
  to.spans.push(...more.spans);
  to.records.push(...more.records);
  to.finished.push(...more.finished);
}
