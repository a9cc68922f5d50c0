/**
 * Rows of the merging tables as they are once merged, without FINAL: that merges row by row, reads more than a
 * question needs and took twenty times as long. What a question does not use of these columns is not computed.
 */
import { type Column, tableOf } from '@pegbar/contract';

const MERGED = /^SimpleAggregateFunction\((\w+), (.*)\)$/;

/**
 * A subquery over the table `t`; `parts` are the days of ingest of the rows that were merged. `chosen` is its WHERE or
 * PREWHERE with qualified names, or nothing; it must take all rows of a key or none.
 */
export function mergedRows(table: 'requests' | 'images', chosen: string, database?: string): string {
  const { columns, orderBy } = tableOf(table);
  const told = columns.map((column) => `${mergedValue(column)} AS ${column.name}`);
  told.push('groupUniqArray(t.part::Date) AS parts');
  const from = database === undefined ? table : `${database}.${table}`;
  return `(SELECT ${told.join(', ')} FROM ${from} AS t ${chosen} GROUP BY ${orderBy.map((name) => `t.${name}`).join(', ')})`;
}

function mergedValue({ name, type }: Column): string {
  const how = MERGED.exec(type);
  return how ? `${how[1]}(t.${name})` : `t.${name}`;
}

/**
 * Columns of which the merged value is that of one of the rows: what holds for the merged value holds for a row then,
 * so that rows can be chosen before they are merged.
 */
export function valuesOfOneRow(table: 'requests' | 'images'): ReadonlySet<string> {
  return new Set(
    tableOf(table)
      .columns.filter(({ type }) => MERGED.exec(type)?.[1] !== 'sum')
      .map(({ name }) => name),
  );
}
