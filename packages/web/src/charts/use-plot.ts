/** Keeps one uPlot for a scene: the same while only values, size and colours change, a new one when its structure does. */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { inTurn } from '../base/in-turn.ts';
import type { Zone } from '../format/index.ts';
import type { Scene } from './draw.ts';
import { createPlot, type Plot, structureOf } from './plot.ts';

export function usePlot(host: RefObject<HTMLDivElement | null>, scene: Scene | null, zone: Zone): void {
  const plot = useRef<{ structure: string; plot: Plot } | null>(null);
  useLayoutEffect(() => {
    if (!host.current || !scene) return;
    const structure = structureOf(scene, zone);
    if (plot.current?.structure === structure) {
      plot.current.plot.show(scene);
      return;
    }
    plot.current?.plot.destroy();
    plot.current = { structure, plot: createPlot(host.current, scene, zone) };
  }, [host, scene, zone]);
  useEffect(
    () => () => {
      plot.current?.plot.destroy();
      plot.current = null;
    },
    [],
  );
}

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
