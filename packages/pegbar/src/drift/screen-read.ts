/** What the first look of a sweep reads: sums by quarter, their references, and the few hours that these do not tell. */
import { QUARTER_METRICS, QUARTER_STAGE_METRICS, type RollupMetricName } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreError, fromStore } from '../explore/index.ts';
import {
  QUARTER_MS,
  type QuarterReader,
  quartersOf,
  type StoredRow,
  type Stretch,
  type SumsRow,
  sourcesOf,
  Tally,
} from '../rollups/index.ts';
import type { Excluded } from './changes.ts';
import { type DriftMetric, readsOf, type Sampling } from './metrics.ts';
import { addToCell, type Cells, type Grouping, samplingOf } from './read.ts';
import { HOUR_MS, tallyOfStored } from './series.ts';
import type { DriftDeps } from './sweep.ts';
import { type Window, within } from './windows.ts';

export type ScreenDeps = DriftDeps & { readonly quarters: QuarterReader };

const KEPT: ReadonlySet<string> = new Set([...QUARTER_METRICS, ...QUARTER_STAGE_METRICS]);

/** Whether it can be told from what is kept for sweeps; of what an hour is an observation of, hours are read. */
export const isKept = (sampling: Sampling | undefined): boolean =>
  sampling === undefined ||
  sampling.as === 'hourly' ||
  readsOf(sampling).metrics.every((metric) => KEPT.has(metric));

export interface Side {
  readonly current: Cells;
  readonly reference: Cells;
  /** Hours that some references have to be had without. */
  readonly spoilt: Cells;
}
/** By dimension, and whether by stage. */
export type Sides = Map<string, Side>;
export const placeOf = (dims: readonly string[], stages: boolean): string => `${dims.join('*')} ${stages}`;

/** Hours of references that lie in windows which are left out, with the quarter that they are part of. */
export function spoiltHours(current: Window, excluded: readonly Excluded[]): Map<number, number> {
  const out = new Map<number, number>();
  for (const quarter of quartersOf(current))
    for (const source of sourcesOf(quarter))
      for (let at = source.from_ms; at < source.to_ms; at += HOUR_MS)
        if (excluded.some((one) => within(one, at))) out.set(at, quarter);
  return out;
}

export async function readSides(
  deps: ScreenDeps,
  asking: Asking,
  {
    metrics,
    groupings,
    current,
  }: { metrics: readonly DriftMetric[]; groupings: readonly Grouping[]; current: Window },
  spoilt: ReadonlyMap<number, number>,
): Promise<Result<Sides, ExploreError>> {
  const sides: Sides = new Map();
  const reads = new Map<string, { grouping: Grouping; samplings: Sampling[] }>();
  for (const grouping of groupings) {
    const { dims, stages = false } = grouping;
    sides.set(placeOf(dims, stages), { current: new Map(), reference: new Map(), spoilt: new Map() });
    const samplings = metrics.flatMap((metric) => samplingOf(metric, stages) ?? []);
    reads.set(placeOf(dims, stages), { grouping, samplings });
  }
  const every = metrics.flatMap(({ sampling, byStage }) => (byStage ? [sampling, byStage] : [sampling]));
  const wanted = wantedOf(every);
  const asked = { scope: asking.scope, signal: asking.signal, ...wanted, ...current };
  const tellTo = (side: keyof Side) => (row: StoredRow) => {
    const { tenant, dim, value, stage, metric, t_ms } = row;
    const place = sides.get(placeOf([dim], stage !== ''));
    if (place)
      addToCell(
        place[side],
        stage === '' ? [tenant, value] : [tenant, value, stage],
        t_ms,
        metric,
        tallyOfStored(row),
      );
  };
  const [now, before] = await Promise.all([
    deps.quarters.current(asked, tellTo('current')),
    deps.quarters.references(asked, tellTo('reference')),
  ]);
  if (!now.ok) return fromStore(now.error);
  if (!before.ok) return fromStore(before.error);
  const hourly = await readHourly(deps, asking, { metrics, current, rest: now.value }, sides);
  if (!hourly.ok) return hourly;
  const hours = joined([...spoilt.keys()].map((from_ms) => ({ from_ms, to_ms: from_ms + HOUR_MS })));
  for (const [place, { grouping, samplings }] of reads)
    for (const [side, stretches] of [
      ['current', joined(now.value)],
      ['spoilt', hours],
    ] as const)
      for (const stretch of stretches) {
        const { dims, by, stages = false } = grouping;
        const of = wantedOf(samplings);
        const read = await deps.rollups.read(
          {
            dims,
            by,
            stages,
            conditions: [],
            scope: asking.scope,
            signal: asking.signal,
            metrics: of.metrics,
            quantiles: of.bins,
            ...stretch,
            step_ms: HOUR_MS,
          },
          (key, at_ms, metric, tally) => addToCell(sides.get(place)![side], key, at_ms, metric, tally),
        );
        if (!read.ok) return fromStore(read.error);
      }
  return ok(sides);
}

/** Of what an hour is an observation of: the hours of the window and the same hours of the weeks before. */
async function readHourly(
  deps: ScreenDeps,
  { scope, signal }: Asking,
  { metrics, current, rest }: { metrics: readonly DriftMetric[]; current: Window; rest: readonly Stretch[] },
  sides: Sides,
): Promise<Result<null, ExploreError>> {
  const samplings = metrics.map(({ sampling }) => sampling).filter(({ as }) => as === 'hourly');
  if (samplings.length === 0) return ok(null);
  const isOpen = (at: number): boolean => rest.some((one) => within(one, at));
  const whole = quartersOf(current)
    .filter((quarter) => !isOpen(Math.max(quarter, current.from_ms)))
    .map((from_ms) => ({ from_ms, to_ms: from_ms + QUARTER_MS }));
  const before = quartersOf(current).flatMap(sourcesOf);
  const tellTo =
    (side: 'current' | 'reference') =>
    ({ tenant, metric, dim, value, stage, starts, n, micro }: SumsRow): void => {
      const place = sides.get(placeOf([dim], stage !== ''));
      if (!place) return;
      for (let at = 0; at < starts.length; at++) {
        const tally = new Tally(metric);
        tally.n = n[at]!;
        tally.micro = micro[at]!;
        addToCell(place[side], [tenant, value], starts[at]! * 1000, metric, tally);
      }
    };
  const asked = { scope, signal, metrics: wantedOf(samplings).metrics };
  for (const [side, stretches] of [
    ['current', joined(whole)],
    ['reference', joined(before)],
  ] as const) {
    const read = await deps.quarters.sums('hours', asked, stretches, tellTo(side));
    if (!read.ok) return fromStore(read.error);
  }
  return ok(null);
}

export function wantedOf(samplings: readonly Sampling[]): {
  metrics: RollupMetricName[];
  bins: Set<RollupMetricName>;
} {
  const reads = samplings.map(readsOf);
  return {
    metrics: [...new Set(reads.flatMap(({ metrics }) => metrics))],
    bins: new Set(reads.flatMap(({ bins }) => bins)),
  };
}

function joined(stretches: readonly Stretch[]): Stretch[] {
  const out: { from_ms: number; to_ms: number }[] = [];
  for (const one of [...stretches].sort((a, b) => a.from_ms - b.from_ms)) {
    const last = out.at(-1);
    if (last && one.from_ms <= last.to_ms) last.to_ms = Math.max(last.to_ms, one.to_ms);
    else out.push({ ...one });
  }
  return out;
}
