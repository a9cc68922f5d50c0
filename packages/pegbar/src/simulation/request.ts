/** Decides everything about one request before a record of it is written. */

import type { Stage, StageErrorCode, TerminalOutcome } from '@pegbar/contract';
import type { Said } from './people.ts';
import type { Prompt } from './prompts.ts';
import type { Random } from './random.ts';
import type { Lora } from './records.ts';
import { type Hardware, type ReadyTenant, type ReadyWorkload, rhythmAt, type Studio } from './studio.ts';
import { type InForce, inForce, type PlacedIncident, type PlacedVersion, versionAt } from './timeline.ts';

/** What a caller has decided already: who asks, for what, with which prompt. */
export interface Ask {
  tenant: ReadyTenant;
  region: string;
  utc_offset_ms: number;
  workload: ReadyWorkload;
  collection: string;
  source: string;
  session_id: string;
  user_id_hash: string;
  start_ms: number;
  prompt: Prompt;
  said: Said;
  /** Set where the seed is given, as in the pairs of an evaluation. */
  seed?: string;
  version?: PlacedVersion;
  hardware?: Hardware;
  size?: string;
  attempt?: number;
  retry_of?: string;
  /** Set where nothing may go wrong: half a pair is no pair. */
  unfailing?: true;
}

interface Failure {
  stage: Stage;
  code: StageErrorCode;
  outcome: TerminalOutcome;
  message: string;
  retriable: boolean;
}

export interface RequestPlan extends Ask {
  request_id: string;
  trace_id: string;
  root_span_id: string;
  version: PlacedVersion;
  hardware: Hardware;
  seed: string;
  size: string;
  loras: Lora[];
  sampler: { sampler: string; scheduler: string };
  steps: number;
  image_ids: string[];
  sequence_id: string | undefined;
  clip_seconds: number;
  failure: Failure | null;
  queue_wait_ms: number;
  stage_ms: { [S in Stage]: number };
  effects: InForce;
  host: string;
  /** Peak of the card's memory. */
  gpu_mem_mb: number;
}

/** A stage that hangs is cut at this multiple of its usual time: long enough to be no slow success. */
const TIMEOUT_X = 12;
const SIGMA = { stage: 0.22, generate: 0.15, wait: 0.62 } as const;
/** Weight of a LoRA that an incident puts on. */
const PLANTED_LORA_WEIGHT = 0.8;
const LORA_SLOWDOWN = 0.03;
const WORKING_STAGES: readonly Stage[] = ['preprocess', 'generate', 'postprocess', 'deliver'];

export function planRequest(
  studio: Studio,
  incidents: readonly PlacedIncident[],
  ask: Ask,
  random: Random,
): RequestPlan {
  const { tenant, workload, start_ms } = ask;
  const version = ask.version ?? versionAt(workload.versions, start_ms, random.next());
  const hardware = ask.hardware ?? tenant.hardware.pick(random);
  const effects = inForce(
    incidents,
    {
      tenant: tenant.name,
      region: ask.region,
      workload: workload.name,
      model_version: version.version,
      hardware_class: hardware.name,
      traffic_source: ask.source,
      collection: ask.collection,
    },
    start_ms,
  );
  const [fewest, most] = workload.spec.images;
  const images = fewest + random.below(most - fewest + 1);
  const clip = workload.spec.clip;
  const clip_seconds = clip ? clip.seconds[0] + random.below(clip.seconds[1] - clip.seconds[0] + 1) : 0;
  const size = ask.size ?? workload.sizes.pick(random);
  const steps = random.pick(workload.spec.steps);
  const loras = lorasOf(tenant, effects, random);
  const failure = ask.unfailing ? null : failureOf(studio, effects, random);
  const load = rhythmAt(studio, ask.utc_offset_ms, start_ms) / studio.peakFactor;
  const volume =
    sizeFactor(workload, size) * (images / ((fewest + most) / 2)) * clipFactor(workload, clip_seconds);
  return {
    ...ask,
    request_id: `req_${random.hex(2)}`,
    trace_id: random.hex(4),
    root_span_id: random.hex(2),
    version,
    hardware,
    seed: ask.seed ?? random.seed64(),
    size,
    loras,
    sampler: workload.samplers.pick(random),
    steps,
    image_ids: Array.from({ length: images }, () => `img_${random.hex(2)}`),
    sequence_id: clip ? `seq_${random.hex(2)}` : undefined,
    clip_seconds,
    failure,
    queue_wait_ms:
      random.around(workload.spec.queue_wait_ms * (0.35 + 0.65 * load), SIGMA.wait) * effects.queue_wait_x,
    stage_ms: stageTimes(
      workload,
      hardware,
      effects,
      volume * (1 + LORA_SLOWDOWN * loras.length),
      steps,
      failure,
      random,
    ),
    effects,
    gpu_mem_mb: peakMemory(hardware, effects, loras.length, failure?.code === 'oom', random),
    host: `${tenant.name}-${ask.region}-${1 + random.below(tenant.spec.gpus[ask.region] || 1)}`,
  };
}

/** An OOM is what it says: the card was full. */
function peakMemory(
  hardware: Hardware,
  effects: InForce,
  loras: number,
  oom: boolean,
  random: Random,
): number {
  const used = 0.6 + 0.03 * loras + 0.03 * random.normal() + effects.gpu_memory_add;
  return Math.round(hardware.memory_mb * (oom ? random.between(0.985, 0.998) : Math.min(0.97, used)));
}

function lorasOf(tenant: ReadyTenant, effects: InForce, random: Random): Lora[] {
  const loras: Lora[] = [];
  for (const { share, lora } of tenant.loras) if (random.chance(share)) loras.push(lora);
  if (effects.lora !== undefined && random.chance(effects.lora_share)) {
    loras.push({ id: effects.lora, weight: PLANTED_LORA_WEIGHT });
  }
  return loras;
}

function pixels(size: string): number {
  const x = size.indexOf('x');
  return Number(size.slice(0, x)) * Number(size.slice(x + 1));
}

/** Time grows with the pixels; the stage times of the scenario are for the first size of its list. */
function sizeFactor(workload: ReadyWorkload, size: string): number {
  for (const first in workload.spec.sizes) return first === size ? 1 : pixels(size) / pixels(first);
  return 1;
}

function clipFactor(workload: ReadyWorkload, seconds: number): number {
  const clip = workload.spec.clip;
  return clip ? seconds / ((clip.seconds[0] + clip.seconds[1]) / 2) : 1;
}

function stageTimes(
  workload: ReadyWorkload,
  hardware: Hardware,
  effects: InForce,
  volume: number,
  steps: number,
  failure: Failure | null,
  random: Random,
): { [S in Stage]: number } {
  const base = workload.spec.stages_ms;
  const meanSteps = workload.spec.steps.reduce((sum, n) => sum + n, 0) / workload.spec.steps.length;
  const onGpu = volume / hardware.speed;
  const times = {
    ingest: random.around(base.ingest, SIGMA.stage),
    preprocess: random.around(base.preprocess, SIGMA.stage) * effects.preprocess_latency_x,
    generate:
      random.around(base.generate * onGpu * (steps / meanSteps), SIGMA.generate) * effects.generate_latency_x,
    upscale: random.chance(workload.spec.upscale_share)
      ? random.around(base.upscale * onGpu, SIGMA.stage)
      : 0,
    postprocess: random.around(base.postprocess, SIGMA.stage) * effects.postprocess_latency_x,
    deliver: random.around(base.deliver, SIGMA.stage) * effects.deliver_latency_x,
  };
  if (failure?.code === 'timeout') times[failure.stage] = base[failure.stage] * TIMEOUT_X;
  else if (failure && failure.stage !== 'ingest') times[failure.stage] *= random.between(0.15, 0.9);
  return times;
}

/** One uniform draw against the summed rates: a request fails once at most. */
function failureOf(studio: Studio, effects: InForce, random: Random): Failure | null {
  const { errors } = studio.scenario;
  let left = random.next();
  const falls = (rate: number): boolean => {
    left -= rate;
    return left < 0;
  };
  if (falls(effects.denied_share)) {
    return fault('ingest', 'internal', 'rejected', 'queue is full, request denied', true);
  }
  if (falls(errors.invalid_config)) {
    const message = random.pick(['width is not a multiple of 8', 'unknown sampler', 'prompt is empty']);
    return fault('ingest', 'invalid_config', 'rejected', message, false);
  }
  if (falls(errors.oom + effects.oom_rate)) {
    const wanted = random.between(1.1, 6.8).toFixed(2);
    return fault('generate', 'oom', 'failed', `CUDA out of memory. Tried to allocate ${wanted} GiB`, true);
  }
  if (falls(errors.timeout + effects.timeout_rate)) {
    return fault('generate', 'timeout', 'timed_out', 'no progress before the deadline', true);
  }
  if (falls(errors.cuda)) {
    return fault('generate', 'cuda', 'failed', 'CUDA error: an illegal memory access was encountered', true);
  }
  if (falls(errors.internal)) {
    const stage = random.pick(WORKING_STAGES);
    return fault(stage, 'internal', 'failed', `worker lost during ${stage}`, true);
  }
  if (falls(errors.safety_block + effects.safety_block_rate)) {
    return fault('postprocess', 'safety_block', 'blocked', 'picture withheld by the safety check', false);
  }
  if (falls(errors.cancelled)) {
    return fault('generate', 'cancelled', 'cancelled', 'cancelled by the user', false);
  }
  return null;
}

function fault(
  stage: Stage,
  code: StageErrorCode,
  outcome: TerminalOutcome,
  message: string,
  retriable: boolean,
): Failure {
  return { stage, code, outcome, message, retriable };
}
