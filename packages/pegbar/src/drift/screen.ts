/**
 * The first look of a sweep: every series by quarters of days against the sums that are kept for it. What is no drift
 * here is decided; what may be one is looked at again, hour by hour, and only that second look can call it drift.
 */
import { ALPHA } from '@pegbar/stats';
import { paced } from '../base/paced.ts';
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreError, fromStore } from '../explore/index.ts';
import type { SumsRow } from '../rollups/index.ts';
import { type Excluded, touches } from './changes.ts';
import type { Parts } from './compare.ts';
import { dayEffectOf } from './day-effect.ts';
import { type Tested, type TestOptions, testParts } from './engine.ts';
import type { DriftMetric } from './metrics.ts';
import { type Cells, type Grouping, samplingOf, seriesOf } from './read.ts';
import {
  isKept,
  placeOf,
  readSides,
  type ScreenDeps,
  type Sides,
  spoiltHours,
  wantedOf,
} from './screen-read.ts';
import {
  HOUR_MS,
  type Hour,
  type Hours,
  hoursWhere,
  type Segment,
  type Series,
  tallyWithout,
} from './series.ts';
import { ROLLING_DAYS, type Window, within } from './windows.ts';

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

/** Null where the sums do not reach far enough back, or too much of them is left out. */
export async function screen(
  deps: ScreenDeps,
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
        const own = excluded.filter((one) => touches(one, series.segment));
        const isHourly = sampling.as === 'hourly';
        out.push({
          series,
          reference: isHourly ? leftOf(reference, own) : without(reference, left.get(place), own, spoilt),
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
  own: readonly Excluded[],
  spoilt: ReadonlyMap<number, number>,
): Parts {
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

const leftOf = (reference: Parts, own: readonly Excluded[]): Parts =>
  own.length === 0
    ? reference
    : new Map(
        [...reference].map(([part, hours]) => [
          part,
          hoursWhere(hours, (at) => !own.some((one) => within(one, at))),
        ]),
      );

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
  deps: ScreenDeps,
  asking: Asking,
  { current, groupings }: ScreenQuestion,
  sure: readonly Tested[],
): Promise<Result<(one: Series) => number, ExploreError>> {
  if (sure.length === 0) return ok(() => 1);
  const { metrics } = wantedOf(sure.map(({ series }) => series.sampling));
  const days: SumsRow[] = [];
  const read = await deps.quarters.sums(
    'days',
    { scope: asking.scope, signal: asking.signal, metrics },
    [{ from_ms: current.from_ms - ROLLING_DAYS * 24 * HOUR_MS, to_ms: current.from_ms }],
    (row) => days.push(row),
  );
  if (!read.ok) return fromStore(read.error);
  const references = new Map(sure.map(({ series, reference }) => [series, reference]));
  const dimOf = (segment: Segment): string =>
    groupings.find(({ segment: names }) => names.join() === Object.keys(segment).join())?.dims[0] ??
    'workload';
  return ok((series) => dayEffectOf(series, references.get(series)!, days, dimOf(series.segment)));
}
