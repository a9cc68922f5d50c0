/** How wide something is: pages without charts need it too, and not the library of charts with it. */
import { type RefObject, useLayoutEffect, useState } from 'react';
import { inTurn } from '../base/in-turn.ts';

/** Width of an element in CSS pixels; 0 until it is laid out. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    let seen = current.clientWidth;
    setWidth(seen);
    let back: (() => void) | undefined;
    const observer = new ResizeObserver(() => {
      if (current.clientWidth === seen) return;
      seen = current.clientWidth;
      back?.();
      back = inTurn(() => setWidth(current.clientWidth));
    });
    observer.observe(current);
    return () => {
      observer.disconnect();
      back?.();
    };
  }, [element]);
  return width;
}
