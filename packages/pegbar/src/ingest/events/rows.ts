import type { BoundaryEvent, PegbarRecord, StageEvent } from '@pegbar/contract';
import type { Protector } from '../../privacy/index.ts';
import { sampleRow } from './samples.ts';

/** A row for a raw table. */
export interface Row {
  table: string;
  values: Record<string, unknown>;
}

export interface RowContext {
  tenant: string;
  protect: Protector;
  /** Told by an importer: never times out. */
  imported: boolean;
  /** US dollars per second of a GPU type; 0 where no price is set. */
  gpuPrice(gpuType: string): number;
}

const BY_EVENT = 2;
const IMPORTED = 4;

/** The rows that a record becomes, protected. A stage with a boundary is a stage and a boundary. */
export function rowsOf(record: PegbarRecord, context: RowContext): Row[] {
  if (record.type === 'stage') return stageRows(record, context);
  if (record.type === 'boundary') return [boundaryRow(record, context)];
  return [sampleRow(record, context)];
}

function stageRows(event: StageEvent, context: RowContext): Row[] {
  const values = { ...subject(event, context), ...stageValues(event, context) };
  const rows: Row[] = [];
  if (event.pipeline_stage !== undefined || event.outcome !== undefined || event.boundary === undefined)
    rows.push({ table: 'spans', values });
  if (event.boundary !== undefined) rows.push(boundaryRow({ ...event, boundary: event.boundary }, context));
  return rows;
}

function boundaryRow(event: (BoundaryEvent | StageEvent) & { boundary: string }, context: RowContext): Row {
  return {
    table: 'spans',
    values: {
      ...subject(event, context),
      boundary: event.boundary,
      pipeline_stage: event.pipeline_stage,
      name: event.boundary,
      ...(event.type === 'boundary' && attributesOf(event.attributes, context)),
    },
  };
}

/** What a stage and a boundary have in common: whose it is and when. */
function subject(
  event: BoundaryEvent | StageEvent,
  { tenant, imported }: RowContext,
): Record<string, unknown> {
  return {
    tenant,
    timestamp: nanoseconds(event.timestamp),
    source: imported ? BY_EVENT | IMPORTED : BY_EVENT,
    // A request that only has a trace is found by it: the id is not stored twice.
    request_id: event.request_id === event.trace_id ? undefined : event.request_id,
    trace_id: event.trace_id,
    span_id: event.span_id,
    session_id: event.session_id,
    image_id: event.image_id,
    sequence_id: event.sequence_id,
    region: event.region,
    workload: event.workload,
    traffic_source: event.traffic_source,
    model_family: event.model?.family,
    model_version: event.model?.version,
    checkpoint_hash: event.model?.checkpoint_hash,
  };
}

function stageValues(event: StageEvent, context: RowContext): Record<string, unknown> {
  const { params, resources, metrics, error } = event;
  const { protect } = context;
  const duration_ms = metrics?.latency_ms ?? 0;
  const prompt = promptValues(event, protect);
  const message = error?.message === undefined ? undefined : protect.text(error.message);
  const { attributes, redactions } = attributesOf(event.attributes, context);
  const made = event.attributes['pegbar.images'];
  return {
    duration_ns: BigInt(Math.round(duration_ms * 1e6)),
    parent_span_id: event.parent_span_id,
    name: event.pipeline_stage ?? 'stage',
    pipeline_stage: event.pipeline_stage,
    outcome: event.outcome === 'pending' ? undefined : event.outcome,
    status: error ? 2 : 0,
    user_hash:
      event.user_id_hash === undefined ? undefined : BigInt(`0x${protect.userHash(event.user_id_hash)}`),
    attempt: event.attempt,
    retry_of: event.retry_of,
    collection: event.collection,
    ...loraValues(event),
    sampler: params?.sampler,
    scheduler: params?.scheduler,
    steps: params?.steps,
    cfg: params?.cfg,
    seed: params?.seed,
    width: params?.resolution?.width,
    height: params?.resolution?.height,
    denoise: params?.denoise,
    ...prompt,
    redactions: (Number(prompt.redactions) || 0) + (message?.redactions ?? 0) + redactions,
    reference_images: protectedList(event.conditioning?.reference_images, protect),
    control_maps: protectedList(event.conditioning?.control_maps, protect),
    conditioning_embeddings: protectedList(event.conditioning?.embeddings, protect),
    gpu_type: resources?.gpu_type,
    gpu_mem_mb: resources?.gpu_mem_mb,
    gpu_count: resources?.gpu_count,
    batch_size: resources?.batch_size,
    hardware_class: resources?.hardware_class,
    rps: metrics?.rps,
    gpu_util: metrics?.gpu_util,
    queue_wait_ms: metrics?.queue_wait_ms,
    ...gpuValues(event, duration_ms / 1000, context),
    images: made === undefined ? madeHere(event) : Number(made) || 0,
    ...qualityValues(event),
    error_code: error ? (error.code ?? 'internal') : undefined,
    error_message: message?.text,
    retriable: tristate(error?.retriable),
    image_uri: protectedUri(event.artifacts?.image_uri, protect),
    thumb_uri: protectedUri(event.artifacts?.thumb_uri, protect),
    embedding_uri: protectedUri(event.artifacts?.embedding_uri, protect),
    consent: event.consent?.state,
    consent_at: event.consent?.at?.ms,
    license: event.license,
    attributes,
  };
}

function toldCount({ attributes }: StageEvent, key: string): number | undefined {
  const told = attributes[key];
  return told === undefined ? undefined : Number(told) || 0;
}

/** A generate stage that names a picture made that one. */
function madeHere(event: StageEvent): number | undefined {
  return event.pipeline_stage === 'generate' && event.image_id !== undefined && !event.error ? 1 : undefined;
}

function loraValues({ model, attributes }: StageEvent): Record<string, unknown> {
  const loras = model?.loras;
  if (loras === undefined || loras.length === 0)
    return { lora_count: attributes['pegbar.lora_count'] && Number(attributes['pegbar.lora_count']) };
  return {
    loras: loras.map((one) => one.id),
    lora_weights: loras.map((one) => one.weight),
    lora_count: loras.length,
  };
}

/** GPU time is the generate stage's duration where not sent; cost is GPU time at the configured price. */
function gpuValues(event: StageEvent, duration_s: number, { gpuPrice }: RowContext): Record<string, unknown> {
  const { metrics, resources } = event;
  const gpu_seconds = metrics?.gpu_seconds ?? (event.pipeline_stage === 'generate' ? duration_s : undefined);
  const price = gpu_seconds === undefined ? 0 : gpuPrice(resources?.gpu_type ?? '');
  const derived = price > 0 ? gpu_seconds! * Math.max(1, resources?.gpu_count ?? 1) * price : undefined;
  return { gpu_seconds, cost_usd: metrics?.cost_usd ?? derived };
}

function qualityValues({ quality }: StageEvent): Record<string, unknown> {
  return {
    clip_i: quality?.clip_i,
    aesthetic: quality?.aesthetic,
    toxicity: quality?.toxicity,
    style_distance: quality?.style_distance,
    nsfw: tristate(quality?.nsfw_flag),
    face_ok: tristate(quality?.face_ok),
    pose_ok: tristate(quality?.pose_ok),
    watermark: tristate(quality?.watermark),
  };
}

/** Features are taken from the text before the policy decides what of it is stored. */
function promptValues(event: StageEvent, protect: Protector): Record<string, unknown> {
  const { prompt } = event;
  if (!prompt) return {};
  const sent = {
    prompt_chars: prompt.length,
    prompt_tokens: Array.isArray(prompt.tokens) ? prompt.tokens.length : prompt.tokens,
    prompt_language: prompt.language,
    negative_chars: toldCount(event, 'pegbar.negative_prompt.length'),
  };
  const sentRedactions = Array.isArray(prompt.redactions)
    ? prompt.redactions.length
    : (prompt.redactions ?? 0);
  const negative = prompt.negative === undefined ? undefined : protect.prompt(prompt.negative);
  const negativeValues = negative && {
    negative_prompt: negative.text,
    negative_chars: negative.features.characters,
  };
  if (prompt.text === undefined)
    return { ...sent, ...negativeValues, redactions: sentRedactions + (negative?.redactions ?? 0) };
  const told = protect.prompt(prompt.text);
  return {
    ...negativeValues,
    prompt: told.text,
    prompt_hash: BigInt(`0x${told.hash}`),
    prompt_chars: told.features.characters,
    prompt_words: told.features.words,
    prompt_tokens: told.features.tokens,
    prompt_language: prompt.language ?? told.features.language,
    prompt_script: told.features.script,
    prompt_tags: told.features.booru_tags,
    prompt_bins: told.bins,
    redactions: sentRedactions + told.redactions + (negative?.redactions ?? 0),
  };
}

/** Attributes that fill columns for which the reference event has no field. */
const COLUMN_ATTRIBUTES: ReadonlySet<string> = new Set([
  'pegbar.images',
  'pegbar.lora_count',
  'pegbar.negative_prompt.length',
]);

/** Free attributes through the tenant's key lists and patterns. */
export function attributesOf(
  given: Readonly<Record<string, string>>,
  { protect }: RowContext,
): { attributes: Record<string, string> | undefined; redactions: number } {
  let redactions = 0;
  let attributes: Record<string, string> | undefined;
  for (const [key, value] of Object.entries(given)) {
    if (COLUMN_ATTRIBUTES.has(key)) continue;
    const kept = protect.attribute(key, value);
    redactions += kept.redactions;
    if (!kept.keep) continue;
    attributes ??= {};
    attributes[key] = kept.value;
  }
  return { attributes, redactions };
}

export function nanoseconds({ ms, ns }: { ms: number; ns: number }): bigint {
  return BigInt(ms) * 1_000_000n + BigInt(ns);
}

export function tristate(flag: boolean | undefined): number | undefined {
  return flag === undefined ? undefined : flag ? 2 : 1;
}

export function protectedUri(uri: string | undefined, protect: Protector): string | undefined {
  return uri === undefined ? undefined : protect.text(uri).text;
}

function protectedList(items: readonly string[] | undefined, protect: Protector): string[] | undefined {
  return items && items.length > 0 ? items.map((item) => protect.text(item).text) : undefined;
}
