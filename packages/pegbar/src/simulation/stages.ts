/** Writes the records of one decided request: its stages, scores and frames windows. */
import type { Boundary, Stage } from '@pegbar/contract';
import { embeddingOf } from './embeddings.ts';
import { frameWindows } from './frames.ts';
import { requestLogs } from './logs.ts';
import { pictureUri } from './picture-spec.ts';
import { appealOf, clamp, pictureOf, qualityOf, rounded } from './quality.ts';
import type { Random } from './random.ts';
import type { BoundaryRecord, SimulatedRecord, StageRecord } from './records.ts';
import type { RequestPlan } from './request.ts';
import { requestSpans } from './spans.ts';
import type { Studio } from './studio.ts';

/** What a request came to; a session decides by it what its user does next. */
export interface Finished {
  end_ms: number;
  succeeded: boolean;
  image_ids: readonly string[];
  /** Mean chance that a picture is accepted, 0 to 1. */
  appeal: number;
}

const STAGE_BOUNDARY: { [S in Stage]?: Boundary } = {
  ingest: 'prompt_received',
  preprocess: 'model_loaded',
  generate: 'inference_finished',
  postprocess: 'postprocess_done',
  deliver: 'deliver_complete',
};

/** Pictures that a second, slower scorer looks at afterwards. */
const LATE_SCORE_SHARE = 0.1;
const CONTROL_MAP_SHARE = 0.22;
const REFERENCE_SHARE = 0.3;
const GPU_STAGES: ReadonlySet<Stage> = new Set(['generate', 'upscale']);
/** Stages after which there is a picture. */
const PICTURE_STAGES: ReadonlySet<Stage> = new Set(['generate', 'upscale', 'postprocess', 'deliver']);

export function tellRequest(
  studio: Studio,
  plan: RequestPlan,
  random: Random,
  out: SimulatedRecord[],
  withSpans: boolean,
): Finished {
  const writer = new StageWriter(studio, plan, random, withSpans);
  const finished = writer.tell();
  for (const record of writer.stages) out.push(record);
  for (const record of writer.beside) out.push(record);
  if (withSpans) {
    for (const span of requestSpans(writer.stages)) out.push(span);
    for (const line of requestLogs(plan, writer.stages)) out.push(line);
  }
  return finished;
}

class StageWriter {
  readonly stages: StageRecord[] = [];
  readonly beside: SimulatedRecord[] = [];
  private readonly studio: Studio;
  private readonly plan: RequestPlan;
  private readonly random: Random;
  private readonly withSpans: boolean;
  private at_ms: number;
  private appeal = 0;

  constructor(studio: Studio, plan: RequestPlan, random: Random, withSpans: boolean) {
    this.studio = studio;
    this.plan = plan;
    this.random = random;
    this.withSpans = withSpans;
    this.at_ms = plan.start_ms;
  }

  tell(): Finished {
    const { plan } = this;
    const done = this.tellStages();
    const last = this.stages.at(-1) as StageRecord;
    last.outcome = done ? 'succeeded' : (plan.failure?.outcome ?? 'failed');
    return {
      end_ms: last.timestamp,
      succeeded: done,
      image_ids: plan.image_ids,
      appeal: this.appeal / plan.image_ids.length,
    };
  }

  /** True where every stage was passed. */
  private tellStages(): boolean {
    const { plan } = this;
    if (!this.stage('ingest')) return false;
    if (!this.stage('preprocess')) return false;
    this.at_ms += Math.round(plan.queue_wait_ms);
    if (this.withSpans) this.beside.push(this.boundary('inference_started'));
    if (!this.stage('generate')) return false;
    if (plan.stage_ms.upscale > 0 && !this.stage('upscale')) return false;
    for (let i = 0; i < plan.image_ids.length; i++) if (!this.stage('postprocess', i)) return false;
    if (plan.sequence_id !== undefined) {
      this.beside.push(this.boundary('frame_emitted', plan.image_ids[0]));
      this.clip('produced');
    }
    if (!this.stage('deliver')) return false;
    if (plan.sequence_id !== undefined) this.clip('delivered');
    return true;
  }

  private clip(side: 'produced' | 'delivered'): void {
    for (const window of frameWindows(this.plan, side, this.at_ms, this.random)) this.beside.push(window);
  }

  /** A boundary that no stage ends with; of the first picture, or of all of them. */
  private boundary(boundary: Boundary, image_id?: string): BoundaryRecord {
    const { plan } = this;
    return {
      type: 'boundary',
      event_id: `${plan.request_id}.${boundary}`,
      timestamp: this.at_ms,
      tenant: plan.tenant.name,
      region: plan.region,
      workload: plan.workload.name,
      request_id: plan.request_id,
      trace_id: plan.trace_id,
      boundary,
      ...(image_id !== undefined && { image_id }),
    };
  }

  /** Writes one stage; false where the request ended in it. */
  private stage(stage: Stage, imageIndex = 0): boolean {
    const { plan, random } = this;
    const failed = plan.failure?.stage === stage;
    const latency_ms = Math.max(1, Math.round(plan.stage_ms[stage]));
    this.at_ms += latency_ms;
    const record = this.bare(stage, latency_ms, random.hex(2));
    const image_id = plan.image_ids[imageIndex] as string;
    // A stage is about one picture, or about none of a batch in particular.
    const alone = plan.image_ids.length === 1;
    // Nor does a stage that failed before there was a picture name one.
    const made = stage === 'postprocess' || !failed;
    if (made && (stage === 'postprocess' || (alone && PICTURE_STAGES.has(stage)))) record.image_id = image_id;
    if (stage === 'postprocess') this.addRights(record);
    if (stage === 'ingest') this.addPrompt(record);
    if (stage === 'generate') this.addInference(record);
    if (GPU_STAGES.has(stage)) this.addGpu(record, stage, latency_ms);
    if (failed && plan.failure) {
      const { code, message, retriable } = plan.failure;
      record.error = { code, message, retriable };
    } else {
      const boundary = STAGE_BOUNDARY[stage];
      if (boundary !== undefined) record.boundary = boundary;
      if (stage === 'postprocess') this.addPicture(record, image_id, imageIndex);
    }
    this.stages.push(record);
    return !failed;
  }

  private bare(stage: Stage, latency_ms: number, span_id: string): StageRecord {
    const { plan } = this;
    const record: StageRecord = {
      type: 'stage',
      event_id: `${plan.request_id}.${span_id}`,
      timestamp: this.at_ms,
      tenant: plan.tenant.name,
      region: plan.region,
      workload: plan.workload.name,
      request_id: plan.request_id,
      session_id: plan.session_id,
      user_id_hash: plan.user_id_hash,
      traffic_source: plan.source,
      trace_id: plan.trace_id,
      span_id,
      pipeline_stage: stage,
      collection: plan.collection,
      model: {
        family: plan.version.family,
        version: plan.version.version,
        checkpoint_hash: plan.version.hash,
        loras: plan.loras,
      },
      resources: {
        gpu_type: plan.hardware.gpu,
        gpu_mem_mb: plan.gpu_mem_mb,
        gpu_count: 1,
        batch_size: plan.image_ids.length,
        hardware_class: plan.hardware.name,
      },
      metrics: { latency_ms },
    };
    if (this.withSpans) record.parent_span_id = plan.root_span_id;
    if (plan.sequence_id !== undefined) record.sequence_id = plan.sequence_id;
    if (plan.attempt !== undefined) record.attempt = plan.attempt;
    if (plan.retry_of !== undefined) record.retry_of = plan.retry_of;
    return record;
  }

  private addPrompt(record: StageRecord): void {
    const { plan, random } = this;
    const { text, negative, language } = plan.prompt;
    record.prompt = { text, negative, length: text.length, language, redactions: 0 };
    this.addRights(record);
    const reference = random.chance(REFERENCE_SHARE);
    const control = random.chance(CONTROL_MAP_SHARE);
    if (!reference && !control) return;
    const references = this.studio.scenario.collections[plan.collection]?.references ?? 1;
    record.conditioning = {
      reference_images: reference ? [`${plan.collection}/${1 + random.below(Math.max(1, references))}`] : [],
      control_maps: control ? [random.pick(['lineart', 'openpose', 'depth'])] : [],
      embeddings: [],
    };
  }

  /** Whose it is and what may be done with it: of the prompt, and of every picture. */
  private addRights(record: StageRecord): void {
    const { consent, license } = this.plan.said;
    record.consent = consent;
    record.license = license;
  }

  private addParams(record: StageRecord): void {
    const { plan } = this;
    record.params = {
      sampler: plan.sampler.sampler,
      scheduler: plan.sampler.scheduler,
      steps: plan.steps,
      cfg: plan.workload.cfg,
      seed: plan.seed,
      resolution: plan.size,
    };
  }

  private addInference(record: StageRecord): void {
    const { plan } = this;
    this.addParams(record);
    record.metrics.queue_wait_ms = Math.round(plan.queue_wait_ms);
    record.metrics.gpu_util = rounded(
      Math.min(1, this.random.between(0.86, 0.99) + plan.effects.gpu_util_add),
      2,
    );
    record.attributes = { host: plan.host };
    const made = plan.image_ids.length;
    // One picture is counted by its id; a batch says how many it made.
    if (made > 1 && plan.failure?.stage !== 'generate') record.attributes['pegbar.images'] = made;
  }

  private addGpu(record: StageRecord, stage: Stage, latency_ms: number): void {
    const gpu_seconds = latency_ms / 1000;
    record.metrics.gpu_seconds = gpu_seconds;
    record.metrics.cost_usd = rounded((gpu_seconds * this.plan.hardware.usd_per_hour) / 3600, 6);
    if (stage === 'upscale') record.attributes = { upscaler: 'anime-x2' };
  }

  private addPicture(record: StageRecord, image_id: string, panel: number): void {
    const { plan } = this;
    const quality = qualityOf(this.studio, plan, this.random);
    record.quality = quality;
    const spec = pictureOf(this.studio, plan, image_id, panel, quality.face_ok);
    const uri = pictureUri(spec);
    record.artifacts = { image_uri: uri, thumb_uri: uri };
    // No other stage tells of a single picture of a batch.
    if (plan.image_ids.length > 1) this.addParams(record);
    const embedding = embeddingOf(this.studio, record, spec, this.random);
    if (embedding) this.beside.push(embedding);
    this.appeal += appealOf(quality, plan.effects.accept_add);
    if (this.random.chance(LATE_SCORE_SHARE)) this.scoreLater(image_id);
  }

  private scoreLater(image_id: string): void {
    const { plan, random } = this;
    this.beside.push({
      type: 'score',
      event_id: `${image_id}.clip_t`,
      timestamp: this.at_ms + Math.round(random.between(20_000, 240_000)),
      tenant: plan.tenant.name,
      image_id,
      request_id: plan.request_id,
      name: 'clip_t',
      value: rounded(clamp(0.283 + 0.028 * random.normal(), 0, 1), 4),
      scorer: 'clip-vit-l-14',
      scorer_version: '1.2.0',
    });
  }
}
