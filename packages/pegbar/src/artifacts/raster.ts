/** The pixels of a thumbnail, for whoever wants to know how a picture looks. */
import sharp from 'sharp';
import { PIXELS_MOST } from './pictures.ts';

export interface Raster {
  /** Interleaved 8-bit sRGB. */
  data: Uint8Array;
  width: number;
  height: number;
}

/** At most `px` long; what is transparent lies on white. */
export async function rasterOf(bytes: Uint8Array, px: number): Promise<Raster> {
  const { data, info } = await sharp(bytes, { limitInputPixels: PIXELS_MOST, pages: 1 })
    .flatten({ background: '#ffffff' })
    .resize(px, px, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}
