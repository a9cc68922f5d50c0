/** Reads pictures with their vectors. */
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreError, fromStore, pictureSet, type TimeRange } from '../explore/index.ts';
import type { ScopedStore, TenantScope } from '../store/index.ts';
import { type Collection, conditionsOf } from './collections.ts';
import * as SQL from './queries.ts';

export interface StyleDeps {
  store: { scoped(scope: TenantScope): ScopedStore };
}

export interface Picture {
  tenant: string;
  image_id: string;
  request_id: string;
  at_ms: number;
  flagged: boolean;
  /** What is independent of other pictures: its session, else its request. */
  unit: string;
  /** Of length 1, so that embedders that only mean directions compare too. */
  vector: number[];
  /** `#rrggbb share`. */
  palette: string[];
}

export interface Pictures {
  pictures: Picture[];
  /** Pictures that there are; more than are here where they are a sample. */
  of: number;
}

/** Four thousand tell a centroid to a sixtieth of the spread; more would only take longer. */
export const PICTURES_MOST = 4_000;

type Row = Omit<Picture, 'at_ms' | 'flagged' | 'palette'> & {
  at_ms: string;
  flagged: number;
  palette?: string[];
  of?: string;
};

/** Days are counted from 1970, and a day before the window is looked at too. */
const EARLIEST_MS = 2 * 86_400_000;

type Embedder = Pick<Collection, 'embedder' | 'embedder_version'>;

export async function readPictures(
  deps: StyleDeps,
  asking: Asking,
  question: TimeRange & Embedder & { filter: readonly string[] },
): Promise<Result<Pictures, ExploreError>> {
  const found = await rowsOf(deps, asking, question, SQL.seen, { limit: PICTURES_MOST });
  if (!found.ok) return found;
  return ok({ pictures: found.value.map(pictureOf), of: Number(found.value[0]?.of ?? 0) });
}

/** Pictures ingested since a day (`2026-03-01`) whose style distance nobody has told. */
export async function readUnscored(
  deps: StyleDeps,
  asking: Asking,
  question: TimeRange &
    Embedder & {
      filter: readonly string[];
      since: string;
      limit: number;
      after: Pick<Picture, 'tenant' | 'image_id'> | undefined;
    },
): Promise<Result<Picture[], ExploreError>> {
  const { since, limit, after } = question;
  const found = await rowsOf(deps, asking, question, SQL.unscored, {
    since,
    limit,
    after_tenant: after?.tenant ?? '',
    after_image: after?.image_id ?? '',
  });
  return found.ok ? ok(found.value.map(pictureOf)) : found;
}

async function rowsOf(
  { store }: StyleDeps,
  { scope, signal }: Asking,
  {
    filter,
    embedder,
    embedder_version,
    from_ms,
    to_ms,
  }: TimeRange & Embedder & { filter: readonly string[] },
  sql: (set: string) => string,
  params: Record<string, unknown>,
): Promise<Result<Row[], ExploreError>> {
  const conditions = conditionsOf(filter);
  if (!conditions.ok) return conditions;
  const set = pictureSet(conditions.value);
  if (!set.ok) return set;
  const found = await store.scoped(scope).rows<Row>(sql(set.value.sql), {
    params: {
      ...set.value.params,
      ...params,
      from: Math.max(EARLIEST_MS, from_ms),
      to: to_ms,
      embedder,
      embedder_version,
    },
    ...(signal && { signal }),
  });
  return found.ok ? found : fromStore(found.error);
}

function pictureOf(row: Row): Picture {
  const length = Math.hypot(...row.vector);
  return {
    tenant: row.tenant,
    image_id: row.image_id,
    request_id: row.request_id,
    at_ms: Number(row.at_ms),
    flagged: row.flagged === 1,
    unit: row.unit,
    vector: length > 0 ? row.vector.map((one) => one / length) : row.vector,
    palette: row.palette ?? [],
  };
}

/** Vectors of the length that most have: a sender that mixes lengths under one version has made a mistake. */
export function ofOneLength(pictures: readonly Picture[]): Picture[] {
  const lengths = new Map<number, number>();
  for (const { vector } of pictures) lengths.set(vector.length, (lengths.get(vector.length) ?? 0) + 1);
  const [usual] = [...lengths].sort((x, y) => y[1] - x[1] || x[0] - y[0]);
  return pictures.filter(({ vector }) => vector.length === usual?.[0]);
}
