/** Samples of the same hours of the week on either side, part by part. Pure. */
import { HOURS_OF_WEEK, MATCH_LEAST, matchHours, type Stratum } from '@pegbar/stats';

/** An hour, or a quarter of a day, as it is compared: its hour of the week, its rows, and what they are. */
export interface Timed<S> {
  readonly how: number;
  readonly rows: number;
  readonly sample: S;
}
/** By part. */
export type Sampled<S> = ReadonlyMap<string, readonly Timed<S>[]>;

/** Hours of the week of each part are matched; what is left of a part's mix is told apart as mix. */
export function strataOf<S>(
  reference: Sampled<S>,
  current: Sampled<S>,
  blend: (samples: readonly S[]) => S,
): Stratum<S>[] {
  const out: Stratum<S>[] = [];
  for (const name of new Set([...reference.keys(), ...current.keys()])) {
    const [before, after] = [reference.get(name) ?? [], current.get(name) ?? []];
    if (meetOneByOne(name, before, after, out)) continue;
    const was = pilesOf(before);
    const is = pilesOf(after);
    if (was.size + is.size === 0) continue;
    for (const { reference: before, current: now } of matchHours(name, was, is, rowsOfPile, pileUp))
      out.push({ segment: name, reference: blend(before.samples), current: blend(now.samples) });
  }
  return out;
}

/** Where in a list each hour of the week stands, from 1; all zero between two parts. */
const placeOf = new Int32Array(HOURS_OF_WEEK);

/**
 * As `matchHours`, of what nearly all sums of quarters are: each hour of the week once on either side, and enough rows
 * of the reference in every one. False where it is not so; then nothing was added.
 */
function meetOneByOne<S>(
  segment: string,
  reference: readonly Timed<S>[],
  current: readonly Timed<S>[],
  out: Stratum<S>[],
): boolean {
  const began = out.length;
  let isEach = current.length > 0;
  for (const [at, { how }] of reference.entries()) {
    isEach &&= placeOf[how] === 0;
    placeOf[how] = at + 1;
  }
  for (const { how, rows, sample } of current) {
    const met = reference[placeOf[how]! - 1];
    isEach &&= rows > 0 && met !== undefined && met.rows >= MATCH_LEAST;
    if (!isEach) break;
    out.push({ segment, reference: met!.sample, current: sample });
    // Met once: another row of this hour of the week finds nothing, and the part is matched the other way.
    placeOf[how] = 0;
  }
  for (const { how } of reference) placeOf[how] = 0;
  if (!isEach) out.length = began;
  return isEach;
}

function pilesOf<S>(hours: readonly Timed<S>[]): Map<number, Pile<S>> {
  const piles = new Map<number, Pile<S>>();
  for (const { how, rows, sample } of hours) {
    if (rows === 0) continue;
    const pile = piles.get(how);
    if (pile) {
      pile.rows += rows;
      pile.samples.push(sample);
    } else piles.set(how, { rows, samples: [sample] });
  }
  return piles;
}

/** Samples of several hours; they are added up where the comparison is made, and not before. */
interface Pile<S> {
  rows: number;
  readonly samples: S[];
}

function pileUp<S>(piles: readonly Pile<S>[]): Pile<S> {
  const [first] = piles;
  if (first !== undefined && piles.length === 1) return first;
  const out: Pile<S> = { rows: 0, samples: [] };
  for (const { rows, samples } of piles) {
    out.rows += rows;
    for (const sample of samples) out.samples.push(sample);
  }
  return out;
}

const rowsOfPile = <S>({ rows }: Pile<S>): number => rows;
