/** KPIs as columns: a time axis, series by metric and key, and the baseline laid on the same axis. */
import type { KpiName } from '@pegbar/contract/words';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type Filter, useContextState, useWindow, type WindowState } from '../url/index.ts';
import { get } from './client.ts';
import type { KpiAnswer } from './types.ts';

export interface KpiSeries {
  readonly metric: KpiName;
  /** Values of the dimensions asked `by`. */
  readonly key: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
  /** What each value rests on. */
  readonly ns: readonly number[];
}

export interface KpiTable {
  readonly source: KpiAnswer['source'];
  readonly step_ms: number;
  /** Starts of the points, epoch milliseconds. */
  readonly times: readonly number[];
  readonly series: readonly KpiSeries[];
}

export interface KpiQuestion {
  readonly metrics: readonly KpiName[];
  readonly by?: readonly string[];
  /** Beside those of the context bar. */
  readonly filters?: readonly Filter[];
  /** `series`: points over time (as usual); `total`: one value over the window. */
  readonly as?: 'series' | 'total';
  /** A window of its own, in place of the one of the context bar. */
  readonly window?: WindowState;
  /** false: the baseline is not asked for. */
  readonly compared?: boolean;
  readonly enabled?: boolean;
}

export interface KpiResult {
  readonly window: WindowState;
  readonly now: KpiTable | undefined;
  /** The baseline on the axis of `now`; undefined where nothing is compared or it has not come yet. */
  readonly then: KpiTable | undefined;
  readonly error: unknown;
  /** Nothing to show yet. */
  readonly loading: boolean;
  /** Older figures are shown while newer ones come. */
  readonly refreshing: boolean;
  readonly retry: () => void;
}

const tableOf = (answer: KpiAnswer, shift_ms: number): KpiTable => ({
  source: answer.source,
  step_ms: answer.step_s * 1000,
  times: answer.series[0]?.points.map((point) => Date.parse(point.t) + shift_ms) ?? [],
  series: answer.series.map(({ key: { metric, ...key }, points }) => ({
    metric,
    key,
    values: points.map((point) => point.value),
    ns: points.map((point) => point.n),
  })),
});

/** Asks for KPIs over the window of the context bar, and for the same over its baseline. */
export function useKpis(question: KpiQuestion): KpiResult {
  const [{ filters, tenant }] = useContextState();
  const usual = useWindow();
  const window = question.window ?? usual;
  const { from_ms, to_ms, step_ms, baseline } = window;
  const base = {
    metrics: question.metrics.join(','),
    by: question.by?.join(',') || null,
    filter: [...filters, ...(question.filters ?? [])],
    step: question.as === 'total' ? null : step_ms / 1000,
    tenant,
  };
  const enabled = question.enabled !== false;
  const nowParams = { ...base, from: from_ms, to: to_ms };
  const now = useQuery({
    queryKey: ['kpis', nowParams],
    queryFn: ({ signal }) => get<KpiAnswer>('kpis', nowParams, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
  const release = baseline?.release ? [`model_version=${baseline.release}`] : [];
  const thenParams = {
    ...base,
    from: baseline?.window.from_ms,
    to: baseline?.window.to_ms,
    filter: [...base.filter, ...release],
  };
  const then = useQuery({
    queryKey: ['kpis', thenParams],
    queryFn: ({ signal }) => get<KpiAnswer>('kpis', thenParams, signal),
    placeholderData: keepPreviousData,
    enabled: enabled && baseline !== null && question.compared !== false,
  });
  const nowTable = useMemo(() => now.data && tableOf(now.data, 0), [now.data]);
  const thenTable = useMemo(
    () => (then.data && baseline ? tableOf(then.data, baseline.shift_ms) : undefined),
    [then.data, baseline],
  );
  return {
    window,
    now: nowTable,
    then: baseline === null || question.compared === false ? undefined : thenTable,
    error: now.error,
    loading: now.isPending && enabled,
    refreshing: now.isFetching && now.data !== undefined,
    retry: () => void now.refetch(),
  };
}

/** The series of a metric and, where asked `by`, of a key; undefined where there is none. */
export function seriesOf(
  table: KpiTable | undefined,
  metric: KpiName,
  key: Readonly<Record<string, string>> = {},
): KpiSeries | undefined {
  return table?.series.find(
    (one) => one.metric === metric && Object.entries(key).every(([name, value]) => one.key[name] === value),
  );
}

/** Its values times a factor, null where there is none: for charts. */
export const valuesOf = (series: KpiSeries | undefined, scale = 1): (number | null)[] =>
  series?.values.map((value) => (value === null ? null : value * scale)) ?? [];

/** The one value of a total. */
export const totalOf = (
  table: KpiTable | undefined,
  metric: KpiName,
  key?: Readonly<Record<string, string>>,
): { value: number | null; n: number } => {
  const series = seriesOf(table, metric, key);
  return { value: series?.values[0] ?? null, n: series?.ns[0] ?? 0 };
};
