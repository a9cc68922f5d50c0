import { createHash } from 'node:crypto';
import type { PictureFacts } from './containers/index.ts';
import { fileUri, type PictureFile } from './file.ts';
import type { Recipe } from './generators/index.ts';

/** What the user says of all pictures of a run. */
export interface PictureTags {
  tenant?: string | undefined;
  workload?: string | undefined;
  collection?: string | undefined;
  region?: string | undefined;
  traffic_source?: string | undefined;
  license?: string | undefined;
}

export interface PictureRecords {
  image_id: string;
  /** The picture itself: every file has one. */
  picture: Record<string, unknown>;
  /** How it was made, where the file says it; of a clip its frames. */
  others: Record<string, unknown>[];
}

/** Limits of the contract, to which what files say is cut: a strange file must not be refused for one strange field. */
const NAME_MOST = 512;
const PROMPT_MOST = 65_536;
const LIST_MOST = 256;
const URI_MOST = 4_096;
const SIDE_MOST = 1_048_576;
/** `steps` is a column of 16 bits. */
const STEPS_MOST = 65_535;
const GRAPH_MOST = 262_144;
/** Shapes that a run remembers; a studio has dozens. */
const GRAPHS_MOST = 10_000;
const DURATION_MOST_MS = 30 * 86_400_000;
/** 1980, the earliest a file's time can be, and 2200. */
const TIME_LEAST_MS = 315_532_800_000;
const TIME_MOST_MS = 7_258_118_400_000;

/**
 * The records of a picture. Identity and ids come from the bytes alone: the same picture is the same in every
 * folder, today and in a year. What the user says beside it (collection, licence) makes a record of its own, so that
 * a later run can add it. `graphs`: hashes of workflows that were told in this run; the picture's is added.
 */
export function recordsOf(
  file: PictureFile,
  facts: PictureFacts,
  recipe: Recipe | undefined,
  tags: PictureTags,
  graphs: Set<string> = new Set(),
): PictureRecords {
  const image_id = file.digest;
  const isClip = facts.frames > 1 || facts.type.startsWith('video/');
  const uri = uriOf(file.path, file.digest);
  const common = {
    timestamp: timeOf(recipe?.time_ms ?? facts.time_ms ?? file.mtime_ms),
    tenant: tags.tenant,
    region: tags.region,
    workload: tags.workload ?? (isClip ? 'animation' : 'single_image'),
    traffic_source: tags.traffic_source,
    image_id,
    collection: tags.collection,
    license: tags.license,
    ...(isClip ? { sequence_id: image_id } : {}),
  };
  const request_id = recipe && `image-${file.digest.slice(0, 32)}`;
  const picture = {
    type: 'artifact',
    event_id: `image:${file.digest}:file${told(tags)}`,
    ...common,
    request_id,
    uri,
    kind: isClip ? 'video' : 'image',
    width: side(facts.width),
    height: side(facts.height),
    bytes: file.size,
    sha256: file.digest,
  };
  const others: Record<string, unknown>[] = [];
  if (recipe && request_id) {
    const attributes = { 'pegbar.import': true, ...attributesOf(recipe, facts) };
    const head = { type: 'stage', event_id: `image:${file.digest}:made`, ...common, request_id };
    others.push({ ...head, ...made(recipe, facts, graphs), artifacts: { image_uri: uri }, attributes });
  }
  const frames = framesOf(file, facts, common, request_id);
  if (frames) others.push(frames);
  return { image_id, picture, others };
}

/** A suffix for what a run adds to a picture, so that it is news once and never again. */
function told({ collection, license, workload, region, traffic_source }: PictureTags): string {
  const said = [collection, license, workload, region, traffic_source];
  if (said.every((one) => one === undefined)) return '';
  return `:${createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16)}`;
}

/** The graph itself goes with the first picture of its shape in a run; the others name it by the hash. */
function graphOf({ workflow }: Recipe, graphs: Set<string>): string | undefined {
  if (!workflow || workflow.text.length > GRAPH_MOST || graphs.has(workflow.hash)) return undefined;
  if (graphs.size < GRAPHS_MOST) graphs.add(workflow.hash);
  return workflow.text;
}

function made(recipe: Recipe, facts: PictureFacts, graphs: Set<string>): Record<string, unknown> {
  const { sampler, scheduler, cfg, seed } = recipe;
  const width = side(recipe.width) ?? side(facts.width);
  const height = side(recipe.height) ?? side(facts.height);
  return {
    pipeline_stage: 'generate',
    outcome: 'succeeded',
    user_id_hash: recipe.user?.slice(0, LIST_MOST),
    model: {
      version: name(recipe.model),
      family: name(recipe.family),
      checkpoint_hash: name(recipe.model_hash),
      loras: recipe.loras
        .slice(0, LIST_MOST)
        .map(({ id, weight }) => ({ id: id.slice(0, NAME_MOST), weight })),
    },
    params: {
      sampler: name(sampler),
      scheduler: name(scheduler),
      steps: whole(recipe.steps, STEPS_MOST),
      cfg: finite(cfg),
      seed,
      resolution: width && height ? { width, height } : undefined,
      denoise: recipe.denoise !== undefined && recipe.denoise >= 0 ? finite(recipe.denoise) : undefined,
    },
    prompt: { text: recipe.prompt?.slice(0, PROMPT_MOST), negative: recipe.negative?.slice(0, PROMPT_MOST) },
    workflow: graphOf(recipe, graphs),
    conditioning: {
      reference_images: list(recipe.reference_images),
      control_maps: list(recipe.control_maps),
      embeddings: list(recipe.embeddings),
    },
    resources: { batch_size: whole(recipe.batch_size, STEPS_MOST) },
    metrics: { latency_ms: within(recipe.latency_ms, DURATION_MOST_MS) },
  };
}

function attributesOf(recipe: Recipe, facts: PictureFacts): Record<string, unknown> {
  return {
    'pegbar.generator': recipe.generator,
    ...(recipe.version ? { 'pegbar.generator.version': name(recipe.version) } : {}),
    ...(recipe.workflow ? { 'comfyui.workflow_hash': recipe.workflow.hash } : {}),
    ...(facts.frames > 1 ? { 'pegbar.frames': facts.frames } : {}),
    ...recipe.more,
  };
}

/** A clip's own rate: frames produced in the time that they fill. */
function framesOf(
  file: PictureFile,
  facts: PictureFacts,
  common: Record<string, unknown>,
  request_id: string | undefined,
): Record<string, unknown> | undefined {
  const seconds = (facts.duration_ms ?? 0) / 1_000;
  if (facts.frames < 2 || seconds <= 0 || seconds > DAY_S) return undefined;
  const { collection: _collection, license: _license, ...tags } = common;
  return {
    type: 'frames',
    event_id: `image:${file.digest}:frames`,
    ...tags,
    request_id,
    side: 'produced',
    window_s: seconds,
    frames: facts.frames,
  };
}
const DAY_S = 86_400;

const uriOf = (absolute: Buffer, digest: string): string => {
  const uri = fileUri(absolute);
  return uri.length <= URI_MOST ? uri : `sha256:${digest}`;
};

const timeOf = (ms: number): number => Math.round(Math.min(Math.max(ms, TIME_LEAST_MS), TIME_MOST_MS));
const name = (text: string | undefined): string | undefined => text?.slice(0, NAME_MOST);
const list = (texts: readonly string[]): string[] =>
  texts.slice(0, LIST_MOST).map((one) => one.slice(0, URI_MOST));
const finite = (value: number | undefined): number | undefined =>
  value !== undefined && Number.isFinite(value) && Math.abs(value) < FLOAT_MOST ? value : undefined;
/** Largest number of a column of 32-bit floats. */
const FLOAT_MOST = 3e38;
const within = (value: number | undefined, most: number): number | undefined =>
  value !== undefined && value >= 0 && value <= most ? value : undefined;
const whole = (value: number | undefined, most: number): number | undefined => {
  const rounded = value === undefined ? undefined : Math.round(value);
  return within(rounded, most);
};
const side = (value: number | undefined): number | undefined =>
  value !== undefined && Number.isInteger(value) && value >= 1 && value <= SIDE_MOST ? value : undefined;
