/** Palettes of collections over time: six tones per collection, and what share each has had, by step and by model. */
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreDeps, type ExploreError, fromStore } from '../explore/index.ts';
import { PICTURE_PALETTES } from './health-queries.ts';
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

interface Row {
  tenant: string;
  collection: string;
  model: string;
  step: string | number;
  later: number;
  tones: readonly [readonly number[], readonly (string | number)[]];
}

interface Gathered {
  all: Cells;
  now: Cells;
  before: Cells;
  steps: Map<number, Cells>;
  models: Map<string, Map<number, Cells>>;
}

/**
 * `pictures` is a subquery of pictures with what it binds, `steps` their number; `parted` says that what is not `later`
 * is before.
 */
export async function readPalettes(
  { store }: Pick<ExploreDeps, 'store'>,
  asking: Asking,
  pictures: { sql: string; params: Record<string, unknown> },
  { steps, parted }: { steps: number; parted: boolean },
): Promise<Result<Palettes, ExploreError>> {
  const found = await store.scoped(asking.scope).rows<Row>(PICTURE_PALETTES(pictures.sql), {
    params: { ...pictures.params, palettes: ROWS_MOST },
    ...(asking.signal && { signal: asking.signal }),
  });
  if (!found.ok) return fromStore(found.error);
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
  for (const { tenant, collection, model, step, later, tones } of rows) {
    const key = `${tenant}\n${collection}`;
    const known = found.get(key) ?? {
      all: new Map(),
      now: new Map(),
      before: new Map(),
      steps: new Map(),
      models: new Map(),
    };
    found.set(key, known);
    const ofModel = known.models.get(model) ?? new Map<number, Cells>();
    known.models.set(model, ofModel);
    const at = Number(step);
    const side = !parted || Number(later) === 1 ? known.now : known.before;
    const into = [known.all, side, cellsAt(known.steps, at), cellsAt(ofModel, at)];
    for (const [index, cell] of tones[0].entries())
      for (const cells of into)
        cells.set(Number(cell), (cells.get(Number(cell)) ?? 0) + Number(tones[1][index]));
  }
  return found;
}

function cellsAt(steps: Map<number, Cells>, step: number): Cells {
  const known = steps.get(step) ?? new Map<number, number>();
  steps.set(step, known);
  return known;
}
