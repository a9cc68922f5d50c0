import type { Histogram } from '@pegbar/stats';
import { type Field, fieldOf, tokensOf } from './values.ts';

/*
 * What is kept of a column while its rows stream by: exact counts of values, per cell (segment and hour) and per bucket
 * of the independent unit. Numbers stay exact until there are too many different ones; then all of them lose the last
 * bits of their mantissa together, in both files alike, so that equal stays equal and order stays order.
 */

export type Kind = 'numeric' | 'categorical' | 'tokens';
export type SideName = 'reference' | 'current';

/** Counts of one cell. Numbers or names are the keys, never both. */
export interface Cell {
  rows: number;
  missing: number;
  readonly counts: Map<number | string, number>;
}

/** Coarsest grid: 32 bins per octave, as the rollups have it. */
const BITS_LEAST = 5;
const BITS_EXACT = 52;
/** Different names that are told apart; later ones share this many cells, by hash. */
const NAMES_MOST = 65_536;
const HASHED_CELLS = 4_096;
/** A name longer than this is a text; its beginning and its hash stand for it. */
const NAME_MOST_CHARS = 160;

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
  #isText: boolean;
  #entries = 0;
  readonly #most: number;
  readonly #names = new Set<string>();

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
    if (typeof field === 'string' && !this.#isText) this.#becomeText();
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
    if (this.#isText) return this.#nameOf(String(field));
    return coarsened(Object.is(field, -0) ? 0 : (field as number), this.bits);
  }

  #nameOf(text: string): string {
    const name =
      text.length > NAME_MOST_CHARS
        ? `${text.slice(0, NAME_MOST_CHARS)}… #${hashOf(text).toString(16)}`
        : text;
    if (this.#names.has(name)) return name;
    if (this.#names.size >= NAMES_MOST) return `#${(hashOf(name) % HASHED_CELLS).toString(16)}`;
    this.#names.add(name);
    return name;
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
    if (before === undefined) this.#entries++;
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

  #becomeText(): void {
    this.#isText = true;
    for (const cell of this.#all()) rekey(cell, (key) => this.#nameOf(String(key)));
  }

  /** Halves the number of entries at least, unless the coarsest grid is reached. */
  #shrink(): void {
    if (this.#isText) return;
    while (this.#entries > this.#most / 2 && this.bits > BITS_LEAST) {
      this.bits = Math.max(BITS_LEAST, this.bits - (this.bits > 20 ? 4 : 1));
      this.#entries = 0;
      for (const cell of this.#all()) {
        rekey(cell, (key) => coarsened(key as number, this.bits));
        this.#entries += cell.counts.size;
      }
    }
  }
}

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
