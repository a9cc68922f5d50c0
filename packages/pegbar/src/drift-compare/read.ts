import { hourOfWeek } from '@pegbar/stats';
import { fail, ok, type Result } from '../base/result.ts';
import { ColumnSketch, hashOf, type Kind, type SideName } from './sketch.ts';
import { type Row, type Table, UnreadableFile } from './table.ts';
import { fieldOf, timeOf } from './values.ts';

export interface CompareRequest {
  readonly columns: readonly string[];
  readonly kind: Kind | undefined;
  readonly groupBy: string | undefined;
  readonly segmentBy: string | undefined;
  readonly time: string | undefined;
}

/** Where a row counts: its segment, and its hour as epoch hours (current side) or hour of the week (reference). */
export interface Place {
  readonly segment: string;
  readonly hour: number | undefined;
}

export interface Sketches {
  readonly columns: readonly ColumnSketch[];
  readonly rows: Readonly<Record<SideName, number>>;
  /** Independent units told apart by their bucket; undefined where rows are the unit. */
  readonly groups: Readonly<Record<SideName, number>> | undefined;
  /** Columns that were left out because they hold times. */
  readonly times: readonly string[];
  /** Columns, compared or not, that only one of the files has. */
  readonly only: Readonly<Record<SideName, readonly string[]>>;
  /** Segments that stand in both files; undefined without segments. */
  readonly sharedSegments: number | undefined;
}

/** Counts of all columns together, at some 100 bytes each; of one column, more than which adds nothing to any figure. */
const ENTRIES_MOST = 1_500_000;
const ENTRIES_OF_ONE = 131_072;
const ENTRIES_LEAST = 16_384;
/** Buckets into which independent units are dealt: enough to know their spread, few enough to keep. */
export const BUCKETS = 64;
/** Segments told apart; rows of later ones count together. */
const SEGMENTS_MOST = 200;
export const OTHER_SEGMENTS = '(other segments)';
/** Hours of the current side told apart, a quarter of a year; beyond that hours of the week. */
const HOURS_MOST = 2_208;
/** Groups are counted exactly up to here; more are plenty. */
const GROUPS_COUNTED = 10_000;
const TIMES_SEEN = 20;

/** Reads both files, row by row, into sketches of their columns. */
export async function readSketches(
  reference: Table,
  current: Table,
  request: CompareRequest,
): Promise<Result<Sketches, string>> {
  const reader = new Reader(request);
  try {
    await reader.read('reference', reference);
    await reader.read('current', current);
  } catch (error) {
    if (error instanceof UnreadableFile) return fail(error.message);
    throw error;
  }
  return reader.finish(reference, current);
}

class Reader {
  readonly #request: CompareRequest;
  readonly #columns = new Map<string, ColumnSketch>();
  readonly #rows = { reference: 0, current: 0 };
  readonly #segments = new Set<string>();
  readonly #segmentsOf = { reference: new Set<string>(), current: new Set<string>() };
  readonly #groups = { reference: new Set<number>(), current: new Set<number>() };
  readonly #hours = new Set<number>();
  /** Cells of rows so far, to give to columns that are met late. */
  readonly #places = {
    reference: new Map<string, [string, number | undefined, number]>(),
    current: new Map<string, [string, number | undefined, number]>(),
  };
  readonly #timely = new Map<string, { times: number; others: number }>();
  #entriesMost = ENTRIES_OF_ONE;
  /** What the reference's header names; undefined where it has none, as in NDJSON. */
  #declared: ReadonlySet<string> | undefined;

  constructor(request: CompareRequest) {
    this.#request = request;
  }

  async read(side: SideName, table: Table): Promise<void> {
    for await (const row of table.rows) {
      if (this.#rows[side] === 0) this.#begin(side, table, row);
      if (this.#rows[side] === 0 && side === 'reference' && table.isDeclared)
        this.#declared = new Set(table.columns());
      const cell = this.#cellOf(side, table, row);
      const bucket = this.#bucketOf(side, row);
      this.#rows[side]++;
      for (const name of Object.keys(row.values)) {
        if (!this.#columns.has(name) && this.#isCompared(name)) this.#meet(name);
      }
      for (const [name, sketch] of this.#columns) {
        const raw = Object.hasOwn(row.values, name) ? row.values[name] : undefined;
        this.#noteTime(name, raw);
        if (!sketch.add(side, raw, cell, bucket)) {
          throw new UnreadableFile(
            `${table.name} line ${row.line}: column ${name} is ${shown(raw)}, not a number (without --kind numeric words among numbers count as missing)`,
          );
        }
      }
      const place = this.#places[side];
      const key = `${cell}\u0001${bucket}`;
      const seen = place.get(key);
      if (seen) seen[2]++;
      else place.set(key, [cell, bucket, 1]);
    }
  }

  finish(reference: Table, current: Table): Result<Sketches, string> {
    const missing = this.#request.columns.find((name) => !this.#columns.has(name));
    const known = [...new Set([...reference.columns(), ...current.columns()])];
    const asked = [this.#request.groupBy, this.#request.segmentBy, this.#request.time];
    const hasRows = this.#rows.reference + this.#rows.current > 0;
    const wrong = [missing, ...asked].find((name) => name !== undefined && !known.includes(name));
    if (wrong !== undefined && (hasRows || known.length > 0)) {
      const cure = wrong.includes(',') ? ' (say --column once for every column)' : '';
      return fail(`there is no column ${wrong}; there are ${known.slice(0, 40).join(', ') || 'none'}${cure}`);
    }
    const lacking = this.#lackingIn(reference) ?? this.#lackingIn(current);
    if (lacking !== undefined) return fail(lacking);
    // Columns that only a header names.
    for (const name of known) if (this.#isCompared(name) && !this.#columns.has(name)) this.#meet(name);
    for (const column of this.#columns.values()) column.settle();
    const times = [...this.#timely]
      .filter(
        ([name, { times, others }]) => times > 0 && others === 0 && !this.#request.columns.includes(name),
      )
      .map(([name]) => name);
    return ok({
      columns: [...this.#columns.values()].filter(({ name }) => !times.includes(name)),
      rows: this.#rows,
      groups:
        this.#request.groupBy === undefined
          ? undefined
          : { reference: this.#groups.reference.size, current: this.#groups.current.size },
      times,
      only: this.#onlyIn(reference, current),
      sharedSegments: this.#sharedSegments(),
    });
  }

  /** Units, segments and times must be in both files: against nothing, nothing can be matched. */
  #lackingIn(table: Table): string | undefined {
    const has = table.columns();
    const { groupBy, segmentBy, time } = this.#request;
    const asked = { '--group-by': groupBy, '--segment-by': segmentBy, '--time': time };
    if (has.length === 0) return undefined;
    for (const [option, name] of Object.entries(asked)) {
      if (name === undefined || has.includes(name)) continue;
      return `${table.name} has no column ${name}, ${option} needs it in both files; it has ${has.slice(0, 40).join(', ')}`;
    }
    return undefined;
  }

  #onlyIn(reference: Table, current: Table): Sketches['only'] {
    // A file without rows says nothing of what NDJSON would have in it.
    if (this.#rows.reference === 0 || this.#rows.current === 0) return { reference: [], current: [] };
    const [before, now] = [new Set(reference.columns()), new Set(current.columns())];
    return {
      reference: [...before].filter((name) => !now.has(name)),
      current: [...now].filter((name) => !before.has(name)),
    };
  }

  #sharedSegments(): number | undefined {
    if (this.#request.segmentBy === undefined) return undefined;
    const { reference, current } = this.#segmentsOf;
    return [...reference].filter((name) => current.has(name)).length;
  }

  #begin(side: SideName, table: Table, row: Row): void {
    const { time } = this.#request;
    // A time that is not there would be told as one that is empty.
    if (time !== undefined && !Object.hasOwn(row.values, time)) {
      const lacking = this.#lackingIn(table);
      if (lacking !== undefined) throw new UnreadableFile(lacking);
    }
    if (side === 'reference') {
      const names = table.columns().length > 0 ? table.columns() : Object.keys(row.values);
      const count = names.filter((name) => this.#isCompared(name)).length;
      this.#entriesMost = Math.min(
        ENTRIES_OF_ONE,
        Math.max(ENTRIES_LEAST, Math.floor(ENTRIES_MOST / Math.max(1, count))),
      );
    }
  }

  #isCompared(name: string): boolean {
    const { columns, groupBy, segmentBy, time } = this.#request;
    if (columns.length > 0) return columns.includes(name);
    return name !== groupBy && name !== segmentBy && name !== time;
  }

  /** A column that NDJSON shows late was missing in every row before; one that a header lacks was in none. */
  #meet(name: string): void {
    const sketch = new ColumnSketch(name, this.#request.kind, this.#entriesMost);
    this.#columns.set(name, sketch);
    for (const side of ['reference', 'current'] as const) {
      if (side === 'reference' && this.#declared && !this.#declared.has(name)) continue;
      for (const [cell, bucket, rows] of this.#places[side].values())
        sketch.addMissing(side, cell, bucket, rows);
    }
  }

  #cellOf(side: SideName, table: Table, row: Row): string {
    const { segmentBy, time } = this.#request;
    let segment = '';
    if (segmentBy !== undefined) {
      segment = String(fieldOf(row.values[segmentBy]) ?? '(none)');
      if (!this.#segments.has(segment)) {
        if (this.#segments.size < SEGMENTS_MOST) this.#segments.add(segment);
        else segment = OTHER_SEGMENTS;
      }
      this.#segmentsOf[side].add(segment);
    }
    if (time === undefined) return cellName({ segment, hour: undefined });
    const at = timeOf(row.values[time]);
    if (at === undefined) {
      throw new UnreadableFile(
        `${table.name} line ${row.line}: column ${time} is ${shown(row.values[time])}, not a time: write RFC 3339, 2026-03-01T12:00:00Z, or epoch seconds or milliseconds`,
      );
    }
    if (side === 'reference') return cellName({ segment, hour: hourOfWeek(at) });
    const hour = Math.floor(at / 3_600_000);
    if (!this.#hours.has(hour)) {
      if (this.#hours.size >= HOURS_MOST) return cellName({ segment, hour: hourOfWeek(at) });
      this.#hours.add(hour);
    }
    return cellName({ segment, hour });
  }

  #bucketOf(side: SideName, row: Row): number | undefined {
    const { groupBy, kind } = this.#request;
    // Tokens of one row belong together even where rows are the unit.
    if (groupBy === undefined) return kind === 'tokens' ? this.#rows[side] % BUCKETS : undefined;
    const group = fieldOf(row.values[groupBy]);
    const hash = group === undefined ? hashOf(`row ${row.line}`) : hashOf(String(group));
    if (this.#groups[side].size < GROUPS_COUNTED) this.#groups[side].add(hash);
    return hash % BUCKETS;
  }

  /** A column of times drifts by nature; where all that is seen of it are times it is left out. */
  #noteTime(name: string, raw: unknown): void {
    if (raw === undefined || raw === null || raw === '') return;
    const seen = this.#timely.get(name) ?? { times: 0, others: 0 };
    if (seen.times + seen.others >= TIMES_SEEN) return;
    const isTime = raw instanceof Date || (typeof raw === 'string' && /^\d{4}-\d{2}-\d{2}([ T]|$)/.test(raw));
    if (isTime) seen.times++;
    else seen.others++;
    this.#timely.set(name, seen);
  }
}

const cellName = ({ segment, hour }: Place): string => `${hour ?? ''}\u0000${segment}`;

/** The segment and hour that a cell's name holds. */
export function placeOf(cell: string): Place {
  const at = cell.indexOf('\u0000');
  const hour = cell.slice(0, at);
  return { segment: cell.slice(at + 1), hour: hour === '' ? undefined : Number(hour) };
}

const shown = (raw: unknown): string =>
  raw === undefined || raw === '' ? 'empty' : JSON.stringify(String(raw).slice(0, 60));
