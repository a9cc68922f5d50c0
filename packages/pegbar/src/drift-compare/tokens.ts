import {
  compareTokens,
  type Evidence,
  explainTokens,
  hourOfWeek,
  matchHours,
  type TokenSample,
} from '@pegbar/stats';
import type { ColumnResult } from './compare.ts';
import { placeOf, type Sketches } from './read.ts';
import { bucketOf, type Cell, type ColumnSketch, mergeCells, type SideName } from './sketch.ts';

/** The largest effect of all components. */
export const largestEffect = (evidence: Evidence): number =>
  evidence.components.reduce((most, { effect }) => Math.max(most, effect), 0);

interface FoundTokens {
  readonly evidence: Evidence;
  readonly persists: undefined;
  readonly explain: () => Pick<ColumnResult, 'shift' | 'interval' | 'of' | 'medians' | 'contributors'>;
}

/**
 * Compares a column of tokens. Segments and hours of the week are matched: cells of the reference weigh as much as they
 * do in the current file, and so do their parts of every bucket.
 */
export function compareTokenCells(
  column: ColumnSketch,
  { groups }: Sketches,
  leastEffect: number,
): FoundTokens {
  const weights = weightsOf(column);
  const plain = sampleOf(column, 'reference', undefined);
  const reference = weights ? sampleOf(column, 'reference', weights) : plain;
  const current = sampleOf(column, 'current', undefined);
  // Sessions as units: their documents are worth as many as there are sessions, at least.
  const perGroup = (side: SideName, documents: number): number =>
    groups ? Math.max(1, documents / Math.max(1, groups[side])) : 1;
  const options = {
    leastEffect,
    designEffect: {
      reference: perGroup('reference', plain.documents),
      current: perGroup('current', current.documents),
    },
  };
  const found = compareTokens(reference, current, options);
  const isSegmented = [...column.cells.current.keys()].some((name) => placeOf(name).segment !== '');
  const evidence: Evidence = isSegmented
    ? {
        ...found,
        within: found.psiDebiased,
        mix: compareTokens(plain, reference, options).psi,
      }
    : found;
  return {
    evidence,
    persists: undefined,
    explain() {
      const contributors = explainTokens(reference, current);
      const [top] = [...contributors].sort(
        (a, b) => Math.abs(b.shareCurrent - b.shareReference) - Math.abs(a.shareCurrent - a.shareReference),
      );
      return {
        shift: top && top.shareCurrent - top.shareReference,
        interval: undefined,
        of: top?.name,
        medians: [undefined, undefined],
        contributors,
      };
    },
  };
}

/** Weight of every cell of the reference; undefined where there is but one cell. */
function weightsOf(column: ColumnSketch): Map<string, number> | undefined {
  const { reference, current } = column.cells;
  if (reference.size <= 1 && current.size <= 1) return undefined;
  const total = { reference: rowsOf([...reference.values()]), current: rowsOf([...current.values()]) };
  const weights = new Map<string, number>();
  const segments = new Set([...current.keys()].map((name) => placeOf(name).segment));
  for (const segment of segments) {
    const byHour = (cells: ReadonlyMap<string, Cell>): Map<number, { names: string[]; rows: number }> => {
      const hours = new Map<number, { names: string[]; rows: number }>();
      for (const [name, cell] of cells) {
        const place = placeOf(name);
        if (place.segment !== segment) continue;
        const hour =
          place.hour === undefined ? 0 : place.hour < 168 ? place.hour : hourOfWeek(place.hour * 3_600_000);
        const seen = hours.get(hour) ?? { names: [], rows: 0 };
        hours.set(hour, { names: [...seen.names, name], rows: seen.rows + cell.rows });
      }
      return hours;
    };
    const blend = (parts: readonly { names: string[]; rows: number }[]) => ({
      names: parts.flatMap(({ names }) => names),
      rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    });
    for (const one of matchHours(segment, byHour(reference), byHour(current), ({ rows }) => rows, blend)) {
      if (one.reference.rows === 0) continue;
      const weight = ((one.current.rows / total.current) * total.reference) / one.reference.rows;
      for (const name of one.reference.names) weights.set(name, (weights.get(name) ?? 0) + weight);
    }
  }
  return weights;
}

const rowsOf = (cells: readonly Cell[]): number => cells.reduce((sum, { rows }) => sum + rows, 0);

function sampleOf(
  column: ColumnSketch,
  side: SideName,
  weights: ReadonlyMap<string, number> | undefined,
): TokenSample {
  const whole = blend(
    [...column.cells[side]].map(([name, cell]) => ({ cell, weight: weights ? (weights.get(name) ?? 0) : 1 })),
  );
  const buckets = new Map<string, { cell: Cell; weight: number }[]>();
  for (const [name, cell] of column.buckets[side]) {
    const place = bucketOf(name);
    const weight = weights ? (weights.get(place.cell) ?? 0) : 1;
    buckets.set(place.bucket, [...(buckets.get(place.bucket) ?? []), { cell, weight }]);
  }
  return {
    documents: whole.rows - whole.missing,
    missing: whole.missing,
    frequencies: whole.counts as Map<string, number>,
    buckets: [...buckets.values()].map((parts) => {
      const bucket = blend(parts);
      return { documents: bucket.rows - bucket.missing, frequencies: bucket.counts as Map<string, number> };
    }),
  };
}

function blend(parts: readonly { cell: Cell; weight: number }[]): Cell {
  if (parts.every(({ weight }) => weight === 1)) return mergeCells(parts.map(({ cell }) => cell));
  const sum: Cell = { rows: 0, missing: 0, counts: new Map() };
  for (const { cell, weight } of parts) {
    if (weight === 0) continue;
    sum.rows += weight * cell.rows;
    sum.missing += weight * cell.missing;
    for (const [key, count] of cell.counts) sum.counts.set(key, (sum.counts.get(key) ?? 0) + weight * count);
  }
  return sum;
}
