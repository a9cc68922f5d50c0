/** How far two drawings lie off each other: the shift at which they fit best, by brightness on a coarse grid. */

/** Side of the grid that is compared, cells. */
export const GRID = 64;
/** Larger shifts are no register error but another picture. */
const REACH = 10;

/** Brightness of `GRID × GRID` cells. */
export type Grid = Float32Array;

/** Cells that `b` lies right of and below `a`; null where no shift fits markedly better than chance. */
export function offsetOf(a: Grid, b: Grid): { x: number; y: number } | null {
  let best = { x: 0, y: 0, error: Number.POSITIVE_INFINITY };
  let sum = 0;
  let count = 0;
  for (let y = -REACH; y <= REACH; y++)
    for (let x = -REACH; x <= REACH; x++) {
      const error = errorAt(a, b, x, y);
      sum += error;
      count++;
      if (error < best.error) best = { x, y, error };
    }
  return best.error < (sum / count) * SURE ? { x: best.x, y: best.y } : null;
}
const SURE = 0.8;

/** Mean square difference where both are there. */
function errorAt(a: Grid, b: Grid, dx: number, dy: number): number {
  let error = 0;
  let n = 0;
  for (let y = Math.max(0, -dy); y < Math.min(GRID, GRID - dy); y++)
    for (let x = Math.max(0, -dx); x < Math.min(GRID, GRID - dx); x++) {
      const difference = a[y * GRID + x]! - b[(y + dy) * GRID + x + dx]!;
      error += difference * difference;
      n++;
    }
  return error / Math.max(1, n);
}

/** Brightness of a picture that has come; null where it cannot be read. */
export function gridOf(image: HTMLImageElement): Grid | null {
  const canvas = document.createElement('canvas');
  canvas.width = GRID;
  canvas.height = GRID;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context || image.naturalWidth === 0) return null;
  context.drawImage(image, 0, 0, GRID, GRID);
  const { data } = context.getImageData(0, 0, GRID, GRID);
  return Float32Array.from(
    { length: GRID * GRID },
    (_, at) => (data[at * 4]! + data[at * 4 + 1]! + data[at * 4 + 2]!) / 765,
  );
}
