/** A strict JSON scanner over UTF-8 bytes (RFC 8259): it hands out tokens and never builds objects. */
import type { WireWriter } from './wire-writer.ts';

export class JsonSyntaxError extends Error {}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ESCAPES: Record<number, number> = { 34: 34, 92: 92, 47: 47, 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 };

const digit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

export class JsonReader {
  /** The last member's name. */
  name: Uint8Array;
  nameStart = 0;
  nameEnd = 0;
  /** What `wholeNumber` read. */
  high = 0;
  low = 0;
  readonly #text: Buffer;
  #at = 0;
  /** The inside of the last string, and whether it has escapes. */
  #start = 0;
  #end = 0;
  #escaped = false;

  constructor(text: Uint8Array) {
    this.#text = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    this.name = this.#text;
  }

  error(message: string): JsonSyntaxError {
    return new JsonSyntaxError(`JSON at byte ${this.#at}: ${message}`);
  }

  /** The next byte, -1 at the end. */
  peek(): number {
    return this.#text[this.#at] ?? -1;
  }

  space() {
    let byte = this.#text[this.#at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = this.#text[++this.#at];
  }

  end() {
    this.space();
    if (this.#at < this.#text.length) throw this.error('unexpected text after the request');
  }

  /** Steps into `{` or `[`. */
  open(bracket: number, what: string) {
    if (this.peek() !== bracket) throw this.error(`${what}: expected ${String.fromCharCode(bracket)}`);
    this.#at++;
    this.space();
  }

  /** Steps out of an empty object or array. */
  closes(bracket: number): boolean {
    if (this.peek() !== bracket) return false;
    this.#at++;
    this.space();
    return true;
  }

  /** After an element: true at a comma, false (and out) at the closing bracket. */
  more(bracket: number): boolean {
    this.space();
    if (this.peek() === 0x2c) {
      this.#at++;
      this.space();
      return true;
    }
    if (!this.closes(bracket)) throw this.error(`expected , or ${String.fromCharCode(bracket)}`);
    return false;
  }

  /** Reads a member's name, which then lies unescaped in `name` from `nameStart` to `nameEnd`, and its colon. */
  key() {
    this.#token();
    this.name = this.#text;
    this.nameStart = this.#start;
    this.nameEnd = this.#end;
    if (this.#escaped) {
      this.name = Buffer.from(this.#unescape(this.#start, this.#end), 'utf8');
      this.nameStart = 0;
      this.nameEnd = this.name.length;
    }
    this.space();
    if (this.peek() !== 0x3a) throw this.error('expected :');
    this.#at++;
    this.space();
  }

  string(): string {
    this.#token();
    if (this.#escaped) return this.#unescape(this.#start, this.#end);
    return this.#text.toString('utf8', this.#start, this.#end);
  }

  /** Writes a string with its length in front; unescaped bytes are copied as they are. */
  stringInto(writer: WireWriter) {
    this.#token();
    if (this.#escaped)
      return writer.lengthPrefixed(Buffer.from(this.#unescape(this.#start, this.#end), 'utf8'));
    writer.varint32(this.#end - this.#start);
    writer.raw(this.#text, this.#start, this.#end);
  }

  boolean(): boolean {
    if (this.#literal('true')) return true;
    if (this.#literal('false')) return false;
    throw this.error('expected true or false');
  }

  /** Steps over `null`. */
  nothing(): boolean {
    return this.peek() === 0x6e && this.#literal('null');
  }

  /** The text of a number. */
  number(): string {
    const start = this.#at;
    if (this.peek() === MINUS) this.#at++;
    if (this.peek() === 0x30) this.#at++;
    else this.#digits();
    if (this.peek() === 0x2e) {
      this.#at++;
      this.#digits();
    }
    if (this.peek() === 0x65 || this.peek() === 0x45) {
      this.#at++;
      if (this.peek() === MINUS || this.peek() === 0x2b) this.#at++;
      this.#digits();
    }
    return this.#text.toString('latin1', start, this.#at);
  }

  /**
   * The value of a plain non-negative integer, quoted or not, in `high` × 10⁹ + `low`. False, and nothing is read,
   * for anything else: the caller then takes the slow way.
   */
  wholeNumber(): boolean {
    const text = this.#text;
    const quoted = this.peek() === QUOTE;
    const start = quoted ? this.#at + 1 : this.#at;
    let end = start;
    while (digit(text[end])) end++;
    const length = end - start;
    if (length === 0 || length > 20 || (length > 1 && text[start] === 0x30)) return false;
    const next = text[end];
    if (quoted ? next !== QUOTE : next === 0x2e || next === 0x65 || next === 0x45) return false;
    const split = Math.max(start, end - 9);
    let high = 0;
    for (let i = start; i < split; i++) high = high * 10 + text[i]! - 0x30;
    let low = 0;
    for (let i = split; i < end; i++) low = low * 10 + text[i]! - 0x30;
    this.high = high;
    this.low = low;
    this.#at = quoted ? end + 1 : end;
    return true;
  }

  /** Steps over any valid value. */
  skip(depth: number, limit: number) {
    if (depth > limit) throw this.error(`nested deeper than ${limit} levels`);
    const byte = this.peek();
    if (byte === QUOTE) this.#token();
    else if (byte === 0x7b) {
      this.open(0x7b, 'object');
      if (this.closes(0x7d)) return;
      do {
        this.key();
        this.skip(depth + 1, limit);
      } while (this.more(0x7d));
    } else if (byte === 0x5b) {
      this.open(0x5b, 'array');
      if (this.closes(0x5d)) return;
      do this.skip(depth + 1, limit);
      while (this.more(0x5d));
    } else if (byte === MINUS || digit(byte)) this.number();
    else if (!this.nothing()) this.boolean();
  }

  #digits() {
    if (!digit(this.#text[this.#at])) throw this.error('expected a value');
    while (digit(this.#text[this.#at])) this.#at++;
  }

  #literal(word: string): boolean {
    for (let i = 0; i < word.length; i++) {
      if (this.#text[this.#at + i] !== word.charCodeAt(i)) return false;
    }
    this.#at += word.length;
    return true;
  }

  /** Steps over a string and notes where its inside is. */
  #token() {
    if (this.peek() !== QUOTE) throw this.error('expected a string');
    const text = this.#text;
    const start = ++this.#at;
    let escaped = false;
    for (let i = start; i < text.length; i++) {
      const byte = text[i]!;
      if (byte === QUOTE) {
        this.#at = i + 1;
        this.#start = start;
        this.#end = i;
        this.#escaped = escaped;
        return;
      }
      if (byte === BACKSLASH) {
        escaped = true;
        i++;
      } else if (byte < 0x20) {
        this.#at = i;
        throw this.error('control character in a string');
      }
    }
    this.#at = text.length;
    throw this.error('unterminated string');
  }

  #unescape(start: number, end: number): string {
    const text = this.#text;
    const parts: string[] = [];
    let from = start;
    for (let i = text.indexOf(BACKSLASH, start); i >= 0 && i < end; i = text.indexOf(BACKSLASH, from)) {
      parts.push(text.toString('utf8', from, i));
      const code = text[i + 1]!;
      from = i + 2;
      if (code === 0x75) {
        const hex = text.toString('latin1', from, from + 4);
        if (from + 4 > end || !/^[0-9a-fA-F]{4}$/.test(hex)) throw this.error('bad \\u escape');
        parts.push(String.fromCharCode(Number.parseInt(hex, 16)));
        from += 4;
      } else {
        const plain = ESCAPES[code];
        if (plain === undefined) throw this.error('bad escape');
        parts.push(String.fromCharCode(plain));
      }
    }
    parts.push(text.toString('utf8', from, end));
    return parts.join('');
  }
}
