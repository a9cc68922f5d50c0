/**
 * Style health: how far the pictures of each collection lie from its centroid, as it was told with the pictures or by a
 * scorer. One look at the range gives counts per collection, model and step; all figures come from these.
 */
import { ok, type Result } from '../base/result.ts';
import {
  type Asking,
  type Condition,
  type ExploreDeps,
  type ExploreError,
  refused,
  sampledPictures,
  type TimeRange,
} from '../explore/index.ts';
import { addBins, BIN_MOST, BIN_WIDTH, type Bins, countOf, quantileOf, shareAbove } from './bins.ts';
import { DISTANCE_COUNTS } from './health-queries.ts';
import { type Palettes, readPalettes } from './palettes.ts';
import {
  countsFor,
  emptySides,
  entryOf,
  isParted,
  partingParams,
  rowsOf,
  type SideRow,
  type Sides,
  type StyleParting,
} from './sides.ts';

export interface StyleQuestion extends TimeRange, StyleParting {
  step_ms: number;
  conditions: readonly Condition[];
}

const STEPS_MOST = 400;
/** Collections that are told, those with the most pictures. */
const COLLECTIONS_MOST = 50;
/** Versions of one collection, likewise. */
const MODELS_MOST = 6;
/** Groups of one answer: what some fifty collections of a few models have in four hundred steps. */
const ROWS_MOST = 120_000;

interface Row extends SideRow {
  tenant: string;
  collection: string;
  bins: readonly [readonly number[], readonly (string | number)[]];
}

type Counts = Map<number, number>;
interface Gathered extends Sides<Counts> {
  tenant: string;
  collection: string;
}
const noCounts = (): Counts => new Map();

export async function readStyleHealth(
  deps: ExploreDeps,
  asking: Asking,
  question: StyleQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const { from_ms, to_ms, step_ms } = question;
  const first = Math.floor(from_ms / step_ms) * step_ms;
  const steps = Math.ceil((to_ms - first) / step_ms);
  if (steps > STEPS_MOST)
    return refused('query_limit', `more than ${STEPS_MOST} points`, {
      field: 'step',
      hint: 'Take a longer step or a shorter window.',
    });
  const pictures = await sampledPictures(deps, asking, question);
  if (!pictures.ok) return pictures;
  const { sql, params, one_in, how } = pictures.value;
  const bound = { ...params, ...partingParams(question), first, step: step_ms };
  const [found, palettes] = await Promise.all([
    rowsOf<Row>(deps, asking, DISTANCE_COUNTS(sql), {
      ...bound,
      width: BIN_WIDTH,
      bin_most: BIN_MOST,
      rows: ROWS_MOST,
    }),
    readPalettes(deps, asking, { sql, params: bound }, { steps, parted: isParted(question) }),
  ]);
  if (!found.ok) return found;
  if (!palettes.ok) return palettes;
  return ok({
    sample: { one_in, how },
    step_s: step_ms / 1000,
    times: Array.from({ length: steps }, (_, at) => new Date(first + at * step_ms).toISOString()),
    bin_width: BIN_WIDTH,
    collections: gather(found.value, isParted(question))
      .sort((a, b) => sizeOf(b) - sizeOf(a))
      .slice(0, COLLECTIONS_MOST)
      .map((one, at) =>
        toldCollection(one, steps, one_in, at * steps < PALETTE_POINTS_MOST ? palettes.value : null),
      ),
  });
}

/** Points of palettes in one answer, models aside: all collections by day, the largest few by quarter of an hour. */
const PALETTE_POINTS_MOST = 3_000;

const sizeOf = ({ now, before }: Gathered): number => countOf(now) + countOf(before);

function gather(rows: readonly Row[], parted: boolean): Gathered[] {
  const found = new Map<string, Gathered>();
  for (const row of rows) {
    const { tenant, collection, bins } = row;
    const sides = entryOf(found, `${tenant}\n${collection}`, () => ({
      tenant,
      collection,
      ...emptySides(noCounts),
    }));
    const pairs = bins[0].map((bin, at) => [Number(bin), Number(bins[1][at])] as const);
    for (const counts of countsFor(sides, row, parted, noCounts)) addBins(counts, pairs);
  }
  return [...found.values()];
}

const listOf = (bins: Bins): [number, number][] => [...bins].sort((a, b) => a[0] - b[0]);

function toldCollection(one: Gathered, steps: number, one_in: number, palettes: Palettes | null) {
  const { tenant, collection, now, before, models } = one;
  const limit = quantileOf(before, 0.95);
  const side = (bins: Bins) => ({
    n: countOf(bins) * one_in,
    p50: quantileOf(bins, 0.5),
    p95: quantileOf(bins, 0.95),
    bins: listOf(bins),
  });
  const sum = (all: Map<number, Map<number, number>>): number =>
    [...all.values()].reduce((total, bins) => total + countOf(bins), 0);
  return {
    tenant,
    collection,
    now: side(now),
    before: countOf(before) === 0 ? null : side(before),
    over: limit === null ? null : shareAbove(now, limit),
    points: series(one.steps, steps, (bins) => ({
      n: countOf(bins) * one_in,
      p5: quantileOf(bins, 0.05),
      p50: quantileOf(bins, 0.5),
      p95: quantileOf(bins, 0.95),
    })),
    palette: palettes?.of(tenant, collection) ?? null,
    models: [...models]
      .map(([model_version, own]) => ({
        model_version,
        n: sum(own) * one_in,
        p50: series(own, steps, (bins) => quantileOf(bins, 0.5)),
        palette: palettes?.ofModel(tenant, collection, model_version) ?? null,
      }))
      .sort((a, b) => b.n - a.n)
      .slice(0, MODELS_MOST),
  };
}

const series = <Point>(
  known: ReadonlyMap<number, Bins>,
  steps: number,
  point: (bins: Bins) => Point,
): Point[] => Array.from({ length: steps }, (_, at) => point(known.get(at) ?? new Map()));
