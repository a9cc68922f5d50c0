/** What a window is compared with. */
import { DAY, type Window } from './range.ts';

/** `release:VERSION` is the same window, of that version alone. */
export type Compare = 'off' | 'previous' | 'day' | 'week' | `release:${string}`;

export const COMPARE_CHOICES: readonly Compare[] = ['previous', 'day', 'week', 'off'];

export function readCompare(text: string | null): Compare | null {
  if (text === null) return null;
  if ((COMPARE_CHOICES as readonly string[]).includes(text)) return text as Compare;
  return text.startsWith('release:') && text.length > 8 ? (text as Compare) : null;
}

export interface Baseline {
  readonly window: Window;
  /** Added to a time of the baseline it is the time that it stands beside. */
  readonly shift_ms: number;
  /** Only this version, where a release is the baseline. */
  readonly release: string | null;
}

/** The baseline of a window whose start lies on a step; null where nothing is compared. */
export function baselineOf(compare: Compare, { from_ms, to_ms }: Window, step_ms: number): Baseline | null {
  if (compare === 'off') return null;
  if (compare.startsWith('release:'))
    return { window: { from_ms, to_ms }, shift_ms: 0, release: compare.slice('release:'.length) };
  const length = Math.ceil((to_ms - from_ms) / step_ms) * step_ms;
  const shift_ms = compare === 'previous' ? length : compare === 'day' ? DAY : 7 * DAY;
  return { window: { from_ms: from_ms - shift_ms, to_ms: to_ms - shift_ms }, shift_ms, release: null };
}

/** `previous 6 h`, `1 d before`, `v6`. */
export function compareWords(compare: Compare, last: string | null): string {
  if (compare === 'previous') return last === null ? 'previous range' : last.replace(/^Last/, 'previous');
  if (compare === 'day') return 'day before';
  if (compare === 'week') return 'week before';
  return compare === 'off' ? 'off' : compare.slice('release:'.length);
}

/** What stands after "than": `the previous 6 h`, `the day before`, `v6`; undefined where nothing is compared. */
export function thanWords(compare: Compare, last: string | null): string | undefined {
  if (compare === 'off') return undefined;
  return compareWords(compare, last).replace(/^(?=previous|day|week)/, 'the ');
}
