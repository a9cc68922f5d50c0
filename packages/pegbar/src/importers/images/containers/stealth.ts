import { constants, gunzipSync, inflateSync } from 'node:zlib';
import { latin1, lenientText, TEXT_MOST_BYTES } from './facts.ts';
import type { PngPixels } from './png.ts';

/**
 * A message in the lowest bits of the pixels: of alpha, or of red, green and blue. The pixels are read column by column
 * from the left; 15 letters name where and how, 32 bits the length of the message in bits, then the message. NovelAI
 * and the A1111 extension "stealth pnginfo" write it.
 */
const SIGNATURE_BITS = 15 * 8;
const HEAD_BITS = SIGNATURE_BITS + 32;
const SIGNATURES: Readonly<Record<string, { alpha: boolean; gzip: boolean }>> = {
  stealth_pnginfo: { alpha: true, gzip: false },
  stealth_pngcomp: { alpha: true, gzip: true },
  stealth_rgbinfo: { alpha: false, gzip: false },
  stealth_rgbcomp: { alpha: false, gzip: true },
};
const RGB = 2;
const RGBA = 6;
/** Pixels inflated to look for a message, 4096 × 4096 with alpha; a larger picture is not looked at. */
const RAW_MOST_BYTES = 64 * 1_048_576;
/** Compressed bytes tried first: enough for the first rows of a picture of common size. */
const FIRST_BYTES = 262_144;

/** The text hidden in the pixels, or undefined where there is none. */
export function readStealth(pixels: PngPixels): string | undefined {
  const { width, height, bitDepth, colourType, interlaced } = pixels;
  const channels = colourType === RGBA ? 4 : colourType === RGB ? 3 : 0;
  if (channels === 0 || bitDepth !== 8 || interlaced || width === 0 || height === 0) return undefined;
  const stride = width * channels + 1;
  if (stride * height > RAW_MOST_BYTES) return undefined;
  // The signature lies in the first column: its first rows decide whether the rest is worth inflating.
  const rows = Math.min(height, SIGNATURE_BITS);
  const first = unpacked(pixels, stride * rows, FIRST_BYTES) ?? unpacked(pixels, stride * rows, Infinity);
  if (!first) return undefined;
  unfilter(first, stride, channels);
  if (height >= SIGNATURE_BITS && !signed(bitsOf(first, pixels, rows))) return undefined;
  const all = rows === height ? first : unpacked(pixels, stride * height, Infinity);
  if (!all) return undefined;
  if (all !== first) unfilter(all, stride, channels);
  for (const reader of bitsOf(all, pixels, height)) {
    const found = message(reader);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Bits {
  alpha: boolean;
  count: number;
  at: (index: number) => number;
}

function bitsOf(raw: Uint8Array, { width, colourType }: PngPixels, rows: number): Bits[] {
  const channels = colourType === RGBA ? 4 : 3;
  const stride = width * channels + 1;
  const byteAt = (pixel: number, channel: number): number => {
    const x = Math.floor(pixel / rows);
    return raw[(pixel % rows) * stride + 1 + x * channels + channel] ?? 0;
  };
  const colour: Bits = {
    alpha: false,
    count: width * rows * 3,
    at: (index) => byteAt(Math.floor(index / 3), index % 3) & 1,
  };
  if (colourType !== RGBA) return [colour];
  return [{ alpha: true, count: width * rows, at: (index) => byteAt(index, 3) & 1 }, colour];
}

function signed(readers: readonly Bits[]): boolean {
  return readers.some((bits) => signatureOf(bits) !== undefined);
}

function signatureOf(bits: Bits): { gzip: boolean } | undefined {
  const known = SIGNATURES[latin1(bytesAt(bits, 0, SIGNATURE_BITS / 8))];
  return known?.alpha === bits.alpha ? known : undefined;
}

function message(bits: Bits): string | undefined {
  if (bits.count < HEAD_BITS) return undefined;
  const kind = signatureOf(bits);
  if (!kind) return undefined;
  const told = bytesAt(bits, SIGNATURE_BITS, 4);
  const length = new DataView(told.buffer).getUint32(0);
  if (length % 8 !== 0 || length === 0 || HEAD_BITS + length > bits.count) return undefined;
  const data = bytesAt(bits, HEAD_BITS, length / 8);
  if (!kind.gzip) return lenientText(data);
  try {
    return lenientText(gunzipSync(data, { maxOutputLength: TEXT_MOST_BYTES }));
  } catch {
    return undefined;
  }
}

function bytesAt(bits: Bits, from: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let index = 0; index < count * 8; index++) {
    out[index >> 3] = ((out[index >> 3] ?? 0) << 1) | bits.at(from + index);
  }
  return out;
}

/** At least `wanted` bytes of filtered rows out of the first `most` compressed ones. */
function unpacked({ data }: PngPixels, wanted: number, most: number): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  let held = 0;
  for (const part of data) {
    if (held >= most) break;
    parts.push(part.subarray(0, Math.min(part.length, most - held)));
    held += part.length;
  }
  try {
    const raw = inflateSync(Buffer.concat(parts), {
      // A part of a stream gives what it holds.
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: RAW_MOST_BYTES,
    });
    return raw.length >= wanted ? raw.subarray(0, wanted) : undefined;
  } catch {
    return undefined;
  }
}

/** Undoes the filters of PNG in place. */
function unfilter(raw: Uint8Array, stride: number, channels: number): void {
  for (let row = 0; row * stride < raw.length; row++) {
    const start = row * stride + 1;
    const end = Math.min(start + stride - 1, raw.length);
    const filter = raw[start - 1] ?? 0;
    if (filter === 0) continue;
    for (let at = start; at < end; at++) {
      const left = at - start >= channels ? (raw[at - channels] ?? 0) : 0;
      const up = row > 0 ? (raw[at - stride] ?? 0) : 0;
      const corner = row > 0 && at - start >= channels ? (raw[at - stride - channels] ?? 0) : 0;
      raw[at] = ((raw[at] ?? 0) + predicted(filter, left, up, corner)) & 0xff;
    }
  }
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
