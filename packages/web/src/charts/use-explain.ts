/** From a box over a chart to what tells the rows in it from the rest: the page of the comparison, as an address. */
import { useCallback } from 'react';
import { useContextState, useGo, useWindow } from '../url/index.ts';
import type { Box } from './use-box.tsx';

/** Conditions of the rows that lie in a box. */
export function conditionsOf({ from_ms, to_ms, low, high }: Partial<Box>): string[] {
  const out: string[] = [];
  if (from_ms !== undefined) out.push(`timestamp>=${from_ms}`);
  if (to_ms !== undefined) out.push(`timestamp<${to_ms}`);
  if (low !== undefined && low > 0) out.push(`latency_ms>=${low}`);
  if (high !== undefined && Number.isFinite(high)) out.push(`latency_ms<${high}`);
  return out;
}

/** A chart may have a window of its own; the rest is what lies in it. */
type Span = Readonly<{ from_ms: number; to_ms: number }>;

/**
 * Opens the comparison. The range goes along as instants: a box that was drawn does not move with the clock.
 * @param selected what the rows in a box have in common beside their time
 */
export function useExplain(
  filters: readonly string[],
  selected: readonly string[] = NONE,
): (box: Partial<Box>, window?: Span) => void {
  const [context] = useContextState();
  const { from_ms, to_ms } = useWindow();
  const { go } = useGo();
  return useCallback(
    (box: Partial<Box>, window: Span = { from_ms, to_ms }) =>
      go('/explain', {
        from: new Date(window.from_ms).toISOString(),
        to: new Date(window.to_ms).toISOString(),
        filter: [...new Set([...context.filters, ...filters])],
        select: conditionsOf(box).concat(selected),
      }),
    [context.filters, filters, selected, from_ms, to_ms, go],
  );
}

const NONE: readonly string[] = [];
