import { fail, ok, type Result } from '../base/result.ts';
import {
  IMPORT_ID,
  type MetricPoint,
  metricsRequest,
  type Sink,
  type SinkFailure,
  type Verdict,
} from '../importers/index.ts';
import type { Client, ClientFailure } from './client.ts';
import { otlpAddress, type ServerStatus } from './server-status.ts';

export interface ImportTarget {
  /** Name of the import, told to the server so that it compares ids with the store and not only with its window. */
  name: string;
  tenant: string | undefined;
  say: (text: string) => void;
}

/** A sink that is the server behind a client. */
export function httpSink(client: Client, target: ImportTarget): Sink {
  // Until the server has answered once, a refused connection is a wrong address; later it is a restart.
  let patient = false;
  let otlp: Result<string, SinkFailure> | undefined;
  let canAskStore = true;

  async function prepareOtlp(): Promise<Result<string, SinkFailure>> {
    const me = await client.json<ServerStatus>('GET', '/api/v1/me');
    if (!me.ok) return fail(sinkFailure(me.error));
    // What an interrupted run sent must be in the store before it is asked what it has.
    const flushed = await client.json('POST', '/api/v1/flush');
    if (!flushed.ok)
      target.say('the server could not flush: rows of a run just before this one may be sent twice');
    return ok(otlpAddress(me.value, client.url));
  }

  /** Ids of these points that the store has already; none where the key may not read. */
  async function known(points: readonly MetricPoint[]): Promise<Result<Set<string>, SinkFailure>> {
    if (!canAskStore) return ok(new Set());
    const sql = knownPoints(points, client.hasKey ? undefined : (target.tenant ?? 'default'));
    const found = await client.json<{ rows: unknown[][] }>('POST', '/api/v1/query', {
      body: JSON.stringify({ sql }),
      patient,
    });
    if (found.ok) return ok(new Set(found.value.rows.map((row) => String(row[0]))));
    if (found.error.kind !== 'denied') return fail(sinkFailure(found.error));
    canAskStore = false;
    target.say('this key may not read: only the last 24 hours are checked for points that were sent before');
    return ok(new Set());
  }

  return {
    async events(ndjson) {
      const sent = await client.json<Partial<Verdict>>('POST', '/api/v1/events', {
        query: { import: target.name },
        body: ndjson,
        contentType: 'application/x-ndjson',
        patient,
      });
      if (!sent.ok) return fail(sinkFailure(sent.error));
      patient = true;
      const { accepted = 0, duplicates = 0, rejected = [] } = sent.value;
      return ok({ accepted, duplicates, rejected });
    },
    async points(points) {
      otlp ??= await prepareOtlp();
      if (!otlp.ok) return otlp;
      const before = await known(points);
      if (!before.ok) return before;
      const fresh = points.filter((point) => !before.value.has(point.id));
      const duplicates = points.length - fresh.length;
      if (fresh.length === 0) return ok({ accepted: 0, duplicates, rejected: [] });
      const sent = await client.json<PartialSuccess>('POST', '/v1/metrics', {
        base: otlp.value,
        body: JSON.stringify(metricsRequest(fresh, target.tenant)),
        patient,
      });
      if (!sent.ok) return fail(sinkFailure(sent.error));
      patient = true;
      const refused = Number(sent.value.partialSuccess?.rejectedDataPoints ?? 0);
      const message = sent.value.partialSuccess?.errorMessage ?? 'rejected by the server';
      const rejected = Array.from({ length: refused }, () => ({
        line: 1,
        code: 'invalid_record',
        field: '',
        message,
      }));
      return ok({ accepted: fresh.length - refused, duplicates, rejected });
    },
  };
}

interface PartialSuccess {
  partialSuccess?: { rejectedDataPoints?: string | number; errorMessage?: string };
}

export function sinkFailure(failure: ClientFailure): SinkFailure {
  const told: SinkFailure = {
    tooLarge: failure.kind === 'too_large',
    message: failure.message,
    exit: failure.exit,
  };
  if (failure.hint) told.hint = failure.hint;
  return told;
}

/** Narrowed by name and time first, which is how the table is ordered; the list of ids then decides. */
function knownPoints(points: readonly MetricPoint[], tenant: string | undefined): string {
  const times = points.map((point) => point.timestamp_ms);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const names = [...new Set(points.map((point) => point.name))];
  return [
    `SELECT DISTINCT attributes['${IMPORT_ID}'] AS id FROM metric_points`,
    `WHERE name IN (${names.map(literal).join(', ')})`,
    ...(tenant === undefined ? [] : [`AND tenant = ${literal(tenant)}`]),
    `AND timestamp >= ${literal(clickhouseTime(first))} AND timestamp <= ${literal(clickhouseTime(last))}`,
    `AND attributes['${IMPORT_ID}'] IN (${points.map((point) => literal(point.id)).join(', ')})`,
  ].join(' ');
}

const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const clickhouseTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
