/** Questions of the pages, each a hook. Old answers stay while newer ones are fetched. */
import type { Scope } from '@pegbar/contract/words';
import { QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { SECOND, useContextState } from '../url/index.ts';
import { askAgain, get, isPassing, keepCsrf, whenStranger } from './client.ts';
import { reach } from './reach.ts';
import type { ImageRow, Me, Page, RequestRow, Status } from './types.ts';

/** What failed and may be over is asked again while somebody looks at it. */
const AGAIN_MS = 10 * SECOND;

export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30 * SECOND,
        retry: askAgain,
        refetchOnWindowFocus: false,
        refetchInterval: ({ state }) => (isPassing(state.error) ? AGAIN_MS : false),
        // A laptop without a network still reaches the server that runs on it.
        networkMode: 'always',
      },
    },
  });
  whenStranger(() => void client.invalidateQueries({ queryKey: meQuestion.queryKey }));
  reach.onReturn(() => void client.refetchQueries({ predicate: ({ state }) => isPassing(state.error) }));
  return client;
}

/** The question behind `useMe`. */
export const meQuestion = {
  queryKey: ['me'],
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Me> => {
    const me = await get<Me>('me', {}, signal);
    keepCsrf(me.csrf);
    return me;
  },
  staleTime: Number.POSITIVE_INFINITY,
  // Whoever comes back may have logged in or out in another tab, or may do less than before.
  refetchOnWindowFocus: 'always' as const,
};

/** Who looks, and what they may do. */
export const useMe = (): UseQueryResult<Me> => useQuery(meQuestion);

/** Whether the one who looks has the scope; false until that is known. */
export const useMay = (scope: Scope): boolean => useMe().data?.scopes.includes(scope) ?? false;

const STATUS_MS = 10 * SECOND;
export const useStatus = (enabled = true): UseQueryResult<Status> =>
  useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => get<Status>('status', {}, signal),
    refetchInterval: STATUS_MS,
    staleTime: STATUS_MS,
    enabled,
  });

const NEWEST_MS = 30 * SECOND;
/** When anything arrived last, however long ago; null where nothing ever did. */
export const useNewest = (enabled = true): UseQueryResult<number | null> => {
  const [{ tenant }] = useContextState();
  return useQuery({
    queryKey: ['newest', tenant],
    queryFn: async ({ signal }) => {
      const asked = { from: 0, limit: 1, tenant };
      const [requests, images] = await Promise.all([
        get<Page<RequestRow>>('requests', asked, signal),
        get<Page<ImageRow>>('images', asked, signal),
      ]);
      const times = [requests.items[0]?.timestamp, images.items[0]?.timestamp]
        .filter((time) => time !== undefined)
        .map((time) => Date.parse(time));
      return times.length === 0 ? null : Math.max(...times);
    },
    refetchInterval: NEWEST_MS,
    enabled,
  });
};
