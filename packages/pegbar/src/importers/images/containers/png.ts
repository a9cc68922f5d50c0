import { inflateSync } from 'node:zlib';
import { readExif } from './exif.ts';
import { addText, latin1, lenientText, newFacts, type PictureFacts, TEXT_MOST_BYTES } from './facts.ts';

/** Where the pixels lie, for those who look for a message in them. */
export interface PngPixels {
  width: number;
  height: number;
  bitDepth: number;
  /** 2 RGB, 6 RGBA. */
  colourType: number;
  interlaced: boolean;
  /** Compressed pixels, piece by piece. */
  data: Uint8Array[];
}

const HEAD = 8;
/** A chunk is its length, its name, its bytes and a checksum. */
const FRAME = 12;
/** Chunks looked at; a PNG of 100 megapixels in pieces of 8 KiB stays below it. */
const CHUNKS_MOST = 200_000;

/** Texts, size and time of a PNG. Checksums are not compared: a text whose checksum is wrong still says what it says. */
export function readPng(bytes: Uint8Array): { facts: PictureFacts; pixels: PngPixels | undefined } {
  const facts = newFacts('image/png');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let pixels: PngPixels | undefined;
  facts.whole = false;
  let at = HEAD;
  for (let count = 0; count < CHUNKS_MOST && at + FRAME <= bytes.length; count++) {
    const size = view.getUint32(at);
    const name = latin1(bytes.subarray(at + 4, at + 8));
    const end = at + 8 + size;
    const data = bytes.subarray(at + 8, Math.min(end, bytes.length));
    if (name === 'IHDR' && data.length >= 13) {
      pixels ??= header(data);
      facts.width = pixels.width;
      facts.height = pixels.height;
    } else if (name === 'IDAT') pixels?.data.push(data);
    else if (name === 'IEND') facts.whole = end <= bytes.length;
    else if (end <= bytes.length) readChunk(facts, name, data);
    if (name === 'IEND' || end + 4 > bytes.length) break;
    at = end + 4;
  }
  return { facts, pixels };
}

function header(data: Uint8Array): PngPixels {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    bitDepth: data[8] ?? 0,
    colourType: data[9] ?? 0,
    interlaced: data[12] !== 0,
    data: [],
  };
}

function readChunk(facts: PictureFacts, name: string, data: Uint8Array): void {
  if (data.length > TEXT_MOST_BYTES) return;
  if (name === 'tEXt') {
    const [keyword, rest] = cut(data);
    if (rest) addText(facts, latin1(keyword), lenientText(rest));
  } else if (name === 'zTXt') {
    const [keyword, rest] = cut(data);
    const text = rest && inflated(rest.subarray(1));
    if (text) addText(facts, latin1(keyword), lenientText(text));
  } else if (name === 'iTXt') readInternational(facts, data);
  else if (name === 'eXIf') readExif(data, facts);
  else if (name === 'tIME' && data.length === 7) facts.time_ms ??= timeOf(data);
}

/** Keyword, compression flag and method, language, translated keyword, text. */
function readInternational(facts: PictureFacts, data: Uint8Array): void {
  const [keyword, rest] = cut(data);
  if (!rest) return;
  const [, translated] = cut(rest.subarray(2));
  const [, raw] = translated ? cut(translated) : [undefined, undefined];
  if (!raw) return;
  const text = rest[0] === 1 ? inflated(raw) : raw;
  if (text) addText(facts, latin1(keyword), lenientText(text));
}

function cut(data: Uint8Array): [Uint8Array, Uint8Array | undefined] {
  const zero = data.indexOf(0);
  return zero < 0 ? [data, undefined] : [data.subarray(0, zero), data.subarray(zero + 1)];
}

function inflated(data: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(data, { maxOutputLength: TEXT_MOST_BYTES });
  } catch {
    return undefined;
  }
}

/** The chunk tIME is in UTC. */
function timeOf(data: Uint8Array): number | undefined {
  const [, , month = 0, day = 0, hour = 0, minute = 0, second = 0] = data;
  const year = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return year > 0 && Number.isFinite(time) ? time : undefined;
}
