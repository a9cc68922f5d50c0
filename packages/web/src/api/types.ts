/** What the API answers, as far as the pages read it. The schemas are the contract's; see /api/v1/openapi.json. */
import type {
  DeploymentKind,
  DeploymentStatus,
  KpiName,
  Outcome,
  Scope,
  Stage,
} from '@pegbar/contract/words';

export interface Me {
  readonly user: string;
  readonly kind: 'session' | 'key' | 'loopback';
  /** null = every tenant. */
  readonly tenant: string | null;
  readonly scopes: readonly Scope[];
  /** What writes of a session must send back. */
  readonly csrf: string | null;
  readonly keyless: boolean;
  readonly version: string;
  readonly otlp_http: string | null;
  readonly otlp_grpc: string | null;
}

export interface Status {
  readonly version: string;
  readonly uptime_s: number;
  readonly acked: number;
  readonly loaded: number;
  readonly backlog: number;
  readonly backlog_age_ms: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly dead_letters: number;
  readonly engine: { readonly state: string; readonly restarts: number };
  readonly disk: { readonly used: number; readonly free: number; readonly limit: number | null };
  readonly keyless: boolean;
}

export interface KpiAnswer {
  readonly step_s: number;
  readonly source: 'rollup' | 'raw' | 'estimate';
  readonly series: readonly {
    readonly key: Readonly<Record<string, string>> & { readonly metric: KpiName };
    readonly points: readonly { readonly t: string; readonly value: number | null; readonly n: number }[];
  }[];
}

export interface DeploymentRow {
  readonly tenant: string;
  readonly timestamp: string;
  readonly id: string;
  readonly kind: DeploymentKind;
  readonly version?: string;
  readonly previous?: string;
  readonly status: DeploymentStatus;
  readonly region?: string;
  readonly workload?: string;
  readonly model_version?: string;
  readonly note?: string;
  readonly url?: string;
}

/** Columns that requests, stages and pictures share; what was not told is missing. */
interface Tags {
  readonly tenant: string;
  readonly region?: string;
  readonly workload?: string;
  readonly model_version?: string;
  readonly model_family?: string;
  readonly hardware_class?: string;
  readonly traffic_source?: string;
  readonly session_id?: string;
  readonly checkpoint_hash?: string;
  readonly loras?: readonly string[];
  readonly lora_weights?: readonly number[];
  readonly sampler?: string;
  readonly scheduler?: string;
  readonly steps?: number;
  readonly cfg?: number;
  readonly seed?: string;
  readonly width?: number;
  readonly height?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface RequestRow extends Tags {
  readonly request_id: string;
  readonly timestamp: string;
  readonly outcome: Outcome;
  readonly latency_ms: number | null;
  readonly trace_id?: string;
  readonly queue_wait_ms?: number;
  readonly cost_usd?: number;
  readonly gpu_seconds?: number;
  readonly images?: number;
  readonly prompt_hash?: string;
  readonly error_code?: string;
  readonly error_message?: string;
  readonly attempt?: number;
}

export interface StageRow extends Tags {
  readonly timestamp: string;
  readonly pipeline_stage: Stage | '';
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly boundary?: string;
  readonly outcome?: string;
  readonly latency_ms?: number;
  readonly queue_wait_ms?: number;
  readonly cost_usd?: number;
  readonly gpu_seconds?: number;
  readonly error_code?: string;
  readonly error_message?: string;
  readonly image_id?: string;
}

export interface ImageRow extends Tags {
  readonly image_id: string;
  readonly timestamp: string;
  readonly request_id?: string;
  readonly trace_id?: string;
  readonly collection?: string;
  readonly kind?: string;
  readonly uri?: string;
  readonly thumb_uri?: string;
  readonly nsfw_flag?: boolean;
  /** In lists, of flagged ones: the highest score named nsfw. */
  readonly nsfw_score?: number;
  /** In lists: what somebody did with it last. */
  readonly reaction?: string;
  readonly consent_state?: string;
  readonly license?: string;
}

export interface LogRow {
  readonly timestamp: string;
  readonly severity: string;
  readonly body: string;
  readonly service?: string;
  readonly tenant?: string;
  readonly request_id?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface SpanRow {
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly duration_ms: number;
  readonly status: string;
  readonly pipeline_stage?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly events: readonly {
    readonly name: string;
    readonly timestamp: string;
    readonly attributes?: Readonly<Record<string, string>>;
  }[];
}

export interface Trace {
  readonly trace_id: string;
  readonly spans: readonly SpanRow[];
  readonly logs: readonly LogRow[];
}

export interface RequestDetail {
  readonly request: RequestRow;
  readonly stages: readonly StageRow[];
  readonly images: readonly ImageRow[];
}

export interface ScoreRow {
  readonly name: string;
  readonly value?: number;
  readonly label?: string;
  readonly scorer?: string;
  readonly scorer_version?: string;
  readonly timestamp: string;
}

export interface ImageDetail {
  readonly image: ImageRow;
  readonly scores?: readonly ScoreRow[];
  readonly feedback?: readonly { readonly action: string; readonly timestamp: string }[];
  readonly request?: RequestRow | null;
}

export interface Page<Row> {
  readonly items: readonly Row[];
  readonly next_cursor: string | null;
}

export interface QueryAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly truncated: boolean;
}
