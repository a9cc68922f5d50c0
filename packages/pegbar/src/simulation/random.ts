/**
 * Chance that can be repeated: sfc32 (Chris Doty-Humphrey, PractRand; passes BigCrush) seeded by an FNV-1a
 * hash of words, so that every hour, session and picture owns a stream that depends on its name only.
 */
export interface Random {
  /** 32 random bits. */
  bits(): number;
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  chance(p: number): boolean;
  /** Standard normal, by the sum of four uniforms: tails end at ±3.46, enough for telemetry, and cheap. */
  normal(): number;
  /** Log-normal with this median and sigma of the logarithm. */
  around(median: number, sigma: number): number;
  /** Exponential with this mean. */
  exponential(mean: number): number;
  /** Poisson count with this mean; normal approximation from 30 on. */
  poisson(mean: number): number;
  pick<T>(items: readonly T[]): T;
  /** Lower-case hex of `words` × 32 bits. */
  hex(words: number): string;
  /** A 64-bit unsigned integer in decimal. */
  seed64(): string;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Rounds thrown away after seeding, as the author of sfc32 advises. */
const WARM_UP = 12;
/** Above this mean Poisson is drawn from a normal: Knuth's product needs as many draws as the mean. */
const POISSON_NORMAL_FROM = 30;
/** Standard deviation of the sum of four uniforms is sqrt(4/12). */
const FOUR_UNIFORMS_SCALE = Math.sqrt(3);
const HEX = Array.from({ length: 65_536 }, (_, i) => i.toString(16).padStart(4, '0'));

/** 32-bit FNV-1a over the words, told apart by a separator. */
export function hashOf(...words: readonly (string | number)[]): number {
  let hash = FNV_OFFSET;
  for (const word of words) {
    const text = typeof word === 'string' ? word : `${word}`;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
    hash = Math.imul(hash ^ 0x1f, FNV_PRIME);
  }
  return hash >>> 0;
}

export function hex32(value: number): string {
  return (HEX[value >>> 16] as string) + (HEX[value & 0xffff] as string);
}

class Sfc32 implements Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(a: number, b: number, c: number) {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    for (let i = 0; i < WARM_UP; i++) this.bits();
  }

  bits(): number {
    const t = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    return t >>> 0;
  }

  next(): number {
    return this.bits() / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  normal(): number {
    return (this.next() + this.next() + this.next() + this.next() - 2) * FOUR_UNIFORMS_SCALE;
  }

  around(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean >= POISSON_NORMAL_FROM) {
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    }
    const limit = Math.exp(-mean);
    let count = -1;
    for (let product = 1; product > limit; count++) product *= this.next();
    return Math.max(0, count);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  hex(words: number): string {
    let out = '';
    for (let i = 0; i < words; i++) out += hex32(this.bits());
    return out;
  }

  seed64(): string {
    return ((BigInt(this.bits()) << 32n) | BigInt(this.bits())).toString();
  }
}

/** The stream that belongs to these words. */
export function randomOf(...words: readonly (string | number)[]): Random {
  return new Sfc32(hashOf('a', ...words), hashOf('b', ...words), hashOf('c', ...words));
}

/** A weighted choice prepared once: `pick` costs one draw and a walk over a handful of weights. */
export interface Weighted<T> {
  pick(random: Random): T;
}

/** @param entries value and weight; weights need not sum to one, none may be negative, one must be positive. */
export function weighted<T>(entries: readonly (readonly [T, number])[]): Weighted<T> {
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  return {
    pick(random) {
      let left = random.next() * total;
      for (const [value, weight] of entries) {
        left -= weight;
        if (left < 0) return value;
      }
      return (entries.at(-1) as readonly [T, number])[0];
    },
  };
}
