/** The closed lists of words that Pegbar uses everywhere: in records, columns, filters, the API and the pages. */

/** Steps of a request, in the order in which a picture goes through them. */
export const STAGES = ['ingest', 'preprocess', 'generate', 'upscale', 'postprocess', 'deliver'] as const;
export type Stage = (typeof STAGES)[number];

/** Points between the stages, in their usual order. */
export const BOUNDARIES = [
  'prompt_received',
  'model_loaded',
  'inference_started',
  'inference_finished',
  'postprocess_done',
  'frame_emitted',
  'deliver_complete',
] as const;
export type Boundary = (typeof BOUNDARIES)[number];

export const WORKLOADS = ['animation', 'single_image', 'batch_panels'] as const;
export type Workload = (typeof WORKLOADS)[number];

/** `pending` is what a request is called until its terminal event; the other six end it. */
export const OUTCOMES = [
  'succeeded',
  'failed',
  'timed_out',
  'blocked',
  'cancelled',
  'rejected',
  'pending',
] as const;
export type Outcome = (typeof OUTCOMES)[number];
export type TerminalOutcome = Exclude<Outcome, 'pending'>;

/** Why a stage failed. Whatever a sender calls it is mapped to one of these by `errorCodeOf`. */
export const STAGE_ERROR_CODES = [
  'oom',
  'timeout',
  'safety_block',
  'invalid_config',
  'cuda',
  'internal',
  'cancelled',
] as const;
export type StageErrorCode = (typeof STAGE_ERROR_CODES)[number];

export const DEPLOYMENT_KINDS = ['model', 'lora', 'pipeline', 'config', 'data', 'planned_load'] as const;
export type DeploymentKind = (typeof DEPLOYMENT_KINDS)[number];

export const DEPLOYMENT_STATUSES = ['start', 'end', 'rolled_back'] as const;
export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

export const FEEDBACK_ACTIONS = ['accept', 'edit', 'reroll', 'reject', 'flag'] as const;
export type FeedbackAction = (typeof FEEDBACK_ACTIONS)[number];

/** Where a frames window was counted: where frames are made, or where they are seen. */
export const FRAME_SIDES = ['produced', 'delivered'] as const;
export type FrameSide = (typeof FRAME_SIDES)[number];

export const MODEL_LOAD_ACTIONS = ['load', 'unload'] as const;
export type ModelLoadAction = (typeof MODEL_LOAD_ACTIONS)[number];

export const CACHES = ['weights', 'vae', 'lora', 'node'] as const;
export type CacheName = (typeof CACHES)[number];

/** What a key may do. `beacon` is the public key of browsers; `unblur` shows flagged pictures. */
export const SCOPES = ['ingest', 'read', 'admin', 'beacon', 'unblur'] as const;
export type Scope = (typeof SCOPES)[number];

/** What happens to prompt text before it is stored. */
export const PROMPT_POLICIES = ['keep', 'redact', 'hash', 'drop'] as const;
export type PromptPolicy = (typeof PROMPT_POLICIES)[number];

/** Dimensions of the rollups; each is also kept by `pipeline_stage`. */
export const ROLLUP_DIMENSIONS = [
  'tenant',
  'region',
  'model_version',
  'workload',
  'hardware_class',
  'traffic_source',
] as const;
export type RollupDimension = (typeof ROLLUP_DIMENSIONS)[number];

/** Pairs of dimensions that are kept too; any other combination is answered from raw rows. */
export const ROLLUP_PAIRS = [
  ['workload', 'model_version'],
  ['model_version', 'region'],
] as const satisfies readonly (readonly [RollupDimension, RollupDimension])[];

/** The types of a record; a line without `type` is a `stage`. */
export const RECORD_TYPES = [
  'stage',
  'boundary',
  'score',
  'feedback',
  'deployment',
  'frames',
  'queue',
  'model_load',
  'cache',
  'io',
  'gpu',
  'artifact',
  'embedding',
] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export const SIGNALS = ['traces', 'metrics', 'logs', 'events'] as const;
export type Signal = (typeof SIGNALS)[number];
