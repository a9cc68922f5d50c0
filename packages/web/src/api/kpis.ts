/** KPIs as columns: a time axis, series by metric and key, and the baseline laid on the same axis. */
import { type KpiName, kpiOf } from '@pegbar/contract/words';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import {
  type Filter,
  inSteps,
  stepAtLeast,
  useContextState,
  useWindow,
  type Window,
  type WindowState,
} from '../url/index.ts';
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
 * line would be mostly gaps, it is asked again in longer steps: rare is not missing.
 */
export function useKpis({ metrics, ...question }: KpiQuestion): KpiResult {
  const least = metrics.some((metric) => UNSURE.has(kpiOf(metric).unit)) ? OBSERVED_LEAST : 0;
  return useTables<KpiName>('kpis', { metrics: metrics.join(',') }, { least, ...question });
}
/** Percentiles and shares of few observations say nothing; counts do. */
const UNSURE: ReadonlySet<string> = new Set(['ms', '0..1']);
const OBSERVED_LEAST = 10;

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
  const first = useAnswer(asked, question, fine, false);
  const step_ms = question.as === 'total' ? null : coarserStep(first.data, fine, question.least);
  const window = useMemo(() => (step_ms === null ? fine : inSteps(fine, step_ms)), [fine, step_ms]);
  const second = useAnswer(asked, { ...question, enabled: step_ms !== null }, window, false);
  const now = step_ms === null ? first : second;
  const compared = question.enabled !== false && question.compared !== false && window.baseline !== null;
  const settled = first.data !== undefined && !first.isPlaceholderData;
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

/** A line with fewer of its points than this is asked in longer steps. */
const KNOWN_LEAST = 0.7;
/** Fewer points than this are no line. */
const POINTS_LEAST = 12;

/** A step at which most points have a value; null where the given one will do, or none would. */
export function coarserStep(
  answer: KpiAnswer | undefined,
  window: Window & { step_ms: number },
  least = 0,
): number | null {
  const columns = (answer?.series ?? []).map((one) => one.points).filter((points) => points.some(isSeen));
  if (columns.length === 0) return null;
  const first = Math.min(...columns.map((points) => points.findIndex(isSeen)));
  const since = columns.map((points) => points.slice(first));
  const knownShare = knownOf(since);
  const enough = least === 0 ? 1 : Math.min(1, Math.max(...since.map(meanOf)) / least);
  const share = knownShare >= KNOWN_LEAST ? enough : Math.min(knownShare, enough);
  if (share >= 1 || !(share > 0)) return null;
  const longest = (window.to_ms - window.from_ms) / POINTS_LEAST;
  const wanted = stepAtLeast(Math.min(window.step_ms / share, longest));
  return wanted > window.step_ms ? wanted : null;
}

type Points = KpiAnswer['series'][number]['points'];
/** A rate of nothing is 0 and rests on nothing. */
const isSeen = ({ value, n }: Points[number]): boolean => value !== null && n > 0;

/** The share of points that have a value; the lines that most happens on count most. */
function knownOf(columns: readonly Points[]): number {
  const weights = columns.map((points) => points.reduce((sum, { n }) => sum + n, 0) || 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const known = columns.map((points) => points.filter(({ value }) => value !== null).length / points.length);
  return known.reduce((sum, share, at) => sum + (share * weights[at]!) / total, 0);
}

const meanOf = (points: Points): number => points.reduce((sum, { n }) => sum + n, 0) / (points.length || 1);

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
