/** Which collections are leaving their style, and how that is said. */
import type { StyleCollection, StylePicture } from '../../api/index.ts';
import { FEW, formatPercent, significant } from '../../format/index.ts';

/** By chance one picture in twenty lies beyond 95 % of those of before; three times that is no chance. */
const LEAVING_SHARE = 0.15;
/** And the middle must have moved by a tenth: a wider spread alone is another thing. */
const LEAVING_MOVE = 0.1;

export const isLeaving = ({ now, before, over }: StyleCollection): boolean =>
  before !== null &&
  now.n >= FEW &&
  before.n >= FEW &&
  (over ?? 0) >= LEAVING_SHARE &&
  now.p50 !== null &&
  before.p50 !== null &&
  now.p50 >= before.p50 * (1 + LEAVING_MOVE);

/** Those that leave first, the farthest of them first; then by size. */
export const judged = (all: readonly StyleCollection[]): StyleCollection[] =>
  all.toSorted(
    (a, b) =>
      Number(isLeaving(b)) - Number(isLeaving(a)) ||
      (isLeaving(a)
        ? (b.over ?? 0) - (a.over ?? 0)
        : b.now.n + (b.before?.n ?? 0) - a.now.n - (a.before?.n ?? 0)),
  );

/** The same points later by `back`: what was then stands beside what is now. Undefined where nothing of then is known. */
export function thenOf<T>(points: readonly (T | null)[], back: number | null): (T | null)[] | undefined {
  if (back === null) return undefined;
  const then = points.map((_, at) => points[at - back] ?? null);
  return then.every((one) => one === null) ? undefined : then;
}

const NUMBERS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];
const numberWord = (n: number): string => NUMBERS[n] ?? String(n);

/** `kumo-spring` is written as people do: Kumo spring. */
export function nameOf(collection: string): string {
  const words = collection.replaceAll(/[-_]+/g, ' ').trim();
  return words === '' ? collection : words.slice(0, 1).toUpperCase() + words.slice(1);
}

export interface StyleWords {
  readonly title: string;
  readonly sentence?: string;
}

/** `recent` names now: `in the last 7 d`, `since v7`; undefined where nothing is compared. */
export function styleWords(all: readonly StyleCollection[], recent: string | undefined): StyleWords {
  if (all.length === 0) return { title: 'Style health' };
  const leaving = judged(all).filter(isLeaving);
  const [worst] = leaving;
  if (recent === undefined)
    return {
      title: `${all.length === 1 ? 'One collection' : `${numberWord(all.length)} collections`}`,
      sentence: 'Choose what to compare with to see what moved.',
    };
  if (!worst)
    return {
      title:
        all.length === 1
          ? 'The collection keeps its style'
          : `All ${numberWord(all.length).toLowerCase()} collections keep their style`,
      sentence: `No collection has more than ${LEAVING_SHARE * 100} % of its pictures ${recent} beyond 95 % of those before.`,
    };
  return {
    title:
      leaving.length === all.length && all.length === 1
        ? `${nameOf(worst.collection)} is leaving its style`
        : `${numberWord(leaving.length)} of ${numberWord(all.length).toLowerCase()} collections ${leaving.length === 1 ? 'is leaving its' : 'are leaving their'} style`,
    sentence: `${nameOf(worst.collection)}: ${formatPercent(worst.over)} of its pictures ${recent} are farther from the centroid than 95 % of those before.`,
  };
}

/** So far from the nearest pictures a difference of colours is seen at a glance. */
const APART = { lightness: 0.08, greyer: 0.7, vivid: 1.4, hue: 35 };
/** What sets an outlier apart most, where its colours do: `paler`, `hue off`. */
export function apartWords(apart: StylePicture['apart']): string {
  if (!apart) return '';
  const { lightness, chroma, hue } = apart;
  const seen: readonly (readonly [string, number])[] = [
    [lightness > 0 ? 'paler' : 'darker', Math.abs(lightness) / APART.lightness],
    ['greyer', APART.greyer / Math.max(chroma, 0.01)],
    ['more vivid', chroma / APART.vivid],
    ['hue off', (hue ?? 0) / APART.hue],
  ];
  const [words, size] = seen.reduce((a, b) => (b[1] > a[1] ? b : a));
  return size >= 1 ? words : '';
}

/** Below this a median is where it was. */
const SAME = 0.005;
export function wasWords({ now, before }: StyleCollection): string {
  if (before === null || before.p50 === null) return 'nothing before';
  if (now.p50 === null) return `was ${before.p50.toFixed(2)}`;
  return Math.abs(now.p50 - before.p50) < SAME ? 'as before' : `was ${before.p50.toFixed(2)}`;
}

/** Classes of the curve: enough to see a shape, few enough to see no noise. */
const CLASSES = 36;

/** Counts in equal classes from 0 to `most`, smoothed by its neighbours: a curve of bins looks like bins. */
export function curve(bins: readonly (readonly [number, number])[], width: number, most: number): number[] {
  const out: number[] = Array(CLASSES).fill(0);
  for (const [bin, n] of bins) {
    const at = Math.min(CLASSES - 1, Math.floor(((bin + 0.5) * width * CLASSES) / most));
    out[at] = (out[at] ?? 0) + n;
  }
  return out.map((n, at) => ((out[at - 1] ?? 0) + 2 * n + (out[at + 1] ?? 0)) / 4);
}

/** The end of a shared axis: past nearly all distances, on a round number. */
export function axisEnd(all: readonly StyleCollection[]): number {
  const far = Math.max(0.2, ...all.flatMap(({ now, before }) => [now.p95 ?? 0, before?.p95 ?? 0]));
  return Math.ceil(far * 1.35 * 10) / 10;
}

export const distanceText = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
export const scoreText = (name: string, value: number): string =>
  name === 'accepted' || name.endsWith('_ok') ? formatPercent(value) : significant(value, 3);
