/** DDL out of the table definitions of `contract`: the only place where they become SQL. */
import { type Column, RAW_TABLES, TABLES, type Table } from '@pegbar/contract';
import { DURABILITY_SETTINGS } from './engine/index.ts';

/** Tokens of inserts that an engine remembers: each guards one retry in flight, recovery never relies on it. */
const DEDUPLICATION_WINDOW = 1000;

/**
 * Parts below this size are one file instead of two per column. With 90 columns and an fsync per file, inserting
 * 100,000 spans cost 0.58 s of CPU as files per column and 0.13 s as one file; merged days become wide anyway.
 */
const COMPACT_PART_BYTES = 256 * 1024 * 1024;

const raw = new Set(RAW_TABLES.map((table) => table.name));

/** `CREATE TABLE IF NOT EXISTS` for the bound database, without a closing semicolon. */
export function ddlOf(table: Table): string {
  const settings = {
    // Tables carry them themselves, so that they hold behind an address too.
    ...DURABILITY_SETTINGS,
    ...(raw.has(table.name)
      ? {
          non_replicated_deduplication_window: DEDUPLICATION_WINDOW,
          min_bytes_for_wide_part: COMPACT_PART_BYTES,
        }
      : {}),
    ...table.settings,
  };
  return [
    `CREATE TABLE IF NOT EXISTS ${table.name}`,
    '(',
    [...table.columns.map(columnOf), ...(table.indexes ?? []).map((index) => `  ${index}`)].join(',\n'),
    ')',
    `ENGINE = ${table.engine}`,
    `PARTITION BY ${table.partitionBy}`,
    `ORDER BY (${table.orderBy.join(', ')})`,
    `SETTINGS ${Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}`)
      .join(', ')}`,
    `COMMENT ${quote(table.doc)}`,
  ].join('\n');
}

/** The text of the first migration: all tables as `contract` has them. */
export function tablesSql(): string {
  const head = '-- Generated from packages/contract/src/tables.ts by `npx vitest run ddl -u`. Do not edit.\n';
  return `${head}${TABLES.map((table) => `${ddlOf(table)};\n`).join('\n')}`;
}

/** A string literal of ClickHouse. */
export function quote(text: string): string {
  return `'${text.replace(/[\\']/g, (found) => `\\${found}`)}'`;
}

function columnOf(column: Column): string {
  const { part, name, type, doc } = column;
  if (part) {
    const bytes = Number(/^FixedString\((\d+)\)$/.exec(type)?.[1]);
    // The engine counts from 1.
    const alias = `toFixedString(substring(${part.of}, ${part.at + 1}, ${bytes}), ${bytes})`;
    return `  ${name} ${type} ALIAS ${alias} COMMENT ${quote(doc)}`;
  }
  const codec = column.codec ? ` CODEC(${column.codec})` : '';
  const otherwise = column.default ? ` DEFAULT ${column.default}` : '';
  return `  ${name} ${type}${otherwise} COMMENT ${quote(doc)}${codec}`;
}
