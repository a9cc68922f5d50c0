/**
 * The default objectives of product.md as data: what is held against a limit, of which rows. Whoever computes one does
 * it from these formulas, so that the pages, alerts and reports mean the same.
 */
import type { Formula } from './kpis.ts';
import type { Workload } from './vocabulary.ts';

export interface Objective {
  readonly id: string;
  /** Of one workload; none for all. */
  readonly workload?: Workload;
  /** `p95 ≤ 5 s at 768 × 768`. */
  readonly words: string;
  /** Conditions as the parameter `filter` takes them. */
  readonly filters: readonly string[];
  readonly formula: Formula;
  /** Unit of the value: `ms`, `fps`, `0..1`. */
  readonly unit: 'ms' | 'fps' | '0..1';
  readonly side: 'at_least' | 'at_most';
  /** In the unit; of a relative objective, times the value of the baseline. */
  readonly limit: number;
  readonly relative?: boolean;
  /** Counted hour by hour only: what it reads is expensive to count from raw rows. */
  readonly hourly?: boolean;
}

const DECIDED = ['succeeded', 'failed', 'timed_out'] as const;

export const DEFAULT_OBJECTIVES: readonly Objective[] = [
  {
    id: 'animation-fps',
    workload: 'animation',
    words: '99 % of seconds ≥ 24 FPS',
    filters: ['workload=animation'],
    // 99 % of the playing seconds are at 24 or above exactly where the first percentile is.
    formula: { op: 'quantile', of: 'delivered_fps', q: 0.01 },
    unit: 'fps',
    side: 'at_least',
    limit: 24,
  },
  {
    id: 'animation-dropped',
    workload: 'animation',
    words: 'dropped frames < 2 %',
    filters: ['workload=animation'],
    formula: { op: 'ratio', of: ['dropped_frames'], to: ['delivered_frames', 'dropped_frames'] },
    unit: '0..1',
    side: 'at_most',
    limit: 0.02,
  },
  {
    id: 'single-image-latency',
    workload: 'single_image',
    words: 'p95 ≤ 5 s at 768 × 768',
    filters: ['workload=single_image', 'hardware_class=standard', 'width=768', 'height=768'],
    formula: { op: 'quantile', of: 'latency_ms', q: 0.95 },
    unit: 'ms',
    side: 'at_most',
    limit: 5_000,
  },
  {
    id: 'batch-panels-success',
    workload: 'batch_panels',
    words: 'success ≥ 99.5 %',
    filters: ['workload=batch_panels'],
    formula: { op: 'ratio', of: ['succeeded'], to: DECIDED },
    unit: '0..1',
    side: 'at_least',
    limit: 0.995,
  },
  {
    id: 'batch-panels-wait',
    workload: 'batch_panels',
    words: 'queue wait p95 ≤ 30 s',
    filters: ['workload=batch_panels'],
    formula: { op: 'quantile', of: 'queue_wait_ms', q: 0.95 },
    unit: 'ms',
    side: 'at_most',
    limit: 30_000,
  },
  {
    id: 'timeouts-oom',
    words: 'timeouts + OOM ≤ 0.5 %',
    filters: [],
    formula: { op: 'ratio', of: ['timeout', 'oom'], to: DECIDED },
    unit: '0..1',
    side: 'at_most',
    limit: 0.005,
  },
  {
    id: 'safety-nsfw',
    words: 'NSFW rate ≤ 2 × baseline',
    filters: [],
    formula: { op: 'mean', of: 'nsfw' },
    unit: '0..1',
    side: 'at_most',
    limit: 2,
    relative: true,
    hourly: true,
  },
];
