/**
 * Every record that a line may hold. The tables below are the source: types, reader, JSON Schema, OpenAPI, docs
 * and the Python types come from them. `stage` is the reference event of the product, field by field.
 */
import { countOrList, list, loras, resolution, vector, workflow } from './compound-fields.ts';
import {
  amount,
  count,
  duration,
  flag,
  hexId,
  id,
  instant,
  type Kind,
  type Members,
  number,
  oneOf,
  required,
  scoreValue,
  seed,
  share,
  text,
} from './fields.ts';
import { group } from './groups.ts';
import { MAX_COUNT, MAX_MESSAGE_LENGTH, MAX_PROMPT_LENGTH, MAX_TOKENS, MAX_URI_LENGTH } from './limits.ts';
import { stageErrorCode } from './stage-errors.ts';
import {
  BOUNDARIES,
  CACHES,
  DEPLOYMENT_KINDS,
  DEPLOYMENT_STATUSES,
  FEEDBACK_ACTIONS,
  FRAME_SIDES,
  MODEL_LOAD_ACTIONS,
  OUTCOMES,
  type RecordType,
  STAGES,
  WORKLOADS,
} from './vocabulary.ts';

const uri = (doc: string): Kind<string> => text(doc, MAX_URI_LENGTH);

const model = group(
  'The model that made it; a plain text is its version.',
  { name: 'model', short: 'version' },
  {
    family: text('Family or architecture, for example `sdxl` or `wan`.'),
    version: text('Version, the segment `model_version`; `model_id` is another name of it.'),
    checkpoint_hash: text("Hash of the checkpoint's file."),
    loras: loras('LoRA stack in order: ids, `id:weight`, or `{id, weight}`; weight 1 where not said.'),
  },
);

const consent = group(
  'Consent to use the picture or the prompt; a plain text is its state.',
  { name: 'consent', short: 'state' },
  {
    state: text('State of the consent, in the words of the sender.'),
    at: instant('When it was given or changed.'),
  },
);

/** What every record may say. */
const common = {
  event_id: id('Identity of the record for deduplication; without it the digest of the canonical line.'),
  timestamp: required(
    instant('End of what is told, RFC 3339 or epoch milliseconds; start = timestamp − latency_ms.'),
  ),
  tenant: text('Tenant; the tenant of the key wins; `default` where nothing is said.'),
  region: text('Region that served it.'),
  workload: oneOf('Workload.', WORKLOADS),
  traffic_source: text('Where the request came from: app, api, batch, canary, ….'),
  model,
} as const;

/** Ids that join a record of any type to the rest. */
const joins = {
  request_id: id('Request it belongs to.'),
  session_id: id('Session of the user.'),
  image_id: id('Picture or frame it is about.'),
  sequence_id: id('Clip whose ordered frames it belongs to.'),
  trace_id: hexId('Trace, 32 hexadecimal digits.', 32),
  span_id: hexId('Span, 16 hexadecimal digits.', 16),
  hardware_class: text('Class of hardware, a segment: `standard`, `large`, ….'),
} as const;

const { hardware_class: hardwareClass, ...stageJoins } = joins;

const stage = {
  ...common,
  ...stageJoins,
  user_id_hash: id('User, hashed by the sender; hashed again with the secret of the tenant.'),
  parent_span_id: hexId('Span above it.', 16),
  attempt: count('Number of the attempt, 1 for the first.'),
  retry_of: id('Request that this one tries again.'),
  collection: text('Named set of reference pictures of one style.'),
  pipeline_stage: oneOf('Step of the request that ended.', STAGES),
  boundary: oneOf('Boundary event told with it.', BOUNDARIES),
  outcome: oneOf('Outcome of the request, where this event ends it.', OUTCOMES),
  params: group(
    'Parameters of the generation.',
    { name: 'params' },
    {
      sampler: text('Sampler.'),
      scheduler: text('Noise scheduler.'),
      steps: count('Sampling steps.'),
      cfg: number('Guidance scale.'),
      seed: seed('Seed, an unsigned 64-bit integer, as number or text.'),
      resolution: resolution('Size of the output, `768x768` or `{width, height}`.'),
      denoise: number('Denoising strength.', { min: 0 }),
    },
  ),
  prompt: group(
    'The prompt; a plain text is its text. Protected before anything is stored.',
    { name: 'prompt', short: 'text' },
    {
      text: text('Text of the prompt.', MAX_PROMPT_LENGTH),
      negative: text('Negative prompt.', MAX_PROMPT_LENGTH),
      length: count('Length in characters.'),
      tokens: countOrList('Number of tokens, or the tokens.', MAX_TOKENS),
      language: text('Language, BCP 47.'),
      redactions: countOrList('Number of redactions the sender applied, or their names.', MAX_TOKENS),
    },
  ),
  workflow: workflow(
    'Workflow graph that made the picture, as a JSON object or its text. Protected before anything is stored.',
  ),
  conditioning: group(
    'What steered the generation beside the prompt.',
    { name: 'conditioning' },
    {
      reference_images: list('Reference pictures: ids or URIs.', undefined, MAX_URI_LENGTH),
      control_maps: list('Control maps: kinds, ids or URIs.', undefined, MAX_URI_LENGTH),
      embeddings: list('Textual inversions and other embeddings.', undefined, MAX_URI_LENGTH),
    },
  ),
  resources: group(
    'What it ran on.',
    { name: 'resources' },
    {
      gpu_type: text('GPU, as its vendor names it.'),
      gpu_mem_mb: amount('GPU memory used at the peak.', 'MB'),
      gpu_count: count('GPUs used; 1 where not said.'),
      batch_size: count('Pictures in the batch.'),
      hardware_class: hardwareClass,
    },
  ),
  metrics: group(
    'Figures of the stage.',
    { name: 'metrics' },
    {
      latency_ms: duration('Duration of the stage.'),
      rps: amount('Requests per second of the instance, as the sender counts them.', '1/s'),
      gpu_util: share('GPU utilisation during the stage.'),
      gpu_seconds: amount('GPU seconds of one GPU; multiplied by gpu_count for GPU-hours.', 's'),
      cost_usd: amount('Cost.', 'usd'),
      queue_wait_ms: duration('Time in the queue before it.'),
    },
  ),
  quality: group(
    'Scores known when the stage ended; later ones come as score records.',
    { name: 'quality' },
    {
      clip_i: number('CLIP image similarity to the reference.', { min: -1, max: 1 }),
      aesthetic: number('Aesthetic score, usually 1 to 10.'),
      nsfw_flag: flag('Flagged as not safe for work.'),
      toxicity: share('Toxicity of the prompt or picture.'),
      face_ok: flag('Faces are well formed.'),
      pose_ok: flag('Poses are well formed.'),
      style_distance: amount("Distance to the centroid of the collection's style.", ''),
      watermark: flag('A watermark was found.'),
    },
  ),
  error: group(
    'Why it failed; a plain text is its code.',
    { name: 'error', short: 'code' },
    {
      code: stageErrorCode('Code of the taxonomy; other words are mapped to it and kept in `attributes`.'),
      message: text('Message; redacted before it is stored.', MAX_MESSAGE_LENGTH),
      retriable: flag('Trying again may help.'),
    },
  ),
  artifacts: group(
    'Where the outputs are.',
    { name: 'artifacts' },
    {
      image_uri: uri('The picture.'),
      thumb_uri: uri('Its thumbnail.'),
      embedding_uri: uri('Its embedding.'),
    },
  ),
  consent,
  license: text('Licence of the output.'),
} as const;

const boundary = {
  ...common,
  ...joins,
  boundary: required(oneOf('Boundary that was reached.', BOUNDARIES)),
  pipeline_stage: oneOf('Step it belongs to, where not plain from the boundary.', STAGES),
} as const;

const score = {
  ...common,
  ...joins,
  name: required(text('What was scored: aesthetic, clip_i, nsfw, face_ok, watermark, style_distance, ….')),
  value: scoreValue('Number; yes and no are 1 and 0.'),
  label: text('Label, where the score is one.'),
  scorer: text('Who or what scored.'),
  scorer_version: text('Its version.'),
} as const;

const feedback = {
  ...common,
  ...joins,
  action: required(oneOf('What the user did with the picture.', FEEDBACK_ACTIONS)),
  user_id_hash: stage.user_id_hash,
} as const;

const deployment = {
  ...common,
  id: id('Identity of the deployment; kind and version where not said.'),
  kind: required(oneOf('What changed.', DEPLOYMENT_KINDS)),
  version: text('Version that starts or ends to serve; needed except for planned_load.'),
  previous: text('Version before it.'),
  status: required(oneOf('What happened.', DEPLOYMENT_STATUSES)),
  note: text('For the people who read the chart.', MAX_MESSAGE_LENGTH),
  url: uri('Pull request, build, change ticket.'),
} as const;

const frames = {
  ...common,
  ...joins,
  sequence_id: required(joins.sequence_id),
  side: required(oneOf('Where it was counted.', FRAME_SIDES)),
  window_s: required(number('Length of the window.', { min: 0, max: 86_400, unit: 's' })),
  frames: required(amount('Frames in the window.', 'frames')),
  dropped: amount('Frames that were not shown.', 'frames'),
  duplicated: amount('Frames shown again without being meant to.', 'frames'),
  held: amount('Frames shown again on purpose (drawn on twos or threes).', 'frames'),
  stalls: count('Times that playing stopped for want of frames.'),
  playing_s: number('Seconds of the window in which it was playing and visible.', {
    min: 0,
    max: 86_400,
    unit: 's',
  }),
  interval_ms: group(
    'Intervals between frames.',
    { name: 'interval_ms' },
    {
      p50: duration('Median.'),
      p95: duration('95th percentile.'),
      p99: duration('99th percentile.'),
      max: duration('Longest.'),
    },
  ),
  declared_fps: number('Frame rate that the clip declares.', { min: 0, max: 1000, unit: 'fps' }),
} as const;

const queue = {
  ...common,
  hardware_class: joins.hardware_class,
  queue: required(text('Name of the queue.')),
  depth: required(amount('Jobs that wait.', 'jobs')),
  wait_ms: duration('Wait of the job that left last, or the mean of the sample.'),
  admitted: count('Jobs admitted since the last sample.'),
  denied: count('Jobs denied since the last sample.'),
} as const;

const modelLoad = {
  ...common,
  ...joins,
  action: required(oneOf('Load or unload.', MODEL_LOAD_ACTIONS)),
  duration_ms: required(duration('How long it took.')),
  bytes: amount('Size of what was loaded.', 'bytes'),
  hit: flag('It was resident already.'),
  host: text('Host.'),
} as const;

const cache = {
  ...common,
  ...joins,
  cache: required(oneOf('Which cache.', CACHES)),
  hits: count('Found.'),
  misses: count('Not found.'),
  host: text('Host.'),
} as const;

const io = {
  ...common,
  hardware_class: joins.hardware_class,
  host: required(text('Host.')),
  disk_read_bps: amount('Read from disk.', 'bytes/s'),
  disk_write_bps: amount('Written to disk.', 'bytes/s'),
  net_rx_bps: amount('Received.', 'bytes/s'),
  net_tx_bps: amount('Sent.', 'bytes/s'),
  io_wait: share('Share of time that the CPU waited for the disk.'),
} as const;

const gpu = {
  ...common,
  hardware_class: joins.hardware_class,
  host: required(text('Host.')),
  gpu_id: required(text('GPU within the host: index or UUID.')),
  gpu_type: text('GPU, as its vendor names it.'),
  util: share('Utilisation.'),
  mem_used_mb: amount('Memory in use.', 'MB'),
  mem_total_mb: amount('Memory of the GPU.', 'MB'),
  temp_c: number('Temperature.', { min: -273.15, max: 1000, unit: '°C' }),
  power_w: amount('Power drawn.', 'W'),
  errors: number('Errors (XID, ECC) since the last sample.', { min: 0, max: MAX_COUNT, int: true }),
} as const;

const artifact = {
  ...common,
  ...joins,
  image_id: required(joins.image_id),
  uri: required(uri('Where the bytes are.')),
  kind: text('image, frame, thumbnail, embedding, control_map, workflow, video, ….'),
  width: number('Width.', { min: 0, max: MAX_COUNT, int: true, unit: 'px' }),
  height: number('Height.', { min: 0, max: MAX_COUNT, int: true, unit: 'px' }),
  bytes: amount('Size.', 'bytes'),
  sha256: text('SHA-256 of the bytes, hexadecimal.', 64),
  collection: stage.collection,
  consent,
  license: stage.license,
} as const;

/** Tones of a palette: `#rrggbb share`; more than a screen shows side by side is a histogram. */
const MAX_TONES = 16;

const embedding = {
  ...common,
  ...joins,
  embedder: required(text('Who embedded: the name of the model.')),
  embedder_version: required(text('Its version: vectors of different versions are never compared.')),
  vector: required(vector('The vector; all of one embedder and version are of one length.')),
  palette: list('Main colours of the picture with their shares, commonest first: `#c81e1e 0.42`.', MAX_TONES),
} as const;

/** The members of every record type. */
export const RECORDS = {
  stage,
  boundary,
  score,
  feedback,
  deployment,
  frames,
  queue,
  model_load: modelLoad,
  cache,
  io,
  gpu,
  artifact,
  embedding,
} as const satisfies Record<RecordType, Members>;
