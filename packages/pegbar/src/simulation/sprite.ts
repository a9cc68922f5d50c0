/** The character: cut to the picture, with its face found and its shadow cast. */
import sharp, { type OverlayOptions } from 'sharp';
import { assetOf, rawOf } from './assets.ts';
import type { Ellipse } from './pixels.ts';

/** Where a sprite stands: height, middle and top edge in pixels of the picture; parts may lie outside. */
export interface SpritePlace {
  height: number;
  centre: number;
  top: number;
  flip: boolean;
}

/** The visible part as RGBA pixels, where it lies, and where the face is (perhaps outside). */
interface PlacedSprite {
  data: Buffer;
  width: number;
  height: number;
  left: number;
  top: number;
  face: Ellipse;
}

/** Middle and radii of the face in shares of the sprite, measured on the files. */
const FACES = {
  blue: { x: 0.455, y: 0.185, rx: 0.2, ry: 0.095 },
  green: { x: 0.395, y: 0.18, rx: 0.15, ry: 0.095 },
} as const;
/** Softness of the shadow in heights of the picture, and its strength. */
const SHADOW_SOFT = 0.012;
const SHADOW_STRENGTH = 0.42;

/** Null where nothing of the sprite is inside the picture. */
export async function placeSprite(
  name: string,
  picture: { width: number; height: number },
  place: SpritePlace,
): Promise<PlacedSprite | null> {
  const asset = await assetOf(name);
  const w = Math.max(1, Math.round((asset.width * place.height) / asset.height));
  const h = Math.max(1, Math.round(place.height));
  const left = Math.round(place.centre - w / 2);
  const top = Math.round(place.top);
  const cut = { left: Math.max(0, -left), top: Math.max(0, -top) };
  const width = Math.min(w - cut.left, picture.width - Math.max(0, left));
  const height = Math.min(h - cut.top, picture.height - Math.max(0, top));
  if (width < 1 || height < 1) return null;
  // Flopped before resizing: sharp orders a flop after the extract otherwise.
  const source = place.flip ? await sharp(asset.data, rawOf(asset)).flop().raw().toBuffer() : asset.data;
  const data = await sharp(source, rawOf(asset))
    .resize(w, h, { fit: 'fill' })
    .extract({ ...cut, width, height })
    .raw()
    .toBuffer();
  const face = FACES[name.includes('green') ? 'green' : 'blue'];
  const x = place.flip ? 1 - face.x : face.x;
  return {
    data,
    width,
    height,
    left: Math.max(0, left),
    top: Math.max(0, top),
    face: { x: left + x * w, y: top + face.y * h, rx: face.rx * w, ry: face.ry * h },
  };
}

export function overlay({ data, width, height, left, top }: PlacedSprite): OverlayOptions {
  return { input: data, raw: { width, height, channels: 4 }, left, top };
}

/** A soft edge round the sprite that lifts it off the background. */
export async function shadowOf(
  sprite: PlacedSprite,
  { width, height }: { width: number; height: number },
  tint: readonly [number, number, number],
): Promise<OverlayOptions> {
  const alpha = new Uint8Array(width * height);
  for (let y = 0; y < sprite.height; y++) {
    const to = (sprite.top + y) * width + sprite.left;
    for (let x = 0; x < sprite.width; x++) {
      alpha[to + x] = (sprite.data[(y * sprite.width + x) * 4 + 3] as number) * SHADOW_STRENGTH;
    }
  }
  const soft = await sharp(alpha, { raw: { width, height, channels: 1 } })
    .blur(Math.max(1, height * SHADOW_SOFT))
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const input = Buffer.alloc(width * height * 4);
  for (let i = 0; i < soft.length; i++) {
    input[i * 4] = tint[0];
    input[i * 4 + 1] = tint[1];
    input[i * 4 + 2] = tint[2];
    input[i * 4 + 3] = soft[i] as number;
  }
  return { input, raw: { width, height, channels: 4 }, left: 0, top: 0 };
}
