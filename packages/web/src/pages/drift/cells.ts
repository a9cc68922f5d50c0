/** Cells of a distribution as they are drawn. */
import type { DriftDistribution } from '../../api/index.ts';

/** Units that are counted in whole numbers. */
const WHOLE: ReadonlySet<string> = new Set(['tokens', 'words', 'characters']);

/**
 * Counts fall on whole numbers, cells between them: one may hold two and the next none, which would draw teeth that are
 * not in the data. Drawn is the share of a whole number; a cell that holds none is left out.
 */
export function curveOf(distribution: DriftDistribution, unit: string): DriftDistribution {
  if (!WHOLE.has(unit)) return distribution;
  const held = distribution.cells.map(({ from, to }) =>
    from === null || to === null ? 1 : Math.ceil(to) - Math.ceil(from),
  );
  const kept = held.flatMap((count, at) => (count > 0 ? [at] : []));
  const side = (shares: readonly number[]): number[] => {
    const out = kept.map((at) => (shares[at] ?? 0) / held[at]!);
    const sum = out.reduce((total, one) => total + one, 0);
    return sum === 0 ? out : out.map((one) => one / sum);
  };
  return {
    cells: kept.map((at) => distribution.cells[at]!),
    reference: side(distribution.reference),
    current: side(distribution.current),
  };
}

/** Names, or the two sides of a rate, have no order: they are bars. */
export const isCurve = ({ cells }: DriftDistribution): boolean => cells.length > 1 && cells[0]!.from !== null;
