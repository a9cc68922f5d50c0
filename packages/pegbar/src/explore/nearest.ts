/** Farther than this a suggestion is a guess. */
const DISTANCE_MOST = 3;

/** The known word that a mistyped one most likely meant; undefined where none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(DISTANCE_MOST, Math.max(1, Math.floor(word.length / 2))) + 1;
  for (const candidate of known) {
    const far = distance(word, candidate, least);
    if (far >= least) continue;
    least = far;
    best = candidate;
  }
  return best;
}

/** Levenshtein's distance, or `most` as soon as it cannot be less. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) >= most) return most;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return Math.min(most, row[b.length]!);
}
