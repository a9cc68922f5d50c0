/** The end of a prompt: its stages, its pictures, its request. The node inside ComfyUI tells the same, and more. */
import { digest } from './identity.ts';
import type { Picture, Run, StageRun } from './run.ts';
import { isSampler, workloadOf } from './stages.ts';
import { record, type Span, type Tags, type Told, withoutNothing } from './tell.ts';

export const ROOT_NAME = 'comfyui prompt';
/** A longer graph is told by its hash alone; the largest shared ones have some 300 KB. */
const GRAPH_MOST = 500_000;

const told = (parts: Partial<Told>): Told => ({ spans: [], records: [], finished: [], ...parts });

export const tellReceived = (run: Run, tags: Tags): Told =>
  told({ records: [boundary(run, tags, 'prompt_received', run.received)] });

export const tellQueue = (tags: Tags, depth: number, at: number): Told =>
  told({
    records: [
      record(undefined, tags, 'queue', at, `comfyui:queue:${tags.queue}:${at}`, { queue: tags.queue, depth }),
    ],
  });

function boundary(
  run: Run,
  tags: Tags,
  name: string,
  at: number,
  image_id?: string,
  index = 0,
): Record<string, unknown> {
  return record(run, tags, 'boundary', at, run.eventId('boundary', name, index), {
    boundary: name,
    image_id,
  });
}

/** A run with an end, in history or without. */
export function tellFinished(run: Run, tags: Tags, pictures: readonly LookedAt[]): Told {
  const end = run.end ?? run.put;
  for (const node of run.nodes.values()) if (node.end === undefined) run.endNode(node, end);
  standInStage(run, end);
  const spans = [...cachedSpans(run), ...nodeSpans(run), ...stageSpans(run, tags, pictures)];
  if (run.start !== undefined && run.waited !== undefined)
    spans.push(
      span(run, 'queue', run.spanId('queue'), run.rootSpan, run.put, run.start, {
        'pegbar.request.id': run.prompt_id,
      }),
    );
  spans.push(rootSpan(run, tags, end));
  const records = [boundary(run, tags, 'prompt_received', run.received), ...boundaries(run, tags)];
  for (const looked of pictures) records.push(...pictureRecords(run, tags, looked));
  if (run.start !== undefined) {
    records.push(
      record(run, tags, 'cache', end, run.eventId('cache', 'node'), {
        cache: 'node',
        hits: run.cached.length,
        misses: Math.max(0, run.shape.classes.size - run.cached.length),
      }),
    );
  }
  return told({ spans, records });
}

/** ComfyUI was stopped or killed while the prompt was open: queue and history are in its memory alone. */
export function tellLost(run: Run, tags: Tags, at: number): Told {
  run.outcome = 'failed';
  run.end = at;
  run.error = {
    code: 'internal',
    message: `ComfyUI ended while the prompt ${run.isRunning ? 'ran' : 'waited'}`,
  };
  const root = rootSpan(run, tags, at);
  root.attributes['pegbar.error.retriable'] = true;
  root.attributes['comfyui.killed'] = true;
  return told({ spans: [root], records: [boundary(run, tags, 'prompt_received', run.received)] });
}

/** What is known of a picture once it was looked at; without a look, its place. */
export interface LookedAt {
  picture: Picture;
  /** Its place among the pictures of the run. */
  index: number;
  sha256?: string | undefined;
  bytes?: number | undefined;
  width?: number | undefined;
  height?: number | undefined;
  frames?: number | undefined;
}

function pictureIdOf(run: Run, { picture, sha256 }: LookedAt): string {
  const { node, type, subfolder, filename } = picture;
  return sha256 ?? `comfyui-${digest(run.prompt_id, node, type, subfolder, filename).slice(0, 32)}`;
}

function uriOf(tags: Tags, { filename, subfolder, type }: Picture): string {
  return `${tags.url}/view?${new URLSearchParams({ filename, subfolder, type })}`;
}

const stageOfPicture = (run: Run, { node }: Picture): StageRun | undefined =>
  run.nodes.get(node)?.stage ?? run.stages.at(-1);

function pictureRecords(run: Run, tags: Tags, looked: LookedAt): Record<string, unknown>[] {
  const { picture, index, frames = 1, bytes, width, height, sha256 } = looked;
  const image_id = pictureIdOf(run, looked);
  const at = stageOfPicture(run, picture)?.end ?? run.end ?? run.put;
  const isClip = frames > 1;
  const facts = {
    image_id,
    uri: uriOf(tags, picture),
    kind: isClip ? 'video' : 'image',
    bytes,
    width,
    height,
    sha256,
  };
  return [
    record(run, tags, 'artifact', at, run.eventId('artifact', index), {
      ...facts,
      sequence_id: isClip ? image_id : undefined,
      workload: workload(run, tags),
    }),
    boundary(run, tags, 'frame_emitted', at, image_id, index),
  ];
}

/** What a stage says of a picture that came out of it. */
function pictureAttributes(run: Run, tags: Tags, looked: LookedAt): Record<string, unknown> {
  const { width, height, frames = 1 } = looked;
  const image_id = pictureIdOf(run, looked);
  return withoutNothing({
    ...recipe(run),
    ...prompts(run, tags),
    ...(width === undefined ? {} : { 'pegbar.width': width, 'pegbar.height': height }),
    'pegbar.image.id': image_id,
    'pegbar.image.uri': uriOf(tags, looked.picture),
    'pegbar.sequence.id': frames > 1 ? image_id : undefined,
    'pegbar.images': 0,
  });
}

/** Where no node could be seen, what is known is that something was made, and for how long. */
function standInStage(run: Run, end: number): void {
  const ran = [...run.shape.classes.keys()].some((id) => !run.cached.includes(id));
  if (run.nodes.size > 0 || run.start === undefined || !ran) return;
  const sampled = [...run.shape.samplers].some((id) => !run.cached.includes(id));
  run.stage(sampled ? 'generate' : 'postprocess', run.start).end = end;
}

function cachedSpans(run: Run): Span[] {
  const at = run.start ?? run.put;
  return run.cached.map((id) => {
    const type = run.shape.classes.get(id) ?? 'unknown';
    return span(run, type, run.spanId('node', id), run.rootSpan, at, at, nodeAttributes(run, id, type, true));
  });
}

function nodeSpans(run: Run): Span[] {
  return [...run.nodes.values()].map((node) => {
    const attributes = nodeAttributes(run, node.id, node.type, false);
    if (node.steps) {
      attributes['comfyui.steps_done'] = node.steps.last;
      attributes['comfyui.steps_planned'] = node.steps.most;
      attributes['comfyui.steps_per_second'] = rateOf(node.steps);
    }
    const parent = run.spanId('stage', node.stage.index);
    const made = span(
      run,
      node.type,
      run.spanId('node', node.id),
      parent,
      node.start,
      node.end ?? node.start,
      attributes,
    );
    made.error = node.error;
    return made;
  });
}

const nodeAttributes = (run: Run, id: string, type: string, cached: boolean): Record<string, unknown> => ({
  'pegbar.request.id': run.prompt_id,
  'comfyui.node_id': id,
  'comfyui.class_type': type,
  'comfyui.cached': cached,
});

function stageSpans(run: Run, tags: Tags, pictures: readonly LookedAt[]): Span[] {
  return run.stages.flatMap((stage) => {
    const made = pictures.filter(({ picture }) => stageOfPicture(run, picture) === stage);
    const [first, ...others] = made;
    const common = { ...tagsOf(run, tags), 'pegbar.stage': stage.name };
    const attributes = {
      ...common,
      ...(stage.name === 'generate' ? recipe(run) : {}),
      ...(first ? pictureAttributes(run, tags, first) : {}),
      // Pictures and frames are counted where they were made, and only there.
      ...(first ? { 'pegbar.images': made.reduce((sum, { frames = 1 }) => sum + frames, 0) } : {}),
    };
    const id = run.spanId('stage', stage.index);
    const own = span(run, stage.name, id, run.rootSpan, stage.start, stage.end, attributes);
    own.error = errorOf(run, stage);
    // Further pictures of a batch: the same work over the same time, so that every picture has its recipe.
    const more = others.map((looked) => {
      const said = { ...common, ...pictureAttributes(run, tags, looked), 'pegbar.gpu.seconds': 0 };
      return span(run, 'picture', run.spanId('picture', looked.index), id, stage.start, stage.end, said);
    });
    return [own, ...more];
  });
}

function errorOf(run: Run, stage: StageRun): Span['error'] {
  if (run.nodes.size === 0) return run.error;
  return [...run.nodes.values()].find((node) => node.stage === stage && node.error)?.error;
}

function rootSpan(run: Run, tags: Tags, end: number): Span {
  const main = new Set(run.settings?.passes.map((one) => one.node_id));
  const rates = [...run.nodes.values()]
    .filter((node) => main.has(node.id) && node.steps)
    .map((node) => rateOf(node.steps!));
  const attributes = withoutNothing({
    ...tagsOf(run, tags),
    ...recipe(run),
    ...prompts(run, tags),
    'pegbar.outcome': run.outcome,
    'pegbar.queue.wait_ms': run.waited,
    'comfyui.pictures': run.pictures.length,
    'pegbar.workflow': tags.withPrompts ? graphText(run) : undefined,
    'comfyui.prompt_id': run.prompt_id,
    'comfyui.workflow_hash': run.workflow_hash || undefined,
    'comfyui.nodes': run.shape.classes.size,
    'comfyui.nodes_cached': run.cached.length,
    'comfyui.nodes_executed': run.nodes.size > 0 ? run.nodes.size : undefined,
    'comfyui.steps_per_second': rates.at(-1),
    'comfyui.node_detail': run.nodes.size > 0,
    'comfyui.watched_from': 'outside',
  });
  const root = span(run, ROOT_NAME, run.rootSpan, undefined, run.received, end, attributes, 2);
  root.error = run.error;
  return root;
}

function boundaries(run: Run, tags: Tags): Record<string, unknown>[] {
  const sampled = [...run.nodes.values()].filter((node) => isSampler(run.shape, node.id, node.type));
  if (sampled.length === 0) return [];
  const started = boundary(run, tags, 'inference_started', Math.min(...sampled.map((node) => node.start)));
  if (run.outcome !== 'succeeded') return [started];
  const ended = boundary(
    run,
    tags,
    'inference_finished',
    Math.max(...sampled.map((node) => node.end ?? node.start)),
  );
  const done = run.stages.filter((stage) => stage.name === 'postprocess').at(-1);
  return done ? [started, ended, boundary(run, tags, 'postprocess_done', done.end)] : [started, ended];
}

function span(
  run: Run,
  name: string,
  span_id: string,
  parent: string | undefined,
  start: number,
  end: number,
  attributes: Record<string, unknown>,
  kind: 1 | 2 = 1,
): Span {
  return {
    trace_id: run.trace_id,
    span_id,
    parent,
    name,
    kind,
    start,
    end: Math.max(start, end),
    attributes,
    error: undefined,
  };
}

const workload = (run: Run, tags: Tags): string =>
  tags.workload ?? workloadOf(run.shape, run.settings?.batch_size, run.pictures.length);

const tagsOf = (run: Run, tags: Tags): Record<string, unknown> =>
  withoutNothing({
    'pegbar.request.id': run.prompt_id,
    'pegbar.workload': workload(run, tags),
    'pegbar.model.version': run.settings?.model,
  });

function recipe(run: Run): Record<string, unknown> {
  const { settings } = run;
  if (!settings) return {};
  const list = <T>(items: readonly T[]): readonly T[] | undefined => (items.length > 0 ? items : undefined);
  return withoutNothing({
    'pegbar.loras': settings.loras.length > 0 ? JSON.stringify(settings.loras) : undefined,
    'pegbar.sampler': settings.sampler,
    'pegbar.scheduler': settings.scheduler,
    'pegbar.steps': settings.steps,
    'pegbar.cfg': settings.cfg,
    'pegbar.seed': settings.seed,
    'pegbar.denoise': settings.denoise,
    'pegbar.width': settings.width,
    'pegbar.height': settings.height,
    'pegbar.batch_size': settings.batch_size,
    'pegbar.reference_images': list(settings.reference_images),
    'pegbar.control_maps': list(settings.control_maps),
    'pegbar.embeddings': list(settings.embeddings),
    'comfyui.guidance': settings.guidance,
    'comfyui.clip_skip': settings.clip_skip,
    'comfyui.vae': settings.vae,
  });
}

function prompts(run: Run, tags: Tags): Record<string, unknown> {
  const { positive, negative } = run.settings ?? {};
  if (!tags.withPrompts) return withoutNothing({ 'pegbar.prompt.length': positive?.length });
  return withoutNothing({ 'pegbar.prompt': positive, 'pegbar.negative_prompt': negative });
}

function graphText(run: Run): string | undefined {
  const text = JSON.stringify(run.graph, (_key, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return text.length > 2 && text.length <= GRAPH_MOST ? text : undefined;
}

const rateOf = ({
  from,
  to,
  first,
  last,
}: {
  from: number;
  to: number;
  first: number;
  last: number;
}): number | undefined =>
  last > first && to > from ? Math.round(((last - first) / (to - from)) * 1e7) / 1e4 : undefined;
