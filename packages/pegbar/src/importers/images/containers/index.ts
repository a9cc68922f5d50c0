import { latin1, type MediaType, type PictureFacts } from './facts.ts';
import { readMp4, readWebm } from './film.ts';
import { readGif } from './gif.ts';
import { readJpeg } from './jpeg.ts';
import { readPng } from './png.ts';
import { readStealth } from './stealth.ts';
import { readWebp } from './webp.ts';

export type { MediaType, PictureFacts } from './facts.ts';

/** Keyword under which a text hidden in the pixels is kept. */
export const STEALTH = 'stealth';

/** What bytes are, by how they begin; undefined for what is no picture that Pegbar takes. */
export function mediaTypeOf(bytes: Uint8Array): MediaType | undefined {
  const head = latin1(bytes.subarray(0, 12));
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'image/webp';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif';
  if (head.startsWith('ftyp', 4)) return 'video/mp4';
  if (head.startsWith('\x1a\x45\xdf\xa3')) return 'video/webm';
  return undefined;
}

/** Reads what a file says of itself. Never throws: of damaged bytes it tells what could be read. */
export function readFacts(bytes: Uint8Array): PictureFacts | undefined {
  switch (mediaTypeOf(bytes)) {
    case 'image/png': {
      const { facts, pixels } = readPng(bytes);
      // Whoever hides the text writes none in the open; NovelAI does both, and says in the open what it is.
      const hidden = pixels && !hasText(facts) ? readStealth(pixels) : undefined;
      if (hidden !== undefined) facts.texts.set(STEALTH, hidden);
      return facts;
    }
    case 'image/jpeg':
      return readJpeg(bytes);
    case 'image/webp':
      return readWebp(bytes);
    case 'image/gif':
      return readGif(bytes);
    case 'video/mp4':
      return readMp4(bytes);
    case 'video/webm':
      return readWebm(bytes);
    default:
      return undefined;
  }
}

const OPEN_TEXTS = [
  'parameters',
  'prompt',
  'workflow',
  'Comment',
  'Dream',
  'sd-metadata',
  'invokeai_metadata',
];
const hasText = ({ texts }: PictureFacts): boolean => OPEN_TEXTS.some((keyword) => texts.has(keyword));
