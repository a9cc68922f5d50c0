/**
 * Rows of an answer by their combination of tenant, hour, stage and dimensions, and readers of the columns that
 * are counted. Works on the keys of the columns' dictionaries: no text is made per row.
 */
import type { RollupMetricName } from '@pegbar/contract';
import type { Grid } from '@pegbar/stats';
import {
  type BlockView,
  type ColumnView,
  Dictionary,
  type DictionaryView,
  FixedView,
  type NullableView,
  type TextView,
} from '../native/index.ts';
import type { RollupBuilder } from './builder.ts';
import { type Combinations, DIMENSIONS } from './combinations.ts';
import { GRIDS, placeOf } from './counts.ts';

/** What counts the facts of a tenant and hour. */
export type Counting = Pick<RollupBuilder, 'combinationsOf'>;

/** A column as small numbers: row r says `texts[keys[r]]`. */
export interface Texts {
  keys: ArrayLike<number>;
  texts: readonly string[];
}

/** Products of keys up to here are computed as small integers, which is what nearly every answer needs. */
const MOST_SMALL = 2 ** 30;
/** Whole numbers up to here are exact as floats; rows × keys of a column stay below it. */
const MOST_EXACT = 2 ** 52;

/** The combinations of the rows of a block, numbered from 0: what counts each, and under which number there. */
interface Grouped {
  /** By row. */
  readonly group: Int32Array;
  /** By group. */
  readonly into: readonly Combinations[];
  readonly ids: Int32Array;
}

/** The rows of one block, and for each of them the combination under which it counts. */
export class Facts {
  readonly rows: number;
  private readonly view: BlockView;
  private readonly grouped: Grouped;

  constructor(view: BlockView, counting: Counting) {
    this.view = view;
    this.rows = view.rows;
    const hours = hoursOf(numbersOf(column(view, 'hour')));
    const lead = [
      this.texts('tenant'),
      hours,
      this.texts('stage'),
      ...DIMENSIONS.map((one) => this.texts(one)),
    ];
    const { group, firsts } = groupsOf(lead, view.rows);
    const into: Combinations[] = [];
    const ids = new Int32Array(firsts.length);
    for (const [at, row] of firsts.entries()) {
      const [tenant, hour, stage, ...values] = lead.map(({ keys, texts }) => texts[keys[row]!]!);
      const hour_ms = Number(hour) * 1000;
      const combinations = counting.combinationsOf(tenant!, hour_ms);
      into.push(combinations);
      ids[at] = combinations.idOf(tenant!, hour_ms, stage!, values);
    }
    this.grouped = { group, into, ids };
  }

  counter(metric: RollupMetricName): Counter {
    return new Counter(metric, this.grouped);
  }

  addSession(row: number, session: string): void {
    const { group, into, ids } = this.grouped;
    into[group[row]!]!.addSession(ids[group[row]!]!, session);
  }

  numbers(name: string): ArrayLike<number> {
    return numbersOf(column(this.view, name));
  }

  /** Undefined where the row has none. */
  optional(name: string): { nulls: Uint8Array; values: ArrayLike<number> } {
    const nullable = column(this.view, name) as NullableView;
    return { nulls: nullable.nulls, values: numbersOf(nullable.inner) };
  }

  texts(name: string): Texts {
    return textsOf(column(this.view, name));
  }
}

/** Counts one metric of the rows of a block. */
export class Counter {
  private readonly place: number;
  private readonly grid: Grid | undefined;
  private readonly grouped: Grouped;
  /** By group, row in its counts + 1; made when the first row of the block counts. */
  private known: Int32Array | undefined;

  constructor(metric: RollupMetricName, grouped: Grouped) {
    this.place = placeOf(metric);
    this.grid = GRIDS[this.place];
    this.grouped = grouped;
  }

  add(row: number, value = 1, times = 1): void {
    const { group, into, ids } = this.grouped;
    this.known ??= new Int32Array(ids.length);
    const at = group[row]!;
    const { counts } = into[at]!;
    let known = this.known[at]!;
    if (known === 0) {
      known = counts.row(ids[at]!, this.place) + 1;
      this.known[at] = known;
    }
    counts.observe(known - 1, this.grid, value, times);
  }
}

function column(view: BlockView, name: string): ColumnView {
  const found = view.columns.get(name);
  if (!found) throw new Error(`no column ${name} in the answer`);
  return found;
}

function numbersOf(view: ColumnView): ArrayLike<number> {
  if (!(view instanceof FixedView)) throw new Error(`${view.type} is not a number`);
  const { values } = view;
  return values instanceof BigUint64Array || values instanceof BigInt64Array
    ? Float64Array.from(values, Number)
    : values;
}

function textsOf(view: ColumnView): Texts {
  if (view.type !== 'String') {
    const { dictionary, keys } = view as DictionaryView;
    return { keys, texts: dictionary };
  }
  const { bytes, starts, ends, rows } = view as TextView;
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const dictionary = new Dictionary();
  const keys = new Int32Array(rows);
  let guess = 0;
  for (let row = 0; row < rows; row++) {
    const start = starts[row]!;
    const length = ends[row]! - start;
    if (!dictionary.holds(guess, words, start, length))
      guess = dictionary.idOfBytes(bytes, words, start, length);
    keys[row] = guess;
  }
  return { keys, texts: Array.from({ length: dictionary.size }, (_, id) => dictionary.text(id)) };
}

/** Hours (seconds) as keys. There are few in an answer. */
function hoursOf(seconds: ArrayLike<number>): Texts {
  const known = new Map<number, number>();
  const keys = new Int32Array(seconds.length);
  for (let row = 0, last = -1, key = 0; row < keys.length; row++) {
    const hour = seconds[row]!;
    if (hour !== last) {
      key = known.get(hour) ?? known.size;
      known.set(hour, key);
      last = hour;
    }
    keys[row] = key;
  }
  return { keys, texts: [...known.keys()].map(String) };
}

interface Groups {
  /** Number of its group, by row. */
  group: Int32Array;
  /** A row of each group. */
  firsts: number[];
}

/** Numbers the combinations of keys that occur. */
function groupsOf(columns: readonly Texts[], rows: number): Groups {
  const product = columns.reduce((keys, { texts }) => keys * texts.length, 1);
  let combined = product <= MOST_SMALL ? new Int32Array(rows) : new Float64Array(rows);
  let most = 1;
  for (const { keys, texts } of columns) {
    if (texts.length <= 1) continue;
    if (most * texts.length > MOST_EXACT) {
      const { group, firsts } = dense(combined);
      combined = Float64Array.from(group);
      most = firsts.length;
    }
    for (let row = 0; row < rows; row++) combined[row] = combined[row]! * texts.length + keys[row]!;
    most *= texts.length;
  }
  return dense(combined);
}

/** Numbers what occurs from 0. Rows of a trace stand together, so the row before is asked first. */
function dense(sparse: Int32Array | Float64Array): Groups {
  const known = new Map<number, number>();
  const firsts: number[] = [];
  const group = new Int32Array(sparse.length);
  let last = -1;
  let number = 0;
  for (let row = 0; row < sparse.length; row++) {
    const key = sparse[row]!;
    if (key !== last) {
      last = key;
      const found = known.get(key);
      number = found ?? firsts.length;
      if (found === undefined) {
        known.set(key, number);
        firsts.push(row);
      }
    }
    group[row] = number;
  }
  return { group, firsts };
}
