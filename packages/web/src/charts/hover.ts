/** The moment under the mouse, shared by the charts of a page: crosshairs, pins and legends follow it. */
import { useSyncExternalStore } from 'react';

let at_ms: number | null = null;
let pinned = false;
const watchers = new Set<() => void>();

export const hover = {
  get: (): number | null => at_ms,
  isPinned: (): boolean => pinned,
  set(next: number | null): void {
    if (pinned || next === at_ms) return;
    at_ms = next;
    for (const told of watchers) told();
  },
  /** A click holds the moment until it is clicked again or Escape is pressed. */
  pin(on: boolean, next: number | null = at_ms): void {
    pinned = false;
    hover.set(next);
    pinned = on && at_ms !== null;
    if (!on) hover.set(null);
  },
  watch(told: () => void): () => void {
    watchers.add(told);
    return () => watchers.delete(told);
  },
};

/** The index of the hovered bucket; a chart is asked anew only when that is another one. */
export const useBucket = (times: readonly number[], step_ms: number): number | null =>
  useSyncExternalStore(hover.watch, () => bucketAt(times, step_ms, at_ms));

/** The index of the bucket that a moment lies in; null outside. */
export function bucketAt(times: readonly number[], step_ms: number, moment: number | null): number | null {
  if (moment === null || times.length === 0) return null;
  const at = Math.floor((moment - times[0]!) / step_ms);
  return at >= 0 && at < times.length ? at : null;
}
