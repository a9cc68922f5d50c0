/** Records of docs/reference/records.md that no span can carry, as the caller gives them. */
import { createHash } from 'node:crypto';
import type { Outcome, Workload } from './fields.ts';

/** Common to all. `timestamp` is now where it is not said: RFC 3339, epoch milliseconds, or a Date. */
export interface Common {
  timestamp?: string | number | Date;
  /** Makes a retry of yours recognisable; made of the content where it is not said. */
  event_id?: string;
  tenant?: string;
  region?: string;
  workload?: Workload;
  model?: string | { family?: string; version?: string; checkpoint_hash?: string };
  attributes?: Record<string, string | number | boolean>;
}

/** What ties a record to a request, a picture or a clip. */
export interface Joins {
  request_id?: string;
  session_id?: string;
  image_id?: string;
  sequence_id?: string;
  trace_id?: string;
  span_id?: string;
}

export interface Score extends Common, Joins {
  name: string;
  value?: number | boolean;
  label?: string;
  scorer?: string;
  scorer_version?: string;
}
export interface Feedback extends Common, Joins {
  action: 'accept' | 'edit' | 'reroll' | 'reject' | 'flag';
  user_id_hash?: string;
}
export interface Deployment extends Common {
  id?: string;
  kind: 'model' | 'lora' | 'pipeline' | 'config' | 'data' | 'planned_load';
  version?: string;
  previous?: string;
  status: 'start' | 'end' | 'rolled_back';
  note?: string;
  url?: string;
}
export interface Frames extends Common, Joins {
  sequence_id: string;
  side: 'produced' | 'delivered';
  window_s: number;
  frames: number;
  dropped?: number;
  duplicated?: number;
  held?: number;
  stalls?: number;
  playing_s?: number;
  interval_ms?: { p50?: number; p95?: number; p99?: number; max?: number };
  declared_fps?: number;
}
export interface QueueSample extends Common {
  queue: string;
  depth: number;
  wait_ms?: number;
  admitted?: number;
  denied?: number;
}
export interface ModelLoad extends Common, Joins {
  action: 'load' | 'unload';
  duration_ms: number;
  bytes?: number;
  hit?: boolean;
  host?: string;
}
export interface CacheEvent extends Common, Joins {
  cache: 'weights' | 'vae' | 'lora' | 'node';
  hits?: number;
  misses?: number;
  host?: string;
}
export interface Artifact extends Common, Joins {
  image_id: string;
  uri: string;
  kind?: string;
  width?: number;
  height?: number;
  bytes?: number;
  sha256?: string;
  collection?: string;
}
/** The end of a request that no span of this process can state. */
export interface Ending extends Common, Joins {
  outcome: Outcome;
}

export type RecordType =
  | 'stage'
  | 'score'
  | 'feedback'
  | 'deployment'
  | 'frames'
  | 'queue'
  | 'model_load'
  | 'cache'
  | 'artifact';

/**
 * These say how much was added; two that look alike are two. The others say what is so, and the same said twice is a
 * retry.
 */
const COUNTED: ReadonlySet<RecordType> = new Set(['queue', 'model_load', 'cache']);

/** One line of NDJSON. Throws where the record cannot be JSON. */
export function lineOf(
  type: RecordType,
  record: object,
  context: { now_ms: number; unique(): string; defaults: object },
): string {
  const { timestamp, event_id, ...rest } = record as Common;
  const at = timestamp instanceof Date ? timestamp.toISOString() : (timestamp ?? context.now_ms);
  const told = { type, timestamp: at, ...context.defaults, ...rest };
  const id = event_id ?? (COUNTED.has(type) ? context.unique() : digestOf(JSON.stringify(told)));
  return JSON.stringify({ event_id: id, ...told });
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
