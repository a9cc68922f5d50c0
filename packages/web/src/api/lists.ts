/** Lists of what is stored, and single things by their ids; the shell needs none of them. */
import { keepPreviousData, type UseQueryResult, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { SECOND, useContextState, useWindow, type Window } from '../url/index.ts';
import { get, type Params } from './client.ts';
import type {
  DeploymentRow,
  ImageDetail,
  ImageRow,
  LogRow,
  Page,
  RequestDetail,
  RequestRow,
  Trace,
} from './types.ts';

/** One thing by its id; it needs no time range. */
const useOne = <Answer>(
  kind: string,
  path: string,
  id: string | null,
  of?: string | null,
): UseQueryResult<Answer> => {
  const [context] = useContextState();
  const tenant = of === undefined ? context.tenant : of;
  return useQuery({
    queryKey: [kind, id, tenant],
    queryFn: ({ signal }) => get<Answer>(`${path}/${encodeURIComponent(id ?? '')}`, { tenant }, signal),
    enabled: id !== null && id !== '',
  });
};
/** `tenant` where it is not that of the context. */
export const useRequest = (id: string | null, tenant?: string | null) =>
  useOne<RequestDetail>('request', 'requests', id, tenant);
export const useTrace = (id: string | null) => useOne<Trace>('trace', 'traces', id);
export const useImage = (id: string | null) => useOne<ImageDetail>('image', 'images', id);

export interface ListOptions {
  /** Beside those of the context bar. */
  readonly filters?: readonly string[];
  readonly limit?: number;
  readonly enabled?: boolean;
  /** In place of that of the context bar. */
  readonly window?: Window;
  /** Beyond what is listed here, as the address takes it. */
  readonly more?: Params;
}

/** How a list is fetched that may be read to its end. */
interface LongList<Row> {
  /** Rows of every page after the first: who goes on wants many. */
  readonly later?: number;
  /** What is kept of a row, so that a hundred thousand can be held. */
  readonly keep?: (row: Row) => Row;
}

const FRESH_MS = 30 * SECOND;
/** Whoever comes back to a list that was read further is not made to wait for all of its pages again. */
const PAGES_AGAIN = 3;

/** A list of the window, newest first; `fetchNextPage` goes on where it ended. */
function useList<Row>(path: string, options: ListOptions & LongList<Row> = {}) {
  const { filters = [], limit = 100, enabled = true, more, later = limit, keep } = options;
  const [context] = useContextState();
  const usual = useWindow();
  const { from_ms, to_ms } = options.window ?? usual;
  const params = {
    from: from_ms,
    to: to_ms,
    filter: [...context.filters, ...filters],
    limit,
    tenant: context.tenant,
    ...more,
  };
  const query = useInfiniteQuery({
    queryKey: [path, params],
    queryFn: async ({ signal, pageParam }) => {
      const asked = pageParam === null ? params : { ...params, limit: later, cursor: pageParam };
      const page = await get<Page<Row>>(path, asked, signal);
      return keep ? { ...page, items: page.items.map(keep) } : page;
    },
    staleTime: ({ state }) =>
      (state.data?.pages.length ?? 0) > PAGES_AGAIN ? Number.POSITIVE_INFINITY : FRESH_MS,
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    enabled,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  return { ...query, rows };
}
export const useRequests = (options?: ListOptions) => useList<RequestRow>('requests', options);
export const useImages = (options?: ListOptions & LongList<ImageRow>) => useList<ImageRow>('images', options);
export const useLogs = (options?: ListOptions) => useList<LogRow>('logs', options);

const MARKS_MOST = 1_000;
/** Deployments of the window, of the context bar where no other is given, told once where several tenants got the same. Newest last. */
export function useDeployments(own?: Window): UseQueryResult<readonly DeploymentRow[]> {
  const [{ tenant }] = useContextState();
  const usual = useWindow();
  const { from_ms, to_ms } = own ?? usual;
  return useQuery({
    queryKey: ['deployments', from_ms, to_ms, tenant],
    queryFn: async ({ signal }) => {
      const asked = { from: from_ms, to: to_ms, limit: MARKS_MOST, tenant };
      const page = await get<Page<DeploymentRow>>('deployments', asked, signal);
      const once = new Map(page.items.map((row) => [`${row.timestamp} ${row.id} ${row.status}`, row]));
      return [...once.values()].sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
    },
    placeholderData: keepPreviousData,
  });
}
