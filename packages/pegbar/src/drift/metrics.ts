/** What can drift: what is compared, of which counts of the rollups, and the least change that is worth a word. */
import { ROLLUP_METRICS, type RollupMetricName } from '@pegbar/contract';
import { type Grid, LEAST_EFFECT } from '@pegbar/stats';
import type { ContentKind } from '../rollups/index.ts';

type M = RollupMetricName;

/** In how many documents (prompts, pictures) each cell (word, language, colour) stands. */
export interface ContentSampling {
  readonly as: 'content';
  /** Where there are several, the one that most documents of the window are of. */
  readonly kinds: readonly ContentKind[];
  /** The size is the Kullback–Leibler divergence in nats, not the PSI. */
  readonly size?: 'kl';
  /** The cell whose share of documents an hour is told by. */
  readonly cell?: { readonly kind: string; readonly cell: number };
}

/** How the counts of an hour become a sample. */
export type Sampling =
  /** Observations on a grid. */
  | { readonly as: 'number'; readonly of: M }
  /** How many of `to` are one of `of`; without `to`, the mean of marks that are 0 or 1. */
  | { readonly as: 'rate'; readonly of: readonly M[]; readonly to?: readonly M[] }
  /** How observations divide among names. */
  | { readonly as: 'shares'; readonly of: Readonly<Record<string, M>> }
  /** Sum over sum, hour by hour: an hour is an observation. `scale` multiplies. */
  | { readonly as: 'hourly'; readonly of: M; readonly to: M; readonly scale: number }
  | ContentSampling;

export interface DriftMetric {
  readonly name: string;
  /** As it stands in a sentence: `median prompt`, `faces accepted`. */
  readonly title: string;
  /** `ms`, `tokens`, `share`, `usd`, or '' for a bare number. */
  readonly unit: string;
  readonly sampling: Sampling;
  /** Prompt, performance, quality, safety or cost: what moves together. */
  readonly family: 'prompt' | 'performance' | 'quality' | 'safety' | 'cost';
  /**
   * Least change worth a word. Of rates the larger of an amount (in shares) and a share of what was; of all others a
   * debiased PSI, and a share of the median below which a shift alone is none.
   */
  readonly least: { readonly amount?: number; readonly share?: number; readonly psi?: number };
  readonly better: 'up' | 'down' | 'neither';
  /** By stage it is this. */
  readonly byStage?: Sampling;
}

const number = (of: M): Sampling => ({ as: 'number', of });
const DECIDED: readonly M[] = ['succeeded', 'failed', 'timed_out'];
const content = (...kinds: ContentKind[]): ContentSampling => ({ as: 'content', kinds });
const CONTENT = { unit: 'share', least: { psi: LEAST_EFFECT }, better: 'neither' } as const;
const SHIFT = { psi: LEAST_EFFECT, share: 0.05 } as const;

export const DRIFT_METRICS: readonly DriftMetric[] = [
  {
    name: 'prompt_tokens',
    title: 'median prompt',
    unit: 'tokens',
    family: 'prompt',
    sampling: number('prompt_tokens'),
    least: { psi: LEAST_EFFECT },
    better: 'neither',
  },
  {
    name: 'prompt_words',
    title: 'median prompt',
    unit: 'words',
    family: 'prompt',
    sampling: number('prompt_words'),
    least: { psi: LEAST_EFFECT },
    better: 'neither',
  },
  {
    name: 'prompt_chars',
    title: 'median prompt',
    unit: 'characters',
    family: 'prompt',
    sampling: number('prompt_chars'),
    least: { psi: LEAST_EFFECT },
    better: 'neither',
  },
  {
    ...CONTENT,
    name: 'prompt_tokens_content',
    title: 'prompts',
    family: 'prompt',
    sampling: content('token', 'keyed_token'),
  },
  {
    ...CONTENT,
    name: 'prompt_tokens_kl',
    title: 'divergence of words in prompts',
    family: 'prompt',
    sampling: { ...content('token', 'keyed_token'), size: 'kl' },
    unit: 'nats',
  },
  {
    ...CONTENT,
    name: 'prompt_tags_content',
    title: 'prompts',
    family: 'prompt',
    sampling: content('tag'),
  },
  {
    ...CONTENT,
    name: 'characters',
    title: 'prompts',
    family: 'prompt',
    sampling: content('character'),
  },
  {
    ...CONTENT,
    name: 'prompt_language',
    title: 'prompts',
    family: 'prompt',
    sampling: content('language'),
  },
  {
    ...CONTENT,
    name: 'prompt_script',
    title: 'prompts',
    family: 'prompt',
    sampling: content('script'),
  },
  {
    ...CONTENT,
    name: 'palette',
    title: 'pictures',
    family: 'quality',
    sampling: content('colour'),
  },
  {
    name: 'latency_ms',
    title: 'median latency',
    unit: 'ms',
    family: 'performance',
    sampling: number('latency_ms'),
    byStage: number('stage_ms'),
    least: SHIFT,
    better: 'down',
  },
  {
    name: 'queue_wait_ms',
    title: 'median queue wait',
    unit: 'ms',
    family: 'performance',
    sampling: number('queue_wait_ms'),
    least: { psi: 0.2, share: 0.2 },
    better: 'down',
  },
  {
    name: 'error_rate',
    title: 'requests that failed',
    unit: 'share',
    family: 'performance',
    sampling: { as: 'rate', of: ['failed', 'timed_out'], to: DECIDED },
    byStage: { as: 'rate', of: ['errors'], to: ['stages'] },
    least: { amount: 0.01, share: 0.5 },
    better: 'down',
  },
  {
    name: 'delivered_fps',
    title: 'median delivered rate',
    unit: 'fps',
    family: 'performance',
    sampling: number('delivered_fps'),
    least: SHIFT,
    better: 'up',
  },
  {
    name: 'cost_per_1k_images_usd',
    title: 'cost of 1,000 pictures',
    unit: 'usd',
    family: 'cost',
    sampling: { as: 'hourly', of: 'cost_usd', to: 'images', scale: 1_000 },
    least: { psi: 0.2, share: 0.05 },
    better: 'down',
  },
  {
    name: 'aesthetic',
    title: 'median aesthetic score',
    unit: '',
    family: 'quality',
    sampling: number('aesthetic'),
    least: { psi: LEAST_EFFECT, share: 0.02 },
    better: 'up',
  },
  {
    name: 'clip_i',
    title: 'median CLIP-I',
    unit: '',
    family: 'quality',
    sampling: number('clip_i'),
    least: { psi: LEAST_EFFECT, share: 0.01 },
    better: 'up',
  },
  {
    name: 'style_distance',
    title: 'median style distance',
    unit: '',
    family: 'quality',
    sampling: number('style_distance'),
    least: SHIFT,
    better: 'down',
  },
  {
    name: 'face_ok',
    title: 'faces accepted',
    unit: 'share',
    family: 'quality',
    sampling: { as: 'rate', of: ['face_ok'] },
    least: { amount: 0.03 },
    better: 'up',
  },
  {
    name: 'acceptance',
    title: 'pictures accepted',
    unit: 'share',
    family: 'quality',
    sampling: { as: 'rate', of: ['accepted'], to: ['feedback'] },
    least: { amount: 0.05 },
    better: 'up',
  },
  {
    name: 'feedback',
    title: 'what people did with pictures',
    unit: 'share',
    family: 'quality',
    sampling: {
      as: 'shares',
      of: { accept: 'accepted', edit: 'edited', reroll: 'rerolled', reject: 'rejected_images' },
    },
    least: { psi: LEAST_EFFECT },
    better: 'neither',
  },
  {
    name: 'nsfw',
    title: 'pictures flagged NSFW',
    unit: 'share',
    family: 'safety',
    sampling: { as: 'rate', of: ['nsfw'] },
    least: { amount: 0.01, share: 0.5 },
    better: 'down',
  },
  {
    name: 'blocked',
    title: 'requests blocked by a safety rule',
    unit: 'share',
    family: 'safety',
    sampling: { as: 'rate', of: ['blocked'], to: [...DECIDED, 'blocked'] },
    least: { amount: 0.01, share: 0.5 },
    better: 'neither',
  },
];

export const DRIFT_METRIC_NAMES: readonly string[] = DRIFT_METRICS.map(({ name }) => name);
export const metricNamed = (name: string): DriftMetric | undefined =>
  DRIFT_METRICS.find((one) => one.name === name);

/** What tells the same story is looked at once in a sweep: characters and words follow the tokens. */
const SWEPT_BY_OTHERS: ReadonlySet<string> = new Set(['prompt_words', 'prompt_chars', 'feedback']);
export const SWEPT: readonly DriftMetric[] = DRIFT_METRICS.filter(
  ({ name, sampling }) => !SWEPT_BY_OTHERS.has(name) && sampling.as !== 'content',
);
/** The same words by another measure, as tags, or told by their script: the words and the language stand for them. */
const CONTENT_BY_OTHERS: ReadonlySet<string> = new Set([
  'prompt_tokens_kl',
  'prompt_tags_content',
  'prompt_script',
]);
export const SWEPT_CONTENT: readonly DriftMetric[] = DRIFT_METRICS.filter(
  ({ name, sampling }) => sampling.as === 'content' && !CONTENT_BY_OTHERS.has(name),
);

/** The rollup metrics that a sampling reads, and those of them whose bins it needs. */
export function readsOf(sampling: Sampling): { metrics: M[]; bins: M[] } {
  switch (sampling.as) {
    case 'number':
      return { metrics: [sampling.of], bins: [sampling.of] };
    case 'rate':
      return { metrics: [...new Set([...sampling.of, ...(sampling.to ?? [])])], bins: [] };
    case 'shares':
      return { metrics: Object.values(sampling.of), bins: [] };
    case 'hourly':
      return { metrics: [sampling.of, sampling.to], bins: [] };
    case 'content':
      return { metrics: [], bins: [] };
  }
}

const GRIDS = new Map<string, Grid>(
  ROLLUP_METRICS.flatMap(({ name, grid }) => (grid === 'none' ? [] : [[name, grid] as const])),
);

/** Counts of something: only whole numbers are observed. */
const WHOLE: ReadonlySet<M> = new Set(['prompt_tokens', 'prompt_words', 'prompt_chars']);
export const isWhole = (metric: M): boolean => WHOLE.has(metric);

export const gridOf = (metric: M): Grid => GRIDS.get(metric)!;
