/** What is worked out about one picture, in the thread that has the time for it. */
import { lookOf } from './descriptor.ts';
import { labOf, type Raster } from './oklab.ts';
import { paletteOf } from './palette.ts';

export interface Look {
  /** `pegbar-look/1`. */
  vector: number[];
  /** `#rrggbb share`, commonest first. */
  palette: string[];
}

export function look(raster: Raster): Look {
  const lab = labOf(raster);
  return {
    vector: Array.from(lookOf(raster, lab), (one) => Math.round(one * 1e5) / 1e5),
    palette: paletteOf(raster, lab).map(
      ({ rgb, share }) => `#${rgb.toString(16).padStart(6, '0')} ${share.toFixed(4)}`,
    ),
  };
}

const TONE = /^#([0-9a-f]{6}) (\d(?:\.\d+)?)$/i;

/** The tones of a stored palette; what is no tone is left out. */
export const tonesOf = (palette: readonly string[]): { rgb: number; share: number }[] =>
  palette.flatMap((text) => {
    const parts = TONE.exec(text);
    return parts ? [{ rgb: Number.parseInt(parts[1]!, 16), share: Number(parts[2]) }] : [];
  });
