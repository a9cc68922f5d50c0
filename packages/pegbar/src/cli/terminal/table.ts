/** A column of a table: where its text comes from and on which side it lines up. */
export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Never cut: half a time or half an id is of no use. */
  readonly whole?: boolean;
}

const GAP = '  ';
/** A column squeezed below this says nothing any more. */
const COLUMN_LEAST_CELLS = 6;

/**
 * Lines of an aligned table. Where `width` is given (a terminal), the widest left-aligned columns give way until
 * the table fits; numbers are never cut, because half a number is a wrong number.
 */
export function tableLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width?: number,
): string[] {
  const widths = columns.map((column, index) =>
    rows.reduce((most, row) => Math.max(most, cells(row[index] ?? '')), cells(column.title)),
  );
  if (width !== undefined) squeeze(columns, widths, width);
  const line = (texts: readonly string[]): string =>
    columns
      .map((column, index) => fit(texts[index] ?? '', widths[index] ?? 0, column.align ?? 'left'))
      .join(GAP)
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

const isFixed = (column: TableColumn): boolean => column.align === 'right' || column.whole === true;

function squeeze(columns: readonly TableColumn[], widths: number[], width: number): void {
  const total = (): number => widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1);
  for (let surplus = total() - width; surplus > 0; surplus = total() - width) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const cell = widths[index] ?? 0;
      if (isFixed(column) || cell <= COLUMN_LEAST_CELLS) continue;
      if (widest < 0 || cell > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return;
    widths[widest] = Math.max(
      COLUMN_LEAST_CELLS,
      (widths[widest] ?? 0) - surplus,
      secondWidest(columns, widths, widest),
    );
  }
}

/** Shrinks step by step, so that two wide columns share the loss. */
function secondWidest(columns: readonly TableColumn[], widths: readonly number[], widest: number): number {
  let second = 0;
  for (const [index, column] of columns.entries()) {
    if (index !== widest && !isFixed(column)) second = Math.max(second, widths[index] ?? 0);
  }
  return Math.min(second, (widths[widest] ?? 0) - 1);
}

function fit(text: string, width: number, align: 'left' | 'right'): string {
  const wide = cells(text);
  if (wide > width) return cut(text, width);
  const pad = ' '.repeat(width - wide);
  return align === 'right' ? pad + text : text + pad;
}

/** The text in at most `width` cells, with an ellipsis where something was left out. */
export function cut(text: string, width: number): string {
  if (cells(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const character of text) {
    const wide = cells(character);
    if (used + wide > width - 1) break;
    out += character;
    used += wide;
  }
  return `${out}…${' '.repeat(Math.max(0, width - 1 - used))}`;
}

/** Terminal cells of a text: full-width Japanese, Chinese and Korean characters and emoji take two. */
export function cells(text: string): number {
  let sum = 0;
  for (const character of text) sum += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  return sum;
}

const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

const isWide = (point: number): boolean =>
  point >= 0x1100 && WIDE.some(([from, to]) => point >= from && point <= to);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters that must not pass
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from outside made safe for a terminal: one line, no escape sequences, no marks that turn the direction of
 * writing. A log body must not be able to move the cursor or to set the window's title.
 */
export const plain = (text: string): string => text.replace(/\r?\n|\t/g, ' ').replace(CONTROL, '\ufffd');
