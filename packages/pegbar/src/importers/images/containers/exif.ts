import { addText, latin1, lenientText, type PictureFacts } from './facts.ts';

/** Tags that generators write prompts into, by the names that the texts get. */
const TAGS: Readonly<Record<number, string>> = {
  270: 'ImageDescription',
  271: 'Make',
  272: 'Model',
  305: 'Software',
  315: 'Artist',
  37510: 'UserComment',
  37500: 'MakerNote',
  40092: 'XPComment',
  306: 'DateTime',
  36867: 'DateTimeOriginal',
  36868: 'DateTimeDigitized',
  36881: 'OffsetTimeOriginal',
  36880: 'OffsetTime',
};
const EXIF_FOLDER = 0x8769;
/** Bytes of one unit of each type of value. */
const UNIT: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  9: 4,
  10: 8,
  12: 8,
};
/** Entries of one folder; cameras write some hundred. */
const ENTRIES_MOST = 1_024;
/** Folders visited: the first, the one of EXIF, and what a ring of offsets would make of them. */
const FOLDERS_MOST = 8;

/** Texts and time of an EXIF block (TIFF), with or without the six letters before it. */
export function readExif(block: Uint8Array, facts: PictureFacts): void {
  const tiff = latin1(block.subarray(0, 4)) === 'Exif' ? block.subarray(6) : block;
  const order = latin1(tiff.subarray(0, 2));
  if ((order !== 'II' && order !== 'MM') || tiff.length < 8) return;
  const little = order === 'II';
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const folders = [view.getUint32(4, little)];
  const found = new Map<string, string>();
  for (let count = 0; count < FOLDERS_MOST; count++) {
    const at = folders.shift();
    if (at === undefined) break;
    readFolder({ tiff, view, little }, at, folders, found);
  }
  for (const [name, text] of found) addLabelled(facts, name, text);
  facts.time_ms ??= timeOf(found);
}

interface Tiff {
  tiff: Uint8Array;
  view: DataView;
  little: boolean;
}

function readFolder(
  { tiff, view, little }: Tiff,
  at: number,
  folders: number[],
  found: Map<string, string>,
): void {
  if (at + 2 > tiff.length) return;
  const entries = Math.min(view.getUint16(at, little), ENTRIES_MOST);
  for (let index = 0; index < entries; index++) {
    const entry = at + 2 + index * 12;
    if (entry + 12 > tiff.length) return;
    const tag = view.getUint16(entry, little);
    if (tag === EXIF_FOLDER) folders.push(view.getUint32(entry + 8, little));
    const name = TAGS[tag];
    if (name === undefined || found.has(name)) continue;
    const size = (UNIT[view.getUint16(entry + 2, little)] ?? 1) * view.getUint32(entry + 4, little);
    const start = size <= 4 ? entry + 8 : view.getUint32(entry + 8, little);
    if (start >= tiff.length) continue;
    const value = tiff.subarray(start, Math.min(start + size, tiff.length));
    found.set(name, name === 'UserComment' ? userComment(value, little) : plainText(value, name));
  }
}

const plainText = (value: Uint8Array, name: string): string =>
  withoutPadding(name.startsWith('XP') ? utf16(value, true) : lenientText(value));

/** By hand: an expression for it takes the square of the length where zeros stand in the middle. */
function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

/** Eight letters name the character set; "UNICODE" is UTF-16 in whatever order the writer liked. */
function userComment(value: Uint8Array, little: boolean): string {
  const set = latin1(value.subarray(0, 8)).replace(/\0.*$/, '').toUpperCase();
  const rest = value.subarray(8);
  const text = set.startsWith('UNICODE') ? utf16(rest, littleEndian(rest, little)) : lenientText(rest);
  return withoutPadding(text.replace(/^\ufeff/, ''));
}

/** Zero bytes of Latin letters tell the order; where there are none, the order of the file. */
function littleEndian(bytes: Uint8Array, otherwise: boolean): boolean {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return true;
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return false;
  let even = 0;
  let odd = 0;
  for (let at = 0; at + 1 < bytes.length && at < SAMPLE; at += 2) {
    if (bytes[at] === 0) even++;
    if (bytes[at + 1] === 0) odd++;
  }
  return even === odd ? otherwise : odd > even;
}
const SAMPLE = 4_096;

function utf16(bytes: Uint8Array, little: boolean): string {
  const copy = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return (little ? copy : copy.swap16()).toString('utf16le');
}

/** ComfyUI's WebP has `prompt:{…}` and `workflow:{…}` in Make, Model and the tags around them. */
function addLabelled(facts: PictureFacts, name: string, text: string): void {
  const label = /^(prompt|workflow|parameters)\s*:\s*(?=[{[])/i.exec(text);
  if (label) addText(facts, label[1]?.toLowerCase() ?? '', text.slice(label[0].length));
  else addText(facts, name, text);
}

/** EXIF tells local time; without an offset it is read as UTC. */
function timeOf(found: ReadonlyMap<string, string>): number | undefined {
  const written =
    found.get('DateTimeOriginal') ?? found.get('DateTimeDigitized') ?? found.get('DateTime') ?? '';
  const match = /^(\d{4}):(\d{2}):(\d{2}) (\d{2}:\d{2}:\d{2})/.exec(written);
  if (!match) return undefined;
  const offset = /^[+-]\d{2}:\d{2}$/.exec(
    found.get('OffsetTimeOriginal') ?? found.get('OffsetTime') ?? '',
  )?.[0];
  const time = Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}${offset ?? 'Z'}`);
  return Number.isNaN(time) ? undefined : time;
}
