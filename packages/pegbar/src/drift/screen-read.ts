/** What the first look of a sweep reads: sums by quarter, their references, and the few hours that these do not tell. */
import { QUARTER_METRICS, QUARTER_STAGE_METRICS, type RollupMetricName } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreError, fromStore } from '../explore/index.ts';
import {
  QUARTER_MS,
  type QuarterReader,
  quartersOf,
  type StoredBlock,
  type Stretch,
  sourcesOf,
} from '../rollups/index.ts';
import type { StoreError } from '../store/index.ts';
import type { Excluded } from './changes.ts';
import { type DriftMetric, readsOf, type Sampling } from './metrics.ts';
import { type Grouping, joined, samplingOf } from './read.ts';
import { HOUR_MS } from './series.ts';
import { addBlock, Sheet, type SideName } from './sheet.ts';
import type { DriftDeps } from './sweep.ts';
import { type Window, within } from './windows.ts';

export type ScreenDeps = DriftDeps & { readonly quarters: QuarterReader };

const KEPT: ReadonlySet<string> = new Set([...QUARTER_METRICS, ...QUARTER_STAGE_METRICS]);

/** Whether it can be told from what is kept for sweeps; of what an hour is an observation of, hours are read. */
export const isKept = (sampling: Sampling | undefined): boolean =>
  sampling === undefined ||
  sampling.as === 'hourly' ||
  readsOf(sampling).metrics.every((metric) => KEPT.has(metric));

/** By dimension, and whether by stage. */
export type Sheets = ReadonlyMap<string, Sheet>;
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

export interface SidesQuestion {
  readonly metrics: readonly DriftMetric[];
  readonly groupings: readonly Grouping[];
  readonly current: Window;
}

export async function readSides(
  deps: ScreenDeps,
  asking: Asking,
  { metrics, groupings, current }: SidesQuestion,
  spoilt: ReadonlyMap<number, number>,
): Promise<Result<Sheets, ExploreError>> {
  const sheets = new Map<string, Sheet>();
  for (const { dims, stages = false } of groupings) sheets.set(placeOf(dims, stages), new Sheet());
  const every = metrics.flatMap(({ sampling, byStage }) => (byStage ? [sampling, byStage] : [sampling]));
  const asked = { scope: asking.scope, signal: asking.signal, ...wantedOf(every), ...current };
  const tellTo =
    (side: SideName) =>
    (block: StoredBlock): void =>
      addBlock(side, block, (dim, isStage) => sheets.get(placeOf([dim], isStage)));
  const question = { metrics, groupings, current };
  const gone = joined([...spoilt.keys()].map((from_ms) => ({ from_ms, to_ms: from_ms + HOUR_MS })));
  const [now, ...others] = await Promise.all([
    deps.quarters.current(asked, tellTo('current')),
    deps.quarters.references(asked, tellTo('reference')),
    readHours(deps, asking, metrics, quartersOf(current).flatMap(sourcesOf), tellTo('reference')),
    readStretches(deps, asking, question, { side: 'spoilt', stretches: gone }, sheets),
  ]);
  if (!now.ok) return fromStore(now.error);
  const rest = joined(now.value);
  const isOpen = (at: number): boolean => rest.some((one) => within(one, at));
  const whole = quartersOf(current)
    .filter((quarter) => !isOpen(Math.max(quarter, current.from_ms)))
    .map((from_ms) => ({ from_ms, to_ms: from_ms + QUARTER_MS }));
  const more = await Promise.all([
    readHours(deps, asking, metrics, whole, tellTo('current')),
    readStretches(deps, asking, question, { side: 'current', stretches: rest }, sheets),
  ]);
  for (const read of [...others, ...more]) if (!read.ok) return fromStore(read.error);
  return ok(sheets);
}

/** What has no quarters yet, and what is taken out of references: by hour. */
async function readStretches(
  deps: ScreenDeps,
  { scope, signal }: Asking,
  { metrics, groupings }: SidesQuestion,
  { side, stretches }: { side: SideName; stretches: readonly Stretch[] },
  sheets: Sheets,
): Promise<Result<null, StoreError>> {
  const places = new Map(groupings.map((one) => [placeOf(one.dims, one.stages ?? false), one]));
  const reads = [...places].flatMap(([place, { dims, by, stages = false }]) => {
    const of = wantedOf(metrics.flatMap((metric) => samplingOf(metric, stages) ?? []));
    const sheet = sheets.get(place)!;
    const common = {
      dims,
      by,
      stages,
      conditions: [],
      scope,
      signal,
      metrics: of.metrics,
      quantiles: of.bins,
    };
    return stretches.map((stretch) =>
      deps.rollups.read({ ...common, ...stretch, step_ms: HOUR_MS }, (key, at_ms, metric, tally) =>
        sheet.addTally(side, key, at_ms, metric, tally),
      ),
    );
  });
  for (const read of await Promise.all(reads)) if (!read.ok) return read;
  return ok(null);
}

/** Of what an hour is an observation of there is no sum: its hours are read. */
async function readHours(
  deps: ScreenDeps,
  { scope, signal }: Asking,
  metrics: readonly DriftMetric[],
  stretches: readonly Stretch[],
  tell: (block: StoredBlock) => void,
): Promise<Result<null, StoreError>> {
  const samplings = metrics.map(({ sampling }) => sampling).filter(({ as }) => as === 'hourly');
  if (samplings.length === 0) return ok(null);
  return deps.quarters.hours(
    { scope, signal, metrics: wantedOf(samplings).metrics },
    joined(stretches),
    tell,
  );
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
