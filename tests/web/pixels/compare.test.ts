import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { comparePictures } from './compare.ts';

const SIZE = 240;
type Rgb = readonly [number, number, number];
const INK: Rgb = [20, 20, 20];
const PAPER: Rgb = [245, 245, 245];

function picture(colourAt: (x: number, y: number) => Rgb, size = SIZE): Buffer {
  const png = new PNG({ width: size, height: size });
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) png.data.set([...colourAt(x, y), 255], (y * size + x) * 4);
  return PNG.sync.write(png);
}
/** A slanted line, as charts have them. */
const line = (by: number, colour: Rgb = INK) =>
  picture((x, y) => (Math.abs(y - (60 + x / 3 + by)) <= 1 ? colour : PAPER));
const mark = (colour: Rgb, size = 14) =>
  picture((x, y) => (x >= 48 && x < 48 + size && y >= 48 && y < 48 + size ? colour : PAPER));

describe('two pictures of a page', () => {
  it('are the same where edges are smoothed otherwise, or letters sit half a pixel elsewhere', () => {
    expect(comparePictures(line(0), line(0))).toMatchObject({ share: 0, same: true });
    expect(comparePictures(line(0.6), line(0)).same).toBe(true);
    expect(comparePictures(mark([200, 40, 40]), mark([220, 60, 50])).same).toBe(true);
  });

  it('differ where a line moved by a few pixels or has another colour', () => {
    expect(comparePictures(line(6), line(0)).same).toBe(false);
    expect(comparePictures(line(0, [200, 40, 40]), line(0)).same).toBe(false);
  });

  it('differ where a mark is gone or means something else, however small the share', () => {
    const found = comparePictures(mark(PAPER), mark([200, 40, 40]));
    expect(found).toMatchObject({ same: false, tile: { x: 48, y: 48 } });
    expect(found.share).toBeLessThan(0.004);
    expect(comparePictures(mark([30, 120, 60]), mark([200, 40, 40])).same).toBe(false);
  });

  it('differ where their sizes do', () => {
    expect(
      comparePictures(
        mark(INK),
        picture(() => PAPER, 200),
      ),
    ).toMatchObject({ same: false, picture: null });
  });
});
