/** Attributes that fill columns: each value is brought into the column's type, or refused and kept as a free attribute. */
import { BOUNDARIES, OUTCOMES, readInstant, STAGES, type StageErrorCode, WORKLOADS } from '@pegbar/contract';
import { Dictionary, type StringColumn, utf8 } from '../../../native/index.ts';
import { identityKind } from '../../identities.ts';
import type { ErrorWords } from './error-words.ts';
import type { ValueTexts } from './json-value.ts';
import { MAX_NAME_BYTES, MAX_PROMPT_BYTES, MAX_TEXT_BYTES, MAX_VALUE_BYTES } from './limits.ts';
import { writeLoras } from './loras.ts';
import { numberOf, parseNumber, parseUnsigned64 } from './number-text.ts';
import type { Outline } from './outline.ts';
import { storeText, writeNegativePrompt, writePrompt } from './prompts.ts';
import * as role from './roles.ts';
import { intern, type Rows, setText } from './rows.ts';
import type { Tally } from './tally.ts';
import type { Tenant } from './tenants.ts';
import { cutLength, textOf } from './text.ts';
import { BOOL, DOUBLE, INT, STRING, type Value } from './value.ts';
import { Wire } from './wire.ts';

const WORD = 0x1_0000_0000;
const MAX_SINGLE = 3.4028234663852886e38;
/** Rounding of senders: whole milliseconds, or a thousandth of the duration. */
const DERIVED_TOLERANCE_MS = 0.5;
const DERIVED_TOLERANCE = 0.001;
/** Epoch milliseconds of our days have 13 digits, nanoseconds 19. */
const NANOSECONDS_FROM = 1e16;

const STAGE = role.columnIndex('pipeline_stage');
const WIDTH = role.columnIndex('width');
const HEIGHT = role.columnIndex('height');
const WORKFLOW = role.columnIndex('workflow');

/** Closed vocabularies by column. */
const CLOSED: (Dictionary | undefined)[] = new Array(role.COLUMN_COUNT).fill(undefined);
/** Those of them that stand in dictionaries. */
const DICTIONARIES = new Set(['pipeline_stage', 'workload'].map(role.columnIndex));
for (const [column, words] of [
  ['pipeline_stage', STAGES],
  ['boundary', BOUNDARIES],
  ['outcome', OUTCOMES],
  ['workload', WORKLOADS],
] as const) {
  const dictionary = new Dictionary();
  for (const word of words) dictionary.idOfText(word);
  CLOSED[role.columnIndex(column)] = dictionary;
}
const GENERATE = CLOSED[STAGE]!.idOfText('generate');
const LARGEST = [0, 0xff, 0xffff, 0, 0xffffffff];

/** How the ids and names of each column are searched. */
const IDENTITIES = role.COLUMN_NAMES.map(identityKind);
/** Long texts of columns that hold messages and addresses; the other text columns hold names and ids. */
const LONG_TEXTS = new Set(
  ['error_message', 'image_uri', 'thumb_uri', 'embedding_uri'].map(role.columnIndex),
);

export class Promoter {
  rows!: Rows;
  tenant!: Tenant;
  readonly outline: Outline;
  private readonly tally: Tally;
  private readonly texts: ValueTexts;
  private readonly errors: ErrorWords;
  private readonly scratch = new Wire();

  /** What the attributes of this row said, for what is derived from them. */
  generates = false;
  errorCode: StageErrorCode | '' = '';
  redactions = 0;
  durationMs = 0;

  constructor(outline: Outline, tally: Tally, texts: ValueTexts, errors: ErrorWords) {
    this.outline = outline;
    this.tally = tally;
    this.texts = texts;
    this.errors = errors;
  }

  begin(tenant: Tenant, durationMs: number): void {
    this.tenant = tenant;
    this.generates = false;
    this.errorCode = '';
    this.redactions = 0;
    this.durationMs = durationMs;
  }

  /** Writes the value; false where it does not fit the column, which then stays as it is. */
  write(wire: Wire, value: Value, kind: number, column: number, row: number): boolean {
    switch (kind) {
      case role.DICTIONARY:
        return this.dictionary(wire, value, column, row);
      case role.TEXT:
        return this.text(wire, value, column, row);
      case role.UNSIGNED:
        return this.unsigned(wire, value, column, row);
      case role.SINGLE:
        return this.single(wire, value, column, row);
      case role.UNSIGNED64:
        return this.unsigned64(wire, value, column, row);
      case role.WORD:
        return this.word(wire, value, column, row);
      case role.PROMPT:
      case role.NEGATIVE_PROMPT:
      case role.WORKFLOW:
        return this.prompt(wire, value, kind, row);
      case role.DERIVED:
        return this.derived(wire, value);
      default:
        return this.rare(wire, value, kind, column, row);
    }
  }

  private rare(wire: Wire, value: Value, kind: number, column: number, row: number): boolean {
    switch (kind) {
      case role.DOUBLE_FLOAT: {
        const number = this.number(wire, value);
        if (!Number.isFinite(number)) return false;
        const target = this.rows.fixedAt(column);
        target.touch(row);
        target.f64[row] = number;
        return true;
      }
      case role.MAYBE_SINGLE: {
        const number = this.number(wire, value);
        if (!(Math.abs(number) <= MAX_SINGLE)) return false;
        this.rows.nullableAt(column).push(row, number);
        return true;
      }
      case role.FLAG:
        return this.flag(wire, value, column, row);
      case role.LIST: {
        const items = this.texts.list(wire, value);
        if (items.some((item) => item.length > MAX_TEXT_BYTES)) return false;
        this.rows
          .arrayAt(column)
          .push(row, this.tenant.protector.plain ? items : items.map(this.guardedItem));
        return true;
      }
      case role.LORAS:
        return writeLoras(this.rows, this.outline, this.texts.list(wire, value), row);
      case role.SIZE:
        return this.size(wire, value, row);
      case role.TIME:
        return this.time(wire, value, column, row);
      case role.ERROR:
        return this.error(wire, value);
      default:
        // The tenant and the user were read before the row was begun.
        return kind === role.TENANT || kind === role.USER;
    }
  }

  /** A plain number, from whatever kind of value; NaN where there is none. */
  private number(wire: Wire, value: Value): number {
    if (value.kind !== STRING) return value.number();
    return value.length <= 64 ? parseNumber(textOf(wire, value.start, value.length)) : Number.NaN;
  }

  private readonly guardedItem = (item: string): string => {
    const stored = this.tenant.protector.text(item);
    this.redactions += stored.redactions;
    return stored.text;
  };

  private dictionary(wire: Wire, value: Value, column: number, row: number): boolean {
    const target = this.rows.dictionaryAt(column);
    if (value.kind === STRING) {
      if (value.length > MAX_NAME_BYTES) return false;
      const stored = this.identity(wire, value, column);
      if (stored === null) target.set(row, intern(target, wire, value.start, value.length));
      else target.push(row, stored);
      return true;
    }
    if (value.kind !== INT && value.kind !== DOUBLE && value.kind !== BOOL) return false;
    target.push(row, this.identityOfText(this.texts.plain(wire, value), column));
    return true;
  }

  /** What is stored of an id or name where the policy has it otherwise; null where it stays. */
  private identity(wire: Wire, value: Value, column: number): string | null {
    const { protector } = this.tenant;
    if (protector.plain) return null;
    const { start, length } = value;
    const stored = protector.identityOfBytes(wire.bytes, start, start + length, IDENTITIES[column]!);
    if (stored !== null) this.redactions++;
    return stored;
  }

  private identityOfText(text: string, column: number): string {
    const stored = this.tenant.protector.identity(text, IDENTITIES[column]!);
    if (stored !== text) this.redactions++;
    return stored;
  }

  private text(wire: Wire, value: Value, column: number, row: number): boolean {
    const target = this.rows.textAt(column);
    if (value.kind === STRING) {
      if (value.length > MAX_NAME_BYTES && !LONG_TEXTS.has(column)) return false;
      if (value.length > MAX_TEXT_BYTES) return false;
      if (LONG_TEXTS.has(column)) this.writeGuarded(column, wire, value.start, value.length, row);
      else {
        const stored = this.identity(wire, value, column);
        if (stored === null) setText(target, row, wire, value.start, value.length);
        else target.push(row, stored);
      }
      return true;
    }
    if (value.kind !== INT && value.kind !== DOUBLE && value.kind !== BOOL) return false;
    target.push(row, this.identityOfText(this.texts.plain(wire, value), column));
    return true;
  }

  /** Messages and addresses, where the policy wants to see them. */
  private guarded(target: StringColumn, wire: Wire, start: number, length: number, row: number): void {
    const text = textOf(wire, start, length);
    const stored = this.tenant.protector.text(text);
    this.redactions += stored.redactions;
    storeText(target, row, wire, start, length, stored.text === text ? null : stored.text);
  }

  /** Writes a text that may hold what people wrote. */
  writeGuarded(column: number, wire: Wire, start: number, length: number, row: number): void {
    const target = this.rows.textAt(column);
    if (this.tenant.protector.plain) setText(target, row, wire, start, length);
    else this.guarded(target, wire, start, length, row);
  }

  private unsigned(wire: Wire, value: Value, column: number, row: number): boolean {
    const number = this.number(wire, value);
    const target = this.rows.fixedAt(column);
    if (!(number >= 0 && number <= LARGEST[target.width]! && Math.floor(number) === number)) return false;
    target.touch(row);
    if (target.width === 2) target.u16[row] = number;
    else if (target.width === 4) target.i32[row] = number | 0;
    else target.u8[row] = number;
    return true;
  }

  private unsigned64(wire: Wire, value: Value, column: number, row: number): boolean {
    const target = this.rows.fixedAt(column);
    if (value.kind === INT) {
      target.touch(row);
      target.i32[row * 2] = value.lo;
      target.i32[row * 2 + 1] = value.hi;
      return true;
    }
    if (value.kind === STRING && value.length <= 32) {
      const exact = parseUnsigned64(textOf(wire, value.start, value.length));
      if (exact !== undefined) {
        target.push(row, exact);
        return true;
      }
    }
    const number = this.number(wire, value);
    if (!(number >= 0 && number < WORD * WORD && Math.floor(number) === number)) return false;
    target.touch(row);
    target.i32[row * 2] = (number % WORD) | 0;
    target.i32[row * 2 + 1] = Math.floor(number / WORD) | 0;
    return true;
  }

  private single(wire: Wire, value: Value, column: number, row: number): boolean {
    const number = value.kind === DOUBLE ? value.double : this.number(wire, value);
    if (!(Math.abs(number) <= MAX_SINGLE)) return false;
    const target = this.rows.fixedAt(column);
    target.touch(row);
    target.f32[row] = number;
    return true;
  }

  private word(wire: Wire, value: Value, column: number, row: number): boolean {
    if (value.kind !== STRING || value.length === 0) return false;
    const id = CLOSED[column]!.find(wire.view, value.start, value.length);
    if (id <= 0) return false;
    if (column === STAGE) this.generates = id === GENERATE;
    if (DICTIONARIES.has(column)) {
      const target = this.rows.dictionaryAt(column);
      target.set(row, intern(target, wire, value.start, value.length));
    } else {
      setText(this.rows.textAt(column), row, wire, value.start, value.length);
    }
    return true;
  }

  /** Prompts that are not text (chat messages as lists) are taken as their JSON. */
  private prompt(given: Wire, value: Value, kind: number, row: number): boolean {
    let wire = given;
    let { start, length } = value;
    if (value.kind !== STRING) {
      const bytes = utf8.encode(this.texts.plain(given, value));
      this.scratch.load(bytes);
      wire = this.scratch;
      start = 0;
      length = bytes.length;
    }
    const kept = cutLength(wire, start, length, kind === role.WORKFLOW ? MAX_VALUE_BYTES : MAX_PROMPT_BYTES);
    if (kept < length) this.tally.truncated++;
    const { protector } = this.tenant;
    if (kind === role.PROMPT)
      this.redactions += writePrompt(this.rows, this.outline, protector, wire, start, kept, row);
    else if (kind === role.NEGATIVE_PROMPT)
      this.redactions += writeNegativePrompt(this.rows, this.outline, protector, wire, start, kept, row);
    else if (protector.plain) setText(this.rows.textAt(WORKFLOW), row, wire, start, kept);
    else this.workflow(wire, start, kept, row);
    return true;
  }

  private workflow(wire: Wire, start: number, length: number, row: number): void {
    const { text, redactions } = this.tenant.protector.workflow(textOf(wire, start, length));
    this.redactions += redactions;
    if (text !== '') this.rows.textAt(WORKFLOW).push(row, text);
  }

  /** A latency that says what the span's times say is not kept twice. */
  private derived(wire: Wire, value: Value): boolean {
    const off = Math.abs(this.number(wire, value) - this.durationMs);
    return off <= DERIVED_TOLERANCE_MS || off <= DERIVED_TOLERANCE * this.durationMs;
  }

  private flag(wire: Wire, value: Value, column: number, row: number): boolean {
    let told = value.number();
    if (value.kind === STRING && value.length <= 5) {
      const text = textOf(wire, value.start, value.length).toLowerCase();
      told = text === 'true' || text === '1' ? 1 : text === 'false' || text === '0' ? 0 : Number.NaN;
    }
    if (told !== 0 && told !== 1) return false;
    const target = this.rows.fixedAt(column);
    target.touch(row);
    target.u8[row] = told + 1;
    return true;
  }

  private size(wire: Wire, value: Value, row: number): boolean {
    if (value.kind !== STRING || value.length > 32) return false;
    const sides = /^(\d{1,7})\s*[xX×*]\s*(\d{1,7})$/.exec(textOf(wire, value.start, value.length));
    if (!sides) return false;
    if (!this.outline.has(WIDTH)) this.rows.fixedAt(WIDTH).push(row, Number(sides[1]));
    if (!this.outline.has(HEIGHT)) this.rows.fixedAt(HEIGHT).push(row, Number(sides[2]));
    return true;
  }

  private time(wire: Wire, value: Value, column: number, row: number): boolean {
    const told =
      value.kind === STRING
        ? value.length <= 64 && textOf(wire, value.start, value.length)
        : value.kind === INT && numberOf(value.lo, value.hi) > NANOSECONDS_FROM
          ? numberOf(value.lo, value.hi) / 1e6
          : value.number();
    const instant = readInstant(told);
    if (instant === undefined || Math.abs(instant.ms) > 8.64e15) return false;
    this.rows.fixedAt(column).push(row, instant.ms);
    return true;
  }

  /** False where the word had to be mapped: the word itself is then kept as a free attribute. */
  private error(wire: Wire, value: Value): boolean {
    if (value.kind !== STRING) {
      const text = utf8.encode(this.texts.plain(wire, value));
      if (text.length === 0) return true;
      this.scratch.load(text);
      this.errorCode = this.errors.codeOf(this.scratch, 0, text.length);
      return false;
    }
    if (value.length === 0) return true;
    this.errorCode = this.errors.codeOf(wire, value.start, value.length);
    return value.length < 16 && textOf(wire, value.start, value.length) === this.errorCode;
  }
}
