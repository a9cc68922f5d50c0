/** What prompts or pictures are about in two windows: evidence, what moved, and both sides drawn over each other. Pure. */
import { type Contributor, compareDocuments, type DocumentEvidence, type Explanation } from '@pegbar/stats';
import type { Comparison, Distribution, Parts } from '../compare.ts';
import type { ContentSampling, DriftMetric } from '../metrics.ts';
import { HOUR_MS } from '../series.ts';
import {
  addRow,
  type Cell,
  type CellNames,
  ContentHour,
  type ContentTotals,
  nameOf,
  noTotals,
} from './hours.ts';

const DAY_MS = 24 * HOUR_MS;
const HOURS_OF_DAY = 24;
/** Cells of a drawn distribution, the commonest. */
const DRAWN = 24;

interface Timed {
  readonly at: number;
  readonly hour: ContentHour;
}

/**
 * Documents of the hours of both sides. Of a window that is shorter than a day the same hours of the reference's days are
 * taken; how days differ, weekdays too, is measured between neighbouring days and is part of the noise.
 */
export function compareContent(
  metric: DriftMetric,
  sampling: ContentSampling,
  reference: Parts,
  current: Parts,
): Comparison {
  const now = hoursOf(current);
  const hoursOfDay = new Set(now.map(({ at }) => hourOfDay(at)));
  const then = hoursOf(reference).filter(
    ({ at }) => hoursOfDay.size % HOURS_OF_DAY === 0 || hoursOfDay.has(hourOfDay(at)),
  );
  const names = (now[0] ?? then[0])?.hour.names ?? new Map<string, string>();
  const kind = kindOf(sampling, now.length > 0 ? now : then);
  const was = totalsOf(then, kind);
  const is = totalsOf(now, kind);
  const used = cellsOf(was, is);
  const leastEffect = metric.least.psi ?? LEAST;
  const found = compareDocuments(
    {
      names: used.map((cell) => String(cell)),
      reference: sideOf(was, used),
      current: sideOf(is, used),
      days: daysOf(then, kind, used),
    },
    { leastEffect },
  );
  return told(sampling, found, { kind, names, was, is, leastEffect });
}
const LEAST = 0.1;

const hourOfDay = (at: number): number => Math.floor(at / HOUR_MS) % HOURS_OF_DAY;

function hoursOf(parts: Parts): Timed[] {
  const out: Timed[] = [];
  for (const hours of parts.values())
    for (const [at, hour] of hours) if (hour instanceof ContentHour) out.push({ at, hour });
  return out;
}

/** A tenant whose words became private, or are not any more, is compared with itself as it is now. */
function kindOf({ kinds }: ContentSampling, hours: readonly Timed[]): string {
  const documents = new Map<string, number>(kinds.map((kind) => [kind, 0]));
  for (const { hour } of hours)
    for (const row of hour.rows)
      if (documents.has(row.kind)) documents.set(row.kind, documents.get(row.kind)! + row.documents);
  return [...documents].sort((a, b) => b[1] - a[1])[0]![0];
}

function totalsOf(hours: readonly Timed[], kind: string): ContentTotals {
  const totals = noTotals();
  for (const { hour } of hours) for (const row of hour.rows) if (row.kind === kind) addRow(totals, row);
  return totals;
}

function cellsOf(was: ContentTotals, is: ContentTotals): number[] {
  const out: number[] = [];
  for (let cell = 0; cell < was.counts.length; cell++)
    if (was.counts[cell]! + is.counts[cell]! > 0) out.push(cell);
  return out;
}

function sideOf(totals: ContentTotals, cells: readonly number[]) {
  const of = (list: Float64Array): Float64Array => Float64Array.from(cells, (cell) => list[cell]!);
  const { documents, allClusters, clusterSquares, counts, clusters, squares, crosses } = totals;
  return {
    documents,
    allClusters,
    clusterSquares,
    counts: of(counts),
    clusters: of(clusters),
    squares: of(squares),
    crosses: of(crosses),
  };
}

/** Days in their order, from the first that has documents to the last. */
function daysOf(hours: readonly Timed[], kind: string, cells: readonly number[]) {
  const place = new Int32Array(noPlaces).fill(-1);
  cells.forEach((cell, at) => {
    place[cell] = at;
  });
  const days = new Map<number, { n: number; counts: Float64Array }>();
  for (const { at, hour } of hours) {
    const day = Math.floor(at / DAY_MS);
    for (const row of hour.rows) {
      if (row.kind !== kind) continue;
      const known = days.get(day) ?? { n: 0, counts: new Float64Array(cells.length) };
      days.set(day, known);
      known.n += row.documents;
      for (let item = 0; item < row.cells.length; item++)
        known.counts[place[row.cells[item]!]!]! += row.counts[item]!;
    }
  }
  if (days.size === 0) return [];
  const [first, last] = [Math.min(...days.keys()), Math.max(...days.keys())];
  return Array.from({ length: last - first + 1 }, (_, at) => days.get(first + at) ?? null);
}
/** One more than the largest cell. */
const noPlaces = 65_536;

interface Sides {
  kind: string;
  names: CellNames;
  was: ContentTotals;
  is: ContentTotals;
  leastEffect: number;
}

function told(sampling: ContentSampling, found: DocumentEvidence, sides: Sides): Comparison {
  const { kind, names, was, is, leastEffect } = sides;
  const nameOfCell = (text: string): string => nameOf(names, { kind, cell: Number(text) });
  const top = headline(found.contributors);
  const focus: Cell | undefined = top && { kind, cell: Number(top.name) };
  const evidence = {
    ...found,
    newCategories: found.newCategories.map(nameOfCell),
    components: sampling.size === 'kl' ? asDivergence(found) : found.components,
  };
  const explanation: Explanation = {
    shift: top && top.shareCurrent - top.shareReference,
    interval: undefined,
    medianReference: undefined,
    medianCurrent: undefined,
    of: top && nameOfCell(top.name),
    contributors: found.contributors.map((one) => ({ ...one, name: nameOfCell(one.name) })),
  };
  const isKl = sampling.size === 'kl' && found.nReference > 0 && found.nCurrent > 0;
  return {
    evidence,
    explanation,
    leastEffect,
    distribution: drawn(was, is, kind, names),
    designEffect: found.nCurrent > 0 ? found.nCurrent / found.sizes.nCurrent : 1,
    now: isKl ? found.kl : (top?.shareCurrent ?? shareOfCommonest(is, was)),
    // Of a divergence: what chance alone gives.
    before: isKl ? found.kl - found.klDebiased : (top?.shareReference ?? shareOfCommonest(was, was)),
    kl: found.kl,
    ...(focus && { focus }),
  };
}

/** What people ask for now is better told than what they do not any more. */
function headline(contributors: readonly Contributor[]): Contributor | undefined {
  const [first] = contributors;
  const more = contributors.find(({ direction }) => direction === 'more');
  return more && first && more.share >= first.share * NEAR ? more : first;
}
const NEAR = 0.5;

/** The same tests, with the divergence as the size of all words together; one word alone is no spike of it. */
const asDivergence = ({ components, klDebiased }: DocumentEvidence) =>
  components.filter(({ name }) => name === 'value').map((one) => ({ ...one, effect: klDebiased }));

/** Where nothing moved: the share of what is commonest, so that there is a figure to tell. */
function shareOfCommonest(of: ContentTotals, by: ContentTotals): number | null {
  if (of.documents === 0) return null;
  let best = 0;
  for (let cell = 1; cell < by.counts.length; cell++) if (by.counts[cell]! > by.counts[best]!) best = cell;
  return of.counts[best]! / of.documents;
}

function drawn(was: ContentTotals, is: ContentTotals, kind: string, names: CellNames): Distribution {
  const cells = cellsOf(was, is)
    .sort((a, b) => was.counts[b]! + is.counts[b]! - was.counts[a]! - is.counts[a]! || a - b)
    .slice(0, DRAWN);
  const shares = ({ counts, documents }: ContentTotals): number[] =>
    cells.map((cell) => counts[cell]! / Math.max(1, documents));
  return {
    cells: cells.map((cell) => ({ name: nameOf(names, { kind, cell }), from: null, to: null })),
    reference: shares(was),
    current: shares(is),
  };
}
