/** Why requests failed, over time and by what they have in common. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useContextState, useWindow } from '../url/index.ts';
import { get } from './client.ts';

export interface Failures {
  readonly step_s: number;
  readonly times: readonly string[];
  readonly codes: readonly {
    readonly code: string;
    readonly counts: readonly number[];
    readonly n: number;
    readonly failed: number;
    readonly timed_out: number;
  }[];
  readonly settings: readonly {
    readonly field: string;
    readonly value: string;
    readonly failed: number;
    readonly of: number;
    readonly code: string;
  }[];
  readonly runs: readonly {
    readonly by: 'host' | 'model_version';
    readonly value: string;
    readonly length: number;
    readonly from: string;
    readonly to: string;
  }[];
  readonly retries: readonly {
    readonly tenant: string;
    readonly request_id: string;
    readonly timestamp: string;
    readonly attempt: number;
    readonly outcome: string;
    readonly code: string;
  }[];
  readonly retried: number;
  readonly one_in: number;
}

export function useFailures(): UseQueryResult<Failures> {
  const [{ filters, tenant }] = useContextState();
  const { from_ms, to_ms, step_ms } = useWindow(60);
  const params = { from: from_ms, to: to_ms, step: step_ms / 1000, filter: filters, tenant };
  return useQuery({
    queryKey: ['failures', params],
    queryFn: ({ signal }) => get<Failures>('failures', params, signal),
    placeholderData: keepPreviousData,
  });
}
