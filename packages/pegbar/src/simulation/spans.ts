/**
 * The inside of a request as OpenTelemetry spans, made from its stage records alone: the root, and below
 * `preprocess`, `generate`, `upscale` and `deliver` the steps a tracer would see. Stages themselves are not
 * repeated: event and span with the same ids are one stage.
 */
import { hashOf, hex32 } from './random.ts';
import type { OtlpSpan, StageRecord } from './records.ts';

/** Steps of the sampler are told in groups, as tracers of samplers do: a span per step would drown the rest. */
const STEP_GROUPS = 4;

type Child = readonly [name: string, from: number, to: number, attributes?: OtlpSpan['attributes']];

/** Children of a stage as shares of its time. */
function childrenOf(stage: StageRecord): readonly Child[] {
  switch (stage.pipeline_stage) {
    case 'preprocess':
      return [
        ['clip.text_encode', 0.04, 0.46, { 'prompt.language': stage.prompt?.language ?? '' }],
        ['model.resolve', 0.48, 0.95],
      ];
    case 'generate':
      return [
        ['lora.apply', 0.005, 0.05, { 'lora.count': stage.model?.loras.length ?? 0 }],
        ['sampler', 0.06, 0.9, { 'sampler.name': stage.params?.sampler ?? '' }],
        ['vae.decode', 0.905, 0.99],
      ];
    case 'upscale':
      return [
        ['upscaler.tiles', 0.03, 0.9],
        ['upscaler.blend', 0.9, 0.98],
      ];
    case 'deliver':
      return [
        ['storage.put', 0.03, 0.55],
        ['cdn.publish', 0.57, 0.97],
      ];
    default:
      return [];
  }
}

/**
 * @param stages the stage records of one request, in any order.
 * @returns its root and inner spans; none for an empty list. Ids follow from the stages' own.
 */
export function requestSpans(stages: readonly StageRecord[]): OtlpSpan[] {
  const first = stages[0];
  if (!first) return [];
  let start = Infinity;
  let last = first;
  for (const stage of stages) {
    start = Math.min(start, stage.timestamp - stage.metrics.latency_ms);
    if (stage.timestamp >= last.timestamp) last = stage;
  }
  const spans: OtlpSpan[] = [];
  const root = first.parent_span_id ?? childId(first.trace_id, 'root');
  spans.push({
    type: 'otlp_span',
    timestamp: last.timestamp,
    tenant: first.tenant,
    trace_id: first.trace_id,
    span_id: root,
    name: `request ${first.workload}`,
    start_ms: start,
    end_ms: last.timestamp,
    status: last.error ? 'error' : 'ok',
    attributes: {
      'pegbar.request.id': first.request_id,
      'pegbar.tenant': first.tenant,
      'pegbar.workload': first.workload,
      'pegbar.region': first.region,
      'session.id': first.session_id,
    },
  });
  for (const stage of stages) inner(stage, spans);
  return spans;
}

function inner(stage: StageRecord, spans: OtlpSpan[]): void {
  for (const [name, from, to, attributes] of childrenOf(stage)) {
    const span = spanOf(stage, stage.span_id, name, from, to, attributes ?? {});
    spans.push(span);
    if (name !== 'sampler') continue;
    for (let i = 0; i < STEP_GROUPS; i++) {
      const width = (to - from) / STEP_GROUPS;
      const at = from + i * width;
      spans.push(spanOf(stage, span.span_id, `unet.steps ${i + 1}/${STEP_GROUPS}`, at, at + width, {}));
    }
  }
}

function spanOf(
  stage: StageRecord,
  parent: string,
  name: string,
  from: number,
  to: number,
  attributes: OtlpSpan['attributes'],
): OtlpSpan {
  const { latency_ms } = stage.metrics;
  const start = stage.timestamp - latency_ms;
  const end_ms = start + latency_ms * to;
  return {
    type: 'otlp_span',
    timestamp: Math.ceil(end_ms),
    tenant: stage.tenant,
    trace_id: stage.trace_id,
    span_id: childId(parent, name),
    parent_span_id: parent,
    name,
    start_ms: start + latency_ms * from,
    end_ms,
    status: stage.error && (name === 'sampler' || name === 'cdn.publish') ? 'error' : 'ok',
    attributes: { 'pegbar.tenant': stage.tenant, 'pegbar.request.id': stage.request_id, ...attributes },
  };
}

function childId(parent: string, name: string): string {
  return hex32(hashOf(parent, name)) + hex32(hashOf(name, parent));
}
