/**
 * The tables of the telemetry store as data: one source for the DDL, the column builders of ingest, the
 * published views and the reference page. Types are ClickHouse's. Every table starts with `tenant` and ends
 * with `part` (UTC day of ingest: retention counts from it, so that pictures of 2023 live as long as the
 * folder that was imported today) and `seg` (the spool segment that carried the row: recovery counts by it).
 */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
  readonly codec?: string;
  /** Expression over the other columns that fills it where an insert does not. */
  readonly default?: string;
  /** Not stored itself: some bytes of another column, of as many as the type has, from `at`. It is read and written by its own name. */
  readonly part?: { readonly of: string; readonly at: number };
}

export interface Table {
  readonly name: string;
  readonly doc: string;
  /** Which retention of the tenant's spec applies; rollups have one per grain. */
  readonly retention: 'spans' | 'logs' | 'metrics' | 'events' | 'hour_rollups' | 'day_rollups' | 'none';
  readonly engine: 'MergeTree' | 'AggregatingMergeTree';
  readonly partitionBy: string;
  readonly orderBy: readonly string[];
  readonly columns: readonly Column[];
  readonly indexes?: readonly string[];
  readonly settings?: Readonly<Record<string, number>>;
}

const lc = 'LowCardinality(String)';
const time = "DateTime64(9, 'UTC')";
const col = (name: string, type: string, doc: string, codec?: string): Column =>
  codec ? { name, type, doc, codec } : { name, type, doc };

/**
 * Values of eight bytes that seldom change, which the lengths of texts of few words are too: the first two levels of
 * ZSTD take a quarter of a byte for each repetition of such a value, the third a hundredth.
 */
const REPEATED = 'ZSTD(3)';
const FEW_WORDS = REPEATED;

const tenant = col('tenant', lc, 'who the row belongs to', 'ZSTD(1)');
const timestamp = col('timestamp', time, 'end of what is told, UTC', 'Delta(8), ZSTD(1)');
const tail: readonly Column[] = [
  col('attributes', 'Map(String, String)', 'free attributes as text; nested values as JSON', 'ZSTD(3)'),
  col('part', 'Date', 'UTC day of ingest, the partition'),
  col('seg', 'UInt64', 'spool segment that carried the row', REPEATED),
];

/** Tags that stand on every signal under the same names. */
const tags: readonly Column[] = [
  col('region', lc, 'where it ran', 'ZSTD(1)'),
  col('workload', lc, 'animation, single_image or batch_panels', 'ZSTD(1)'),
  col('model_version', lc, 'version of the model that served', 'ZSTD(1)'),
  col('hardware_class', lc, 'class of machine', 'ZSTD(1)'),
  col('pipeline_stage', lc, 'ingest, preprocess, generate, upscale, postprocess or deliver', 'ZSTD(1)'),
];
const requestAndTrace: readonly Column[] = [
  col('request_id', 'String', 'the request; empty where the trace id stands for it', 'ZSTD(1)'),
  col('trace_id', 'FixedString(16)', 'W3C trace id, zero where there is none', 'ZSTD(1)'),
];
const spanId = col('span_id', 'FixedString(8)', 'span id, zero where there is none', 'ZSTD(1)');
const ids: readonly Column[] = [...requestAndTrace, spanId];

/**
 * Ids are random, so they are what most of a row's bytes are; but a parent's id is the id of a span that lies close by.
 * In one column the second of the two costs next to nothing: 9 to 10 bytes for both in place of 15.
 */
const spanIds: readonly Column[] = [
  col('span_ids', 'FixedString(16)', 'span id and behind it its parent', 'ZSTD(1)'),
  { name: 'span_id', type: spanId.type, doc: spanId.doc, part: { of: 'span_ids', at: 0 } },
  {
    name: 'parent_span_id',
    type: 'FixedString(8)',
    doc: 'parent, zero at the root',
    part: { of: 'span_ids', at: 8 },
  },
];

const spans: Table = {
  name: 'spans',
  doc: 'Spans and stages: a stage is a row with a pipeline_stage or a boundary, a span one with a span id.',
  retention: 'spans',
  engine: 'MergeTree',
  partitionBy: 'part',
  orderBy: ['tenant', 'toStartOfFiveMinutes(timestamp)', 'trace_id', 'timestamp'],
  indexes: [
    'INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1',
    'INDEX by_request request_id TYPE bloom_filter(0.001) GRANULARITY 1',
    'INDEX by_image image_id TYPE bloom_filter(0.01) GRANULARITY 1',
    'INDEX by_seg seg TYPE minmax GRANULARITY 64',
  ],
  columns: [
    tenant,
    timestamp,
    col('duration_ns', 'UInt64', 'end minus start, nanoseconds', 'ZSTD(1)'),
    ...requestAndTrace,
    ...spanIds,
    col(
      'source',
      'UInt8',
      'bit 0: told by a span; bit 1: told by an event; bit 2: imported; bit 3: written by the sweeper; bit 4: a boundary event, no stage or span of its own',
    ),
    ...tags,
    col('traffic_source', 'String', 'where the request came from', FEW_WORDS),
    col('boundary', 'String', 'boundary event, empty for a stage', 'ZSTD(1)'),
    col('outcome', 'String', 'explicit outcome, empty where none was told', FEW_WORDS),
    col('status', 'UInt8', 'span status: 0 unset, 1 ok, 2 error', 'ZSTD(1)'),
    col(
      'error_code',
      'String',
      'oom, timeout, safety_block, invalid_config, cuda, internal or cancelled',
      FEW_WORDS,
    ),
    col('error_message', 'String', 'what was said of the error; the status message of a span', 'ZSTD(1)'),
    col('retriable', 'UInt8', '0 not told, 1 no, 2 yes'),
    col('queue_wait_ms', 'Float32', 'wait before the stage, ms', 'ZSTD(1)'),
    col('cost_usd', 'Float64', 'cost, US dollars', 'ZSTD(1)'),
    col(
      'gpu_seconds',
      'Float32',
      'GPU time of one GPU, seconds; derived from generate where not told',
      'ZSTD(1)',
    ),
    col('gpu_count', 'UInt16', 'GPUs in use, 0 not told'),
    col('images', 'UInt32', 'pictures this stage made'),
    col('image_id', 'String', 'picture or frame', 'ZSTD(1)'),
    col('sequence_id', 'String', 'clip', 'ZSTD(1)'),
    col('session_id', 'String', 'session of the user', 'ZSTD(1)'),
    col('user_hash', 'UInt64', 'keyed hash of the user, 0 not told', 'ZSTD(1)'),
    col('attempt', 'UInt16', 'number of the attempt, 0 not told'),
    col('retry_of', 'String', 'request this one repeats', 'ZSTD(1)'),
    col('collection', 'String', 'style collection', FEW_WORDS),
    col('model_family', 'String', 'family of the model', FEW_WORDS),
    col('checkpoint_hash', 'String', 'hash of the checkpoint', FEW_WORDS),
    col('loras', 'Array(String)', 'LoRA ids in order', 'ZSTD(1)'),
    col('lora_weights', 'Array(Float32)', 'their weights', 'ZSTD(1)'),
    col('lora_count', 'UInt16', 'number of LoRAs, also where ids are not told'),
    col('sampler', lc, 'sampler', 'ZSTD(1)'),
    col('scheduler', lc, 'scheduler', 'ZSTD(1)'),
    col('steps', 'UInt16', 'sampling steps', 'ZSTD(1)'),
    col('cfg', 'Float32', 'guidance scale', 'ZSTD(1)'),
    col('seed', 'UInt64', 'seed', 'ZSTD(1)'),
    col('width', 'UInt32', 'pixels', 'T64, ZSTD(1)'),
    col('height', 'UInt32', 'pixels', 'T64, ZSTD(1)'),
    col('denoise', 'Float32', 'denoising strength, 0 not told', 'ZSTD(1)'),
    col('batch_size', 'UInt16', 'pictures per batch'),
    col('gpu_type', 'String', 'type of GPU', FEW_WORDS),
    col('gpu_mem_mb', 'UInt32', 'GPU memory in use, MiB', 'T64, ZSTD(1)'),
    col('gpu_util', 'Float32', 'GPU utilisation 0 to 1', 'ZSTD(1)'),
    col('rps', 'Float32', 'requests per second as told'),
    col('prompt_hash', 'UInt64', 'keyed hash of the prompt, 0 none', 'ZSTD(1)'),
    col('prompt_chars', 'UInt32', 'characters of the prompt', 'T64, ZSTD(1)'),
    col('prompt_words', 'UInt16', 'words of the prompt', 'T64, ZSTD(1)'),
    col('prompt_tokens', 'UInt16', 'CLIP tokens of the prompt', 'T64, ZSTD(1)'),
    col('prompt_language', 'String', 'ISO 639-1 or und', FEW_WORDS),
    col('prompt_script', 'String', 'dominant script', FEW_WORDS),
    col('prompt_tags', 'UInt16', 'booru tags in the prompt', 'T64, ZSTD(1)'),
    col('prompt_bins', 'Array(UInt16)', 'keyed token bins, where the text may not be stored', 'ZSTD(1)'),
    col('negative_chars', 'UInt32', 'characters of the negative prompt', 'T64, ZSTD(1)'),
    col('redactions', 'UInt16', 'what was redacted in this row'),
    col('prompt', 'String', 'prompt as the policy lets it be stored', 'ZSTD(3)'),
    col('negative_prompt', 'String', 'negative prompt, likewise', 'ZSTD(3)'),
    col('workflow', 'String', 'workflow graph, JSON, redacted', 'ZSTD(3)'),
    col('clip_i', 'Nullable(Float32)', 'image-image cosine', 'ZSTD(1)'),
    col('aesthetic', 'Nullable(Float32)', 'aesthetic score, 1 to 10', 'ZSTD(1)'),
    col('toxicity', 'Nullable(Float32)', '0 to 1', 'ZSTD(1)'),
    col('style_distance', 'Nullable(Float32)', 'distance to the centroid of the collection', 'ZSTD(1)'),
    col('nsfw', 'UInt8', '0 not told, 1 no, 2 yes'),
    col('face_ok', 'UInt8', '0 not told, 1 no, 2 yes'),
    col('pose_ok', 'UInt8', '0 not told, 1 no, 2 yes'),
    col('watermark', 'UInt8', '0 not told, 1 no, 2 yes'),
    col('image_uri', 'String', 'where the picture lies', 'ZSTD(1)'),
    col('thumb_uri', 'String', 'where its thumbnail lies', 'ZSTD(1)'),
    col('embedding_uri', 'String', 'where its embedding lies', 'ZSTD(1)'),
    col('consent', 'String', 'consent state'),
    col('consent_at', "DateTime64(3, 'UTC')", 'when consent was given'),
    col('license', 'String', 'licence'),
    col('reference_images', 'Array(String)', 'reference pictures', 'ZSTD(1)'),
    col('control_maps', 'Array(String)', 'control maps', 'ZSTD(1)'),
    col('conditioning_embeddings', 'Array(String)', 'embeddings used', 'ZSTD(1)'),
    col('name', lc, 'span name', 'ZSTD(1)'),
    col('kind', 'UInt8', 'span kind as OTLP numbers it'),
    col('service', lc, 'service.name', 'ZSTD(1)'),
    col('scope', lc, 'instrumentation scope', 'ZSTD(1)'),
    col('resource', lc, 'resource attributes, JSON', 'ZSTD(1)'),
    col('trace_state', 'String', 'W3C trace state', 'ZSTD(1)'),
    col('links', 'String', 'span links, JSON', 'ZSTD(1)'),
    ...tail,
  ],
};

const spanEvents: Table = {
  name: 'span_events',
  doc: 'Events of spans.',
  retention: 'spans',
  engine: 'MergeTree',
  partitionBy: 'part',
  orderBy: ['tenant', 'toStartOfFiveMinutes(timestamp)', 'trace_id', 'timestamp'],
  indexes: ['INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1'],
  columns: [
    tenant,
    timestamp,
    col('trace_id', 'FixedString(16)', 'trace of the span', 'ZSTD(1)'),
    col('span_id', 'FixedString(8)', 'the span', 'ZSTD(1)'),
    col('name', lc, 'event name', 'ZSTD(1)'),
    ...tail,
  ],
};

const logs: Table = {
  name: 'logs',
  doc: 'Log records.',
  retention: 'logs',
  engine: 'MergeTree',
  partitionBy: 'part',
  orderBy: ['tenant', 'toStartOfFiveMinutes(timestamp)', 'service', 'timestamp'],
  indexes: ['INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1'],
  columns: [
    tenant,
    timestamp,
    col('observed', time, 'when it was observed', 'Delta(8), ZSTD(1)'),
    ...ids,
    ...tags,
    col('image_id', 'String', 'picture', 'ZSTD(1)'),
    col('severity_number', 'UInt8', 'OTLP severity number'),
    col('severity', lc, 'severity text'),
    col('body', 'String', 'body as text; structured bodies as JSON; redacted by policy', 'ZSTD(1)'),
    col('event_name', lc, 'event name'),
    col('flags', 'UInt32', 'trace flags'),
    col('service', lc, 'service.name'),
    col('scope', lc, 'instrumentation scope'),
    col('resource', lc, 'resource attributes, JSON'),
    ...tail,
  ],
};

const metricPoints: Table = {
  name: 'metric_points',
  doc: 'Data points of metrics, one row each.',
  retention: 'metrics',
  engine: 'MergeTree',
  partitionBy: 'part',
  orderBy: ['tenant', 'name', 'toStartOfHour(timestamp)', 'cityHash64(attributes)', 'timestamp'],
  columns: [
    tenant,
    timestamp,
    col('start', time, 'start of the interval', 'Delta(8), ZSTD(1)'),
    col('name', lc, 'metric name'),
    col('kind', lc, 'gauge, sum, histogram, exponential_histogram or summary'),
    col('unit', lc, 'unit'),
    col('temporality', 'UInt8', '0 unspecified, 1 delta, 2 cumulative'),
    col('monotonic', 'UInt8', '1 for a monotonic sum'),
    col('value', 'Float64', 'value; sum for the kinds with a count', 'Gorilla, ZSTD(1)'),
    col('count', 'UInt64', 'observations'),
    col('min', 'Nullable(Float64)', 'least observation'),
    col('max', 'Nullable(Float64)', 'greatest observation'),
    col('bounds', 'Array(Float64)', 'histogram bounds, or quantiles of a summary'),
    col('buckets', 'Array(Float64)', 'counts per bucket, or values of a summary'),
    col('scale', 'Int32', 'exponential histogram: scale'),
    col('zero_count', 'UInt64', 'exponential histogram: zero count'),
    col('zero_threshold', 'Float64', 'exponential histogram: zero threshold'),
    col('positive_offset', 'Int32', 'exponential histogram: offset of the positive buckets'),
    col('negative_offset', 'Int32', 'exponential histogram: offset of the negative buckets'),
    col('negative_buckets', 'Array(Float64)', 'exponential histogram: counts of the negative buckets'),
    col('flags', 'UInt32', '1 = no recorded value'),
    col('exemplar_times', `Array(${time})`, 'exemplars: time'),
    col('exemplar_values', 'Array(Float64)', 'exemplars: value'),
    col('exemplar_traces', 'Array(FixedString(16))', 'exemplars: trace id'),
    col('exemplar_spans', 'Array(FixedString(8))', 'exemplars: span id'),
    ...tags,
    col('request_id', 'String', 'request', 'ZSTD(1)'),
    col('image_id', 'String', 'picture', 'ZSTD(1)'),
    col('service', lc, 'service.name'),
    col('scope', lc, 'instrumentation scope'),
    col('resource', lc, 'resource attributes, JSON'),
    ...tail,
  ],
};

const event = (
  name: string,
  doc: string,
  columns: readonly Column[],
  options: Partial<Pick<Table, 'orderBy' | 'indexes' | 'engine'>> = {},
): Table => ({
  name,
  doc,
  retention: 'events',
  engine: 'MergeTree',
  partitionBy: 'part',
  orderBy: ['tenant', 'timestamp'],
  ...options,
  columns: [tenant, timestamp, ...columns, ...tail],
});

const text = (name: string, doc: string): Column => col(name, 'String', doc, 'ZSTD(1)');
const number = (name: string, doc: string): Column => col(name, 'Float64', doc);
/** NULL where the sender did not tell: a GPU that cannot say its utilisation is not an idle one. */
const told = (name: string, doc: string): Column => col(name, 'Nullable(Float64)', doc);

/** Dimensions of the request that a fact about it inherits. */
const dimensions: readonly Column[] = [
  ...tags,
  col('traffic_source', 'String', 'where the request came from'),
];

/** What a picture was made with. */
const recipe: readonly Column[] = [
  col('model_family', 'String', 'family of the model'),
  col('checkpoint_hash', 'String', 'hash of the checkpoint'),
  col('loras', 'Array(String)', 'LoRA ids in order'),
  col('sampler', 'String', 'sampler'),
  col('scheduler', 'String', 'scheduler'),
  col('steps', 'UInt16', 'sampling steps'),
  col('cfg', 'Float32', 'guidance scale'),
  col('seed', 'UInt64', 'seed'),
  col('prompt_hash', 'UInt64', 'keyed hash of the prompt'),
];

/**
 * A column that merges: of several rows of one key the greatest, least or summed value stays; of maps all keys do,
 * each with its greatest value.
 */
function agg(how: 'max' | 'min' | 'sum' | 'maxMap', name: string, type: string, doc: string): Column {
  return col(name, `SimpleAggregateFunction(${how}, ${type})`, doc, mergedCodec(name, type));
}

/** Keys are random, so neighbours share little: whole numbers lose their empty bytes, the rest is squeezed as it is. */
const mergedCodec = (name: string, type: string): string =>
  type === 'String'
    ? FEW_WORDS
    : /^(U?Int(16|32)|DateTime64)/.test(type) || COUNTS.has(name)
      ? 'T64, ZSTD(1)'
      : 'ZSTD(1)';
const COUNTS: ReadonlySet<string> = new Set(['stages', 'spans', 'images', 'seg', 'verdict']);

/**
 * Looked up by id, some dozens of rows over many days at once: small granules and blocks, and a filter that knows
 * which of them hold an id.
 */
const byId = (...columns: string[]): Pick<Table, 'indexes' | 'settings'> => ({
  indexes: columns.map((name) => `INDEX by_${name} ${name} TYPE bloom_filter(0.01) GRANULARITY 1`),
  settings: {
    index_granularity: 1024,
    min_compress_block_size: 16_384,
    // Merged days of a file per column: small granules in one file cost a quarter more.
    min_bytes_for_wide_part: 16 * 1024 * 1024,
  },
});

function merged(columns: readonly Column[]): Column[] {
  return columns.map(({ name, type, doc }) =>
    agg('max', name, type.replace(/^LowCardinality\((.*)\)$/, '$1'), doc),
  );
}

const domainTables: readonly Table[] = [
  {
    name: 'requests',
    doc: 'Requests: each loaded segment adds what it knows of a request; rows of one request merge into one.',
    retention: 'events',
    engine: 'AggregatingMergeTree',
    partitionBy: 'part',
    orderBy: ['tenant', 'request_id'],
    ...byId('request_id', 'trace_id'),
    columns: [
      tenant,
      col('request_id', 'String', 'the request', 'ZSTD(1)'),
      agg('max', 'trace_id', 'FixedString(16)', 'its trace'),
      agg('min', 'started', time, 'start of its first stage'),
      agg('max', 'ended', time, 'end of its last stage'),
      agg(
        'max',
        'verdict',
        'UInt64',
        'rank (4 bits), time (52 bits, ms) and outcome (8 bits) of the deciding terminal event',
      ),
      agg('sum', 'queue_wait_ms', 'Float64', 'sum of the waits'),
      agg('sum', 'cost_usd', 'Float64', 'sum of the costs'),
      agg('sum', 'gpu_seconds', 'Float64', 'sum over GPUs'),
      agg('sum', 'images', 'UInt64', 'pictures made'),
      agg('sum', 'stages', 'UInt64', 'stages seen'),
      agg('sum', 'spans', 'UInt64', 'spans seen'),
      agg('max', 'error_code', 'String', 'error'),
      agg('max', 'error_message', 'String', 'its message'),
      ...merged(dimensions),
      agg('max', 'session_id', 'String', 'session'),
      agg('max', 'user_hash', 'UInt64', 'keyed hash of the user'),
      agg('max', 'attempt', 'UInt16', 'attempt'),
      agg('max', 'retry_of', 'String', 'request this one repeats'),
      ...merged(recipe),
      agg('max', 'width', 'UInt32', 'pixels'),
      agg('max', 'height', 'UInt32', 'pixels'),
      agg('max', 'prompt_tokens', 'UInt16', 'CLIP tokens'),
      agg('max', 'prompt_words', 'UInt16', 'words'),
      agg('max', 'prompt_chars', 'UInt32', 'characters'),
      agg('max', 'prompt_language', 'String', 'language'),
      agg('max', 'collection', 'String', 'style collection'),
      agg('max', 'lora_weights', 'Array(Float32)', 'weights of the LoRAs'),
      agg(
        'maxMap',
        'attributes',
        'Map(String, String)',
        'free attributes of its root span and of its events',
      ),
      agg('max', 'imported', 'UInt8', '1 for imported requests: they never time out'),
      agg('max', 'part', 'Date', 'UTC day of ingest, the partition'),
      agg('max', 'seg', 'UInt64', 'newest segment that told of it'),
    ],
  },
  {
    name: 'images',
    doc: 'Pictures and frames: each record adds what it knows; rows of one picture merge into one.',
    retention: 'events',
    engine: 'AggregatingMergeTree',
    partitionBy: 'part',
    orderBy: ['tenant', 'image_id'],
    ...byId('image_id', 'request_id'),
    columns: [
      tenant,
      col('image_id', 'String', 'the picture', 'ZSTD(1)'),
      agg('min', 'timestamp', time, 'when it was made'),
      agg('max', 'request_id', 'String', 'request that made it'),
      agg('max', 'trace_id', 'FixedString(16)', 'its trace'),
      agg('max', 'sequence_id', 'String', 'clip it belongs to'),
      agg('max', 'kind', 'String', 'image, frame, reference, control_map, …'),
      agg('max', 'uri', 'String', 'where it lies'),
      agg('max', 'thumb_uri', 'String', 'where its thumbnail lies'),
      agg('max', 'embedding_uri', 'String', 'where its embedding lies'),
      agg('max', 'width', 'UInt32', 'pixels'),
      agg('max', 'height', 'UInt32', 'pixels'),
      agg('max', 'bytes', 'UInt64', 'size'),
      agg('max', 'sha256', 'String', 'digest'),
      agg('max', 'collection', 'String', 'style collection'),
      agg('max', 'consent', 'String', 'consent state'),
      agg('max', 'consent_at', "DateTime64(3, 'UTC')", 'when it was given'),
      agg('max', 'license', 'String', 'licence'),
      ...merged(dimensions),
      agg('max', 'session_id', 'String', 'session'),
      agg('max', 'user_hash', 'UInt64', 'keyed hash of the user'),
      ...merged(recipe),
      agg('max', 'lora_weights', 'Array(Float32)', 'weights of the LoRAs'),
      agg('max', 'denoise', 'Float32', 'denoising strength'),
      agg('max', 'prompt', 'String', 'prompt as the policy lets it be stored'),
      agg('max', 'negative_prompt', 'String', 'negative prompt, likewise'),
      agg('max', 'nsfw', 'UInt8', '0 not told, 1 no, 2 yes'),
      agg('maxMap', 'attributes', 'Map(String, String)', 'free attributes of its artifact records'),
      agg('max', 'part', 'Date', 'UTC day of ingest, the partition'),
      agg('max', 'seg', 'UInt64', 'newest segment that told of it'),
    ],
  },
  event(
    'scores',
    'Scores about pictures.',
    [
      text('image_id', 'the picture'),
      text('request_id', 'or the request'),
      col('name', lc, 'aesthetic, clip_i, nsfw, face_ok, watermark, style_distance, …'),
      col('value', 'Nullable(Float64)', 'number'),
      text('label', 'or label'),
      text('scorer', 'who scored'),
      text('scorer_version', 'its version'),
    ],
    {
      orderBy: ['tenant', 'name', 'timestamp'],
      indexes: ['INDEX by_image image_id TYPE bloom_filter(0.01) GRANULARITY 1'],
    },
  ),
  event(
    'feedback',
    'What people did with a picture.',
    [
      text('image_id', 'the picture'),
      text('request_id', 'or the request'),
      text('session_id', 'session'),
      col('action', lc, 'accept, edit, reroll, reject or flag'),
      col('user_hash', 'UInt64', 'keyed hash of the user'),
    ],
    { indexes: ['INDEX by_image image_id TYPE bloom_filter(0.01) GRANULARITY 1'] },
  ),
  event('deployments', 'Releases and changes.', [
    text('id', 'the deployment'),
    col('kind', lc, 'model, lora, pipeline, config, data or planned_load'),
    text('version', 'version'),
    text('previous', 'version before'),
    col('status', lc, 'start, end or rolled_back'),
    ...dimensions,
    text('note', 'note'),
    text('url', 'link'),
  ]),
  event(
    'frames',
    'Frames of a sequence in one window.',
    [
      text('sequence_id', 'the clip'),
      text('request_id', 'its request'),
      col('side', lc, 'produced or delivered'),
      number('window_s', 'length of the window, seconds'),
      number('frames', 'frames in it'),
      number('dropped', 'dropped'),
      number('duplicated', 'duplicated'),
      number('held', 'held on purpose'),
      number('stalls', 'stalls'),
      number('playing_s', 'seconds of playing'),
      col('interval_p50_ms', 'Float32', 'frame interval'),
      col('interval_p95_ms', 'Float32', 'frame interval'),
      col('interval_p99_ms', 'Float32', 'frame interval'),
      col('interval_max_ms', 'Float32', 'frame interval'),
      col('declared_fps', 'Float32', 'frame rate as declared'),
      ...dimensions,
    ],
    { indexes: ['INDEX by_sequence sequence_id TYPE bloom_filter(0.01) GRANULARITY 1'] },
  ),
  event('queue_samples', 'Depth and wait of a queue.', [
    text('queue', 'queue'),
    number('depth', 'requests waiting'),
    number('wait_ms', 'wait'),
    number('admitted', 'admitted since the last sample'),
    number('denied', 'denied since the last sample'),
    ...dimensions,
  ]),
  event('gpu_samples', 'State of a GPU.', [
    text('host', 'host'),
    text('gpu_id', 'GPU'),
    text('gpu_type', 'type'),
    told('util', '0 to 1'),
    told('mem_used_mb', 'MiB'),
    told('mem_total_mb', 'MiB'),
    told('temp_c', 'degrees Celsius'),
    told('power_w', 'watts'),
    told('errors', 'errors'),
    ...dimensions,
  ]),
  event('model_loads', 'Loads and unloads of models.', [
    col('action', lc, 'load or unload'),
    number('duration_ms', 'duration'),
    col('bytes', 'UInt64', 'size'),
    col('hit', 'UInt8', '1 where it was resident already'),
    text('host', 'host'),
    text('checkpoint_hash', 'hash of the checkpoint'),
    text('model_family', 'family'),
    ...dimensions,
  ]),
  event('cache_events', 'Hits and misses of caches.', [
    col('cache', lc, 'weights, vae, lora or node'),
    number('hits', 'hits'),
    number('misses', 'misses'),
    ...dimensions,
  ]),
  event('io_samples', 'Disk and network of a host.', [
    text('host', 'host'),
    number('disk_read_bps', 'bytes per second'),
    number('disk_write_bps', 'bytes per second'),
    number('net_rx_bps', 'bytes per second'),
    number('net_tx_bps', 'bytes per second'),
    number('io_wait', '0 to 1'),
    ...dimensions,
  ]),
  event(
    'embeddings',
    'Vectors of pictures and prompts.',
    [
      text('image_id', 'the picture'),
      text('request_id', 'the request'),
      col('embedder', lc, 'who embedded'),
      text('embedder_version', 'its version'),
      col('vector', 'Array(BFloat16)', 'the vector'),
      col('palette', 'Array(String)', 'main colours of the picture with their shares, commonest first'),
    ],
    { orderBy: ['tenant', 'embedder', 'timestamp'] },
  ),
];

/** Quantiles that stand in the rollups beside the bins, as the codes of their bins. */
export const STORED_QUANTILES = [0.5, 0.95, 0.99] as const;
export const storedQuantile = (q: (typeof STORED_QUANTILES)[number]): string => `p${q * 100}`;

/** The rank of `quantileOf` in `stats`, which is that of quantileExactLow: the two must say the same. */
function quantileColumn(q: (typeof STORED_QUANTILES)[number]): Column {
  const low = `toUInt64(floor(${q} * n))`;
  const rank = q === 0.5 ? `if(n % 2 = 0, intDiv(n, 2) - 1, ${low})` : low;
  return {
    ...col(
      storedQuantile(q),
      'UInt16',
      `code of the bin in which the ${q * 100}th percentile lies`,
      'ZSTD(1)',
    ),
    default: `bins[arrayFirstIndex(seen -> seen > ${rank}, arrayCumSum(counts))]`,
  };
}

const rollup = (
  name: string,
  doc: string,
  grain: 'hour_rollups' | 'day_rollups',
  partitionBy: string,
): Table => ({
  name,
  doc,
  retention: grain,
  engine: 'MergeTree',
  partitionBy,
  orderBy: ['tenant', 'metric', 'stage', 'dim', 'value', 't'],
  settings: { index_granularity: 128 },
  columns: [
    col('tenant', lc, 'who the row belongs to; empty for the sum over all tenants', 'ZSTD(1)'),
    col('metric', lc, 'rollup metric'),
    col('stage', lc, 'pipeline stage, empty for the request'),
    col('dim', lc, 'all, a dimension, or a stored pair'),
    col('value', lc, 'value of the dimension; the pair joined by U+001F'),
    col('t', "DateTime('UTC')", 'start of the bucket', 'DoubleDelta, ZSTD(1)'),
    col('n', 'UInt64', 'observations', 'T64, ZSTD(1)'),
    col('sum', 'Int64', 'sum of the values, millionths, exact', 'T64, ZSTD(1)'),
    col('bins', 'Array(UInt16)', 'bin codes, ascending', 'ZSTD(1)'),
    col('counts', 'Array(UInt32)', 'observations per bin', 'ZSTD(1)'),
    ...STORED_QUANTILES.map(quantileColumn),
  ],
});

/** What a sweep of drift reads: a partition is a day, and is made anew as a whole. */
const quarters = (name: string, doc: string): Table => {
  const { columns, ...table } = rollup(name, doc, 'hour_rollups', 'toDate(t)');
  const stored = new Set<string>(STORED_QUANTILES.map(storedQuantile));
  return {
    ...table,
    settings: { index_granularity: 1024 },
    columns: columns.filter(({ name: column }) => !stored.has(column)),
  };
};

const rollupTables: readonly Table[] = [
  rollup('roll_hours', 'Marginals per hour.', 'hour_rollups', 'toMonday(t)'),
  rollup('roll_days', 'Marginals per day.', 'day_rollups', 'toYYYYMM(t)'),
  quarters('roll_quarters', 'Marginals per quarter of a day (6 h), of what drift looks at.'),
  quarters(
    'roll_references',
    'What a quarter is compared with: the same quarter of the week in the four weeks before, summed.',
  ),
  {
    name: 'content_hours',
    doc: 'In how many prompts or pictures each word, tag, language or colour stands, per tenant, segment and hour, for tests clustered by session.',
    retention: 'hour_rollups',
    engine: 'MergeTree',
    partitionBy: 'toMonday(t)',
    orderBy: ['tenant', 'kind', 'dim', 'value', 't'],
    settings: { index_granularity: 128 },
    columns: [
      tenant,
      col(
        'kind',
        lc,
        'token, keyed_token, tag, character, language, script, colour, style_distance; hour marks what was counted',
      ),
      col('dim', lc, 'all, region, model_version, workload or collection'),
      col('value', lc, 'value of the dimension'),
      col('t', "DateTime('UTC')", 'start of the hour', 'DoubleDelta, ZSTD(1)'),
      col(
        'counted',
        'UInt64',
        'when it was counted, ms; the newest of an hour counts',
        'DoubleDelta, ZSTD(1)',
      ),
      col('documents', 'UInt32', 'prompts or pictures', 'T64, ZSTD(1)'),
      col('sessions', 'UInt32', 'sessions of them', 'T64, ZSTD(1)'),
      col('session_squares', 'UInt64', 'sum over sessions of (documents) squared', 'T64, ZSTD(1)'),
      col('sum', 'Int64', 'of distances: their sum, millionths', 'T64, ZSTD(1)'),
      col('cells', 'Array(UInt16)', 'bins of the words, ascending; of distances bin codes', 'ZSTD(1)'),
      col('counts', 'Array(UInt32)', 'documents that have the cell', 'ZSTD(1)'),
      col('cell_sessions', 'Array(UInt32)', 'sessions that have it', 'ZSTD(1)'),
      col('squares', 'Array(UInt32)', 'sum over sessions of (documents with the cell) squared', 'ZSTD(1)'),
      col(
        'crosses',
        'Array(UInt32)',
        'sum over sessions of (documents with the cell) times (documents)',
        'ZSTD(1)',
      ),
      col(
        'names',
        'Array(String)',
        'words of the cells that three sessions of the hour have; of dim all',
        'ZSTD(1)',
      ),
    ],
  },
];

const importIds: Table = {
  name: 'import_ids',
  doc: 'Identities of imported records, so that an import that is run again weeks later adds nothing.',
  retention: 'events',
  engine: 'MergeTree',
  partitionBy: 'part',
  orderBy: ['tenant', 'id'],
  columns: [
    tenant,
    timestamp,
    col('id', 'UInt64', 'first 64 bits of the digest of the identity'),
    col('import', lc, 'which import'),
    col('part', 'Date', 'UTC day of ingest, the partition'),
    col('seg', 'UInt64', 'spool segment that carried the row', REPEATED),
  ],
};

const pinnedTraces: Table = {
  name: 'pinned_traces',
  doc: 'Traces that somebody pinned: sampling does not take them.',
  retention: 'none',
  engine: 'MergeTree',
  partitionBy: 'tuple()',
  orderBy: ['tenant', 'trace_id'],
  columns: [
    tenant,
    col('trace_id', 'FixedString(16)', 'the trace'),
    col('timestamp', "DateTime64(3, 'UTC')", 'when it was pinned'),
  ],
};

/** Tables that ingest writes, in the order in which a segment is loaded. */
export const RAW_TABLES: readonly Table[] = [
  spans,
  spanEvents,
  logs,
  metricPoints,
  ...domainTables,
  importIds,
];
export const TABLES: readonly Table[] = [...RAW_TABLES, ...rollupTables, pinnedTraces];

const byName = new Map(TABLES.map((table) => [table.name, table]));

/** The table of that name; an unknown name is a bug. */
export function tableOf(name: string): Table {
  const table = byName.get(name);
  if (!table) throw new Error(`no table ${name}`);
  return table;
}
