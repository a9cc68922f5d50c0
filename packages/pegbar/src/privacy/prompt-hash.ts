/** The keyed hash of a prompt: equal prompts of a tenant have equal hashes, and nobody without the key can try one out. */
import { SipHash } from './siphash.ts';

const BLANK = 32;
/** White space other than single blanks between words. */
const UNEVEN_SPACE = /^\s|\s\s|[^\S ]|\s$/;
/** Prompts have hundreds of characters; the room grows for longer ones. Bytes. */
const ROOM = 4096;

export class PromptHash {
  /** Words of the last answer; both are zero for an empty prompt. */
  lo = 0;
  hi = 0;
  readonly #hash: SipHash;
  #room = Buffer.allocUnsafeSlow(ROOM);

  /** `key`: 16 bytes. */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
  }

  /** Hash of a prompt's normal form, 16 lower-case hex characters; undefined where nothing is left of it. */
  ofPrompt(text: string): string | undefined {
    const normal = normalPrompt(text);
    return normal === '' ? undefined : this.of(normal);
  }

  /** Hash of a message as it is. */
  of(message: string | Uint8Array): string {
    // A UTF-16 unit is three bytes of UTF-8 at most.
    const length = typeof message === 'string' ? this.#write(message) : message.length;
    this.#update(typeof message === 'string' ? this.#room : message, 0, length);
    return hex(this.hi) + hex(this.lo);
  }

  /** The same as `ofPrompt` of the ASCII bytes [start, end), into `lo` and `hi`; no string is made. */
  ofAscii(bytes: Uint8Array, start: number, end: number): void {
    if (isNormal(bytes, start, end)) this.#update(bytes, start, end);
    else {
      if (end - start > this.#room.length) this.#room = Buffer.allocUnsafeSlow((end - start) * 2);
      const length = normalise(bytes, start, end, this.#room);
      if (length > 0) this.#update(this.#room, 0, length);
      else this.lo = this.hi = 0;
    }
  }

  #write(text: string): number {
    if (text.length * 3 > this.#room.length) this.#room = Buffer.allocUnsafeSlow(text.length * 6);
    return this.#room.write(text, 'utf8');
  }

  #update(bytes: Uint8Array, start: number, end: number): void {
    this.#hash.update(bytes, start, end);
    this.lo = this.#hash.lo;
    this.hi = this.#hash.hi;
  }
}

/** As CLIP reads it: case and the amount of white space make no difference. */
export function normalPrompt(text: string): string {
  const lower = text.toLowerCase();
  return UNEVEN_SPACE.test(lower) ? lower.replace(/\s+/g, ' ').trim() : lower;
}

/** Whether ASCII bytes are their own normal form, as most prompts are: lower case, single blanks between words. */
function isNormal(bytes: Uint8Array, start: number, end: number): boolean {
  let before = BLANK;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte < BLANK || (byte >= 65 && byte <= 90) || (byte === BLANK && before === BLANK)) return false;
    before = byte;
  }
  return before !== BLANK;
}

/** Writes the normal form of ASCII bytes and returns its length. */
function normalise(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let length = 0;
  let gap = false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === BLANK || (byte >= 9 && byte <= 13)) {
      gap = length > 0;
      continue;
    }
    if (gap) into[length++] = BLANK;
    gap = false;
    into[length++] = byte >= 65 && byte <= 90 ? byte + 32 : byte;
  }
  return length;
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
