/**
 * Whether two pictures of a page are the same to the eye. Another build of Chromium draws letters and slanted lines a
 * little differently: a pixel counts as changed only where its colour is found nowhere beside it in the other picture,
 * in both directions. Few such pixels spread over a page are the renderer's; many, or some that stand together, are ours.
 */
import { PNG } from 'pngjs';

/** A channel may be so far off, of 255, where edges are smoothed. */
const NEAR = 40;
/** Of all pixels: letters that sit a fraction of a pixel elsewhere. */
export const SHARE_MOST = 0.004;
/** Of the pixels of a tile: an icon, a word or a peg that is gone or has another colour. */
export const TILE_MOST = 0.22;
const TILE_PX = 24;

export interface Compared {
  /** Share of all pixels that changed; 1 where the sizes differ. */
  readonly share: number;
  /** The share of the tile that changed most, and where its left upper corner is. */
  readonly tile: { readonly share: number; readonly x: number; readonly y: number };
  readonly same: boolean;
  /** What changed in red over the paled picture; null where the sizes differ. */
  readonly picture: Buffer | null;
}

export function comparePictures(now: Buffer, known: Buffer): Compared {
  const [a, b] = [PNG.sync.read(now), PNG.sync.read(known)];
  if (a.width !== b.width || a.height !== b.height)
    return { share: 1, tile: { share: 1, x: 0, y: 0 }, same: false, picture: null };
  const shown = new PNG({ width: a.width, height: a.height });
  const tiles = new Map<number, number>();
  const across = Math.ceil(a.width / TILE_PX);
  let count = 0;
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++) {
      const changed = !near(a, b, x, y) || !near(b, a, x, y);
      paint(shown, a, x, y, changed);
      if (!changed) continue;
      count++;
      const tile = Math.floor(y / TILE_PX) * across + Math.floor(x / TILE_PX);
      tiles.set(tile, (tiles.get(tile) ?? 0) + 1);
    }
  const [at, most] = [...tiles].reduce((x, y) => (y[1] > x[1] ? y : x), [0, 0]);
  const share = count / (a.width * a.height);
  const tile = {
    share: most / (TILE_PX * TILE_PX),
    x: (at % across) * TILE_PX,
    y: Math.floor(at / across) * TILE_PX,
  };
  const same = share <= SHARE_MOST && tile.share <= TILE_MOST;
  return { share, tile, same, picture: PNG.sync.write(shown) };
}

/** The colour of `one` at a place stands there in `other`, or right beside it. */
function near(one: PNG, other: PNG, x: number, y: number): boolean {
  const at = (y * one.width + x) * 4;
  if (alike(one, at, other, at)) return true;
  for (let dy = -1; dy <= 1; dy++)
    for (let dx = -1; dx <= 1; dx++) {
      const [nx, ny] = [x + dx, y + dy];
      if (nx < 0 || ny < 0 || nx >= other.width || ny >= other.height) continue;
      if (alike(one, at, other, (ny * other.width + nx) * 4)) return true;
    }
  return false;
}

const alike = (one: PNG, at: number, other: PNG, there: number): boolean =>
  Math.abs(one.data[at]! - other.data[there]!) <= NEAR &&
  Math.abs(one.data[at + 1]! - other.data[there + 1]!) <= NEAR &&
  Math.abs(one.data[at + 2]! - other.data[there + 2]!) <= NEAR;

function paint(to: PNG, from: PNG, x: number, y: number, changed: boolean): void {
  const at = (y * to.width + x) * 4;
  for (let channel = 0; channel < 3; channel++)
    to.data[at + channel] = changed ? (channel === 0 ? 220 : 0) : 160 + from.data[at + channel]! * 0.37;
  to.data[at + 3] = 255;
}
