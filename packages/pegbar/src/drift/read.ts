/** Reads series from the rollups: one statement per grouping, whatever the number of metrics and segments. */
import type { RollupMetricName } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreError, fromStore, refused } from '../explore/index.ts';
import type { KeyCondition, RollupReader, Tally } from '../rollups/index.ts';
import { isContent, readContentSeries } from './content/read.ts';
import { type DriftMetric, readsOf, type Sampling } from './metrics.ts';
import { addHour, HOUR_MS, type Hours, hoursWith, mergeHours, type Segment, type Series } from './series.ts';
import type { Window } from './windows.ts';

/** A stored grouping, and which of its keys make the segment; the others are its parts. */
export interface Grouping {
  /** Dimensions of the stored rows beside the tenant; one, or a stored pair. */
  readonly dims: readonly string[];
  readonly by: readonly string[];
  /** Keys of `by` that stand in the segment; the rest are parts of it. */
  readonly segment: readonly string[];
  readonly stages?: boolean;
}

/** Series of one question; more is a program. */
export const SERIES_MOST = 20_000;

export interface SeriesQuestion {
  readonly metrics: readonly DriftMetric[];
  readonly groupings: readonly Grouping[];
  readonly windows: readonly Window[];
  /** Rows that are not of these need not be read; keys that a grouping lacks do not narrow it. */
  readonly only?: Readonly<Record<string, readonly string[]>>;
}

export const samplingOf = (metric: DriftMetric, stages: boolean): Sampling | undefined =>
  stages ? metric.byStage : metric.sampling;

/**
 * All hours of all windows. Hours lie under their own start, so that windows may be cut from them afterwards;
 * windows that touch are read as one.
 */
export async function readSeries(
  rollups: RollupReader,
  asking: Asking,
  question: SeriesQuestion,
): Promise<Result<Series[], ExploreError>> {
  const segments = question.groupings.flatMap(({ segment, stages }) => (stages ? [] : [segment]));
  const content = await readContentSeries(rollups, asking, { ...question, segments });
  if (!content.ok) return content;
  const out: Series[] = [...content.value];
  for (const grouping of groupedReads(question.groupings)) {
    const sampled = question.metrics.flatMap((metric) => {
      if (isContent(metric, grouping.by)) return [];
      const sampling = samplingOf(metric, grouping.stages);
      return sampling ? [{ metric, sampling }] : [];
    });
    if (sampled.length === 0) continue;
    const cells = await readCells(rollups, asking, question, grouping, sampled);
    if (!cells.ok) return cells;
    for (const segmentNames of grouping.segments)
      for (const { metric, sampling } of sampled)
        out.push(...seriesOf(cells.value, grouping.by, segmentNames, metric, sampling));
    if (out.length > SERIES_MOST)
      return refused('query_limit', `the question is about more than ${SERIES_MOST} series`, {
        hint: 'Filter the segments, or ask for fewer metrics.',
      });
  }
  return ok(out);
}

interface Read {
  dims: readonly string[];
  by: readonly string[];
  stages: boolean;
  segments: (readonly string[])[];
}

/** Groupings that are read from the same rows are read once. */
function groupedReads(groupings: readonly Grouping[]): Read[] {
  const out = new Map<string, Read>();
  for (const { dims, by, segment, stages = false } of groupings) {
    const key = JSON.stringify([dims, by, stages]);
    const known = out.get(key);
    if (known) known.segments.push(segment);
    else out.set(key, { dims, by, stages, segments: [segment] });
  }
  return [...out.values()];
}

/** `of`: the hours with what one sampling needs, made once for all segments. */
type Cells = Map<string, { key: readonly string[]; hours: Hours; of: Map<Sampling, Hours> }>;

async function readCells(
  rollups: RollupReader,
  asking: Asking,
  { windows, only = {} }: SeriesQuestion,
  { dims, by, stages }: Read,
  sampled: readonly { sampling: Sampling }[],
): Promise<Result<Cells, ExploreError>> {
  const metrics = new Set<RollupMetricName>();
  const bins = new Set<RollupMetricName>();
  for (const { sampling } of sampled) {
    const reads = readsOf(sampling);
    for (const metric of reads.metrics) metrics.add(metric);
    for (const metric of reads.bins) bins.add(metric);
  }
  const cells: Cells = new Map();
  const tell = (key: readonly string[], at_ms: number, metric: RollupMetricName, tally: Tally): void =>
    addToCell(cells, key, at_ms, metric, tally);
  const common = {
    dims,
    by,
    stages,
    conditions: conditionsOf(only, by),
    scope: asking.scope,
    signal: asking.signal,
  };
  const lots = [
    { metrics: [...metrics].filter((one) => !bins.has(one)), quantiles: new Set<RollupMetricName>() },
    { metrics: [...bins], quantiles: bins },
  ];
  for (const lot of lots)
    for (const window of joined(windows)) {
      if (lot.metrics.length === 0) continue;
      const read = await rollups.read({ ...common, ...lot, ...window, step_ms: HOUR_MS }, tell);
      if (!read.ok) return fromStore(read.error);
    }
  return ok(cells);
}

function addToCell(
  cells: Cells,
  key: readonly string[],
  at_ms: number,
  metric: RollupMetricName,
  tally: Tally,
): void {
  const place = key.join('\n');
  const cell = cells.get(place) ?? { key, hours: new Map(), of: new Map() };
  cells.set(place, cell);
  addHour(cell.hours, at_ms, metric, tally, true);
}

function conditionsOf(only: NonNullable<SeriesQuestion['only']>, by: readonly string[]): KeyCondition[] {
  return Object.entries(only)
    .filter(([key]) => by.includes(key))
    .map(([key, values], at) => ({
      key,
      sql: (expression) => `${expression} IN {only${at}:Array(String)}`,
      params: { [`only${at}`]: values },
      matches: (value) => values.includes(value),
    }));
}

/** Windows that touch, as one. */
export function joined(windows: readonly Window[]): Window[] {
  const out: { from_ms: number; to_ms: number }[] = [];
  for (const window of [...windows].sort((a, b) => a.from_ms - b.from_ms)) {
    const last = out.at(-1);
    if (last && window.from_ms <= last.to_ms) last.to_ms = Math.max(last.to_ms, window.to_ms);
    else out.push({ ...window });
  }
  return out;
}

/** Series of one metric by some of the keys. */
function seriesOf(
  cells: Cells,
  by: readonly string[],
  names: readonly string[],
  metric: DriftMetric,
  sampling: Sampling,
): Series[] {
  const out = new Map<string, { segment: Segment; parts: Map<string, Hours> }>();
  const needed = readsOf(sampling).metrics;
  const rest = by.filter((name) => !names.includes(name));
  for (const { key, hours: all, of } of cells.values()) {
    const at = (name: string): string => key[by.indexOf(name)]!;
    // Rows that do not tell a dimension are no segment of it.
    if (names.some((name) => at(name) === '')) continue;
    const hours = of.get(sampling) ?? hoursWith(all, needed);
    of.set(sampling, hours);
    if (hours.size === 0) continue;
    const segment = Object.fromEntries(names.map((name) => [name, at(name)]));
    const place = JSON.stringify(segment);
    const known = out.get(place) ?? { segment, parts: new Map<string, Hours>() };
    out.set(place, known);
    const part = rest.map(at).join(' · ');
    const there = known.parts.get(part);
    if (!there) known.parts.set(part, hours);
    else known.parts.set(part, mergeHours([there, hours]));
  }
  return [...out.values()].map(({ segment, parts }) => ({ metric, segment, sampling, parts }));
}
