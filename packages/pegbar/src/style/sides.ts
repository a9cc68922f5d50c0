/** Counts by collection, by step, by model: how the rows of an answer fall on the sides that are compared. */
import type { Result } from '../base/result.ts';
import { type Asking, type ExploreDeps, type ExploreError, fromStore } from '../explore/index.ts';

/** What is set apart as now, beside what was before: from a moment on, or all but the pictures of a version. */
export interface StyleParting {
  readonly split_ms: number | null;
  readonly release: string | null;
}

export const isParted = ({ split_ms, release }: StyleParting): boolean =>
  split_ms !== null || release !== null;

/** The parameters of `IS_NOW`. */
export const partingParams = ({ split_ms, release, to_ms }: StyleParting & { readonly to_ms: number }) => ({
  split: split_ms ?? to_ms,
  release: release ?? '',
});

/** Rows of a question, within the tenants of who asks. */
export async function rowsOf<Row>(
  { store }: Pick<ExploreDeps, 'store'>,
  { scope, signal }: Asking,
  sql: string,
  params: Record<string, unknown>,
): Promise<Result<Row[], ExploreError>> {
  const found = await store.scoped(scope).rows<Row>(sql, { params, ...(signal && { signal }) });
  return found.ok ? found : fromStore(found.error);
}

/** The value of a key, made where there is none. */
export function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Counts of one kind: of now, of before, by step, by model and step. */
export interface Sides<Counts> {
  now: Counts;
  before: Counts;
  steps: Map<number, Counts>;
  models: Map<string, Map<number, Counts>>;
}
export const emptySides = <Counts>(make: () => Counts): Sides<Counts> => ({
  now: make(),
  before: make(),
  steps: new Map(),
  models: new Map(),
});

export interface SideRow {
  readonly model: string;
  readonly step: string | number;
  readonly later: number;
}
/** The counts that a row adds to. */
export function countsFor<Counts>(
  sides: Sides<Counts>,
  { model, step, later }: SideRow,
  parted: boolean,
  make: () => Counts,
): Counts[] {
  const ofModel = entryOf(sides.models, model, () => new Map<number, Counts>());
  return [
    !parted || Number(later) === 1 ? sides.now : sides.before,
    entryOf(sides.steps, Number(step), make),
    entryOf(ofModel, Number(step), make),
  ];
}
