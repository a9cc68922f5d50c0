import { describe, expect, it } from 'vitest';
import { compareDocuments, type DocumentSide, type DocumentsQuestion } from './compare-documents.ts';
import { type Random, seededRandom } from './random.ts';

const CELLS = 400;
/** Words that templates are made of; the others stand anywhere. */
const COMMON = 50;

/** Documents of a day: sessions of like prompts, of some templates of words. */
interface Studio {
  /** Words of each template. */
  readonly templates: readonly (readonly number[])[];
  readonly sessions: number;
  readonly perSession: number;
}

const pick = (random: Random, below: number): number => Math.min(below - 1, Math.floor(random() * below));

function studioOf(random: Random, templates = 12, words = 8): Omit<Studio, 'sessions' | 'perSession'> {
  return {
    templates: Array.from({ length: templates }, () =>
      // Zipf-like: low numbers are in many templates.
      Array.from({ length: words }, () => Math.floor(COMMON ** random())),
    ),
  };
}

const empty = (): DocumentSide & { [key: string]: unknown } => ({
  documents: 0,
  counts: new Float64Array(CELLS),
  clusters: new Float64Array(CELLS),
  allClusters: 0,
  squares: new Float64Array(CELLS),
  crosses: new Float64Array(CELLS),
  clusterSquares: 0,
});
type Sums = { -readonly [K in keyof DocumentSide]: DocumentSide[K] extends number ? number : Float64Array };

/** One day; `swap` is the share of sessions that take the words of another template set. */
function dayOf(
  random: Random,
  studio: Studio,
  other?: { templates: Studio['templates']; share: number },
): Sums {
  const side = empty() as unknown as Sums;
  for (let session = 0; session < studio.sessions; session++) {
    const from = other && random() < other.share ? other.templates : studio.templates;
    const template = from[pick(random, from.length)]!;
    const size = 1 + pick(random, 2 * studio.perSession - 1);
    const within = new Float64Array(CELLS);
    for (let document = 0; document < size; document++)
      for (const word of new Set([...template, Math.floor(CELLS ** random())])) within[word]!++;
    side.documents += size;
    side.allClusters++;
    side.clusterSquares += size * size;
    within.forEach((x, cell) => {
      if (x === 0) return;
      side.counts[cell]! += x;
      side.clusters[cell]!++;
      side.squares[cell]! += x * x;
      side.crosses[cell]! += x * size;
    });
  }
  return side;
}

function sumOf(days: readonly Sums[]): Sums {
  const out = empty() as unknown as Sums;
  for (const day of days) {
    out.documents += day.documents;
    out.allClusters += day.allClusters;
    out.clusterSquares += day.clusterSquares;
    for (const name of ['counts', 'clusters', 'squares', 'crosses'] as const)
      day[name].forEach((x, cell) => {
        out[name][cell]! += x;
      });
  }
  return out;
}

const NAMES = Array.from({ length: CELLS }, (_, cell) => `word${cell}`);

function questionOf(random: Random, studio: Studio, days: number, current: Sums): DocumentsQuestion {
  const past = Array.from({ length: days }, () => dayOf(random, studio));
  return {
    names: NAMES,
    reference: sumOf(past),
    current,
    days: past.map(({ documents, counts }) => ({ n: documents, counts })),
  };
}

function falseAlarms(sessions: number, perSession: number, days: number, rounds: number): number {
  let alarms = 0;
  for (let round = 0; round < rounds; round++) {
    const random = seededRandom(round * 7 + 1);
    const studio = { ...studioOf(random), sessions, perSession };
    const { p } = compareDocuments(questionOf(random, studio, days, dayOf(random, studio)));
    if (p <= 0.05) alarms++;
  }
  return alarms / rounds;
}

describe('documents of which only sums are kept', () => {
  // 5 % and 2.5 standard errors of 200 rounds.
  it.each([
    ['40 sessions of some 5 documents a day, 28 days', 40, 5, 28],
    ['100 documents a day, each by itself, 28 days', 100, 1, 28],
    ['15 sessions of some 8 documents a day, 14 days', 15, 8, 14],
    ['40 sessions a day, only 4 days', 40, 5, 4],
  ])('do not drift where nothing changed: %s', (_, sessions, perSession, days) => {
    expect(falseAlarms(sessions, perSession, days, 200)).toBeLessThan(0.09);
  });

  it('drift where a fifth of the sessions turn to other words, and name the words', () => {
    let seen = 0;
    for (let round = 0; round < 10; round++) {
      const random = seededRandom(round + 1);
      const studio = { ...studioOf(random), sessions: 100, perSession: 4 };
      const other = { templates: [[55, 56, 57, 58]], share: 0.2 };
      const found = compareDocuments(questionOf(random, studio, 28, dayOf(random, studio, other)));
      if (found.p < 0.001 && found.components.some(({ p, effect }) => p < 0.001 && effect > 0.1)) seen++;
      const named = found.contributors.map(({ name }) => name);
      expect(named.filter((name) => ['word55', 'word56', 'word57', 'word58'].includes(name)).length).toBe(4);
      for (const one of found.contributors.slice(0, 4)) {
        expect(one.direction).toBe('more');
        expect(one.shareCurrent).toBeGreaterThan(one.shareReference + 0.1);
      }
      expect(found.kl).toBeGreaterThan(0);
      expect(found.klDebiased).toBeLessThan(found.psi);
    }
    expect(seen).toBe(10);
  });

  it('gives as large a size with few documents as with many, noise taken off', () => {
    const sizeAt = (sessions: number): number => {
      const sizes = Array.from({ length: 30 }, (_, round) => {
        const random = seededRandom(round + 100);
        const studio = { ...studioOf(random), sessions, perSession: 4 };
        return compareDocuments(questionOf(random, studio, 20, dayOf(random, studio))).psiDebiased;
      });
      return sizes.reduce((total, one) => total + one, 0) / sizes.length;
    };
    expect(sizeAt(20)).toBeLessThan(0.06);
    expect(sizeAt(200)).toBeLessThan(0.01);
  });

  it('gives stated answers of nothing, of one document and of one cell', () => {
    const none = empty();
    const one = dayOf(seededRandom(1), { templates: [[1, 2]], sessions: 1, perSession: 1 });
    for (const [reference, current] of [
      [none, none],
      [none, one],
      [one, none],
      [one, one],
    ] as const) {
      const found = compareDocuments({
        names: NAMES,
        reference,
        current,
        days: [null, { n: 0, counts: [] }],
      });
      for (const value of [found.p, found.psi, found.psiDebiased, found.kl, found.klDebiased])
        expect(Number.isFinite(value)).toBe(true);
      expect(found.p).toBeGreaterThan(0.05);
    }
  });
});
