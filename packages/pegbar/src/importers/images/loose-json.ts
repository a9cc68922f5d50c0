/**
 * JSON as generators write it: Python's `NaN` and `Infinity`, integers of 64 bits. Numbers that a double cannot hold
 * exactly become a bigint, because a seed is an identity and not a quantity. Objects have no prototype, so that a
 * key from a file can never be a method.
 */
export type Loose = null | boolean | number | bigint | string | Loose[] | LooseObject;
export interface LooseObject {
  [key: string]: Loose;
}

/** Deeper nesting is an attack on the stack; the deepest real workflow seen has 14 levels. */
const DEPTH_MOST = 128;

const SPACE = 0x20;
const NUMBER = /-?(?:Infinity|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

class NotJson extends Error {}

/** The first value of the text; what follows it (padding of an EXIF string) is left alone. Undefined where it is none. */
export function parseLoose(text: string): Loose | undefined {
  const reader = new Reader(text);
  try {
    return reader.value(0);
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

export function parseLooseObject(text: string): LooseObject | undefined {
  const value = parseLoose(text);
  return isObject(value) ? value : undefined;
}

export const isObject = (value: Loose | undefined): value is LooseObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const WORDS: readonly [string, Loose][] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', null],
];

class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
    if (text.charCodeAt(0) === 0xfeff) this.at = 1;
  }

  value(depth: number): Loose {
    if (depth > DEPTH_MOST) throw new NotJson();
    this.space();
    const first = this.text[this.at];
    if (first === '{') return this.object(depth);
    if (first === '[') return this.array(depth);
    if (first === '"') return this.string();
    for (const [word, value] of WORDS) {
      if (!this.text.startsWith(word, this.at)) continue;
      this.at += word.length;
      return value;
    }
    return this.number();
  }

  private object(depth: number): LooseObject {
    const out: LooseObject = Object.create(null);
    this.at++;
    if (this.closes('}')) return out;
    for (;;) {
      this.space();
      const key = this.string();
      this.expect(':');
      out[key] = this.value(depth + 1);
      if (this.closes('}')) return out;
      this.expect(',');
    }
  }

  private array(depth: number): Loose[] {
    const out: Loose[] = [];
    this.at++;
    if (this.closes(']')) return out;
    for (;;) {
      out.push(this.value(depth + 1));
      if (this.closes(']')) return out;
      this.expect(',');
    }
  }

  private string(): string {
    // Long prompts would overflow the stack of a backtracking expression: the closing quote is searched by hand.
    if (this.text[this.at] !== '"') throw new NotJson();
    let end = this.at + 1;
    for (;;) {
      end = this.text.indexOf('"', end);
      if (end < 0) throw new NotJson();
      let slashes = 0;
      while (this.text[end - 1 - slashes] === '\\') slashes++;
      if (slashes % 2 === 0) break;
      end++;
    }
    const raw = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return raw.includes('\\') ? raw.replace(ESCAPE, unescaped) : raw;
  }

  private number(): Loose {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text)?.[0];
    if (found === undefined) throw new NotJson();
    this.at += found.length;
    if (found.endsWith('Infinity')) return null;
    const value = Number(found);
    const isExact = !/^-?\d{16,20}$/.test(found) || Number.isSafeInteger(value);
    return isExact ? value : BigInt(found);
  }

  private closes(bracket: string): boolean {
    this.space();
    if (this.text[this.at] !== bracket) return false;
    this.at++;
    return true;
  }

  private expect(sign: string): void {
    this.space();
    if (this.text[this.at] !== sign) throw new NotJson();
    this.at++;
  }

  /** White space, and the zero bytes that pad strings of EXIF. */
  private space(): void {
    while (this.text.charCodeAt(this.at) <= SPACE) this.at++;
  }
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

const unescaped = (_whole: string, code: string | undefined, sign: string | undefined): string =>
  code === undefined ? (ESCAPED[sign ?? ''] ?? sign ?? '') : String.fromCharCode(Number.parseInt(code, 16));
