/**
 * The files of the Alibaba `cluster-trace-v2026-GenAI` (GenTD26): one of requests, and samples of
 * (timestamp_anon, value, container_ip) whose meaning only the file's name tells.
 */

interface RequestKind {
  readonly name: 'request';
  readonly becomes: 'stage';
}
interface LoadKind {
  readonly name: string;
  readonly becomes: 'model_load';
  /** What was loaded. */
  readonly what: string;
}
interface RecordKind {
  readonly name: string;
  readonly becomes: 'queue' | 'gpu';
}
interface PointKind {
  readonly name: string;
  readonly becomes: 'point';
  readonly metric: string;
  /** UCUM, as OpenTelemetry wants it. */
  readonly unit: string;
}

export type GenaiKind = RequestKind | LoadKind | RecordKind | PointKind;

const point = (name: string, metric: string, unit: string): PointKind => ({
  name,
  becomes: 'point',
  metric,
  unit,
});

export const REQUEST_KIND: RequestKind = { name: 'request', becomes: 'stage' };

/** A record where there is one that says the whole; else a metric point. */
export const SAMPLE_KINDS: readonly GenaiKind[] = [
  { name: 'basemodel_update', becomes: 'model_load', what: 'base_model' },
  { name: 'lora_update', becomes: 'model_load', what: 'lora' },
  { name: 'queue_size', becomes: 'queue' },
  { name: 'pod_gpu_duty_cycle', becomes: 'gpu' },
  point('pipeline_inference', 'genai.pipeline_inference.duration', 'ms'),
  point('pipeline_update', 'genai.pipeline_update.duration', 'ms'),
  point('model_predict', 'genai.model_predict.duration', 'ms'),
  point('controlnet', 'genai.controlnet.duration', 'ms'),
  // A GPU record without its utilisation would count as an idle GPU; the file tells memory alone.
  point('pod_gpu_memory_used_bytes', 'hw.gpu.memory.usage', 'By'),
  // A queue record must say its depth, which this file does not know.
  point('queue_rt', 'pegbar.queue.wait', 'ms'),
  point('qps', 'genai.requests.rate', '{request}/s'),
  point('pod_memory_util', 'genai.pod.memory.utilization', '1'),
];

export const KIND_NAMES: readonly string[] = [REQUEST_KIND.name, ...SAMPLE_KINDS.map((kind) => kind.name)];

const REQUEST_COLUMNS = ['gmt_create', 'predict_status', 'exec_time_seconds', 'checkpoint_model_version_id'];
const SAMPLE_COLUMNS = ['timestamp_anon', 'value'];

/** The README of the trace calls one file differently from the file itself. */
const OTHER_NAMES: Readonly<Record<string, string>> = { base_model_update: 'basemodel_update' };

export type Recognised = { ok: true; kind: GenaiKind } | { ok: false; why: string };

/**
 * Tells what a file is by its header and, for samples, by its name or by what the user said.
 */
export function recognise(fileName: string, header: readonly string[], said: string | undefined): Recognised {
  const name = (fileName.split(/[/\\]/).at(-1) ?? '').toLowerCase();
  const isRequests = REQUEST_COLUMNS.every((column) => header.includes(column));
  if (said === undefined ? isRequests : said === REQUEST_KIND.name) {
    const missing = REQUEST_COLUMNS.filter((column) => !header.includes(column));
    return missing.length
      ? { ok: false, why: `no column ${missing.join(', ')}` }
      : { ok: true, kind: REQUEST_KIND };
  }
  if (name.startsWith('data_trace_processed')) {
    return {
      ok: false,
      why: 'this file of the trace carries no time, so its rows have no place on a time line',
    };
  }
  const missing = SAMPLE_COLUMNS.filter((column) => !header.includes(column));
  if (missing.length)
    return { ok: false, why: `no column ${missing.join(', ')}: not a file of the GenAI trace` };
  const alias = Object.keys(OTHER_NAMES).find((other) => name.startsWith(other));
  const wanted = said ?? (alias ? OTHER_NAMES[alias] : undefined);
  const kind = SAMPLE_KINDS.find((one) =>
    wanted === undefined ? name.startsWith(one.name) : one.name === wanted,
  );
  return kind ? { ok: true, kind } : { ok: false, why: `its name does not say what it samples; say --kind` };
}
