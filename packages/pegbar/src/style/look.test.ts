import { describe, expect, it } from 'vitest';
import { LOOK_LENGTH, lookOf } from './descriptor.ts';
import { labOf, type Raster, rgbOf } from './oklab.ts';
import { paletteOf, paletteOfPalettes } from './palette.ts';

const raster = (
  width: number,
  height: number,
  colour: (x: number, y: number) => [number, number, number],
): Raster => {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) data.set(colour(x, y), (y * width + x) * 3);
  return { data, width, height };
};
const distance = (x: Float32Array, y: Float32Array): number =>
  Math.sqrt(x.reduce((sum, one, at) => sum + (one - y[at]!) ** 2, 0));
/** Stripes of some width over a gradient, tinted. */
const drawn = (stripe: number, tint: number): Raster =>
  raster(96, 64, (x, y) => {
    const line = Math.floor(x / stripe) % 4 === 0 ? 30 : 150 + y;
    return [Math.min(255, line + tint), line, Math.max(0, line - tint)];
  });

describe('the look of a picture', () => {
  it('has length 1 and no negative number, whatever the picture', () => {
    for (const one of [drawn(4, 20), raster(1, 1, () => [0, 0, 0]), raster(40, 3, () => [255, 255, 255])]) {
      const look = lookOf(one);
      expect(look).toHaveLength(LOOK_LENGTH);
      expect(look.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(Math.hypot(...look)).toBeCloseTo(1, 5);
    }
  });

  it('is the same for the same pixels, and nothing for none', () => {
    expect(lookOf(drawn(4, 20))).toEqual(lookOf(drawn(4, 20)));
    expect(lookOf({ data: new Uint8Array(0), width: 0, height: 0 }).every((value) => value === 0)).toBe(true);
  });

  it('moves little with a small change and far with a large one', () => {
    const base = lookOf(drawn(4, 20));
    const near = distance(base, lookOf(drawn(4, 22)));
    const far = distance(base, lookOf(drawn(4, 80)));
    expect(near).toBeLessThan(0.1);
    expect(far).toBeGreaterThan(3 * near);
  });

  it('tells thin lines from thick ones of the same colours, and does not see which way a picture faces', () => {
    const thin = lookOf(drawn(2, 20));
    expect(distance(thin, lookOf(drawn(8, 20)))).toBeGreaterThan(0.15);
    const { data, width, height } = drawn(4, 20);
    const mirrored = raster(width, height, (x, y) => {
      const at = (y * width + (width - 1 - x)) * 3;
      return [data[at]!, data[at + 1]!, data[at + 2]!];
    });
    expect(distance(lookOf(drawn(4, 20)), lookOf(mirrored))).toBeLessThan(0.02);
  });
});

describe('the palette of a picture', () => {
  it('holds the colours of a picture with their shares', () => {
    const found = paletteOf(
      raster(40, 10, (x) => (x < 20 ? [200, 30, 30] : x < 32 ? [20, 40, 180] : [240, 240, 230])),
    );
    expect(found).toEqual([
      { rgb: 0xc81e1e, share: 0.5 },
      { rgb: 0x1428b4, share: 0.3 },
      { rgb: 0xf0f0e6, share: 0.2 },
    ]);
  });

  it('is six tones of a picture of many, and adds up', () => {
    const found = paletteOf(raster(64, 64, (x, y) => [x * 4, y * 4, (x * y) % 256]));
    expect(found).toHaveLength(6);
    expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(found).toEqual([...found].sort((x, y) => y.share - x.share));
  });

  it('is nothing of nothing, and of many palettes one', () => {
    expect(paletteOf({ data: new Uint8Array(0), width: 0, height: 0 })).toEqual([]);
    expect(paletteOfPalettes([])).toEqual([]);
    const red = [{ rgb: 0xc81e1e, share: 1 }];
    const blue = [{ rgb: 0x1428b4, share: 1 }];
    expect(paletteOfPalettes([red, red, red, blue])).toEqual([
      { rgb: 0xc81e1e, share: 0.75 },
      { rgb: 0x1428b4, share: 0.25 },
    ]);
  });
});

it('converts to OKLab as its author states, and back', () => {
  const { l, a, b } = labOf({ data: Uint8Array.of(255, 0, 0, 255, 255, 255), width: 2, height: 1 });
  expect([l[0], a[0], b[0]].map((one) => Math.round(one! * 1000) / 1000)).toEqual([0.628, 0.225, 0.126]);
  expect([l[1]!, a[1]!, b[1]!].map((one) => Math.abs(Math.round(one * 1000) / 1000))).toEqual([1, 0, 0]);
  expect(rgbOf(l[0]!, a[0]!, b[0]!)).toBe(0xff0000);
});
