/** Versions: what each did, one against another, and their pictures side by side. */
import type { DeploymentKind, KpiName } from '@pegbar/contract/words';
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { DAY, useContextState, useWindow } from '../url/index.ts';
import { get } from './client.ts';

export interface Difference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
export interface KpiDifference {
  readonly metric: KpiName;
  readonly now: { readonly value: number | null; readonly n: number };
  readonly before: { readonly value: number | null; readonly n: number };
  readonly difference: Difference | null;
  /** As a share of what was before. */
  readonly relative: Difference | null;
  readonly verdict: 'better' | 'worse' | 'changed' | 'same' | 'unknown';
}
export interface Release {
  readonly id: string;
  readonly kind: DeploymentKind;
  readonly version: string;
  readonly previous: string | null;
  readonly timestamp: string;
  readonly ended: string | null;
  readonly rolled_back: boolean;
  readonly detected: boolean;
  readonly tenants: readonly string[];
  readonly workload: string | null;
  readonly region: string | null;
  readonly note: string | null;
  readonly url: string | null;
}
export interface ReleaseRow extends Release {
  readonly against: string | null;
  readonly effect: readonly KpiDifference[];
}
export interface Releases {
  readonly total: number;
  readonly truncated: boolean;
  readonly releases: readonly ReleaseRow[];
}
export interface Segment {
  readonly segment: Readonly<Record<string, string>>;
  readonly n: number;
  readonly n_before: number;
  /** p95, ms. */
  readonly now: number;
  readonly before: number;
  readonly difference: Difference;
}
export interface ReleaseView {
  readonly version: string;
  readonly against: string | null;
  readonly others: readonly string[];
  readonly workloads: readonly string[];
  readonly release: Release | null;
  readonly since: string;
  readonly window: { readonly from: string; readonly to: string };
  readonly before: { readonly from: string; readonly to: string; readonly beside: boolean };
  readonly requests: { readonly now: number; readonly before: number; readonly all: number };
  readonly kpis: readonly KpiDifference[];
  readonly stages: readonly {
    readonly stage: string;
    readonly now: number | null;
    readonly before: number | null;
    readonly n: number;
  }[];
  readonly segments: readonly Segment[];
}
export interface PairSide {
  readonly image_id: string;
  readonly request_id: string;
  readonly timestamp: string;
  readonly width: number;
  readonly height: number;
  readonly nsfw_flag: boolean;
  readonly scores: Readonly<Record<string, number>>;
  readonly prompt?: string;
}
export interface Pair {
  readonly tenant: string;
  readonly seed: string;
  readonly width: number;
  readonly height: number;
  readonly prompt: string | null;
  readonly now: PairSide;
  readonly before: PairSide;
}
export interface NearPair {
  readonly tenant: string;
  /** Share of words that both prompts have. */
  readonly alike: number;
  readonly now: PairSide;
  readonly before: PairSide;
}
export interface Pairs {
  readonly pairs: readonly Pair[];
  readonly nearest: readonly NearPair[];
}

/** Changes of the window, newest first. */
export function useReleases(): UseQueryResult<Releases> {
  const [{ tenant, filters }] = useContextState();
  const { from_ms, to_ms } = useWindow();
  const params = { from: from_ms, to: to_ms, tenant, filter: filters };
  return useQuery({
    queryKey: ['releases', params],
    queryFn: ({ signal }) => get<Releases>('releases', params, signal),
    placeholderData: keepPreviousData,
  });
}

const path = (version: string): string => `releases/${encodeURIComponent(version)}`;
export function useRelease(version: string, against: string | null): UseQueryResult<ReleaseView> {
  const [{ tenant }] = useContextState();
  return useQuery({
    queryKey: ['release', version, against, tenant],
    queryFn: ({ signal }) => get<ReleaseView>(path(version), { against, tenant }, signal),
    placeholderData: keepPreviousData,
  });
}

export function usePairs(version: string, against: string | null | undefined): UseQueryResult<Pairs> {
  const [{ tenant }] = useContextState();
  return useQuery({
    queryKey: ['pairs', version, against, tenant],
    queryFn: ({ signal }) => get<Pairs>(`${path(version)}/pairs`, { against, tenant }, signal),
    enabled: typeof against === 'string',
    staleTime: DAY,
  });
}
