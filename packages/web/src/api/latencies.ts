/** Latencies over time, and what tells selected rows from the rest. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { type Compare, inSteps, stepOf, useContextState, useWindow, type Window } from '../url/index.ts';
import { type ExplainQuestion, explain } from './analysis.ts';
import { getTogether } from './together.ts';

export interface Latencies {
  readonly step_s: number;
  readonly source: 'rollup' | 'raw' | 'estimate';
  readonly times: readonly string[];
  /** Lower edges in milliseconds. */
  readonly classes: readonly number[];
  /** `counts[class][time]`. */
  readonly counts: readonly (readonly number[])[];
}

/** Columns that a hand can still draw a box around. */
const COLUMNS = 60;

export interface LatenciesThen extends Latencies {
  /** Added to a time of then it is the time that it stands beside. */
  readonly shift_ms: number;
}

/** The same over the baseline of the context bar; undefined where nothing is compared. */
export function useLatenciesThen(filters: readonly string[], enabled: boolean): LatenciesThen | undefined {
  const { step_ms, ...window } = useLatencyWindow();
  const { baseline } = inSteps(window, step_ms);
  const release = baseline?.release ? [`model_version=${baseline.release}`] : [];
  const { data } = useAnswer(
    baseline?.window ?? window,
    step_ms,
    [...filters, ...release],
    enabled && baseline !== null,
  );
  return data && baseline ? { ...data, shift_ms: baseline.shift_ms } : undefined;
}

function useLatencyWindow(): { from_ms: number; to_ms: number; compare: Compare; step_ms: number } {
  const { from_ms, to_ms, compare } = useWindow();
  return { from_ms, to_ms, compare, step_ms: stepOf({ from_ms, to_ms }, COLUMNS) };
}

export function useLatencies(filters: readonly string[] = [], enabled = true): UseQueryResult<Latencies> {
  const { step_ms, ...window } = useLatencyWindow();
  return useAnswer(window, step_ms, filters, enabled);
}

function useAnswer(
  { from_ms, to_ms }: Window,
  step_ms: number,
  filters: readonly string[],
  enabled: boolean,
) {
  const [context] = useContextState();
  const params = {
    from: from_ms,
    to: to_ms,
    tenant: context.tenant,
    step: step_ms / 1000,
    filter: [...context.filters, ...filters],
  };
  return useQuery({
    queryKey: ['latencies', params],
    queryFn: ({ signal }) => getTogether<Latencies>('latencies', params, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

export interface ExplainedRow {
  readonly tenant: string;
  readonly id: string;
  /** '' where no picture is known. */
  readonly image_id: string;
}
export interface Difference {
  readonly attribute: string;
  readonly value: string | null;
  readonly lcb: number;
  readonly tvd: number;
  readonly difference: number;
  readonly consequence: boolean;
  readonly distinct: number;
  readonly values: readonly {
    readonly value: string | null;
    readonly selection: number;
    readonly rest: number;
  }[];
  readonly examples: {
    readonly selection: readonly ExplainedRow[];
    readonly rest: readonly ExplainedRow[];
  };
}
export interface Explanation {
  readonly selection: { readonly of: number; readonly rows: number };
  readonly rest: { readonly of: number; readonly rows: number };
  readonly attributes: readonly Difference[];
  readonly drill_down: readonly {
    readonly attribute: string;
    readonly value: string | null;
    readonly lcb: number;
    readonly selection: number;
    readonly rest: number;
  }[];
  readonly notes: readonly string[];
}

export function useExplanation(
  subject: ExplainQuestion['subject'],
  selection: readonly string[],
): UseQueryResult<Explanation> {
  const [{ filters, tenant }] = useContextState();
  const { from_ms: from, to_ms: to } = useWindow();
  const question = { subject, from, to, filters, selection, limit: 40, depth: 3 };
  return useQuery({
    queryKey: ['explain', question, tenant],
    queryFn: () => explain<Explanation>(question, tenant),
    enabled: selection.length > 0,
    placeholderData: keepPreviousData,
  });
}
