/**
 * Pictures of the simulated studio, rendered on demand: a background, a character, a drawn sheet over them, the
 * tone of the collection, and what was planted. Everything follows from the spec, so the same spec gives the same
 * bytes with the same sharp; versions with the same seed share their composition.
 */
import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import { assetOf, rawOf } from './assets.ts';
import type { PictureSpec } from './picture-spec.ts';
import { applyTone, bend, blendTone, inkWithScreentone, NEUTRAL, type Raster, type Tone } from './pixels.ts';
import { type Random, randomOf } from './random.ts';
import { overlayOf, paperLandscape } from './scenery.ts';
import type { Grade } from './schema.ts';
import { overlay, placeSprite, type SpritePlace, shadowOf } from './sprite.ts';

const TONES: Record<Grade, Tone> = {
  spring: { gain: [1.04, 1.0, 0.97], lift: [26, 14, 18], saturation: 1.0, contrast: 1.0, hue: -4 },
  noir: { gain: [1, 1, 1], lift: [0, 0, 0], saturation: 0, contrast: 1.12, hue: 0 },
  campus: { gain: [1.03, 1.01, 0.96], lift: [0, 2, 6], saturation: 1.08, contrast: 1.06, hue: 0 },
  paper: NEUTRAL,
  night: { gain: [0.52, 0.6, 0.9], lift: [8, 12, 44], saturation: 0.82, contrast: 1.1, hue: 6 },
};
/** Where a drifting collection goes: hotter, harder, turned towards magenta. */
const DRIFTED: Tone = {
  gain: [1.16, 0.94, 0.9],
  lift: [34, 0, 30],
  saturation: 1.5,
  contrast: 1.14,
  hue: -20,
};
/** The palette of a release that washes out: grey, flat, greenish. */
const WASHED: Tone = {
  gain: [0.94, 0.97, 0.9],
  lift: [84, 88, 78],
  saturation: 0.34,
  contrast: 0.74,
  hue: 6,
};
/** Tint of what lifts the character off the background: a shadow by day, a glow of the moon by night. */
const SHADOWS: Record<Grade, readonly [number, number, number]> = {
  spring: [42, 24, 58],
  noir: [0, 0, 0],
  campus: [30, 22, 50],
  paper: [0, 0, 0],
  night: [120, 160, 255],
};
/** Smallest and largest longest side that is rendered; the sprites hold no more detail. */
const MIN_SIDE_PX = 16;
const MAX_SIDE_PX = 1024;
const WEBP_QUALITY = 82;
/** The weakest blur that sharp takes. */
const MIN_BLUR = 0.3;
const GRADES: ReadonlySet<string> = new Set(Object.keys(TONES));

/** Height of the sprite and its top edge in heights of the picture: close, medium, wide. */
const FRAMINGS = [
  { name: 'close', height: 2.05, top: 0.03 },
  { name: 'medium', height: 1.5, top: 0.07 },
  { name: 'wide', height: 1.06, top: 0.12 },
] as const;

/** What a composition decided before a pixel was drawn; a clip moves it from frame to frame. */
interface Composition {
  width: number;
  height: number;
  grade: Grade;
  sprite: SpritePlace | null;
  /** Crop of the background, shares of it. */
  crop: { x: number; y: number; zoom: number };
}

/** @param size longest side in pixels, 16 to 1024. @returns a WebP of the picture. */
export async function renderPicture(spec: PictureSpec, size: number): Promise<Buffer> {
  const raster = await paint(spec, compose(spec, size), spec.face);
  return sharp(raster.data, { raw: { width: raster.width, height: raster.height, channels: 3 } })
    .webp({ quality: WEBP_QUALITY })
    .toBuffer();
}

/** The same picture as raw pixels. */
export async function rasterOf(spec: PictureSpec, size: number): Promise<Raster> {
  return paint(spec, compose(spec, size), spec.face);
}

export function compose(spec: PictureSpec, size: number): Composition {
  const longest = Math.min(MAX_SIDE_PX, Math.max(MIN_SIDE_PX, Math.round(size)));
  const scale = longest / Math.max(spec.width, spec.height);
  const width = Math.max(1, Math.round(spec.width * scale));
  const height = Math.max(1, Math.round(spec.height * scale));
  const grade = (GRADES.has(spec.grade) ? spec.grade : 'campus') as Grade;
  const random = compositionRandom(spec);
  const crop = { x: random.next(), y: random.next(), zoom: random.between(0.78, 1) };
  if (grade === 'paper') return { width, height, grade, sprite: null, crop };
  const framing = FRAMINGS[random.below(FRAMINGS.length)] as (typeof FRAMINGS)[number];
  const spriteHeight = height * framing.height * random.between(0.95, 1.06);
  // Off the centre by up to a sixth: characters stand on the lines of thirds more often than not.
  const centre = width * (0.5 + random.pick([-0.16, -0.1, 0, 0.1, 0.16]) * (width > height ? 1.35 : 0.6));
  return {
    width,
    height,
    grade,
    sprite: {
      height: spriteHeight,
      centre,
      top: height * framing.top * random.between(0.8, 1.25),
      flip: random.chance(0.5),
    },
    crop,
  };
}

function compositionRandom(spec: PictureSpec): Random {
  return randomOf('picture', spec.seed, spec.panel, spec.background, spec.outfit);
}

/** Draws a composition; `face` may differ from the spec's, as it does while a clip blinks. */
export async function paint(spec: PictureSpec, composition: Composition, face: string): Promise<Raster> {
  const { width, height, grade } = composition;
  const layers: OverlayOptions[] = [];
  const sprite = composition.sprite
    ? await placeSprite(`sylvie_${spec.outfit}_${face}`, composition, composition.sprite)
    : null;
  if (sprite) {
    if (grade !== 'noir') layers.push(await shadowOf(sprite, composition, SHADOWS[grade]));
    layers.push(overlay(sprite));
  }
  const sheet = grade === 'paper' ? null : sheetOf(spec, composition);
  if (sheet && !LUMINOUS.has(grade)) layers.push(sheet);
  const flat = await (await backdrop(spec, composition)).composite(layers).removeAlpha().raw().toBuffer();
  let raster: Raster = { data: new Uint8Array(flat), width, height };
  if (grade === 'noir') inkWithScreentone(raster, Math.max(2, height / 150));
  else applyTone(raster, TONES[grade]);
  if (sheet && LUMINOUS.has(grade)) raster = await laidOver(raster, sheet);
  if (spec.shift > 0) applyTone(raster, blendTone(NEUTRAL, DRIFTED, spec.shift));
  if (spec.wash > 0) applyTone(raster, blendTone(NEUTRAL, WASHED, spec.wash));
  if (spec.wobble > 0 || (spec.smear > 0 && sprite)) {
    raster = bend(
      raster,
      spec.wobble,
      spec.smear,
      sprite?.face ?? null,
      randomOf('bend', spec.seed, spec.panel),
    );
  }
  return raster;
}

/** Sheets of light: they lie over the finished tone, or the tone would put them out. */
const LUMINOUS: ReadonlySet<Grade> = new Set(['night']);

function sheetOf(spec: PictureSpec, { width, height, grade, sprite }: Composition): OverlayOptions {
  const random = randomOf('overlay', spec.seed, spec.panel);
  return {
    input: Buffer.from(overlayOf(grade, width, height, (sprite?.centre ?? 0) / width, random)),
    left: 0,
    top: 0,
  };
}

async function laidOver({ data, width, height }: Raster, sheet: OverlayOptions): Promise<Raster> {
  const flat = await sharp(data, { raw: { width, height, channels: 3 } })
    .composite([sheet])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { data: new Uint8Array(flat), width, height };
}

async function backdrop(
  spec: PictureSpec,
  { width, height, grade, crop, sprite }: Composition,
): Promise<Sharp> {
  if (grade === 'paper') {
    return sharp(Buffer.from(paperLandscape(width, height, randomOf('paper', spec.seed, spec.panel))));
  }
  const background = await assetOf(`bg_${spec.background}`);
  const aspect = width / height;
  const cropHeight = Math.min(background.height * crop.zoom, background.width / aspect);
  const cropWidth = cropHeight * aspect;
  const image = sharp(background.data, rawOf(background))
    .extract({
      left: Math.floor(crop.x * (background.width - cropWidth)),
      top: Math.floor((0.35 + 0.65 * crop.y) * (background.height - cropHeight)),
      width: Math.max(1, Math.floor(cropWidth)),
      height: Math.max(1, Math.floor(cropHeight)),
    })
    .resize(width, height, { fit: 'fill' });
  // The closer the character, the softer what lies behind.
  const depth = sprite ? Math.max(0, sprite.height / height - 1.2) * height * 0.0042 : 0;
  return depth > MIN_BLUR ? image.blur(depth) : image;
}
