import { fail, ok, type Result } from '../base/result.ts';

/** A regular expression as a tree. Ranges are code points, both ends included, in either case. */
export type Node =
  | { kind: 'set'; source: string; ranges: [number, number][] }
  | { kind: 'assertion'; source: string }
  | { kind: 'sequence'; items: Node[] }
  | { kind: 'choice'; options: Node[] }
  | { kind: 'repeat'; body: Node; min: number; max: number; lazy: boolean };

type Ranges = [number, number][];

const ALL: Ranges = [[0, 0x10ffff]];
const DIGITS: Ranges = [[48, 57]];
const WORD: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: Ranges = [
  [9, 13],
  [32, 32],
  [160, 160],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const CONTROL: Record<string, number> = { n: 10, r: 13, t: 9, v: 11, f: 12 };

/** Groups may be nested this deep. */
const DEPTH_LIMIT = 20;

class Refused extends Error {}

/**
 * Reads a pattern that JavaScript accepts. Refuses, with the reason, what is not regular (look-around,
 * back-references) and rare forms that we would rather not guess about.
 */
export function parsePattern(source: string, ignoreCase: boolean): Result<Node, string> {
  try {
    const reader = new Reader(source, ignoreCase);
    const node = reader.choice(0);
    return reader.done() ? ok(node) : fail(`unexpected "${source[reader.at]}" at ${reader.at}`);
  } catch (error) {
    if (error instanceof Refused) return fail(error.message);
    throw error;
  }
}

class Reader {
  at = 0;
  readonly #source: string;
  readonly #fold: (ranges: Ranges) => Ranges;

  constructor(source: string, ignoreCase: boolean) {
    this.#source = source;
    this.#fold = ignoreCase ? bothCases : (ranges) => ranges;
  }

  done(): boolean {
    return this.at >= this.#source.length;
  }

  choice(depth: number): Node {
    if (depth > DEPTH_LIMIT) throw new Refused('groups are nested too deep');
    const options = [this.#sequence(depth)];
    while (this.#eat('|')) options.push(this.#sequence(depth));
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  #sequence(depth: number): Node {
    const items: Node[] = [];
    while (!this.done() && !this.#ahead('|') && !this.#ahead(')')) {
      const atom = this.#atom(depth);
      items.push(this.#quantified(atom));
    }
    return { kind: 'sequence', items };
  }

  #atom(depth: number): Node {
    const start = this.at;
    if (this.#eat('(')) return this.#group(depth);
    if (this.#eat('[')) return this.#class(start);
    if (this.#eat('\\')) return this.#escape(start);
    const point = this.#next();
    if (point === 94 || point === 36) return { kind: 'assertion', source: this.#since(start) };
    if (point === 46) return { kind: 'set', source: '.', ranges: ALL };
    // Brackets around parts are not written again, so a literal brace must not become a quantifier.
    const brace = point === 123 || point === 125 ? '\\' : '';
    return { kind: 'set', source: brace + this.#since(start), ranges: this.#fold([[point, point]]) };
  }

  #group(depth: number): Node {
    if (this.#eat('?')) {
      if (!this.#eat(':')) {
        const name = /^<[A-Za-z_]\w{0,32}>/.exec(this.#source.slice(this.at));
        if (!name) throw new Refused('look-around and flags inside a pattern are not supported');
        this.at += name[0].length;
      }
    }
    const inside = this.choice(depth + 1);
    if (!this.#eat(')')) throw new Refused('a group is not closed');
    // A choice writes its own brackets; a sequence must stay together under a quantifier, which writes them.
    return inside;
  }

  #quantified(atom: Node): Node {
    const found = /^(?:([*+?])|\{(\d{1,5})(,(\d{0,5}))?\})(\??)/.exec(
      this.#source.slice(this.at, this.at + 16),
    );
    if (!found) return atom;
    if (atom.kind === 'assertion') throw new Refused('an assertion cannot be repeated');
    this.at += found[0].length;
    const [, sign, low, comma, high, lazy] = found;
    const min = sign ? (sign === '+' ? 1 : 0) : Number(low);
    const open = sign ? sign !== '?' : comma !== undefined && high === '';
    const max = open ? Number.POSITIVE_INFINITY : sign ? 1 : comma === undefined ? min : Number(high);
    return { kind: 'repeat', body: atom, min, max, lazy: lazy === '?' };
  }

  /** After the backslash, outside a class. */
  #escape(start: number): Node {
    const letter = this.#source[this.at];
    if (letter === 'b' || letter === 'B') {
      this.at++;
      return { kind: 'assertion', source: this.#since(start) };
    }
    if ((letter !== undefined && letter >= '1' && letter <= '9') || letter === 'k') {
      throw new Refused('back-references are not supported');
    }
    const ranges = this.#escaped();
    return { kind: 'set', source: this.#since(start), ranges: this.#fold(ranges) };
  }

  /** After a backslash: what it stands for, in or outside a class. */
  #escaped(): Ranges {
    const letter = this.#source[this.at];
    if (letter === 'd') return this.#take(DIGITS);
    if (letter === 'w') return this.#take(WORD);
    if (letter === 's') return this.#take(SPACE);
    if (letter === 'D') return this.#take(complement(DIGITS));
    if (letter === 'W') return this.#take(complement(WORD));
    if (letter === 'S') return this.#take(complement(SPACE));
    // A Unicode class is taken for everything: the check errs on the safe side.
    const property = /^[pP]\{[A-Za-z_=]{1,64}\}/.exec(this.#source.slice(this.at, this.at + 80));
    if (property) {
      this.at += property[0].length;
      return ALL;
    }
    const code = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|u\{([\da-fA-F]{1,6})\})/.exec(
      this.#source.slice(this.at, this.at + 12),
    );
    if (code) {
      this.at += code[0].length;
      const point = Number.parseInt(code[1] ?? code[2] ?? code[3]!, 16);
      return [[point, point]];
    }
    if (letter !== undefined && CONTROL[letter] !== undefined) {
      return this.#take([[CONTROL[letter], CONTROL[letter]]]);
    }
    if (letter === undefined || /[A-Za-z0-9]/.test(letter))
      throw new Refused(`unknown escape \\${letter ?? ''}`);
    const point = this.#next();
    return [[point, point]];
  }

  /** After the opening bracket. */
  #class(start: number): Node {
    const negated = this.#eat('^');
    const ranges: Ranges = [];
    while (!this.#ahead(']')) {
      if (this.done()) throw new Refused('a class is not closed');
      const low = this.#member();
      const isRange = this.#ahead('-') && this.#source[this.at + 1] !== ']';
      if (!isRange) {
        ranges.push(...low);
        continue;
      }
      this.at++;
      const high = this.#member();
      if (low.length !== 1 || high.length !== 1) throw new Refused('a class inside a range');
      ranges.push([low[0]![0], Math.max(low[0]![0], high[0]![1])]);
    }
    this.at++;
    const folded = this.#fold(ranges);
    const known = negated ? complement(folded) : folded;
    return { kind: 'set', source: this.#since(start), ranges: known };
  }

  #member(): Ranges {
    if (!this.#eat('\\')) {
      const point = this.#next();
      return [[point, point]];
    }
    if (this.#eat('b')) return [[8, 8]];
    return this.#escaped();
  }

  #take<T>(value: T): T {
    this.at++;
    return value;
  }

  #next(): number {
    const point = this.#source.codePointAt(this.at);
    if (point === undefined) throw new Refused('the pattern ends too early');
    this.at += point > 0xffff ? 2 : 1;
    return point;
  }

  #since(start: number): string {
    return this.#source.slice(start, this.at);
  }

  #ahead(sign: string): boolean {
    return this.#source[this.at] === sign;
  }

  #eat(sign: string): boolean {
    if (!this.#ahead(sign)) return false;
    this.at++;
    return true;
  }
}

/** The ranges in both cases of ASCII letters; wider ranges beyond ASCII letters are left to overlap by themselves. */
function bothCases(ranges: Ranges): Ranges {
  const out: Ranges = [...ranges];
  for (const [low, high] of ranges) {
    const upper: [number, number] = [Math.max(low, 65), Math.min(high, 90)];
    const lower: [number, number] = [Math.max(low, 97), Math.min(high, 122)];
    if (upper[0] <= upper[1]) out.push([upper[0] + 32, upper[1] + 32]);
    if (lower[0] <= lower[1]) out.push([lower[0] - 32, lower[1] - 32]);
    // Case pairs outside ASCII are many: a set that reaches there is taken for all of them.
    if (high > 127) out.push([128, 0x10ffff]);
  }
  return out;
}

function complement(ranges: Ranges): Ranges {
  const out: Ranges = [];
  let from = 0;
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (low > from) out.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= 0x10ffff) out.push([from, 0x10ffff]);
  // A negated class with letters beyond ASCII in it was widened above; what it leaves out is not to be trusted.
  return ranges.some(([, high]) => high > 127) ? [...out, [128, 0x10ffff]] : out;
}
