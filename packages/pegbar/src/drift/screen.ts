/**
 * The first look of a sweep: every series by quarters of days against the sums that are kept for it. What is no drift
 * here is decided; what may be one is looked at again, hour by hour, and only that second look can call it drift.
 */
import type { RollupMetricName } from '@pegbar/contract';
import { ALPHA, type CategorySample, type NumberSample } from '@pegbar/stats';
import { paced } from '../base/paced.ts';
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreError, fromStore } from '../explore/index.ts';
import type { SumsRow } from '../rollups/index.ts';
import { TOTAL_TENANT } from '../store/index.ts';
import { type Excluded, touches } from './changes.ts';
import type { Parts, SampledSides } from './compare.ts';
import { dayEffectOf } from './day-effect.ts';
import { oneByOne, type Tested, type TestOptions, testSampled } from './engine.ts';
import type { Sampled, Timed } from './meet-hours.ts';
import { type DriftMetric, readsOf, type Sampling } from './metrics.ts';
import { type Grouping, samplingOf } from './read.ts';
import { isKept, placeOf, readSides, type ScreenDeps, type Sheets, spoiltHours } from './screen-read.ts';
import { HOUR_MS, isNumeric, type Segment, type Series } from './series.ts';
import { type Cell, type Sheet, type StoredOf, type Sum, samplesFrom, sumsOf, sumWithout } from './sheet.ts';
import { ROLLING_DAYS, type Window, within } from './windows.ts';

export interface ScreenQuestion {
  readonly metrics: readonly DriftMetric[];
  readonly groupings: readonly Grouping[];
  readonly current: Window;
  readonly excluded: readonly Excluded[];
  readonly options: TestOptions;
}

export interface Screened {
  /** Decided: no drift, changed but small, or too few to say. Told by their figures; their parts are empty. */
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
  const looks = looksOf(read.value, { groupings, metrics: seen, excluded }, spoilt);
  const test =
    (effectOf: (look: Look) => number) =>
    (look: Look): Tested =>
      testSampled(look.series, look.sides, question.options, effectOf(look));
  const first = test(() => 1);
  const decided = await paced(oneByOne(looks, first), deps.clock);
  const alpha = question.options.alpha ?? ALPHA;
  const sure = looks.flatMap((look, at) =>
    decided[at]!.comparison.evidence.p <= alpha ? [{ look, at }] : [],
  );
  const again = sure.map(({ look }) => look);
  const effects = await readEffects(deps, asking, question, again);
  if (!effects.ok) return effects;
  const second = await paced(oneByOne(again, test(effects.value)), deps.clock);
  for (const [i, { at }] of sure.entries()) decided[at] = second[i]!;
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
  readonly sides: SampledSides;
}

/** Series with something in the window, each with its reference. */
function looksOf(
  sheets: Sheets,
  { groupings, metrics, excluded }: Pick<ScreenQuestion, 'groupings' | 'metrics' | 'excluded'>,
  spoilt: ReadonlyMap<number, number>,
): Look[] {
  const out: Look[] = [];
  for (const grouping of groupings) {
    const { dims, stages = false } = grouping;
    const places = placesOf(sheets.get(placeOf(dims, stages))!, grouping);
    for (const { segment, cells } of places) {
      const own = excluded.filter((one) => touches(one, segment));
      for (const metric of metrics) {
        const sampling = samplingOf(metric, stages);
        if (sampling === undefined) continue;
        const current = sampled(cells, (cell) => cell.current.samples(sampling));
        if (current.size === 0) continue;
        const reference = sampled(cells, (cell) =>
          own.length === 0
            ? cell.reference.samples(sampling)
            : samplesFrom(leftOf(cell, sampling, own, spoilt), sampling),
        );
        out.push({
          series: { metric, segment, sampling, parts: NOT_READ },
          sides: { as: isNumeric(sampling) ? 'numbers' : 'categories', reference, current } as SampledSides,
        });
      }
    }
  }
  return out;
}

/** What a first look decides is told by its figures: its hours are not read. */
const NOT_READ: Parts = new Map();

interface Place {
  readonly segment: Segment;
  /** With the part of the segment that each is. */
  readonly cells: { readonly part: string; readonly cell: Cell }[];
}

function placesOf(sheet: Sheet, { by, segment: names }: Grouping): Place[] {
  const out = new Map<string, Place>();
  const rest = by.filter((name) => !names.includes(name));
  for (const cell of sheet.cells.values()) {
    const at = (name: string): string => cell.key[by.indexOf(name)]!;
    // Rows that do not tell a dimension are no segment of it.
    if (names.some((name) => at(name) === '')) continue;
    const place = names.map(at).join('\n');
    const known = out.get(place) ?? {
      segment: Object.fromEntries(names.map((name) => [name, at(name)])),
      cells: [],
    };
    out.set(place, known);
    known.cells.push({ part: rest.map(at).join(' · '), cell });
  }
  return [...out.values()];
}

function sampled(
  cells: Place['cells'],
  samples: (cell: Cell) => readonly Timed<NumberSample | CategorySample>[],
): Sampled<NumberSample | CategorySample> {
  const out = new Map<string, readonly Timed<NumberSample | CategorySample>[]>();
  for (const { part, cell } of cells) {
    const found = samples(cell);
    if (found.length > 0) out.set(part, found);
  }
  return out;
}

/** A cell's reference without the hours that are left out. */
const leftOf =
  (cell: Cell, { as }: Sampling, own: readonly Excluded[], spoilt: ReadonlyMap<number, number>): StoredOf =>
  (metric) => {
    const stored = cell.reference.stored(metric);
    const isGone = ({ at_ms }: Sum): boolean => own.some((one) => within(one, at_ms));
    if (as === 'hourly') return sumsOf(stored, metric).filter((one) => !isGone(one));
    const gone = sumsOf(cell.spoilt.stored(metric), metric).filter(isGone);
    if (gone.length === 0) return stored;
    return sumsOf(stored, metric).map((whole) => {
      const of = gone.filter(({ at_ms }) => spoilt.get(at_ms) === whole.at_ms);
      return of.length > 0 ? sumWithout(whole, of) : whole;
    });
  };

/** How much more days vary than their counts explain, of those series of which it matters. */
async function readEffects(
  deps: ScreenDeps,
  { scope, signal }: Asking,
  { current, groupings }: ScreenQuestion,
  sure: readonly Look[],
): Promise<Result<(one: Look) => number, ExploreError>> {
  const before = { from_ms: current.from_ms - ROLLING_DAYS * 24 * HOUR_MS, to_ms: current.from_ms };
  const dims = new Map(groupings.map(({ segment, dims: of }) => [segment.join(), of[0]!]));
  const placeOf = ({ series: { segment } }: Look): DaysOf => ({
    // Series of no tenant are of all that may be seen, and these stand together.
    tenant: segment.tenant ?? scope.tenant ?? TOTAL_TENANT,
    stage: segment.pipeline_stage ?? '',
    dim: dims.get(Object.keys(segment).join())!,
  });
  const days = new Map<string, SumsRow[]>();
  const keyOf = ({ tenant, stage, dim, metric }: DaysOf & { metric: RollupMetricName }): string =>
    `${tenant}\n${stage}\n${dim}\n${metric}`;
  const cells = new Map<string, DaysOf & { metric: RollupMetricName }>();
  for (const look of sure)
    for (const metric of readsOf(look.series.sampling).metrics) {
      const cell = { ...placeOf(look), metric };
      cells.set(keyOf(cell), cell);
    }
  const read = await deps.quarters.days({ scope, signal, cells: [...cells.values()] }, before, (row) => {
    const known = days.get(keyOf(row));
    if (known) known.push(row);
    else days.set(keyOf(row), [row]);
  });
  if (!read.ok) return fromStore(read.error);
  return ok((look) => {
    const { series, sides } = look;
    const place = placeOf(look);
    const rows = readsOf(series.sampling).metrics.flatMap(
      (metric) => days.get(keyOf({ ...place, metric })) ?? [],
    );
    return dayEffectOf(series.sampling, sides, rows, series.segment[place.dim]);
  });
}
type DaysOf = Pick<SumsRow, 'tenant' | 'stage' | 'dim'>;
