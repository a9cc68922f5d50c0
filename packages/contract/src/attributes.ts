/**
 * OpenTelemetry attributes and the columns they fill.
 *
 * One rule for all signals: an attribute that stands on an item (span, metric point, log record) or on its
 * resource fills the column named here if the table of that signal has the column; the item wins over the resource;
 * among several names of one column the first in the list wins; what fills no column stays in `attributes` (item)
 * or `resource`. So `pegbar.model.version` is `model_version` on spans, logs and metric points alike.
 *
 * Names follow the semantic conventions of the version below where they have one (`gen_ai.*` as last published
 * before it moved to a repository of its own); the rest is ours, `pegbar.*`.
 */
import { tableOf } from './tables.ts';

export const SEMCONV_VERSION = '1.44.0';

/** Where an attribute may stand. */
export type AttributeLevel = 'resource' | 'span' | 'point' | 'log';

/**
 * How the value is read. `int` is unsigned up to the column's width (`seed`: 64 bits, a negative int64 is its
 * two's complement); `bool` is 0 not told, 1 no, 2 yes; `user` is hashed with the tenant's secret; `prompt` goes
 * through the prompt policy; `list` is an array of text, or one text; `loras` is a list of `id` or `id:weight` and
 * fills `lora_weights` and `lora_count` too; `error` is mapped by `errorCodeOf`; `size` is `768x768` and fills width
 * and height; `derived` is dropped where it says what the span's times say, else kept in `attributes`.
 */
export type AttributeKind =
  | 'string'
  | 'int'
  | 'float'
  | 'bool'
  | 'user'
  | 'prompt'
  | 'list'
  | 'loras'
  | 'error'
  | 'size'
  | 'time'
  | 'derived';

export interface Attribute {
  readonly column: string;
  readonly kind: AttributeKind;
  /** Canonical name first, then the aliases, in order of precedence. */
  readonly names: readonly [canonical: string, ...aliases: string[]];
  readonly levels: readonly AttributeLevel[];
}

const TABLE_OF_LEVEL = { span: 'spans', point: 'metric_points', log: 'logs' } as const;

/** Columns that a whole process may share; the rest is about one request and would be wrong on a resource. */
const ON_RESOURCE: ReadonlySet<string> = new Set([
  'tenant',
  'region',
  'workload',
  'model_version',
  'model_family',
  'checkpoint_hash',
  'hardware_class',
  'traffic_source',
  'pipeline_stage',
  'collection',
  'gpu_type',
  'gpu_count',
  'service',
]);

const COLUMNS_OF_LEVEL = Object.entries(TABLE_OF_LEVEL).map(
  ([level, table]) =>
    [level as AttributeLevel, new Set(tableOf(table).columns.map((column) => column.name))] as const,
);

function attribute(column: string, kind: AttributeKind, ...names: [string, ...string[]]): Attribute {
  const levels = COLUMNS_OF_LEVEL.filter(([, columns]) => columns.has(column)).map(([level]) => level);
  if (levels.length === 0) throw new Error(`no table of a signal has the column ${column}`);
  return { column, kind, names, levels: ON_RESOURCE.has(column) ? ['resource', ...levels] : levels };
}

/** The map. Nothing here is about names of spans or metrics, only about attributes. */
export const ATTRIBUTES: readonly Attribute[] = [
  attribute('request_id', 'string', 'pegbar.request.id', 'pegbar.request_id', 'request.id', 'request_id'),
  attribute('session_id', 'string', 'pegbar.session.id', 'pegbar.session_id', 'session.id', 'session_id'),
  attribute(
    'user_hash',
    'user',
    'pegbar.user.hash',
    'user.hash',
    'user.id',
    'enduser.id',
    'enduser.pseudo.id',
    'user_id_hash',
  ),
  attribute('tenant', 'string', 'pegbar.tenant', 'tenant.id', 'tenant'),
  attribute('region', 'string', 'pegbar.region', 'cloud.region', 'region'),
  attribute('workload', 'string', 'pegbar.workload', 'workload'),
  attribute('traffic_source', 'string', 'pegbar.traffic_source', 'traffic_source'),
  attribute('hardware_class', 'string', 'pegbar.hardware_class', 'hardware_class'),
  attribute('pipeline_stage', 'string', 'pegbar.stage', 'pegbar.pipeline_stage', 'pipeline_stage'),
  attribute('boundary', 'string', 'pegbar.boundary', 'boundary'),
  attribute('outcome', 'string', 'pegbar.outcome', 'outcome'),
  attribute('image_id', 'string', 'pegbar.image.id', 'pegbar.image_id', 'image.id', 'image_id'),
  attribute('sequence_id', 'string', 'pegbar.sequence.id', 'pegbar.sequence_id', 'sequence_id'),
  attribute('attempt', 'int', 'pegbar.attempt'),
  attribute('retry_of', 'string', 'pegbar.retry_of'),
  attribute('collection', 'string', 'pegbar.collection'),
  attribute('images', 'int', 'pegbar.images', 'gen_ai.image.count', 'image.count'),

  attribute('model_family', 'string', 'pegbar.model.family', 'model_family'),
  attribute(
    'model_version',
    'string',
    'pegbar.model.version',
    'gen_ai.response.model',
    'gen_ai.request.model',
    'model_version',
    'model_id',
  ),
  attribute('checkpoint_hash', 'string', 'pegbar.model.checkpoint_hash', 'checkpoint_hash'),
  attribute('loras', 'loras', 'pegbar.loras', 'gen_ai.image.loras', 'image.loras', 'loras'),
  attribute('lora_count', 'int', 'pegbar.lora_count', 'lora_count'),

  attribute('sampler', 'string', 'pegbar.sampler', 'gen_ai.image.sampler', 'image.sampler', 'sampler'),
  attribute(
    'scheduler',
    'string',
    'pegbar.scheduler',
    'gen_ai.image.scheduler',
    'image.scheduler',
    'scheduler',
  ),
  attribute(
    'steps',
    'int',
    'pegbar.steps',
    'gen_ai.image.steps',
    'gen_ai.request.image.steps',
    'image.steps',
    'steps',
  ),
  attribute(
    'cfg',
    'float',
    'pegbar.cfg',
    'gen_ai.image.cfg_scale',
    'gen_ai.image.guidance_scale',
    'image.cfg_scale',
    'cfg_scale',
    'cfg',
  ),
  attribute('seed', 'int', 'pegbar.seed', 'gen_ai.request.seed', 'gen_ai.image.seed', 'image.seed', 'seed'),
  attribute(
    'width',
    'int',
    'pegbar.width',
    'gen_ai.image.width',
    'gen_ai.request.image.width',
    'image.width',
    'width',
  ),
  attribute(
    'height',
    'int',
    'pegbar.height',
    'gen_ai.image.height',
    'gen_ai.request.image.height',
    'image.height',
    'height',
  ),
  attribute(
    'width',
    'size',
    'pegbar.resolution',
    'gen_ai.image.size',
    'gen_ai.request.image.size',
    'image.size',
    'resolution',
  ),
  attribute('denoise', 'float', 'pegbar.denoise', 'gen_ai.image.strength', 'image.denoise', 'denoise'),
  attribute(
    'batch_size',
    'int',
    'pegbar.batch_size',
    'gen_ai.request.choice.count',
    'image.batch_size',
    'batch_size',
  ),

  attribute(
    'prompt',
    'prompt',
    'pegbar.prompt',
    'gen_ai.prompt',
    'gen_ai.image.prompt',
    'image.prompt',
    'prompt',
  ),
  attribute(
    'negative_prompt',
    'prompt',
    'pegbar.negative_prompt',
    'gen_ai.image.negative_prompt',
    'image.negative_prompt',
    'negative_prompt',
  ),
  attribute('prompt_chars', 'int', 'pegbar.prompt.length', 'prompt_chars'),
  attribute(
    'prompt_tokens',
    'int',
    'pegbar.prompt.tokens',
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'prompt_tokens',
  ),
  attribute('prompt_language', 'string', 'pegbar.prompt.language', 'prompt_language'),
  attribute('redactions', 'int', 'pegbar.prompt.redactions'),
  attribute('workflow', 'prompt', 'pegbar.workflow', 'comfyui.workflow', 'comfyui.prompt'),
  attribute('reference_images', 'list', 'pegbar.reference_images'),
  attribute('control_maps', 'list', 'pegbar.control_maps'),
  attribute('conditioning_embeddings', 'list', 'pegbar.embeddings'),

  attribute('duration_ns', 'derived', 'pegbar.latency_ms', 'latency_ms', 'duration_ms'),
  attribute('queue_wait_ms', 'float', 'pegbar.queue.wait_ms', 'pegbar.queue_wait_ms', 'queue_wait_ms'),
  attribute('cost_usd', 'float', 'pegbar.cost_usd', 'gen_ai.usage.cost', 'cost_usd'),
  attribute('gpu_seconds', 'float', 'pegbar.gpu.seconds', 'pegbar.gpu_seconds', 'gpu_seconds'),
  attribute('gpu_count', 'int', 'pegbar.gpu.count', 'gpu_count'),
  attribute('gpu_type', 'string', 'pegbar.gpu.type', 'hw.model', 'gpu_type'),
  attribute('gpu_mem_mb', 'int', 'pegbar.gpu.mem_mb', 'gpu_mem_mb'),
  attribute('gpu_util', 'float', 'pegbar.gpu.util', 'gpu_util'),
  attribute('rps', 'float', 'pegbar.rps'),

  attribute('error_code', 'error', 'pegbar.error.code', 'error.type', 'error.code', 'error_code'),
  attribute('error_message', 'string', 'pegbar.error.message', 'error.message', 'error_message'),
  attribute('retriable', 'bool', 'pegbar.error.retriable'),

  attribute('clip_i', 'float', 'pegbar.quality.clip_i'),
  attribute('aesthetic', 'float', 'pegbar.quality.aesthetic'),
  attribute('toxicity', 'float', 'pegbar.quality.toxicity'),
  attribute('style_distance', 'float', 'pegbar.quality.style_distance'),
  attribute('nsfw', 'bool', 'pegbar.quality.nsfw_flag'),
  attribute('face_ok', 'bool', 'pegbar.quality.face_ok'),
  attribute('pose_ok', 'bool', 'pegbar.quality.pose_ok'),
  attribute('watermark', 'bool', 'pegbar.quality.watermark'),

  attribute('image_uri', 'string', 'pegbar.image.uri'),
  attribute('thumb_uri', 'string', 'pegbar.thumb.uri'),
  attribute('embedding_uri', 'string', 'pegbar.embedding.uri'),
  attribute('consent', 'string', 'pegbar.consent.state'),
  attribute('consent_at', 'time', 'pegbar.consent.at'),
  attribute('license', 'string', 'pegbar.license'),

  attribute('service', 'string', 'service.name'),
];

/**
 * Attributes that carry what people wrote, or what was made of it, and fill no column. They go through the prompt
 * policy like a prompt; a name that ends in a dot stands for everything under it.
 */
export const PROMPT_ATTRIBUTES: readonly string[] = [
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.system_instructions',
  'gen_ai.completion',
  'gen_ai.prompt.',
  'gen_ai.completion.',
  'llm.prompts',
  'llm.input_messages',
  'llm.output_messages',
  'input.value',
  'output.value',
  'traceloop.entity.input',
  'traceloop.entity.output',
];

/**
 * A vector of the picture that a stage made, as attributes of its span or record: a list of numbers, or in its place a
 * file that `pegbar.embedding.uri` names. Without a version there is none: vectors of two versions are never compared.
 */
export const EMBEDDING_ATTRIBUTES = {
  vector: 'pegbar.embedding.vector',
  embedder: 'pegbar.embedding.model',
  version: 'pegbar.embedding.version',
} as const;

const BY_LEVEL: Readonly<Record<AttributeLevel, ReadonlyMap<string, Attribute>>> = {
  resource: namesAt('resource'),
  span: namesAt('span'),
  point: namesAt('point'),
  log: namesAt('log'),
};

function namesAt(level: AttributeLevel): ReadonlyMap<string, Attribute> {
  const names = new Map<string, Attribute>();
  for (const each of ATTRIBUTES) {
    if (!each.levels.includes(level)) continue;
    for (const name of each.names) {
      if (names.has(name)) throw new Error(`the attribute ${name} fills two columns`);
      names.set(name, each);
    }
  }
  return names;
}

/** The entry for a key at a level; undefined where the key fills no column there. */
export const attributeOf = (key: string, level: AttributeLevel): Attribute | undefined =>
  BY_LEVEL[level].get(key);

/** The column that a key fills at a level; undefined where it stays a free attribute. */
export const columnOf = (key: string, level: AttributeLevel): string | undefined =>
  attributeOf(key, level)?.column;
