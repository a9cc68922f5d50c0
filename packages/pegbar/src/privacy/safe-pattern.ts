/**
 * Patterns of tenants, run on texts of strangers.
 *
 * JavaScript's engine backtracks and cannot be interrupted, so a pattern is admitted only if its cost is known to be
 * linear in the text. The check builds the pattern's position automaton (Glushkov) and counts, for the text that is
 * worst at every step, how many steps backtracking can take from one starting point (`steps` below). Up to STEP_LIMIT
 * the pattern is admitted; `(a+)+`, `(a|a)*` and `.*a.*b` grow past it at once and are refused. To make the count hold
 * for texts of any length, an open repeat (`*`, `+`, `{n,}`) matches at most REPEAT_BOUND times (NESTED_BOUND where one
 * stands in another), except at the very end of the pattern, where nothing can fail after it. Look-around and back-references are refused: they are not regular.
 */
import { fail, ok, type Result } from '../base/result.ts';
import { type Node, parsePattern } from './pattern-syntax.ts';

/** A tenant has at most this many patterns, each at most this long. */
export const PATTERN_LIMIT = 64;
export const PATTERN_LENGTH = 512;

/** Most repetitions of an open repeat that is followed by something. */
const REPEAT_BOUND = 256;

/** The same for open repeats within open repeats: 32 times 32 characters. */
const NESTED_BOUND = 32;

/** Steps that backtracking may take from one starting point. */
const STEP_LIMIT = 4096;

/** Positions of the automaton; `[a-z]{64}` has 64. Keeps the check itself cheap. */
const POSITION_LIMIT = 600;

/** Why a pattern was refused. `index` is its place in the list. */
export interface PatternError {
  index: number;
  pattern: string;
  message: string;
}

/** Compiles all patterns, or says what is wrong with each that cannot be taken. Flag `g` is set. */
export function checkPatterns(patterns: readonly string[]): Result<RegExp[], PatternError[]> {
  const errors: PatternError[] = [];
  const compiled: RegExp[] = [];
  patterns.forEach((pattern, index) => {
    if (index === PATTERN_LIMIT)
      errors.push({ index, pattern, message: `more than ${PATTERN_LIMIT} patterns` });
    if (index >= PATTERN_LIMIT) return;
    const result = compilePattern(pattern);
    if (result.ok) compiled.push(result.value);
    else errors.push({ index, pattern, message: result.error });
  });
  return errors.length > 0 ? fail(errors) : ok(compiled);
}

/** One pattern: JavaScript syntax, `(?i)` in front for any case. */
export function compilePattern(pattern: string): Result<RegExp, string> {
  if (pattern.length > PATTERN_LENGTH) return fail(`longer than ${PATTERN_LENGTH} characters`);
  const ignoreCase = pattern.startsWith('(?i)');
  const source = ignoreCase ? pattern.slice(4) : pattern;
  const unicode = compiles(source, 'u');
  if (!unicode && !compiles(source, '')) return fail('not a valid regular expression');
  const parsed = parsePattern(source, ignoreCase);
  if (!parsed.ok) return parsed;
  const automaton = new Automaton();
  const whole = automaton.build(parsed.value);
  if (!whole)
    return fail(`too large: more than ${POSITION_LIMIT} characters when its repeats are written out`);
  if (whole.nullable) return fail('matches the empty text');
  if (automaton.emptyLoop) return fail('repeats what may be empty');
  if (automaton.steps(whole.first, longest(parsed.value, false)) > STEP_LIMIT) {
    return fail(
      'can take very long on some texts (ambiguous repeats): make the repeated parts distinct or bounded',
    );
  }
  return ok(new RegExp(write(parsed.value, true, false), `g${unicode ? 'u' : ''}${ignoreCase ? 'i' : ''}`));
}

function compiles(source: string, flags: string): boolean {
  try {
    new RegExp(source, flags);
    return true;
  } catch {
    return false;
  }
}

const isOpen = (node: Node): boolean => node.kind === 'repeat' && node.max === Number.POSITIVE_INFINITY;

function holdsOpen(node: Node): boolean {
  if (node.kind === 'sequence') return node.items.some((item) => isOpen(item) || holdsOpen(item));
  if (node.kind === 'choice') return node.options.some((option) => isOpen(option) || holdsOpen(option));
  return node.kind === 'repeat' && (isOpen(node.body) || holdsOpen(node.body));
}

/** Most repetitions of a repeat, as it will be run. `within`: it stands inside an open one. */
function most(node: Extract<Node, { kind: 'repeat' }>, within: boolean): number {
  if (!isOpen(node)) return node.max;
  return Math.max(node.min, within || holdsOpen(node.body) ? NESTED_BOUND : REPEAT_BOUND);
}

/** Characters of the longest match, as it will be run. */
function longest(node: Node, within: boolean): number {
  switch (node.kind) {
    case 'assertion':
      return 0;
    case 'set':
      return 1;
    case 'sequence':
      return node.items.reduce((sum, item) => sum + longest(item, within), 0);
    case 'choice':
      return Math.max(...node.options.map((option) => longest(option, within)));
    case 'repeat':
      return most(node, within) * longest(node.body, within || isOpen(node));
  }
}

/** The pattern's source with open repeats bounded, but for one at the end of it. */
function write(node: Node, atEnd: boolean, within: boolean): string {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return node.source;
    case 'sequence':
      return node.items.map((item, i) => write(item, atEnd && i === node.items.length - 1, within)).join('');
    case 'choice':
      return `(?:${node.options.map((option) => write(option, false, within)).join('|')})`;
    case 'repeat': {
      const body = `(?:${write(node.body, false, within || isOpen(node))})`;
      const free = isOpen(node) && atEnd && node.body.kind === 'set';
      return `${body}{${node.min},${free ? '' : most(node, within)}}${node.lazy ? '?' : ''}`;
    }
  }
}

/** A part of the automaton: where it may begin and end. */
interface Fragment {
  first: number[];
  last: number[];
  nullable: boolean;
}

const EMPTY: Fragment = { first: [], last: [], nullable: true };

class Automaton {
  readonly #sets: [number, number][][] = [];
  /** With repetition: a position that can be reached in two ways costs twice. */
  readonly #follow: number[][] = [];
  emptyLoop = false;

  /** Undefined where the pattern is too large. */
  build(node: Node): Fragment | undefined {
    switch (node.kind) {
      case 'assertion':
        return EMPTY;
      case 'set': {
        if (this.#sets.length >= POSITION_LIMIT) return undefined;
        const position = this.#sets.push(node.ranges) - 1;
        this.#follow.push([]);
        return { first: [position], last: [position], nullable: false };
      }
      case 'sequence': {
        let whole: Fragment | undefined = EMPTY;
        for (const item of node.items) whole = this.#join(whole, this.build(item));
        return whole;
      }
      case 'choice': {
        const parts: Fragment[] = [];
        for (const option of node.options) {
          const part = this.build(option);
          if (!part) return undefined;
          parts.push(part);
        }
        return {
          first: parts.flatMap((part) => part.first),
          last: parts.flatMap((part) => part.last),
          nullable: parts.some((part) => part.nullable),
        };
      }
      case 'repeat':
        return this.#repeat(node);
    }
  }

  #join(left: Fragment | undefined, right: Fragment | undefined): Fragment | undefined {
    if (!left || !right) return undefined;
    for (const end of left.last) this.#follow[end]!.push(...right.first);
    return {
      first: left.nullable ? [...left.first, ...right.first] : left.first,
      last: right.nullable ? [...left.last, ...right.last] : right.last,
      nullable: left.nullable && right.nullable,
    };
  }

  /** `x{2,4}` is written out as `xx(?:x(?:x)?)?`, `x{2,}` as `xx+`. */
  #repeat({ body, min, max }: Extract<Node, { kind: 'repeat' }>): Fragment | undefined {
    const open = max === Number.POSITIVE_INFINITY;
    let whole: Fragment | undefined = EMPTY;
    for (let i = 0; i < (open ? min - 1 : min); i++) {
      whole = this.#join(whole, this.build(body));
      if (!whole) return undefined;
    }
    if (open) {
      const loop = this.build(body);
      if (!loop) return undefined;
      if (loop.nullable) this.emptyLoop = true;
      for (const end of loop.last) this.#follow[end]!.push(...loop.first);
      return this.#join(whole, { ...loop, nullable: loop.nullable || min === 0 });
    }
    let tail: Fragment | undefined = EMPTY;
    for (let i = min; i < max; i++) {
      const one = this.build(body);
      if (one?.nullable && max > 1) this.emptyLoop = true;
      tail = this.#join(one, tail);
      if (!tail) return undefined;
      tail = { ...tail, nullable: true };
    }
    return this.#join(whole, tail);
  }

  /**
   * Upper bound of backtracking steps from one starting point: steps(p, n) = 1 + the most, over all characters, of the
   * sum of steps(q, n-1) over the followers q of p that match the character. It never shrinks with n, the characters
   * that are left; what grows without end passes the limit soon and ends the loop.
   */
  steps(first: number[], horizon: number): number {
    const size = this.#sets.length;
    const start = this.#byCharacter(first);
    const follow = this.#follow.map((next) => this.#byCharacter(next));
    let now = new Float64Array(size).fill(1);
    let total = 0;
    for (let n = 0; n < horizon && total <= STEP_LIMIT; n++) {
      const next = new Float64Array(size);
      for (let p = 0; p < size; p++) next[p] = 1 + worst(follow[p]!, now);
      if (next.every((value, p) => value === now[p])) break;
      now = next;
      total = worst(start, now);
    }
    return total;
  }

  /** Groups of positions that can match one and the same character; groups inside larger ones are left out. */
  #byCharacter(positions: number[]): number[][] {
    const points = [...new Set(positions.flatMap((p) => this.#sets[p]!.map(([low]) => low)))];
    // Ranges that share a character share the lowest character of one of them.
    const groups = points.map((point) =>
      positions.filter((p) => this.#sets[p]!.some(([low, high]) => low <= point && point <= high)),
    );
    return groups.filter((group) => group.length > 0);
  }
}

function worst(groups: number[][], steps: Float64Array): number {
  let most = 0;
  for (const group of groups) {
    let sum = 0;
    for (const p of group) sum += steps[p]!;
    if (sum > most) most = sum;
  }
  return most;
}
