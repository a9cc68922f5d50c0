/** The licensed sprites and backgrounds beside this file, decoded once and kept: twelve small pictures. */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

interface Asset {
  data: Buffer;
  width: number;
  height: number;
  channels: 3 | 4;
}

const NAMES: ReadonlySet<string> = new Set([
  'bg_club',
  'bg_lecturehall',
  'bg_meadow',
  'bg_uni',
  ...['blue', 'green'].flatMap((outfit) =>
    ['giggle', 'normal', 'smile', 'surprised'].map((face) => `sylvie_${outfit}_${face}`),
  ),
]);
const decoded = new Map<string, Promise<Asset>>();

/** @param name of a file without its ending; what is not there falls back to the campus or the calm face. */
export function assetOf(name: string): Promise<Asset> {
  const known = NAMES.has(name) ? name : name.startsWith('bg_') ? 'bg_uni' : 'sylvie_blue_normal';
  const asset = decoded.get(known) ?? decode(known);
  decoded.set(known, asset);
  return asset;
}

/** What sharp must know of the pixels. */
export function rawOf({ width, height, channels }: Asset): {
  raw: { width: number; height: number; channels: 3 | 4 };
} {
  return { raw: { width, height, channels } };
}

async function decode(name: string): Promise<Asset> {
  const file = fileURLToPath(new URL(`./pictures/${name}.webp`, import.meta.url));
  const image = name.startsWith('bg_') ? sharp(file).removeAlpha() : sharp(file).ensureAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: name.startsWith('bg_') ? 3 : 4 };
}
