/**
 * A short clip of a simulated sequence: the character breathes and blinks while the camera drifts. Drawn on twos as
 * animation is, so every second frame is held; a dropped frame leaves the one before it standing.
 */
import sharp from 'sharp';
import { compose, paint } from './picture.ts';
import type { PictureSpec } from './picture-spec.ts';
import { randomOf } from './random.ts';

export type Exposure = 'exposed' | 'held' | 'dropped';

export interface ClipSpec {
  picture: PictureSpec;
  /** Frames per second, 1 to 60. */
  fps: number;
  /** 1 to 10. */
  seconds: number;
  /** Share of frames that got lost on the way, 0 to 1. */
  dropped_share: number;
}

export interface Clip {
  /** Animated WebP, endless. */
  webp: Buffer;
  width: number;
  height: number;
  /** One entry per frame: what the exposure sheet shows. */
  exposures: Exposure[];
  /** The drawing that each frame shows: equal numbers are equal pictures. */
  shown: number[];
}

/** Frames that one drawing stands for. */
const DRAWN_ON = 2;
const MAX_FPS = 60;
const MAX_SECONDS = 10;
/** A clip is a preview: its frames are kept in memory at once. */
const MAX_SIDE_PX = 480;
const BLINK_EVERY = 22;
const BLINK_DRAWINGS = 2;
const WEBP_QUALITY = 70;

/** Which frames are drawn anew, held or lost; the first is always exposed. */
export function exposuresOf(clip: ClipSpec): Exposure[] {
  const random = randomOf('exposure', clip.picture.image_id, clip.picture.seed);
  const frames = Math.max(1, Math.round(bounded(clip.fps, MAX_FPS) * bounded(clip.seconds, MAX_SECONDS)));
  return Array.from({ length: frames }, (_, i) => {
    if (i > 0 && random.chance(clip.dropped_share)) return 'dropped';
    return i % DRAWN_ON === 0 ? 'exposed' : 'held';
  });
}

/** @param size longest side in pixels, at most 480. */
export async function renderClip(clip: ClipSpec, size: number): Promise<Clip> {
  const exposures = exposuresOf(clip);
  const { width, height } = compose(clip.picture, Math.min(size, MAX_SIDE_PX));
  const drawings = new Map<number, Uint8Array>();
  const pages: Uint8Array[] = [];
  const shown: number[] = [];
  let current = 0;
  for (const [i, exposure] of exposures.entries()) {
    // A held frame shows its drawing; where that drawing was lost, what stood before it goes on standing.
    if (exposure === 'exposed') current = Math.floor(i / DRAWN_ON);
    let drawing = drawings.get(current);
    if (!drawing) {
      drawing = await drawingAt(clip.picture, Math.min(size, MAX_SIDE_PX), current);
      drawings.set(current, drawing);
    }
    pages.push(drawing);
    shown.push(current);
  }
  const webp = await sharp(Buffer.concat(pages), {
    raw: { width, height: height * pages.length, channels: 3, pageHeight: height },
    limitInputPixels: false,
  })
    .webp({ quality: WEBP_QUALITY, effort: 2, loop: 0, delay: pages.map(() => Math.round(1000 / clip.fps)) })
    .toBuffer();
  return { webp, width, height, exposures, shown };
}

async function drawingAt(picture: PictureSpec, size: number, drawing: number): Promise<Uint8Array> {
  const composition = compose(picture, size);
  const { sprite, crop, height } = composition;
  const breath = Math.sin(drawing / 4.5);
  const moved = {
    ...composition,
    // Cropped closer than a still, so that the camera has room to travel.
    crop: { ...crop, zoom: crop.zoom * 0.86, x: 0.5 + 0.5 * Math.sin(crop.x * 6 + drawing / 22) },
    sprite: sprite && {
      ...sprite,
      top: sprite.top + breath * height * 0.014,
      centre: sprite.centre + drawing * 0.2,
    },
  };
  const blinking = drawing % BLINK_EVERY >= BLINK_EVERY - BLINK_DRAWINGS;
  return (await paint(picture, moved, blinking ? 'giggle' : picture.face)).data;
}

function bounded(value: number, most: number): number {
  return Math.min(most, Math.max(1, value));
}
