/**
 * Sums the counts of combinations into what is stored: over everything, by each dimension and by the stored pairs, under
 * each stage and over all stages. Pairs of dimensions are kept over all stages only.
 *
 * Combinations are added to each dimension under their stage. The rest is sums of those sums, which are fewer: a total
 * is added up from the values of one dimension, the rows over all stages from those of the stages.
 */
import { ROLLUP_PAIRS } from '@pegbar/contract';
import { type Combinations, DIMENSIONS, type Dimension, PAIR_SEPARATOR } from './combinations.ts';
import { MICRO, placeOf } from './counts.ts';
import { PairTable } from './numbering.ts';
import type { Moment, SeriesCounts } from './series-counts.ts';

/** A request's queue wait and a stage's are two things under one name; every other stage metric sums over stages. */
const QUEUE_WAIT = placeOf('queue_wait_ms');
/** Sessions cannot be added: one may stand under several values. */
const SESSIONS = placeOf('sessions');
/** Totals are the sum of its values: it has few. */
const SUMMED: Dimension = 'traffic_source';

const PAIRS = ROLLUP_PAIRS.map((pair) => ({
  dim: pair.join('*'),
  places: pair.map((dim) => DIMENSIONS.indexOf(dim as Dimension)),
}));
/** Groups that a combination is added to. */
const GROUPS = DIMENSIONS.length + PAIRS.length;
/** Rows that are summed in one step of some milliseconds. */
const STEP_ROWS = 2_000;

/** Marginals of several counts that have no combination in common; of the buckets that are wanted. `out` is empty. */
export function* sumMarginals(
  sources: readonly Combinations[],
  wanted: (moment: Moment) => boolean,
  out: SeriesCounts,
): Generator<undefined, SeriesCounts> {
  const sessions: (() => Generator<undefined>)[] = [];
  for (const source of sources) {
    const places = placesIn(source, out, wanted);
    yield* addCombinations(source, places, out);
    sessions.push(() => addSessions(source, places, out));
  }
  yield* addSums(out);
  // Last, because they are in no sum.
  for (const add of sessions) yield* add();
  return out;
}

/** Where combinations of a source are added in the marginals. */
interface Places {
  /** Cell under the stage and over all stages, by the source's cell; −1 where its bucket is not wanted. */
  own: Int32Array;
  over: Int32Array;
  /** Groups of the combination of values, `GROUPS` each. */
  groups: Int32Array;
}

function placesIn(
  { cells, tuples, valuesOf }: Combinations,
  out: SeriesCounts,
  wanted: (moment: Moment) => boolean,
): Places {
  const own = new Int32Array(cells.size).fill(-1);
  const over = new Int32Array(cells.size).fill(-1);
  for (let cell = 0; cell < own.length; cell++) {
    const moment = cells.momentOf(cells.bucketOf(cell));
    if (!wanted(moment)) continue;
    own[cell] = out.cells.idOf(moment.tenant, moment.t_ms, cells.stageOf(cell));
    over[cell] = out.cells.idOf(moment.tenant, moment.t_ms, '');
  }
  const groups = new Int32Array(tuples() * GROUPS);
  for (let tuple = 0; tuple < tuples(); tuple++) {
    const values = valuesOf(tuple);
    DIMENSIONS.forEach((dim, at) => {
      groups[tuple * GROUPS + at] = out.groupOf(dim, values[at]!);
    });
    PAIRS.forEach(({ dim, places }, at) => {
      const value = places.map((place) => values[place]!).join(PAIR_SEPARATOR);
      groups[tuple * GROUPS + DIMENSIONS.length + at] = out.groupOf(dim, value);
    });
  }
  return { own, over, groups };
}

function* addCombinations(source: Combinations, { own, over, groups }: Places, out: SeriesCounts) {
  const { counts, combinations } = source;
  const lists = counts.lists();
  /** Series of each combination's groups, as they are found. */
  const known = new Int32Array(combinations.size * GROUPS).fill(-1);
  for (let row = 0; row < counts.rows; row++) {
    if (row % STEP_ROWS === 0) yield;
    const combination = counts.series[row]!;
    const cell = combinations.firsts[combination]!;
    if (own[cell]! < 0) continue;
    const place = counts.places[row]!;
    const most = place === QUEUE_WAIT && own[cell] !== over[cell] ? DIMENSIONS.length : GROUPS;
    const tuple = combinations.seconds[combination]!;
    for (let at = 0; at < most; at++) {
      let series = known[combination * GROUPS + at]!;
      if (series < 0) {
        const under = at < DIMENSIONS.length ? own[cell]! : over[cell]!;
        series = out.series.idOf(under, groups[tuple * GROUPS + at]!);
        known[combination * GROUPS + at] = series;
      }
      out.counts.add(out.counts.row(series, place), counts, row, lists);
    }
  }
}

/** Totals of each cell, and what stages have under all stages. */
function* addSums(out: SeriesCounts): Generator<undefined> {
  const { counts, series, cells } = out;
  const all = out.groupOf('all', '');
  const lists = counts.lists();
  const before = counts.rows;
  const add = (row: number, cell: number, group: number): void =>
    counts.add(counts.row(series.idOf(cell, group), counts.places[row]!), counts, row, lists);
  // Rows over all stages first: they grow by those of the stages after that.
  for (const ofStages of [false, true])
    for (let row = 0; row < before; row++) {
      if (row % STEP_ROWS === 0) yield;
      const of = counts.series[row]!;
      const [cell, group] = [series.firsts[of]!, series.seconds[of]!];
      const isOfStage = cells.stageOf(cell) !== '';
      if (isOfStage !== ofStages) continue;
      const isSummed = out.dimOf(group) === SUMMED;
      if (isSummed) add(row, cell, all);
      if (!isOfStage || counts.places[row] === QUEUE_WAIT) continue;
      const { tenant, t_ms } = cells.momentOf(cells.bucketOf(cell));
      const over = cells.idOf(tenant, t_ms, '');
      add(row, over, group);
      if (isSummed) add(row, over, all);
    }
}

function* addSessions(source: Combinations, { own, over, groups }: Places, out: SeriesCounts) {
  const seen = new PairTable();
  const all = out.groupOf('all', '');
  const { sessions, combinations } = source;
  const count = (cell: number, group: number, session: number): void => {
    const series = out.series.idOf(cell, group);
    const at = seen.at(series, session);
    if (seen.words[at] !== 0) return;
    seen.words[at] = 1;
    const row = out.counts.row(series, SESSIONS);
    out.counts.n[row]! += 1;
    out.counts.micro[row]! += MICRO;
  };
  for (let one = 0; one < sessions.size; one++) {
    if (one % STEP_ROWS === 0) yield;
    const combination = sessions.firsts[one]!;
    const session = sessions.seconds[one]!;
    const cell = combinations.firsts[combination]!;
    if (own[cell]! < 0) continue;
    const first = combinations.seconds[combination]! * GROUPS;
    for (const under of new Set([own[cell]!, over[cell]!])) {
      count(under, all, session);
      const most = under === over[cell] ? GROUPS : DIMENSIONS.length;
      for (let at = 0; at < most; at++) count(under, groups[first + at]!, session);
    }
  }
}
