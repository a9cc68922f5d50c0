/** Whether a trace is kept from sampling. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useContextState } from '../url/index.ts';
import { get } from './client.ts';

/** `tell` says what was just done about it, so that nothing need be asked anew. */
export function usePinned(trace_id: string): {
  data: boolean | undefined;
  tell: (pinned: boolean) => void;
} {
  const [{ tenant }] = useContextState();
  const client = useQueryClient();
  const queryKey = ['pin', trace_id, tenant];
  const { data } = useQuery({
    queryKey,
    queryFn: async ({ signal }) =>
      (await get<{ pinned: boolean }>(`traces/${trace_id}/pin`, { tenant }, signal)).pinned,
  });
  return { data, tell: (pinned) => client.setQueryData(queryKey, pinned) };
}
