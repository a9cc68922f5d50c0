/** What the services of a studio write into their logs about one request. */
import type { OtlpLog, StageRecord } from './records.ts';
import type { RequestPlan } from './request.ts';

/** A generation that takes this much longer than the scenario's usual time is worth a warning. */
const SLOW_X = 1.8;
/** A wait beyond this is worth a warning too. */
const LONG_WAIT_MS = 15_000;

/**
 * A line when the prompt comes in, one when the pictures are out or why they are not, and warnings between.
 * @param stages the stage records of the request, in order.
 */
export function requestLogs(plan: RequestPlan, stages: readonly StageRecord[]): OtlpLog[] {
  const lines: OtlpLog[] = [];
  for (const stage of stages) {
    const { latency_ms, queue_wait_ms = 0 } = stage.metrics;
    const say = (severity: OtlpLog['severity'], service: string, body: string): void => {
      lines.push(lineOf(stage, severity, service, body));
    };
    if (stage.error) {
      const severity = stage.outcome === 'cancelled' || stage.outcome === 'rejected' ? 'WARN' : 'ERROR';
      const service = stage.pipeline_stage === 'ingest' ? 'gateway' : 'worker';
      say(severity, service, `${stage.pipeline_stage}: ${stage.error.message}`);
      continue;
    }
    if (stage.pipeline_stage === 'ingest') say('INFO', 'gateway', `prompt received for ${stage.workload}`);
    if (stage.pipeline_stage === 'generate') {
      const usual = plan.workload.spec.stages_ms.generate / plan.hardware.speed;
      if (queue_wait_ms > LONG_WAIT_MS)
        say('WARN', 'scheduler', `waited ${seconds(queue_wait_ms)} s for a free worker`);
      if (latency_ms > usual * SLOW_X)
        say(
          'WARN',
          'worker',
          `slow generation: ${seconds(latency_ms)} s, usually ${seconds(usual)} s on ${plan.hardware.gpu}`,
        );
    }
    if (stage.pipeline_stage === 'deliver') {
      const made = plan.image_ids.length;
      say('INFO', 'gateway', `delivered ${made} ${made === 1 ? 'picture' : 'pictures'}`);
    }
  }
  return lines;
}

function lineOf(stage: StageRecord, severity: OtlpLog['severity'], service: string, body: string): OtlpLog {
  return {
    type: 'otlp_log',
    timestamp: stage.timestamp,
    tenant: stage.tenant,
    trace_id: stage.trace_id,
    span_id: stage.span_id,
    severity,
    body,
    service,
    attributes: {
      'pegbar.tenant': stage.tenant,
      'pegbar.request.id': stage.request_id,
      'pegbar.stage': stage.pipeline_stage,
      'pegbar.workload': stage.workload,
      'pegbar.region': stage.region,
      ...(stage.model && { 'pegbar.model.version': stage.model.version }),
      ...(stage.error && { 'error.type': stage.error.code }),
    },
  };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);
