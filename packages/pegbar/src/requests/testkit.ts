/** Blocks of `spans`, and the merge that the store makes of folded rows. Not exported by the room. */
import { tableOf } from '@pegbar/contract';
import { BlockBuilder, readBlock } from '../native/index.ts';

export type SpanRow = Record<string, unknown>;
/** Rows of one segment as blocks, `perBlock` rows each. */
export function blocksOf(rows: readonly SpanRow[], seg: bigint, perBlock = 3): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < rows.length; at += perBlock) {
    const builder = new BlockBuilder(tableOf('spans'));
    for (const row of rows.slice(at, at + perBlock)) builder.append({ ...row, seg });
    blocks.push(Buffer.concat(builder.encode()));
  }
  return blocks;
}

export function rowsIn(builder: BlockBuilder): SpanRow[] {
  if (builder.rows === 0) return [];
  const view = readBlock(Buffer.concat(builder.encode()));
  return Array.from({ length: view.rows }, (_, row) =>
    Object.fromEntries(
      [...view.columns].map(([name, column]) => {
        const value = column.at(row);
        return [name, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value];
      }),
    ),
  );
}

type Merge = (a: unknown, b: unknown) => unknown;

/** Merges rows of one key as `AggregatingMergeTree` does with SimpleAggregateFunction columns. */
export function mergeRows(table: string, rows: readonly SpanRow[]): Map<string, SpanRow> {
  const { columns, orderBy } = tableOf(table);
  const merges = new Map<string, Merge>();
  for (const { name, type } of columns) {
    const how = /^SimpleAggregateFunction\((\w+),/.exec(type)?.[1];
    if (how) merges.set(name, MERGES[how]!);
  }
  const merged = new Map<string, SpanRow>();
  for (const row of rows) {
    const key = orderBy.map((name) => String(row[name])).join('|');
    const into = merged.get(key);
    if (!into) {
      merged.set(key, { ...row });
      continue;
    }
    for (const [name, merge] of merges) {
      if (row[name] === undefined) continue;
      into[name] = into[name] === undefined ? row[name] : merge(into[name], row[name]);
    }
  }
  return merged;
}

const MERGES: Readonly<Record<string, Merge>> = {
  sum: (a, b) => (typeof a === 'bigint' ? a + (b as bigint) : (a as number) + (b as number)),
  max: (a, b) => (compare(a, b) >= 0 ? a : b),
  min: (a, b) => (compare(a, b) <= 0 ? a : b),
  maxMap: (a, b) => {
    const merged = new Map(a as Map<string, string>);
    for (const [key, value] of b as Map<string, string>)
      if (compare(value, merged.get(key) ?? '') > 0) merged.set(key, value);
    return merged;
  },
};

function compare(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let at = 0; at < Math.min(a.length, b.length); at++) {
      const by = compare(a[at], b[at]);
      if (by !== 0) return by;
    }
    return a.length - b.length;
  }
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  const [x, y] = [a as number | bigint, b as number | bigint];
  return x < y ? -1 : x > y ? 1 : 0;
}
