import type { BoundaryEvent, StageEvent } from '@pegbar/contract';
import type { BlockBuilder } from '../../native/index.ts';
import type { Protector } from '../../privacy/index.ts';
import { identityKind } from '../identities.ts';
import {
  attributesOf,
  nanoseconds,
  protectedList,
  protectedUri,
  type RowContext,
  tristate,
} from './common.ts';

const BY_EVENT = 2;
const IMPORTED = 4;
const BOUNDARY = 16;

/** A stage with a boundary is one row that says both; one with nothing but a boundary is a boundary. */
export function writeStage(event: StageEvent, context: RowContext, row: BlockBuilder): void {
  const { boundary } = event;
  if (event.pipeline_stage === undefined && event.outcome === undefined && boundary !== undefined) {
    writeBoundary(event, boundary, context, row);
    return;
  }
  const hidden = setSubject(event, context, row);
  setStage(event, context, row, hidden);
  row.set('boundary', boundary);
  row.next();
}

export function writeBoundary(
  event: BoundaryEvent | StageEvent,
  boundary: string,
  context: RowContext,
  row: BlockBuilder,
): void {
  const hidden = setSubject(event, context, row, BOUNDARY);
  row.set('boundary', boundary);
  row.set('name', boundary);
  // Rows with a stage are stages that ended; the stage that a boundary lies in is told beside it.
  const within = event.pipeline_stage === undefined ? {} : { pipeline_stage: event.pipeline_stage };
  const { attributes, redactions } = attributesOf({ ...within, ...event.attributes }, context);
  row.set('attributes', attributes);
  row.set('redactions', hidden + redactions);
  row.next();
}

/** What a stage and a boundary have in common: whose it is and when. Returns how many ids and names were hidden. */
function setSubject(
  event: BoundaryEvent | StageEvent,
  { tenant, imported, protect }: RowContext,
  row: BlockBuilder,
  more = 0,
): number {
  let hidden = 0;
  const put = (column: string, text: string | undefined): void => {
    const stored = text && protect.identity(text, identityKind(column));
    if (stored !== text) hidden++;
    row.set(column, stored);
  };
  row.set('tenant', tenant);
  row.set('timestamp', nanoseconds(event.timestamp));
  row.set('source', (imported ? BY_EVENT | IMPORTED : BY_EVENT) | more);
  // A request that only has a trace is found by it: the id is not stored twice.
  if (event.request_id !== event.trace_id) put('request_id', event.request_id);
  row.set('trace_id', event.trace_id);
  row.set('span_id', event.span_id);
  put('session_id', event.session_id);
  put('image_id', event.image_id);
  put('sequence_id', event.sequence_id);
  put('region', event.region);
  row.set('workload', event.workload);
  put('traffic_source', event.traffic_source);
  put('model_family', event.model?.family);
  put('model_version', event.model?.version);
  put('checkpoint_hash', event.model?.checkpoint_hash);
  return hidden;
}

function setStage(event: StageEvent, context: RowContext, row: BlockBuilder, hidden: number): void {
  const { error } = event;
  const { protect } = context;
  const duration_ms = event.metrics?.latency_ms ?? 0;
  row.set('duration_ns', BigInt(Math.round(duration_ms * 1e6)));
  row.set('parent_span_id', event.parent_span_id);
  row.set('name', event.pipeline_stage ?? 'stage');
  row.set('pipeline_stage', event.pipeline_stage);
  if (event.outcome !== 'pending') row.set('outcome', event.outcome);
  if (event.user_id_hash !== undefined)
    row.set('user_hash', BigInt(`0x${protect.userHash(event.user_id_hash)}`));
  row.set('attempt', event.attempt);
  row.set('retry_of', event.retry_of && protect.identity(event.retry_of, 'id'));
  row.set('collection', event.collection && protect.identity(event.collection, 'id'));
  row.set('license', event.license);
  row.set('consent', event.consent?.state);
  row.set('consent_at', event.consent?.at?.ms);
  setRecipe(event, row);
  setResources(event, duration_ms / 1000, context, row);
  setQuality(event, row);
  setPlaces(event, protect, row);
  let redactions = setPrompt(event, protect, row);
  if (event.workflow !== undefined) {
    const graph = protect.workflow(event.workflow);
    row.set('workflow', graph.text);
    redactions += graph.redactions;
  }
  if (error) {
    row.set('status', 2);
    row.set('error_code', error.code ?? 'internal');
    row.set('retriable', tristate(error.retriable));
    const message = protect.text(error.message ?? '');
    if (error.message !== undefined) row.set('error_message', message.text);
    redactions += message.redactions;
  }
  const free = attributesOf(event.attributes, context);
  row.set('attributes', free.attributes);
  row.set('redactions', hidden + redactions + free.redactions);
}

/** What the pictures were made with, and how many were made. */
function setRecipe(event: StageEvent, row: BlockBuilder): void {
  const { params, attributes } = event;
  const loras = event.model?.loras ?? [];
  if (loras.length > 0) {
    row.set(
      'loras',
      loras.map((one) => one.id),
    );
    row.set(
      'lora_weights',
      loras.map((one) => one.weight),
    );
  }
  row.set('lora_count', loras.length || toldCount(event, 'pegbar.lora_count'));
  row.set('sampler', params?.sampler);
  row.set('scheduler', params?.scheduler);
  row.set('steps', params?.steps);
  row.set('cfg', params?.cfg);
  row.set('seed', params?.seed);
  row.set('width', params?.resolution?.width);
  row.set('height', params?.resolution?.height);
  row.set('denoise', params?.denoise);
  row.set(
    'images',
    attributes['pegbar.images'] === undefined ? madeHere(event) : toldCount(event, 'pegbar.images'),
  );
}

/** What it ran on. GPU time is the generate stage's duration where not sent; cost is GPU time at the set price. */
function setResources(
  event: StageEvent,
  duration_s: number,
  { gpuPrice }: RowContext,
  row: BlockBuilder,
): void {
  const { metrics, resources } = event;
  row.set('gpu_type', resources?.gpu_type);
  row.set('gpu_mem_mb', resources?.gpu_mem_mb);
  row.set('gpu_count', resources?.gpu_count);
  row.set('batch_size', resources?.batch_size);
  row.set('hardware_class', resources?.hardware_class);
  row.set('rps', metrics?.rps);
  row.set('gpu_util', metrics?.gpu_util);
  row.set('queue_wait_ms', metrics?.queue_wait_ms);
  const gpu_seconds = metrics?.gpu_seconds ?? (event.pipeline_stage === 'generate' ? duration_s : undefined);
  const price = gpu_seconds === undefined ? 0 : gpuPrice(resources?.gpu_type ?? '');
  const derived = price > 0 ? gpu_seconds! * Math.max(1, resources?.gpu_count ?? 1) * price : undefined;
  row.set('gpu_seconds', gpu_seconds);
  row.set('cost_usd', metrics?.cost_usd ?? derived);
}

function setQuality({ quality }: StageEvent, row: BlockBuilder): void {
  if (!quality) return;
  row.set('clip_i', quality.clip_i);
  row.set('aesthetic', quality.aesthetic);
  row.set('toxicity', quality.toxicity);
  row.set('style_distance', quality.style_distance);
  row.set('nsfw', tristate(quality.nsfw_flag));
  row.set('face_ok', tristate(quality.face_ok));
  row.set('pose_ok', tristate(quality.pose_ok));
  row.set('watermark', tristate(quality.watermark));
}

function setPlaces({ artifacts, conditioning }: StageEvent, protect: Protector, row: BlockBuilder): void {
  row.set('image_uri', protectedUri(artifacts?.image_uri, protect));
  row.set('thumb_uri', protectedUri(artifacts?.thumb_uri, protect));
  row.set('embedding_uri', protectedUri(artifacts?.embedding_uri, protect));
  row.set('reference_images', protectedList(conditioning?.reference_images, protect));
  row.set('control_maps', protectedList(conditioning?.control_maps, protect));
  row.set('conditioning_embeddings', protectedList(conditioning?.embeddings, protect));
}

/** Features are taken from the text before the policy decides what of it is stored. Returns the redactions. */
function setPrompt(event: StageEvent, protect: Protector, row: BlockBuilder): number {
  const { prompt } = event;
  if (!prompt) return 0;
  const sentRedactions = lengthOf(prompt.redactions) ?? 0;
  const negative = prompt.negative === undefined ? undefined : protect.prompt(prompt.negative);
  row.set('negative_prompt', negative?.text);
  row.set(
    'negative_chars',
    negative?.features.characters ?? toldCount(event, 'pegbar.negative_prompt.length'),
  );
  if (prompt.text === undefined) {
    row.set('prompt_chars', prompt.length);
    row.set('prompt_tokens', lengthOf(prompt.tokens));
    row.set('prompt_language', prompt.language);
    return sentRedactions + (negative?.redactions ?? 0);
  }
  const told = protect.prompt(prompt.text);
  const { features } = told;
  row.set('prompt', told.text);
  row.set('prompt_hash', BigInt(`0x${told.hash}`));
  row.set('prompt_chars', features.characters);
  row.set('prompt_words', features.words);
  row.set('prompt_tokens', features.tokens);
  row.set('prompt_language', prompt.language ?? features.language);
  row.set('prompt_script', features.script);
  row.set('prompt_tags', features.booru_tags);
  row.set('prompt_bins', told.bins);
  return sentRedactions + told.redactions + (negative?.redactions ?? 0);
}

/** A count, or the number of what was listed. */
function lengthOf(told: number | readonly string[] | undefined): number | undefined {
  return Array.isArray(told) ? told.length : (told as number | undefined);
}

function toldCount({ attributes }: StageEvent, key: string): number | undefined {
  const told = attributes[key];
  return told === undefined ? undefined : Number(told) || 0;
}

/** A generate stage that names a picture made that one. */
function madeHere(event: StageEvent): number | undefined {
  return event.pipeline_stage === 'generate' && event.image_id !== undefined && !event.error ? 1 : undefined;
}
