import { readExif } from './exif.ts';
import { addText, latin1, lenientText, newFacts, type PictureFacts } from './facts.ts';

const SEGMENTS_MOST = 10_000;
const SOS = 0xda;
const EOI = 0xd9;

/** Size and texts of a JPEG, from the segments before its pixels. */
export function readJpeg(bytes: Uint8Array): PictureFacts {
  const facts = newFacts('image/jpeg');
  let at = 2;
  let begun = false;
  for (let count = 0; count < SEGMENTS_MOST && at + 4 <= bytes.length; count++) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const size = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (marker === SOS || marker === EOI || size < 2) {
      begun = marker === SOS;
      break;
    }
    readSegment(facts, marker, bytes.subarray(at + 4, Math.min(at + 2 + size, bytes.length)));
    at += 2 + size;
  }
  facts.whole = begun && endsWell(bytes);
  return facts;
}

function readSegment(facts: PictureFacts, marker: number, data: Uint8Array): void {
  if (marker === 0xe1 && latin1(data.subarray(0, 4)) === 'Exif') readExif(data, facts);
  else if (marker === 0xe1) readXmp(facts, data);
  else if (marker === 0xfe) addText(facts, 'Comment', lenientText(data));
  else if (isFrame(marker) && data.length >= 5) {
    facts.height = ((data[1] ?? 0) << 8) | (data[2] ?? 0);
    facts.width = ((data[3] ?? 0) << 8) | (data[4] ?? 0);
  }
}

/** Start-of-frame markers, without the four of that range that are none. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

const XMP = 'http://ns.adobe.com/xap/1.0/\0';

function readXmp(facts: PictureFacts, data: Uint8Array): void {
  if (latin1(data.subarray(0, XMP.length)) === XMP)
    addText(facts, 'XMP', lenientText(data.subarray(XMP.length)));
}

/** The end marker, with what some programs append behind it. */
function endsWell(bytes: Uint8Array): boolean {
  const tail = bytes.subarray(Math.max(0, bytes.length - TAIL));
  for (let at = tail.length - 2; at >= 0; at--) if (tail[at] === 0xff && tail[at + 1] === EOI) return true;
  return false;
}
const TAIL = 65_536;
