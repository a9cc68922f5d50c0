/** What was counted, by key and point, and the values that formulas make of it. */
import { type Formula, kpiValue, metricsOf, ROLLUP_METRICS, type RollupMetricName } from '@pegbar/contract';
import { Tally, type Told } from '../rollups/index.ts';
import type { TimeRange } from './range.ts';

/** Points of one series. */
export const STEPS_MOST = 11_000;

/** Starts of the points. */
export function bucketsOf({
  from_ms,
  to_ms,
  step_ms,
}: TimeRange & { step_ms: number | null }): { start_ms: number; from_ms: number; to_ms: number }[] {
  if (step_ms === null) return [{ start_ms: from_ms, from_ms, to_ms }];
  const first = Math.floor(from_ms / step_ms) * step_ms;
  const length = Math.min(STEPS_MOST + 1, Math.ceil((to_ms - first) / step_ms));
  return Array.from({ length }, (_, at) => {
    const start_ms = first + at * step_ms;
    return { start_ms, from_ms: Math.max(from_ms, start_ms), to_ms: Math.min(to_ms, start_ms + step_ms) };
  });
}

interface Counted {
  readonly key: readonly string[];
  /** By bucket and metric. */
  readonly cells: Map<string, Tally>;
  readonly of: Set<RollupMetricName>;
}

/** What was counted, by series and bucket. */
export class Counts {
  private readonly series = new Map<string, Counted>();
  private readonly only: number | null;

  /** `only`: the one bucket of an answer without steps. */
  constructor(only: number | null) {
    this.only = only;
  }

  readonly add: Told = (key, bucket_ms, metric, tally) => {
    const name = key.join('\n');
    const known = this.series.get(name) ?? { key, cells: new Map<string, Tally>(), of: new Set() };
    this.series.set(name, known);
    known.of.add(metric);
    const cell = `${this.only ?? bucket_ms}\n${metric}`;
    const sum = known.cells.get(cell);
    if (sum) sum.merge(tally);
    else known.cells.set(cell, tally);
  };

  /** The same in longer points; these stay as they are. */
  inSteps(step_ms: number): Counts {
    const out = new Counts(null);
    for (const { key, cells } of this.series.values()) {
      for (const [cell, tally] of cells) {
        const cut = cell.indexOf('\n');
        const bucket_ms = Math.floor(Number(cell.slice(0, cut)) / step_ms) * step_ms;
        const metric = cell.slice(cut + 1) as RollupMetricName;
        const copy = new Tally(metric);
        copy.merge(tally);
        out.add(key, bucket_ms, metric, copy);
      }
    }
    return out;
  }

  /** Those that anything of `own` was counted of, in order; of more than `top` those with most of `metrics`. */
  keys(
    own: ReadonlySet<RollupMetricName>,
    top: number | undefined,
    metrics: readonly RollupMetricName[],
  ): (readonly string[])[] {
    const all = [...this.series.values()].filter(({ of }) => [...of].some((metric) => own.has(metric)));
    const known = top === undefined || all.length <= top ? all : this.largest(all, metrics).slice(0, top);
    return known.map(({ key }) => key).sort((a, b) => (a.join('\n') < b.join('\n') ? -1 : 1));
  }

  private largest(series: readonly Counted[], metrics: readonly RollupMetricName[]): Counted[] {
    const sizeOf = ({ cells }: Counted): number => {
      let n = 0;
      for (const [cell, tally] of cells)
        if (metrics.includes(cell.slice(cell.indexOf('\n') + 1) as RollupMetricName)) n += tally.n;
      return n;
    };
    return series
      .map((one) => ({ one, size: sizeOf(one) }))
      .sort((a, b) => b.size - a.size)
      .map(({ one }) => one);
  }

  get(key: readonly string[], bucket_ms: number, metric: RollupMetricName): Tally | undefined {
    return this.series.get(key.join('\n'))?.cells.get(`${bucket_ms}\n${metric}`);
  }
}

const METRICS = new Map(ROLLUP_METRICS.map((metric) => [metric.name as string, metric]));
const MICRO = 1_000_000;

export function pointOf(
  formula: Formula,
  counts: Counts,
  key: readonly string[],
  bucket: { start_ms: number; from_ms: number; to_ms: number },
  stages: boolean,
  now_ms: number,
): { t: string; value: number | null; n: number } {
  const t = new Date(bucket.start_ms).toISOString();
  if (stages && !hasStages(formula)) return { t, value: null, n: 0 };
  const window_s =
    Math.max(0, Math.min(bucket.to_ms, Math.max(now_ms, bucket.from_ms)) - bucket.from_ms) / 1000;
  const { value, n } = kpiValue(
    formula,
    (metric) => {
      const tally = counts.get(key, bucket.start_ms, metric);
      if (!tally) return undefined;
      return {
        n: tally.n,
        sum: tally.micro / MICRO,
        quantile: (q) => tally.quantile(q),
      };
    },
    window_s,
  );
  return { t, value, n };
}

/** Whether what a formula reads is counted by stage. */
const hasStages = (formula: Formula): boolean =>
  metricsOf(formula).every(
    (name) => METRICS.get(name)!.of === 'stage' || name === 'queue_wait_ms' || QUALITY.has(name),
  );
/** Told with a stage they count at it; told as scores they count at the picture. */
const QUALITY: ReadonlySet<string> = new Set([
  'aesthetic',
  'clip_i',
  'style_distance',
  'toxicity',
  'face_ok',
  'watermark',
  'nsfw',
]);
