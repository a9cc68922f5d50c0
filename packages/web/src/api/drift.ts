/** What drifted: everything of the window, and one metric by segment. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useContextState, useParameter, useWindow, type Window } from '../url/index.ts';
import { get, send } from './client.ts';
import type { DeploymentRow, ImageRow, Page } from './types.ts';

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
    /** How they were chosen, or why there are none. */
    readonly new_words: string;
    readonly lost_words: string;
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
    baseline: baseline ?? DRIFT_BASELINE,
    tenant,
  };
}

/** As far back as a release can be compared with. */
const RELEASED_MS = 28 * 24 * HOUR_MS;
const RELEASED_MOST = 100;

/** Versions that started in the weeks before, and those that they took the place of; the newest first. */
export function useReleased(): readonly string[] {
  const { to, tenant } = useAsked();
  const params = { from: to - RELEASED_MS, to, limit: RELEASED_MOST, tenant, filter: ['kind=model'] };
  const { data } = useQuery({
    queryKey: ['drift', 'released', params],
    queryFn: ({ signal }) => get<Page<DeploymentRow>>('deployments', params, signal),
    staleTime: FRESH_MS,
  });
  const versions = data?.items.flatMap(({ version, previous }) => [version, previous]) ?? [];
  return [...new Set(versions)].filter((version) => version !== undefined && version !== '') as string[];
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
    from: window.from,
    to: window.to,
    limit: EXAMPLES_MOST,
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

export interface DriftMonitorSpec {
  readonly metric: string;
  readonly segments: readonly string[];
  readonly baseline: string;
  readonly window_hours: number;
  readonly alpha: number;
  readonly persistence: number;
  readonly minimum_n: number;
  readonly enabled: boolean;
}
export interface DriftBudget {
  readonly alpha: number;
  readonly alpha_spent: number;
  readonly tests: number;
  readonly discoveries: number;
}
export type DriftMonitorState = 'failing' | 'drift' | 'waiting' | 'insufficient_data' | 'no_drift' | 'off';
/** A monitor, declared or built in, and where it stands. */
export interface DriftMonitorRow {
  readonly name: string;
  /** Owner; empty for the installation. */
  readonly tenant: string;
  readonly origin: 'declared' | 'built_in';
  readonly replaces: boolean;
  /** As it was declared. */
  readonly written: Readonly<Record<string, unknown>>;
  readonly spec: DriftMonitorSpec | null;
  readonly state: DriftMonitorState;
  readonly muted_until: string | null;
  readonly error: string | null;
  readonly last_look: string | null;
  readonly next_look: string | null;
  readonly every_hours: number | null;
  readonly series: number | null;
  readonly drifting: number;
  readonly budget:
    | (DriftBudget & { readonly level: number; readonly since: string; readonly until: string })
    | null;
  readonly findings: readonly {
    readonly segment: Readonly<Record<string, string>>;
    readonly words: string;
    readonly since: string;
  }[];
}
/** What stands changes by the hour; what somebody applied is read again at once. */
const MONITORS_FRESH_MS = 60_000;

export const useDriftMonitors = (): UseQueryResult<readonly DriftMonitorRow[]> =>
  useQuery({
    // Under `admin`, so that what is applied is read again.
    queryKey: ['admin', 'drift-monitors'],
    queryFn: async ({ signal }) =>
      (await get<{ items: readonly DriftMonitorRow[] }>('drift/monitors', {}, signal)).items,
    staleTime: MONITORS_FRESH_MS,
  });

export const deleteDriftMonitor = ({
  name,
  tenant,
}: Pick<DriftMonitorRow, 'name' | 'tenant'>): Promise<unknown> =>
  send('DELETE', `resources/DriftMonitor/${encodeURIComponent(name)}`, undefined, {
    params: { tenant: tenant === '' ? null : tenant },
  });

export interface DriftPreview {
  readonly from: string;
  readonly to: string;
  readonly days: number;
  readonly shortened: boolean;
  readonly series: number;
  readonly words: string;
  readonly fired: readonly (DriftSeries & {
    readonly since: string;
    readonly fired: string;
    readonly until: string | null;
  })[];
  readonly looks: readonly {
    readonly at: string;
    /** Largest change, in least effects. */
    readonly effect: number;
    readonly p: number | null;
    readonly alpha: number;
    readonly drifting: number;
  }[];
  readonly budget: DriftBudget | null;
}
/** What a monitor would have said over the last 28 days; `yaml` is its document, null asks nothing. */
export const useDriftPreview = (yaml: string | null): UseQueryResult<DriftPreview> =>
  useQuery({
    queryKey: ['drift', 'preview', yaml],
    queryFn: () => send<DriftPreview>('POST', 'drift/monitors/preview', yaml, { type: 'application/yaml' }),
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
    enabled: yaml !== null,
  });

export interface DriftReport extends DriftFindings {
  readonly day: string;
  readonly partial: boolean;
  readonly figures: readonly {
    readonly metric: string;
    readonly title: string;
    readonly unit: string;
    readonly better: 'up' | 'down' | 'neither';
    readonly now: number | null;
    readonly day_before: number | null;
    readonly week_before: number | null;
    readonly n: number;
  }[];
  readonly deployments: readonly {
    readonly timestamp: string;
    readonly id: string;
    readonly kind: string;
    readonly status: string;
    readonly version: string | null;
    readonly tenants: readonly string[];
  }[];
}
/** `2026-03-01`, UTC. */
export function useDriftReport(day: string): UseQueryResult<DriftReport> {
  const { baseline, tenant } = useAsked();
  const params = { day, baseline, tenant };
  return useQuery({
    queryKey: ['drift', 'report', params],
    queryFn: ({ signal }) => get<DriftReport>('drift/report', params, signal),
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
  });
}
