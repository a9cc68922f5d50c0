/** Hours of what prompts and pictures are about, in the form that series have. */
import type { RollupMetricName } from '@pegbar/contract';
import { type ContentRow, cellKey, type Tally } from '../../rollups/index.ts';
import type { ContentSampling, Sampling } from '../metrics.ts';
import type { HourMean } from '../series.ts';

/** Bins that words are kept in: see the words of prompts in docs/drift.md. */
const CELLS = 4_096;

/** Names of cells by `cellKey`, as far as they are known. */
export type CellNames = ReadonlyMap<string, string>;

/** An hour of content: rows of one kind each, of one tenant or several. It has no tallies. */
export class ContentHour extends Map<RollupMetricName, Tally> {
  readonly rows: ContentRow[] = [];
  readonly names: CellNames;

  constructor(names: CellNames) {
    super();
    this.names = names;
  }
}

/** One cell of one kind: what a change of content is told by. */
export type Cell = NonNullable<ContentSampling['cell']>;

/** Sums over rows, by cell: what `compareDocuments` wants, over all cells that there can be. */
export interface ContentTotals {
  documents: number;
  allClusters: number;
  clusterSquares: number;
  readonly counts: Float64Array;
  readonly clusters: Float64Array;
  readonly squares: Float64Array;
  readonly crosses: Float64Array;
}

export const noTotals = (): ContentTotals => ({
  documents: 0,
  allClusters: 0,
  clusterSquares: 0,
  counts: new Float64Array(CELLS),
  clusters: new Float64Array(CELLS),
  squares: new Float64Array(CELLS),
  crosses: new Float64Array(CELLS),
});

export function addRow(into: ContentTotals, row: ContentRow): void {
  const { cells, counts, cell_sessions, squares, crosses } = row;
  into.documents += row.documents;
  into.allClusters += row.sessions;
  into.clusterSquares += row.session_squares;
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at]!;
    into.counts[cell]! += counts[at]!;
    into.clusters[cell]! += cell_sessions[at]!;
    into.squares[cell]! += squares[at]!;
    into.crosses[cell]! += crosses[at]!;
  }
}

/** A word that nobody used varies like one of so many prompts: hours without any variance would date nothing. */
const RARE = 0.01;

/** The share of documents that have a cell, as an hour's mean. */
export function shareOfHour(hour: ReadonlyMap<unknown, unknown>, wanted: Cell | undefined): HourMean {
  let [n, x] = [0, 0];
  if (hour instanceof ContentHour && wanted)
    for (const { kind, documents, cells, counts } of hour.rows) {
      if (kind !== wanted.kind) continue;
      n += documents;
      const at = cells.indexOf(wanted.cell);
      if (at >= 0) x += counts[at]!;
    }
  return n > 0 ? { mean: x / n, n, squares: Math.max(x, n * RARE) } : { mean: Number.NaN, n: 0, squares: 0 };
}

/** A word that too few sessions have had to be named, or that only its tenant's key can read. */
export const nameOf = (names: CellNames, { kind, cell }: Cell): string =>
  names.get(cellKey(kind, cell)) ??
  (kind === 'keyed_token' ? `private word ${cell}` : `rare ${nounOf(kind)} ${cell}`);

const nounOf = (kind: string): string => (kind === 'token' ? 'word' : kind);

/** A series by the one cell that its change is told by: when it began, and what may have done it, are asked of that. */
export const focused = <S extends { readonly sampling: Sampling }>({
  series,
  comparison,
}: {
  readonly series: S;
  readonly comparison: { readonly focus?: Cell };
}): S =>
  series.sampling.as === 'content' && comparison.focus
    ? { ...series, sampling: { ...series.sampling, cell: comparison.focus } }
    : series;
