/** Work on pictures: measuring, small ones, blurred ones. Bounded in pixels; nothing of the metadata is kept. */
import sharp from 'sharp';

/** A decompression bomb ends here: 100 megapixels are 400 MB of memory. */
export const PIXELS_MOST = 100_000_000;
/** Longest side of a thumbnail. */
export const THUMBNAIL_PX = 384;
/** Of a blurred picture only this many pixels of its longest side are kept: nothing can be made out of them. */
const BLUR_PX = 16;
const BLUR_SHOWN_PX = 384;
const QUALITY = 80;
const KEPT_QUALITY = 95;
const OPEN = { limitInputPixels: PIXELS_MOST, failOn: 'error', pages: 1 } as const;

export interface Measured {
  width: number;
  height: number;
}

/** null where the bytes are no picture that can be read; 'too_large' beyond the bound. */
export async function measure(bytes: Uint8Array): Promise<Measured | 'too_large' | null> {
  try {
    const { width, height } = await sharp(bytes, { ...OPEN, limitInputPixels: false }).metadata();
    return width * height > PIXELS_MOST ? 'too_large' : { width, height };
  } catch {
    return null;
  }
}

/** The picture at most `px` long, as webp. */
export const shrink = (bytes: Uint8Array, px: number): Promise<Buffer> =>
  sharp(bytes, OPEN)
    .rotate()
    .resize(px, px, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: QUALITY })
    .toBuffer();

/** Whether the bytes are what `shrink` makes: a small still webp without metadata, whose pixels can be read. */
export async function isShrunk(bytes: Uint8Array, px: number): Promise<boolean> {
  try {
    const told = await sharp(bytes, OPEN).metadata();
    const { format, width, height, pages = 1, exif, xmp, icc, iptc, orientation } = told;
    if (format !== 'webp' || Math.max(width, height) > px || pages > 1) return false;
    if (exif || xmp || icc || iptc || orientation) return false;
    await sharp(bytes, OPEN).raw().toBuffer();
    return true;
  } catch {
    return false;
  }
}

/** What can be shown of a flagged picture to those who may not see it: colours and where they are. */
export async function blur(bytes: Uint8Array, px = BLUR_SHOWN_PX): Promise<Buffer> {
  const few = await sharp(bytes, OPEN).rotate().resize(BLUR_PX, BLUR_PX, { fit: 'inside' }).png().toBuffer();
  const side = Math.max(BLUR_PX, Math.min(px, BLUR_SHOWN_PX));
  return sharp(few)
    .resize(side, side, { fit: 'inside', kernel: 'cubic' })
    .blur(side / BLUR_PX)
    .webp({ quality: QUALITY })
    .toBuffer();
}

/** The same picture without its metadata, in which generators write prompts. */
export async function withoutMetadata(bytes: Uint8Array, type: string): Promise<Buffer> {
  const picture = sharp(bytes, { ...OPEN, pages: -1 }).rotate();
  if (type === 'image/png') return picture.png().toBuffer();
  if (type === 'image/jpeg') return picture.jpeg({ quality: KEPT_QUALITY }).toBuffer();
  if (type === 'image/gif') return picture.gif().toBuffer();
  return picture.webp({ lossless: true }).toBuffer();
}
