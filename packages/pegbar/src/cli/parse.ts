import { parseArgs } from 'node:util';
import { fail, ok, type Result } from '../base/result.ts';
import type { Command, Option, Options } from './command.ts';

export interface Parsed {
  values: Record<string, unknown>;
  flags: Record<string, string | boolean | string[]>;
  positionals: string[];
}

/**
 * Reads the words after a command by its table of options. Strict: what is not in the table is an error that
 * names the nearest option, because a mistyped flag that is ignored answers another question than was asked.
 */
export function parseWords(
  command: Command,
  options: Options,
  argv: readonly string[],
): Result<Parsed, string> {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(([name, option]) => [
        name,
        { type: option.kind === 'switch' ? ('boolean' as const) : ('string' as const), ...shortOf(option) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const parsed: Parsed = { values: emptyValues(options), flags: {}, positionals: [] };
  for (const token of tokens) {
    if (token.kind === 'positional') parsed.positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) {
      const near = nearest(
        token.rawName,
        [...Object.keys(options), 'help'].map((name) => `--${name}`),
      );
      return fail(`unknown option ${token.rawName}${near ? `; did you mean ${near}?` : ''}`);
    }
    const taken = take(parsed, token.name, option, token.value, token.inlineValue === true);
    if (!taken.ok) return taken;
  }
  return checked(command, options, parsed);
}

const shortOf = (option: Option): { short?: string } => (option.short ? { short: option.short } : {});

function emptyValues(options: Options): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    values[name] = option.kind === 'switch' ? false : option.kind === 'many' ? [] : undefined;
  }
  return values;
}

function take(
  parsed: Parsed,
  name: string,
  option: Option,
  raw: string | undefined,
  inline: boolean,
): Result<true, string> {
  if (option.kind === 'switch') {
    if (raw !== undefined) return fail(`--${name} takes no value`);
    parsed.values[name] = true;
    parsed.flags[name] = true;
    return ok(true);
  }
  // `--out --json` is a forgotten value, not a file called --json; `--out=--json` says that it is meant.
  if (raw === undefined || (!inline && /^--[a-z]/.test(raw))) return fail(`--${name} needs ${option.value}`);
  const read = option.read(raw);
  if (!read.ok) return fail(`--${name} ${raw}: ${read.error}`);
  if (option.kind === 'one') {
    parsed.values[name] = read.value;
    parsed.flags[name] = raw;
  } else {
    (parsed.values[name] as unknown[]).push(read.value);
    const before = parsed.flags[name];
    parsed.flags[name] = [...(Array.isArray(before) ? before : []), raw];
  }
  return ok(true);
}

function checked(command: Command, options: Options, parsed: Parsed): Result<Parsed, string> {
  for (const [name, option] of Object.entries(options)) {
    if (option.kind === 'one' && option.required && parsed.values[name] === undefined) {
      return fail(`--${name} ${option.value} is missing`);
    }
  }
  const places = command.positionals ?? [];
  for (const [index, place] of places.entries()) {
    if (place.required && parsed.positionals[index] === undefined) return fail(`${place.name} is missing`);
  }
  const surplus = parsed.positionals[places.length];
  if (surplus !== undefined && !places.at(-1)?.many) return fail(`${surplus} is one word too many`);
  return ok(parsed);
}

/** The candidate with the fewest edits to `word`, if they are few enough to be a slip of the fingers. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const tolerance = Math.max(2, Math.floor(word.length / 3));
  let best: { candidate: string; edits: number } | undefined;
  for (const candidate of candidates) {
    const edits = distance(word, candidate);
    if (edits <= tolerance && (!best || edits < best.edits)) best = { candidate, edits };
  }
  return best?.candidate;
}

/** Levenshtein distance, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
