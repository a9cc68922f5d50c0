/** Colours of many pictures as six groups, so that their shares can be followed over time. */
import { labOf } from './oklab.ts';
import { paletteOfPoints, type Tone } from './palette.ts';

export interface ToneGroups {
  /** `#rrggbb`, commonest first. */
  readonly tones: readonly string[];
  /** Shares of the groups in the order of `tones`, to a ten-thousandth; null of nothing. */
  sharesOf(cells: ReadonlyMap<number, number>): readonly number[] | null;
}

/** Middle of a cell of 4 bits a channel: 0 stays black, 15 white. */
const STEP = 0x11;

/** Cells are 12 bits, red highest, with any weights. */
export function groupTones(cells: ReadonlyMap<number, number>): ToneGroups {
  const known = [...cells].filter(([, weight]) => weight > 0).sort(([x], [y]) => x - y);
  const data = Uint8Array.from(known.flatMap(([cell]) => channelsOf(cell)));
  const lab = labOf({ data, width: known.length, height: 1 });
  const points = known.map(([, n], at) => ({ l: lab.l[at]!, a: lab.a[at]!, b: lab.b[at]!, n }));
  const { tones, groupOf } = paletteOfPoints(points);
  const groups = new Map(known.map(([cell], at) => [cell, groupOf(points[at]!)] as const));
  return {
    tones: tones.map(({ rgb }: Tone) => `#${rgb.toString(16).padStart(6, '0')}`),
    sharesOf(part) {
      const sums = new Array<number>(tones.length).fill(0);
      let total = 0;
      for (const [cell, weight] of part) {
        const group = groups.get(cell);
        if (group === undefined) continue;
        sums[group]! += weight;
        total += weight;
      }
      return total > 0 ? sums.map((sum) => Math.round((sum / total) * 1e4) / 1e4) : null;
    },
  };
}

const channelsOf = (cell: number): [number, number, number] => [
  ((cell >> 8) & 15) * STEP,
  ((cell >> 4) & 15) * STEP,
  (cell & 15) * STEP,
];
