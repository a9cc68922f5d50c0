/** From the JSON of one line to a record. */
import type { ErrorCode } from './errors.ts';
import { type AnyKind, isRequired, Problem, shown } from './fields.ts';
import { jsonText, Overflow } from './overflow.ts';
import type { PegbarRecord } from './record-types.ts';
import { RECORDS } from './records.ts';
import { RECORD_TYPES, type RecordType, STAGES } from './vocabulary.ts';

export interface RecordProblem {
  code: ErrorCode;
  /** Dotted path of the field, '' for the line as a whole. */
  field: string;
  message: string;
}
export type ParsedRecord = { ok: true; value: PegbarRecord } | { ok: false; error: RecordProblem };

/**
 * Flat names of nested fields. `model_id` is part of the reference event; the others are the column names, so that
 * what Pegbar exports can be sent again and flat senders land in the same columns.
 */
export const FLAT_NAMES: Readonly<Record<string, readonly [group: string, member: string]>> = {
  model_id: ['model', 'version'],
  model_version: ['model', 'version'],
  model_family: ['model', 'family'],
  checkpoint_hash: ['model', 'checkpoint_hash'],
  loras: ['model', 'loras'],
  sampler: ['params', 'sampler'],
  scheduler: ['params', 'scheduler'],
  steps: ['params', 'steps'],
  cfg: ['params', 'cfg'],
  seed: ['params', 'seed'],
  resolution: ['params', 'resolution'],
  width: ['params', 'width'],
  height: ['params', 'height'],
  denoise: ['params', 'denoise'],
  negative_prompt: ['prompt', 'negative'],
  prompt_language: ['prompt', 'language'],
  gpu_type: ['resources', 'gpu_type'],
  gpu_mem_mb: ['resources', 'gpu_mem_mb'],
  gpu_count: ['resources', 'gpu_count'],
  batch_size: ['resources', 'batch_size'],
  hardware_class: ['resources', 'hardware_class'],
  latency_ms: ['metrics', 'latency_ms'],
  rps: ['metrics', 'rps'],
  gpu_util: ['metrics', 'gpu_util'],
  gpu_seconds: ['metrics', 'gpu_seconds'],
  cost_usd: ['metrics', 'cost_usd'],
  queue_wait_ms: ['metrics', 'queue_wait_ms'],
  clip_i: ['quality', 'clip_i'],
  aesthetic: ['quality', 'aesthetic'],
  nsfw_flag: ['quality', 'nsfw_flag'],
  nsfw: ['quality', 'nsfw_flag'],
  toxicity: ['quality', 'toxicity'],
  face_ok: ['quality', 'face_ok'],
  pose_ok: ['quality', 'pose_ok'],
  style_distance: ['quality', 'style_distance'],
  watermark: ['quality', 'watermark'],
  error_code: ['error', 'code'],
  error_message: ['error', 'message'],
  image_uri: ['artifacts', 'image_uri'],
  thumb_uri: ['artifacts', 'thumb_uri'],
  embedding_uri: ['artifacts', 'embedding_uri'],
};

type Loose = Record<string, unknown>;

interface Shape {
  members: ReadonlyMap<string, AnyKind>;
  required: readonly (readonly [string, AnyKind])[];
  /** Flat names whose group this record type has. */
  flat: ReadonlyMap<string, readonly [string, string]>;
}

const SHAPES = new Map<string, Shape>(
  RECORD_TYPES.map((type) => {
    const all = Object.entries<AnyKind>(RECORDS[type]);
    const members = new Map(all);
    const flat = Object.entries(FLAT_NAMES).filter(
      ([name, [group]]) => members.has(group) && !members.has(name),
    );
    const needed = all.filter(([, kind]) => isRequired(kind));
    return [type, { members, required: needed, flat: new Map(flat) }];
  }),
);

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refuse = (code: ErrorCode, field: string, message: string): ParsedRecord => ({
  ok: false,
  error: { code, field, message },
});

/** A whole number of 16 digits or more as the value of a member; an unescaped quote cannot stand inside a string. */
const LONG_INTEGER = /(?<!\\)"(\s*:\s*)(-?\d{16,})(?=\s*[,}])/g;

/**
 * JSON.parse that keeps whole numbers beyond 2^53 exact, as text: seeds have 64 bits, and some ids do too.
 * Throws SyntaxError like JSON.parse.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(/\d{16}/.test(text) ? text.replace(LONG_INTEGER, '"$1"$2"') : text);
}

/** Reads the text of one NDJSON line. Never throws. */
export function parseLine(line: string): ParsedRecord {
  let json: unknown;
  try {
    json = parseExactJson(line);
  } catch (error) {
    return refuse('invalid_json', '', `${(error as Error).message}; send one JSON object on each line`);
  }
  return parseRecord(json);
}

/** Reads the value of one line. Never throws, whatever the value; the value itself is not changed. */
export function parseRecord(json: unknown): ParsedRecord {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse('invalid_record', '', `${shown(json)} is not a JSON object`);
  }
  const given = json as Loose;
  const type = given.type ?? 'stage';
  const shape = typeof type === 'string' ? SHAPES.get(type) : undefined;
  if (shape === undefined) {
    return refuse('unknown_type', 'type', `${shown(type)} is not one of ${RECORD_TYPES.join(', ')}`);
  }
  const overflow = new Overflow();
  const out: Loose = { type, attributes: overflow.map };
  const problem = readLine(shape, given, out, overflow) ?? checkWhole(type as RecordType, shape, out);
  if (problem !== undefined) return refuse(problem.code, problem.path, problem.message);
  const { failure } = overflow;
  if (failure !== undefined) return refuse(failure.code, failure.field, failure.message);
  return { ok: true, value: out as PegbarRecord };
}

function readLine(shape: Shape, given: Loose, out: Loose, overflow: Overflow): Problem | undefined {
  let flat: string[] | undefined;
  for (const key in given) {
    const member = shape.members.get(key);
    if (member !== undefined) {
      const read = member.read(given[key], overflow);
      if (read instanceof Problem) return read.under(key);
      if (read !== undefined) out[key] = read;
    } else if (shape.flat.has(key)) {
      flat ??= [];
      flat.push(key);
    } else if (key === 'attributes' && isObject(given[key])) {
      overflow.add('', given[key]);
    } else if (key !== 'type') {
      overflow.add(key, given[key]);
    }
  }
  return flat === undefined ? undefined : readFlat(shape, given, flat, out, overflow);
}

/** Flat names come after the groups: where both say something, the group wins and the other is kept as it was said. */
function readFlat(
  shape: Shape,
  given: Loose,
  names: string[],
  out: Loose,
  overflow: Overflow,
): Problem | undefined {
  const raw: Loose = { ...given };
  if (names.includes('width') && names.includes('height') && raw.resolution === undefined) {
    raw.resolution = { width: raw.width, height: raw.height };
    names = names.filter((name) => name !== 'width' && name !== 'height').concat('resolution');
  }
  for (const name of names) {
    const place = shape.flat.get(name);
    const kind = place === undefined ? undefined : shape.members.get(place[0])?.members?.[place[1]];
    if (place === undefined || kind === undefined) {
      overflow.add(name, raw[name]);
      continue;
    }
    const read = kind.read(raw[name], overflow);
    if (read instanceof Problem) return read.under(name);
    if (read === undefined) continue;
    const group = (out[place[0]] ?? {}) as Loose;
    out[place[0]] = group;
    const said = group[place[1]];
    if (said === undefined) group[place[1]] = read;
    else if (jsonText(said) !== jsonText(read)) overflow.add(name, raw[name]);
  }
  return undefined;
}

const missing = (field: string, message: string): Problem =>
  new Problem('missing_field', message).under(field);

/** What holds between the fields of a record, and what is said where the sender did not. */
function checkWhole(type: RecordType, shape: Shape, out: Loose): Problem | undefined {
  for (const [name, kind] of shape.required) {
    if (out[name] === undefined) return missing(name, `${name} is missing: ${kind.doc}`);
  }
  switch (type) {
    case 'stage':
    case 'boundary':
      // The request of a sender that only traces is its trace.
      out.request_id ??= out.trace_id;
      if (out.request_id === undefined)
        return missing('request_id', 'send request_id, or trace_id in its place');
      if (out.pipeline_stage === undefined && out.boundary === undefined && out.outcome === undefined) {
        return missing('pipeline_stage', `send pipeline_stage, one of ${STAGES.join(', ')}`);
      }
      return undefined;
    case 'score':
      if (out.value === undefined && out.label === undefined) return missing('value', 'send value or label');
      return needsSubject(out);
    case 'feedback':
    case 'embedding':
      return needsSubject(out);
    case 'deployment':
      if (out.version === undefined && out.kind !== 'planned_load') {
        return missing('version', 'version is missing: only planned_load goes without');
      }
      out.id ??= [out.kind, out.version].filter((part) => part !== undefined).join(':');
      return undefined;
    default:
      return undefined;
  }
}

const needsSubject = (out: Loose): Problem | undefined =>
  out.image_id === undefined && out.request_id === undefined
    ? missing('image_id', 'send image_id or request_id')
    : undefined;
