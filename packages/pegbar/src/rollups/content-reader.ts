/** Reads what prompts and pictures are about: stored hours, and in their place those that are held in memory. */
import { ok, type Result } from '../base/result.ts';
import { readBlock } from '../native/index.ts';
import type { Store, StoreError, TenantScope } from '../store/index.ts';
import { CellNameCounter, type ContentKind, type ContentSums } from './content-cells.ts';
import { type ContentHourCounts, column, itemsOf } from './content-count.ts';
import { kindsOfText } from './content-documents.ts';
import { DISTANCE_KIND } from './content-keeper.ts';
import { CONTENT, NAMES, SOME_PROMPTS } from './content-queries.ts';
import { HOUR_MS } from './swap.ts';

export interface ContentQuestion {
  readonly scope: TenantScope;
  readonly kinds: readonly (ContentKind | typeof DISTANCE_KIND)[];
  /** `all`, or one of `CONTENT_DIMS`. */
  readonly dim: string;
  /** Whole hours. */
  readonly from_ms: number;
  readonly to_ms: number;
  readonly signal?: AbortSignal | undefined;
}

/** Sums of one kind, tenant, value of the dimension and hour; the lists stay as long as they are held. */
export interface ContentRow extends Omit<ContentSums, 'kind' | 'dim' | 'names'> {
  readonly tenant: string;
  readonly kind: ContentKind | typeof DISTANCE_KIND;
  readonly hour_ms: number;
  /** Of distances: their sum, millionths; else 0. */
  readonly sum: number;
}

/** Open hours, by their bucket. */
export type HeldContent = ReadonlyMap<string, ContentHourCounts>;

export interface ContentReader {
  read(question: ContentQuestion): Promise<Result<ContentRow[], StoreError>>;
  /** Names of cells by kind, as far as they are known. */
  names(question: ContentQuestion): Promise<Result<ReadonlyMap<string, string>, StoreError>>;
}

/** How a cell of a kind is written in `names`. */
export const cellKey = (kind: string, cell: number): string => `${kind} ${cell}`;

export function createContentReader(deps: {
  store: Pick<Store, 'scoped'>;
  held: () => HeldContent;
}): ContentReader {
  const paramsOf = ({ kinds, dim, from_ms, to_ms }: ContentQuestion) => ({
    kinds: [...kinds],
    dim,
    from_s: from_ms / 1000,
    to_s: to_ms / 1000,
  });
  const inRange = (question: ContentQuestion) =>
    [...deps.held()].flatMap(([key, counts]) => {
      const tenant = key.slice(0, key.lastIndexOf('|'));
      const at = counts.hour_s * 1000;
      const isAsked = question.scope.tenant === null || question.scope.tenant === tenant;
      return isAsked && at >= question.from_ms && at < question.to_ms ? [{ key, tenant, counts }] : [];
    });
  return {
    async read(question) {
      // Taken before the query: an hour that is stored meanwhile is then read from here only.
      const held = inRange(question);
      const answer = await deps.store.scoped(question.scope).native(CONTENT, {
        params: paramsOf(question),
        ...(question.signal ? { signal: question.signal } : {}),
      });
      if (!answer.ok) return answer;
      const known = new Set(held.map(({ key }) => key));
      const stored = rowsOf(answer.value).filter(
        ({ tenant, hour_ms }) => !known.has(`${tenant}|${hour_ms / 1000}`),
      );
      return ok([...stored, ...held.flatMap((one) => heldRows(one.tenant, one.counts, question))]);
    },
    async names(question) {
      const answer = await deps.store
        .scoped(question.scope)
        .rows<{ kind: string; cell: number; name: string }>(NAMES, {
          params: paramsOf(question),
          ...(question.signal ? { signal: question.signal } : {}),
        });
      if (!answer.ok) return answer;
      const names = new Map(answer.value.map(({ kind, cell, name }) => [cellKey(kind, cell), name]));
      for (const { counts } of inRange(question))
        for (const { kind, cells, names: own } of counts.content)
          own.forEach((name, at) => {
            const key = cellKey(kind, cells[at]!);
            if (name !== '' && !names.has(key)) names.set(key, name);
          });
      return nameWhatIsNew(deps.store, question, names);
    },
  };
}

/** Prompts that are read for the names of words that are new. */
const PROMPTS_READ = 300;
/** Words that came lately. */
const NEW_MS = 24 * HOUR_MS;

/** Words of the last day that are in no stored list of names yet, as some prompts of it have them. */
async function nameWhatIsNew(
  store: Pick<Store, 'scoped'>,
  { scope, kinds, to_ms, signal }: ContentQuestion,
  names: Map<string, string>,
): Promise<Result<ReadonlyMap<string, string>, StoreError>> {
  if (!kinds.some((kind) => OF_TEXT.has(kind))) return ok(names);
  const prompts = await store.scoped(scope).rows<{ prompt: string }>(SOME_PROMPTS, {
    params: { from_s: (to_ms - NEW_MS) / 1000, to_s: to_ms / 1000, most: PROMPTS_READ },
    ...(signal ? { signal } : {}),
  });
  if (!prompts.ok) return prompts;
  const counter = new CellNameCounter();
  for (const { prompt } of prompts.value)
    for (const { kind, names: own } of kindsOfText(prompt))
      for (const [cell, name] of own ?? []) counter.add(kind, cell, name);
  for (const [kind, cell] of counter.cells()) {
    const key = cellKey(kind, cell);
    if (!names.has(key)) names.set(key, counter.nameOf(kind, cell, 1));
  }
  return ok(names);
}
const OF_TEXT: ReadonlySet<string> = new Set(['token', 'tag', 'character']);

function rowsOf(bytes: Buffer): ContentRow[] {
  const out: ContentRow[] = [];
  for (let from = 0; from < bytes.length; ) {
    const view = readBlock(bytes, from);
    from = view.end ?? bytes.length;
    if (view.rows === 0) continue;
    const [tenant, value, kind, hour] = ['tenant', 'value', 'kind', 'hour'].map((name) => column(view, name));
    const [documents, sessions, squaresOfSessions, sums] = [
      'documents',
      'sessions',
      'session_squares',
      'sum',
    ].map((name) => column(view, name));
    const lists = ['cells', 'counts', 'cell_sessions', 'squares', 'crosses'].map((name) =>
      column(view, name),
    );
    for (let at = 0; at < view.rows; at++) {
      const [cells, counts, cell_sessions, squares, crosses] = lists.map((list) => itemsOf(list, at));
      out.push({
        tenant: String(tenant!.at(at)),
        value: String(value!.at(at)),
        kind: kind!.at(at) as ContentRow['kind'],
        hour_ms: Number(hour!.at(at)) * 1000,
        documents: Number(documents!.at(at)),
        sessions: Number(sessions!.at(at)),
        session_squares: Number(squaresOfSessions!.at(at)),
        sum: Number(sums!.at(at)),
        cells: cells as Uint16Array,
        counts: counts as Uint32Array,
        cell_sessions: cell_sessions as Uint32Array,
        squares: squares as Uint32Array,
        crosses: crosses as Uint32Array,
      });
    }
  }
  return out;
}

const NONE = new Uint32Array(0);

function heldRows(tenant: string, counts: ContentHourCounts, question: ContentQuestion): ContentRow[] {
  const hour_ms = counts.hour_s * 1000;
  const content = counts.content
    .filter(({ kind, dim }) => question.kinds.includes(kind) && dim === question.dim)
    .map((sums) => ({ ...sums, tenant, hour_ms, sum: 0 }));
  if (!question.kinds.includes(DISTANCE_KIND) || question.dim !== 'collection') return content;
  const distances = counts.distances.map(({ collection, n, sum, bins }): ContentRow => {
    const cells = [...bins].sort(([a], [b]) => a - b);
    return {
      tenant,
      kind: DISTANCE_KIND,
      value: collection,
      hour_ms,
      documents: n,
      sum,
      sessions: 0,
      session_squares: 0,
      cell_sessions: NONE,
      squares: NONE,
      crosses: NONE,
      cells: Uint16Array.from(cells, ([bin]) => bin),
      counts: Uint32Array.from(cells, ([, count]) => count),
    };
  });
  return [...content, ...distances];
}
