/**
 * A published view as a file, streamed: what is exported may be larger than any memory.
 *
 * The store's client reads answers whole, so this speaks to the engine itself, as the internal user, whose bounds
 * are not those of a person's SQL. It reads the views that the wall made for the tenant, and says the tenant once more:
 * views of a slot that changes hands in between answer nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { ok, type Result } from '../base/result.ts';
import { OUTCOME_SQL, SETTLED_MS_SQL } from '../requests/index.ts';
import { DATABASE, type Engine, type Supervisor } from '../store/engine/index.ts';
import { viewSelects, type Wall } from '../store/index.ts';
import type { Asking } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { nearest } from './nearest.ts';
import type { TimeRange } from './range.ts';

export const EXPORT_FORMATS = {
  parquet: { engine: 'Parquet', type: 'application/vnd.apache.parquet' },
  ndjson: { engine: 'JSONEachRow', type: 'application/x-ndjson' },
} as const;
export type ExportFormat = keyof typeof EXPORT_FORMATS;

/** A year of a large view from a slow disk. */
const EXPORT_S = 3_600;
/** Each reads a large part of the store; two leave room for questions. */
const EXPORTS_AT_ONCE = 2;
const VIEWS = Object.keys(viewSelects({ outcome: OUTCOME_SQL, settled_ms: SETTLED_MS_SQL }));

export interface Exporter {
  /** Bytes of a file. A stream that breaks off is destroyed with an error. */
  open(
    asking: Asking,
    what: string,
    format: string,
    range: TimeRange,
  ): Promise<Result<Readable, ExploreError>>;
}

export function createExporter(deps: {
  supervisor: Pick<Supervisor, 'current'>;
  wall: Pick<Wall, 'ensureTenantViews'>;
}): Exporter {
  let connected: { engine: Engine; client: ClickHouseClient } | null = null;
  let running = 0;

  function clientOf(engine: Engine): ClickHouseClient {
    if (connected?.engine === engine) return connected.client;
    void connected?.client.close();
    const client = createClient({
      url: engine.url,
      username: engine.user,
      password: engine.password,
      database: DATABASE,
      request_timeout: EXPORT_S * 1_000,
      compression: { request: false, response: false },
      log: { level: ClickHouseLogLevel.OFF },
    });
    connected = { engine, client };
    return client;
  }

  return {
    async open(asking, what, format, range) {
      if (!VIEWS.includes(what)) return unknownView(what);
      if (!Object.hasOwn(EXPORT_FORMATS, format))
        return refused('invalid_request', 'format is neither parquet nor ndjson', { field: 'format' });
      if (running >= EXPORTS_AT_ONCE)
        return refused('overloaded', `${EXPORTS_AT_ONCE} exports are running already`);
      const { tenant } = asking.scope;
      const slot = await deps.wall.ensureTenantViews(tenant);
      if (!slot.ok) return fromStore(slot.error);
      const engine = deps.supervisor.current();
      if (!engine) return refused('engine_unavailable', 'the query engine is not up');
      const client = clientOf(engine);
      const query_id = randomUUID();
      running += 1;
      try {
        const { stream } = await client.exec({
          query: `${textOf(`${slot.value.database}.${what}`, tenant)}\nFORMAT ${EXPORT_FORMATS[format as ExportFormat].engine}`,
          query_id,
          query_params: {
            from: range.from_ms,
            to: range.to_ms,
            ...(tenant === null ? {} : { tenant }),
          },
          clickhouse_settings: {
            max_execution_time: EXPORT_S,
            output_format_json_quote_64bit_integers: 1,
            date_time_output_format: 'iso',
          },
        });
        stream.once('close', () => {
          running -= 1;
          // Hanging up does not stop a query.
          if (!stream.readableEnded)
            void client
              .command({
                query: 'KILL QUERY WHERE query_id = {id:String} ASYNC',
                query_params: { id: query_id },
              })
              .catch(() => undefined);
        });
        return ok(stream);
      } catch (error) {
        running -= 1;
        return refused(
          'engine_unavailable',
          `the export could not begin: ${(error as Error).message.slice(0, 300)}`,
        );
      }
    },
  };
}

/** The view within the tenant and the time. */
function textOf(view: string, tenant: string | null): string {
  return `SELECT * FROM ${view}
    WHERE ${tenant === null ? '1' : 'tenant = {tenant:String}'}
      AND timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND timestamp < fromUnixTimestamp64Milli({to:Int64})
    ORDER BY timestamp SETTINGS max_bytes_before_external_sort = 200000000`;
}

function unknownView(what: string) {
  const near = nearest(what, VIEWS);
  return refused('not_found', `there is no view ${what.slice(0, 80)}`, {
    field: 'what',
    hint: near ? `Did you mean ${near}?` : `Views: ${VIEWS.join(', ')}.`,
  });
}
