/** Work on raw RGB pixels: tone, line and palette. All pure, all in place or into a new buffer of equal size. */
import type { Random } from './random.ts';

/** Interleaved 8-bit RGB. */
export interface Raster {
  data: Uint8Array;
  width: number;
  height: number;
}

/** An ellipse in pixels: where the face is. */
export interface Ellipse {
  x: number;
  y: number;
  rx: number;
  ry: number;
}

/** How tones of a collection look; every figure is neutral at the value given. */
export interface Tone {
  /** Multiplied per channel, neutral 1. */
  gain: readonly [number, number, number];
  /** Added to dark tones, 0..255, neutral 0. */
  lift: readonly [number, number, number];
  /** Neutral 1. */
  saturation: number;
  /** Around mid grey, neutral 1. */
  contrast: number;
  /** Turn of the hue in degrees, neutral 0. */
  hue: number;
}

const LUMA = [0.299, 0.587, 0.114] as const;

export const NEUTRAL: Tone = { gain: [1, 1, 1], lift: [0, 0, 0], saturation: 1, contrast: 1, hue: 0 };

/** Blends two tones: 0 is all `a`, 1 is all `b`. */
export function blendTone(a: Tone, b: Tone, t: number): Tone {
  const mix = (x: number, y: number): number => x + (y - x) * t;
  const mix3 = (x: Tone['gain'], y: Tone['gain']): [number, number, number] => [
    mix(x[0], y[0]),
    mix(x[1], y[1]),
    mix(x[2], y[2]),
  ];
  return {
    gain: mix3(a.gain, b.gain),
    lift: mix3(a.lift, b.lift),
    saturation: mix(a.saturation, b.saturation),
    contrast: mix(a.contrast, b.contrast),
    hue: mix(a.hue, b.hue),
  };
}

/** Applies a tone in place: hue and saturation as one 3×3 matrix, then gain, contrast and lift. */
export function applyTone({ data }: Raster, tone: Tone): void {
  const m = hueSaturationMatrix(tone.hue, tone.saturation);
  const [gr, gg, gb] = tone.gain;
  const [lr, lg, lb] = tone.lift;
  const k = tone.contrast;
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i] as number;
    const g = data[i + 1] as number;
    const b = data[i + 2] as number;
    const r2 = (m[0] * r + m[1] * g + m[2] * b) * gr;
    const g2 = (m[3] * r + m[4] * g + m[5] * b) * gg;
    const b2 = (m[6] * r + m[7] * g + m[8] * b) * gb;
    data[i] = byte((r2 - 128) * k + 128 + lr * (1 - r2 / 255));
    data[i + 1] = byte((g2 - 128) * k + 128 + lg * (1 - g2 / 255));
    data[i + 2] = byte((b2 - 128) * k + 128 + lb * (1 - b2 / 255));
  }
}

type Matrix = readonly [number, number, number, number, number, number, number, number, number];

/** The matrices of the SVG filter `feColorMatrix` (types hueRotate and saturate), multiplied. */
function hueSaturationMatrix(degrees: number, s: number): Matrix {
  const c = Math.cos((degrees * Math.PI) / 180);
  const q = Math.sin((degrees * Math.PI) / 180);
  const h: Matrix = [
    0.213 + c * 0.787 - q * 0.213,
    0.715 - c * 0.715 - q * 0.715,
    0.072 - c * 0.072 + q * 0.928,
    0.213 - c * 0.213 + q * 0.143,
    0.715 + c * 0.285 + q * 0.14,
    0.072 - c * 0.072 - q * 0.283,
    0.213 - c * 0.213 - q * 0.787,
    0.715 - c * 0.715 + q * 0.715,
    0.072 + c * 0.928 + q * 0.072,
  ];
  const a: Matrix = [
    0.213 + 0.787 * s,
    0.715 - 0.715 * s,
    0.072 - 0.072 * s,
    0.213 - 0.213 * s,
    0.715 + 0.285 * s,
    0.072 - 0.072 * s,
    0.213 - 0.213 * s,
    0.715 - 0.715 * s,
    0.072 + 0.928 * s,
  ];
  const at = (row: number, column: number): number =>
    (a[row * 3] as number) * (h[column] as number) +
    (a[row * 3 + 1] as number) * (h[3 + column] as number) +
    (a[row * 3 + 2] as number) * (h[6 + column] as number);
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

function byte(value: number): number {
  return Math.min(255, Math.max(0, value));
}

/** Ink and screentone: black lines, white lights, and dots on a 45° grid for the tones between. */
export function inkWithScreentone(raster: Raster, dot_px: number): void {
  const { data, width } = raster;
  const angle = Math.PI / dot_px / Math.SQRT2;
  for (let i = 0, p = 0; i < data.length; i += 3, p++) {
    const luma =
      LUMA[0] * (data[i] as number) + LUMA[1] * (data[i + 1] as number) + LUMA[2] * (data[i + 2] as number);
    const x = p % width;
    const y = (p - x) / width;
    const screen = 128 + 62 * Math.cos((x + y) * angle * 2) * Math.cos((x - y) * angle * 2);
    const toned = byte((luma - screen) * 3.2 + 150);
    const value = luma < 58 ? luma * 0.45 : luma > 214 ? 250 : 0.42 * luma + 0.5 * toned + 18;
    data[i] = byte(value);
    data[i + 1] = byte(value * 0.995);
    data[i + 2] = byte(value * 0.975);
  }
}

/**
 * Bends the picture: `wobble` (0..1) makes every line wander, `smear` (0..1) turns and melts the ellipse of the
 * face. Sampling is bilinear; the border repeats.
 */
export function bend(
  source: Raster,
  wobble: number,
  smear: number,
  face: Ellipse | null,
  random: Random,
): Raster {
  const { width, height } = source;
  const data = new Uint8Array(source.data.length);
  const unit = Math.max(width, height);
  const amplitude = wobble * unit * 0.0036;
  const phase = [random.between(0, 6.3), random.between(0, 6.3), random.between(0, 6.3)] as const;
  const twist = (random.chance(0.5) ? 1 : -1) * smear * random.between(0.5, 0.8);
  const melt = smear * random.between(0.16, 0.27);
  for (let y = 0; y < height; y++) {
    const v = (y / unit) * 6.2832;
    for (let x = 0; x < width; x++) {
      const u = (x / unit) * 6.2832;
      let sx = x + amplitude * (Math.sin(v * 7 + phase[0]) + 0.6 * Math.sin(v * 17 + u * 5 + phase[1]));
      let sy = y + amplitude * (Math.sin(u * 8 + phase[2]) + 0.5 * Math.sin(u * 19 - v * 4 + phase[0]));
      if (face && smear > 0) {
        const dx = (x - face.x) / face.rx;
        const dy = (y - face.y) / face.ry;
        const r2 = dx * dx + dy * dy;
        if (r2 < 1) {
          const fall = (1 - r2) * (1 - r2);
          const turn = twist * fall;
          const c = Math.cos(turn);
          const s = Math.sin(turn);
          const drip = melt * fall * face.ry * Math.sin(dx * 5 + phase[1]);
          sx += (dx * c - dy * s - dx) * face.rx;
          sy += (dx * s + dy * c - dy) * face.ry - drip;
        }
      }
      sample(source, sx, sy, data, (y * width + x) * 3);
    }
  }
  return { data, width, height };
}

function sample({ data, width, height }: Raster, x: number, y: number, into: Uint8Array, at: number): void {
  const cx = Math.min(width - 1.001, Math.max(0, x));
  const cy = Math.min(height - 1.001, Math.max(0, y));
  const x0 = Math.floor(cx);
  const y0 = Math.floor(cy);
  const fx = cx - x0;
  const fy = cy - y0;
  const p = (y0 * width + x0) * 3;
  const below = p + width * 3;
  for (let c = 0; c < 3; c++) {
    const top = (data[p + c] as number) * (1 - fx) + (data[p + 3 + c] as number) * fx;
    const bottom = (data[below + c] as number) * (1 - fx) + (data[below + 3 + c] as number) * fx;
    into[at + c] = top * (1 - fy) + bottom * fy + 0.5;
  }
}
