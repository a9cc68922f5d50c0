import { lineOf } from './lexer.ts';

export interface FunctionSize {
  readonly line: number;
  /** Lines with code between the braces, without those of the functions inside. */
  readonly lines: number;
}

const CONTROL = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'await']);
const OPEN: Record<string, string> = { '(': ')', '{': '}', '[': ']', '<': '>' };

/**
 * Sizes of all functions, methods and arrows with a body, from text that `lex` has blanked. A factory is measured
 * without the functions that it makes: what counts is how much one must hold in mind at once.
 */
export function functionSizes(code: string): FunctionSize[] {
  const pairs = matchBraces(code);
  const bodies: { open: number; close: number }[] = [];
  for (const [open, close] of pairs) {
    if (code[open] !== '(' || CONTROL.has(wordBefore(code, open))) continue;
    const body = bodyAfter(code, close, pairs);
    const end = body === undefined ? undefined : pairs.get(body);
    if (body !== undefined && end !== undefined) bodies.push({ open: body, close: end });
  }
  bodies.sort((a, b) => a.open - b.open);
  return bodies.map((body) => {
    const inside = bodies.filter((other) => other.open > body.open && other.close < body.close);
    const own = [...code.slice(body.open + 1, body.close)];
    for (const { open, close } of inside) {
      for (let i = open; i <= close; i++) if (code[i] !== '\n') own[i - body.open - 1] = ' ';
    }
    const lines = own
      .join('')
      .split('\n')
      .filter((line) => line.trim() !== '').length;
    return { line: lineOf(code, body.open), lines };
  });
}

/** Where the bracket at each offset closes. Angle brackets are no brackets here: `a < b` has none to match. */
function matchBraces(code: string): Map<number, number> {
  const pairs = new Map<number, number>();
  const stack: number[] = [];
  for (let at = 0; at < code.length; at++) {
    const char = code[at] as string;
    if (char === '(' || char === '{' || char === '[') stack.push(at);
    else if (char === ')' || char === '}' || char === ']') {
      const open = stack.pop();
      if (open !== undefined && OPEN[code[open] as string] === char) pairs.set(open, at);
    }
  }
  return pairs;
}

function wordBefore(code: string, at: number): string {
  return /([\w$]*)\s*$/.exec(code.slice(Math.max(0, at - 40), at))?.[1] ?? '';
}

/** Offset of the `{` of the body that belongs to the parameters closing at `close`; undefined where there is none. */
function bodyAfter(code: string, close: number, pairs: ReadonlyMap<number, number>): number | undefined {
  let at = skipSpace(code, close + 1);
  if (code[at] === '{') return at;
  if (code[at] === ':') at = skipType(code, at + 1, pairs);
  if (code[at] === '{') return at;
  if (!code.startsWith('=>', at)) return undefined;
  at = skipSpace(code, at + 2);
  return code[at] === '{' ? at : undefined;
}

/** Passes over a return type: stops at the brace of the body, at `=>`, or where no type goes on. */
function skipType(code: string, from: number, pairs: ReadonlyMap<number, number>): number {
  let wantsOperand = true;
  let angle = 0;
  let at = skipSpace(code, from);
  while (at < code.length) {
    const char = code[at] as string;
    if (char === '{' && !wantsOperand && angle === 0) return at;
    if (code.startsWith('=>', at)) {
      if (angle === 0) return at;
      at++;
      wantsOperand = true;
    } else if (char === '{' || char === '(' || char === '[') {
      at = pairs.get(at) ?? code.length;
      wantsOperand = false;
    } else if (char === '<') {
      angle++;
      wantsOperand = true;
    } else if (char === '>') {
      angle--;
      wantsOperand = false;
    } else if (char === '|' || char === '&') wantsOperand = true;
    else if (char === ',' && angle > 0) wantsOperand = true;
    else if (/[\w$'".]/.test(char))
      wantsOperand = /\b(?:is|keyof|extends|readonly)$/.test(code.slice(at - 8, at + 1));
    else return at;
    at = skipSpace(code, at + 1);
  }
  return at;
}

function skipSpace(code: string, from: number): number {
  let at = from;
  while (at < code.length && /\s/.test(code[at] as string)) at++;
  return at;
}
