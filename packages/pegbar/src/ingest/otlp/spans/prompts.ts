/** Prompts: features first, then what the tenant's policy lets be stored. */
import type { PromptFigures } from '../../../features/index.ts';
import type { FixedColumn, StringColumn } from '../../../native/index.ts';
import type { PlainPrompt, Protector } from '../../../privacy/index.ts';
import { highWord, lowWord } from './hex.ts';
import type { Outline } from './outline.ts';
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

/** Filled for each prompt: they never overlap. */
const plain: PlainPrompt = {
  hashLo: 0,
  hashHi: 0,
  characters: 0,
  words: 0,
  tokens: 0,
  language: '',
  script: 'none',
  booru_tags: 0,
};

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
  if (protector.plainPrompt(wire.bytes, start, start + length, plain)) {
    putHash(rows.fixedAt(HASH), row, plain.hashLo, plain.hashHi);
    putFigures(rows, outline, plain, row);
    setText(rows.textAt(TEXT), row, wire, start, length);
    return 0;
  }
  const text = textOf(wire, start, length);
  const { text: stored, hash, features, bins, redactions } = protector.prompt(text);
  putHash(rows.fixedAt(HASH), row, lowWord(hash), highWord(hash));
  putFigures(rows, outline, features, row);
  if (bins !== undefined && bins.length > 0) rows.arrayAt(BINS).push(row, bins);
  storeText(rows.textAt(TEXT), row, wire, start, length, stored === text ? null : stored);
  return redactions;
}

function putFigures(rows: Rows, outline: Outline, figures: PromptFigures, row: number): void {
  if (!outline.has(CHARS)) putInt(rows.fixedAt(CHARS), row, figures.characters, 0xffffffff);
  if (!outline.has(TOKENS)) putInt(rows.fixedAt(TOKENS), row, figures.tokens, 0xffff);
  if (!outline.has(LANGUAGE) && figures.language !== '') rows.textAt(LANGUAGE).push(row, figures.language);
  putInt(rows.fixedAt(WORDS), row, figures.words, 0xffff);
  putInt(rows.fixedAt(TAGS), row, figures.booru_tags, 0xffff);
  rows.textAt(SCRIPT).push(row, figures.script);
}

export function writeNegativePrompt(
  rows: Rows,
  outline: Outline,
  protector: Protector,
  wire: Wire,
  start: number,
  length: number,
  row: number,
): number {
  if (length === 0) return 0;
  if (protector.plainPrompt(wire.bytes, start, start + length, plain)) {
    if (!outline.has(NEGATIVE_CHARS)) putInt(rows.fixedAt(NEGATIVE_CHARS), row, plain.characters, 0xffffffff);
    setText(rows.textAt(NEGATIVE), row, wire, start, length);
    return 0;
  }
  const text = textOf(wire, start, length);
  const { text: stored, features, redactions } = protector.prompt(text);
  if (!outline.has(NEGATIVE_CHARS))
    putInt(rows.fixedAt(NEGATIVE_CHARS), row, features.characters, 0xffffffff);
  storeText(rows.textAt(NEGATIVE), row, wire, start, length, stored === text ? null : stored);
  return redactions;
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

function putHash(column: FixedColumn, row: number, lo: number, hi: number): void {
  column.touch(row);
  column.i32[row * 2] = lo;
  column.i32[row * 2 + 1] = hi;
}
