/** What is compared with what: the current window, the baseline before it, and what is left out of that. */
import { readInstant } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { type ExploreError, refused } from '../explore/index.ts';
import { HOUR_MS } from './series.ts';

const DAY_MS = 24 * HOUR_MS;

export interface Window {
  readonly from_ms: number;
  readonly to_ms: number;
}

export type Baseline =
  /** So many days before the window. */
  | { readonly kind: 'rolling'; readonly days: number }
  /** The model version before, or the one that is named, in the same hours and in those before. */
  | { readonly kind: 'release'; readonly version?: string }
  | { readonly kind: 'pinned'; readonly window: Window };

/** A longer window is no "now". */
const WINDOW_MOST_MS = 28 * DAY_MS;
/** What the rollups can be asked for in one go without it taking long. */
const PINNED_MOST_MS = 90 * DAY_MS;
/** No sender names a version longer. */
const VERSION_MOST = 256;
export const ROLLING_DAYS = 28;

export function readBaseline(text: string | null): Result<Baseline, ExploreError> {
  const asked = (text ?? '').trim();
  if (asked === '' || asked === '28d') return ok({ kind: 'rolling', days: ROLLING_DAYS });
  if (asked === '7d') return ok({ kind: 'rolling', days: 7 });
  if (asked === 'release') return ok({ kind: 'release' });
  const [, version = ''] = /^release:(.+)$/s.exec(asked) ?? [];
  if (version !== '' && version.length <= VERSION_MOST) return ok({ kind: 'release', version });
  const pinned = readWindow(asked);
  if (pinned && pinned.to_ms - pinned.from_ms <= PINNED_MOST_MS)
    return ok({ kind: 'pinned', window: pinned });
  return refused('invalid_request', `${JSON.stringify(asked.slice(0, 80))} is no baseline`, {
    field: 'baseline',
    hint: 'Write 28d, 7d, release, release:VERSION, or FROM/TO with two times at most 90 days apart.',
  });
}

/** `FROM/TO`, whole hours; undefined where it is none. */
export function readWindow(text: string): Window | undefined {
  const [from, to, ...more] = text.split('/');
  const [start, end] = [readTime(from ?? ''), readTime(to ?? '')];
  if (start === undefined || end === undefined || more.length > 0) return undefined;
  const window = {
    from_ms: Math.floor(start / HOUR_MS) * HOUR_MS,
    to_ms: Math.ceil(end / HOUR_MS) * HOUR_MS,
  };
  return start < end ? window : undefined;
}

/** Whole hours; the one under way is among them as far as it has come. */
export function currentWindow({ from_ms, to_ms }: Window): Result<Window, ExploreError> {
  const window = {
    from_ms: Math.floor(from_ms / HOUR_MS) * HOUR_MS,
    to_ms: Math.ceil(to_ms / HOUR_MS) * HOUR_MS,
  };
  return window.to_ms - window.from_ms <= WINDOW_MOST_MS
    ? ok(window)
    : refused('invalid_request', 'the window is longer than 28 days', {
        field: 'from',
        hint: 'Take a window of at most 28 days and a pinned baseline FROM/TO before it.',
      });
}

/** A day alone is its start, UTC. */
const readTime = (text: string): number | undefined =>
  readInstant(/^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? `${text.trim()}T00:00:00Z` : text)?.ms;

/** The stretch that the baseline is taken from; of `release` the 28 days before. */
export function referenceWindow(baseline: Baseline, current: Window): Window {
  if (baseline.kind === 'pinned') return baseline.window;
  const days = baseline.kind === 'rolling' ? baseline.days : ROLLING_DAYS;
  return { from_ms: current.from_ms - days * DAY_MS, to_ms: current.from_ms };
}

export const baselineText = (baseline: Baseline): string => {
  if (baseline.kind === 'rolling') return `${baseline.days}d`;
  if (baseline.kind === 'release')
    return baseline.version === undefined ? 'release' : `release:${baseline.version}`;
  return `${instant(baseline.window.from_ms)}/${instant(baseline.window.to_ms)}`;
};

export const within = ({ from_ms, to_ms }: Window, at_ms: number): boolean =>
  at_ms >= from_ms && at_ms < to_ms;
export const instant = (ms: number): string => new Date(ms).toISOString();
