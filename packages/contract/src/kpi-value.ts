/** Computing a KPI from what was counted. */
import type { Formula } from './kpis.ts';
import type { RollupMetricName } from './rollup-metrics.ts';

/** The metrics that a formula reads. */
export function metricsOf(formula: Formula): RollupMetricName[] {
  switch (formula.op) {
    case 'sum':
    case 'rate':
      return [...formula.of];
    case 'ratio':
      return [...new Set([...formula.of, ...formula.to])];
    case 'quantile':
    case 'mean':
      return [formula.of];
    case 'shortfall':
      return [formula.of, formula.base];
  }
}

/** What was counted of one metric in one bucket of one series. */
export interface MetricReading {
  n: number;
  sum: number;
  /** Value at quantile `q` (0..1); undefined where nothing was observed. */
  quantile: (q: number) => number | undefined;
}

export interface KpiPoint {
  /** null where there is nothing to say: no observation, or a denominator of zero. */
  value: number | null;
  /** What it rests on: observations, or the denominator of a ratio. */
  n: number;
}

/** Value of a formula. `window_s` is the length of the bucket in seconds. A metric without rows reads as nothing. */
export function kpiValue(
  formula: Formula,
  read: (metric: RollupMetricName) => MetricReading | undefined,
  window_s: number,
): KpiPoint {
  const total = (metrics: readonly RollupMetricName[]): number =>
    metrics.reduce((all, each) => all + (read(each)?.sum ?? 0), 0);
  const seen = (metrics: readonly RollupMetricName[]): number =>
    metrics.reduce((all, each) => all + (read(each)?.n ?? 0), 0);
  switch (formula.op) {
    case 'sum':
      return { value: total(formula.of) * (formula.scale ?? 1), n: seen(formula.of) };
    case 'rate':
      return {
        value: window_s > 0 ? (total(formula.of) / window_s) * formula.per_s : null,
        n: seen(formula.of),
      };
    case 'ratio': {
      const base = total(formula.to);
      return { value: base > 0 ? (total(formula.of) / base) * (formula.scale ?? 1) : null, n: base };
    }
    case 'quantile': {
      const reading = read(formula.of);
      return { value: reading?.quantile(formula.q) ?? null, n: reading?.n ?? 0 };
    }
    case 'mean': {
      const value = meanOf(read(formula.of));
      return { value, n: read(formula.of)?.n ?? 0 };
    }
    case 'shortfall': {
      const [value, base] = [meanOf(read(formula.of)), meanOf(read(formula.base))];
      const n = Math.min(read(formula.of)?.n ?? 0, read(formula.base)?.n ?? 0);
      return { value: value === null || base === null || base <= 0 ? null : (base - value) / base, n };
    }
  }
}

const meanOf = (reading: MetricReading | undefined): number | null =>
  reading === undefined || reading.n === 0 ? null : reading.sum / reading.n;
