/** A trace as its waterfall needs it, one span in full, and what the release before usually takes. */
import type { Stage } from '@pegbar/contract/words';
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { DAY, HOUR, useContextState } from '../url/index.ts';
import { ApiError, get } from './client.ts';
import type { DeploymentRow, KpiAnswer, LogRow, Page, RequestDetail, RequestRow, SpanRow } from './types.ts';

export interface TraceOutline {
  readonly trace_id: string;
  readonly tenant: string;
  readonly start: string;
  readonly duration_ms: number;
  readonly truncated: boolean;
  readonly names: readonly string[];
  readonly stages: readonly string[];
  /** Columns, a place per span, earliest first. */
  readonly spans: {
    readonly id: readonly string[];
    readonly parent: readonly number[];
    readonly name: readonly number[];
    readonly stage: readonly number[];
    readonly start_ms: readonly number[];
    readonly duration_ms: readonly number[];
    readonly status: readonly number[];
  };
  readonly waits: readonly (readonly [span: number, ms: number])[];
  readonly pictures: readonly (readonly [span: number, image_id: string])[];
  readonly misses: readonly number[];
  readonly events: readonly (readonly [span: number, at_ms: number, name: string, warns: 0 | 1])[];
}

const missing = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** null where there is no such trace. */
export function useOutline(
  trace_id: string | null,
  tenant: string | null,
): UseQueryResult<TraceOutline | null> {
  return useQuery({
    queryKey: ['outline', trace_id, tenant],
    queryFn: async ({ signal }) => {
      try {
        return await get<TraceOutline>(`traces/${trace_id}/outline`, { tenant }, signal);
      } catch (error) {
        if (missing(error)) return null;
        throw error;
      }
    },
    enabled: trace_id !== null,
  });
}

/** A request without its spans, by its id or by that of its trace; null where there is none. */
export function useRequestOf(id: string): UseQueryResult<RequestDetail | null> {
  const [{ tenant }] = useContextState();
  return useQuery({
    queryKey: ['request-of', id, tenant],
    queryFn: async ({ signal }) => {
      try {
        const parts = 'stages,images,scores';
        return await get<RequestDetail>(`requests/${encodeURIComponent(id)}`, { tenant, parts }, signal);
      } catch (error) {
        if (missing(error)) return null;
        throw error;
      }
    },
  });
}

export interface SpanDetail {
  readonly span: SpanRow & { readonly service?: string; readonly kind?: string };
  readonly logs: readonly LogRow[];
}
export const useSpan = (trace_id: string | null, span_id: string | null): UseQueryResult<SpanDetail> => {
  const [{ tenant }] = useContextState();
  return useQuery({
    queryKey: ['span', trace_id, span_id, tenant],
    queryFn: ({ signal }) => get<SpanDetail>(`traces/${trace_id}/spans/${span_id}`, { tenant }, signal),
    enabled: trace_id !== null && span_id !== null,
    placeholderData: keepPreviousData,
  });
};

export interface Usual {
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly n: number;
}
export interface Baseline {
  /** The version, as the words beside figures name it. */
  readonly version: string;
  /** It is the release before that of the request. */
  readonly previous: boolean;
  readonly request: Usual;
  readonly stages: ReadonlyMap<Stage | string, Usual>;
}

const USUAL_MS = 7 * DAY;
const DEPLOYMENTS_MS = 28 * DAY;
const KPIS = 'latency_p50_ms,latency_p95_ms';

/**
 * What requests of the release before took at each stage, in the week up to the request; of its own version where no
 * release before is known or none of it served then. `version` asks for another one.
 */
export function useBaseline(
  request: RequestRow | undefined,
  version: string | null,
): UseQueryResult<Baseline | null> {
  const [context] = useContextState();
  const tenant = context.tenant;
  return useQuery({
    queryKey: ['usual', request?.tenant, request?.request_id, version, tenant],
    enabled: request?.model_version !== undefined,
    queryFn: async ({ signal }): Promise<Baseline | null> => {
      const own = request!.model_version!;
      // To the hour: whole hours come from the rollups.
      const to = Math.ceil(Date.parse(request!.timestamp) / HOUR) * HOUR;
      const usually = async (of: string): Promise<Baseline> => {
        const asked = { metrics: KPIS, from: to - USUAL_MS, to, tenant, filter: [`model_version=${of}`] };
        const [whole, stages] = await Promise.all([
          get<KpiAnswer>('kpis', asked, signal),
          get<KpiAnswer>('kpis', { ...asked, by: 'pipeline_stage' }, signal),
        ]);
        const names = new Set(stages.series.map(({ key }) => key.pipeline_stage ?? ''));
        return {
          version: of,
          previous: of !== own,
          request: usualOf(whole, undefined),
          stages: new Map([...names].map((name) => [name, usualOf(stages, name)])),
        };
      };
      const before = version ?? (await releaseBefore(own, to, tenant, signal));
      const found = await usually(before ?? own);
      // The release before has long gone: what was asked for by hand stays, else its own version says what is usual.
      return found.request.n === 0 && found.previous && version === null ? usually(own) : found;
    },
  });
}

function usualOf(answer: KpiAnswer, stage: string | undefined): Usual {
  const of = (metric: string) =>
    answer.series.find(({ key }) => key.metric === metric && key.pipeline_stage === stage)?.points[0];
  const p50 = of('latency_p50_ms');
  return { p50_ms: p50?.value ?? null, p95_ms: of('latency_p95_ms')?.value ?? null, n: p50?.n ?? 0 };
}

async function releaseBefore(
  version: string,
  to: number,
  tenant: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  const asked = { from: to - DEPLOYMENTS_MS, to, limit: 1, tenant, filter: [`version=${version}`] };
  const page = await get<Page<DeploymentRow>>('deployments', asked, signal);
  return page.items[0]?.previous ?? null;
}
