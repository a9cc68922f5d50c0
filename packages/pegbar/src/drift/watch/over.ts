/** Windows of hours that a burst fills: what their newest hours do not show any more did not last. */

import type { Parts } from '../compare.ts';
import { focused } from '../content/hours.ts';
import type { Judged } from '../engine.ts';
import { HOUR_MS, meanOfHour, type Series } from '../series.ts';
import type { Window } from '../windows.ts';
import type { Plan } from './plan.ts';

/** Longer windows hold a rhythm; there both halves of the window must say it. */
const WINDOW_MOST_MS = 24 * HOUR_MS;

export const isShort = ({ window_ms }: Pick<Plan, 'window_ms'>): boolean => window_ms < WINDOW_MOST_MS;

/**
 * Whether what a window of less than a day tells is over: the hours since the look before are nearer to what was than to
 * what the window says. Two looks that share five of six hours would both tell of a burst of twenty minutes; so what is
 * told was seen by the newest hours of each, and lasted longer than half an hour. Where it goes on, an hour of few rows
 * may look like the past by chance: it is then told a look later.
 */
export function isOver(
  one: Judged,
  plan: Pick<Plan, 'window_ms' | 'every_ms' | 'persistence'>,
  { to_ms }: Window,
): boolean {
  if (one.verdict !== 'drift' || plan.persistence < 2 || !isShort(plan)) return false;
  const series = focused(one);
  const [was, is] = [meanOf(series, one.reference, 0), meanOf(series, one.current, 0)];
  const newest = meanOf(series, one.current, to_ms - plan.every_ms);
  if (was === null || is === null || newest === null) return false;
  return (newest - (was + is) / 2) * (is - was) < 0;
}

function meanOf({ sampling }: Pick<Series, 'sampling'>, parts: Parts, from_ms: number): number | null {
  let [sum, n] = [0, 0];
  for (const hours of parts.values())
    for (const [at, hour] of hours) {
      const told = at < from_ms ? null : meanOfHour(sampling, hour);
      if (told === null || !(told.n > 0)) continue;
      sum += told.mean * told.n;
      n += told.n;
    }
  return n === 0 ? null : sum / n;
}
