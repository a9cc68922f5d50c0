/**
 * Just enough of a TypeScript lexer to ask questions of source text without being fooled by comments, strings,
 * templates and regular expressions. TypeScript 7 offers no compiler API (docs/decisions/style-as-a-test.md).
 */

export interface Source {
  /** The text with comments and the contents of literals blanked: same length, same lines. */
  readonly code: string;
  /** Contents of string and template literals with the offset where each begins. */
  readonly strings: readonly { readonly at: number; readonly text: string }[];
}

/** After these words a slash begins a regular expression; after any other word it divides. */
const BEFORE_REGEX = /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)$/;

export function lex(text: string): Source {
  const out = [...text];
  const strings: { at: number; text: string }[] = [];
  /** Brace depth at which each open `${` ends. */
  const templates: { depth: number; start: number }[] = [];
  let depth = 0;
  let at = 0;
  let code = '';

  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  const startsRegex = (): boolean => {
    const before = code.trimEnd();
    const last = before.at(-1) ?? '(';
    if (/[\w$]/.test(last)) return BEFORE_REGEX.test(before.slice(-12));
    return last !== ')' && last !== ']' && last !== '}' && last !== '"';
  };

  /** Reads template text from `from` to the next `${` or to the closing backtick. */
  function template(from: number, start: number): number {
    let end = from;
    while (end < text.length && text[end] !== '`' && !text.startsWith('${', end)) {
      end += text[end] === '\\' ? 2 : 1;
    }
    blank(from, end);
    if (text[end] === '`') {
      strings.push({ at: start, text: text.slice(start + 1, end) });
      code += '"';
      return end + 1;
    }
    templates.push({ depth, start });
    code += '(';
    return end + 2;
  }

  while (at < text.length) {
    const char = text[at] as string;
    const two = text.slice(at, at + 2);
    let end = at + 1;
    if (two === '//' || two === '/*') {
      const close = two === '//' ? text.indexOf('\n', at) : text.indexOf('*/', at) + 2;
      end = close < at + 2 ? text.length : close;
      blank(at, end);
      code += ' ';
    } else if (char === "'" || char === '"') {
      while (end < text.length && text[end] !== char && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
      strings.push({ at, text: text.slice(at + 1, end) });
      blank(at + 1, end++);
      code += '"';
    } else if (char === '`') {
      end = template(at + 1, at);
    } else if (char === '/' && startsRegex()) {
      let inClass = false;
      while (end < text.length && (inClass || text[end] !== '/') && text[end] !== '\n') {
        if (text[end] === '[') inClass = true;
        if (text[end] === ']') inClass = false;
        end += text[end] === '\\' ? 2 : 1;
      }
      blank(at + 1, end++);
      code += '"';
    } else {
      const open = templates.at(-1);
      if (char === '}' && open?.depth === depth) {
        templates.pop();
        end = template(at + 1, open.start);
      } else {
        if (char === '{') depth++;
        if (char === '}') depth--;
        code += char;
      }
    }
    at = end;
    if (code.length > 200) code = code.slice(-100);
  }
  return { code: out.join(''), strings };
}

export const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length;
