/**
 * Six tones that a picture is made of, with their shares: k-means in OKLab over its pixels, begun where the commonest
 * colours that differ lie. No chance is involved: the same pixels have the same palette.
 */
import { type Lab, labOf, type Raster, rgbOf } from './oklab.ts';

export interface Tone {
  /** sRGB, red in the highest of three bytes. */
  readonly rgb: number;
  /** Of the pixels, 0 to 1. */
  readonly share: number;
}

export const PALETTE_TONES = 6;
/** Pixels are first gathered in cells of this width, so that rounds cost hundreds of points, not thousands. */
const CELL = 1 / 24;
/** Rounds of k-means: the tones move by less than a step of 8 bits long before. */
const ROUNDS = 12;

/** A place in OKLab and its weight. */
export interface Point {
  l: number;
  a: number;
  b: number;
  n: number;
}

/** Commonest first; fewer than six where there are fewer colours. */
export function paletteOf(raster: Raster, lab: Lab = labOf(raster)): Tone[] {
  const cells = gather(lab);
  const pixels = lab.l.length;
  return cluster(cells, PALETTE_TONES)
    .map(({ l, a, b, n }) => ({ rgb: rgbOf(l, a, b), share: n / pixels }))
    .sort(byShare);
}

/** One palette of many: what `paletteOf` would say of all their pixels, as far as palettes tell. */
export function paletteOfPalettes(palettes: readonly (readonly Tone[])[]): Tone[] {
  const points: Point[] = [];
  let total = 0;
  for (const palette of palettes)
    for (const { rgb, share } of palette) {
      const { l, a, b } = labOf({ data: Uint8Array.of(rgb >> 16, rgb >> 8, rgb), width: 1, height: 1 });
      points.push({ l: l[0]!, a: a[0]!, b: b[0]!, n: share });
      total += share;
    }
  return cluster(merged(points), PALETTE_TONES)
    .map(({ l, a, b, n }) => ({ rgb: rgbOf(l, a, b), share: n / total }))
    .sort(byShare);
}

/** Tones of weighted points of OKLab, commonest first, and which of them a point belongs to. */
export function paletteOfPoints(points: readonly Point[]): { tones: Tone[]; groupOf(point: Point): number } {
  const total = points.reduce((sum, { n }) => sum + n, 0);
  const centres = cluster(merged(points), PALETTE_TONES).sort((x, y) => y.n - x.n || x.l - y.l);
  return {
    tones: centres.map(({ l, a, b, n }) => ({ rgb: rgbOf(l, a, b), share: n / total })),
    groupOf: (point) => nearestOf(point, centres),
  };
}

const byShare = (x: Tone, y: Tone): number => y.share - x.share || x.rgb - y.rgb;

function gather({ l, a, b }: Lab): Point[] {
  const points: Point[] = [];
  for (let at = 0; at < l.length; at += 1) points.push({ l: l[at]!, a: a[at]!, b: b[at]!, n: 1 });
  return merged(points);
}

/** Points of one cell become their mean; commonest cell first, then by colour, so that order plays no part. */
function merged(points: readonly Point[]): Point[] {
  const cells = new Map<number, Point>();
  for (const { l, a, b, n } of points) {
    const key =
      (Math.floor(l / CELL) * 64 + Math.floor((a + 0.5) / CELL)) * 64 + Math.floor((b + 0.5) / CELL);
    const cell = cells.get(key) ?? { l: 0, a: 0, b: 0, n: 0 };
    cell.l += l * n;
    cell.a += a * n;
    cell.b += b * n;
    cell.n += n;
    cells.set(key, cell);
  }
  return [...cells]
    .map(([key, { l, a, b, n }]) => ({ key, l: l / n, a: a / n, b: b / n, n }))
    .sort((x, y) => y.n - x.n || x.key - y.key);
}

const apart = (x: Point, y: Point): number => (x.l - y.l) ** 2 + (x.a - y.a) ** 2 + (x.b - y.b) ** 2;

function cluster(points: readonly Point[], k: number): Point[] {
  let centres = starts(points, k);
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = centres.map(() => ({ l: 0, a: 0, b: 0, n: 0 }));
    for (const point of points) {
      const sum = next[nearestOf(point, centres)]!;
      sum.l += point.l * point.n;
      sum.a += point.a * point.n;
      sum.b += point.b * point.n;
      sum.n += point.n;
    }
    centres = next.filter(({ n }) => n > 0).map(({ l, a, b, n }) => ({ l: l / n, a: a / n, b: b / n, n }));
  }
  return centres;
}

/** The commonest colour first, then each time the one that is common and far from all chosen (Arthur 2007, greedy). */
function starts(points: readonly Point[], k: number): Point[] {
  const chosen: Point[] = points.slice(0, 1);
  const far = points.map((point) => (chosen[0] ? apart(point, chosen[0]) : 0));
  while (chosen.length < Math.min(k, points.length)) {
    let best = -1;
    let most = 0;
    points.forEach(({ n }, at) => {
      if (n * far[at]! > most) {
        most = n * far[at]!;
        best = at;
      }
    });
    const next = points[best];
    if (!next) break;
    chosen.push(next);
    points.forEach((point, at) => {
      far[at] = Math.min(far[at]!, apart(point, next));
    });
  }
  return chosen;
}

function nearestOf(point: Point, centres: readonly Point[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < centres.length; at += 1) {
    const distance = apart(point, centres[at]!);
    if (distance < least) {
      least = distance;
      best = at;
    }
  }
  return best;
}
