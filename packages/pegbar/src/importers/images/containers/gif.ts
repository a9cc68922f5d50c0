import { newFacts, type PictureFacts } from './facts.ts';

/** Size of a GIF; it carries no generator's metadata. */
export function readGif(bytes: Uint8Array): PictureFacts {
  const facts = newFacts('image/gif');
  const side = (at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  facts.width = side(6);
  facts.height = side(8);
  facts.whole = bytes.at(-1) === TRAILER;
  return facts;
}

const TRAILER = 0x3b;
