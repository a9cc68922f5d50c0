/** Keeps one uPlot for a scene: the same while only values, size and colours change, a new one when its structure does. */
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
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
