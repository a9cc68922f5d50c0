/** Metrics of all five kinds to rows of `metric_points`, one per data point. */
import { tableOf } from '@pegbar/contract';
import { protoType } from '../proto.ts';
import type { OtlpContext } from '../sink.ts';
import { MAX_NAME_BYTES } from '../spans/limits.ts';
import { MalformedError } from '../spans/wire.ts';
import { DomainSamples } from './domain-samples.ts';
import { type AnyPoint, KINDS, type Kind, pointFields } from './points.ts';
import { type DecodedRows, MAX_ROWS, type ProtectionOf, type RowSink, Tally, timeOf } from './rows.ts';
import { ScopeOfItems } from './scope.ts';
import { unsigned } from './value.ts';
import { decodeMessage, walk } from './walk.ts';

/** Bytes of one metric with all its points; a larger one is refused. As objects it takes many times as much. */
const MAX_METRIC_BYTES = 16 * 1024 * 1024;
const NO_RECORDED_VALUE = 1;

interface Data {
  dataPoints: AnyPoint[];
  aggregationTemporality?: number;
  isMonotonic?: boolean;
}
type Metric = { name: string; unit: string } & Partial<Record<Kind['field'], Data | null>>;

const METRIC = protoType('Metric');
const COLUMNS: ReadonlySet<string> = new Set(tableOf('metric_points').columns.map((column) => column.name));

/**
 * Appends one row per data point, and samples of GPUs and queues for the metrics that tell of them. Throws
 * `MalformedError` where the request cannot be decoded; rows that were appended before are then the caller's to
 * take back (the intake's `transact`).
 */
export function decodeMetrics(
  bytes: Uint8Array,
  context: OtlpContext,
  sink: RowSink,
  protectionOf: ProtectionOf,
): DecodedRows {
  const tally = new Tally();
  const scope = new ScopeOfItems(context, 'point', COLUMNS, protectionOf, tally);
  const samples = new DomainSamples();
  const arrivedNs = BigInt(Math.trunc(context.receivedMs)) * 1_000_000n;
  walk('metrics', bytes, {
    resource: (slice) => scope.resource(slice),
    scope: (slice) => scope.scope(slice),
    item: (slice) => {
      if (slice.length > MAX_METRIC_BYTES) {
        tally.reject(`metric larger than ${MAX_METRIC_BYTES} bytes`);
        return;
      }
      const metric = decodeMessage<Metric>(METRIC, slice);
      for (const kind of KINDS) {
        const data = metric[kind.field];
        if (data) appendPoints(metric, kind, data, { scope, sink, samples, arrivedNs, tally });
      }
    },
  });
  samples.flush(sink);
  return tally.result();
}

interface Into {
  scope: ScopeOfItems;
  sink: RowSink;
  samples: DomainSamples;
  arrivedNs: bigint;
  tally: Tally;
}

function appendPoints(metric: Metric, kind: Kind, data: Data, into: Into): void {
  const { scope, sink, samples, arrivedNs, tally } = into;
  if (metric.name === '' || metric.name.length > MAX_NAME_BYTES) {
    tally.reject('metric without a name, or with one that is too long', data.dataPoints.length);
    return;
  }
  for (const point of data.dataPoints) {
    const timestamp = timeOf(point.timeUnixNano, arrivedNs);
    if (timestamp === undefined) {
      tally.reject('time before 1990 or more than a day ahead');
      continue;
    }
    const absent = (point.flags & NO_RECORDED_VALUE) !== 0;
    const fields = pointFields(kind, point, absent, arrivedNs);
    if (typeof fields === 'string') {
      tally.reject(fields);
      continue;
    }
    const ground = scope.ground(point.attributes);
    if (!ground) continue;
    if (++tally.rows > MAX_ROWS)
      throw new MalformedError(`more than ${MAX_ROWS} data points; send smaller batches`);
    const { row } = ground;
    Object.assign(row, fields, {
      timestamp,
      start: point.startTimeUnixNano ? clampStart(unsigned(point.startTimeUnixNano), timestamp) : timestamp,
      name: metric.name,
      kind: kind.name,
      unit: metric.unit.slice(0, MAX_NAME_BYTES),
      temporality: data.aggregationTemporality ?? 0,
      monotonic: data.isMonotonic ? 1 : 0,
      flags: point.flags >>> 0,
    });
    sink.append('metric_points', row);
    if (!absent) samples.take(row, ground.protection.identity(scope.resourceText('host.name'), 'name'));
  }
}

/** A start after its end, or of 0 (unknown), is no start: the end stands for it. */
const clampStart = (start: bigint, end: bigint): bigint => (start === 0n || start > end ? end : start);
