import { readExif } from './exif.ts';
import { addText, latin1, lenientText, newFacts, type PictureFacts } from './facts.ts';

/** Chunks looked at: a clip has one per frame. */
const CHUNKS_MOST = 100_000;

const u24 = (data: Uint8Array, at: number): number =>
  (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16);

/** Size, frames, texts of a WebP, animated or not. */
export function readWebp(bytes: Uint8Array): PictureFacts {
  const facts = newFacts('image/webp');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frames = 0;
  let duration_ms = 0;
  let at = 12;
  for (let count = 0; count < CHUNKS_MOST && at + 8 <= bytes.length; count++) {
    const name = latin1(bytes.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    const data = bytes.subarray(at + 8, Math.min(at + 8 + size, bytes.length));
    if (name === 'VP8X' && data.length >= 10) setSize(facts, u24(data, 4) + 1, u24(data, 7) + 1);
    else if (name === 'VP8L' && data.length >= 5) lossless(facts, data);
    else if (name === 'VP8 ' && data.length >= 10) lossy(facts, data);
    else if (name === 'ANMF' && data.length >= 16) {
      frames++;
      duration_ms += u24(data, 12);
    } else if (name === 'EXIF') readExif(data, facts);
    else if (name === 'XMP ') addText(facts, 'XMP', lenientText(data));
    at += 8 + size + (size % 2);
  }
  facts.frames = Math.max(1, frames);
  if (frames > 1) facts.duration_ms = duration_ms;
  facts.whole = bytes.length >= 12 && bytes.length >= view.getUint32(4, true) + 8;
  return facts;
}

function setSize(facts: PictureFacts, width: number, height: number): void {
  facts.width ??= width;
  facts.height ??= height;
}

function lossless(facts: PictureFacts, data: Uint8Array): void {
  if (data[0] !== 0x2f) return;
  const bits = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(1, true);
  setSize(facts, (bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
}

function lossy(facts: PictureFacts, data: Uint8Array): void {
  if (data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a) return;
  const side = (at: number): number => ((data[at] ?? 0) | ((data[at + 1] ?? 0) << 8)) & 0x3fff;
  setSize(facts, side(6), side(8));
}
