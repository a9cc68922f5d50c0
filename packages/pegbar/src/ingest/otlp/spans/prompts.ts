/** Prompts: features first, then what the tenant's policy lets be stored. */
import type { ArrayColumn, FixedColumn, StringColumn } from '../../../native/index.ts';
import type { Outline } from './outline.ts';
import type { Protector } from './protection.ts';
import { columnIndex } from './roles.ts';
import { type Rows, setText } from './rows.ts';
import { textOf } from './text.ts';
import type { Wire } from './wire.ts';

const HASH = columnIndex('prompt_hash');
const CHARS = columnIndex('prompt_chars');
const WORDS = columnIndex('prompt_words');
const TOKENS = columnIndex('prompt_tokens');
const LANGUAGE = columnIndex('prompt_language');
const SCRIPT = columnIndex('prompt_script');
const TAGS = columnIndex('prompt_tags');
const BINS = columnIndex('prompt_bins');
const TEXT = columnIndex('prompt');
const NEGATIVE = columnIndex('negative_prompt');
const NEGATIVE_CHARS = columnIndex('negative_chars');

/** Writes the prompt's columns; what the sender told of it himself stands. Returns the number of redactions. */
export function writePrompt(
  rows: Rows,
  outline: Outline,
  protector: Protector,
  wire: Wire,
  start: number,
  length: number,
  row: number,
): number {
  if (length === 0) return 0;
  const prompt = protector.prompt(textOf(wire, start, length));
  const hash = rows.columns[HASH] as FixedColumn;
  hash.push(row, prompt.hash);
  if (!outline.has(CHARS)) putInt(rows.fixedAt(CHARS), row, prompt.characters, 0xffffffff);
  if (!outline.has(TOKENS)) putInt(rows.fixedAt(TOKENS), row, prompt.tokens, 0xffff);
  if (!outline.has(LANGUAGE) && prompt.language !== '') rows.textAt(LANGUAGE).push(row, prompt.language);
  putInt(rows.fixedAt(WORDS), row, prompt.words, 0xffff);
  putInt(rows.fixedAt(TAGS), row, prompt.tags, 0xffff);
  if (prompt.script !== '') rows.textAt(SCRIPT).push(row, prompt.script);
  if (prompt.bins !== null) (rows.columns[BINS] as ArrayColumn).push(row, prompt.bins);
  storeText(rows.textAt(TEXT), row, wire, start, length, prompt.text);
  return prompt.redactions;
}

export function writeNegativePrompt(
  rows: Rows,
  protector: Protector,
  wire: Wire,
  start: number,
  length: number,
  row: number,
): number {
  if (length === 0) return 0;
  const text = textOf(wire, start, length);
  const stored = protector.negativePrompt(text);
  putInt(rows.fixedAt(NEGATIVE_CHARS), row, codePoints(text), 0xffffffff);
  storeText(rows.textAt(NEGATIVE), row, wire, start, length, stored.text);
  return stored.redactions;
}

/** Writes what the policy left: null is the text as it came. */
export function storeText(
  column: StringColumn,
  row: number,
  wire: Wire,
  start: number,
  length: number,
  stored: string | null,
): void {
  if (stored === null) setText(column, row, wire, start, length);
  else if (stored !== '') column.push(row, stored);
}

function putInt(column: FixedColumn, row: number, value: number, max: number): void {
  column.touch(row);
  const kept = Math.min(value, max);
  if (column.width === 2) column.u16[row] = kept;
  else column.i32[row] = kept | 0;
}

function codePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xdc00 || unit > 0xdfff) count++;
  }
  return count;
}
