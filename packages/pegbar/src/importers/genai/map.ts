import type { MetricPoint } from '../sink.ts';
import { type GenaiKind, REQUEST_KIND } from './kinds.ts';

export type Row = Readonly<Record<string, string>>;

export interface RowProblem {
  code: 'invalid_row';
  field: string;
  message: string;
}

export type Mapped = { record: Record<string, unknown> } | { point: MetricPoint } | { problem: RowProblem };

/** What is read is checked by the contract at the server too; here only what the mapping itself needs. */
const problem = (field: string, message: string): { problem: RowProblem } => ({
  problem: { code: 'invalid_row', field, message },
});

/**
 * One row as a record or a point, by the table "Mapping of the genai trace" of the outside.
 *
 * `id` is the row's identity. A row that says nothing in a field says nothing in the record. The trace tells one
 * moment of a request, `gmt_create`; it is the record's time, so that the counts of a day are the trace's own.
 */
export function mapRow(kind: GenaiKind, row: Row, id: string, tenant: string | undefined): Mapped {
  if (kind.name === REQUEST_KIND.name) return mapRequest(row, id, tenant);
  const seconds = number(row.timestamp_anon);
  if (seconds === undefined)
    return problem('timestamp_anon', `${shown(row.timestamp_anon)} is not a time in seconds`);
  const value = number(row.value);
  if (value === undefined) return problem('value', `${shown(row.value)} is not a number`);
  const timestamp_ms = Math.round(seconds * 1_000);
  const host = row.container_ip || undefined;
  if (kind.becomes === 'point') {
    const attributes: Record<string, string> = {};
    if (host) attributes['host.name'] = host;
    if (row.request_type) attributes['genai.request_type'] = row.request_type;
    return { point: { id, name: kind.metric, unit: kind.unit, timestamp_ms, value, attributes } };
  }
  const head = { event_id: eventId(kind, id), timestamp: timestamp_ms, ...(tenant ? { tenant } : {}) };
  const attributes = { 'pegbar.import': true };
  switch (kind.becomes) {
    case 'model_load': {
      const load = {
        type: 'model_load',
        action: 'load',
        duration_ms: value,
        hit: false,
        ...(host ? { host } : {}),
      };
      const what = 'what' in kind ? kind.what : '';
      return { record: { ...head, ...load, attributes: { ...attributes, 'genai.loaded': what } } };
    }
    case 'queue':
      return { record: { ...head, type: 'queue', queue: 'genai', depth: value, attributes } };
    default: {
      if (!host) return problem('container_ip', 'a GPU sample needs its container');
      // The trace samples containers, not GPUs; a container of it has one.
      return { record: { ...head, type: 'gpu', host, gpu_id: '0', util: value / 100, attributes } };
    }
  }
}

const OUTCOMES: Readonly<Record<string, string>> = { SUCCEED: 'succeeded', FAILED: 'failed' };

function mapRequest(row: Row, id: string, tenant: string | undefined): Mapped {
  const timestamp = utc(row.gmt_create);
  if (timestamp === undefined) return problem('gmt_create', `${shown(row.gmt_create)} is not a time`);
  for (const field of NUMBERS) {
    if (row[field] && number(row[field]) === undefined)
      return problem(field, `${shown(row[field])} is not a number`);
  }
  const seconds = number(row.exec_time_seconds);
  const images = number(row.num_images_per_prompt);
  const attributes: Record<string, unknown> = {
    'pegbar.import': true,
    'genai.predict_status': row.predict_status,
    'genai.predict_type': row.predict_type || undefined,
    // What was asked for is the batch size; only a request that succeeded made it.
    'pegbar.images': row.predict_status === 'SUCCEED' ? images : undefined,
    'pegbar.lora_count': number(row.num_lora),
    'pegbar.negative_prompt.length': number(row.negative_prompt_length),
  };
  const record: Record<string, unknown> = {
    type: 'stage',
    event_id: eventId(REQUEST_KIND, id),
    request_id: `genai-${id}`,
    timestamp,
    tenant,
    workload: 'single_image',
    pipeline_stage: 'generate',
    outcome: OUTCOMES[row.predict_status ?? ''] ?? 'pending',
    user_id_hash: row.groupId || undefined,
    model: { version: row.checkpoint_model_version_id ?? '' },
    params: { steps: number(row.num_inference_steps) },
    prompt: { length: number(row.prompt_length) },
    resources: { batch_size: images },
    metrics: { latency_ms: seconds === undefined ? undefined : seconds * 1_000 },
    attributes,
  };
  return { record };
}

const NUMBERS = [
  'exec_time_seconds',
  'prompt_length',
  'negative_prompt_length',
  'num_images_per_prompt',
  'num_inference_steps',
  'num_lora',
] as const;

const eventId = (kind: GenaiKind, id: string): string => `genai:${kind.name}:${id}`;

function number(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** `2024-11-15 16:57:50` is UTC. */
function utc(text: string | undefined): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)Z?$/.exec(text ?? '');
  const written = match ? `${match[1]}T${match[2]}Z` : '';
  return Number.isNaN(Date.parse(written)) ? undefined : written;
}

const shown = (text: string | undefined): string => (text ? JSON.stringify(text.slice(0, 40)) : 'nothing');
