/** What sets the colours of a picture apart from those of others, by their palettes. */
import { tonesOf } from './look.ts';
import { labOf } from './oklab.ts';

/** Means over a palette, in OKLab: lightness 0 to 1, chroma from 0, and the colour that all of it has together. */
export interface Colours {
  readonly lightness: number;
  readonly chroma: number;
  readonly a: number;
  readonly b: number;
}

export interface ColourDifference {
  /** Of the lightness, -1 to 1: above 0 paler. */
  readonly lightness: number;
  /** Times the chroma: below 1 greyer. */
  readonly chroma: number;
  /** Between the hues, 0 to 180 degrees; null where one of them is grey. */
  readonly hue: number | null;
}

/** Less chroma than this has no hue to the eye, and is no measure of another. */
const GREY = 0.02;

/** null where no tone can be read. */
export function coloursOf(palette: readonly string[]): Colours | null {
  const tones = tonesOf(palette);
  const whole = tones.reduce((sum, { share }) => sum + share, 0);
  if (whole === 0) return null;
  const data = Uint8Array.from(tones.flatMap(({ rgb }) => [rgb >> 16, (rgb >> 8) & 255, rgb & 255]));
  const lab = labOf({ data, width: tones.length, height: 1 });
  const mean = (value: (at: number) => number): number =>
    tones.reduce((sum, { share }, at) => sum + (share / whole) * value(at), 0);
  return {
    lightness: mean((at) => lab.l[at]!),
    chroma: mean((at) => Math.hypot(lab.a[at]!, lab.b[at]!)),
    a: mean((at) => lab.a[at]!),
    b: mean((at) => lab.b[at]!),
  };
}

/** The mean of several; null of none. */
export function usualColours(all: readonly Colours[]): Colours | null {
  if (all.length === 0) return null;
  const mean = (name: keyof Colours): number => all.reduce((sum, one) => sum + one[name], 0) / all.length;
  return { lightness: mean('lightness'), chroma: mean('chroma'), a: mean('a'), b: mean('b') };
}

export function differenceOf(one: Colours, usual: Colours): ColourDifference {
  const [length, other] = [Math.hypot(one.a, one.b), Math.hypot(usual.a, usual.b)];
  const cosine = (one.a * usual.a + one.b * usual.b) / (length * other || 1);
  const hasHue = Math.min(length, other) >= GREY;
  return {
    lightness: rounded(one.lightness - usual.lightness),
    chroma: rounded(one.chroma / Math.max(usual.chroma, GREY)),
    hue: hasHue ? Math.round((Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI) : null,
  };
}
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
