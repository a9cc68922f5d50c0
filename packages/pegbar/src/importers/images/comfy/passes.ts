import { DEPTH_MOST, type Link, linkIn, linkOf, type Node, nodeAt, type Walk } from './graph.ts';
import { numberIn, seedIn, textIn } from './values.ts';

/** One node that samples, as it says it of itself. */
export interface Pass {
  node: Node;
  /** False for a KSamplerAdvanced that goes on with the noise of the node before it. */
  addsNoise: boolean;
  seed: string | undefined;
  steps: number | undefined;
  /** Steps of the schedule that this node runs. */
  ran: number;
  cfg: number | undefined;
  sampler: string | undefined;
  scheduler: string | undefined;
  denoise: number | undefined;
  model: Link | undefined;
  positive: Link | undefined;
  negative: Link | undefined;
  latent: Link | undefined;
}

const LATENTS = ['latent_image', 'latent', 'latents', 'samples', 'optional_latent', 'image', 'images'];
const WEIGHTS = ['model', 'guider', 'basic_pipe', 'pipe', 'optional_pipe', 'context', ...LATENTS];
const POSITIVE = ['positive', 'conditioning', 'cond1', 'text_embeds', 'basic_pipe', 'pipe'];
const NEGATIVE = ['negative', 'text_embeds', 'basic_pipe', 'pipe'];

/** Nodes that repaint a part or a tile of a finished picture: its sampler is the one before them. */
const REPAINTS = /detailer|ultimatesdupscale|seedvr/i;

export function isPass(node: Node): boolean {
  const { inputs } = node;
  const has = (key: string): boolean => inputs[key] !== undefined;
  if (/select/i.test(node.type)) return false;
  if (/sampler/i.test(node.type) && WEIGHTS.some((key) => Array.isArray(inputs[key]))) return true;
  return (has('seed') || has('noise_seed')) && has('steps') && (has('cfg') || has('guidance'));
}

export const repaints = (node: Node): boolean => REPAINTS.test(node.type);

export function readPass(walk: Walk, node: Node): Pass {
  const at = (key: string): Node | undefined => nodeAt(walk, linkOf(walk, node.inputs[key]));
  const [noise, guider, chosen] = [at('noise'), at('guider'), at('sampler')];
  const { sigmas, ran } = scheduleOf(walk, linkOf(walk, node.inputs.sigmas));
  const steps = numberIn(walk, node, ['steps']) ?? numberIn(walk, sigmas, ['steps']);
  const add = node.inputs.add_noise;
  return {
    node,
    addsNoise: add !== 'disable' && add !== false && !(noise && /disable/i.test(noise.type)),
    seed: seedIn(walk, node, ['noise_seed', 'seed']) ?? seedIn(walk, noise, ['noise_seed', 'seed']),
    steps,
    ran: ran ?? stepsRun(walk, node, steps),
    cfg: numberIn(walk, node, ['cfg']) ?? numberIn(walk, guider, ['cfg', 'cfg_conds']),
    sampler: textIn(walk, node, ['sampler_name']) ?? samplerName(walk, chosen),
    scheduler: textIn(walk, node, ['scheduler']) ?? schedulerName(walk, sigmas),
    denoise: numberIn(walk, node, ['denoise', 'denoise_strength']) ?? numberIn(walk, sigmas, ['denoise']),
    model: linkIn(walk, node, ['model', 'basic_pipe', 'pipe']) ?? (guider && linkIn(walk, guider, ['model'])),
    positive: linkIn(walk, node, POSITIVE) ?? (guider && linkIn(walk, guider, POSITIVE)),
    negative: linkIn(walk, node, NEGATIVE) ?? (guider && linkIn(walk, guider, NEGATIVE)),
    latent: linkIn(walk, node, LATENTS),
  };
}

function stepsRun(walk: Walk, node: Node, steps: number | undefined): number {
  if (steps === undefined) return 0;
  const from = numberIn(walk, node, ['start_at_step', 'start_step']) ?? 0;
  const to = numberIn(walk, node, ['end_at_step', 'end_step']) ?? steps;
  // WanVideoSampler says "to the end" by -1.
  return Math.max(0, Math.min(to < 0 ? steps : to, steps) - from);
}

/** The scheduler behind the sigmas, through nodes that cut or turn them. */
function scheduleOf(
  walk: Walk,
  start: Link | undefined,
): { sigmas: Node | undefined; ran: number | undefined } {
  let link = start;
  let ran: number | undefined;
  let split: { at: number; isLow: boolean } | undefined;
  for (let depth = 0; link && depth < DEPTH_MOST; depth++) {
    const node = nodeAt(walk, link);
    const next = node && linkIn(walk, node, ['sigmas', 'sigmas_1']);
    if (!node || !next) {
      const steps = numberIn(walk, node, ['steps']);
      if (split && steps !== undefined) ran = split.isLow ? steps - split.at : split.at;
      return { sigmas: node, ran };
    }
    const at = /split/i.test(node.type) ? numberIn(walk, node, ['step']) : undefined;
    if (at !== undefined) split ??= { at, isLow: link.slot === 1 };
    link = next;
  }
  return { sigmas: undefined, ran };
}

/** KSamplerSelect names it; nodes such as SamplerEulerAncestral are it. */
function samplerName(walk: Walk, node: Node | undefined): string | undefined {
  if (!node) return undefined;
  const named = textIn(walk, node, ['sampler_name', 'sampler']);
  if (named !== undefined) return named;
  const own = /^Sampler_?(?!Custom)(\w+)$/.exec(node.type)?.[1];
  return own === undefined ? undefined : snake(own);
}

/** BasicScheduler names it; KarrasScheduler, LTXVScheduler and their like are it. */
function schedulerName(walk: Walk, node: Node | undefined): string | undefined {
  if (!node) return undefined;
  const named = textIn(walk, node, ['scheduler']);
  if (named !== undefined) return named;
  const own = /^(\w+)Scheduler$/.exec(node.type)?.[1];
  return own === undefined ? undefined : snake(own);
}

const snake = (name: string): string => name.replace(/([a-z\d])(?=[A-Z])/g, '$1_').toLowerCase();
