/** Palettes of collections over time: six tones per collection, and what share each has had, by step and by model. */
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps, ExploreError } from '../explore/index.ts';
import { PICTURE_PALETTES } from './health-queries.ts';
import { countsFor, emptySides, entryOf, rowsOf, type SideRow, type Sides } from './sides.ts';
import { groupTones, type ToneGroups } from './tone-groups.ts';

/** Shares of the tones, in their order; null where no picture has a palette. */
type Shares = readonly number[] | null;

export interface CollectionPalette {
  /** `#rrggbb`, commonest first; the same for every part, so that shares can be drawn over each other. */
  readonly tones: readonly string[];
  readonly now: Shares;
  readonly before: Shares;
  /** By step. */
  readonly points: readonly Shares[];
}

/** By tenant, collection and, for models, version. */
export interface Palettes {
  of(tenant: string, collection: string): CollectionPalette | null;
  ofModel(tenant: string, collection: string, model_version: string): readonly Shares[] | null;
}

/** Groups of one answer: steps of models of collections. */
const ROWS_MOST = 60_000;

/** Weight of each colour cell (its first hex digits, 12 bits), in ten-thousandths of pictures. */
type Cells = Map<number, number>;

interface Row extends SideRow {
  tenant: string;
  collection: string;
  tones: readonly [readonly number[], readonly (string | number)[]];
}

interface Gathered extends Sides<Cells> {
  all: Cells;
}
const noCells = (): Cells => new Map();

/**
 * `pictures` is a subquery of pictures with what it binds, `steps` their number; `parted` says that what is not `later`
 * is before.
 */
export async function readPalettes(
  deps: Pick<ExploreDeps, 'store'>,
  asking: Asking,
  pictures: { sql: string; params: Record<string, unknown> },
  { steps, parted }: { steps: number; parted: boolean },
): Promise<Result<Palettes, ExploreError>> {
  const params = { ...pictures.params, palettes: ROWS_MOST };
  const found = await rowsOf<Row>(deps, asking, PICTURE_PALETTES(pictures.sql), params);
  if (!found.ok) return found;
  const gathered = gather(found.value, parted);
  const groups = new Map([...gathered].map(([key, { all }]) => [key, groupTones(all)] as const));
  const points = (of: Map<number, Cells>, tones: ToneGroups): Shares[] =>
    Array.from({ length: steps }, (_, at) => tones.sharesOf(of.get(at) ?? new Map()));
  return ok({
    of(tenant, collection) {
      const key = `${tenant}\n${collection}`;
      const [known, tones] = [gathered.get(key), groups.get(key)];
      if (!known || !tones) return null;
      const { now, before } = known;
      return {
        tones: tones.tones,
        now: tones.sharesOf(now),
        before: tones.sharesOf(before),
        points: points(known.steps, tones),
      };
    },
    ofModel(tenant, collection, model_version) {
      const key = `${tenant}\n${collection}`;
      const [known, tones] = [gathered.get(key)?.models.get(model_version), groups.get(key)];
      return known && tones ? points(known, tones) : null;
    },
  });
}

function gather(rows: readonly Row[], parted: boolean): Map<string, Gathered> {
  const found = new Map<string, Gathered>();
  for (const row of rows) {
    const sides = entryOf(found, `${row.tenant}\n${row.collection}`, () => ({
      all: noCells(),
      ...emptySides(noCells),
    }));
    const into = [sides.all, ...countsFor(sides, row, parted, noCells)];
    const [cells, weights] = row.tones;
    for (const [index, cell] of cells.entries())
      for (const counts of into)
        counts.set(Number(cell), (counts.get(Number(cell)) ?? 0) + Number(weights[index]));
  }
  return found;
}
