/** Colours of pictures in words, so that a palette can be read aloud and told apart without seeing it. */

/** Less colour than this share is grey to the eye. */
const GREY = 0.12;
/** Hues in degrees, each up to its end. */
const HUES: readonly (readonly [number, string])[] = [
  [15, 'red'],
  [42, 'orange'],
  [68, 'yellow'],
  [160, 'green'],
  [195, 'teal'],
  [255, 'blue'],
  [290, 'violet'],
  [340, 'pink'],
  [361, 'red'],
];
const DARK = 0.3;
const PALE = 0.75;

/** `#d98b5f` is orange. */
export function toneName(hex: string): string {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as [
    number,
    number,
    number,
  ];
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  const light = (most + least) / 2;
  const spread = most - least;
  if (spread < GREY) return light < 0.15 ? 'black' : light > 0.9 ? 'white' : greyName(light);
  const turn = most === r ? ((g - b) / spread) % 6 : most === g ? (b - r) / spread + 2 : (r - g) / spread + 4;
  const hue = (turn * 60 + 360) % 360;
  const name = HUES.find(([end]) => hue < end)![1];
  const warm = name === 'orange' || name === 'red' || name === 'yellow';
  if (light < DARK) return warm && spread < 0.4 ? 'brown' : `dark ${name}`;
  return light > PALE ? `pale ${name}` : name;
}

const greyName = (light: number): string =>
  light < DARK ? 'dark grey' : light > PALE ? 'pale grey' : 'grey';

/** Names that tell the tones of one palette apart: the second blue is `blue 2`. */
export function toneNames(tones: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return tones.map((tone) => {
    const name = toneName(tone);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} ${count}`;
  });
}

/** What moved most from before to now, in points: `orange 9 points more`; null below two points. */
export function mostMoved(
  tones: readonly string[],
  now: readonly number[] | null,
  before: readonly number[] | null,
): { name: string; points: number } | null {
  if (!now || !before) return null;
  const names = toneNames(tones);
  const moves = names.map((name, at) => ({ name, points: ((now[at] ?? 0) - (before[at] ?? 0)) * 100 }));
  const most = moves.reduce((a, b) => (Math.abs(b.points) > Math.abs(a.points) ? b : a), {
    name: '',
    points: 0,
  });
  return Math.abs(most.points) < 2 ? null : most;
}

/** The mean of shares over time; null where none is known. */
export function meanOf(points: readonly (readonly number[] | null)[]): number[] | null {
  const known = points.filter((shares) => shares !== null);
  return (
    known[0]?.map((_, at) => known.reduce((sum, shares) => sum + (shares[at] ?? 0), 0) / known.length) ?? null
  );
}
