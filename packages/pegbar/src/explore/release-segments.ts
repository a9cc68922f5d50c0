/**
 * Where one version is slower than the other: segments of tenant, region, hardware and size, ranked by the lower bound
 * of the harm, so that few requests do not lead. Counted from the requests themselves; beyond a bound from a sample.
 */
import { type Difference, differenceOfQuantiles, type Histogram, histogramOfBins } from '@pegbar/stats';
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { binSql } from './fact-queries.ts';
import { type ExploreError, fromStore } from './failure.ts';
import { signalOf } from './page.ts';
import { REQUEST_LATENCY_MS, REQUEST_OUTCOME } from './queries.ts';
import type { Bout } from './release.ts';
import { sharesOf, subjectOf } from './subjects.ts';

const DIMENSIONS = ['tenant', 'region', 'hardware_class', 'size'] as const;
export type SegmentKey = Partial<Record<(typeof DIMENSIONS)[number], string>>;

export interface SegmentDifference {
  segment: SegmentKey;
  /** Requests of the version that were looked at. */
  n: number;
  n_before: number;
  /** p95, ms. */
  now: number;
  before: number;
  difference: Difference;
}

/** Pictures with a longer side than this are large. */
const LARGE_PX = 1_024;
/** More values of a dimension than these are counted together. */
const VALUES_MOST = 12;
/** Bins of cells that one answer may have. */
const CELLS_MOST = 200_000;
/** A segment with fewer requests on a side is left out. */
const REQUESTS_LEAST = 40;
const SEGMENTS_MOST = 8;
const Q = 0.95;

interface CellRow {
  mine: number;
  tenant: string;
  region: string;
  hardware_class: string;
  size: string;
  bin: number;
  n: string;
}

export async function readSegments(
  deps: ExploreDeps,
  asking: Asking,
  { version, against, window, before }: Bout,
): Promise<Result<SegmentDifference[], ExploreError>> {
  const subject = subjectOf('requests', ['requests'], 'of');
  if (!subject.ok) return subject;
  const range = { from_ms: Math.min(window.from_ms, before.from_ms), to_ms: window.to_ms };
  const shares = await sharesOf(deps, asking, subject.value, range);
  if (!shares.ok) return shares;
  const share = shares.value.most;
  const side = (name: string): string =>
    `at >= {${name}_from:Int64} * 1000000 AND at < {${name}_to:Int64} * 1000000 AND model_version = {${name}:String}`;
  const sql = `
WITH chosen AS (
  SELECT model_version = {now:String} AS mine, tenant, region, hardware_class,
    multiIf(greatest(width, height) = 0, '', greatest(width, height) > ${LARGE_PX}, '> ${LARGE_PX} px', '≤ ${LARGE_PX} px') AS size,
    toFloat64(${REQUEST_LATENCY_MS}) AS ms
  FROM (${subject.value.rows(share.sql)})
  WHERE ((${side('now')}) OR (${side('base')})) AND ${REQUEST_OUTCOME} IN ('succeeded', 'failed', 'timed_out', 'blocked') AND ms > 0
)
SELECT toUInt8(mine) AS mine, if(tenant IN (SELECT tenant FROM chosen GROUP BY tenant ORDER BY count() DESC LIMIT ${VALUES_MOST}), tenant, 'other') AS tenant,
  if(region IN (SELECT region FROM chosen GROUP BY region ORDER BY count() DESC LIMIT ${VALUES_MOST}), region, 'other') AS region,
  if(hardware_class IN (SELECT hardware_class FROM chosen GROUP BY hardware_class ORDER BY count() DESC LIMIT ${VALUES_MOST}), hardware_class, 'other') AS hardware_class,
  size, ${binSql('latency_ms', 'ms')} AS bin, count() AS n
FROM chosen GROUP BY ALL LIMIT ${CELLS_MOST}`;
  const found = await deps.store.scoped(asking.scope).rows<CellRow>(sql, {
    params: {
      ...share.params,
      from: range.from_ms,
      to: range.to_ms,
      now: version,
      now_from: window.from_ms,
      now_to: window.to_ms,
      base: against,
      base_from: before.from_ms,
      base_to: before.to_ms,
    },
    ...signalOf(asking),
  });
  return found.ok ? ok(rankSegments(found.value)) : fromStore(found.error);
}

interface Sides {
  segment: SegmentKey;
  now: Map<number, number>;
  before: Map<number, number>;
}

/** All segments of up to three conditions, the worst by the lower bound of its harm first, none within another. */
export function rankSegments(rows: readonly CellRow[]): SegmentDifference[] {
  const out: SegmentDifference[] = [];
  for (const dims of subsets()) {
    for (const { segment, now, before } of grouped(rows, dims)) {
      const [a, b] = [histogram(before), histogram(now)];
      const [n, n_before] = [total(now), total(before)];
      if (Math.min(n, n_before) < REQUESTS_LEAST) continue;
      const difference = differenceOfQuantiles(a, b, Q);
      if (!difference) continue;
      const then = quantile(a);
      out.push({ segment, n, n_before, now: then + difference.value, before: then, difference });
    }
  }
  out.sort((a, b) => b.difference.low - a.difference.low || b.n - a.n);
  const chosen: SegmentDifference[] = [];
  for (const one of out) {
    if (chosen.length >= SEGMENTS_MOST) break;
    if (!chosen.some((other) => within(one.segment, other.segment) || within(other.segment, one.segment)))
      chosen.push(one);
  }
  return chosen;
}

function subsets(): (typeof DIMENSIONS)[number][][] {
  const out: (typeof DIMENSIONS)[number][][] = [];
  for (let mask = 1; mask < 1 << DIMENSIONS.length; mask++) {
    const dims = DIMENSIONS.filter((_, at) => mask & (1 << at));
    if (dims.length < DIMENSIONS.length) out.push(dims);
  }
  return out;
}

function grouped(rows: readonly CellRow[], dims: readonly (typeof DIMENSIONS)[number][]): Sides[] {
  const groups = new Map<string, Sides>();
  for (const row of rows) {
    if (dims.some((dim) => row[dim] === '' || row[dim] === 'other')) continue;
    const place = dims.map((dim) => row[dim]).join('\n');
    const group = groups.get(place) ?? {
      segment: Object.fromEntries(dims.map((dim) => [dim, row[dim]])),
      now: new Map<number, number>(),
      before: new Map<number, number>(),
    };
    groups.set(place, group);
    const side = Number(row.mine) === 1 ? group.now : group.before;
    side.set(row.bin, (side.get(row.bin) ?? 0) + Number(row.n));
  }
  // A dimension with one value divides nothing.
  return groups.size > 1 ? [...groups.values()] : [];
}

/** Whether all of `part` lies in `whole`. */
const within = (part: SegmentKey, whole: SegmentKey): boolean =>
  Object.entries(whole).every(([dim, value]) => part[dim as keyof SegmentKey] === value);
const total = (bins: ReadonlyMap<number, number>): number =>
  [...bins.values()].reduce((sum, n) => sum + n, 0);
const histogram = (bins: ReadonlyMap<number, number>): Histogram => histogramOfBins('float', bins);
function quantile({ values, counts }: Histogram): number {
  let rank = Q * Array.from(counts).reduce((sum, n) => sum + n, 0);
  for (let at = 0; at < values.length; at++) {
    rank -= counts[at]!;
    if (rank < 0) return values[at]!;
  }
  return values[values.length - 1] ?? 0;
}
