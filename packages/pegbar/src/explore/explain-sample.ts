/**
 * The rows of a comparison, read once and counted here: every field as small numbers, so that counting all values of all
 * fields of forty thousand rows takes some milliseconds, and the same again among the rows that have one value.
 */
import type { BlockView, ColumnView, DictionaryView, FixedView } from '../native/index.ts';
import type { AttributeCounts, ValueCount } from './explain-rank.ts';
import type { Field } from './filter.ts';

export type Place = [tenant: string, id: string, image_id: string];
export interface Sides {
  selection: number;
  rest: number;
}

/** Rarer values than these of one attribute are counted, but not told. */
const VALUES_MOST = 200;
/** A number with no more values than these is compared value by value, else by its tenths. */
const EXACT_VALUES = 12;
const TENTHS = Array.from({ length: 9 }, (_, at) => (at + 1) / 10);
/** Rows that may show a value: so many of each side. */
const EXAMPLES = 12;
/** Digits of a 32-bit float that mean something. */
const DIGITS = 7;
const FREE = 'attributes.';
const BETWEEN = '\u001f';
const WITHIN = '\u001e';

/** SQL of a field as `Sample` reads it; absence is '' and 0. */
export function sampledSql({ sql, kind }: Field): string {
  const text = (value: string): string => `toLowCardinality(${value})`;
  if (kind === 'number') return `toFloat64(ifNull(${sql}, 0))`;
  if (kind === 'list') return text(`arrayStringConcat(arrayDistinct(${sql}), '${BETWEEN}')`);
  if (kind === 'flag') return text(`['', 'false', 'true'][least(${sql}, 2) + 1]`);
  return text(`toString(${sql})`);
}

export const sampledMap = (map: string): string =>
  `toLowCardinality(arrayStringConcat(arrayMap((k, v) -> concat(k, '${WITHIN}', v), mapKeys(${map}), mapValues(${map})), '${BETWEEN}'))`;

/** Row r has the value `values[ids[r]]`. */
interface Valued {
  values: readonly string[];
  ids: Int32Array;
  /** Of what rows have several of, or none: the row of each id. */
  rows?: Int32Array;
}

/** Numbers a text. */
class Texts {
  readonly values: string[] = [];
  private readonly known = new Map<string, number>();

  id(value: string): number {
    const known = this.known.get(value);
    if (known !== undefined) return known;
    const made = this.values.push(value) - 1;
    this.known.set(value, made);
    return made;
  }
}

/** Grows a list of (row, value). */
class Pairs {
  readonly texts = new Texts();
  private readonly ids: number[] = [];
  private readonly rows: number[] = [];

  add(row: number, value: string): void {
    this.rows.push(row);
    this.ids.push(this.texts.id(value));
  }

  valued(): Valued {
    return { values: this.texts.values, ids: Int32Array.from(this.ids), rows: Int32Array.from(this.rows) };
  }
}

export class Sample {
  readonly rows: number;
  private readonly blocks: readonly BlockView[];
  private readonly starts: number[] = [];
  private readonly bad: Uint8Array;
  private readonly fields = new Map<string, Valued>();
  private readonly tenths = new Map<string, readonly number[]>();
  private readonly free = new Map<string, Pairs>();

  /** Columns: `bad`, `tenant`, `id`, `image`, `f0` and on in the order of `fields`, and `free` where there is a map. */
  constructor(blocks: readonly BlockView[], fields: ReadonlyMap<string, Field>) {
    this.blocks = blocks.filter((block) => block.rows > 0);
    let rows = 0;
    for (const block of this.blocks) {
      this.starts.push(rows);
      rows += block.rows;
    }
    this.rows = rows;
    this.bad = this.joined('bad', (size) => new Uint8Array(size));
    for (const [at, [name, { kind }]] of [...fields].entries()) {
      const column = `f${at}`;
      if (kind === 'number') this.fields.set(name, this.numbers(name, column));
      else this.fields.set(name, kind === 'list' ? this.lists(column) : this.texts(column));
    }
    if (this.blocks[0]?.columns.has('free')) this.readMaps();
  }

  /** All rows. */
  all(): Int32Array {
    return Int32Array.from({ length: this.rows }, (_, row) => row);
  }

  sides(rows: Int32Array): Sides {
    let selection = 0;
    for (const row of rows) selection += this.bad[row]!;
    return { selection, rest: rows.length - selection };
  }

  /** Adds a value of a free attribute to a row. */
  addFree(row: number, key: string, value: string): void {
    const known = this.free.get(key) ?? new Pairs();
    this.free.set(key, known);
    known.add(row, value);
  }

  /** Numbers that are compared by their tenths among all rows: the places between them. */
  edges(name: string): readonly number[] | undefined {
    return this.tenths.get(name);
  }

  private edgesOf(values: Float64Array): readonly number[] | undefined {
    const told = values.filter((value) => value !== 0).sort();
    if (distinctUpTo(told) <= EXACT_VALUES) return undefined;
    return [...new Set(TENTHS.map((q) => between(told, q)))].filter(Number.isFinite);
  }

  /** Counts of every attribute among some rows. */
  count(rows: Int32Array): Map<string, AttributeCounts> {
    const alive = new Uint8Array(this.rows);
    for (const row of rows) alive[row] = 1;
    const out = new Map<string, AttributeCounts>();
    for (const [name, valued] of this.valued()) out.set(name, this.counted(valued, alive));
    return out;
  }

  /** The rows that have a value of an attribute; '' is absence. */
  having(rows: Int32Array, attribute: string, value: string): Int32Array {
    const has = this.rowsWith(attribute, value);
    return rows.filter((row) => has[row] === 1);
  }

  /** Some rows of each side that have the value. */
  examples(rows: Int32Array, attribute: string, value: string): { selection: Place[]; rest: Place[] } {
    const has = this.rowsWith(attribute, value);
    const out: { selection: Place[]; rest: Place[] } = { selection: [], rest: [] };
    for (const row of rows) {
      const side = this.bad[row] === 1 ? out.selection : out.rest;
      if (has[row] === 1 && side.length < EXAMPLES) side.push(this.placeOf(row));
      if (out.selection.length >= EXAMPLES && out.rest.length >= EXAMPLES) break;
    }
    return out;
  }

  /** Rows by the number of their request: what `digestSql` gives. */
  byDigest(): Map<number, number> {
    const digests = this.joined('digest', (size) => new Float64Array(size));
    return new Map(Array.from(digests, (digest, row) => [digest, row]));
  }

  private *valued(): Generator<[string, Valued]> {
    yield* this.fields;
    for (const [key, pairs] of this.free) yield [`${FREE}${key}`, pairs.valued()];
  }

  private numbers(name: string, column: string): Valued {
    const numbers = this.joined(column, (size) => new Float64Array(size));
    const edges = this.edgesOf(numbers);
    if (edges) this.tenths.set(name, edges);
    const texts = new Texts();
    const ids = Int32Array.from(numbers, (value) => {
      if (value === 0) return texts.id('');
      if (!edges) return texts.id(String(Number(value.toPrecision(DIGITS))));
      return texts.id(String(edges.reduce((bin, edge) => bin + (value >= edge ? 1 : 0), 0)));
    });
    return { values: texts.values, ids };
  }

  private counted({ values, ids, rows }: Valued, alive: Uint8Array): AttributeCounts {
    const selection = new Uint32Array(values.length);
    const rest = new Uint32Array(values.length);
    for (let at = 0; at < ids.length; at++) {
      const row = rows ? rows[at]! : at;
      if (alive[row] === 1) (this.bad[row] === 1 ? selection : rest)[ids[at]!]!++;
    }
    const told = { selection: 0, rest: 0 };
    const seen: ValueCount[] = [];
    for (let id = 0; id < values.length; id++) {
      if (selection[id]! + rest[id]! === 0) continue;
      told.selection += selection[id]!;
      told.rest += rest[id]!;
      seen.push({ value: values[id]!, selection: selection[id]!, rest: rest[id]! });
    }
    seen.sort((a, b) => b.selection + b.rest - a.selection - a.rest);
    return { values: seen.slice(0, VALUES_MOST), told, distinct: seen.length };
  }

  private rowsWith(attribute: string, value: string): Uint8Array {
    const found = this.fields.get(attribute) ?? this.free.get(attribute.slice(FREE.length))?.valued();
    const out = new Uint8Array(this.rows);
    if (!found) return out;
    const { ids, rows, values } = found;
    const wanted = values.indexOf(value);
    // Of free attributes absence stands nowhere.
    if (rows && value === '' && wanted < 0) {
      out.fill(1);
      for (const row of rows) out[row] = 0;
      return out;
    }
    for (let at = 0; at < ids.length; at++) if (ids[at] === wanted) out[rows ? rows[at]! : at] = 1;
    return out;
  }

  private placeOf(row: number): Place {
    const block = this.starts.findLastIndex((start) => start <= row);
    const { columns } = this.blocks[block]!;
    const text = (name: string): string => String(columns.get(name)!.at(row - this.starts[block]!));
    return [text('tenant'), text('id'), text('image')];
  }

  private joined<T extends Uint8Array | Float64Array>(name: string, make: (size: number) => T): T {
    const out = make(this.rows);
    for (const [index, block] of this.blocks.entries())
      out.set(
        (block.columns.get(name) as FixedView).values as Uint8Array & Float64Array,
        this.starts[index]!,
      );
    return out;
  }

  private texts(name: string): Valued {
    const texts = new Texts();
    const ids = new Int32Array(this.rows);
    this.eachText(
      name,
      (value) => texts.id(value),
      (row, id) => {
        ids[row] = id;
      },
    );
    return { values: texts.values, ids };
  }

  private lists(name: string): Valued {
    const pairs = new Pairs();
    this.eachText(
      name,
      (text) => text.split(BETWEEN),
      (row, list) => {
        for (const value of list) pairs.add(row, value);
      },
    );
    return pairs.valued();
  }

  private readMaps(): void {
    this.eachText('free', pairsOf, (row, pairs) => {
      for (const [name, value] of pairs) this.addFree(row, name, value);
    });
  }

  /** What each text of a dictionary means is worked out once. */
  private eachText<T>(name: string, mean: (text: string) => T, visit: (row: number, meant: T) => void): void {
    for (const [index, block] of this.blocks.entries()) {
      const { dictionary, keys } = block.columns.get(name) as DictionaryView;
      const meant = dictionary.map((text) => mean(text));
      for (let row = 0; row < keys.length; row++) visit(this.starts[index]! + row, meant[keys[row]!]!);
    }
  }
}

function pairsOf(text: string): [string, string][] {
  if (text === '') return [];
  return text.split(BETWEEN).map((pair) => {
    const cut = pair.indexOf(WITHIN);
    return [pair.slice(0, cut), pair.slice(cut + 1)];
  });
}

/** Free attributes of the stages of requests, as (digest of the request, key, value): a row has each once. */
export function addStageAttributes(sample: Sample, blocks: readonly BlockView[]): void {
  const rows = sample.byDigest();
  for (const { columns, rows: count } of blocks) {
    if (count === 0) continue;
    const digests = (columns.get('digest') as FixedView).values as Float64Array;
    const [keys, values] = [columns.get('k') as ColumnView, columns.get('v') as ColumnView];
    for (let at = 0; at < count; at++) {
      const row = rows.get(digests[at]!);
      if (row !== undefined) sample.addFree(row, keys.at(at) as string, values.at(at) as string);
    }
  }
}

/** A number of a request that a float holds whole. */
export const digestSql = (tenant: string, id: string): string =>
  `toFloat64(bitAnd(cityHash64(${tenant}, ${id}), 4503599627370495))`;

function distinctUpTo(sorted: Float64Array): number {
  let distinct = 0;
  for (let at = 0; at < sorted.length && distinct <= EXACT_VALUES; at++)
    if (at === 0 || sorted[at] !== sorted[at - 1]) distinct++;
  return distinct;
}

/** Quantile with interpolation. */
function between(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  const [a, b] = [sorted[low]!, sorted[Math.min(sorted.length - 1, low + 1)]!];
  return a + (b - a) * (place - low);
}
