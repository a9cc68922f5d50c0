/** What the rows of a drift say about who got a deployment and who did not. The engine is the one of all findings. */
import {
  type Candidate,
  causesOf,
  type Deployed,
  type Exposure,
  type Told,
  touches,
} from '../explore/index.ts';
import type { DatedChange } from './dating.ts';
import { HOUR_MS, type Hours, meanOfHour, type Segment, type Series } from './series.ts';
import { type Window, within } from './windows.ts';

/** A change is dated to the hour, and noise and a gradual roll-out date it later: so long before it a cause may lie. */
const REACH = { before_ms: 12 * HOUR_MS, after_ms: 8 * HOUR_MS } as const;
/** Of a change that cannot be dated time says nothing: what only came in its window is not likely. */
const UNDATED_MOST = 0.4;
/** A collection that so much of its tenant's observations is of is told apart by its tenant's rows. */
const NEARLY_ALL = 0.95;

/** Hours of the metric of one tenant and one value of a further dimension, or of a stored pair of them. */
export interface BesideRow {
  readonly segment: Segment;
  readonly hours: Hours;
}

export interface CauseQuestion {
  readonly series: Pick<Series, 'sampling' | 'segment' | 'parts'>;
  readonly change: Pick<DatedChange, 'at_ms' | 'after_ms'> | null;
  readonly deployed: readonly Deployed[];
  /** The same metric and stage by tenant and model version, region, and workload. */
  readonly beside: readonly BesideRow[];
  readonly designEffect: number;
  readonly current: Window;
  readonly isReference: (at_ms: number) => boolean;
}

/** All that could have, the likeliest first. */
export function candidatesOf(question: CauseQuestion): Candidate[] {
  const { series, change, deployed, current } = question;
  if (!mayHaveCause(question, change, deployed, current)) return [];
  const place = placeOf(question);
  const found = causesOf({
    segment: series.segment,
    deployed,
    reach: REACH,
    changed: spanOf(change, current),
    moved: movedOf(question),
    differenceBy: (dimension, values, at_ms, also) =>
      differenceBy(question, place, { dimension, values, also }, at_ms),
  });
  if (change) return found.map((one) => ({ ...one, lag_h: (change.at_ms - one.deployment.at_ms) / HOUR_MS }));
  return found
    .map((one) => (one.did === null ? { ...one, score: Math.min(one.score, UNDATED_MOST) } : one))
    .sort((a, b) => b.score - a.score);
}

/** How far the mean of its own rows moved: a median may stand where the mean goes, and the others are told by means. */
function movedOf({ series, current, isReference }: CauseQuestion): number | undefined {
  const rows = [...series.parts.values()].map((hours) => ({ hours }));
  const now = momentsOf(series, rows, (at) => within(current, at));
  const before = momentsOf(series, rows, isReference);
  return now && before ? now.mean - before.mean : undefined;
}

/** When it may have begun: hours before it of which nothing is known, as far as a cause may lie, are of it. */
const spanOf = (change: CauseQuestion['change'], current: Window): Window =>
  change
    ? { from_ms: Math.max(change.after_ms, change.at_ms - REACH.before_ms), to_ms: change.at_ms }
    : current;

/** Whether anything was deployed near it: only then is it worth reading who got it. */
export function mayHaveCause(
  { series: { segment } }: { readonly series: Pick<Series, 'segment'> },
  change: CauseQuestion['change'],
  deployed: readonly Deployed[],
  current: Window,
): boolean {
  const { from_ms, to_ms } = spanOf(change, current);
  return deployed.some(
    (one) =>
      one.status === 'start' &&
      one.at_ms >= from_ms - REACH.before_ms &&
      one.at_ms < to_ms + REACH.after_ms &&
      touches(one, segment),
  );
}

/**
 * The segment whose rows tell who got it. Nobody keeps a collection by version or workload; where its tenant makes hardly
 * anything else, the tenant's rows are its own.
 */
function placeOf({
  series: { segment, sampling, parts },
  beside,
  current,
  isReference,
}: CauseQuestion): Segment {
  const { collection, ...rest } = segment;
  if (collection === undefined || rest.tenant === undefined) return segment;
  const count = (hours: Hours): number => {
    let n = 0;
    for (const [at, hour] of hours)
      if (isReference(at) || within(current, at)) n += meanOfHour(sampling, hour).n;
    return n;
  };
  const own = [...parts.values()].reduce((sum, hours) => sum + count(hours), 0);
  const all = beside
    .filter(({ segment: of }) => of.tenant === rest.tenant && Object.keys(of).join() === 'tenant,workload')
    .reduce((sum, { hours }) => sum + count(hours), 0);
  return all > 0 && own >= all * NEARLY_ALL ? rest : segment;
}

/**
 * (on it, after − before) against (not on it, after − before), within the tenant of the segment; of a version before
 * is what the others were, as nobody was on it.
 */
function differenceBy(
  { series, beside, current, isReference, designEffect }: CauseQuestion,
  place: Segment,
  { dimension, values, also }: Sides,
  at_ms: number,
): Told {
  const rows = rowsBy(beside, dimension, place);
  if (rows === undefined) return undefined;
  const after = (at: number): boolean => at >= at_ms - HOUR_MS && at >= current.from_ms && at < current.to_ms;
  const on = rows.filter(({ segment }) => values.has(segment[dimension]!));
  const off = rows.filter(({ segment }) => {
    const value = segment[dimension]!;
    return !values.has(value) && !also.has(value);
  });
  const [onAfter, offAfter, offBefore] = [
    momentsOf(series, on, after),
    momentsOf(series, off, after),
    momentsOf(series, off, isReference),
  ];
  const onBefore = dimension === 'model_version' ? offBefore : momentsOf(series, on, isReference);
  if (!onAfter && !offAfter) return undefined;
  if (!onAfter) return 'nobody';
  if (!offAfter) return 'everyone';
  if (!offBefore || !onBefore) return undefined;
  const distinct = onBefore === offBefore ? [onAfter, offAfter] : [onAfter, offAfter, onBefore, offBefore];
  return {
    on: onAfter.mean - onBefore.mean,
    off: offAfter.mean - offBefore.mean,
    error: Math.sqrt(designEffect * distinct.reduce((sum, { variance, n }) => sum + variance / n, 0)),
  };
}

interface Sides {
  readonly dimension: Exposure;
  readonly values: ReadonlySet<string>;
  readonly also: ReadonlySet<string>;
}

/** Rows that tell the dimension within the segment, and nothing else apart; undefined where none tell both. */
function rowsBy(
  beside: readonly BesideRow[],
  dimension: Exposure,
  segment: Segment,
): BesideRow[] | undefined {
  const { pipeline_stage: _stage, ...place } = segment;
  const others = Object.keys(place).filter((name) => name !== dimension);
  const told = new Set(['tenant', dimension, ...others]);
  // Every row is of a tenant and of something else.
  if (told.size === 1) told.add('workload');
  const rows = beside.filter(({ segment: of }) => {
    const names = Object.keys(of);
    return names.length === told.size && names.every((name) => told.has(name));
  });
  if (rows.length === 0) return undefined;
  return rows.filter((row) => others.every((name) => row.segment[name] === place[name]));
}

interface Moments {
  readonly mean: number;
  readonly variance: number;
  readonly n: number;
}

/** Where an hour is an observation, it counts for as much as was made in it: an hour with one picture tells next to nothing. */
function momentsOf(
  { sampling }: Pick<Series, 'sampling'>,
  rows: readonly Pick<BesideRow, 'hours'>[],
  wanted: (at_ms: number) => boolean,
): Moments | null {
  let [sum, squares, weights, weightSquares, n] = [0, 0, 0, 0, 0];
  for (const { hours } of rows)
    for (const [at, hour] of hours) {
      if (!wanted(at)) continue;
      const one = meanOfHour(sampling, hour);
      if (!(one.n > 0)) continue;
      const weight = sampling.as === 'hourly' ? (hour.get(sampling.to)?.micro ?? 0) / MICRO : one.n;
      sum += one.mean * weight;
      squares += (one.squares / one.n) * weight;
      weights += weight;
      weightSquares += weight * weight;
      n += one.n;
    }
  if (!(n > 1 && weights > 0)) return null;
  const mean = sum / weights;
  // Kish 1965: so many equal observations tell as much.
  const worth = sampling.as === 'hourly' ? weights ** 2 / weightSquares : n;
  return { mean, n: worth, variance: Math.max(0, squares / weights - mean * mean) };
}
const MICRO = 1_000_000;
