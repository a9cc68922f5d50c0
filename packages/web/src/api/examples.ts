/** The worst of each bucket, and one sequence second by second. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useContextState, useWindow } from '../url/index.ts';
import { get } from './client.ts';
import { getTogether } from './together.ts';

export interface Example {
  /** Start of its bucket. */
  readonly t: string;
  readonly timestamp: string;
  readonly tenant: string;
  readonly request_id: string;
  readonly sequence_id?: string;
  readonly image_id: string | null;
  readonly model_version: string;
  readonly region: string;
  /** Milliseconds of latency, or delivered FPS. */
  readonly value: number;
  readonly dropped?: number;
  readonly frames?: number;
}

/** The slowest request of each bucket, or the sequence that was delivered slowest. */
export function useExamples(
  of: 'requests' | 'sequences',
  filters: readonly string[],
  step_ms: number,
): UseQueryResult<readonly Example[]> {
  const [context] = useContextState();
  const { from_ms, to_ms } = useWindow();
  const params = {
    of,
    from: from_ms,
    to: to_ms,
    step: Math.round(step_ms / 1000),
    tenant: context.tenant,
    filter: [...context.filters, ...filters],
  };
  return useQuery({
    queryKey: ['examples', params],
    queryFn: async ({ signal }) =>
      (await getTogether<{ items: Example[] }>('examples', params, signal)).items,
    placeholderData: keepPreviousData,
    enabled: step_ms >= 1000,
  });
}

export interface SequenceSecond {
  readonly second: number;
  readonly produced_fps: number | null;
  readonly delivered_fps: number | null;
  readonly dropped: number;
  readonly duplicated: number;
  readonly held: number;
}

export interface SequenceSide {
  readonly frames: number;
  readonly dropped: number;
  readonly duplicated: number;
  readonly held: number;
  readonly seconds: number;
  readonly fps: number | null;
}

export interface Sequence {
  readonly sequence_id: string;
  readonly tenant: string;
  readonly request_id: string | null;
  readonly declared_fps: number | null;
  readonly produced: SequenceSide | null;
  readonly delivered: SequenceSide | null;
  readonly seconds: readonly SequenceSecond[];
}

export const useSequence = (id: string | null, tenant?: string): UseQueryResult<Sequence> =>
  useQuery({
    queryKey: ['sequence', id, tenant],
    queryFn: ({ signal }) => get<Sequence>(`sequences/${encodeURIComponent(id ?? '')}`, { tenant }, signal),
    enabled: id !== null,
    placeholderData: keepPreviousData,
  });
