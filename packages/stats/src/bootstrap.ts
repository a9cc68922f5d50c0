import type { Random } from './random.ts';

export interface BootstrapOptions {
  readonly random: Random;
  /** Replicates (500). */
  readonly replicates?: number;
  /** 0 to 1 (0.95). */
  readonly confidence?: number;
}

const REPLICATES = 500;
const CONFIDENCE = 0.95;

/**
 * Percentile interval of a statistic of consecutive days, by the moving-block bootstrap (Künsch 1989, Ann. Stat.
 * 17:1217): runs of `block` days are drawn with replacement, wrapped around (Politis & Romano 1992), so that what
 * neighbouring days share stays together. `undefined` for fewer than two days.
 */
export function blockBootstrap<D>(
  days: readonly D[],
  block: number,
  statistic: (sample: readonly D[]) => number,
  options: BootstrapOptions,
): readonly [number, number] | undefined {
  const { random, replicates = REPLICATES, confidence = CONFIDENCE } = options;
  if (days.length < 2) return undefined;
  const size = Math.max(1, Math.min(Math.floor(block), days.length));
  const found = new Float64Array(replicates);
  const sample: D[] = new Array<D>(days.length);
  for (let replicate = 0; replicate < replicates; replicate++) {
    for (let i = 0; i < days.length; ) {
      const start = Math.floor(random() * days.length);
      for (let j = 0; j < size && i < days.length; j++, i++) sample[i] = days[(start + j) % days.length]!;
    }
    found[replicate] = statistic(sample);
  }
  return percentiles(found, confidence);
}

/**
 * Percentile interval of a statistic of clusters (sessions, prompts), each drawn a Poisson(1) number of times
 * (Chamandy et al. 2012, Google; Oza 2001): needs no number of clusters beforehand. `statistic` gets their weights.
 */
export function poissonBootstrap(
  clusters: number,
  statistic: (weights: Uint8Array) => number,
  options: BootstrapOptions,
): readonly [number, number] | undefined {
  const { random, replicates = REPLICATES, confidence = CONFIDENCE } = options;
  if (clusters < 2) return undefined;
  const found = new Float64Array(replicates);
  const weights = new Uint8Array(clusters);
  for (let replicate = 0; replicate < replicates; replicate++) {
    for (let i = 0; i < clusters; i++) weights[i] = poissonOne(random);
    found[replicate] = statistic(weights);
  }
  return percentiles(found, confidence);
}

/** Poisson with mean 1, by Knuth's product of uniforms. */
function poissonOne(random: Random): number {
  let count = 0;
  for (let product = random(); product > Math.exp(-1); product *= random()) count++;
  return count;
}

function percentiles(found: Float64Array, confidence: number): readonly [number, number] {
  found.sort();
  const at = (q: number): number =>
    found[Math.min(found.length - 1, Math.max(0, Math.round(q * (found.length - 1))))]!;
  return [at((1 - confidence) / 2), at((1 + confidence) / 2)];
}
