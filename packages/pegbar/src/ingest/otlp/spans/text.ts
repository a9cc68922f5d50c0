/** Texts from the wire into Native strings: copied verbatim where they are UTF-8, repaired where they are not. */
import { isUtf8 } from 'node:buffer';
import { type Bytes, fromUtf8, utf8 } from '../../../native/index.ts';
import type { Protector } from '../../../privacy/index.ts';
import type { Wire } from './wire.ts';

/** Longer texts are copied by the engine's memcpy; below it, the call costs more than the words. */
const COPY_BY_WORDS = 256;

/** Appends the bytes [start, start + length) as one Native string. Room is made. */
export function appendText(out: Bytes, wire: Wire, start: number, length: number): void {
  out.ensure(length + 10);
  const before = out.length;
  if (length < 128) out.bytes[out.length++] = length;
  else out.varint(length);
  if (copyAscii(out, wire, start, length)) return;
  const source = wire.bytes.subarray(start, start + length);
  if (isUtf8(source)) return;
  out.length = before;
  appendString(out, fromUtf8.decode(source));
}

/** Copies, and says whether all bytes were ASCII. */
function copyAscii(out: Bytes, wire: Wire, start: number, length: number): boolean {
  if (length > COPY_BY_WORDS) {
    out.bytes.set(wire.bytes.subarray(start, start + length), out.length);
    out.length += length;
    return false;
  }
  const from = wire.view;
  const to = out.view;
  const end = start + length;
  let at = start;
  let put = out.length;
  let bits = 0;
  for (; at + 4 <= end; at += 4, put += 4) {
    const word = from.getInt32(at, true);
    bits |= word;
    to.setInt32(put, word, true);
  }
  const source = wire.bytes;
  const target = out.bytes;
  for (; at < end; at++, put++) {
    const byte = source[at]!;
    bits |= byte;
    target[put] = byte;
  }
  out.length = put;
  return (bits & 0x80808080) === 0;
}

/** Appends a JavaScript string as one Native string. */
export function appendString(out: Bytes, text: string): void {
  out.ensure(text.length + 10);
  if (text.length < 48 && appendAscii(out, text)) return;
  const bytes = utf8.encode(text);
  out.ensure(bytes.length + 10);
  out.varint(bytes.length);
  out.append(bytes);
}

/** Writes the text if it is ASCII; what is not leaves no trace. */
function appendAscii(out: Bytes, text: string): boolean {
  const { bytes } = out;
  const start = out.length + 1;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 127) return false;
    bytes[start + at] = unit;
  }
  bytes[out.length] = text.length;
  out.length = start + text.length;
  return true;
}

/** The text as JavaScript has it; bad UTF-8 is replaced. */
export function textOf(wire: Wire, start: number, length: number): string {
  return length === 0 ? '' : wire.buffer.toString('utf8', start, start + length);
}

/** A name of a span or event without what is personal in it, such as an address in a path; null where it stays. */
export function guardedName(wire: Wire, start: number, length: number, protector: Protector): string | null {
  if (protector.plain || protector.identityOfBytes(wire.bytes, start, start + length, 'name') === null)
    return null;
  return protector.text(textOf(wire, start, length)).text;
}

/** The longest prefix of at most `limit` bytes that does not cut a character. */
export function cutLength(wire: Wire, start: number, length: number, limit: number): number {
  if (length <= limit) return length;
  let end = limit;
  while (end > limit - 4 && end > 0 && (wire.bytes[start + end]! & 0xc0) === 0x80) end--;
  return end;
}

/** At most `limit` UTF-16 units of a text, without half a character at the end. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? limit - 1 : limit);
}
