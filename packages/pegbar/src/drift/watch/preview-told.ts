/** A preview as the API answers it. */

import { instant } from '../windows.ts';
import type { Preview } from './preview.ts';

const DAY_MS = 86_400_000;

export function tellPreview(preview: Preview): Record<string, unknown> {
  const { from_ms, to_ms, shortened, fired, looks, series, budget } = preview;
  const days = Math.round((to_ms - from_ms) / DAY_MS);
  return {
    from: instant(from_ms),
    to: instant(to_ms),
    days,
    shortened,
    series,
    words: `${timesWords(fired.length)} in ${days} ${days === 1 ? 'day' : 'days'}`,
    fired: fired
      .map(({ segment, told, since_ms, fired_ms, until_ms }) => ({
        ...told,
        segment,
        since: instant(since_ms),
        fired: instant(fired_ms),
        until: until_ms === null ? null : instant(until_ms),
      }))
      .sort((a, b) => a.fired.localeCompare(b.fired)),
    looks: looks.map(({ at_ms, ...rest }) => ({ at: instant(at_ms), ...rest })),
    budget: budget && {
      alpha: budget.alpha,
      alpha_spent: budget.alpha_spent,
      tests: budget.tests,
      discoveries: budget.discoveries,
    },
  };
}

const timesWords = (count: number): string => {
  if (count === 0) return 'would not have fired';
  return `would have fired ${count === 1 ? 'once' : `${count} times`}`;
};
