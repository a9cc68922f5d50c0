/**
 * What can be said of a request or a stage, in the words of the reference event (docs/reference/records.md), and the
 * OpenTelemetry attribute that carries each (docs/reference/attributes.md). A test holds both against the contract.
 */
import type { Attributes, AttributeValue } from '@opentelemetry/api';

export type Stage = 'ingest' | 'preprocess' | 'generate' | 'upscale' | 'postprocess' | 'deliver';
export type Boundary =
  | 'prompt_received'
  | 'model_loaded'
  | 'inference_started'
  | 'inference_finished'
  | 'postprocess_done'
  | 'frame_emitted'
  | 'deliver_complete';
export type Workload = 'animation' | 'single_image' | 'batch_panels';
export type Outcome = 'succeeded' | 'failed' | 'timed_out' | 'blocked' | 'cancelled' | 'rejected' | 'pending';

export interface Model {
  family?: string;
  /** The segment `model_version`. */
  version?: string;
  checkpoint_hash?: string;
  /** In order: ids, `id:weight`, or both apart. */
  loras?: readonly (string | { id: string; weight?: number })[];
}

/** Fields of a stage. All are optional; what is not known is left out. */
export interface StageFields {
  image_id?: string;
  /** Pictures that the stage made. */
  images?: number;
  sequence_id?: string;
  collection?: string;
  model?: Model | string;
  params?: {
    sampler?: string;
    scheduler?: string;
    steps?: number;
    cfg?: number;
    /** 0 to 2^64 − 1; as bigint or text where it is 2^53 or more. */
    seed?: number | bigint | string;
    /** `768x768`, or both sides. */
    resolution?: string | { width: number; height: number };
    denoise?: number;
  };
  /** Protected by the server before anything is stored. */
  prompt?: string | { text?: string; negative?: string; length?: number; tokens?: number; language?: string };
  resources?: {
    gpu_type?: string;
    gpu_mem_mb?: number;
    gpu_count?: number;
    batch_size?: number;
    hardware_class?: string;
  };
  metrics?: { gpu_util?: number; gpu_seconds?: number; cost_usd?: number; queue_wait_ms?: number };
  quality?: {
    clip_i?: number;
    aesthetic?: number;
    nsfw_flag?: boolean;
    toxicity?: number;
    face_ok?: boolean;
    pose_ok?: boolean;
    style_distance?: number;
    watermark?: boolean;
  };
  artifacts?: { image_uri?: string; thumb_uri?: string; embedding_uri?: string };
  /** Attributes of your own, under their own names. */
  attributes?: Attributes;
}

/** Fields of a request; they stand on all its stages, and travel with `inject`. */
export interface RequestFields extends StageFields {
  /** Made up where it is not said. */
  request_id?: string;
  session_id?: string;
  /** Hashed by the server with the secret of the tenant; never travels with `inject`. */
  user_id_hash?: string;
  workload?: Workload;
  tenant?: string;
  region?: string;
  traffic_source?: string;
  /** 1 for the first. */
  attempt?: number;
  /** The request that this one tries again. */
  retry_of?: string;
}

/** Path of a field → attribute. */
export const ATTRIBUTE_OF: Readonly<Record<string, string>> = {
  request_id: 'pegbar.request.id',
  session_id: 'pegbar.session.id',
  user_id_hash: 'pegbar.user.hash',
  workload: 'pegbar.workload',
  tenant: 'pegbar.tenant',
  region: 'pegbar.region',
  traffic_source: 'pegbar.traffic_source',
  attempt: 'pegbar.attempt',
  retry_of: 'pegbar.retry_of',
  image_id: 'pegbar.image.id',
  images: 'pegbar.images',
  sequence_id: 'pegbar.sequence.id',
  collection: 'pegbar.collection',
  'model.family': 'pegbar.model.family',
  'model.version': 'pegbar.model.version',
  'model.checkpoint_hash': 'pegbar.model.checkpoint_hash',
  'model.loras': 'pegbar.loras',
  'params.sampler': 'pegbar.sampler',
  'params.scheduler': 'pegbar.scheduler',
  'params.steps': 'pegbar.steps',
  'params.cfg': 'pegbar.cfg',
  'params.seed': 'pegbar.seed',
  'params.resolution': 'pegbar.resolution',
  'params.denoise': 'pegbar.denoise',
  'prompt.text': 'pegbar.prompt',
  'prompt.negative': 'pegbar.negative_prompt',
  'prompt.length': 'pegbar.prompt.length',
  'prompt.tokens': 'pegbar.prompt.tokens',
  'prompt.language': 'pegbar.prompt.language',
  'resources.gpu_type': 'pegbar.gpu.type',
  'resources.gpu_mem_mb': 'pegbar.gpu.mem_mb',
  'resources.gpu_count': 'pegbar.gpu.count',
  'resources.batch_size': 'pegbar.batch_size',
  'resources.hardware_class': 'pegbar.hardware_class',
  'metrics.gpu_util': 'pegbar.gpu.util',
  'metrics.gpu_seconds': 'pegbar.gpu.seconds',
  'metrics.cost_usd': 'pegbar.cost_usd',
  'metrics.queue_wait_ms': 'pegbar.queue.wait_ms',
  'quality.clip_i': 'pegbar.quality.clip_i',
  'quality.aesthetic': 'pegbar.quality.aesthetic',
  'quality.nsfw_flag': 'pegbar.quality.nsfw_flag',
  'quality.toxicity': 'pegbar.quality.toxicity',
  'quality.face_ok': 'pegbar.quality.face_ok',
  'quality.pose_ok': 'pegbar.quality.pose_ok',
  'quality.style_distance': 'pegbar.quality.style_distance',
  'quality.watermark': 'pegbar.quality.watermark',
  'artifacts.image_uri': 'pegbar.image.uri',
  'artifacts.thumb_uri': 'pegbar.thumb.uri',
  'artifacts.embedding_uri': 'pegbar.embedding.uri',
};

/** The same tables by group, so that no path is glued together per stage. */
const TOP: Record<string, string> = {};
const GROUPS: Record<string, Record<string, string>> = {};
for (const [path, attribute] of Object.entries(ATTRIBUTE_OF)) {
  const [group, name] = path.split('.') as [string, string?];
  if (name === undefined) TOP[group] = attribute;
  else GROUPS[group] = { ...GROUPS[group], [name]: attribute };
}

/** What a group is called where it is said as one text: `model: 'v7'`. */
const SHORT: Readonly<Record<string, string>> = {
  model: 'pegbar.model.version',
  prompt: 'pegbar.prompt',
};

/** Adds the attributes of `fields` to `into`. Names that are no fields are kept under `attributes`' rules: as told. */
export function addAttributes(into: Attributes, fields: RequestFields): Attributes {
  for (const name in fields) {
    const value = (fields as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    const attribute = TOP[name];
    if (attribute !== undefined) into[attribute] = value as AttributeValue;
    else if (name === 'attributes') Object.assign(into, value);
    else if (typeof value === 'string' && name in SHORT) into[SHORT[name]!] = value;
    else addGroup(into, GROUPS[name], value as Record<string, unknown>);
  }
  return into;
}

function addGroup(
  into: Attributes,
  names: Record<string, string> | undefined,
  group: Record<string, unknown>,
): void {
  if (names === undefined) return;
  for (const name in group) {
    const attribute = names[name];
    const value = group[name];
    if (attribute !== undefined && value !== undefined && value !== null)
      into[attribute] = attributeOf(name, value);
  }
}

function attributeOf(name: string, value: unknown): AttributeValue {
  if (name === 'loras')
    return (value as NonNullable<Model['loras']>).map((lora) =>
      typeof lora === 'string' ? lora : lora.weight === undefined ? lora.id : `${lora.id}:${lora.weight}`,
    );
  // Attributes of OpenTelemetry are 53-bit numbers in JavaScript; a larger seed goes as text.
  if (typeof value === 'bigint') return String(value);
  if (name === 'seed' && typeof value === 'number' && !Number.isSafeInteger(value)) return String(value);
  if (name === 'resolution' && typeof value === 'object') {
    const { width, height } = value as { width: number; height: number };
    return `${width}x${height}`;
  }
  return value as AttributeValue;
}
