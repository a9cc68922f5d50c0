import {
  type CategorySample,
  type CompareOptions,
  type Contributor,
  compareCategoryStrata,
  compareNumberStrata,
  designEffectOf,
  type Evidence,
  explainCategories,
  explainNumbers,
  type Histogram,
  hourOfWeek,
  type Judgement,
  judge,
  matchHours,
  type NumberSample,
  quantileEdges,
  type StrataEvidence,
  type Stratum,
} from '@pegbar/stats';
import { placeOf, type Sketches } from './read.ts';
import {
  type Cell,
  type ColumnSketch,
  histogramOfCell,
  type Kind,
  mergeCells,
  type SideName,
} from './sketch.ts';
import { compareTokenCells, largestEffect } from './tokens.ts';

export interface CompareSettings {
  readonly leastEffect: number;
  readonly alpha: number;
}

/** One column, compared and judged. */
export interface ColumnResult {
  readonly column: string;
  readonly kind: Kind;
  readonly evidence: Evidence;
  readonly judgement: Judgement;
  readonly shift: number | undefined;
  readonly interval: readonly [number, number] | undefined;
  /** The category whose share `shift` is; undefined for numbers. */
  readonly of: string | undefined;
  readonly medians: readonly [number | undefined, number | undefined];
  /** Shares of the values that are infinite; undefined where they are no numbers. */
  readonly infinite?: readonly [number, number];
  readonly contributors: readonly Contributor[];
}

interface Found {
  readonly evidence: Evidence;
  readonly persists: boolean | undefined;
  readonly explain: () => Pick<
    ColumnResult,
    'shift' | 'interval' | 'of' | 'medians' | 'infinite' | 'contributors'
  >;
}

/** Compares all columns of two files; they are one family for the correction. */
export function compareSketches(sketches: Sketches, settings: CompareSettings): ColumnResult[] {
  const found = sketches.columns.map((column) => compareColumn(column, sketches, settings));
  const judgements = judge(found, settings);
  return found.map(({ evidence, explain }, i) => {
    const column = sketches.columns[i]!;
    return { column: column.name, kind: column.kind, evidence, judgement: judgements[i]!, ...explain() };
  });
}

function compareColumn(column: ColumnSketch, sketches: Sketches, settings: CompareSettings): Found {
  const { leastEffect } = settings;
  if (column.kind === 'tokens') return compareTokenCells(column, sketches, leastEffect);
  const isNumber = column.kind === 'numeric';
  const options: CompareOptions = { leastEffect, ...designEffects(column, sketches) };
  const compare = (cells: Record<SideName, ReadonlyMap<string, Cell>>): Compared =>
    isNumber ? compareAsNumbers(cells, options) : compareAsCategories(cells, options);
  const whole = compare(column.cells);
  const { evidence } = whole;
  const because = evidence.components.filter(({ p, effect }) => p <= settings.alpha && effect >= leastEffect);
  return {
    evidence,
    persists:
      because.length > 0 ? persistence(column, leastEffect, (cells) => compare(cells).evidence) : undefined,
    explain: whole.explain,
  };
}

interface Compared {
  readonly evidence: Evidence;
  readonly explain: Found['explain'];
}

function compareAsNumbers(
  cells: Record<SideName, ReadonlyMap<string, Cell>>,
  options: CompareOptions,
): Compared {
  const sample = (cell: Cell): NumberSample => ({ histogram: histogramOfCell(cell), missing: cell.missing });
  const found = compareNumberStrata(strataOf(cells, sample), { ...options, whole: wholeOf(cells, sample) });
  return {
    evidence: found.evidence,
    explain() {
      const { reference, current } = found.standardised;
      const told = explainNumbers(reference, current, found.evidence.sizes);
      return {
        ...told,
        medians: [told.medianReference, told.medianCurrent],
        infinite: [infiniteShare(reference.histogram), infiniteShare(current.histogram)],
      };
    },
  };
}

function infiniteShare({ values, counts }: Histogram): number {
  let infinite = 0;
  let all = 0;
  for (let i = 0; i < values.length; i++) {
    all += counts[i]!;
    if (!Number.isFinite(values[i]!)) infinite += counts[i]!;
  }
  return all > 0 ? infinite / all : 0;
}

function compareAsCategories(
  cells: Record<SideName, ReadonlyMap<string, Cell>>,
  options: CompareOptions,
): Compared {
  const sample = (cell: Cell): CategorySample => ({
    counts: cell.counts as Map<string, number>,
    missing: cell.missing,
  });
  const found: StrataEvidence<CategorySample> = compareCategoryStrata(strataOf(cells, sample), {
    ...options,
    whole: wholeOf(cells, sample),
  });
  return {
    evidence: found.evidence,
    explain() {
      const { reference, current } = found.standardised;
      return {
        ...explainCategories(reference, current, found.evidence.sizes),
        medians: [undefined, undefined],
      };
    },
  };
}

/** All rows of either side, each once. */
function wholeOf<S>(
  cells: Record<SideName, ReadonlyMap<string, Cell>>,
  sample: (cell: Cell) => S,
): { reference: S; current: S } {
  return {
    reference: sample(mergeCells([...cells.reference.values()])),
    current: sample(mergeCells([...cells.current.values()])),
  };
}

/** Strata of the two sides: by segment, and within it by hour of the week where there are times. */
function strataOf<S>(
  cells: Record<SideName, ReadonlyMap<string, Cell>>,
  sample: (cell: Cell) => S,
): Stratum<S>[] {
  const segments = { reference: bySegment(cells.reference), current: bySegment(cells.current) };
  const names = new Set([...segments.reference.keys(), ...segments.current.keys()]);
  // Files without rows are compared like any other: as a stratum in which one side is empty.
  if (names.size === 0) names.add('');
  const none: Cell = { rows: 0, missing: 0, counts: new Map() };
  return [...names].flatMap((segment): Stratum<S>[] => {
    const reference = segments.reference.get(segment) ?? new Map<number, Cell>();
    const current = segments.current.get(segment) ?? new Map<number, Cell>();
    if (reference.size === 0 || current.size === 0 || isTimeless(reference)) {
      const merged = (side: ReadonlyMap<number, Cell>): S =>
        sample(side.size > 0 ? mergeCells([...side.values()]) : none);
      return [{ segment, reference: merged(reference), current: merged(current) }];
    }
    const matched = matchHours(segment, reference, current, ({ rows }) => rows, mergeCells);
    return matched.map((one) => ({
      segment,
      reference: sample(one.reference),
      current: sample(one.current),
    }));
  });
}

/** The hour of cells without one. */
const TIMELESS = -1;
const isTimeless = (cells: ReadonlyMap<number, Cell>): boolean => cells.has(TIMELESS);

/** Cells by segment and hour of the week. */
function bySegment(cells: ReadonlyMap<string, Cell>): Map<string, Map<number, Cell>> {
  const segments = new Map<string, Map<number, Cell[]>>();
  for (const [name, cell] of cells) {
    const { segment, hour } = placeOf(name);
    const hours = segments.get(segment) ?? new Map<number, Cell[]>();
    segments.set(segment, hours);
    const key = hour === undefined ? TIMELESS : weekHour(hour);
    const list = hours.get(key);
    if (list) list.push(cell);
    else hours.set(key, [cell]);
  }
  return new Map(
    [...segments].map(([segment, hours]) => [
      segment,
      new Map([...hours].map(([hour, list]) => [hour, mergeCells(list)])),
    ]),
  );
}

const weekHour = (hour: number): number => (hour < HOURS_OF_WEEK ? hour : hourOfWeek(hour * 3_600_000));

/** Epoch hours begin far above; hours of the week end here. */
const HOURS_OF_WEEK = 168;
/** Rows that a part of the current window needs to be looked at by itself. */
const PART_LEAST_ROWS = 20;

/**
 * Whether a change lasts: the last two of four parts of the current window (of two, where there is little) show at
 * least half of the least effect. Undefined without times, or with too few rows.
 */
export function persistence(
  column: ColumnSketch,
  leastEffect: number,
  compare: (cells: Record<SideName, ReadonlyMap<string, Cell>>) => Evidence,
): boolean | undefined {
  const hours = new Map<number, [string, Cell][]>();
  let rows = 0;
  for (const [name, cell] of column.cells.current) {
    const { hour } = placeOf(name);
    if (hour === undefined || hour < HOURS_OF_WEEK) return undefined;
    hours.set(hour, [...(hours.get(hour) ?? []), [name, cell]]);
    rows += cell.rows;
  }
  for (const parts of [4, 2]) {
    const last = lastParts(hours, rows, parts);
    if (last.length < 2 || last.some((part) => rowsOf(part) < PART_LEAST_ROWS)) continue;
    return last.every(
      (part) =>
        largestEffect(compare({ reference: column.cells.reference, current: part })) >= leastEffect / 2,
    );
  }
  return undefined;
}

const rowsOf = (cells: ReadonlyMap<string, Cell>): number => {
  let sum = 0;
  for (const { rows } of cells.values()) sum += rows;
  return sum;
};

/** The last two of so many parts with equally many rows, in the order of time. */
function lastParts(
  hours: ReadonlyMap<number, [string, Cell][]>,
  rows: number,
  parts: number,
): Map<string, Cell>[] {
  const found = Array.from({ length: parts }, () => new Map<string, Cell>());
  let before = 0;
  for (const hour of [...hours.keys()].sort((a, b) => a - b)) {
    const here = hours.get(hour)!;
    const count = here.reduce((sum, [, cell]) => sum + cell.rows, 0);
    const part = Math.min(parts - 1, Math.floor(((before + count / 2) / Math.max(1, rows)) * parts));
    for (const [name, cell] of here) found[part]!.set(name, cell);
    before += count;
  }
  return found.slice(-2).filter((part) => part.size > 0);
}

/** What clustered rows are worth, from the spread between buckets of their unit. */
function designEffects(column: ColumnSketch, { groups }: Sketches): Pick<CompareOptions, 'designEffect'> {
  if (!groups) return {};
  const isNumber = column.kind === 'numeric';
  const whole = {
    reference: mergeCells([...column.cells.reference.values()]),
    current: mergeCells([...column.cells.current.values()]),
  };
  const keys = isNumber ? quantileEdges(histogramOfCell(whole.reference), DESIGN_CELLS) : undefined;
  const effectOf = (side: SideName): number => {
    const buckets = [...column.buckets[side].values()].map((cell) =>
      bucketCounts(cell, whole.reference, keys),
    );
    // With a handful of groups nothing is known of their spread: then only groups count, not rows.
    return designEffectOf(buckets, isNumber) ?? Math.max(1, whole[side].rows / Math.max(1, groups[side]));
  };
  return { designEffect: { reference: effectOf('reference'), current: effectOf('current') } };
}

/** Cells of numbers here. */
const DESIGN_CELLS = 10;
/** Categories of the reference that get a cell of their own here, and one for all others. */
const DESIGN_CATEGORIES = 50;

function bucketCounts(
  cell: Cell,
  reference: Cell,
  edges: readonly number[] | undefined,
): { n: number; counts: Float64Array } {
  if (edges) {
    const counts = new Float64Array(edges.length + 2);
    for (const [value, count] of cell.counts) {
      let at = 0;
      while (at < edges.length && (value as number) > edges[at]!) at++;
      counts[at]! += count;
    }
    counts[edges.length + 1] = cell.missing;
    return { n: cell.rows, counts };
  }
  const names = [...reference.counts].sort(([, a], [, b]) => b - a).slice(0, DESIGN_CATEGORIES);
  const counts = new Float64Array(names.length + 2);
  let inside = 0;
  for (const [at, [name]] of names.entries()) {
    counts[at] = cell.counts.get(name) ?? 0;
    inside += counts[at]!;
  }
  counts[names.length] = cell.rows - cell.missing - inside;
  counts[names.length + 1] = cell.missing;
  return { n: cell.rows, counts };
}
