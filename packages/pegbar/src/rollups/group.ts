/**
 * Rows of an answer by their combination of tenant, hour, stage and dimensions, and readers of the columns that
 * are counted. Works on the keys of the columns' dictionaries: no text is made per row.
 */
import type { RollupMetricName } from '@pegbar/contract';
import {
  type BlockView,
  type ColumnView,
  Dictionary,
  type DictionaryView,
  FixedView,
  type NullableView,
  type TextView,
} from '../native/index.ts';
import { type Combination, DIMENSIONS, type RollupBuilder, type Tally } from './builder.ts';

/** A column as small numbers: row r says `texts[keys[r]]`. */
export interface Texts {
  keys: ArrayLike<number>;
  texts: readonly string[];
}

/** Products of keys up to here are computed as small integers, which is what nearly every answer needs. */
const MOST_SMALL = 2 ** 30;
/** Whole numbers up to here are exact as floats; rows × keys of a column stay below it. */
const MOST_EXACT = 2 ** 52;

/** The rows of one block, and for each of them the combination under which it counts. */
export class Facts {
  readonly rows: number;
  private readonly view: BlockView;
  private readonly group: Int32Array;
  private readonly combinations: Combination[];

  constructor(view: BlockView, builder: Pick<RollupBuilder, 'combination'>) {
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
    this.group = group;
    this.combinations = firsts.map((row) => {
      const [tenant, hour, stage, ...values] = lead.map(({ keys, texts }) => texts[keys[row]!]!);
      return builder.combination(tenant!, Number(hour) * 1000, stage!, values);
    });
  }

  counter(metric: RollupMetricName): Counter {
    return new Counter(metric, this.group, this.combinations);
  }

  combination(row: number): Combination {
    return this.combinations[this.group[row]!]!;
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
  private readonly metric: RollupMetricName;
  private readonly group: Int32Array;
  private readonly combinations: readonly Combination[];
  /** By group; made when the first row of a group counts. */
  private readonly tallies: (Tally | undefined)[];

  constructor(metric: RollupMetricName, group: Int32Array, combinations: readonly Combination[]) {
    this.metric = metric;
    this.group = group;
    this.combinations = combinations;
    this.tallies = new Array(combinations.length).fill(undefined);
  }

  add(row: number, value = 1, times = 1): void {
    const group = this.group[row]!;
    let tally = this.tallies[group];
    if (tally === undefined) {
      tally = this.combinations[group]!.tally(this.metric);
      this.tallies[group] = tally;
    }
    tally.add(value, times);
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
