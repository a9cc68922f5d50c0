import type { Table } from '@pegbar/contract';
import { Bytes, utf8 } from './bytes.ts';
import type { ColumnBuilder } from './column.ts';
import { columnBuilder } from './columns.ts';
import { type FixedColumn, PartColumn } from './fixed.ts';
import { plainType } from './reader.ts';

/**
 * One Native block of one table in the making. Columns that no row has set are left out of the block: the
 * engine fills them with defaults, so a wide table costs only what is told.
 */
export class BlockBuilder {
  rows = 0;
  readonly table: Table;
  private readonly columns = new Map<string, ColumnBuilder>();
  private readonly heads = new Map<string, Uint8Array>();
  private readonly all: [Uint8Array, ColumnBuilder][] = [];
  private marked = 0;

  constructor(table: Table) {
    this.table = table;
    for (const { name, type: declared, part } of table.columns) {
      const type = plainType(declared);
      if (part) {
        const width = Number(/\d+/.exec(type)?.[0]);
        this.columns.set(name, new PartColumn(this.column<FixedColumn>(part.of), part.at, width));
        continue;
      }
      const column = columnBuilder(type);
      this.columns.set(name, column);
      const head = new Bytes(64);
      for (const text of [name, type]) {
        const bytes = utf8.encode(text);
        head.ensure(bytes.length + 5);
        head.varint(bytes.length);
        head.append(bytes);
      }
      this.heads.set(name, head.used());
      this.all.push([head.used(), column]);
    }
  }

  /** The builder of a column, for hot code that writes it directly. A missing column is a bug. */
  column<T extends ColumnBuilder>(name: string): T {
    const column = this.columns.get(name);
    if (!column) throw new Error(`table ${this.table.name} has no column ${name}`);
    return column as T;
  }

  has(name: string): boolean {
    return this.columns.has(name);
  }

  /**
   * Sets a column of the row in the making; undefined and null leave its default. Text columns take one value per
   * row. Cheaper than `append` where most columns of a wide table are seldom told.
   */
  set(name: string, value: unknown): void {
    if (value !== undefined && value !== null) this.column(name).push(this.rows, value);
  }

  /** Ends the row in the making. */
  next(): void {
    this.rows++;
  }

  /** Appends a row given as column → value; columns left out or undefined hold their default. */
  append(row: Readonly<Record<string, unknown>>): void {
    const at = this.rows;
    for (const name in row) {
      const value = row[name];
      if (value !== undefined && value !== null) this.column(name).push(at, value);
    }
    this.rows = at + 1;
  }

  mark(): void {
    this.marked = this.rows;
    for (const [, column] of this.all) column.mark();
  }

  rollback(): void {
    this.rows = this.marked;
    for (const [, column] of this.all) column.rollback();
  }

  reset(): void {
    this.rows = this.marked = 0;
    for (const [, column] of this.all) column.reset();
  }

  /** The block as parts to be written in order; views that stay valid until `reset`. */
  encode(): Uint8Array[] {
    const set = this.all.filter(([, column]) => column.rows > 0);
    const head = new Bytes(32);
    head.varint(set.length);
    head.varint(this.rows);
    const out: Uint8Array[] = [head.used()];
    for (const [name, column] of set) {
      out.push(name);
      column.encode(this.rows, out);
    }
    return out;
  }
}
