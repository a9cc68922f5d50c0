/** The fields of a data point that differ by kind of metric. */
import { MAX_ITEMS } from '../spans/limits.ts';
import { idOf, timeOf } from './rows.ts';
import { type KeyValue, type Long, signed, unsigned } from './value.ts';

interface Exemplar {
  timeUnixNano?: Long;
  asDouble?: number;
  asInt?: Long;
  traceId?: Uint8Array;
  spanId?: Uint8Array;
}

/** All data points at once: protobufjs leaves out what a kind does not have. */
export interface AnyPoint {
  timeUnixNano?: Long;
  startTimeUnixNano?: Long;
  attributes: KeyValue[];
  flags: number;
  exemplars?: Exemplar[];
  asDouble?: number;
  asInt?: Long;
  count?: Long;
  sum?: number;
  min?: number;
  max?: number;
  bucketCounts?: Long[];
  explicitBounds?: number[];
  scale?: number;
  zeroCount?: Long;
  zeroThreshold?: number;
  positive?: { offset: number; bucketCounts: Long[] } | null;
  negative?: { offset: number; bucketCounts: Long[] } | null;
  quantileValues?: { quantile: number; value: number }[];
}

export interface Kind {
  field: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary';
  /** As the column `kind` names it. */
  name: string;
}

export const KINDS: readonly Kind[] = [
  { field: 'gauge', name: 'gauge' },
  { field: 'sum', name: 'sum' },
  { field: 'histogram', name: 'histogram' },
  { field: 'exponentialHistogram', name: 'exponential_histogram' },
  { field: 'summary', name: 'summary' },
];

/** Buckets or quantiles of one point: SDKs default to 16 and 160. */
const MAX_BUCKETS = 4096;

const toNumber = (long: Long): number => Number(unsigned(long));
/** An optional number; protobufjs puts the default on the prototype when it was not sent. */
const sent = (point: AnyPoint, field: 'sum' | 'min' | 'max'): number | undefined =>
  Object.hasOwn(point, field) ? point[field] : undefined;

/**
 * Columns of one point, or why it is refused. `absent` is the flag for "no recorded value": such a point has none,
 * and NaN stands for it, so that no sum takes it for a zero.
 */
export function pointFields(
  kind: Kind,
  point: AnyPoint,
  absent: boolean,
  arrivedNs: bigint,
): Record<string, unknown> | string {
  const own = absent ? { value: Number.NaN } : OF_KIND[kind.field](point);
  return typeof own === 'string' ? own : { ...own, ...exemplarFields(point.exemplars ?? [], arrivedNs) };
}

const OF_KIND: Record<Kind['field'], (point: AnyPoint) => Record<string, unknown> | string> = {
  gauge: number,
  sum: number,
  histogram(point) {
    const buckets = point.bucketCounts ?? [];
    const bounds = point.explicitBounds ?? [];
    if (buckets.length > MAX_BUCKETS) return `more than ${MAX_BUCKETS} buckets`;
    if (buckets.length === 0 ? bounds.length > 0 : buckets.length !== bounds.length + 1) {
      return 'histogram whose buckets do not fit its bounds';
    }
    for (let i = 0; i < bounds.length; i++) {
      if (Number.isNaN(bounds[i]) || (i > 0 && bounds[i]! <= bounds[i - 1]!))
        return 'histogram bounds do not rise';
    }
    return { ...summed(point), bounds, buckets: buckets.map(toNumber) };
  },
  exponentialHistogram(point) {
    const { positive, negative } = point;
    const buckets = (positive?.bucketCounts ?? []).map(toNumber);
    const negatives = (negative?.bucketCounts ?? []).map(toNumber);
    if (buckets.length + negatives.length > MAX_BUCKETS) return `more than ${MAX_BUCKETS} buckets`;
    return {
      ...summed(point),
      scale: point.scale ?? 0,
      zero_count: point.zeroCount ? unsigned(point.zeroCount) : 0n,
      zero_threshold: point.zeroThreshold ?? 0,
      positive_offset: positive?.offset ?? 0,
      buckets,
      negative_offset: negative?.offset ?? 0,
      negative_buckets: negatives,
    };
  },
  summary(point) {
    const quantiles = point.quantileValues ?? [];
    if (quantiles.length > MAX_BUCKETS) return `more than ${MAX_BUCKETS} quantiles`;
    if (quantiles.some(({ quantile }) => !(quantile >= 0 && quantile <= 1))) return 'quantile outside 0 to 1';
    return {
      value: point.sum ?? 0,
      count: point.count ? unsigned(point.count) : 0n,
      bounds: quantiles.map(({ quantile }) => quantile),
      buckets: quantiles.map(({ value }) => value),
    };
  },
};

function number(point: AnyPoint): Record<string, unknown> | string {
  if (Object.hasOwn(point, 'asDouble')) return { value: point.asDouble };
  // Beyond 2^53 the column, a Float64, rounds.
  if (Object.hasOwn(point, 'asInt')) return { value: Number(signed(point.asInt!)) };
  return 'data point without a value';
}

/** Sum, count and extremes. A sum that was not sent is NaN: unknown, not zero. */
function summed(point: AnyPoint): Record<string, unknown> {
  const value = sent(point, 'sum') ?? Number.NaN;
  const count = point.count ? unsigned(point.count) : 0n;
  return { value, count, min: sent(point, 'min'), max: sent(point, 'max') };
}

function exemplarFields(exemplars: readonly Exemplar[], arrivedNs: bigint): Record<string, unknown> {
  const kept = exemplars.slice(0, MAX_ITEMS);
  if (kept.length === 0) return {};
  return {
    exemplar_times: kept.map(({ timeUnixNano }) => timeOf(timeUnixNano, arrivedNs) ?? arrivedNs),
    exemplar_values: kept.map((each) =>
      Object.hasOwn(each, 'asInt') ? Number(signed(each.asInt!)) : (each.asDouble ?? Number.NaN),
    ),
    exemplar_traces: kept.map(({ traceId }) => idOf(traceId, 16) ?? NO_TRACE),
    exemplar_spans: kept.map(({ spanId }) => idOf(spanId, 8) ?? NO_SPAN),
  };
}
const NO_TRACE = new Uint8Array(16);
const NO_SPAN = new Uint8Array(8);
