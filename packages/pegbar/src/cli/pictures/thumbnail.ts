import type { PictureFacts, PictureFile, Thumbnail } from '../../importers/index.ts';

/** Longest side, as the server keeps them. */
const LONGEST_PX = 384;
/** A decompression bomb ends here: 100 megapixels are 400 MB of memory. */
const PIXELS_MOST = 100_000_000;
const QUALITY = 80;
/** Of 0 to 6: at 1 the encoder takes a third of the default's time for files some percent larger. */
const EFFORT = 1;
/** A picture that takes longer is made to be slow. */
const TIMEOUT_S = 30;

const none = (code: string, message: string): Thumbnail => ({ ok: false, code, message });

/** Makes small pictures; loads the library for it only when the first is wanted. */
export async function thumbnailMaker(): Promise<
  (file: PictureFile, facts: PictureFacts) => Promise<Thumbnail>
> {
  const { default: sharp } = await import('sharp');
  // Several pictures are worked on at once; threads within one would only wait for each other.
  sharp.concurrency(1);
  sharp.cache(false);
  return async (file, facts) => {
    if (facts.type.startsWith('video/'))
      return none('no_thumbnail', 'films are registered without a thumbnail');
    if (!file.complete) return none('no_thumbnail', 'it is larger than 64 MiB');
    const pixels = (facts.width ?? 0) * (facts.height ?? 0);
    if (pixels > PIXELS_MOST)
      return none(
        'too_many_pixels',
        `it unpacks to ${facts.width} × ${facts.height} pixels, more than 100 megapixels`,
      );
    try {
      const bytes = await sharp(file.bytes, { limitInputPixels: PIXELS_MOST, failOn: 'error', pages: 1 })
        .timeout({ seconds: TIMEOUT_S })
        .rotate()
        .resize(LONGEST_PX, LONGEST_PX, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality: QUALITY, effort: EFFORT })
        .toBuffer();
      return { ok: true, bytes };
    } catch (error) {
      return none('damaged', `its pixels cannot be read: ${(error as Error).message.split('\n')[0]}`);
    }
  };
}
