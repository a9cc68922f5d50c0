/** Reads what findings are made of: hours of rollups of a window and of the window that it is compared with. */
import {
  type Formula,
  formulaOf,
  type KpiName,
  kpiOf,
  kpiValue,
  metricsOf,
  ROLLUP_METRICS,
  type RollupMetricName,
} from '@pegbar/contract';
import { binOf, type Grid, quantileOf } from '@pegbar/stats';
import { ok, type Result } from '../base/result.ts';
import { HOUR_MS, Tally } from '../rollups/index.ts';
import type { Asking } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import type { Condition } from './filter.ts';
import { type Candidate, type Cell, WATCHED } from './findings.ts';
import { countHours, type KpiDeps } from './kpis.ts';
import { countable } from './raw-facts.ts';

const GRIDS = new Map<string, Grid>(
  ROLLUP_METRICS.flatMap(({ name, grid }) => (grid === 'none' ? [] : [[name, grid] as const])),
);
const MICRO = 1_000_000;

/** Whole hours of the window, and how far before them the hours lie that they are matched with. */
export interface Hours {
  from_ms: number;
  to_ms: number;
  shift_ms: number;
  /** Only what is under these is looked at. */
  conditions: readonly Condition[];
}
export const lengthOf = (hours: Hours): number => (hours.to_ms - hours.from_ms) / HOUR_MS;

type OfHour = (Map<RollupMetricName, Tally> | undefined)[];
interface Sides {
  now: OfHour;
  before: OfHour;
}
/** Hours of series by their key, values in the order of `by`. */
export interface Grouped {
  by: readonly string[];
  series: Map<string, { key: readonly string[]; sides: Sides }>;
}

/** What there is a rollup of, and what is asked of it. */
export interface Grouping {
  dims: readonly string[];
  by: readonly string[];
  metrics: readonly KpiName[];
  stages?: boolean;
}

const formulasOf = (metrics: readonly KpiName[], stages = false): Formula[] =>
  metrics.map((name) => formulaOf(name, stages));

/** Reads a grouping on both sides: at once where they lie side by side. */
export async function readHours(
  deps: KpiDeps,
  asking: Asking,
  { dims, by, metrics, stages = false }: Grouping,
  hours: Hours,
): Promise<Result<Grouped, ExploreError>> {
  const { conditions } = hours;
  const found = metrics.filter((name) => countable(metricsOf(formulaOf(name, stages)), conditions));
  // Where none of them can be asked, the first says why.
  const formulas = formulasOf(conditions.length === 0 || found.length === 0 ? metrics : found, stages);
  const out: Grouped = { by, series: new Map() };
  const length = lengthOf(hours);
  const quantiles = new Set(formulas.flatMap((one) => (one.op === 'quantile' ? [one.of] : [])));
  const names = [...new Set(formulas.flatMap(metricsOf))];
  const tell = (key: readonly string[], bucket_ms: number, metric: RollupMetricName, tally: Tally): void => {
    const place = key.join('\n');
    const known = out.series.get(place) ?? { key, sides: { now: [], before: [] } };
    out.series.set(place, known);
    for (const [side, start] of [
      ['now', hours.from_ms],
      ['before', hours.from_ms - hours.shift_ms],
    ] as const) {
      const at = (bucket_ms - start) / HOUR_MS;
      if (at >= 0 && at < length) addTo(known.sides[side], at, metric, tally);
    }
  };
  for (const range of rangesOf(hours)) {
    const question = { by, stages, conditions, ...range };
    if (conditions.length > 0) {
      const counted = await countHours(deps, asking, question, { metrics: names, quantiles }, tell);
      if (!counted.ok) return counted;
      continue;
    }
    const read = await deps.rollups.read(
      {
        ...question,
        dims,
        conditions: [],
        metrics: names,
        quantiles,
        step_ms: HOUR_MS,
        scope: asking.scope,
        signal: asking.signal,
      },
      tell,
    );
    if (!read.ok) return fromStore(read.error);
  }
  return ok(out);
}

function rangesOf({ from_ms, to_ms, shift_ms }: Hours): { from_ms: number; to_ms: number }[] {
  const before = { from_ms: from_ms - shift_ms, to_ms: to_ms - shift_ms };
  if (before.to_ms >= from_ms) return [{ from_ms: before.from_ms, to_ms }];
  return [before, { from_ms, to_ms }];
}

function addTo(hours: OfHour, at: number, metric: RollupMetricName, tally: Tally): void {
  hours[at] ??= new Map();
  const sum = hours[at].get(metric) ?? new Tally(metric);
  hours[at].set(metric, sum);
  sum.merge(tally);
}

/** Series whose keys are the same under `by`, added. `rename` adds what a key is known to be of. */
export function addUp(
  grouped: Grouped,
  keyOf: (key: Readonly<Record<string, string>>) => Readonly<Record<string, string>> | null,
): { segment: Readonly<Record<string, string>>; sides: Sides }[] {
  const out = new Map<string, { segment: Readonly<Record<string, string>>; sides: Sides }>();
  for (const { key, sides } of grouped.series.values()) {
    const segment = keyOf(Object.fromEntries(grouped.by.map((name, at) => [name, key[at]!])));
    if (segment === null) continue;
    const place = JSON.stringify(segment);
    const known = out.get(place);
    if (!known) out.set(place, { segment, sides: copyOf(sides) });
    else for (const side of ['now', 'before'] as const) addSide(known.sides[side], sides[side]);
  }
  return [...out.values()];
}

/** Several series as one; null where there are none. */
export function addAll(parts: readonly { sides: Sides }[]): Sides | null {
  if (parts.length === 0) return null;
  const sum: Sides = { now: [], before: [] };
  for (const { sides } of parts)
    for (const side of ['now', 'before'] as const) addSide(sum[side], sides[side]);
  return sum;
}

const copyOf = (sides: Sides): Sides => {
  const copy: Sides = { now: [], before: [] };
  for (const side of ['now', 'before'] as const) addSide(copy[side], sides[side]);
  return copy;
};
function addSide(into: OfHour, from: OfHour): void {
  from.forEach((metrics, at) => {
    for (const [metric, tally] of metrics ?? []) addTo(into, at, metric, tally);
  });
}

/** Of a release: what it does now, and what the version before it did in the same hours and in those before. */
export function againstVersion(now: Sides, previous: Sides): Sides {
  const before: OfHour = [];
  addSide(before, previous.now);
  addSide(before, previous.before);
  return { now: now.now, before };
}

/** Candidates of every watched KPI of a series. */
export function candidatesOf(
  segment: Readonly<Record<string, string>>,
  sides: Sides,
  length: number,
  options: { metrics?: readonly KpiName[]; against?: string; rest?: Sides } = {},
): Candidate[] {
  const { metrics = WATCHED, against, rest } = options;
  return metrics.flatMap((metric) => {
    const formula = formulaOf(metric, false);
    const cells = cellsOf(formula, sides, length);
    if (cells === null) return [];
    return [
      {
        metric,
        segment,
        ...cells,
        ...(against === undefined ? {} : { against }),
        counted: formula.op === 'quantile' || kpiOf(metric).unit === '0..1',
        value: (side: 'now' | 'before', from: number, to: number) => figureOf(formula, sides[side], from, to),
        ...(rest && {
          rest: (side: 'now' | 'before', from: number, to: number) => figureOf(formula, rest[side], from, to),
        }),
      },
    ];
  });
}

/** The KPI over some hours. */
export function figureOf(formula: Formula, hours: OfHour, from: number, to: number): number | null {
  const sum = new Map<RollupMetricName, Tally>();
  for (const metric of metricsOf(formula)) {
    const tally = new Tally(metric);
    for (let at = from; at < to; at++) {
      const found = hours[at]?.get(metric);
      if (found) tally.merge(found);
    }
    if (tally.n > 0) sum.set(metric, tally);
  }
  const read = (metric: RollupMetricName) => {
    const tally = sum.get(metric);
    if (!tally) return undefined;
    return {
      n: tally.n,
      sum: tally.micro / MICRO,
      quantile: (q: number) => (tally.bins ? quantileOf(GRIDS.get(metric)!, tally.bins, q) : undefined),
    };
  };
  return kpiValue(formula, read, ((to - from) * HOUR_MS) / 1000).value;
}

/** `a / b` hour by hour; null where nothing was counted on one of the sides. */
function cellsOf(
  formula: Formula,
  { now, before }: Sides,
  length: number,
): { now: Cell[]; before: Cell[] } | null {
  const cellOf = readerOf(formula, before, length);
  if (cellOf === null) return null;
  const side = (hours: OfHour): Cell[] => Array.from({ length }, (_, at) => cellOf(hours[at]));
  const cells = { now: side(now), before: side(before) };
  const some = (list: Cell[]): boolean => list.some((cell) => cell.b > 0);
  return some(cells.now) && some(cells.before) ? cells : null;
}

type OneHour = OfHour[number];
function readerOf(formula: Formula, before: OfHour, length: number): ((hour: OneHour) => Cell) | null {
  const total = (hour: OneHour, metrics: readonly RollupMetricName[]): number =>
    metrics.reduce((sum, metric) => sum + (hour?.get(metric)?.micro ?? 0) / MICRO, 0);
  switch (formula.op) {
    case 'ratio':
      return (hour) => ({ a: total(hour, formula.of) * (formula.scale ?? 1), b: total(hour, formula.to) });
    case 'mean':
      return (hour) => {
        const tally = hour?.get(formula.of);
        return { a: (tally?.micro ?? 0) / MICRO, b: tally?.n ?? 0 };
      };
    case 'quantile': {
      // How many are beyond what few were beyond before.
      const limit = figureOf(formula, before, 0, length);
      if (limit === null) return null;
      const bin = binOf(GRIDS.get(formula.of)!, limit);
      return (hour) => {
        const tally = hour?.get(formula.of);
        let over = 0;
        for (const [code, count] of tally?.bins ?? []) if (code > bin) over += count;
        return { a: over, b: tally?.n ?? 0 };
      };
    }
    default:
      return null;
  }
}
