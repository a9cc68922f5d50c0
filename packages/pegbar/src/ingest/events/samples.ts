import { type PegbarRecord, tableOf } from '@pegbar/contract';
import { protectIdentities } from '../identities.ts';
import {
  attributesOf,
  type Blocks,
  nanoseconds,
  protectedList,
  protectedUri,
  type RowContext,
  tristate,
} from './common.ts';

type Sample = Exclude<PegbarRecord, { type: 'stage' | 'boundary' }>;

/** Writes the row of a record that is neither a stage nor a boundary. */
export function writeSample(record: Sample, context: RowContext, blocks: Blocks): void {
  const row = sampleValues(record, context);
  protectIdentities(row, context.protect);
  blocks(TABLES[record.type]).append(row);
}

function sampleValues(record: Sample, context: RowContext): Record<string, unknown> {
  const { attributes } = attributesOf({ ...record.attributes, ...looseIds(record) }, context);
  const common = {
    tenant: context.tenant,
    timestamp: nanoseconds(record.timestamp),
    region: record.region,
    workload: record.workload,
    traffic_source: record.traffic_source,
    model_version: record.model?.version,
    ...('hardware_class' in record && { hardware_class: record.hardware_class }),
    attributes,
  };
  switch (record.type) {
    case 'score':
      return {
        tenant: context.tenant,
        timestamp: common.timestamp,
        image_id: record.image_id,
        request_id: record.request_id,
        name: record.name,
        value: record.value,
        // A label may be a caption or what a person wrote.
        label: record.label && context.protect.text(record.label).text,
        scorer: record.scorer,
        scorer_version: record.scorer_version,
        attributes,
      };
    case 'feedback':
      return {
        tenant: context.tenant,
        timestamp: common.timestamp,
        image_id: record.image_id,
        request_id: record.request_id,
        session_id: record.session_id,
        action: record.action,
        user_hash: record.user_id_hash && BigInt(`0x${context.protect.userHash(record.user_id_hash)}`),
        attributes,
      };
    case 'deployment':
      return {
        ...common,
        id: record.id,
        kind: record.kind,
        version: record.version,
        previous: record.previous,
        status: record.status,
        model_version: record.model?.version ?? (record.kind === 'model' ? record.version : undefined),
        note: record.note && context.protect.text(record.note).text,
        url: protectedUri(record.url, context.protect),
      };
    case 'frames':
      return {
        ...common,
        sequence_id: record.sequence_id,
        request_id: record.request_id,
        side: record.side,
        window_s: record.window_s,
        frames: record.frames,
        dropped: record.dropped,
        duplicated: record.duplicated,
        held: record.held,
        stalls: record.stalls,
        playing_s: record.playing_s ?? record.window_s,
        interval_p50_ms: record.interval_ms?.p50,
        interval_p95_ms: record.interval_ms?.p95,
        interval_p99_ms: record.interval_ms?.p99,
        interval_max_ms: record.interval_ms?.max,
        declared_fps: record.declared_fps,
      };
    case 'queue':
      return {
        ...common,
        queue: record.queue,
        depth: record.depth,
        wait_ms: record.wait_ms,
        admitted: record.admitted,
        denied: record.denied,
      };
    case 'model_load':
      return {
        ...common,
        action: record.action,
        duration_ms: record.duration_ms,
        bytes: record.bytes,
        hit: record.hit === true ? 1 : 0,
        host: record.host,
        checkpoint_hash: record.model?.checkpoint_hash,
        model_family: record.model?.family,
      };
    case 'cache':
      return {
        ...common,
        cache: record.cache,
        hits: record.hits,
        misses: record.misses,
      };
    case 'io':
      return {
        ...common,
        host: record.host,
        disk_read_bps: record.disk_read_bps,
        disk_write_bps: record.disk_write_bps,
        net_rx_bps: record.net_rx_bps,
        net_tx_bps: record.net_tx_bps,
        io_wait: record.io_wait,
      };
    case 'gpu':
      return {
        ...common,
        host: record.host,
        gpu_id: record.gpu_id,
        gpu_type: record.gpu_type,
        util: record.util,
        mem_used_mb: record.mem_used_mb,
        mem_total_mb: record.mem_total_mb,
        temp_c: record.temp_c,
        power_w: record.power_w,
        errors: record.errors,
      };
    case 'embedding':
      return {
        tenant: context.tenant,
        timestamp: common.timestamp,
        image_id: record.image_id,
        request_id: record.request_id,
        embedder: record.embedder,
        embedder_version: record.embedder_version,
        vector: record.vector,
        palette: protectedList(record.palette, context.protect),
        attributes,
      };
    case 'artifact':
      return artifactRow(record, context, common);
  }
}

/** Ids that a record may carry but whose table has no column: they stay with it as attributes. */
const JOINS = ['request_id', 'session_id', 'image_id', 'sequence_id', 'trace_id', 'span_id', 'host'] as const;

function looseIds(record: Sample): Record<string, string> {
  const table = tableOf(TABLES[record.type]);
  const loose: Record<string, string> = {};
  for (const name of JOINS) {
    const value = (record as Record<string, unknown>)[name];
    if (typeof value === 'string' && !table.columns.some((column) => column.name === name))
      loose[name] = value;
  }
  return loose;
}

const TABLES: Record<Sample['type'], string> = {
  score: 'scores',
  feedback: 'feedback',
  deployment: 'deployments',
  frames: 'frames',
  queue: 'queue_samples',
  model_load: 'model_loads',
  cache: 'cache_events',
  io: 'io_samples',
  gpu: 'gpu_samples',
  artifact: 'images',
  embedding: 'embeddings',
};

type Artifact = Extract<Sample, { type: 'artifact' }>;

/** An artifact adds to what is known of its picture. */
function artifactRow(
  record: Artifact,
  context: RowContext,
  common: Record<string, unknown>,
): Record<string, unknown> {
  return {
    ...common,
    image_id: record.image_id,
    request_id: record.request_id,
    trace_id: record.trace_id,
    sequence_id: record.sequence_id,
    session_id: record.session_id,
    kind: record.kind,
    uri: protectedUri(record.uri, context.protect),
    width: record.width,
    height: record.height,
    bytes: record.bytes,
    sha256: record.sha256,
    collection: record.collection,
    consent: record.consent?.state,
    consent_at: record.consent?.at?.ms,
    license: record.license,
    model_family: record.model?.family,
    checkpoint_hash: record.model?.checkpoint_hash,
    loras: record.model?.loras?.map((one) => one.id),
    lora_weights: record.model?.loras?.map((one) => one.weight),
    nsfw: tristate(
      record.attributes.nsfw_flag === undefined ? undefined : record.attributes.nsfw_flag === 'true',
    ),
  };
}
