/** Finds pictures: kept ones first, then the newest, however far back they lie. */
import {
  type Asking,
  type Condition,
  type ExploreDeps,
  keptFirst,
  listImages,
  listRequests,
} from '../explore/index.ts';
import { colourNamesOf } from '../features/index.ts';
import {
  CONTENT_EXAMPLES,
  type ContentColumn,
  KEPT_PICTURES,
  PALETTES_OF,
  PICTURE_SEGMENTS,
  picturesScored,
} from './queries.ts';
import { HOUR_MS, type Segment } from './series.ts';
import type { Window } from './windows.ts';

export interface Example {
  readonly tenant: string;
  readonly request_id: string;
  readonly image_id: string | null;
  /** Its file is kept here; of others there may be an address at most. */
  readonly kept: boolean;
}

/** Which rows. */
export type Which =
  /** Pictures with a score between two values. */
  | { readonly by: 'score'; readonly low: number; readonly high: number }
  /** Requests with a number between two values. */
  | { readonly by: 'number'; readonly low: number; readonly high: number }
  | { readonly by: 'mark'; readonly of: 'images' | 'requests'; readonly condition: Condition }
  /** Pictures of prompts that have a word, or that have none of them. */
  | {
      readonly by: 'content';
      readonly column: ContentColumn;
      readonly names: readonly string[];
      readonly without?: true;
    }
  | { readonly by: 'colour'; readonly name: string }
  | { readonly by: 'any' };

export interface Choice {
  /** null: there are none to choose. */
  readonly which: Which | null;
  readonly words: string;
}

/** Where nothing says of a picture whether it is new: how it looks now, and how it looked. */
export const newest = (why: string): { more: Choice; less: Choice } => ({
  more: { which: { by: 'any' }, words: `the newest, as ${why}` },
  less: { which: { by: 'any' }, words: `the newest of before, as ${why}` },
});

interface Question {
  readonly metric: string;
  readonly segment: Segment;
  readonly window: Window;
}

interface Chosen extends Question {
  readonly which: Which;
  readonly limit: number;
  /** Only these. */
  readonly only?: readonly Found[];
}

interface Found {
  readonly tenant: string;
  readonly request_id: string;
  readonly image_id: string | null;
}

const EXAMPLES = 6;
/** Newest pictures with a digest, of which those are taken that are wanted and kept. */
const KEPT_MOST = 2_000;
/** Of those that are wanted so many are looked for on disk. */
const ASKED_MOST = 24;
const FIRST_STRETCH_MS = 6 * HOUR_MS;
/** How much longer each stretch is than the one after it: each is a query, of four weeks there are four. */
const LONGER = 8;

/** Six at most. An example that cannot be read is none: the finding stands without it. */
export async function findExamples(
  deps: ExploreDeps,
  asking: Asking,
  { which, ...question }: Question & { readonly which: Which | null },
): Promise<Example[]> {
  if (which === null || !Object.keys(question.segment).every((name) => PICTURE_SEGMENTS.has(name))) return [];
  const found: Example[] = [];
  const { kept } = deps;
  if (kept) {
    const only = await readKept(deps, asking, question);
    const wanted =
      only.length === 0 ? [] : await read(deps, asking, { ...question, which, only, limit: ASKED_MOST });
    const named = wanted.flatMap((one) =>
      one.image_id === null ? [] : [{ ...one, image_id: one.image_id }],
    );
    for (const one of await keptFirst(named, EXAMPLES, kept))
      if (await kept(one.tenant, one.image_id)) found.push({ ...one, kept: true });
  }
  const isKnown = (one: Found): boolean =>
    found.some(({ tenant, request_id }) => tenant === one.tenant && request_id === one.request_id);
  // Stretches from the end of the window backwards.
  const { from_ms, to_ms } = question.window;
  for (
    let end = to_ms, length = FIRST_STRETCH_MS;
    end > from_ms && found.length < EXAMPLES;
    length *= LONGER
  ) {
    const window = { from_ms: Math.max(from_ms, end - length), to_ms: end };
    // Several are of one request, of which one is shown.
    const more = await read(deps, asking, { ...question, window, which, limit: ASKED_MOST });
    for (const one of more) if (found.length < EXAMPLES && !isKnown(one)) found.push({ ...one, kept: false });
    end = window.from_ms;
  }
  return found;
}

function read(deps: ExploreDeps, asking: Asking, chosen: Chosen): Promise<Found[]> {
  const { which, segment, only, limit } = chosen;
  switch (which.by) {
    case 'any':
      return only
        ? Promise.resolve(only.slice(0, limit))
        : list(listImages, deps, asking, chosen, conditionsOf(segment));
    case 'mark': {
      const conditions = [...conditionsOf(segment), which.condition];
      return list(which.of === 'images' ? listImages : listRequests, deps, asking, chosen, conditions);
    }
    case 'number': {
      const bound = (op: '>=' | '<=', value: number): Condition => ({
        field: chosen.metric,
        op,
        values: [String(value)],
      });
      const conditions = [...conditionsOf(segment), bound('>=', which.low), bound('<=', which.high)];
      return list(listRequests, deps, asking, chosen, conditions);
    }
    case 'score':
      return ask(
        deps,
        asking,
        chosen,
        picturesScored(chosen.metric, Object.keys(segment), only !== undefined),
        {
          name: chosen.metric,
          low: which.low,
          high: which.high,
        },
      );
    case 'content': {
      const sql = CONTENT_EXAMPLES(which.column, Object.keys(segment), {
        only: only !== undefined,
        without: which.without === true,
      });
      return ask(deps, asking, chosen, sql, { names: which.names });
    }
    case 'colour':
      return only ? readColoured(deps, asking, only, which.name, limit) : Promise.resolve([]);
  }
}

const conditionsOf = (segment: Segment): Condition[] =>
  Object.entries(segment).map(([field, value]) => ({ field, op: '=', values: [value] }));

async function list(
  of: typeof listImages,
  deps: ExploreDeps,
  asking: Asking,
  { window, limit, only }: Chosen,
  conditions: readonly Condition[],
): Promise<Found[]> {
  const id = of === listImages ? 'image_id' : 'request_id';
  const values = only && [...new Set(only.map((one) => one[id] ?? ''))].filter((value) => value !== '');
  if (values?.length === 0) return [];
  const page = await of(deps, asking, {
    ...window,
    conditions: values ? conditions.concat({ field: id, op: 'in', values }) : conditions,
    limit,
    atOnce: true,
  });
  if (!page.ok) return [];
  const found = page.value.items.map(foundOf);
  if (!only || id === 'image_id') return found;
  const pictureOf = new Map(only.map((one) => [`${one.tenant}\n${one.request_id}`, one]));
  return found.map((one) => pictureOf.get(`${one.tenant}\n${one.request_id}`) ?? one);
}

const foundOf = (row: Record<string, unknown>): Found => ({
  tenant: String(row.tenant ?? ''),
  request_id: String(row.request_id ?? ''),
  image_id: typeof row.image_id === 'string' ? row.image_id : null,
});

async function ask(
  { store }: ExploreDeps,
  { scope, signal }: Asking,
  { segment, window, limit, only }: Question & Pick<Chosen, 'limit' | 'only'>,
  sql: string,
  params: Record<string, unknown>,
): Promise<Found[]> {
  const found = await store.scoped(scope).rows<Record<string, unknown>>(sql, {
    params: {
      ...params,
      from: window.from_ms,
      to: window.to_ms,
      limit,
      ...(only && { ids: only.map(({ image_id }) => image_id ?? '') }),
      ...Object.fromEntries(Object.entries(segment).map(([name, value]) => [`s_${name}`, value])),
    },
    ...(signal ? { signal } : {}),
  });
  return found.ok ? found.value.map(foundOf) : [];
}

const readKept = (deps: ExploreDeps, asking: Asking, question: Question): Promise<Found[]> =>
  ask(deps, asking, { ...question, limit: KEPT_MOST }, KEPT_PICTURES(Object.keys(question.segment)), {});

/** Only what was looked at has colours, and that is kept. */
async function readColoured(
  { store }: ExploreDeps,
  { scope, signal }: Asking,
  only: readonly Found[],
  name: string,
  limit: number,
): Promise<Found[]> {
  const found = await store
    .scoped(scope)
    .rows<{ tenant: string; image_id: string; palette: string[] }>(PALETTES_OF, {
      params: { ids: only.map(({ image_id }) => image_id ?? '') },
      ...(signal ? { signal } : {}),
    });
  if (!found.ok) return [];
  const coloured = new Set(
    found.value
      .filter(({ palette }) => colourNamesOf(palette).includes(name))
      .map(({ tenant, image_id }) => `${tenant}\n${image_id}`),
  );
  return only.filter((one) => coloured.has(`${one.tenant}\n${one.image_id}`)).slice(0, limit);
}
