/** How much each table takes on the disk, from the engine's own list of its parts: no row is read. */
import type { Result } from '../base/result.ts';
import type { Store } from './client.ts';
import type { StoreError } from './errors.ts';

export interface TableSpace {
  readonly table: string;
  readonly rows: number;
  /** Compressed, on the disk. */
  readonly bytes: number;
  readonly raw_bytes: number;
  /** Partitions; days, for all tables but the rollups. */
  readonly days: number;
}

const SPACES = `SELECT table, toFloat64(sum(rows)) AS rows, toFloat64(sum(bytes_on_disk)) AS bytes,
  toFloat64(sum(data_uncompressed_bytes)) AS raw_bytes, toFloat64(uniqExact(partition_id)) AS days
FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table`;

/** Of tables with rows. Over all tenants. */
export const tableSpaces = (
  store: Pick<Store, 'rows'>,
  signal?: AbortSignal,
): Promise<Result<TableSpace[], StoreError>> => store.rows<TableSpace>(SPACES, signal ? { signal } : {});
