-- Generated from packages/contract/src/tables.ts by `npx vitest run ddl -u`. Do not edit.
CREATE TABLE IF NOT EXISTS spans
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  duration_ns UInt64 COMMENT 'end minus start, nanoseconds' CODEC(ZSTD(1)),
  request_id String COMMENT 'the request; empty where the trace id stands for it' CODEC(ZSTD(1)),
  trace_id FixedString(16) COMMENT 'W3C trace id, zero where there is none' CODEC(ZSTD(1)),
  span_ids FixedString(16) COMMENT 'span id and behind it its parent' CODEC(ZSTD(1)),
  span_id FixedString(8) ALIAS toFixedString(substring(span_ids, 1, 8), 8) COMMENT 'span id, zero where there is none',
  parent_span_id FixedString(8) ALIAS toFixedString(substring(span_ids, 9, 8), 8) COMMENT 'parent, zero at the root',
  source UInt8 COMMENT 'bit 0: told by a span; bit 1: told by an event; bit 2: imported; bit 3: written by the sweeper; bit 4: a boundary event, no stage or span of its own',
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  traffic_source String COMMENT 'where the request came from' CODEC(ZSTD(3)),
  boundary String COMMENT 'boundary event, empty for a stage' CODEC(ZSTD(1)),
  outcome String COMMENT 'explicit outcome, empty where none was told' CODEC(ZSTD(3)),
  status UInt8 COMMENT 'span status: 0 unset, 1 ok, 2 error' CODEC(ZSTD(1)),
  error_code String COMMENT 'oom, timeout, safety_block, invalid_config, cuda, internal or cancelled' CODEC(ZSTD(3)),
  error_message String COMMENT 'what was said of the error; the status message of a span' CODEC(ZSTD(1)),
  retriable UInt8 COMMENT '0 not told, 1 no, 2 yes',
  queue_wait_ms Float32 COMMENT 'wait before the stage, ms' CODEC(ZSTD(1)),
  cost_usd Float64 COMMENT 'cost, US dollars' CODEC(ZSTD(1)),
  gpu_seconds Float32 COMMENT 'GPU time of one GPU, seconds; derived from generate where not told' CODEC(ZSTD(1)),
  gpu_count UInt16 COMMENT 'GPUs in use, 0 not told',
  images UInt32 COMMENT 'pictures this stage made',
  image_id String COMMENT 'picture or frame' CODEC(ZSTD(1)),
  sequence_id String COMMENT 'clip' CODEC(ZSTD(1)),
  session_id String COMMENT 'session of the user' CODEC(ZSTD(1)),
  user_hash UInt64 COMMENT 'keyed hash of the user, 0 not told' CODEC(ZSTD(1)),
  attempt UInt16 COMMENT 'number of the attempt, 0 not told',
  retry_of String COMMENT 'request this one repeats' CODEC(ZSTD(1)),
  collection String COMMENT 'style collection' CODEC(ZSTD(3)),
  model_family String COMMENT 'family of the model' CODEC(ZSTD(3)),
  checkpoint_hash String COMMENT 'hash of the checkpoint' CODEC(ZSTD(3)),
  loras Array(String) COMMENT 'LoRA ids in order' CODEC(ZSTD(1)),
  lora_weights Array(Float32) COMMENT 'their weights' CODEC(ZSTD(1)),
  lora_count UInt16 COMMENT 'number of LoRAs, also where ids are not told',
  sampler LowCardinality(String) COMMENT 'sampler' CODEC(ZSTD(1)),
  scheduler LowCardinality(String) COMMENT 'scheduler' CODEC(ZSTD(1)),
  steps UInt16 COMMENT 'sampling steps' CODEC(ZSTD(1)),
  cfg Float32 COMMENT 'guidance scale' CODEC(ZSTD(1)),
  seed UInt64 COMMENT 'seed' CODEC(ZSTD(1)),
  width UInt32 COMMENT 'pixels' CODEC(T64, ZSTD(1)),
  height UInt32 COMMENT 'pixels' CODEC(T64, ZSTD(1)),
  denoise Float32 COMMENT 'denoising strength, 0 not told' CODEC(ZSTD(1)),
  batch_size UInt16 COMMENT 'pictures per batch',
  gpu_type String COMMENT 'type of GPU' CODEC(ZSTD(3)),
  gpu_mem_mb UInt32 COMMENT 'GPU memory in use, MiB' CODEC(T64, ZSTD(1)),
  gpu_util Float32 COMMENT 'GPU utilisation 0 to 1' CODEC(ZSTD(1)),
  rps Float32 COMMENT 'requests per second as told',
  prompt_hash UInt64 COMMENT 'keyed hash of the prompt, 0 none' CODEC(ZSTD(1)),
  prompt_chars UInt32 COMMENT 'characters of the prompt' CODEC(T64, ZSTD(1)),
  prompt_words UInt16 COMMENT 'words of the prompt' CODEC(T64, ZSTD(1)),
  prompt_tokens UInt16 COMMENT 'CLIP tokens of the prompt' CODEC(T64, ZSTD(1)),
  prompt_language String COMMENT 'ISO 639-1 or und' CODEC(ZSTD(3)),
  prompt_script String COMMENT 'dominant script' CODEC(ZSTD(3)),
  prompt_tags UInt16 COMMENT 'booru tags in the prompt' CODEC(T64, ZSTD(1)),
  prompt_bins Array(UInt16) COMMENT 'keyed token bins, where the text may not be stored' CODEC(ZSTD(1)),
  negative_chars UInt32 COMMENT 'characters of the negative prompt' CODEC(T64, ZSTD(1)),
  redactions UInt16 COMMENT 'what was redacted in this row',
  prompt String COMMENT 'prompt as the policy lets it be stored' CODEC(ZSTD(3)),
  negative_prompt String COMMENT 'negative prompt, likewise' CODEC(ZSTD(3)),
  workflow String COMMENT 'workflow graph, JSON, redacted' CODEC(ZSTD(3)),
  clip_i Nullable(Float32) COMMENT 'image-image cosine' CODEC(ZSTD(1)),
  aesthetic Nullable(Float32) COMMENT 'aesthetic score, 1 to 10' CODEC(ZSTD(1)),
  toxicity Nullable(Float32) COMMENT '0 to 1' CODEC(ZSTD(1)),
  style_distance Nullable(Float32) COMMENT 'distance to the centroid of the collection' CODEC(ZSTD(1)),
  nsfw UInt8 COMMENT '0 not told, 1 no, 2 yes',
  face_ok UInt8 COMMENT '0 not told, 1 no, 2 yes',
  pose_ok UInt8 COMMENT '0 not told, 1 no, 2 yes',
  watermark UInt8 COMMENT '0 not told, 1 no, 2 yes',
  image_uri String COMMENT 'where the picture lies' CODEC(ZSTD(1)),
  thumb_uri String COMMENT 'where its thumbnail lies' CODEC(ZSTD(1)),
  embedding_uri String COMMENT 'where its embedding lies' CODEC(ZSTD(1)),
  consent String COMMENT 'consent state',
  consent_at DateTime64(3, 'UTC') COMMENT 'when consent was given',
  license String COMMENT 'licence',
  reference_images Array(String) COMMENT 'reference pictures' CODEC(ZSTD(1)),
  control_maps Array(String) COMMENT 'control maps' CODEC(ZSTD(1)),
  conditioning_embeddings Array(String) COMMENT 'embeddings used' CODEC(ZSTD(1)),
  name LowCardinality(String) COMMENT 'span name' CODEC(ZSTD(1)),
  kind UInt8 COMMENT 'span kind as OTLP numbers it',
  service LowCardinality(String) COMMENT 'service.name' CODEC(ZSTD(1)),
  scope LowCardinality(String) COMMENT 'instrumentation scope' CODEC(ZSTD(1)),
  resource LowCardinality(String) COMMENT 'resource attributes, JSON' CODEC(ZSTD(1)),
  trace_state String COMMENT 'W3C trace state' CODEC(ZSTD(1)),
  links String COMMENT 'span links, JSON' CODEC(ZSTD(1)),
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3)),
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX by_request request_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX by_image image_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_seg seg TYPE minmax GRANULARITY 64
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, toStartOfFiveMinutes(timestamp), trace_id, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Spans and stages: a stage is a row with a pipeline_stage or a boundary, a span one with a span id.';

CREATE TABLE IF NOT EXISTS span_events
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  trace_id FixedString(16) COMMENT 'trace of the span' CODEC(ZSTD(1)),
  span_id FixedString(8) COMMENT 'the span' CODEC(ZSTD(1)),
  name LowCardinality(String) COMMENT 'event name' CODEC(ZSTD(1)),
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3)),
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, toStartOfFiveMinutes(timestamp), trace_id, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Events of spans.';

CREATE TABLE IF NOT EXISTS logs
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  observed DateTime64(9, 'UTC') COMMENT 'when it was observed' CODEC(Delta(8), ZSTD(1)),
  request_id String COMMENT 'the request; empty where the trace id stands for it' CODEC(ZSTD(1)),
  trace_id FixedString(16) COMMENT 'W3C trace id, zero where there is none' CODEC(ZSTD(1)),
  span_id FixedString(8) COMMENT 'span id, zero where there is none' CODEC(ZSTD(1)),
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  image_id String COMMENT 'picture' CODEC(ZSTD(1)),
  severity_number UInt8 COMMENT 'OTLP severity number',
  severity LowCardinality(String) COMMENT 'severity text',
  body String COMMENT 'body as text; structured bodies as JSON; redacted by policy' CODEC(ZSTD(1)),
  event_name LowCardinality(String) COMMENT 'event name',
  flags UInt32 COMMENT 'trace flags',
  service LowCardinality(String) COMMENT 'service.name',
  scope LowCardinality(String) COMMENT 'instrumentation scope',
  resource LowCardinality(String) COMMENT 'resource attributes, JSON',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3)),
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, toStartOfFiveMinutes(timestamp), service, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Log records.';

CREATE TABLE IF NOT EXISTS metric_points
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  start DateTime64(9, 'UTC') COMMENT 'start of the interval' CODEC(Delta(8), ZSTD(1)),
  name LowCardinality(String) COMMENT 'metric name',
  kind LowCardinality(String) COMMENT 'gauge, sum, histogram, exponential_histogram or summary',
  unit LowCardinality(String) COMMENT 'unit',
  temporality UInt8 COMMENT '0 unspecified, 1 delta, 2 cumulative',
  monotonic UInt8 COMMENT '1 for a monotonic sum',
  value Float64 COMMENT 'value; sum for the kinds with a count' CODEC(Gorilla, ZSTD(1)),
  count UInt64 COMMENT 'observations',
  min Nullable(Float64) COMMENT 'least observation',
  max Nullable(Float64) COMMENT 'greatest observation',
  bounds Array(Float64) COMMENT 'histogram bounds, or quantiles of a summary',
  buckets Array(Float64) COMMENT 'counts per bucket, or values of a summary',
  scale Int32 COMMENT 'exponential histogram: scale',
  zero_count UInt64 COMMENT 'exponential histogram: zero count',
  zero_threshold Float64 COMMENT 'exponential histogram: zero threshold',
  positive_offset Int32 COMMENT 'exponential histogram: offset of the positive buckets',
  negative_offset Int32 COMMENT 'exponential histogram: offset of the negative buckets',
  negative_buckets Array(Float64) COMMENT 'exponential histogram: counts of the negative buckets',
  flags UInt32 COMMENT '1 = no recorded value',
  exemplar_times Array(DateTime64(9, 'UTC')) COMMENT 'exemplars: time',
  exemplar_values Array(Float64) COMMENT 'exemplars: value',
  exemplar_traces Array(FixedString(16)) COMMENT 'exemplars: trace id',
  exemplar_spans Array(FixedString(8)) COMMENT 'exemplars: span id',
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  request_id String COMMENT 'request' CODEC(ZSTD(1)),
  image_id String COMMENT 'picture' CODEC(ZSTD(1)),
  service LowCardinality(String) COMMENT 'service.name',
  scope LowCardinality(String) COMMENT 'instrumentation scope',
  resource LowCardinality(String) COMMENT 'resource attributes, JSON',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, name, toStartOfHour(timestamp), cityHash64(attributes), timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Data points of metrics, one row each.';

CREATE TABLE IF NOT EXISTS requests
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  request_id String COMMENT 'the request' CODEC(ZSTD(1)),
  trace_id SimpleAggregateFunction(max, FixedString(16)) COMMENT 'its trace' CODEC(ZSTD(1)),
  started SimpleAggregateFunction(min, DateTime64(9, 'UTC')) COMMENT 'start of its first stage' CODEC(T64, ZSTD(1)),
  ended SimpleAggregateFunction(max, DateTime64(9, 'UTC')) COMMENT 'end of its last stage' CODEC(T64, ZSTD(1)),
  verdict SimpleAggregateFunction(max, UInt64) COMMENT 'rank (4 bits), time (52 bits, ms) and outcome (8 bits) of the deciding terminal event' CODEC(T64, ZSTD(1)),
  queue_wait_ms SimpleAggregateFunction(sum, Float64) COMMENT 'sum of the waits' CODEC(ZSTD(1)),
  cost_usd SimpleAggregateFunction(sum, Float64) COMMENT 'sum of the costs' CODEC(ZSTD(1)),
  gpu_seconds SimpleAggregateFunction(sum, Float64) COMMENT 'sum over GPUs' CODEC(ZSTD(1)),
  images SimpleAggregateFunction(sum, UInt64) COMMENT 'pictures made' CODEC(T64, ZSTD(1)),
  stages SimpleAggregateFunction(sum, UInt64) COMMENT 'stages seen' CODEC(T64, ZSTD(1)),
  spans SimpleAggregateFunction(sum, UInt64) COMMENT 'spans seen' CODEC(T64, ZSTD(1)),
  error_code SimpleAggregateFunction(max, String) COMMENT 'error' CODEC(ZSTD(3)),
  error_message SimpleAggregateFunction(max, String) COMMENT 'its message' CODEC(ZSTD(3)),
  region SimpleAggregateFunction(max, String) COMMENT 'where it ran' CODEC(ZSTD(3)),
  workload SimpleAggregateFunction(max, String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(3)),
  model_version SimpleAggregateFunction(max, String) COMMENT 'version of the model that served' CODEC(ZSTD(3)),
  hardware_class SimpleAggregateFunction(max, String) COMMENT 'class of machine' CODEC(ZSTD(3)),
  pipeline_stage SimpleAggregateFunction(max, String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(3)),
  traffic_source SimpleAggregateFunction(max, String) COMMENT 'where the request came from' CODEC(ZSTD(3)),
  session_id SimpleAggregateFunction(max, String) COMMENT 'session' CODEC(ZSTD(3)),
  user_hash SimpleAggregateFunction(max, UInt64) COMMENT 'keyed hash of the user' CODEC(ZSTD(1)),
  attempt SimpleAggregateFunction(max, UInt16) COMMENT 'attempt' CODEC(T64, ZSTD(1)),
  retry_of SimpleAggregateFunction(max, String) COMMENT 'request this one repeats' CODEC(ZSTD(3)),
  model_family SimpleAggregateFunction(max, String) COMMENT 'family of the model' CODEC(ZSTD(3)),
  checkpoint_hash SimpleAggregateFunction(max, String) COMMENT 'hash of the checkpoint' CODEC(ZSTD(3)),
  loras SimpleAggregateFunction(max, Array(String)) COMMENT 'LoRA ids in order' CODEC(ZSTD(1)),
  sampler SimpleAggregateFunction(max, String) COMMENT 'sampler' CODEC(ZSTD(3)),
  scheduler SimpleAggregateFunction(max, String) COMMENT 'scheduler' CODEC(ZSTD(3)),
  steps SimpleAggregateFunction(max, UInt16) COMMENT 'sampling steps' CODEC(T64, ZSTD(1)),
  cfg SimpleAggregateFunction(max, Float32) COMMENT 'guidance scale' CODEC(ZSTD(1)),
  seed SimpleAggregateFunction(max, UInt64) COMMENT 'seed' CODEC(ZSTD(1)),
  prompt_hash SimpleAggregateFunction(max, UInt64) COMMENT 'keyed hash of the prompt' CODEC(ZSTD(1)),
  width SimpleAggregateFunction(max, UInt32) COMMENT 'pixels' CODEC(T64, ZSTD(1)),
  height SimpleAggregateFunction(max, UInt32) COMMENT 'pixels' CODEC(T64, ZSTD(1)),
  prompt_tokens SimpleAggregateFunction(max, UInt16) COMMENT 'CLIP tokens' CODEC(T64, ZSTD(1)),
  prompt_words SimpleAggregateFunction(max, UInt16) COMMENT 'words' CODEC(T64, ZSTD(1)),
  prompt_chars SimpleAggregateFunction(max, UInt32) COMMENT 'characters' CODEC(T64, ZSTD(1)),
  prompt_language SimpleAggregateFunction(max, String) COMMENT 'language' CODEC(ZSTD(3)),
  collection SimpleAggregateFunction(max, String) COMMENT 'style collection' CODEC(ZSTD(3)),
  lora_weights SimpleAggregateFunction(max, Array(Float32)) COMMENT 'weights of the LoRAs' CODEC(ZSTD(1)),
  attributes SimpleAggregateFunction(maxMap, Map(String, String)) COMMENT 'free attributes of its root span and of its events' CODEC(ZSTD(1)),
  imported SimpleAggregateFunction(max, UInt8) COMMENT '1 for imported requests: they never time out' CODEC(ZSTD(1)),
  part SimpleAggregateFunction(max, Date) COMMENT 'UTC day of ingest, the partition' CODEC(ZSTD(1)),
  seg SimpleAggregateFunction(max, UInt64) COMMENT 'newest segment that told of it' CODEC(T64, ZSTD(1)),
  INDEX by_request_id request_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_trace_id trace_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY part
ORDER BY (tenant, request_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 16777216, index_granularity = 1024, min_compress_block_size = 16384
COMMENT 'Requests: each loaded segment adds what it knows of a request; rows of one request merge into one.';

CREATE TABLE IF NOT EXISTS images
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  image_id String COMMENT 'the picture' CODEC(ZSTD(1)),
  timestamp SimpleAggregateFunction(min, DateTime64(9, 'UTC')) COMMENT 'when it was made' CODEC(T64, ZSTD(1)),
  request_id SimpleAggregateFunction(max, String) COMMENT 'request that made it' CODEC(ZSTD(3)),
  trace_id SimpleAggregateFunction(max, FixedString(16)) COMMENT 'its trace' CODEC(ZSTD(1)),
  sequence_id SimpleAggregateFunction(max, String) COMMENT 'clip it belongs to' CODEC(ZSTD(3)),
  kind SimpleAggregateFunction(max, String) COMMENT 'image, frame, reference, control_map, …' CODEC(ZSTD(3)),
  uri SimpleAggregateFunction(max, String) COMMENT 'where it lies' CODEC(ZSTD(3)),
  thumb_uri SimpleAggregateFunction(max, String) COMMENT 'where its thumbnail lies' CODEC(ZSTD(3)),
  embedding_uri SimpleAggregateFunction(max, String) COMMENT 'where its embedding lies' CODEC(ZSTD(3)),
  width SimpleAggregateFunction(max, UInt32) COMMENT 'pixels' CODEC(T64, ZSTD(1)),
  height SimpleAggregateFunction(max, UInt32) COMMENT 'pixels' CODEC(T64, ZSTD(1)),
  bytes SimpleAggregateFunction(max, UInt64) COMMENT 'size' CODEC(ZSTD(1)),
  sha256 SimpleAggregateFunction(max, String) COMMENT 'digest' CODEC(ZSTD(3)),
  collection SimpleAggregateFunction(max, String) COMMENT 'style collection' CODEC(ZSTD(3)),
  consent SimpleAggregateFunction(max, String) COMMENT 'consent state' CODEC(ZSTD(3)),
  consent_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'when it was given' CODEC(T64, ZSTD(1)),
  license SimpleAggregateFunction(max, String) COMMENT 'licence' CODEC(ZSTD(3)),
  region SimpleAggregateFunction(max, String) COMMENT 'where it ran' CODEC(ZSTD(3)),
  workload SimpleAggregateFunction(max, String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(3)),
  model_version SimpleAggregateFunction(max, String) COMMENT 'version of the model that served' CODEC(ZSTD(3)),
  hardware_class SimpleAggregateFunction(max, String) COMMENT 'class of machine' CODEC(ZSTD(3)),
  pipeline_stage SimpleAggregateFunction(max, String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(3)),
  traffic_source SimpleAggregateFunction(max, String) COMMENT 'where the request came from' CODEC(ZSTD(3)),
  session_id SimpleAggregateFunction(max, String) COMMENT 'session' CODEC(ZSTD(3)),
  user_hash SimpleAggregateFunction(max, UInt64) COMMENT 'keyed hash of the user' CODEC(ZSTD(1)),
  model_family SimpleAggregateFunction(max, String) COMMENT 'family of the model' CODEC(ZSTD(3)),
  checkpoint_hash SimpleAggregateFunction(max, String) COMMENT 'hash of the checkpoint' CODEC(ZSTD(3)),
  loras SimpleAggregateFunction(max, Array(String)) COMMENT 'LoRA ids in order' CODEC(ZSTD(1)),
  sampler SimpleAggregateFunction(max, String) COMMENT 'sampler' CODEC(ZSTD(3)),
  scheduler SimpleAggregateFunction(max, String) COMMENT 'scheduler' CODEC(ZSTD(3)),
  steps SimpleAggregateFunction(max, UInt16) COMMENT 'sampling steps' CODEC(T64, ZSTD(1)),
  cfg SimpleAggregateFunction(max, Float32) COMMENT 'guidance scale' CODEC(ZSTD(1)),
  seed SimpleAggregateFunction(max, UInt64) COMMENT 'seed' CODEC(ZSTD(1)),
  prompt_hash SimpleAggregateFunction(max, UInt64) COMMENT 'keyed hash of the prompt' CODEC(ZSTD(1)),
  lora_weights SimpleAggregateFunction(max, Array(Float32)) COMMENT 'weights of the LoRAs' CODEC(ZSTD(1)),
  denoise SimpleAggregateFunction(max, Float32) COMMENT 'denoising strength' CODEC(ZSTD(1)),
  prompt SimpleAggregateFunction(max, String) COMMENT 'prompt as the policy lets it be stored' CODEC(ZSTD(3)),
  negative_prompt SimpleAggregateFunction(max, String) COMMENT 'negative prompt, likewise' CODEC(ZSTD(3)),
  nsfw SimpleAggregateFunction(max, UInt8) COMMENT '0 not told, 1 no, 2 yes' CODEC(ZSTD(1)),
  attributes SimpleAggregateFunction(maxMap, Map(String, String)) COMMENT 'free attributes of its artifact records' CODEC(ZSTD(1)),
  part SimpleAggregateFunction(max, Date) COMMENT 'UTC day of ingest, the partition' CODEC(ZSTD(1)),
  seg SimpleAggregateFunction(max, UInt64) COMMENT 'newest segment that told of it' CODEC(T64, ZSTD(1)),
  INDEX by_image_id image_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_request_id request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY part
ORDER BY (tenant, image_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 16777216, index_granularity = 1024, min_compress_block_size = 16384
COMMENT 'Pictures and frames: each record adds what it knows; rows of one picture merge into one.';

CREATE TABLE IF NOT EXISTS scores
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  image_id String COMMENT 'the picture' CODEC(ZSTD(1)),
  request_id String COMMENT 'or the request' CODEC(ZSTD(1)),
  name LowCardinality(String) COMMENT 'aesthetic, clip_i, nsfw, face_ok, watermark, style_distance, …',
  value Nullable(Float64) COMMENT 'number',
  label String COMMENT 'or label' CODEC(ZSTD(1)),
  scorer String COMMENT 'who scored' CODEC(ZSTD(1)),
  scorer_version String COMMENT 'its version' CODEC(ZSTD(1)),
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3)),
  INDEX by_image image_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, name, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Scores about pictures.';

CREATE TABLE IF NOT EXISTS feedback
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  image_id String COMMENT 'the picture' CODEC(ZSTD(1)),
  request_id String COMMENT 'or the request' CODEC(ZSTD(1)),
  session_id String COMMENT 'session' CODEC(ZSTD(1)),
  action LowCardinality(String) COMMENT 'accept, edit, reroll, reject or flag',
  user_hash UInt64 COMMENT 'keyed hash of the user',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3)),
  INDEX by_image image_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'What people did with a picture.';

CREATE TABLE IF NOT EXISTS deployments
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  id String COMMENT 'the deployment' CODEC(ZSTD(1)),
  kind LowCardinality(String) COMMENT 'model, lora, pipeline, config, data or planned_load',
  version String COMMENT 'version' CODEC(ZSTD(1)),
  previous String COMMENT 'version before' CODEC(ZSTD(1)),
  status LowCardinality(String) COMMENT 'start, end or rolled_back',
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  traffic_source String COMMENT 'where the request came from',
  note String COMMENT 'note' CODEC(ZSTD(1)),
  url String COMMENT 'link' CODEC(ZSTD(1)),
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Releases and changes.';

CREATE TABLE IF NOT EXISTS frames
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  sequence_id String COMMENT 'the clip' CODEC(ZSTD(1)),
  request_id String COMMENT 'its request' CODEC(ZSTD(1)),
  side LowCardinality(String) COMMENT 'produced or delivered',
  window_s Float64 COMMENT 'length of the window, seconds',
  frames Float64 COMMENT 'frames in it',
  dropped Float64 COMMENT 'dropped',
  duplicated Float64 COMMENT 'duplicated',
  held Float64 COMMENT 'held on purpose',
  stalls Float64 COMMENT 'stalls',
  playing_s Float64 COMMENT 'seconds of playing',
  interval_p50_ms Float32 COMMENT 'frame interval',
  interval_p95_ms Float32 COMMENT 'frame interval',
  interval_p99_ms Float32 COMMENT 'frame interval',
  interval_max_ms Float32 COMMENT 'frame interval',
  declared_fps Float32 COMMENT 'frame rate as declared',
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  traffic_source String COMMENT 'where the request came from',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3)),
  INDEX by_sequence sequence_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Frames of a sequence in one window.';

CREATE TABLE IF NOT EXISTS queue_samples
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  queue String COMMENT 'queue' CODEC(ZSTD(1)),
  depth Float64 COMMENT 'requests waiting',
  wait_ms Float64 COMMENT 'wait',
  admitted Float64 COMMENT 'admitted since the last sample',
  denied Float64 COMMENT 'denied since the last sample',
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  traffic_source String COMMENT 'where the request came from',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Depth and wait of a queue.';

CREATE TABLE IF NOT EXISTS gpu_samples
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  host String COMMENT 'host' CODEC(ZSTD(1)),
  gpu_id String COMMENT 'GPU' CODEC(ZSTD(1)),
  gpu_type String COMMENT 'type' CODEC(ZSTD(1)),
  util Nullable(Float64) COMMENT '0 to 1',
  mem_used_mb Nullable(Float64) COMMENT 'MiB',
  mem_total_mb Nullable(Float64) COMMENT 'MiB',
  temp_c Nullable(Float64) COMMENT 'degrees Celsius',
  power_w Nullable(Float64) COMMENT 'watts',
  errors Nullable(Float64) COMMENT 'errors',
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  traffic_source String COMMENT 'where the request came from',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'State of a GPU.';

CREATE TABLE IF NOT EXISTS model_loads
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  action LowCardinality(String) COMMENT 'load or unload',
  duration_ms Float64 COMMENT 'duration',
  bytes UInt64 COMMENT 'size',
  hit UInt8 COMMENT '1 where it was resident already',
  host String COMMENT 'host' CODEC(ZSTD(1)),
  checkpoint_hash String COMMENT 'hash of the checkpoint' CODEC(ZSTD(1)),
  model_family String COMMENT 'family' CODEC(ZSTD(1)),
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  traffic_source String COMMENT 'where the request came from',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Loads and unloads of models.';

CREATE TABLE IF NOT EXISTS cache_events
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  cache LowCardinality(String) COMMENT 'weights, vae, lora or node',
  hits Float64 COMMENT 'hits',
  misses Float64 COMMENT 'misses',
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  traffic_source String COMMENT 'where the request came from',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Hits and misses of caches.';

CREATE TABLE IF NOT EXISTS io_samples
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  host String COMMENT 'host' CODEC(ZSTD(1)),
  disk_read_bps Float64 COMMENT 'bytes per second',
  disk_write_bps Float64 COMMENT 'bytes per second',
  net_rx_bps Float64 COMMENT 'bytes per second',
  net_tx_bps Float64 COMMENT 'bytes per second',
  io_wait Float64 COMMENT '0 to 1',
  region LowCardinality(String) COMMENT 'where it ran' CODEC(ZSTD(1)),
  workload LowCardinality(String) COMMENT 'animation, single_image or batch_panels' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'version of the model that served' CODEC(ZSTD(1)),
  hardware_class LowCardinality(String) COMMENT 'class of machine' CODEC(ZSTD(1)),
  pipeline_stage LowCardinality(String) COMMENT 'ingest, preprocess, generate, upscale, postprocess or deliver' CODEC(ZSTD(1)),
  traffic_source String COMMENT 'where the request came from',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Disk and network of a host.';

CREATE TABLE IF NOT EXISTS embeddings
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  image_id String COMMENT 'the picture' CODEC(ZSTD(1)),
  request_id String COMMENT 'the request' CODEC(ZSTD(1)),
  embedder LowCardinality(String) COMMENT 'who embedded',
  embedder_version String COMMENT 'its version' CODEC(ZSTD(1)),
  vector Array(BFloat16) COMMENT 'the vector',
  palette Array(String) COMMENT 'main colours of the picture with their shares, commonest first',
  attributes Map(String, String) COMMENT 'free attributes as text; nested values as JSON' CODEC(ZSTD(3)),
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, embedder, timestamp)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Vectors of pictures and prompts.';

CREATE TABLE IF NOT EXISTS import_ids
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  timestamp DateTime64(9, 'UTC') COMMENT 'end of what is told, UTC' CODEC(Delta(8), ZSTD(1)),
  id UInt64 COMMENT 'first 64 bits of the digest of the identity',
  import LowCardinality(String) COMMENT 'which import',
  part Date COMMENT 'UTC day of ingest, the partition',
  seg UInt64 COMMENT 'spool segment that carried the row' CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY part
ORDER BY (tenant, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000, min_bytes_for_wide_part = 268435456
COMMENT 'Identities of imported records, so that an import that is run again weeks later adds nothing.';

CREATE TABLE IF NOT EXISTS roll_hours
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to; empty for the sum over all tenants' CODEC(ZSTD(1)),
  metric LowCardinality(String) COMMENT 'rollup metric',
  stage LowCardinality(String) COMMENT 'pipeline stage, empty for the request',
  dim LowCardinality(String) COMMENT 'all, a dimension, or a stored pair',
  value LowCardinality(String) COMMENT 'value of the dimension; the pair joined by U+001F',
  t DateTime('UTC') COMMENT 'start of the bucket' CODEC(DoubleDelta, ZSTD(1)),
  n UInt64 COMMENT 'observations' CODEC(T64, ZSTD(1)),
  sum Int64 COMMENT 'sum of the values, millionths, exact' CODEC(T64, ZSTD(1)),
  bins Array(UInt16) COMMENT 'bin codes, ascending' CODEC(ZSTD(1)),
  counts Array(UInt32) COMMENT 'observations per bin' CODEC(ZSTD(1)),
  p50 UInt16 DEFAULT bins[arrayFirstIndex(seen -> seen > if(n % 2 = 0, intDiv(n, 2) - 1, toUInt64(floor(0.5 * n))), arrayCumSum(counts))] COMMENT 'code of the bin in which the 50th percentile lies' CODEC(ZSTD(1)),
  p95 UInt16 DEFAULT bins[arrayFirstIndex(seen -> seen > toUInt64(floor(0.95 * n)), arrayCumSum(counts))] COMMENT 'code of the bin in which the 95th percentile lies' CODEC(ZSTD(1)),
  p99 UInt16 DEFAULT bins[arrayFirstIndex(seen -> seen > toUInt64(floor(0.99 * n)), arrayCumSum(counts))] COMMENT 'code of the bin in which the 99th percentile lies' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toMonday(t)
ORDER BY (tenant, metric, stage, dim, value, t)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, index_granularity = 128
COMMENT 'Marginals per hour.';

CREATE TABLE IF NOT EXISTS roll_days
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to; empty for the sum over all tenants' CODEC(ZSTD(1)),
  metric LowCardinality(String) COMMENT 'rollup metric',
  stage LowCardinality(String) COMMENT 'pipeline stage, empty for the request',
  dim LowCardinality(String) COMMENT 'all, a dimension, or a stored pair',
  value LowCardinality(String) COMMENT 'value of the dimension; the pair joined by U+001F',
  t DateTime('UTC') COMMENT 'start of the bucket' CODEC(DoubleDelta, ZSTD(1)),
  n UInt64 COMMENT 'observations' CODEC(T64, ZSTD(1)),
  sum Int64 COMMENT 'sum of the values, millionths, exact' CODEC(T64, ZSTD(1)),
  bins Array(UInt16) COMMENT 'bin codes, ascending' CODEC(ZSTD(1)),
  counts Array(UInt32) COMMENT 'observations per bin' CODEC(ZSTD(1)),
  p50 UInt16 DEFAULT bins[arrayFirstIndex(seen -> seen > if(n % 2 = 0, intDiv(n, 2) - 1, toUInt64(floor(0.5 * n))), arrayCumSum(counts))] COMMENT 'code of the bin in which the 50th percentile lies' CODEC(ZSTD(1)),
  p95 UInt16 DEFAULT bins[arrayFirstIndex(seen -> seen > toUInt64(floor(0.95 * n)), arrayCumSum(counts))] COMMENT 'code of the bin in which the 95th percentile lies' CODEC(ZSTD(1)),
  p99 UInt16 DEFAULT bins[arrayFirstIndex(seen -> seen > toUInt64(floor(0.99 * n)), arrayCumSum(counts))] COMMENT 'code of the bin in which the 99th percentile lies' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(t)
ORDER BY (tenant, metric, stage, dim, value, t)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, index_granularity = 128
COMMENT 'Marginals per day.';

CREATE TABLE IF NOT EXISTS roll_quarters
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to; empty for the sum over all tenants' CODEC(ZSTD(1)),
  metric LowCardinality(String) COMMENT 'rollup metric',
  stage LowCardinality(String) COMMENT 'pipeline stage, empty for the request',
  dim LowCardinality(String) COMMENT 'all, a dimension, or a stored pair',
  value LowCardinality(String) COMMENT 'value of the dimension; the pair joined by U+001F',
  t DateTime('UTC') COMMENT 'start of the bucket' CODEC(DoubleDelta, ZSTD(1)),
  n UInt64 COMMENT 'observations' CODEC(T64, ZSTD(1)),
  sum Int64 COMMENT 'sum of the values, millionths, exact' CODEC(T64, ZSTD(1)),
  bins Array(UInt16) COMMENT 'bin codes, ascending' CODEC(ZSTD(1)),
  counts Array(UInt32) COMMENT 'observations per bin' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(t)
ORDER BY (tenant, metric, stage, dim, value, t)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, index_granularity = 1024
COMMENT 'Marginals per quarter of a day (6 h), of what drift looks at.';

CREATE TABLE IF NOT EXISTS roll_references
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to; empty for the sum over all tenants' CODEC(ZSTD(1)),
  metric LowCardinality(String) COMMENT 'rollup metric',
  stage LowCardinality(String) COMMENT 'pipeline stage, empty for the request',
  dim LowCardinality(String) COMMENT 'all, a dimension, or a stored pair',
  value LowCardinality(String) COMMENT 'value of the dimension; the pair joined by U+001F',
  t DateTime('UTC') COMMENT 'start of the bucket' CODEC(DoubleDelta, ZSTD(1)),
  n UInt64 COMMENT 'observations' CODEC(T64, ZSTD(1)),
  sum Int64 COMMENT 'sum of the values, millionths, exact' CODEC(T64, ZSTD(1)),
  bins Array(UInt16) COMMENT 'bin codes, ascending' CODEC(ZSTD(1)),
  counts Array(UInt32) COMMENT 'observations per bin' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(t)
ORDER BY (tenant, metric, stage, dim, value, t)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, index_granularity = 1024
COMMENT 'What a quarter is compared with: the same quarter of the week in the four weeks before, summed.';

CREATE TABLE IF NOT EXISTS content_hours
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  kind LowCardinality(String) COMMENT 'token, keyed_token, tag, character, language, script, colour, style_distance; hour marks what was counted',
  dim LowCardinality(String) COMMENT 'all, region, model_version, workload or collection',
  value LowCardinality(String) COMMENT 'value of the dimension',
  t DateTime('UTC') COMMENT 'start of the hour' CODEC(DoubleDelta, ZSTD(1)),
  counted UInt64 COMMENT 'when it was counted, ms; the newest of an hour counts' CODEC(DoubleDelta, ZSTD(1)),
  documents UInt32 COMMENT 'prompts or pictures' CODEC(T64, ZSTD(1)),
  sessions UInt32 COMMENT 'sessions of them' CODEC(T64, ZSTD(1)),
  session_squares UInt64 COMMENT 'sum over sessions of (documents) squared' CODEC(T64, ZSTD(1)),
  sum Int64 COMMENT 'of distances: their sum, millionths' CODEC(T64, ZSTD(1)),
  cells Array(UInt16) COMMENT 'bins of the words, ascending; of distances bin codes' CODEC(ZSTD(1)),
  counts Array(UInt32) COMMENT 'documents that have the cell' CODEC(ZSTD(1)),
  cell_sessions Array(UInt32) COMMENT 'sessions that have it' CODEC(ZSTD(1)),
  squares Array(UInt32) COMMENT 'sum over sessions of (documents with the cell) squared' CODEC(ZSTD(1)),
  crosses Array(UInt32) COMMENT 'sum over sessions of (documents with the cell) times (documents)' CODEC(ZSTD(1)),
  names Array(String) COMMENT 'words of the cells that three sessions of the hour have; of dim all' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toMonday(t)
ORDER BY (tenant, kind, dim, value, t)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, index_granularity = 128
COMMENT 'In how many prompts or pictures each word, tag, language or colour stands, per tenant, segment and hour, for tests clustered by session.';

CREATE TABLE IF NOT EXISTS pinned_traces
(
  tenant LowCardinality(String) COMMENT 'who the row belongs to' CODEC(ZSTD(1)),
  trace_id FixedString(16) COMMENT 'the trace',
  timestamp DateTime64(3, 'UTC') COMMENT 'when it was pinned'
)
ENGINE = MergeTree
PARTITION BY tuple()
ORDER BY (tenant, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480
COMMENT 'Traces that somebody pinned: sampling does not take them.';
