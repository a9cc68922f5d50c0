/** Keeps one uPlot for a scene: the same while only values change, a new one when its structure does. */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Zone } from '../format/index.ts';
import type { Scene } from './draw.ts';
import { createPlot, type Plot, structureOf } from './plot.ts';

export function usePlot(
  host: RefObject<HTMLDivElement | null>,
  scene: Scene | null,
  theme: string,
  zone: Zone,
): void {
  const plot = useRef<{ structure: string; plot: Plot } | null>(null);
  useLayoutEffect(() => {
    if (!host.current || !scene) return;
    const structure = structureOf(scene, theme, zone);
    if (plot.current?.structure === structure) {
      plot.current.plot.show(scene);
      return;
    }
    plot.current?.plot.destroy();
    plot.current = { structure, plot: createPlot(host.current, scene, zone) };
  }, [host, scene, theme, zone]);
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
    setWidth(current.clientWidth);
    const observer = new ResizeObserver(() => setWidth(current.clientWidth));
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
