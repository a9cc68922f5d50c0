/**
 * The difference between two sides with its interval: of shares, means, quantiles and ratios. All are `current` minus
 * `reference`, in the unit of the values.
 */
import { normalUpperQuantile } from './distributions.ts';
import { type Histogram, sizeOf } from './histogram.ts';
import type { Random } from './random.ts';

export interface Difference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface DifferenceOptions {
  readonly random: Random;
  /** Replicates (1,000). */
  readonly replicates?: number;
  /** 0 to 1 (0.95). */
  readonly confidence?: number;
}

const CONFIDENCE = 0.95;
const REPLICATES = 1_000;

/** The score interval of a share (Wilson 1927, JASA 22:209); `[0, 1]` where nothing was tried. */
export function wilson(hits: number, tries: number, confidence = CONFIDENCE): readonly [number, number] {
  if (!(tries > 0)) return [0, 1];
  const z = normalUpperQuantile((1 - confidence) / 2);
  const share = Math.min(1, hits / tries);
  const middle = share + (z * z) / (2 * tries);
  const reach = z * Math.sqrt((share * (1 - share)) / tries + (z * z) / (4 * tries * tries));
  const whole = 1 + (z * z) / tries;
  return [Math.max(0, (middle - reach) / whole), Math.min(1, (middle + reach) / whole)];
}

/**
 * Difference of two independent shares, by Newcombe's hybrid of score intervals (Newcombe 1998, Stat. Med. 17:873,
 * method 10): stays within −1 to 1 and does not collapse where a side has no hits. `undefined` where a side has no tries.
 */
export function differenceOfShares(
  reference: { readonly hits: number; readonly tries: number },
  current: { readonly hits: number; readonly tries: number },
  confidence = CONFIDENCE,
): Difference | undefined {
  if (!(reference.tries > 0 && current.tries > 0)) return undefined;
  const [a, b] = [reference.hits / reference.tries, current.hits / current.tries];
  return mover(
    { value: a, interval: wilson(reference.hits, reference.tries, confidence) },
    { value: b, interval: wilson(current.hits, current.tries, confidence) },
  );
}

interface Estimate {
  readonly value: number;
  readonly interval: readonly [number, number];
}
/** Two intervals as one of their difference (MOVER; Zou & Donner 2008, Stat. Med. 27:1693). */
function mover(reference: Estimate, current: Estimate): Difference {
  const value = current.value - reference.value;
  const [lowA, highA] = reference.interval;
  const [lowB, highB] = current.interval;
  return {
    value,
    low: value - Math.hypot(current.value - lowB, highA - reference.value),
    high: value + Math.hypot(highB - current.value, reference.value - lowA),
  };
}

/**
 * Difference of two quantiles by the ranks that bracket each (binomial, normal approximation) and MOVER: without
 * resampling, for many segments at once. `undefined` where a side is empty.
 */
export function differenceOfQuantiles(
  reference: Histogram,
  current: Histogram,
  q: number,
  confidence = CONFIDENCE,
): Difference | undefined {
  const [a, b] = [quantileBetween(reference, q, confidence), quantileBetween(current, q, confidence)];
  return a && b ? mover(a, b) : undefined;
}

function quantileBetween(histogram: Histogram, q: number, confidence: number): Estimate | undefined {
  const n = sizeOf(histogram);
  if (!(n > 0)) return undefined;
  const reach = normalUpperQuantile((1 - confidence) / 2) * Math.sqrt((q * (1 - q)) / n);
  const at = (share: number): number => smoothQuantile(histogram, Math.max(0, Math.min(1, share)));
  return { value: at(q), interval: [at(q - reach), at(q + reach)] };
}

/** Of a mean or a quantile, by resampling both sides: each bin is drawn a Poisson number of times. */
export function bootstrapDifference(
  reference: Histogram,
  current: Histogram,
  statistic: 'mean' | { readonly quantile: number },
  options: DifferenceOptions,
): Difference | undefined {
  if (!(sizeOf(reference) > 0 && sizeOf(current) > 0)) return undefined;
  const { random, replicates = REPLICATES, confidence = CONFIDENCE } = options;
  const read = (histogram: Histogram): number =>
    statistic === 'mean' ? meanOf(histogram) : smoothQuantile(histogram, statistic.quantile);
  const found: number[] = [];
  for (let replicate = 0; replicate < replicates; replicate++) {
    const value = read(resampled(current, random)) - read(resampled(reference, random));
    if (Number.isFinite(value)) found.push(value);
  }
  return { value: read(current) - read(reference), ...bounds(found, confidence) };
}

/**
 * Difference of two ratios `a / b` of sums, by resampling whole buckets (hours): what happens within one hour hangs
 * together, so hours are drawn and not rows. `undefined` for fewer than two buckets of a side, or a side without `b`.
 */
export function differenceOfRatios(
  reference: readonly { readonly a: number; readonly b: number }[],
  current: readonly { readonly a: number; readonly b: number }[],
  options: DifferenceOptions,
): Difference | undefined {
  const { random, replicates = REPLICATES, confidence = CONFIDENCE } = options;
  const [before, now] = [ratioOf(reference), ratioOf(current)];
  if (reference.length < 2 || current.length < 2 || before === null || now === null) return undefined;
  const drawn = <T>(list: readonly T[]): T[] => list.map(() => list[Math.floor(random() * list.length)]!);
  const found: number[] = [];
  for (let replicate = 0; replicate < replicates; replicate++) {
    const [a, b] = [ratioOf(drawn(reference)), ratioOf(drawn(current))];
    if (a !== null && b !== null) found.push(b - a);
  }
  return { value: now - before, ...bounds(found, confidence) };
}

function ratioOf(list: readonly { readonly a: number; readonly b: number }[]): number | null {
  let a = 0;
  let b = 0;
  for (const one of list) {
    a += one.a;
    b += one.b;
  }
  return b > 0 ? a / b : null;
}

function bounds(found: number[], confidence: number): { low: number; high: number } {
  found.sort((a, b) => a - b);
  const at = (q: number): number => found[Math.round(q * (found.length - 1))] ?? Number.NaN;
  return { low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}

function resampled({ values, counts }: Histogram, random: Random): Histogram {
  const drawn = new Float64Array(counts.length);
  for (let i = 0; i < drawn.length; i++) drawn[i] = poisson(counts[i]!, random);
  return { values, counts: drawn };
}

/** Above this mean the normal approximation is good to a few per cent of its deviation. */
const POISSON_EXACT = 20;
function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0;
  if (mean > POISSON_EXACT) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const end = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > end; product *= random()) count++;
  return count;
}

function meanOf({ values, counts }: Histogram): number {
  let sum = 0;
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]! * counts[i]!;
    n += counts[i]!;
  }
  return sum / n;
}

/**
 * Quantile with the mass of each bin spread evenly to the middle between it and its neighbours, so that a resampled
 * quantile moves smoothly and not in steps of a bin.
 */
function smoothQuantile(histogram: Histogram, q: number): number {
  const { values, counts } = histogram;
  let rank = q * sizeOf(histogram);
  let last = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    const count = counts[i]!;
    if (count <= 0) continue;
    last = values[i]!;
    if (rank <= count) {
      const low = i === 0 ? last : (values[i - 1]! + last) / 2;
      const high = i === values.length - 1 ? last : (values[i + 1]! + last) / 2;
      return low + (high - low) * Math.max(0, rank / count);
    }
    rank -= count;
  }
  return last;
}
