/**
 * Rows of one height: those in sight, and some before and after them, exist. Where each one stands is a product, so that
 * ten thousand of them are not measured before the first is drawn.
 */
import { type RefObject, type UIEvent, useCallback, useState } from 'react';

interface RowsInSight {
  /** The first row in sight. */
  readonly top: number;
  /** Those that exist: from `first` up to `last`, which is not among them. */
  readonly first: number;
  readonly last: number;
  readonly onScroll: (event: UIEvent<HTMLElement>) => void;
  /** Brings a row into sight: to the middle, or no farther than needed. */
  readonly show: (row: number, to?: 'middle') => void;
}

/** `shown` rows of `row_px` have room; `ahead` more are there on both sides. */
export function useRowsInSight(
  scroller: RefObject<HTMLElement | null>,
  { count, row_px, shown, ahead }: { count: number; row_px: number; shown: number; ahead: number },
): RowsInSight {
  const [scrolled, setScrolled] = useState(0);
  const top = Math.max(0, Math.min(scrolled, count - shown));
  const show = useCallback(
    (row: number, to?: 'middle'): void => {
      const element = scroller.current;
      if (!element) return;
      const at = row * row_px;
      const high = element.clientHeight;
      if (to === 'middle') element.scrollTop = at - (high - row_px) / 2;
      else if (at < element.scrollTop) element.scrollTop = at;
      else if (at + row_px > element.scrollTop + high) element.scrollTop = at + row_px - high;
    },
    [scroller, row_px],
  );
  return {
    top,
    first: Math.max(0, top - ahead),
    last: Math.min(count, top + shown + ahead),
    onScroll: (event) => setScrolled(Math.floor(event.currentTarget.scrollTop / row_px)),
    show,
  };
}
