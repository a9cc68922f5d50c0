/** The contract: one source for every name that crosses a boundary of Pegbar. Runs in browsers too. */
export {
  ATTRIBUTES,
  type Attribute,
  type AttributeKind,
  type AttributeLevel,
  attributeOf,
  columnOf,
  EMBEDDING_ATTRIBUTES,
  PROMPT_ATTRIBUTES,
  SEMCONV_VERSION,
} from './attributes.ts';
export { type Lora, readLora, type Size } from './compound-fields.ts';
export {
  type ApiError,
  type ApiErrorBody,
  apiError,
  ERROR_CODES,
  ERRORS,
  type ErrorCode,
  GRPC,
} from './errors.ts';
export { type Instant, type Members, readInstant } from './fields.ts';
export { type KpiPoint, kpiValue, type MetricReading, metricsOf } from './kpi-value.ts';
export {
  type Formula,
  formulaOf,
  isKpiName,
  KPI_NAMES,
  KPIS,
  type Kpi,
  type KpiName,
  kpiOf,
} from './kpis.ts';
export {
  MAX_ATTRIBUTE_LENGTH,
  MAX_ATTRIBUTES,
  MAX_COUNT,
  MAX_DURATION_MS,
  MAX_FLATTEN_DEPTH,
  MAX_FLATTEN_WIDTH,
  MAX_ID_LENGTH,
  MAX_LIST_ITEMS,
  MAX_MESSAGE_LENGTH,
  MAX_NAME_LENGTH,
  MAX_PROMPT_LENGTH,
  MAX_SEED,
  MAX_SIDE_PX,
  MAX_TIMESTAMP_MS,
  MAX_TOKENS,
  MAX_URI_LENGTH,
  MIN_TIMESTAMP_MS,
} from './limits.ts';
export { DEFAULT_OBJECTIVES, type Objective } from './objectives.ts';
export { type JsonSchema, openApiDocument } from './openapi.ts';
export type { AttributeMap } from './overflow.ts';
export { Overflow } from './overflow.ts';
export { type ParsedRecord, parseExactJson, parseLine, parseRecord, type RecordProblem } from './parse.ts';
export type {
  ArtifactInput,
  ArtifactRecord,
  BoundaryEvent,
  BoundaryInput,
  CacheEvent,
  CacheInput,
  Deployment,
  DeploymentInput,
  EmbeddingInput,
  EmbeddingRecord,
  Feedback,
  FeedbackInput,
  FramesInput,
  FramesWindow,
  GpuInput,
  GpuSample,
  IoInput,
  IoSample,
  ModelLoad,
  ModelLoadInput,
  PegbarRecord,
  QueueInput,
  QueueSample,
  RecordInput,
  Score,
  ScoreInput,
  StageEvent,
  StageInput,
} from './record-types.ts';
export { RECORDS } from './records.ts';
export {
  QUARTER_METRICS,
  QUARTER_STAGE_METRICS,
  ROLLUP_METRICS,
  type RollupMetric,
  type RollupMetricName,
} from './rollup-metrics.ts';
export { errorCodeOf } from './stage-errors.ts';
export {
  type Column,
  RAW_TABLES,
  STORED_QUANTILES,
  storedQuantile,
  TABLES,
  type Table,
  tableOf,
} from './tables.ts';
export {
  BOUNDARIES,
  type Boundary,
  CACHES,
  type CacheName,
  DEPLOYMENT_KINDS,
  DEPLOYMENT_STATUSES,
  type DeploymentKind,
  type DeploymentStatus,
  FEEDBACK_ACTIONS,
  type FeedbackAction,
  FRAME_SIDES,
  type FrameSide,
  MODEL_LOAD_ACTIONS,
  type ModelLoadAction,
  OUTCOMES,
  type Outcome,
  PROMPT_POLICIES,
  type PromptPolicy,
  RECORD_TYPES,
  type RecordType,
  ROLLUP_DIMENSIONS,
  ROLLUP_PAIRS,
  type RollupDimension,
  SCOPES,
  type Scope,
  SIGNALS,
  type Signal,
  STAGE_ERROR_CODES,
  STAGES,
  type Stage,
  type StageErrorCode,
  type TerminalOutcome,
  WORKLOADS,
  type Workload,
} from './vocabulary.ts';
export { canonicalText, instantText, toWire } from './wire.ts';
