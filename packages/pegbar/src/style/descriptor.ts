/**
 * `pegbar-look/1`: how a picture looks, in 88 numbers, without any model.
 *
 * Five distributions over the pixels of a small raster, each as the square roots of its shares, so that each has
 * length 1 and the distance between two is Hellinger's times √2; joined with weights whose squares add up to 1:
 *
 * | numbers | weight² | what |
 * |---|---|---|
 * | 0–39 | .35 | colour: 12 hues × 3 rings of chroma, and 4 steps of lightness of what has no colour |
 * | 40–55 | .25 | tone: 16 steps of lightness |
 * | 56–71 | .10 | direction of edges: 8 directions at two scales, by strength |
 * | 72–79 | .15 | strength of edges: 8 steps, each twice the one before |
 * | 80–87 | .15 | line weight: where fine detail lies, dark and light lines of 1, 2, 4 and 8 pixels |
 *
 * So every vector has length 1, none of its numbers is negative, and two pictures are between 0 and √2 apart.
 * Composition plays no part: a mirrored picture has the same colours, tones and line weights. Values fall into two
 * neighbouring bins by how near they are, so that a small change of a picture is a small change of its numbers.
 * Whatever changes a number of an existing picture is a new version: nobody compares across versions.
 */
import { type Lab, labOf, type Raster } from './oklab.ts';

export const LOOK = 'pegbar-look';
export const LOOK_VERSION = '1';
/** Longest side of the raster that a look is made from; strength and weight of lines depend on it. */
export const LOOK_PX = 128;

const HUES = 12;
/** OKLab chroma at the middle of each ring: pastel, plain, vivid. Below half of the first a colour is a grey. */
const RINGS = [0.05, 0.11, 0.18] as const;
const GREYS = 4;
const TONES = 16;
const DIRECTIONS = 8;
const STRENGTHS = 8;
/** The weakest edge that is one: below it lies the noise of a lossy thumbnail. */
const WEAKEST_EDGE = 0.008;
const SCALES = [1, 2, 4, 8] as const;

/** Share that every bin has in any case: a root is steep at 0, and a first few pixels of a hue are no new style. */
const EVEN = 0.04;

const COLOUR = HUES * RINGS.length + GREYS;
const BLOCKS = [
  { size: COLOUR, weight: 0.35 },
  { size: TONES, weight: 0.25 },
  { size: DIRECTIONS * 2, weight: 0.1 },
  { size: STRENGTHS, weight: 0.15 },
  { size: SCALES.length * 2, weight: 0.15 },
] as const;
export const LOOK_LENGTH: number = BLOCKS.reduce((sum, { size }) => sum + size, 0);

/** The look of a raster at most `LOOK_PX` long. Of an empty one every number is 0. */
export function lookOf(raster: Raster, lab: Lab = labOf(raster)): Float32Array {
  const shares = [
    colours(lab),
    tones(lab),
    directions(lab, raster),
    strengths(lab, raster),
    lineWeights(lab, raster),
  ];
  const look = new Float32Array(LOOK_LENGTH);
  let at = 0;
  shares.forEach((block, index) => {
    const { weight } = BLOCKS[index]!;
    const sum = block.reduce((total, one) => total + one, 0);
    // A picture without a single edge has no directions either: all alike is what is nearest to all.
    const even = lab.l.length === 0 ? 0 : sum > 0 ? EVEN : 1;
    for (const one of block)
      look[at++] = Math.sqrt(weight * ((1 - even) * (one / (sum || 1)) + even / block.length));
  });
  return look;
}

function colours({ l, a, b }: Lab): Float64Array {
  const out = new Float64Array(COLOUR);
  const grey = HUES * RINGS.length;
  for (let at = 0; at < l.length; at += 1) {
    const chroma = Math.hypot(a[at]!, b[at]!);
    const coloured = Math.min(1, Math.max(0, chroma / RINGS[0] - 0.5) * 2);
    if (coloured < 1) spread(out, grey, GREYS, l[at]! * GREYS - 0.5, 1 - coloured);
    if (coloured === 0) continue;
    const hue = ((Math.atan2(b[at]!, a[at]!) / (2 * Math.PI)) * HUES + HUES) % HUES;
    const low = Math.floor(hue) % HUES;
    const ring = ringOf(chroma);
    const inner = Math.min(RINGS.length - 2, Math.floor(ring));
    for (const [bin, near] of [
      [low, 1 - (hue - Math.floor(hue))],
      [(low + 1) % HUES, hue - Math.floor(hue)],
    ] as const)
      for (const [step, share] of [
        [inner, 1 - (ring - inner)],
        [inner + 1, ring - inner],
      ] as const)
        out[step * HUES + bin]! += coloured * near * share;
  }
  return out;
}

/** Place of a chroma between the rings, 0 to 2. */
function ringOf(chroma: number): number {
  if (chroma <= RINGS[0]) return 0;
  if (chroma >= RINGS[2]) return 2;
  return chroma < RINGS[1]
    ? (chroma - RINGS[0]) / (RINGS[1] - RINGS[0])
    : 1 + (chroma - RINGS[1]) / (RINGS[2] - RINGS[1]);
}

function tones({ l }: Lab): Float64Array {
  const out = new Float64Array(TONES);
  for (const value of l) spread(out, 0, TONES, value * TONES - 0.5, 1);
  return out;
}

/** Adds a weight to the two bins next to a place, which is the middle of the bin of its whole number. */
function spread(out: Float64Array, from: number, bins: number, place: number, weight: number): void {
  const within = Math.min(bins - 1, Math.max(0, place));
  const low = Math.min(bins - 2, Math.floor(within));
  out[from + low]! += weight * (1 - (within - low));
  out[from + low + 1]! += weight * (within - low);
}

/** Calls for each pixel whose four neighbours `step` away exist, with the gradient of lightness per step. */
function eachGradient(
  { l }: Lab,
  { width, height }: Raster,
  step: number,
  each: (dx: number, dy: number) => void,
): void {
  for (let y = step; y < height - step; y += 1)
    for (let x = step; x < width - step; x += 1) {
      const at = y * width + x;
      each((l[at + step]! - l[at - step]!) / 2, (l[at + step * width]! - l[at - step * width]!) / 2);
    }
}

function directions(lab: Lab, raster: Raster): Float64Array {
  const out = new Float64Array(DIRECTIONS * 2);
  [1, 4].forEach((step, scale) => {
    eachGradient(lab, raster, step, (dx, dy) => {
      const strength = Math.hypot(dx, dy);
      if (strength < WEAKEST_EDGE) return;
      const turn = ((Math.atan2(dy, dx) / Math.PI) * DIRECTIONS + DIRECTIONS * 2) % DIRECTIONS;
      const low = Math.floor(turn) % DIRECTIONS;
      out[scale * DIRECTIONS + low]! += strength * (1 - (turn - Math.floor(turn)));
      out[scale * DIRECTIONS + ((low + 1) % DIRECTIONS)]! += strength * (turn - Math.floor(turn));
    });
  });
  return out;
}

function strengths(lab: Lab, raster: Raster): Float64Array {
  const out = new Float64Array(STRENGTHS);
  eachGradient(lab, raster, 1, (dx, dy) => {
    const strength = Math.hypot(dx, dy);
    spread(out, 0, STRENGTHS, Math.log2(Math.max(strength, 1e-6) / WEAKEST_EDGE), 1);
  });
  return out;
}

/** How much darker, and how much lighter, pixels are than what lies `scale` around them, by scale. */
function lineWeights({ l }: Lab, { width, height }: Raster): Float64Array {
  const out = new Float64Array(SCALES.length * 2);
  const sums = summed(l, width, height);
  let inner: Float32Array = l;
  SCALES.forEach((scale, index) => {
    const outer = blurred(sums, width, height, scale);
    for (let at = 0; at < l.length; at += 1) {
      const against = outer[at]! - inner[at]!;
      if (against > WEAKEST_EDGE) out[index * 2]! += against;
      else if (against < -WEAKEST_EDGE) out[index * 2 + 1]! -= against;
    }
    inner = outer;
  });
  return out;
}

/** Sums of everything above and to the left, so that the mean of any box costs four numbers (Crow 1984). */
function summed(l: Float32Array, width: number, height: number): Float64Array {
  const out = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      row += l[y * width + x]!;
      out[(y + 1) * (width + 1) + x + 1] = out[y * (width + 1) + x + 1]! + row;
    }
  }
  return out;
}

function blurred(sums: Float64Array, width: number, height: number, radius: number): Float32Array {
  const out = new Float32Array(width * height);
  const stride = width + 1;
  for (let y = 0; y < height; y += 1) {
    const top = Math.max(0, y - radius) * stride;
    const bottom = Math.min(height, y + radius + 1) * stride;
    for (let x = 0; x < width; x += 1) {
      const left = Math.max(0, x - radius);
      const right = Math.min(width, x + radius + 1);
      const area = ((bottom - top) / stride) * (right - left);
      out[y * width + x] =
        (sums[bottom + right]! - sums[top + right]! - sums[bottom + left]! + sums[top + left]!) / area;
    }
  }
  return out;
}
