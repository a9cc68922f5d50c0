/** Rollup rows as bytes, to be handed from the thread that counts them to the one that is asked for them. */
import { type RollupMetricName, tableOf } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import { type ArrayView, BlockBuilder, type FixedView, readBlock } from '../native/index.ts';
import { type RollupRow, Tally } from './builder.ts';
import { seriesBlock } from './series-block.ts';
import type { SeriesCounts } from './series-counts.ts';
import { bucketKey } from './swap.ts';

/** Each bucket's rows as a Native block of `roll_hours` in memory of its own, so that it can be moved. */
export async function packBuckets(
  counted: SeriesCounts,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): Promise<Map<string, Uint8Array>> {
  const lists = counted.counts.lists();
  const packed = new Map<string, Uint8Array>();
  for (const [bucket, rows] of rowsByBucket(counted).entries()) {
    const { tenant, t_ms } = counted.cells.momentOf(bucket);
    const block = await paced(seriesBlock(counted, lists, rows), clock);
    packed.set(bucketKey({ tenant, hour_ms: t_ms }), joined(block.encode()));
  }
  return packed;
}

/** A bucket of which there is nothing. */
export const noRows = (): Uint8Array => joined(new BlockBuilder(tableOf('roll_hours')).encode());

/** Rows of each bucket, by its number. */
function rowsByBucket(counted: SeriesCounts): number[][] {
  const rows: number[][] = Array.from({ length: counted.cells.buckets.size }, () => []);
  for (let row = 0; row < counted.counts.rows; row++) rows[counted.bucketOf(row)]!.push(row);
  return rows;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function unpackRows(bytes: Uint8Array): RollupRow[] {
  const { columns, rows } = readBlock(bytes);
  const text = (name: string, row: number): string =>
    (columns.get(name)?.at(row) as string | undefined) ?? '';
  const number = (name: string, row: number): number => Number(columns.get(name)?.at(row) ?? 0);
  const codes = columns.get('bins') as ArrayView | undefined;
  const counts = columns.get('counts') as ArrayView | undefined;
  const out: RollupRow[] = [];
  for (let row = 0; row < rows; row++) {
    const metric = text('metric', row) as RollupMetricName;
    const tally = new Tally(metric);
    tally.n = number('n', row);
    tally.micro = number('sum', row);
    if (codes && counts && tally.bins) {
      const code = (codes.inner as FixedView).values as Uint16Array;
      const count = (counts.inner as FixedView).values as Uint32Array;
      for (let item = row === 0 ? 0 : codes.ends[row - 1]!; item < codes.ends[row]!; item++)
        tally.bins.add(code[item]!, count[item]!);
    }
    out.push({
      tenant: text('tenant', row),
      metric,
      stage: text('stage', row),
      dim: text('dim', row),
      value: text('value', row),
      t_ms: number('t', row) * 1000,
      tally,
    });
  }
  return out;
}
