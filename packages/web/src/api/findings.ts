/** What changed, and where the objectives stand. */
import type { KpiName } from '@pegbar/contract/words';
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useContextState, useWindow } from '../url/index.ts';
import { get } from './client.ts';
import type { DeploymentRow } from './types.ts';

export type Segment = Readonly<Record<string, string>>;

export interface Change {
  readonly metric: KpiName;
  readonly direction: 'up' | 'down';
  readonly now: number;
  readonly before: number;
  readonly n: number;
  readonly better: boolean | null;
}

export interface Finding extends Change {
  readonly segment: Segment;
  /** Of a release: the version before it. */
  readonly against: string | null;
  readonly since: string;
  /** null: it goes on. */
  readonly until: string | null;
  readonly cause: DeploymentRow | null;
  readonly stage: string | null;
  readonly alike: readonly { readonly segment: Segment; readonly now: number; readonly before: number }[];
  readonly also: readonly Change[];
  readonly hours: {
    readonly now: readonly (number | null)[];
    readonly before: readonly (number | null)[];
  };
}

export interface Findings {
  readonly from: string;
  readonly to: string;
  readonly compare: 'previous' | 'day' | 'week';
  readonly total: number;
  /** Series that could be held against what was before: none on the first day. */
  readonly compared: number;
  readonly findings: readonly Finding[];
}

export const FINDINGS_MOST = 50;

/** What changed in the window; against the day before where a release is compared with, or nothing. */
export function useFindings(limit = FINDINGS_MOST): UseQueryResult<Findings> {
  const [{ compare, tenant, filters }] = useContextState();
  const { from_ms, to_ms } = useWindow();
  const known = compare === 'previous' || compare === 'week' ? compare : 'day';
  const params = { from: from_ms, to: to_ms, compare: known, filter: filters, limit, tenant };
  return useQuery({
    queryKey: ['findings', params],
    queryFn: ({ signal }) => get<Findings>('findings', params, signal),
    placeholderData: keepPreviousData,
  });
}

export type Standing = 'inside' | 'near' | 'outside' | null;

export interface ObjectiveState {
  readonly id: string;
  readonly workload: string | null;
  readonly words: string;
  readonly unit: 'ms' | 'fps' | '0..1';
  readonly limit: number | null;
  readonly step_s: number;
  readonly from: string | null;
  readonly cells: readonly Standing[];
  readonly inside: number | null;
  readonly state: Standing;
  readonly since: string | null;
  readonly value: number | null;
}

export interface Objectives {
  readonly step_s: number;
  readonly objectives: readonly ObjectiveState[];
}

/** The default objectives over the window: all, or those of a workload. */
export function useObjectives(workload?: string): UseQueryResult<Objectives> {
  const [{ tenant, filters }] = useContextState();
  const { from_ms, to_ms } = useWindow();
  const params = { from: from_ms, to: to_ms, workload, filter: filters, tenant };
  return useQuery({
    queryKey: ['objectives', params],
    queryFn: ({ signal }) => get<Objectives>('objectives', params, signal),
    placeholderData: keepPreviousData,
  });
}
