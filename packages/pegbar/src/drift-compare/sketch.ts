import type { Histogram } from '@pegbar/stats';
import { type Field, fieldOf, tokensOf } from './values.ts';

/*
 * What is kept of a column while its rows stream by: exact counts of values, per cell (segment and hour) and per bucket
 * of the independent unit. Numbers stay exact until there are too many different ones; then all of them lose the last
 * bits of their mantissa together, in both files alike, so that equal stays equal and order stays order.
 * Numbers and names are counted side by side while rows come: whether `N/A` is a category or a word among measurements
 * is known only once all of them were seen.
 */

export type Kind = 'numeric' | 'categorical' | 'tokens';
export type SideName = 'reference' | 'current';

/** Counts of one cell. Numbers or names are the keys; both only until the column is settled. */
export interface Cell {
  rows: number;
  missing: number;
  readonly counts: Map<number | string, number>;
}

/** Coarsest grid: 32 bins per octave, as the rollups have it. */
const BITS_LEAST = 5;
const BITS_EXACT = 52;
/** Different names that are told apart; where there are more, all but the frequent ones share this many cells, by hash. */
const NAMES_MOST = 65_536;
const HASHED_CELLS = 4_096;
/**
 * A name with fewer rows by then is not kept: those that came first would be the reference's own, and every file of
 * identifiers would seem to have lost them.
 */
const FREQUENT_LEAST = 20;
/** A name longer than this is a text; its beginning and its hash stand for it. */
const NAME_MOST_CHARS = 160;
/** With more different numbers than this a column measures something, and words in it are no values. */
const CODES_MOST = 20;
/** Words among numbers that are shown as examples. */
const STRAYS_SHOWN = 3;
/** Where this share of all values is a name of its own, next to nothing repeats: identifiers, free text, odd numbers. */
const UNLIKE_SHARE = 0.8;
/** Values below which nothing is said about that. */
const UNLIKE_LEAST = 20;

/** Words that stand in a column of numbers. */
interface Strays {
  readonly count: number;
  readonly of: number;
  readonly examples: readonly string[];
}

const f64 = new Float64Array(1);
const words = new Uint32Array(f64.buffer);

/** `value` with so many bits of mantissa, in the middle of all values that share them. */
export function coarsened(value: number, bits: number): number {
  if (bits >= BITS_EXACT || !Number.isFinite(value) || value === 0) return value;
  f64[0] = value;
  if (bits >= 20) {
    const lost = BITS_EXACT - bits;
    words[0] = ((words[0]! >>> lost) << lost) | (1 << (lost - 1));
  } else {
    const lost = 20 - bits;
    words[1] = ((words[1]! >>> lost) << lost) | (1 << (lost - 1));
    words[0] = 0;
  }
  return f64[0]!;
}

/** Small, quick, the same everywhere (FNV-1a); deals names and units into cells. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export class ColumnSketch {
  readonly name: string;
  /** What the user says it is; otherwise numeric until a text is met. */
  readonly asked: Kind | undefined;
  readonly cells = { reference: new Map<string, Cell>(), current: new Map<string, Cell>() };
  /** By bucket of the unit; of tokens by bucket and cell, so that buckets can be weighted as their cells are. */
  readonly buckets = { reference: new Map<string, Cell>(), current: new Map<string, Cell>() };
  bits = BITS_EXACT;
  /** Words that count as missing because the rest are numbers; known once settled. */
  strays: Strays | undefined;
  #isText: boolean;
  #entries = 0;
  readonly #most: number;
  readonly #names = new Set<string>();
  #isFull = false;
  #wasUnlike = false;

  constructor(name: string, asked: Kind | undefined, entriesMost: number) {
    this.name = name;
    this.asked = asked;
    this.#isText = asked !== undefined && asked !== 'numeric';
    this.#most = entriesMost;
  }

  get kind(): Kind {
    return this.asked ?? (this.#isText ? 'categorical' : 'numeric');
  }

  /** Counts one field. False where the user says numeric and the field is none. */
  add(side: SideName, raw: unknown, cell: string, bucket: number | undefined): boolean {
    if (this.asked === 'tokens') {
      this.#addTokens(side, raw, cell, bucket);
      return true;
    }
    const field = fieldOf(raw);
    if (typeof field === 'string' && this.asked === 'numeric') return false;
    const key = this.#keyOf(field);
    for (const one of this.#placesOf(side, cell, bucket)) this.#count(one, key);
    if (this.#entries > this.#most) this.#shrink();
    return true;
  }

  /** Rows in which the column does not stand at all are rows without a value. */
  addMissing(side: SideName, cell: string, bucket: number | undefined, rows: number): void {
    for (const one of this.#placesOf(side, cell, bucket)) {
      one.rows += rows;
      one.missing += rows;
    }
  }

  #placesOf(side: SideName, cell: string, bucket: number | undefined): Cell[] {
    const places = [cellAt(this.cells[side], cell)];
    if (bucket !== undefined) {
      const key = this.asked === 'tokens' ? bucketName(bucket, cell) : String(bucket);
      places.push(cellAt(this.buckets[side], key));
    }
    return places;
  }

  #keyOf(field: Field): number | string | undefined {
    if (field === undefined) return undefined;
    if (this.#isText || typeof field === 'string') return this.#nameOf(String(field));
    return coarsened(Object.is(field, -0) ? 0 : field, this.bits);
  }

  #nameOf(text: string): string {
    const name =
      text.length > NAME_MOST_CHARS
        ? `${text.slice(0, NAME_MOST_CHARS)}… #${hashOf(text).toString(16)}`
        : text;
    if (this.#names.has(name)) return name;
    if (!this.#isFull && this.#names.size >= NAMES_MOST) this.#keepFrequent();
    if (this.#isFull) return hashedName(name);
    this.#names.add(name);
    return name;
  }

  #keepFrequent(): void {
    this.#isFull = true;
    this.#wasUnlike = this.#namesAreUnlike();
    const totals = new Map<string, number>();
    for (const side of [this.cells.reference, this.cells.current]) {
      for (const { counts } of side.values()) {
        for (const [key, count] of counts)
          if (typeof key === 'string') totals.set(key, (totals.get(key) ?? 0) + count);
      }
    }
    for (const name of this.#names) if ((totals.get(name) ?? 0) < FREQUENT_LEAST) this.#names.delete(name);
    const kept = (key: number | string): boolean => typeof key === 'number' || this.#names.has(key);
    for (const cell of this.#all()) rekey(cell, (key) => (kept(key) ? key : hashedName(String(key))));
  }

  #addTokens(side: SideName, raw: unknown, at: string, bucket: number | undefined): void {
    const tokens = tokensOf(raw);
    for (const one of this.#placesOf(side, at, bucket)) {
      one.rows++;
      if (tokens.size === 0) one.missing++;
      for (const token of tokens) {
        const name = this.#nameOf(token);
        one.counts.set(name, (one.counts.get(name) ?? 0) + 1);
      }
    }
  }

  #count(cell: Cell, key: number | string | undefined): void {
    cell.rows++;
    if (key === undefined) {
      cell.missing++;
      return;
    }
    const before = cell.counts.get(key);
    if (before === undefined && typeof key === 'number') this.#entries++;
    cell.counts.set(key, (before ?? 0) + 1);
  }

  #all(): Cell[] {
    return [
      ...this.cells.reference.values(),
      ...this.cells.current.values(),
      ...this.buckets.reference.values(),
      ...this.buckets.current.values(),
    ];
  }

  /**
   * Once all rows are read: a column with names in it is one of categories, unless most values of the reference (of the
   * current file where the reference has none) are numbers and there are many different ones. Then its names, `N/A`
   * say, are no values: they count as missing.
   */
  settle(): void {
    if (this.#isText || this.asked !== undefined || (this.#names.size === 0 && !this.#isFull)) return;
    const sides = [this.cells.reference, this.cells.current].map((cells) => tallyOf([...cells.values()]));
    const told = sides.find(({ numbers, names }) => numbers + names > 0);
    const different = new Set(sides.flatMap(({ values }) => [...values]));
    if (told && told.numbers > told.names && different.size > CODES_MOST) {
      this.strays = {
        count: sides.reduce((sum, { names }) => sum + names, 0),
        of: sides.reduce((sum, { numbers, names }) => sum + numbers + names, 0),
        examples: [...this.#names].slice(0, STRAYS_SHOWN),
      };
      for (const cell of this.#all()) forgetNames(cell);
      return;
    }
    this.#isText = true;
    for (const cell of this.#all()) rekey(cell, (key) => this.#nameOf(String(key)));
  }

  /** True where nearly every value stands once: as categories they tell nothing, whatever became of them. */
  get isUnlike(): boolean {
    return this.kind === 'categorical' && (this.#wasUnlike || (!this.#isFull && this.#namesAreUnlike()));
  }

  #namesAreUnlike(): boolean {
    const values = [...this.cells.reference.values(), ...this.cells.current.values()].reduce(
      (sum, { rows, missing }) => sum + rows - missing,
      0,
    );
    return values >= UNLIKE_LEAST && this.#names.size > UNLIKE_SHARE * values;
  }

  /** Halves the number of entries at least, unless the coarsest grid is reached. */
  #shrink(): void {
    if (this.#isText) return;
    while (this.#entries > this.#most / 2 && this.bits > BITS_LEAST) {
      this.bits = Math.max(BITS_LEAST, this.bits - (this.bits > 20 ? 4 : 1));
      this.#entries = 0;
      for (const cell of this.#all()) {
        rekey(cell, (key) => (typeof key === 'number' ? coarsened(key, this.bits) : key));
        for (const key of cell.counts.keys()) if (typeof key === 'number') this.#entries++;
      }
    }
  }
}

const hashedName = (name: string): string => `#${(hashOf(name) % HASHED_CELLS).toString(16)}`;

const bucketName = (bucket: number, cell: string): string => `${bucket}\u0001${cell}`;

/** The bucket and the cell of a bucket of tokens. */
export function bucketOf(name: string): { bucket: string; cell: string } {
  const at = name.indexOf('\u0001');
  return at < 0 ? { bucket: name, cell: '' } : { bucket: name.slice(0, at), cell: name.slice(at + 1) };
}

function cellAt<K>(cells: Map<K, Cell>, key: K): Cell {
  const found = cells.get(key);
  if (found) return found;
  const made: Cell = { rows: 0, missing: 0, counts: new Map() };
  cells.set(key, made);
  return made;
}

/** Values of cells that are numbers and names, and the different numbers. */
function tallyOf(cells: readonly Cell[]): { numbers: number; names: number; values: Set<number> } {
  const tally = { numbers: 0, names: 0, values: new Set<number>() };
  for (const { counts } of cells) {
    for (const [key, count] of counts) {
      if (typeof key === 'string') tally.names += count;
      else {
        tally.numbers += count;
        tally.values.add(key);
      }
    }
  }
  return tally;
}

function forgetNames(cell: Cell): void {
  for (const [key, count] of cell.counts) {
    if (typeof key !== 'string') continue;
    cell.counts.delete(key);
    cell.missing += count;
  }
}

function rekey(cell: Cell, keyOf: (key: number | string) => number | string): void {
  const entries = [...cell.counts];
  cell.counts.clear();
  for (const [key, count] of entries) {
    const to = keyOf(key);
    cell.counts.set(to, (cell.counts.get(to) ?? 0) + count);
  }
}

/** Sum of cells. */
export function mergeCells(cells: readonly Cell[]): Cell {
  const only = cells.length === 1 ? cells[0] : undefined;
  if (only) return only;
  const sum: Cell = { rows: 0, missing: 0, counts: new Map() };
  for (const cell of cells) {
    sum.rows += cell.rows;
    sum.missing += cell.missing;
    for (const [key, count] of cell.counts) sum.counts.set(key, (sum.counts.get(key) ?? 0) + count);
  }
  return sum;
}

export function histogramOfCell(cell: Cell): Histogram {
  const values = Float64Array.from(cell.counts.keys() as Iterable<number>).sort();
  return { values, counts: Float64Array.from(values, (value) => cell.counts.get(value)!) };
}
