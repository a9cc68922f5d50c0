/**
 * What is out of sight does not hold up what is seen: it is asked for and drawn when it comes near, or in its turn as
 * soon as nothing else is asked. So a page is whole in the end whether or not somebody scrolls.
 */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { quiet } from '../api/index.ts';
import { every } from '../base/browser.ts';

/** As much as a turn of the wheel. */
const AHEAD_PX = 240;
/** Three rows of charts: they ask together. */
const AT_ONCE = 9;
const TURN_MS = 50;
/** Something slow does not keep the rest of a page away for longer. */
const TURNS_MOST = 60;

const waiting = new Set<() => void>();
let stop: (() => void) | null = null;
let turns = 0;

function turn(): void {
  turns += 1;
  if (!quiet() && turns < TURNS_MOST) return;
  turns = 0;
  for (const go of [...waiting].slice(0, AT_ONCE)) {
    waiting.delete(go);
    go();
  }
  if (waiting.size > 0) return;
  stop?.();
  stop = null;
}

/** Calls when nothing is asked any more, those before it first. */
function wait(go: () => void): () => void {
  waiting.add(go);
  stop ??= every(TURN_MS, turn);
  return () => waiting.delete(go);
}

/** True from the moment when all that the page asks first has been answered. */
export function useTurn(): boolean {
  const [mine, set] = useState(false);
  useEffect(() => wait(() => set(true)), []);
  return mine;
}

/** True from the moment when the element comes near the window, or has its turn. */
export function useNear(): [element: RefObject<HTMLDivElement | null>, near: boolean] {
  const element = useRef<HTMLDivElement>(null);
  const [near, set] = useState(false);
  useLayoutEffect(() => {
    const here = element.current;
    if (near || !here) return;
    const go = (): void => set(true);
    if (here.getBoundingClientRect().top < innerHeight + AHEAD_PX) {
      go();
      return;
    }
    const seen = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && go(), {
      rootMargin: `${AHEAD_PX}px`,
    });
    seen.observe(here);
    const leave = wait(go);
    return () => {
      seen.disconnect();
      leave();
    };
  }, [near]);
  return [element, near];
}
