import { type Histogram, type Paired, sizeOf } from './histogram.ts';

/** A table of cells: what fell into each on either side, and the values that each spans (ends included). */
export interface Table {
  readonly reference: readonly number[];
  readonly current: readonly number[];
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/**
 * Cells of about equal mass of the reference (`of: 'reference'`, for sizes that are compared over time) or of both
 * sides together (`of: 'pooled'`, for tests: given the pooled sample, cells are then fixed and the permutation
 * distribution holds). The outer cells reach to ±∞. A value that alone holds a cell's mass is a cell of its own, so
 * that constants and few-valued columns keep their values apart. Cells that neither side fills are left out.
 */
export function quantileCells(paired: Paired, cells: number, of: 'reference' | 'pooled'): Table {
  const { values, reference, current, nReference, nCurrent } = paired;
  const size = values.length;
  // Pooled: both samples count with their observations, so that each cell's expected count is large enough.
  const total = of === 'reference' ? nReference : nReference + nCurrent;
  // A side with nothing has no quantiles: all is one cell.
  if (!(total > 0)) return tableOf(paired, [0]);
  const share = total / cells;
  const slack = 1e-9 * total;
  const starts: number[] = [];
  let seen = 0;
  let boundary = share;
  let isOpen = false;
  for (let i = 0; i < size; i++) {
    const here = of === 'reference' ? reference[i]! : reference[i]! + current[i]!;
    const isHeavy = here > 0 && here >= share - slack;
    if (!isOpen || isHeavy) starts.push(i);
    seen += here;
    // The last cell stays open, so that values beyond everything the reference has seen fall into it.
    isOpen = !isHeavy && (seen < boundary - slack || seen >= total - slack);
    while (boundary <= seen + slack) boundary += share;
  }
  return tableOf(paired, starts);
}

/** Cells between given values: cell i holds what is above edge i − 1 and at most edge i. */
export function edgeCells(paired: Paired, edges: readonly number[]): Table {
  const starts: number[] = [0];
  let edge = 0;
  for (let i = 0; i < paired.values.length; i++) {
    const before = edge;
    while (edge < edges.length && paired.values[i]! > edges[edge]!) edge++;
    if (edge > before && i > 0) starts.push(i);
  }
  return tableOf(paired, starts);
}

/** A handful of cells: plain lists cost the garbage collector less than arrays that lie beside the heap. */
function tableOf({ values, reference, current }: Paired, starts: readonly number[]): Table {
  const count = values.length === 0 ? 0 : starts.length;
  const table = {
    reference: [] as number[],
    current: [] as number[],
    from: [] as number[],
    to: [] as number[],
  };
  for (let cell = 0; cell < count; cell++) {
    const start = starts[cell]!;
    const end = starts[cell + 1] ?? values.length;
    let [left, right] = [0, 0];
    for (let i = start; i < end; i++) {
      left += reference[i]!;
      right += current[i]!;
    }
    table.reference.push(left);
    table.current.push(right);
    table.from.push(values[start]!);
    table.to.push(values[end - 1]!);
  }
  return table;
}

/** Upper ends of about `cells` cells of equal mass, the last left open: for counting into cells by hand. */
export function quantileEdges(histogram: Histogram, cells: number): number[] {
  const total = sizeOf(histogram);
  const edges: number[] = [];
  let seen = 0;
  for (let i = 0; i < histogram.values.length - 1; i++) {
    seen += histogram.counts[i]!;
    if (seen >= ((edges.length + 1) * total) / cells) {
      edges.push(histogram.values[i]!);
      // An atom may hold several cells' mass.
      while (seen >= ((edges.length + 1) * total) / cells && edges.length < cells)
        edges.push(histogram.values[i]!);
    }
  }
  return [...new Set(edges)].slice(0, cells - 1);
}
