/** What the pictures of a window say day by day, and the ones that somebody should look at. */

import { tonesOf } from './look.ts';
import { paletteOfPalettes } from './palette.ts';
import type { Picture } from './pictures.ts';

export interface Measured {
  picture: Picture;
  /** Style distance, 0 to 1. */
  distance: number;
}

const DAY_MS = 86_400_000;
/** Width of the bins of the distributions, in units of the distance. */
const BIN = 0.025;
/** Palettes of a day that its own is made of; they are chosen by the digest of their ids, like all pictures. */
const PALETTES_MOST = 200;

export const rounded = (value: number): number => Math.round(value * 1e5) / 1e5;

/** Days of UTC that have pictures, oldest first. */
export function daysOf(measured: readonly Measured[]): Record<string, unknown>[] {
  const days = new Map<number, Measured[]>();
  for (const one of measured) {
    const day = Math.floor(one.picture.at_ms / DAY_MS);
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  return [...days]
    .sort(([x], [y]) => x - y)
    .map(([day, ones]) => {
      const sorted = sortedDistances(ones);
      const palettes = ones.slice(0, PALETTES_MOST).map(({ picture }) => tonesOf(picture.palette));
      return {
        day: new Date(day * DAY_MS).toISOString().slice(0, 10),
        n: ones.length,
        median: quantile(sorted, 0.5),
        p5: quantile(sorted, 0.05),
        p95: quantile(sorted, 0.95),
        palette: paletteOfPalettes(palettes).map(({ rgb, share }) => ({
          colour: `#${rgb.toString(16).padStart(6, '0')}`,
          share: rounded(share),
        })),
      };
    });
}

/** `n` and median of a side, and its distances in bins that both sides share. */
export function distributionsOf(
  now: readonly Measured[],
  before: readonly Measured[],
): { now: Record<string, unknown>; before: Record<string, unknown>; bins: Record<string, unknown>[] } {
  const bins = new Map<number, { now: number; before: number }>();
  const count = (side: 'now' | 'before') => (one: Measured) => {
    const at = Math.floor(one.distance / BIN + 1e-9);
    const bin = bins.get(at) ?? { now: 0, before: 0 };
    bin[side] += 1;
    bins.set(at, bin);
  };
  now.forEach(count('now'));
  before.forEach(count('before'));
  const side = (ones: readonly Measured[]): Record<string, unknown> => {
    const sorted = sortedDistances(ones);
    const [median, p5, p95] = [quantile(sorted, 0.5), quantile(sorted, 0.05), quantile(sorted, 0.95)];
    return { n: ones.length, median, p5, p95 };
  };
  return {
    now: side(now),
    before: side(before),
    bins: [...bins]
      .sort(([x], [y]) => x - y)
      .map(([at, counts]) => ({ from: rounded(at * BIN), to: rounded((at + 1) * BIN), ...counts })),
  };
}

const sortedDistances = (ones: readonly Measured[]): number[] =>
  ones.map(({ distance }) => distance).sort((x, y) => x - y);

/** By linear interpolation; null of nothing. */
function quantile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const [from, to] = [sorted[low]!, sorted[Math.min(sorted.length - 1, low + 1)]!];
  return rounded(from + (to - from) * (place - low));
}

/**
 * The first `most` by a value, highest first; ids decide between equals, so that the same question has the same
 * pictures. One per session or request: six frames of one clip show one thing six times.
 */
export function chosen<T extends { picture: Picture }>(
  from: readonly T[],
  value: (one: T) => number,
  most: number,
): T[] {
  const units = new Set<string>();
  return from
    .map((one) => ({ one, value: value(one) }))
    .sort((x, y) => y.value - x.value || (x.one.picture.image_id < y.one.picture.image_id ? -1 : 1))
    .filter(({ one: { picture } }) => {
      const isFirst = !units.has(picture.unit);
      units.add(picture.unit);
      return isFirst;
    })
    .slice(0, most)
    .map(({ one }) => one);
}
