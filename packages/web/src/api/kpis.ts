/** KPIs as columns: a time axis, series by metric and key, and the baseline laid on the same axis. */
import { type KpiName, kpiOf } from '@pegbar/contract/words';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type Filter, inSteps, useContextState, useWindow, type WindowState } from '../url/index.ts';
import type { Params } from './client.ts';
import { getTogether } from './together.ts';
import type { KpiAnswer } from './types.ts';

export interface KpiSeries<Name extends string = KpiName> {
  readonly metric: Name;
  /** Values of the dimensions asked `by`. */
  readonly key: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
  /** What each value rests on. */
  readonly ns: readonly number[];
}

export interface KpiTable<Name extends string = KpiName> {
  readonly source: KpiAnswer['source'];
  readonly step_ms: number;
  /** Starts of the points, epoch milliseconds. */
  readonly times: readonly number[];
  readonly series: readonly KpiSeries<Name>[];
}

interface Question {
  /** Observations that a point needs to say something: with fewer, points are made longer. */
  readonly least?: number;
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

export interface KpiQuestion extends Question {
  readonly metrics: readonly KpiName[];
}

/** Figures that are no KPIs: docs/api.md names them. */
export interface FlowQuestion extends Question {
  readonly of: 'queue' | 'frames' | 'first_frame' | 'caches' | 'models' | 'memory' | 'io' | 'safety';
}

export interface KpiResult<Name extends string = KpiName> {
  readonly window: WindowState;
  readonly now: KpiTable<Name> | undefined;
  /** The baseline on the axis of `now`; undefined where nothing is compared or it has not come yet. */
  readonly before: KpiTable<Name> | undefined;
  readonly error: unknown;
  /** Nothing to show yet. */
  readonly loading: boolean;
  /** Older figures are shown while newer ones come. */
  readonly refreshing: boolean;
  readonly retry: () => void;
}

const tableOf = <Name extends string>(answer: KpiAnswer, shift_ms: number): KpiTable<Name> => ({
  source: answer.source,
  step_ms: answer.step_s * 1000,
  times: answer.series[0]?.points.map((point) => Date.parse(point.t) + shift_ms) ?? [],
  series: answer.series.map(({ key: { metric, ...key }, points }) => ({
    metric: metric as string as Name,
    key,
    values: points.map((point) => point.value),
    ns: points.map((point) => point.n),
  })),
});

/**
 * Asks for KPIs over the window of the context bar, and for the same over its baseline. Where so little happens that a
 * line would be mostly gaps, its points are longer: rare is not missing.
 */
export function useKpis({ metrics, ...question }: KpiQuestion): KpiResult {
  const least = metrics.some((metric) => UNSURE.has(kpiOf(metric).unit)) ? OBSERVED_LEAST : COUNTED_LEAST;
  return useTables<KpiName>('kpis', { metrics: metrics.join(',') }, { least, ...question });
}
/** Percentiles and shares of few observations say nothing. */
const UNSURE: ReadonlySet<string> = new Set(['ms', '0..1']);
const OBSERVED_LEAST = 10;
/** Of less, a line of counts is a comb. */
const COUNTED_LEAST = 3;

/** The same of what flows and of the machines behind it. */
export function useFlow({ of, ...question }: FlowQuestion): KpiResult<string> {
  return useTables<string>('flow', { of }, { least: FLOW_LEAST[of] ?? 0, ...question });
}
/** Of requests, and of windows of a second. */
const FLOW_LEAST: Partial<Record<FlowQuestion['of'], number>> = { queue: 10, first_frame: 10, frames: 30 };

type Path = 'kpis' | 'flow';
type Asked = readonly [path: Path, what: Params];
function useTables<Name extends string>(path: Path, what: Params, question: Question): KpiResult<Name> {
  const asked: Asked = [path, what];
  const usual = useWindow();
  const fine = question.window ?? usual;
  const now = useAnswer(asked, question, fine, false);
  // Where little happens the server makes the points longer; the baseline is asked in theirs.
  const step_ms = now.data === undefined || question.as === 'total' ? fine.step_ms : now.data.step_s * 1000;
  const window = useMemo(() => (step_ms === fine.step_ms ? fine : inSteps(fine, step_ms)), [fine, step_ms]);
  const compared = question.enabled !== false && question.compared !== false && window.baseline !== null;
  const settled = now.data !== undefined && !now.isPlaceholderData;
  const earlier = useAnswer(asked, { ...question, enabled: compared && settled }, window, true);
  const { baseline } = window;
  const nowTable = useMemo(() => now.data && tableOf<Name>(now.data, 0), [now.data]);
  const beforeTable = useMemo(
    () => (earlier.data && baseline ? tableOf<Name>(earlier.data, baseline.shift_ms) : undefined),
    [earlier.data, baseline],
  );
  return {
    window,
    now: nowTable,
    before: compared ? beforeTable : undefined,
    error: now.error,
    loading: now.isPending && question.enabled !== false,
    refreshing: now.isFetching && now.data !== undefined,
    retry: () => void now.refetch(),
  };
}

const LINES_MOST = 24;

/** One answer, of the window or of its baseline. */
function useAnswer([path, what]: Asked, question: Question, window: WindowState, ofBaseline: boolean) {
  const [{ filters, tenant }] = useContextState();
  const { baseline, step_ms } = window;
  const release = ofBaseline && baseline?.release ? [`model_version=${baseline.release}`] : [];
  const { from_ms, to_ms } = (ofBaseline && baseline?.window) || window;
  const params = {
    ...what,
    by: question.by?.join(',') || null,
    filter: [...filters, ...(question.filters ?? []), ...release],
    step: question.as === 'total' ? null : step_ms / 1000,
    least: question.as === 'total' || ofBaseline ? null : (question.least ?? 0),
    // Lines beyond these nobody tells apart; of hundreds of models the answer would be refused.
    top: path === 'kpis' && question.by && question.as !== 'total' ? LINES_MOST : null,
    tenant,
    from: from_ms,
    to: to_ms,
  };
  return useQuery({
    queryKey: [path, params],
    queryFn: ({ signal }) => getTogether<KpiAnswer>(path, params, signal),
    placeholderData: keepPreviousData,
    enabled: question.enabled !== false,
  });
}

/** The series of a metric and, where asked `by`, of a key; undefined where there is none. */
export function seriesOf<Name extends string>(
  table: KpiTable<Name> | undefined,
  metric: NoInfer<Name>,
  key: Readonly<Record<string, string>> = {},
): KpiSeries<Name> | undefined {
  return table?.series.find(
    (one) => one.metric === metric && Object.entries(key).every(([name, value]) => one.key[name] === value),
  );
}

/** Its values times a factor, null where there is none: for charts. */
export const valuesOf = (series: KpiSeries<string> | undefined, scale = 1): (number | null)[] =>
  series?.values.map((value) => (value === null ? null : value * scale)) ?? [];

/** The one value of a total. */
export const totalOf = <Name extends string>(
  table: KpiTable<Name> | undefined,
  metric: NoInfer<Name>,
  key?: Readonly<Record<string, string>>,
): { value: number | null; n: number } => {
  const series = seriesOf(table, metric, key);
  return { value: series?.values[0] ?? null, n: series?.ns[0] ?? 0 };
};
