/** What drifted: everything of the window, and one metric by segment. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useContextState, useParameter, useWindow, type Window } from '../url/index.ts';
import type { Resource } from './administration.ts';
import { get } from './client.ts';
import type { ImageRow, Page } from './types.ts';

export type DriftVerdict = 'drift' | 'no_drift' | 'insufficient_data' | 'changed_but_small';

export interface DriftCandidate {
  readonly id: string;
  readonly kind: string;
  readonly timestamp: string;
  readonly version?: string | null;
  readonly region?: string | null;
  readonly workload?: string | null;
  readonly tenant?: string | null;
  /** Hours from it to the change. */
  readonly lag_h: number;
  readonly did: { readonly on: number; readonly off: number; readonly share: number } | null;
  readonly score: number;
}

export interface DriftContributor {
  readonly name: string;
  readonly from: number | null;
  readonly to: number | null;
  /** Of the change. */
  readonly share: number;
  readonly direction: 'more' | 'less';
  readonly reference: number;
  readonly current: number;
}

export interface DriftExample {
  readonly tenant: string;
  readonly request_id: string;
  readonly image_id: string | null;
}

export interface DriftDistribution {
  readonly cells: readonly {
    readonly name: string;
    readonly from: number | null;
    readonly to: number | null;
  }[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

export interface DriftSeries {
  readonly metric: string;
  readonly segment: Readonly<Record<string, string>>;
  /** Of a release: the version that it is compared with. */
  readonly against: string | null;
  readonly verdict: DriftVerdict;
  readonly reason: 'changed' | 'small' | 'passing' | 'unchanged' | 'too_few';
  readonly words: string;
  readonly unit: string;
  readonly now: number | null;
  readonly before: number | null;
  readonly shift: number | null;
  readonly shift_interval: readonly [number, number] | null;
  readonly better: boolean | null;
  readonly because: readonly string[];
  readonly p: number;
  readonly p_adjusted: number;
  readonly psi: number;
  readonly psi_debiased: number;
  readonly least_effect: number;
  readonly n_ref: number;
  readonly n_cur: number;
  readonly n_needed: number | null;
  readonly design_effect: number;
  readonly persists: boolean | null;
  readonly within: number | null;
  readonly mix: number | null;
  readonly contributors: readonly DriftContributor[];
  readonly since?: string | null;
  readonly cause?: DriftCandidate | null;
  readonly cause_words?: string;
  readonly alternatives?: readonly DriftCandidate[];
  readonly last_good_version?: string | null;
  readonly distribution?: DriftDistribution;
  readonly examples?: {
    readonly most_new: readonly DriftExample[];
    readonly most_lost: readonly DriftExample[];
  };
}

export interface DriftHead {
  readonly from: string;
  readonly to: string;
  readonly baseline: {
    readonly kind: 'rolling' | 'release' | 'pinned';
    readonly asked: string;
    readonly from: string;
    readonly to: string;
    readonly matched: string;
    readonly excluded: readonly { readonly from: string; readonly to: string; readonly why: string }[];
  };
  readonly alpha: number;
}

export interface DriftFinding extends DriftSeries {
  readonly title: string;
  readonly also: readonly DriftSeries[];
}

export interface DriftFindings extends DriftHead {
  readonly looked_at: {
    readonly series: number;
    readonly metrics: readonly string[];
    readonly segments: number;
    readonly drift: number;
    readonly no_drift: number;
    readonly changed_but_small: number;
    readonly insufficient_data: number;
  };
  readonly total: number;
  readonly findings: readonly DriftFinding[];
}

export interface DriftAnswer extends DriftHead {
  readonly metric: string;
  readonly by: readonly string[];
  readonly verdict: 'drift' | 'no_drift' | 'insufficient_data';
  readonly tested: number;
  readonly series: readonly DriftSeries[];
}

/** Where the address names none. */
export const DRIFT_BASELINE = '28d';
const FINDINGS_MOST = 50;
const HOUR_MS = 3_600_000;
/** Drift is told by the hour: an answer of some minutes ago is the same. */
const FRESH_MS = 300_000;

/** Whole hours, as drift counts: so that the same question within an hour is asked once. */
function useAsked(own?: Window) {
  const [{ tenant }] = useContextState();
  const shown = useWindow();
  const { from_ms, to_ms } = own ?? shown;
  const [baseline] = useParameter('baseline');
  return {
    from: Math.floor(from_ms / HOUR_MS) * HOUR_MS,
    to: Math.ceil(to_ms / HOUR_MS) * HOUR_MS,
    ...{ baseline: baseline ?? DRIFT_BASELINE, tenant },
  };
}

/** Everything that drifted in the window of the context, or in one of its own; the worst first. */
export function useDriftFindings(enabled = true, window?: Window): UseQueryResult<DriftFindings> {
  const params = { ...useAsked(window), limit: FINDINGS_MOST };
  return useQuery({
    queryKey: ['drift', 'findings', params],
    queryFn: ({ signal }) => get<DriftFindings>('drift/findings', params, signal),
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
    enabled,
  });
}

interface DriftQuestion {
  readonly metric: string;
  /** Segments: tenant, one other dimension, and the stage. */
  readonly by: readonly string[];
  readonly filters: readonly string[];
  readonly enabled?: boolean;
}
/** One metric by segment. */
export function useDrift({
  metric,
  by,
  filters,
  enabled = true,
}: DriftQuestion): UseQueryResult<DriftAnswer> {
  const params = { ...useAsked(), metric, by: by.length === 0 ? null : by.join(','), filter: filters };
  return useQuery({
    queryKey: ['drift', 'metric', params],
    queryFn: ({ signal }) => get<DriftAnswer>('drift', params, signal),
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
    enabled,
  });
}

const EXAMPLES_MOST = 200;
/** The pictures of examples, in their order; of a request without one named, its first. */
export function useExamplePictures(
  examples: readonly DriftExample[],
  window: { readonly from: string; readonly to: string },
): UseQueryResult<readonly ImageRow[]> {
  const named = examples.every(({ image_id }) => image_id !== null);
  const ids = examples.map(({ image_id, request_id }) => (named ? image_id : request_id)).filter(Boolean);
  const params = {
    ...{ from: window.from, to: window.to, limit: EXAMPLES_MOST },
    filter: [`${named ? 'image_id' : 'request_id'} in ${ids.join(',')}`],
  };
  return useQuery({
    queryKey: ['drift', 'pictures', params],
    queryFn: async ({ signal }) => {
      const { items } = await get<Page<ImageRow>>('images', params, signal);
      return examples.flatMap(
        (one) =>
          items.find(
            (row) =>
              row.tenant === one.tenant &&
              (named ? row.image_id === one.image_id : row.request_id === one.request_id),
          ) ?? [],
      );
    },
    enabled: ids.length > 0,
  });
}

/** The declared monitors; the built-in ones hold beside them. Admins only. */
export const useDriftMonitors = (): UseQueryResult<readonly Resource[]> =>
  useQuery({
    // Under `admin`, so that what is applied is read again.
    queryKey: ['admin', 'drift-monitors'],
    queryFn: async ({ signal }) =>
      (await get<{ items: readonly Resource[] }>('resources/DriftMonitor', {}, signal)).items,
  });
