/** Everyday names of colours, so that a palette can be told and counted in words. */

/** Below this much chroma (largest less smallest channel, 0 to 255) a colour has no hue that anybody would name. */
const GREY_CHROMA = 26;
const [BLACK_BELOW, DARK_GREY_BELOW, GREY_BELOW] = [48, 112, 216];
/** Dark oranges and yellows are called brown. */
const BROWN_BELOW = 150;
/** Light reds are called pink. */
const PINK_FROM = 170;

/** Hues in degrees, up to which a name holds. */
const HUES: readonly (readonly [number, string])[] = [
  [15, 'red'],
  [45, 'orange'],
  [70, 'yellow'],
  [165, 'green'],
  [200, 'cyan'],
  [255, 'blue'],
  [290, 'purple'],
  [345, 'pink'],
  [360, 'red'],
];

const TONE = /^#([0-9a-f]{6}) ([01](?:\.\d{1,8})?)$/i;
/** A colour takes part in a picture that it covers this much of. */
const SHARE_LEAST = 0.08;

/** Of 8-bit sRGB, red in the highest of three bytes. */
export function colourName(rgb: number): string {
  const [r, g, b] = [(rgb >> 16) & 255, (rgb >> 8) & 255, rgb & 255];
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  const chroma = most - least;
  const light = (most + least) / 2;
  if (chroma < GREY_CHROMA) {
    if (light < BLACK_BELOW) return 'black';
    if (light < DARK_GREY_BELOW) return 'dark grey';
    return light < GREY_BELOW ? 'grey' : 'white';
  }
  const sixth = most === r ? (g - b) / chroma : most === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  const hue = (sixth * 60 + 360) % 360;
  const name = HUES.find(([to]) => hue < to)?.[1] ?? 'red';
  if ((name === 'orange' || name === 'yellow') && most < BROWN_BELOW) return 'brown';
  return name === 'red' && least >= PINK_FROM ? 'pink' : name;
}

/** Names of the colours of a palette (`#rrggbb share`) that cover at least a twelfth of the picture, each once. */
export function colourNamesOf(palette: readonly string[]): string[] {
  const shares = new Map<string, number>();
  for (const text of palette) {
    const [, hex, share] = TONE.exec(text) ?? [];
    if (hex === undefined) continue;
    const name = colourName(Number.parseInt(hex, 16));
    shares.set(name, (shares.get(name) ?? 0) + Number(share));
  }
  return [...shares].filter(([, share]) => share >= SHARE_LEAST).map(([name]) => name);
}
