/**
 * A ComfyUI played from a recording of a real one: its queue and history change as the recorded requests and messages
 * say. History entries are the recorded ones where the session asked for them, else put together from its messages.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { here } from './python.ts';

// biome-ignore lint/suspicious/noExplicitAny: messages of a foreign program, looked into field by field
type Any = any;

export interface Line {
  t: number;
  wall: number;
  kind: string;
  [field: string]: Any;
}

export const RECORDINGS: readonly string[] = readdirSync(here('recordings'))
  .filter((name) => /^(s|v)/.test(name))
  .map((name) => name.replace('.ndjson.gz', ''));

export function linesOf(name: string): Line[] {
  const text = gunzipSync(readFileSync(here(`recordings/${name}.ndjson.gz`))).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** What a session queued and what became of it, by prompt id, as the recording says it. */
export interface Truth {
  promptId: string;
  graph: Any;
  clientId: string | undefined;
  outcome: 'succeeded' | 'failed' | 'cancelled' | 'lost' | undefined;
  start: number | undefined;
  end: number | undefined;
  cached: string[];
  outputs: Any;
  error: Any;
}

interface Item {
  number: number;
  promptId: string;
  /** The graph as it was sent: seeds of 64 bits would not survive being parsed. */
  graph: string;
  extra: Any;
}

export class FakeComfy {
  readonly truths = new Map<string, Truth>();
  private readonly recorded = new Map<string, string>();
  private readonly pending: Item[] = [];
  private readonly running: Item[] = [];
  private readonly history = new Map<string, string>();
  private readonly messages = new Map<string, Any[]>();
  private asked: { body: string } | undefined;

  constructor(lines: readonly Line[]) {
    for (const line of lines) {
      if (line.kind !== 'http_response' || !/^\/history\/./.test(line.path) || typeof line.body !== 'string')
        continue;
      for (const [id, entry] of Object.entries(JSON.parse(line.body) as Any))
        this.recorded.set(id, JSON.stringify(entry));
    }
  }

  /** Applies a line; returns the messages that go to every socket, and whether the queue or history changed. */
  apply(line: Line): { broadcast: string[]; changed: boolean; restarted: boolean } {
    const before = this.mark();
    const broadcast: string[] = [];
    let restarted = false;
    if (line.kind === 'http_request') this.request(line);
    if (line.kind === 'http_response') this.response(line);
    if (line.kind === 'ws_text') broadcast.push(...this.message(line));
    if (line.kind === 'process') restarted = this.process();
    return { broadcast, changed: this.mark() !== before, restarted };
  }

  queueText(): string {
    return `{"queue_running": [${this.running.map(itemText)}], "queue_pending": [${this.pending.map(itemText)}]}`;
  }

  historyText(promptId?: string, most = Number.POSITIVE_INFINITY): string {
    const entries = [...this.history].filter(([id]) => promptId === undefined || id === promptId);
    const last = entries.slice(Math.max(0, entries.length - most));
    return `{${last.map(([id, entry]) => `${JSON.stringify(id)}: ${entry}`).join(', ')}}`;
  }

  private mark(): string {
    return `${this.running.length} ${this.pending.length} ${this.history.size}`;
  }

  private request({ method, path, body }: Line): void {
    if (method !== 'POST') return;
    if (path === '/prompt') this.asked = { body };
    if (path !== '/queue') return;
    const asked = JSON.parse(body) as Any;
    const gone = this.pending.filter((item) => asked.clear === true || asked.delete?.includes(item.promptId));
    for (const item of gone) {
      this.pending.splice(this.pending.indexOf(item), 1);
      this.truth(item.promptId).outcome = 'cancelled';
    }
  }

  private response(line: Line): void {
    const history = /^\/history\/(.+)$/.exec(line.path)?.[1];
    if (history !== undefined && this.recorded.has(history)) this.finish(history);
    if (line.method !== 'POST' || line.path !== '/prompt' || !this.asked) return;
    const { body } = this.asked;
    this.asked = undefined;
    if (line.status !== 200) return;
    const { prompt_id, number } = JSON.parse(line.body) as Any;
    const sent = JSON.parse(body) as Any;
    const graph = JSON.stringify(sent.prompt);
    const extra = { ...sent.extra_data, ...(sent.client_id ? { client_id: sent.client_id } : {}) };
    // The answer may come after the first messages: then the prompt runs already.
    const early = this.messages.has(prompt_id);
    (early ? this.running : this.pending).push({ number, promptId: prompt_id, graph, extra });
    this.truths.set(prompt_id, {
      promptId: prompt_id,
      graph: sent.prompt,
      clientId: sent.client_id,
      outcome: undefined,
      start: undefined,
      end: undefined,
      cached: [],
      outputs: {},
      error: undefined,
    });
    for (const message of this.messages.get(prompt_id) ?? []) this.note(prompt_id, message);
  }

  private message(line: Line): string[] {
    const { type, data } = JSON.parse(line.text) as Any;
    if (type === 'status') return [line.text];
    const promptId = data?.prompt_id;
    if (typeof promptId !== 'string') return [];
    const heard = this.messages.get(promptId) ?? [];
    this.messages.set(promptId, heard);
    // Two sockets may have recorded the same message.
    if (type !== 'executed' && type.startsWith('execution_') && heard.some((one) => one.type === type))
      return [];
    heard.push({ type, data });
    const truth = this.truths.get(promptId);
    if (truth) this.note(promptId, { type, data });
    // Only messages of prompts without a client go to every socket.
    return truth && truth.clientId === undefined ? [line.text] : [];
  }

  private note(promptId: string, { type, data }: Any): void {
    const truth = this.truth(promptId);
    if (type === 'execution_start') {
      truth.start = data.timestamp;
      const at = this.pending.findIndex((item) => item.promptId === promptId);
      if (at >= 0) this.running.push(...this.pending.splice(at, 1));
    }
    if (type === 'execution_cached') truth.cached = data.nodes;
    if (type === 'executed') truth.outputs[data.node] = data.output;
    if (/^execution_(success|error|interrupted)$/.test(type)) this.finish(promptId);
  }

  private finish(promptId: string): void {
    for (const list of [this.pending, this.running]) {
      const at = list.findIndex((item) => item.promptId === promptId);
      const [item] = at < 0 ? [] : list.splice(at, 1);
      if (!item || this.history.has(promptId)) continue;
      const entry = this.recorded.get(promptId) ?? this.entry(item);
      this.history.set(promptId, entry);
      this.learn(promptId, JSON.parse(entry));
    }
  }

  private entry(item: Item): string {
    const heard = (this.messages.get(item.promptId) ?? []).filter((one) => one.type.startsWith('execution_'));
    const isSuccess = heard.some((one) => one.type === 'execution_success');
    const status = {
      status_str: isSuccess ? 'success' : 'error',
      completed: isSuccess,
      messages: heard.map((one) => [one.type, one.data]),
    };
    const outputs = JSON.stringify(this.truth(item.promptId).outputs);
    return `{"prompt": ${itemText(item)}, "outputs": ${outputs}, "status": ${JSON.stringify(status)}, "meta": {}}`;
  }

  private learn(promptId: string, entry: Any): void {
    const truth = this.truth(promptId);
    truth.outputs = entry.outputs;
    for (const [type, data] of entry.status.messages) {
      if (type === 'execution_start') truth.start = data.timestamp;
      else if (type === 'execution_cached') truth.cached = data.nodes;
      else {
        truth.end = data.timestamp;
        truth.outcome =
          ({ execution_success: 'succeeded', execution_interrupted: 'cancelled' } as const)[
            type as 'execution_success'
          ] ?? 'failed';
        if (type === 'execution_error') truth.error = data;
      }
    }
  }

  /** The process was killed or stopped: queue and history were in its memory. */
  private process(): boolean {
    const had = this.running.length + this.pending.length + this.history.size > 0;
    for (const item of [...this.running, ...this.pending]) this.truth(item.promptId).outcome = 'lost';
    this.running.length = this.pending.length = 0;
    this.history.clear();
    return had;
  }

  private truth(promptId: string): Truth {
    const found = this.truths.get(promptId);
    if (!found) throw new Error(`nobody queued ${promptId}`);
    return found;
  }
}

const itemText = ({ number, promptId, graph, extra }: Item): string =>
  `[${number}, ${JSON.stringify(promptId)}, ${graph}, ${JSON.stringify(extra)}, []]`;
