/**
 * The first look of a sweep: every series by quarters of days against the sums that are kept for it. What is no drift
 * here is decided; what may be one is looked at again, hour by hour, and only that second look can call it drift.
 */
import { QUARTER_METRICS, QUARTER_STAGE_METRICS, type RollupMetricName } from '@pegbar/contract';
import { ALPHA } from '@pegbar/stats';
import { paced } from '../base/paced.ts';
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreError, fromStore } from '../explore/index.ts';
import { type QuarterReader, quartersOf, type StoredRow, type Stretch, sourcesOf } from '../rollups/index.ts';
import { type Excluded, touches } from './changes.ts';
import type { Parts } from './compare.ts';
import { type DaySums, dayEffectOf } from './day-effect.ts';
import { type Tested, type TestOptions, testParts } from './engine.ts';
import { type DriftMetric, readsOf, type Sampling } from './metrics.ts';
import { addToCell, type Cells, type Grouping, samplingOf, seriesOf } from './read.ts';
import {
  HOUR_MS,
  type Hour,
  type Hours,
  type Segment,
  type Series,
  tallyOfStored,
  tallyWithout,
} from './series.ts';
import type { DriftDeps } from './sweep.ts';
import { type Window, within } from './windows.ts';

export interface ScreenQuestion {
  readonly metrics: readonly DriftMetric[];
  readonly groupings: readonly Grouping[];
  readonly current: Window;
  readonly excluded: readonly Excluded[];
  readonly options: TestOptions;
}

export interface Screened {
  /** Decided: no drift, changed but small, or too few to say. */
  readonly cleared: readonly Tested[];
  readonly suspects: readonly Series[];
  /** Not kept by quarters. */
  readonly unseen: readonly DriftMetric[];
}

/** A reference of fewer weeks is that of one odd day. */
const WEEKS_LEAST = 3;
/** The second look may find a little more than the first. */
const SUSPECT_EFFECT = 0.8;
/** Hours that are taken out of references; beyond it the plain way is as quick. */
const EXCLUDED_HOURS_MOST = 48;

const KEPT: ReadonlySet<string> = new Set([...QUARTER_METRICS, ...QUARTER_STAGE_METRICS]);

/** Whether the sums by quarter can tell it: a sample of hours is no sum. */
const isKept = (sampling: Sampling | undefined): boolean =>
  sampling === undefined ||
  (sampling.as !== 'hourly' && readsOf(sampling).metrics.every((metric) => KEPT.has(metric)));

/** Null where the sums do not reach far enough back, or too much of them is left out. */
export async function screen(
  deps: DriftDeps & { readonly quarters: QuarterReader },
  asking: Asking,
  question: ScreenQuestion,
): Promise<Result<Screened | null, ExploreError>> {
  const { current, groupings, excluded } = question;
  const weeks = await deps.quarters.weeksBefore(current.from_ms);
  if (!weeks.ok) return fromStore(weeks.error);
  const spoilt = spoiltHours(current, excluded);
  if (weeks.value < WEEKS_LEAST || spoilt.size > EXCLUDED_HOURS_MOST) return ok(null);
  const isSeen = (metric: DriftMetric): boolean => isKept(metric.sampling) && isKept(metric.byStage);
  const seen = question.metrics.filter(isSeen);
  const read = await readSides(deps, asking, { ...question, metrics: seen }, spoilt);
  if (!read.ok) return read;
  const looks = looksOf(read.value, groupings, seen, excluded, spoilt);
  const first = await paced(
    testAll(looks, question.options, () => 1),
    deps.clock,
  );
  const alpha = question.options.alpha ?? ALPHA;
  const sure = first.filter(({ comparison }) => comparison.evidence.p <= alpha);
  const effects = await readEffects(deps, asking, question, sure);
  if (!effects.ok) return effects;
  const again = await paced(
    testAll(
      sure.map(({ series, reference }) => ({ series, reference })),
      question.options,
      effects.value,
    ),
    deps.clock,
  );
  const second = new Map(again.map((one) => [one.series, one]));
  const decided = first.map((one) => second.get(one.series) ?? one);
  const isSuspect = ({ comparison: { evidence, leastEffect } }: Tested): boolean =>
    evidence.p <= alpha && evidence.components.some(({ effect }) => effect >= leastEffect * SUSPECT_EFFECT);
  return ok({
    cleared: decided.filter((one) => !isSuspect(one)),
    suspects: decided.filter(isSuspect).map(({ series }) => series),
    unseen: question.metrics.filter((metric) => !isSeen(metric)),
  });
}

interface Side {
  readonly current: Cells;
  readonly reference: Cells;
  /** Hours that some references have to be had without. */
  readonly spoilt: Cells;
}
/** By dimension, and whether by stage. */
type Sides = Map<string, Side>;
const placeOf = (dims: readonly string[], stages: boolean): string => `${dims.join('*')} ${stages}`;

interface Look {
  readonly series: Series;
  readonly reference: Parts;
}

function* testAll(
  looks: readonly Look[],
  options: TestOptions,
  effectOf: (one: Series) => number,
): Generator<undefined, Tested[]> {
  const out: Tested[] = [];
  for (const { series, reference } of looks) {
    out.push(testParts(series, reference, series.parts, options, effectOf(series)));
    yield;
  }
  return out;
}

/** Hours of references that lie in windows which are left out, with the quarter that they are part of. */
function spoiltHours(current: Window, excluded: readonly Excluded[]): Map<number, number> {
  const out = new Map<number, number>();
  for (const quarter of quartersOf(current))
    for (const source of sourcesOf(quarter))
      for (let at = source.from_ms; at < source.to_ms; at += HOUR_MS)
        if (excluded.some((one) => within(one, at))) out.set(at, quarter);
  return out;
}

async function readSides(
  deps: DriftDeps & { readonly quarters: QuarterReader },
  asking: Asking,
  { metrics, groupings, current }: ScreenQuestion,
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
            ...{ dims, by, stages, conditions: [], scope: asking.scope, signal: asking.signal },
            ...{ metrics: of.metrics, quantiles: of.bins, ...stretch, step_ms: HOUR_MS },
          },
          (key, at_ms, metric, tally) => addToCell(sides.get(place)![side], key, at_ms, metric, tally),
        );
        if (!read.ok) return fromStore(read.error);
      }
  return ok(sides);
}

function wantedOf(samplings: readonly Sampling[]): {
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

/** Series with something in the window, each with its reference. */
function looksOf(
  sides: Sides,
  groupings: readonly Grouping[],
  metrics: readonly DriftMetric[],
  excluded: readonly Excluded[],
  spoilt: ReadonlyMap<number, number>,
): Look[] {
  const out: Look[] = [];
  for (const { dims, by, segment: names, stages = false } of groupings) {
    const side = sides.get(placeOf(dims, stages))!;
    for (const metric of metrics) {
      const sampling = samplingOf(metric, stages);
      if (sampling === undefined) continue;
      const partsOf = (cells: Cells): Map<string, Series['parts']> =>
        new Map(
          seriesOf(cells, by, names, metric, sampling).map(({ segment, parts }) => [
            JSON.stringify(segment),
            parts,
          ]),
        );
      const [references, left] = [partsOf(side.reference), partsOf(side.spoilt)];
      for (const series of seriesOf(side.current, by, names, metric, sampling)) {
        const place = JSON.stringify(series.segment);
        const reference = references.get(place) ?? new Map<string, Hours>();
        out.push({
          series,
          reference: without(reference, left.get(place), excluded, series.segment, spoilt),
        });
      }
    }
  }
  return out;
}

/** A reference without the hours that are left out for the segment. */
function without(
  reference: Parts,
  hours: Parts | undefined,
  excluded: readonly Excluded[],
  segment: Segment,
  spoilt: ReadonlyMap<number, number>,
): Parts {
  const own = excluded.filter((one) => touches(one, segment));
  if (hours === undefined || own.length === 0) return reference;
  return new Map(
    [...reference].map(([part, quarters]) => {
      const gone = [...(hours.get(part) ?? [])].filter(([at]) => own.some((one) => within(one, at)));
      if (gone.length === 0) return [part, quarters] as const;
      const left = new Map<number, Hour>(quarters);
      for (const quarter of new Set(gone.map(([at]) => spoilt.get(at)!))) {
        const whole = quarters.get(quarter);
        const of = gone.filter(([at]) => spoilt.get(at) === quarter).map(([, hour]) => hour);
        if (whole) left.set(quarter, hourWithout(whole, of));
      }
      return [part, left] as const;
    }),
  );
}

const hourWithout = (whole: Hour, gone: readonly Hour[]): Hour =>
  new Map(
    [...whole].map(([metric, tally]) => [
      metric,
      tallyWithout(
        tally,
        gone.flatMap((hour) => hour.get(metric) ?? []),
        metric,
      ),
    ]),
  );

/** How much more days vary than their counts explain, of those series of which it matters. */
async function readEffects(
  deps: DriftDeps & { readonly quarters: QuarterReader },
  asking: Asking,
  { current, groupings }: ScreenQuestion,
  sure: readonly Tested[],
): Promise<Result<(one: Series) => number, ExploreError>> {
  if (sure.length === 0) return ok(() => 1);
  const { metrics } = wantedOf(sure.map(({ series }) => series.sampling));
  const days: DaySums[] = [];
  const read = await deps.quarters.days(
    {
      ...{ scope: asking.scope, signal: asking.signal, metrics, bins: new Set() },
      ...{ from_ms: current.from_ms - 28 * 24 * HOUR_MS, to_ms: current.from_ms },
    },
    (row) => days.push(row),
  );
  if (!read.ok) return fromStore(read.error);
  const references = new Map(sure.map(({ series, reference }) => [series, reference]));
  const dimOf = (segment: Segment): string =>
    groupings.find(({ segment: names }) => names.join() === Object.keys(segment).join())?.dims[0] ??
    'workload';
  return ok((series) => dayEffectOf(series, references.get(series)!, days, dimOf(series.segment)));
}
