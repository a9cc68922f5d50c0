/** Why requests failed, over time and by what they have in common. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useContextState, useWindow, type Window } from '../url/index.ts';
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

/** Bars that are still told apart. */
const BARS = 60;

export function useFailures(): UseQueryResult<Failures> {
  const window = useWindow(BARS);
  return useAnswer(window, { step: window.step_ms / 1000 }, true);
}

/** What failed over the baseline of the context bar. */
export interface FailuresThen {
  /** By error code; counts stand beside those of the bar of now at the same place. */
  readonly codes: ReadonlyMap<string, Pick<Failures['codes'][number], 'counts' | 'n'>>;
}

/** Undefined where nothing is compared or it has not come; asked after what is now, whose place on the page is first. */
export function useFailuresThen(enabled: boolean): FailuresThen | undefined {
  const { baseline, step_ms, ...window } = useWindow(BARS);
  const release = baseline?.release ? [`model_version=${baseline.release}`] : [];
  const asked = { step: step_ms / 1000, only: 'codes', release };
  const { data } = useAnswer(baseline?.window ?? window, asked, enabled && baseline !== null);
  const compared = enabled && baseline !== null;
  return useMemo(
    () => (data && compared ? { codes: new Map(data.codes.map((one) => [one.code, one])) } : undefined),
    [data, compared],
  );
}

function useAnswer(
  { from_ms, to_ms }: Window,
  { release = [], ...more }: { step: number; only?: string; release?: readonly string[] },
  enabled: boolean,
): UseQueryResult<Failures> {
  const [{ filters, tenant }] = useContextState();
  const params = { ...more, from: from_ms, to: to_ms, filter: [...filters, ...release], tenant };
  return useQuery({
    queryKey: ['failures', params],
    queryFn: ({ signal }) => get<Failures>('failures', params, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}
