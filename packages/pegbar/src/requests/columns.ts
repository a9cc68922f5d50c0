/** Readers of the columns of a block of `spans`: what no row has set reads as its default. */
import type { BlockView, ColumnView, DictionaryView, FixedView, TextView } from '../native/index.ts';

export class Columns {
  private readonly view: BlockView;

  constructor(view: BlockView) {
    this.view = view;
  }

  fixed(name: string): FixedView | undefined {
    return this.view.columns.get(name) as FixedView | undefined;
  }

  text(name: string): TextReader {
    const column = this.view.columns.get(name);
    return column ? textReader(column) : () => '';
  }

  /** Undefined where no row of the block has it. */
  optional(name: string): TextReader | undefined {
    const column = this.view.columns.get(name);
    return column && textReader(column);
  }

  number(name: string): (row: number) => number {
    const values = this.fixed(name)?.values;
    return values ? (row) => Number(values[row]) : () => 0;
  }

  any(name: string): ((row: number) => unknown) | undefined {
    const column = this.view.columns.get(name);
    return column && ((row) => column.at(row));
  }
}

export type TextReader = (row: number) => string;

/** Text of a row, without decoding what is empty or what the row before said. */
function textReader(column: ColumnView): TextReader {
  if (column.type === 'String') {
    const text = column as TextView;
    let last = '';
    let lastRow = -1;
    return (row) => {
      if (text.starts[row] === text.ends[row]) return '';
      if (lastRow < 0 || !isSame(text, row, lastRow)) last = text.at(row);
      lastRow = row;
      return last;
    };
  }
  const { dictionary, keys } = column as DictionaryView;
  return (row) => dictionary[keys[row]!]!;
}

function isSame({ bytes, starts, ends }: TextView, a: number, b: number): boolean {
  const length = ends[a]! - starts[a]!;
  if (length !== ends[b]! - starts[b]!) return false;
  for (let at = 0, x = starts[a]!, y = starts[b]!; at < length; at++)
    if (bytes[x + at] !== bytes[y + at]) return false;
  return true;
}

const ID_BYTES = 8;

/** Whether the id of the span, or at 8 its parent's, is told: its bytes are zero where it is not. */
export function isSet(ids: FixedView, row: number, from = 0): boolean {
  const bytes = ids.values as Uint8Array;
  const start = row * ids.width + from;
  for (let at = start; at < start + ID_BYTES; at++) if (bytes[at] !== 0) return true;
  return false;
}

/** Where the parent stands in `span_ids`. */
export const PARENT = 8;

const NO_TRACE = '0'.repeat(32);

export function traceOf(trace: FixedView, row: number): string {
  const hex = trace.hex(row);
  return hex === NO_TRACE ? '' : hex;
}
