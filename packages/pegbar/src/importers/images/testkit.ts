/** Small files of every container with any text in them, made for tests. */
import { crc32, deflateSync } from 'node:zlib';

const u32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value >>> 0);
  return out;
};

export const chunk = (name: string, data: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  return Buffer.concat([u32(data.length), named, u32(crc32(named))]);
};

export const tEXt = (keyword: string, text: string): Buffer =>
  chunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'));
export const zTXt = (keyword: string, text: string): Buffer =>
  chunk(
    'zTXt',
    Buffer.concat([Buffer.from(`${keyword}\0\0`, 'latin1'), deflateSync(Buffer.from(text, 'latin1'))]),
  );
export const iTXt = (keyword: string, text: string, compressed = false): Buffer => {
  const raw = Buffer.from(text, 'utf8');
  const head = Buffer.from(`${keyword}\0${compressed ? '\u0001' : '\0'}\0\0\0`, 'latin1');
  return chunk('iTXt', Buffer.concat([head, compressed ? deflateSync(raw) : raw]));
};

export interface PngOptions {
  width?: number;
  height?: number;
  /** Chunks between header and pixels. */
  chunks?: readonly Buffer[];
  /** Lowest bits of the pixels, column by column: of alpha, or of red, green and blue. */
  hidden?: { bytes: Buffer; alpha: boolean };
  /** Filter of the rows, 0 to 4. */
  filter?: number;
}

/** A PNG of plain colour; RGBA, or RGB where a message lies in the colours. */
export function png({ width = 4, height = 4, chunks = [], hidden, filter = 0 }: PngOptions = {}): Buffer {
  const channels = hidden && !hidden.alpha ? 3 : 4;
  const raw = Buffer.alloc(height * width * channels, 0xfe);
  if (hidden) hide(raw, { width, height, channels }, hidden);
  const header = Buffer.concat([u32(width), u32(height), Buffer.from([8, channels === 4 ? 6 : 2, 0, 0, 0])]);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...chunks,
    chunk('IDAT', deflateSync(filtered(raw, width * channels, channels, filter))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function hide(
  raw: Buffer,
  size: { width: number; height: number; channels: number },
  { bytes, alpha }: { bytes: Buffer; alpha: boolean },
): void {
  const perPixel = alpha ? 1 : 3;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const pixel = Math.floor(bit / perPixel);
    const [x, y] = [Math.floor(pixel / size.height), pixel % size.height];
    const at = (y * size.width + x) * size.channels + (alpha ? 3 : bit % perPixel);
    raw[at] = (raw[at]! & 0xfe) | ((bytes[bit >> 3]! >> (7 - (bit % 8))) & 1);
  }
}

function filtered(raw: Buffer, stride: number, channels: number, filter: number): Buffer {
  const rows: Buffer[] = [];
  for (let start = 0; start < raw.length; start += stride) {
    const row = Buffer.alloc(stride + 1);
    row[0] = filter;
    for (let at = 0; at < stride; at++) {
      const left = at >= channels ? raw[start + at - channels]! : 0;
      const up = start > 0 ? raw[start - stride + at]! : 0;
      const corner = start > 0 && at >= channels ? raw[start - stride + at - channels]! : 0;
      row[at + 1] = raw[start + at]! - predict(filter, left, up, corner);
    }
    rows.push(row);
  }
  return Buffer.concat(rows);
}

function predict(filter: number, a: number, b: number, c: number): number {
  const guess = a + b - c;
  const [pa, pb, pc] = [Math.abs(guess - a), Math.abs(guess - b), Math.abs(guess - c)];
  const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  return [0, a, b, (a + b) >> 1, paeth][filter] ?? 0;
}

/** A message as "stealth pnginfo" writes it: its name, its length in bits, itself. */
export const stealth = (name: string, message: Buffer): Buffer =>
  Buffer.concat([Buffer.from(name, 'latin1'), u32(message.length * 8), message]);

/** An EXIF block with texts by tag; 0x9286 (UserComment) goes into its own folder, as bytes that say their set. */
export function exif(tags: Readonly<Record<number, string | Buffer>>, little = false): Buffer {
  const block = (entries: [number, Buffer, number][], at: number, next: [number, number][]): Buffer => {
    const head = Buffer.alloc(2 + (entries.length + next.length) * 12 + 4);
    const w16 = (value: number, where: number) =>
      little ? head.writeUInt16LE(value, where) : head.writeUInt16BE(value, where);
    const w32 = (value: number, where: number) =>
      little ? head.writeUInt32LE(value, where) : head.writeUInt32BE(value, where);
    w16(entries.length + next.length, 0);
    const values: Buffer[] = [];
    let place = at + head.length;
    entries.forEach(([tag, value, type], index) => {
      const entry = 2 + index * 12;
      w16(tag, entry);
      w16(type, entry + 2);
      w32(value.length, entry + 4);
      w32(place, entry + 8);
      values.push(value);
      place += value.length;
    });
    next.forEach(([tag, target], index) => {
      const entry = 2 + (entries.length + index) * 12;
      w16(tag, entry);
      w16(4, entry + 2);
      w32(1, entry + 4);
      w32(target, entry + 8);
    });
    return Buffer.concat([head, ...values]);
  };
  const bytes = (value: string | Buffer): Buffer =>
    typeof value === 'string' ? Buffer.from(`${value}\0`, 'utf8') : value;
  const own = Object.entries(tags).map(([tag, value]): [number, Buffer] => [Number(tag), bytes(value)]);
  const first = own.filter(([tag]) => tag < 0x9000);
  const inner = own.filter(([tag]) => tag >= 0x9000);
  const typed = (list: [number, Buffer][]): [number, Buffer, number][] =>
    list.map(([tag, value]) => [tag, value, tag === 0x9286 || tag === 0x927c ? 7 : 2]);
  const length = block(typed(first), 8, [[0x8769, 0]]).length;
  const start = little ? Buffer.from('II*\0\x08\0\0\0', 'latin1') : Buffer.from('MM\0*\0\0\0\x08', 'latin1');
  return Buffer.concat([
    start,
    block(typed(first), 8, [[0x8769, 8 + length]]),
    block(typed(inner), 8 + length, []),
  ]);
}

/** EXIF's comment in UTF-16 of either order, as A1111 and others write it. */
export function unicodeComment(text: string, little: boolean): Buffer {
  const body = Buffer.from(text, 'utf16le');
  return Buffer.concat([Buffer.from('UNICODE\0', 'latin1'), little ? body : body.swap16()]);
}

/** The head of a JPEG: enough for a reader of metadata, not for one of pixels. */
export function jpeg({
  width = 8,
  height = 8,
  exifBlock,
}: {
  width?: number;
  height?: number;
  exifBlock?: Buffer;
} = {}): Buffer {
  const segment = (marker: number, data: Buffer): Buffer => {
    const head = Buffer.from([0xff, marker, 0, 0]);
    head.writeUInt16BE(data.length + 2, 2);
    return Buffer.concat([head, data]);
  };
  const frame = Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...(exifBlock ? [segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exifBlock]))] : []),
    segment(0xc0, frame),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0, 0xff, 0xd9]),
  ]);
}

/** A WebP of empty frames, with EXIF. */
export function webp(
  options: { width?: number; height?: number; durations?: number[]; exifBlock?: Buffer } = {},
): Buffer {
  const { width = 16, height = 16, durations = [], exifBlock } = options;
  const u24 = (value: number): Buffer => Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255]);
  const riff = (name: string, data: Buffer): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(data.length);
    return Buffer.concat([Buffer.from(name, 'latin1'), size, data, Buffer.alloc(data.length % 2)]);
  };
  const body = Buffer.concat([
    Buffer.from('WEBP', 'latin1'),
    riff('VP8X', Buffer.concat([Buffer.from([0x0a, 0, 0, 0]), u24(width - 1), u24(height - 1)])),
    ...durations.map((ms) => riff('ANMF', Buffer.concat([Buffer.alloc(12), u24(ms), Buffer.alloc(9)]))),
    ...(exifBlock ? [riff('EXIF', exifBlock)] : []),
  ]);
  return riff('RIFF', body);
}

const box = (name: string, ...data: Buffer[]): Buffer => {
  const body = Buffer.concat(data);
  return Buffer.concat([u32(body.length + 8), Buffer.from(name, 'latin1'), body]);
};

/** An MP4 without pictures: length, size and texts, as keys of `mdta` or as the comment of iTunes. */
export function mp4(texts: Readonly<Record<string, string>>, asKeys: boolean): Buffer {
  const entries = Object.entries(texts);
  const data = (text: string): Buffer => box('data', u32(1), u32(0), Buffer.from(text, 'utf8'));
  const keys = box(
    'keys',
    u32(0),
    u32(entries.length),
    ...entries.map(([key]) => box('mdta', Buffer.from(key))),
  );
  const items = entries.map(([key, text], index) =>
    asKeys
      ? Buffer.concat([u32(data(text).length + 8), u32(index + 1), data(text)])
      : box(key === 'comment' ? '\xa9cmt' : key, data(text)),
  );
  const meta = box(
    'meta',
    u32(0),
    box('hdlr', Buffer.alloc(24)),
    ...(asKeys ? [keys] : []),
    box('ilst', ...items),
  );
  const mvhd = Buffer.alloc(100);
  mvhd.writeUInt32BE(1_000, 12);
  mvhd.writeUInt32BE(2_500, 16);
  const tkhd = Buffer.alloc(84);
  tkhd.writeUInt16BE(832, 76);
  tkhd.writeUInt16BE(480, 80);
  return Buffer.concat([
    box('ftyp', Buffer.from('isomiso2')),
    box('moov', box('mvhd', mvhd), box('trak', box('tkhd', tkhd)), box('udta', meta)),
  ]);
}

/** A WebM of tags alone. */
export function webm(texts: Readonly<Record<string, string>>): Buffer {
  const element = (id: number[], data: Buffer): Buffer => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE((1n << 56n) | BigInt(data.length));
    return Buffer.concat([Buffer.from(id), size, data]);
  };
  const simple = Object.entries(texts).map(([name, text]) =>
    element(
      [0x67, 0xc8],
      Buffer.concat([element([0x45, 0xa3], Buffer.from(name)), element([0x44, 0x87], Buffer.from(text))]),
    ),
  );
  const tags = element([0x12, 0x54, 0xc3, 0x67], element([0x73, 0x73], Buffer.concat(simple)));
  const size = Buffer.concat([element([0xb0], Buffer.from([3, 64])), element([0xba], Buffer.from([1, 224]))]);
  const tracks = element([0x16, 0x54, 0xae, 0x6b], element([0xae], element([0xe0], size)));
  return Buffer.concat([
    element([0x1a, 0x45, 0xdf, 0xa3], Buffer.alloc(0)),
    element([0x18, 0x53, 0x80, 0x67], Buffer.concat([tracks, tags])),
  ]);
}
