import type { Loose, LooseObject } from '../loose-json.ts';

const VIDEO = ['width', 'height', 'length', 'batch_size'];
const STILL = ['width', 'height', 'batch_size'];
const SCALE = ['upscale_method', 'width', 'height', 'crop'];
const SAMPLER = ['seed', 'steps', 'cfg', 'sampler_name', 'scheduler', 'denoise'];

/**
 * Names of the widgets, in the order in which the browser's workflow lists their values. Workflows before 2025 do not
 * tell the names; only nodes that decide about settings are of interest.
 */
const WIDGETS: Readonly<Record<string, readonly string[]>> = {
  KSampler: SAMPLER,
  'KSampler (Efficient)': SAMPLER,
  KSamplerAdvanced: [
    'add_noise',
    'noise_seed',
    'steps',
    'cfg',
    'sampler_name',
    'scheduler',
    'start_at_step',
    'end_at_step',
    'return_with_leftover_noise',
  ],
  SamplerCustom: ['add_noise', 'noise_seed', 'cfg'],
  RandomNoise: ['noise_seed'],
  KSamplerSelect: ['sampler_name'],
  BasicScheduler: ['scheduler', 'steps', 'denoise'],
  KarrasScheduler: ['steps'],
  ExponentialScheduler: ['steps'],
  PolyexponentialScheduler: ['steps'],
  SDTurboScheduler: ['steps', 'denoise'],
  AlignYourStepsScheduler: ['model_type', 'steps', 'denoise'],
  LTXVScheduler: ['steps'],
  Flux2Scheduler: ['steps', 'width', 'height'],
  SplitSigmas: ['step'],
  CFGGuider: ['cfg'],
  DualCFGGuider: ['cfg_conds', 'cfg_cond2_negative'],
  FluxGuidance: ['guidance'],
  CheckpointLoaderSimple: ['ckpt_name'],
  CheckpointLoader: ['config_name', 'ckpt_name'],
  unCLIPCheckpointLoader: ['ckpt_name'],
  ImageOnlyCheckpointLoader: ['ckpt_name'],
  UNETLoader: ['unet_name', 'weight_dtype'],
  UnetLoaderGGUF: ['unet_name'],
  LoraLoader: ['lora_name', 'strength_model', 'strength_clip'],
  LoraLoaderModelOnly: ['lora_name', 'strength_model'],
  VAELoader: ['vae_name'],
  CLIPTextEncode: ['text'],
  CLIPTextEncodeSDXL: [
    'width',
    'height',
    'crop_w',
    'crop_h',
    'target_width',
    'target_height',
    'text_g',
    'text_l',
  ],
  CLIPTextEncodeSDXLRefiner: ['ascore', 'width', 'height', 'text'],
  CLIPTextEncodeFlux: ['clip_l', 't5xxl', 'guidance'],
  CLIPTextEncodeSD3: ['clip_l', 'clip_g', 't5xxl'],
  CLIPSetLastLayer: ['stop_at_clip_layer'],
  EmptyLatentImage: STILL,
  EmptySD3LatentImage: STILL,
  EmptyHunyuanLatentVideo: VIDEO,
  EmptyMochiLatentVideo: VIDEO,
  EmptyLTXVLatentVideo: VIDEO,
  EmptyCosmosLatentVideo: VIDEO,
  WanImageToVideo: VIDEO,
  WanFirstLastFrameToVideo: VIDEO,
  SVD_img2vid_Conditioning: ['width', 'height', 'video_frames'],
  LatentUpscale: SCALE,
  ImageScale: SCALE,
  LatentUpscaleBy: ['upscale_method', 'scale_by'],
  ImageScaleBy: ['upscale_method', 'scale_by'],
  LoadImage: ['image'],
  SaveImage: ['filename_prefix'],
  SaveAnimatedWEBP: ['filename_prefix', 'fps'],
  SaveAnimatedPNG: ['filename_prefix', 'fps'],
  SaveWEBM: ['filename_prefix', 'codec', 'fps'],
  SaveVideo: ['filename_prefix'],
  CreateVideo: ['fps'],
  ControlNetLoader: ['control_net_name'],
  DiffControlNetLoader: ['control_net_name'],
  ControlNetApply: ['strength'],
  PrimitiveInt: ['value'],
  PrimitiveFloat: ['value'],
  PrimitiveString: ['value'],
  PrimitiveStringMultiline: ['value'],
};

/** What the browser does with a seed after a run: a value between the seed's and the next widget's. */
const AFTER_RUN = new Set<Loose>(['fixed', 'randomize', 'increment', 'decrement', true, false]);

/** The widgets' values of a node of a workflow, by name. */
export function widgetsOf(type: string, values: Loose | undefined, told: readonly string[]): LooseObject {
  const out: LooseObject = Object.create(null);
  if (typeof values === 'object' && values !== null && !Array.isArray(values))
    return Object.assign(out, values);
  if (!Array.isArray(values)) return out;
  // New workflows list every widget among the inputs; old ones those that were turned into inputs.
  const known = WIDGETS[type];
  const names = known && told.length < known.length ? known : told;
  let at = 0;
  for (const name of names) {
    const value = values[at++];
    if (value === undefined) break;
    out[name] = value;
    if (/seed$/.test(name) && AFTER_RUN.has(values[at] ?? null)) at++;
  }
  return out;
}
