import { describe, expect, it } from 'vitest';
import { GRID, type Grid, offsetOf } from './offset.ts';

/** Soft blobs, so that a shift of some cells still overlaps. */
const drawing = (dx: number, dy: number): Grid =>
  Float32Array.from({ length: GRID * GRID }, (_, at) => {
    const [x, y] = [(at % GRID) - dx, Math.floor(at / GRID) - dy];
    return (
      Math.exp(-((x - 20) ** 2 + (y - 30) ** 2) / 40) + 0.6 * Math.exp(-((x - 44) ** 2 + (y - 18) ** 2) / 60)
    );
  });

describe('the offset of two drawings', () => {
  it('is how far the second lies right of and below the first', () => {
    expect(offsetOf(drawing(0, 0), drawing(0, 0))).toEqual({ x: 0, y: 0 });
    expect(offsetOf(drawing(0, 0), drawing(4, -2))).toEqual({ x: 4, y: -2 });
  });
  it('is not said of pictures that fit nowhere', () => {
    let state = 1;
    const noise = (): Grid =>
      Float32Array.from({ length: GRID * GRID }, () => {
        state = (state * 16_807) % 2_147_483_647;
        return state / 2_147_483_647;
      });
    expect(offsetOf(noise(), noise())).toBeNull();
  });
});
