import { addText, latin1, lenientText, newFacts, type PictureFacts, TEXT_MOST_BYTES } from './facts.ts';

/** Boxes that hold boxes on the way to the texts. */
const HOLDERS = new Set(['moov', 'udta', 'meta', 'ilst', 'trak']);
/** Boxes of one file that are looked at, and how deep. */
const BOXES_MOST = 10_000;
const DEPTH_MOST = 8;

/**
 * Texts and size of an MP4: `comment` (VideoHelperSuite) and the keys `prompt` and `workflow` (ComfyUI's own
 * SaveVideo) from `moov/udta/meta`.
 */
export function readMp4(bytes: Uint8Array): PictureFacts {
  const facts = newFacts('video/mp4');
  const state: Mp4 = { facts, keys: [], boxesLeft: BOXES_MOST };
  walkBoxes(bytes, state, 0);
  spread(facts);
  return facts;
}

interface Mp4 {
  facts: PictureFacts;
  /** Names of `mdta` items, to which `ilst` refers by number. */
  keys: string[];
  boxesLeft: number;
}

function walkBoxes(bytes: Uint8Array, state: Mp4, depth: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 8 <= bytes.length && state.boxesLeft-- > 0) {
    let size = view.getUint32(at);
    let head = 8;
    if (size === 1 && at + 16 <= bytes.length) {
      size = view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12);
      head = 16;
    } else if (size === 0) size = bytes.length - at;
    if (size < head) return;
    const name = latin1(bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + head, Math.min(at + size, bytes.length));
    readBox(name, data, view.getUint32(at + 4), state, depth);
    at += size;
  }
}

function readBox(name: string, data: Uint8Array, number: number, state: Mp4, depth: number): void {
  if (depth > DEPTH_MOST) return;
  if (name === 'mvhd') readLength(state.facts, data);
  else if (name === 'tkhd') readExtent(state.facts, data);
  else if (name === 'keys') state.keys = readKeys(data);
  else if (HOLDERS.has(name)) {
    // In QuickTime `meta` begins with its first box, in MP4 with four bytes of version and flags.
    const skip = name === 'meta' && latin1(data.subarray(4, 8)) !== 'hdlr' ? 4 : 0;
    walkBoxes(data.subarray(skip), state, depth + 1);
  } else if (latin1(data.subarray(4, 8)) === 'data') {
    const key = state.keys[number - 1] ?? name;
    const value = data.subarray(16, Math.min(data.length, TEXT_MOST_BYTES));
    addText(state.facts, key === '\xa9cmt' ? 'comment' : key, lenientText(value));
  }
}

function readKeys(data: Uint8Array): string[] {
  const keys: string[] = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 8;
  while (at + 8 <= data.length && keys.length < 256) {
    const size = view.getUint32(at);
    if (size < 8) break;
    keys.push(latin1(data.subarray(at + 8, at + size)));
    at += size;
  }
  return keys;
}

function readLength(facts: PictureFacts, data: Uint8Array): void {
  if (data.length < 32) return;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const wide = data[0] === 1;
  const scale = view.getUint32(wide ? 20 : 12);
  const length = wide ? view.getUint32(24) * 2 ** 32 + view.getUint32(28) : view.getUint32(16);
  if (scale > 0 && length > 0) facts.duration_ms = Math.round((length / scale) * 1_000);
}

/** The last eight bytes of a track's head are its size, 16.16 fixed; sound has none. */
function readExtent(facts: PictureFacts, data: Uint8Array): void {
  if (data.length < 84) return;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint16(data.length - 8), view.getUint16(data.length - 4)];
  if (width === 0 || height === 0) return;
  facts.width ??= width;
  facts.height ??= height;
}

/** Ids of Matroska elements on the way to tags and to the size. */
const [SEGMENT, TAGS, TAG, SIMPLE, NAME, STRING] = [0x18538067, 0x1254c367, 0x7373, 0x67c8, 0x45a3, 0x4487];
const [TRACKS, ENTRY, VIDEO, WIDTH, HEIGHT] = [0x1654ae6b, 0xae, 0xe0, 0xb0, 0xba];
const NESTED = new Set([SEGMENT, TAGS, TAG, TRACKS, ENTRY, VIDEO]);

/** Texts and size of a WebM; of the tags the ones that ffmpeg writes: COMMENT, PROMPT, WORKFLOW. */
export function readWebm(bytes: Uint8Array): PictureFacts {
  const facts = newFacts('video/webm');
  walkElements(bytes, facts, { left: BOXES_MOST }, 0);
  spread(facts);
  return facts;
}

function walkElements(bytes: Uint8Array, facts: PictureFacts, budget: { left: number }, depth: number): void {
  let at = 0;
  while (at < bytes.length && budget.left-- > 0 && depth <= DEPTH_MOST) {
    const id = variable(bytes, at, true);
    const size = id && variable(bytes, at + id.length, false);
    if (!id || !size) return;
    const start = at + id.length + size.length;
    const end = Math.min(start + size.value, bytes.length);
    const data = bytes.subarray(start, end);
    if (NESTED.has(id.value)) walkElements(data, facts, budget, depth + 1);
    else if (id.value === SIMPLE) readTag(data, facts);
    else if (id.value === WIDTH) facts.width ??= unsigned(data);
    else if (id.value === HEIGHT) facts.height ??= unsigned(data);
    at = end;
  }
}

function readTag(data: Uint8Array, facts: PictureFacts): void {
  let name = '';
  let at = 0;
  while (at < data.length) {
    const id = variable(data, at, true);
    const size = id && variable(data, at + id.length, false);
    if (!id || !size) return;
    const start = at + id.length + size.length;
    const value = data.subarray(start, Math.min(start + size.value, data.length, start + TEXT_MOST_BYTES));
    if (id.value === NAME) name = latin1(value).toLowerCase();
    else if (id.value === STRING && name !== '') addText(facts, name, lenientText(value));
    at = start + size.value;
  }
}

/** A number whose first byte tells its length; of an id the length's bit stays in it. All ones mean "to the end". */
function variable(
  bytes: Uint8Array,
  at: number,
  keep: boolean,
): { value: number; length: number } | undefined {
  const first = bytes[at];
  if (first === undefined || first === 0) return undefined;
  const length = Math.clz32(first) - 23;
  if (at + length > bytes.length) return undefined;
  let value = keep ? first : first & (0xff >> length);
  let ones = (first & (0xff >> length)) === 0xff >> length;
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index] ?? 0;
    if (byte !== 0xff) ones = false;
    value = value * 256 + byte;
  }
  return { value: !keep && ones ? Number.MAX_SAFE_INTEGER : value, length };
}

const unsigned = (data: Uint8Array): number | undefined =>
  data.length > 0 && data.length <= 4 ? data.reduce((sum, byte) => sum * 256 + byte, 0) : undefined;

/** VideoHelperSuite puts both graphs into one comment: `{"prompt": …, "workflow": …}`. */
function spread(facts: PictureFacts): void {
  const comment = facts.texts.get('comment');
  if (comment?.trimStart().startsWith('{')) addText(facts, 'UserComment', comment);
}
