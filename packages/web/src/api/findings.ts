/** What changed, and where the objectives stand. */
import type { KpiName } from '@pegbar/contract/words';
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { type Context, useContextState, useWindow, type Window } from '../url/index.ts';
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

type Asker = Pick<Context, 'compare' | 'tenant' | 'filters'>;
/** The question behind `useFindings`, as it is asked before anything is drawn too. */
export function findingsOf({ compare, tenant, filters }: Asker, window: Window, limit = FINDINGS_MOST) {
  const known = compare === 'previous' || compare === 'week' ? compare : 'day';
  const { from_ms: from, to_ms: to } = window;
  const params = { from, to, compare: known, filter: filters, limit, tenant };
  return {
    queryKey: ['findings', params],
    queryFn: ({ signal }: { signal: AbortSignal }) => get<Findings>('findings', params, signal),
  };
}

/** What changed in the window; against the day before where a release is compared with, or nothing. */
export function useFindings(limit = FINDINGS_MOST): UseQueryResult<Findings> {
  const [context] = useContextState();
  return useQuery({ ...findingsOf(context, useWindow(), limit), placeholderData: keepPreviousData });
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

/** The question behind `useObjectives`. */
export function objectivesOf({ tenant, filters }: Asker, window: Window, workload?: string) {
  const params = { from: window.from_ms, to: window.to_ms, workload, filter: filters, tenant };
  return {
    queryKey: ['objectives', params],
    queryFn: ({ signal }: { signal: AbortSignal }) => get<Objectives>('objectives', params, signal),
  };
}

/** The default objectives over the window: all, or those of a workload. */
export function useObjectives(workload?: string): UseQueryResult<Objectives> {
  const [context] = useContextState();
  return useQuery({ ...objectivesOf(context, useWindow(), workload), placeholderData: keepPreviousData });
}
