/**
 * What the simulation says, in the words of `POST /api/v1/events`: one object is one NDJSON line. The contract
 * owns the schema and accepts more than this; here stand the fields that the simulation always fills, so that
 * its own code and tests need not ask whether they are there. A test holds every record against the contract.
 */
import type {
  Boundary,
  CacheName,
  DeploymentKind,
  DeploymentStatus,
  FeedbackAction,
  FrameSide,
  ModelLoadAction,
  Stage,
  StageErrorCode,
  TerminalOutcome,
  Workload,
} from '@pegbar/contract';

/** `timestamp` is the end of what is told, epoch milliseconds. */
interface Told {
  timestamp: number;
  tenant: string;
  region?: string;
  workload?: Workload;
  attributes?: Record<string, string | number | boolean>;
}

export interface Lora {
  id: string;
  weight: number;
}

interface ModelTag {
  family: string;
  version: string;
  checkpoint_hash: string;
  loras: readonly Lora[];
}

export interface StageRecord extends Told {
  type: 'stage';
  event_id: string;
  region: string;
  workload: Workload;
  request_id: string;
  session_id: string;
  user_id_hash: string;
  traffic_source: string;
  trace_id: string;
  span_id: string;
  parent_span_id?: string;
  image_id?: string;
  sequence_id?: string;
  attempt?: number;
  retry_of?: string;
  collection?: string;
  pipeline_stage: Stage;
  boundary?: Boundary;
  outcome?: TerminalOutcome;
  model?: ModelTag;
  params?: {
    sampler: string;
    scheduler: string;
    steps: number;
    cfg: number;
    seed: string;
    resolution: string;
    denoise?: number;
  };
  prompt?: { text: string; negative: string; length: number; language: string; redactions: number };
  conditioning?: { reference_images: string[]; control_maps: string[]; embeddings: string[] };
  resources?: {
    gpu_type: string;
    gpu_mem_mb: number;
    gpu_count: number;
    batch_size: number;
    hardware_class: string;
  };
  metrics: {
    latency_ms: number;
    queue_wait_ms?: number;
    gpu_util?: number;
    gpu_seconds?: number;
    cost_usd?: number;
  };
  quality?: {
    clip_i: number;
    aesthetic: number;
    nsfw_flag: boolean;
    toxicity: number;
    face_ok: boolean;
    pose_ok: boolean;
    style_distance: number;
    watermark: boolean;
  };
  error?: { code: StageErrorCode; message: string; retriable: boolean };
  artifacts?: { image_uri: string; thumb_uri: string };
  consent?: { state: string; at: number };
  license?: string;
}

interface ScoreRecord extends Told {
  type: 'score';
  event_id: string;
  image_id: string;
  request_id: string;
  name: string;
  value: number;
  scorer: string;
  scorer_version: string;
}

export interface FeedbackRecord extends Told {
  type: 'feedback';
  event_id: string;
  image_id: string;
  request_id: string;
  session_id: string;
  action: FeedbackAction;
}

export interface DeploymentRecord extends Told {
  type: 'deployment';
  event_id: string;
  id: string;
  kind: DeploymentKind;
  version: string;
  previous?: string;
  status: DeploymentStatus;
  note?: string;
}

/** Frames counted over `window_s` seconds that end at `timestamp`; intervals between frames in ms. */
export interface FramesRecord extends Told {
  type: 'frames';
  event_id: string;
  sequence_id: string;
  request_id: string;
  side: FrameSide;
  model?: { family: string; version: string };
  window_s: number;
  frames: number;
  dropped: number;
  duplicated: number;
  held: number;
  stalls: number;
  playing_s: number;
  interval_ms: { p50: number; p95: number; p99: number; max: number };
  declared_fps: number;
}

interface QueueRecord extends Told {
  type: 'queue';
  event_id: string;
  queue: string;
  depth: number;
  wait_ms: number;
  admitted: number;
  denied: number;
}

interface GpuRecord extends Told {
  type: 'gpu';
  event_id: string;
  host: string;
  gpu_id: string;
  gpu_type: string;
  hardware_class: string;
  util: number;
  mem_used_mb: number;
  mem_total_mb: number;
  temp_c: number;
  power_w: number;
  errors: number;
}

export interface ModelLoadRecord extends Told {
  type: 'model_load';
  event_id: string;
  model?: { family: string; version: string };
  action: ModelLoadAction;
  duration_ms: number;
  bytes: number;
  hit: boolean;
  host: string;
}

export interface CacheRecord extends Told {
  type: 'cache';
  event_id: string;
  cache: CacheName;
  hits: number;
  misses: number;
}

interface IoRecord extends Told {
  type: 'io';
  event_id: string;
  host: string;
  disk_read_bps: number;
  disk_write_bps: number;
  net_rx_bps: number;
  net_tx_bps: number;
  io_wait: number;
}

export interface BoundaryRecord extends Told {
  type: 'boundary';
  event_id: string;
  request_id: string;
  trace_id: string;
  boundary: Boundary;
  image_id?: string;
}

export interface EmbeddingRecord extends Told {
  type: 'embedding';
  event_id: string;
  image_id: string;
  request_id: string;
  embedder: string;
  embedder_version: string;
  vector: number[];
}

export interface ArtifactRecord extends Told {
  type: 'artifact';
  event_id: string;
  image_id: string;
  uri: string;
  kind: string;
  width: number;
  height: number;
  bytes: number;
  sha256: string;
  request_id: string;
  collection: string;
  consent: { state: string; at: number };
  license: string;
}

/** A span as a plain object, for a caller that speaks OTLP; times in epoch milliseconds. */
export interface OtlpSpan {
  type: 'otlp_span';
  timestamp: number;
  tenant: string;
  trace_id: string;
  span_id: string;
  parent_span_id?: string;
  name: string;
  start_ms: number;
  end_ms: number;
  status: 'ok' | 'error';
  attributes: Record<string, string | number | boolean>;
}

/** A line of the log of a service, for a caller that speaks OTLP. */
export interface OtlpLog {
  type: 'otlp_log';
  timestamp: number;
  tenant: string;
  trace_id?: string;
  span_id?: string;
  severity: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  body: string;
  service: string;
  attributes: Record<string, string | number | boolean>;
}

/** What may be sent to `POST /api/v1/events`. */
export type EventRecord =
  | StageRecord
  | ScoreRecord
  | FeedbackRecord
  | DeploymentRecord
  | FramesRecord
  | QueueRecord
  | GpuRecord
  | ModelLoadRecord
  | CacheRecord
  | IoRecord
  | BoundaryRecord
  | ArtifactRecord
  | EmbeddingRecord;

/** What `simulate` yields: spans and logs come only when they are asked for. */
export type SimulatedRecord = EventRecord | OtlpSpan | OtlpLog;
